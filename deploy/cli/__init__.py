"""The `mine` command: a thin layer over `deploy.network`, one module per group of commands."""

import os
import sys

import typer

from deploy.cli import imports, network, operation, tokens
from deploy.errors import Trouble

app = typer.Typer(
    name="mine",
    help="The network's operator: starts it, looks after it, fills it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
network.add_to(app)
imports.add_to(app)
tokens.add_to(app)
operation.add_to(app)


def main() -> None:
    """The console script. What a person can mend is one line on stderr and exit code 2, never a traceback."""
    try:
        app()
    except Trouble as trouble:
        sys.exit(_told(str(trouble)))
    except Exception as error:
        if os.environ.get("MINE_DEBUG"):
            raise
        sys.exit(_told(f"unexpected {type(error).__name__}: {error} (MINE_DEBUG=1 shows where)"))


def _told(text: str) -> int:
    print("mine: " + " ".join(text.split()), file=sys.stderr)
    return 2
