"""`mine import|token`: what goes into a network, and who may put it there."""

import asyncio
from dataclasses import asdict
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.shown import AsJson, aside, counting, kept_network, show_json
from deploy.errors import Trouble
from deploy.importer import COLUMNS, import_centers
from deploy.network import home_directory

_FAULTS_SHOWN = 50
_COLUMNS_HELP = "\n".join(
    f"  {column.name:<20}{column.about}{' (required)' if column.required else ''}" for column in COLUMNS
)


def centers(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="The list; its first line names the columns.")],
    url: Annotated[str | None, typer.Option(help="A directory elsewhere; by default this network's own.")] = None,
    token: Annotated[
        str | None, typer.Option(envvar="MINE_TOKEN", help="Needed with --url; else one is made for the office.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Imports centers, up to 32 at a time. Can be stopped and repeated: no row makes two centers."""
    if url is not None and token is None:
        raise Trouble("a directory elsewhere needs a token of that network: --token, or MINE_TOKEN")
    if url is None:
        network = kept_network()
        url = network.address("directory")
        token = token or network.token("office", subject="import")
    notes = home_directory() / "imports" / f"{sha256(f'{url} {file.absolute()}'.encode()).hexdigest()[:16]}.done"
    with counting(f"centers from {file.name}") as bar:
        task = bar.add_task("", total=None)
        report = asyncio.run(
            import_centers(
                file, url, token or "", notes, lambda done, rows: bar.update(task, completed=done, total=rows)
            )
        )
    if as_json:
        show_json(asdict(report))
    else:
        for fault in report.faults[:_FAULTS_SHOWN]:
            aside.print(f"{file.name}, {fault}", markup=False)
        if len(report.faults) > _FAULTS_SHOWN:
            aside.print(f"... and {len(report.faults) - _FAULTS_SHOWN} more; --json tells all")
        aside.print(
            f"{report.rows} rows: {report.created} new, {report.repeated} known to the directory, "
            f"{report.skipped} done before, {report.refused} refused"
        )
    if report.refused:
        raise typer.Exit(1)


centers.__doc__ = f"""{centers.__doc__}

A row that is refused is reported by line and column, the rest goes on; then the exit code is 1. The file is UTF-8 or
Windows-1252, separated by comma, semicolon or tab. Lists in a cell are separated by semicolons; quote them if the
columns are, too.

\b
Columns:
{_COLUMNS_HELP}
  {"name_de, name_en ...":<20}the name in other languages
"""


def token(
    role: Annotated[list[str], typer.Option(help="office, coordinator, center, editor, publisher or moderator.")],
    center: Annotated[list[str] | None, typer.Option(help="Id of a center that it may act for.")] = None,
    network: Annotated[list[str] | None, typer.Option(help="Network or country that it coordinates.")] = None,
    subject: Annotated[str, typer.Option(help="The account's name in the records; not a mail address.")] = "operator",
    hours: Annotated[float, typer.Option(min=0.01, help="How long it holds.")] = 12.0,
    as_json: AsJson = False,
) -> None:
    """Prints a signed token for this network's API. --role, --center and --network can be given several times."""
    signed = kept_network().token(
        *role, centers=center or (), networks=network or (), subject=subject, lifetime=timedelta(hours=hours)
    )
    if as_json:
        show_json({"token": signed})
    else:
        print(signed)


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the `mine` command."""
    imports = typer.Typer(help="Brings lists into the network through its API.", no_args_is_help=True)
    imports.command("centers")(centers)
    imports.callback()(_only_subcommands)
    app.add_typer(imports, name="import")
    app.command()(token)


def _only_subcommands() -> None:
    """Brings lists into the network through its API."""
