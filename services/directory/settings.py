"""What the directory can be told, beside what every service can."""

from pydantic import AnyHttpUrl, Field, SecretStr

from shared.settings import Settings
from shared.world import World


class DirectorySettings(Settings):
    """Environment variables with the prefix ``MINE_``, like all settings."""

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


def settings_of(world: World) -> DirectorySettings:
    """The directory's own settings."""
    assert isinstance(world.settings, DirectorySettings)
    return world.settings
