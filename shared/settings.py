"""A service's settings: environment variables with the prefix ``MINE_``, read once at start."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What every service can be told. A service with settings of its own subclasses this."""

    model_config = SettingsConfigDict(env_prefix="MINE_", extra="ignore")

    home: Path = Path("var")
    kafka: str = "127.0.0.1:9092"
    mongo_uri: str = "mongodb://127.0.0.1:27017"
    database: str = Field(default="", description="Name of the service's database; its own name when empty.")
    driver: Literal["motor", "pymongo"] = "motor"
    http_host: str = "127.0.0.1"
    http_port: int = 8100
    replica: str = Field(default="0", description="Distinguishes the replicas of a service; stable over restarts.")
    log_level: str = "INFO"

    keys_file: Path | None = Field(
        default=None, description="JWKS with the public keys that sign tokens; none: no token holds."
    )
    person_key: SecretStr = Field(
        min_length=32,
        description="Key of this installation, the same for all its services: an erasure is told with it whom to "
        "forget, and digests of requests are made with it. Whoever learns it can find out of an address they know "
        "whether it was ever erased. No default.",
    )
    issuer: str = "mine"
    audience: str = "mine"
    trusted_proxies: int = Field(default=0, description="How many proxies in front of us may set X-Forwarded-For.")

    clock_file: Path | None = Field(
        default=None, description="Turns the virtual clock on: seconds of offset stand in this file."
    )

    max_request_bytes: int = 1_000_000
    max_pending_events: int = Field(
        default=20_000, description="Events waiting for the broker before commands are refused with 503."
    )
    timer_interval_s: float = 0.5
    recovery_interval_s: float = 5.0
