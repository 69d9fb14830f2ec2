"""What the directory can be told, beside what every service can."""

from pydantic import AnyHttpUrl, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import Settings
from shared.world import World


class DirectorySettings(Settings):
    """Environment variables with the prefix ``MINE_``, like all settings; an empty one counts as none."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    secret: SecretStr = Field(
        min_length=32,
        description="Secret of this installation. The links by which centers confirm their profiles are signed with "
        "it: whoever learns it can confirm any profile; links made before it changed are worth nothing. No default.",
    )
    public_url: AnyHttpUrl | None = Field(
        default=None,
        description="Where everybody reaches this service: addresses to be cited begin with it. By default they begin "
        "as the request did.",
    )
    data_license: AnyHttpUrl | None = Field(
        default=None,
        description="The license under which the network gives its open data away, such as "
        "https://creativecommons.org/licenses/by/4.0/. By default nothing is said about it.",
    )


def settings_of(world: World) -> DirectorySettings:
    """The directory's own settings."""
    assert isinstance(world.settings, DirectorySettings)
    return world.settings
