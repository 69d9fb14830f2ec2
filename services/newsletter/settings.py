"""What the newsletter can be told, beside what every service can."""

from typing import Literal

from pydantic import AnyHttpUrl, Field, SecretStr

from shared.settings import Settings
from shared.world import World


class NewsletterSettings(Settings):
    """Environment variables with the prefix ``MINE_``, like all settings."""

    secret: SecretStr = Field(
        min_length=32,
        description="Secret of this installation. Subscription ids and the links in mails are made with it: whoever "
        "changes it orphans every subscription, whoever learns it can unsubscribe anybody. No default.",
    )
    public_url: AnyHttpUrl = Field(
        AnyHttpUrl("http://127.0.0.1:8103"),
        description="Where readers reach this service: links in mails begin with it.",
    )
    lists: tuple[str, ...] = Field(("newsletter",), description="The lists that can be subscribed.")

    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(1025, ge=1, le=65535)
    smtp_tls: Literal["none", "starttls", "tls"] = "none"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_timeout_s: float = Field(120.0, gt=0, description="How long one answer of the mail server may take.")
    from_name: str = "Mother Centers newsletter"
    from_address: str = Field("newsletter@example.org", pattern=r"^[!#-'*+/-9=?A-Z^-~.-]+@[A-Za-z0-9.-]+$")

    connections: int = Field(4, ge=1, le=200, description="Open SMTP connections while an issue is sent.")
    batch_size: int = Field(500, ge=1, le=4096, description="Readers in one batch document.")
    window: int = Field(100, ge=1, le=4096, description="Readers announced in the store before their mails leave.")
    lease_s: float = Field(60.0, gt=1, description="A sender that is silent for so long loses its batch to another.")
    drain_s: float = Field(10.0, gt=0, description="How long a stopping sender waits for mails on their way.")
    poll_s: float = Field(1.0, gt=0, description="How often the sender looks for work.")


def settings_of(world: World) -> NewsletterSettings:
    """The newsletter's own settings."""
    assert isinstance(world.settings, NewsletterSettings)
    return world.settings
