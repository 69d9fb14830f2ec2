"""The .env of the docker engine: made from .env.example with fresh secrets, and read."""

import os
import re
import secrets
from pathlib import Path

from deploy.errors import Trouble

_REPOSITORY = Path(__file__).parent.parent.parent
EXAMPLE = _REPOSITORY / ".env.example"
_SECRET_BYTES = 32


def write_environment(target: Path, *, replace: bool = False) -> None:
    """Writes ``target`` from .env.example, readable by its owner only.

    Raises `Trouble` when it is there already, unless ``replace``: the data were made with the secrets in it.
    """
    if target.exists() and not replace:
        raise Trouble(
            f"{target} is there already; --force replaces it, and with it the secrets the data were made with"
        )
    try:
        content = with_secrets(EXAMPLE.read_text())
    except OSError as error:
        raise Trouble(f"{EXAMPLE} cannot be read: {error.strerror}") from error
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(target.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
    draft.replace(target)


def with_secrets(example: str) -> str:
    """``example`` with a random value behind every ``NAME=`` that has none and is called secret, password or key."""
    return re.sub(
        r"^([A-Z0-9_]*(?:SECRET|PASSWORD|KEY))=[ \t]*$",
        lambda found: f"{found[1]}={secrets.token_urlsafe(_SECRET_BYTES)}",
        example,
        flags=re.MULTILINE,
    )


def value(name: str, file: Path) -> str | None:
    """What ``name`` is set to in this process's environment, else in ``file``; None when in neither."""
    if name in os.environ:
        return os.environ[name]
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return None
    found = [line.partition("=")[2].strip() for line in lines if line.partition("=")[0].strip() == name]
    return found[-1].strip("\"'") if found else None
