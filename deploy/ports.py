"""The network's ports: which they are, which setting moves them, who sits on a busy one."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from deploy.errors import Trouble

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """One port per part of the network. Each can be set with ``MINE_<NAME>_PORT``."""

    directory: int = 8101
    exchange: int = 8102
    newsletter: int = 8103
    campaign: int = 8104
    smtp: int = 8125
    mail_page: int = 8126
    mongo: int = 27017
    kafka: int = 9092
    kafka_controller: int = 9093

    def of(self, name: str) -> int:
        """The port of the part called ``name``, with - or _ in it."""
        port: int = getattr(self, name.replace("-", "_"))
        return port

    def as_dict(self) -> dict[str, int]:
        """Name → port, in the order in which they are shown."""
        return asdict(self)


def setting(name: str) -> str:
    """The environment variable that sets the port called ``name``."""
    return f"MINE_{name.upper()}_PORT"


def from_environment(
    base: int | None = None, environment: Mapping[str, str] | None = None, otherwise: Ports | None = None
) -> Ports:
    """``otherwise`` (the default ports), or consecutive ones from ``base`` on; a variable of its own wins over both.

    Raises `Trouble` for a port that is none, and for two parts on the same port.
    """
    environment = os.environ if environment is None else environment
    names = [field.name for field in fields(Ports)]
    chosen = (otherwise or Ports()) if base is None else Ports(*range(base, base + len(names)))
    for name in names:
        text = environment.get(setting(name))
        if text is not None:
            if not text.isdigit():
                raise Trouble(f"{setting(name)}={text} is no port number")
            chosen = replace(chosen, **{name: int(text)})
    return checked(chosen)


def checked(ports: Ports) -> Ports:
    """``ports`` as they are. Raises `Trouble` when one is out of range or two are the same."""
    seen: dict[int, str] = {}
    for name, port in ports.as_dict().items():
        if not 1 <= port <= 65535:
            raise Trouble(f"port {port} for {name} is out of range; set {setting(name)} to one of 1 to 65535")
        if port in seen:
            raise Trouble(f"port {port} is given to both {seen[port]} and {name}; change {setting(name)}")
        seen[port] = name
    return ports


def free_ports() -> Ports:
    """Ports that nobody listens on now, from outside the range the system itself hands out for connections.

    A port from that range could be taken by any outgoing connection between now and its use, and so between the
    SIGKILL of a part and its restart.
    """
    first = 10_000 + os.getpid() % 1_500 * 10
    found: list[int] = []
    for port in [*range(first, 32_000), *range(10_000, first)]:
        if _can_bind(port):
            found.append(port)
        if len(found) == len(fields(Ports)):
            return Ports(*found)
    raise Trouble("there are not enough free ports between 10000 and 32000")


def require_free(name: str, port: int) -> None:
    """Raises `Trouble` with one clear line when something else listens on the port."""
    if _can_bind(port):
        return
    who = listener(port)
    used = f" by {who}" if who else ""
    raise Trouble(
        f"port {port} for {name} is already used{used}; free it, or choose another with {setting(name)} or --base-port"
    )


def accepts(port: int) -> bool:
    """Whether something on this machine takes a connection on the port."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def listener(port: int) -> str | None:
    """Who listens on ``port``, as ``name (pid 123)``; None when that cannot be told (another user's process)."""
    if Path("/proc/net/tcp").exists():
        return _listener_by_proc(port)
    if shutil.which("lsof"):
        return _listener_by_lsof(port)
    return None


def _can_bind(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else a port just left counts as busy for a minute
        try:
            trial.bind((HOST, port))
        except OSError:
            return False
    return True


def _listener_by_proc(port: int) -> str | None:
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(link) in sockets:
                process = link.parent.parent
                return f"{(process / 'comm').read_text().strip()} (pid {process.name})"
        except OSError:
            continue  # gone meanwhile, or not ours to look at
    return None


def _listening_inodes(port: int) -> list[str]:
    inodes = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            if columns[3] == "0A" and int(columns[1].rpartition(":")[2], 16) == port:
                inodes.append(columns[9])
    return inodes


def _listener_by_lsof(port: int) -> str | None:
    command = ["lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.search(r"p(\d+)\nc(.+)", answer)
    return f"{found[2]} (pid {found[1]})" if found else None
