"""Whether an engine really answers, asked without its driver: an accepted connection alone proves little."""

import socket
import struct
import time

from deploy.errors import Trouble
from deploy.ports import HOST

_OP_MSG = 2013
_LOOK_AGAIN_S = 0.02


def database_answers(port: int, timeout_s: float = 2.0) -> bool:
    """Whether a database that speaks MongoDB's wire protocol answers ``{ping: 1}`` on the port."""
    document = b"\x10ping\x00\x01\x00\x00\x00" + b"\x02$db\x00\x06\x00\x00\x00admin\x00" + b"\x00"
    body = b"\x00\x00\x00\x00\x00" + struct.pack("<i", len(document) + 4) + document
    request = struct.pack("<iiii", len(body) + 16, 1, 0, _OP_MSG) + body
    try:
        with socket.create_connection((HOST, port), timeout=timeout_s) as connection:
            connection.sendall(request)
            return b"\x01ok\x00" in connection.recv(4096)
    except OSError:
        return False


def smtp_answers(port: int, timeout_s: float = 2.0) -> bool:
    """Whether an SMTP server greets on the port."""
    try:
        with socket.create_connection((HOST, port), timeout=timeout_s) as connection:
            return connection.recv(512).startswith(b"220")
    except OSError:
        return False


def until_database_answers(port: int, deadline: float) -> None:
    """Raises `Trouble` when ``time.monotonic()`` passes ``deadline`` first."""
    while not database_answers(port):
        if time.monotonic() > deadline:
            raise Trouble(f"the database does not answer on port {port}")
        time.sleep(_LOOK_AGAIN_S)
