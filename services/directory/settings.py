"""What the directory can be told, beside what every service can."""

from pydantic import AnyHttpUrl, Field

from shared.settings import Settings


class DirectorySettings(Settings):
    """Environment variables with the prefix ``MINE_``, like all settings."""

    public_url: AnyHttpUrl | None = Field(
        default=None,
        description="Where everybody reaches this service: addresses to be cited begin with it. By default they begin "
        "as the request did.",
    )
