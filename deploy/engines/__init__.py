"""The engines a network can run on, behind one protocol: plain processes here, or containers."""

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from deploy.ports import Ports

SERVICES = ("directory", "exchange", "newsletter", "campaign")
BACKING = ("kafka", "mongo", "smtp")
PARTS = (*BACKING, *SERVICES)
"""Everything a network runs, in the order in which it is started."""

Tell = Callable[[str], None]
"""Is told in a few words what is being done now."""


@dataclass(frozen=True)
class Plan:
    """What a network is to be: kept in its home, so that later commands find it as it is.

    ``virtual_clock`` lets the clock be moved; ``environment`` is handed to every service as it is.
    """

    home: Path
    engine: str
    ports: Ports
    virtual_clock: bool
    environment: Mapping[str, str]

    @property
    def clock_file(self) -> Path:
        """Where the virtual clock's offset stands; in a directory of its own, which a container can be given."""
        return self.home / "clock" / "offset"

    @property
    def keys(self) -> Path:
        """Where the signing key and the public key set lie; the services get only the latter."""
        return self.home / "keys"

    def secret(self, name: str) -> str:
        """A secret of this network's services, such as ``newsletter-secret``: made once, and kept with the keys."""
        file = self.keys / name
        if not file.exists():
            self.keys.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
                new.write(secrets.token_urlsafe(48))
        return file.read_text()


@dataclass(frozen=True)
class State:
    """Whether a part runs. ``detail`` says how to find it, such as ``pid 123``, or why it does not run."""

    running: bool
    detail: str


class Engine(Protocol):
    """Runs the parts of one network. Every method raises `Trouble` with one line when it cannot do what it says."""

    name: str

    def install(self, tell: Tell) -> None:
        """Fetches or builds what is missing. Quick when there is nothing to do."""
        ...

    def start(self, parts: Sequence[str], tell: Tell) -> None:
        """Starts those of ``parts`` that do not run. The backing parts among them are ready when this returns; topics
        exist before the first service starts. Services may still be getting ready."""
        ...

    def stop(self, parts: Sequence[str]) -> None:
        """Asks ``parts`` to end, and insists after a grace period. Data stays."""
        ...

    def kill(self, part: str) -> None:
        """SIGKILL, as if the machine had lost the process."""
        ...

    def state(self, part: str) -> State:
        """Whether ``part`` runs now."""
        ...

    def addresses(self) -> Mapping[str, str]:
        """Part → address as seen from this machine, for the parts that can be reached from it."""
        ...

    def logs(self, part: str, lines: int) -> list[str]:
        """The last lines that ``part`` wrote."""
        ...

    def follow(self, part: str) -> Sequence[str]:
        """The command that prints what ``part`` writes from now on, until it is interrupted."""
        ...

    def beside_the_broker(self, *arguments: str) -> Sequence[str] | None:
        """The command that runs ``mine ARGUMENTS`` where the broker can be reached; None when that is here."""
        ...

    def wipe(self) -> None:
        """Removes the data of a stopped network: records, documents, mails. Keys stay."""
        ...
