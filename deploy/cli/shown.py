"""How commands show things: tables and progress for people, one JSON object for scripts."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from deploy.engines import Tell
from deploy.errors import Trouble
from deploy.network import Network, home_directory

out = Console(highlight=False, soft_wrap=True)
aside = Console(stderr=True, highlight=False, soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]
ServiceName = Annotated[str, typer.Argument(metavar="SERVICE", help="directory, exchange, newsletter or campaign.")]


def show_json(value: Any) -> None:
    """``value`` as one line of JSON on stdout."""
    print(json.dumps(value, ensure_ascii=False, default=str))


def show_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], title: str | None = None, on: Console = out
) -> None:
    """A plain table; cells are text, never markup."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_plain(cell) for cell in row))
    on.print(table)


def _plain(cell: str) -> str:
    return cell.replace("[", "\\[")


@contextmanager
def telling() -> Iterator[Tell]:
    """A `Tell` for work that takes a while: a spinner on a terminal, a line per step elsewhere; on stderr."""
    if not aside.is_terminal:
        said = ""

        def line(text: str) -> None:
            nonlocal said
            if text != said:
                said = text
                aside.print(text, markup=False)

        yield line
        return
    with aside.status("") as spinner:
        yield lambda text: spinner.update(_plain(text))


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


@contextmanager
def counting(text: str) -> Iterator[Progress]:
    """A progress bar on stderr, with its rate."""
    what, times = TextColumn(_plain(text)), (TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(what, BarColumn(), MofNCompleteColumn(), _Rate(), *times, console=aside) as progress:
        yield progress


def kept_network() -> Network:
    """The network of MINE_HOME. `Trouble` when none was ever started there."""
    network = Network.kept_in(home_directory())
    if network is None:
        raise Trouble(f"there is no network in {home_directory()}; start one with: mine up")
    return network
