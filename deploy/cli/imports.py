"""`mine import centers|columns`: brings lists into a network through its API."""

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.shown import AsJson, aside, counting, kept_network, show_json, show_table
from deploy.errors import Trouble
from deploy.importer.directory import Target
from deploy.importer.draft import Draft
from deploy.importer.fields import FIELDS, OFFER_FIELDS
from deploy.importer.lists import CenterList, Form
from deploy.importer.mapping import Mapping
from deploy.importer.report import Outcome, Report, ReportFile
from deploy.importer.sending import How, import_centers

_SHOWN = 50
_STOPPED_BY_HAND = 130

_FIELDS_HELP = "\n".join(
    f"  {name:<20}{field.about}{' (required)' if field.required else ''}"
    for name, field in [
        *((field.name, field) for field in FIELDS),
        *((f"{field.name}:SERVICE", field) for field in OFFER_FIELDS),
    ]
)

Encoding = Annotated[str | None, typer.Option(help="Such as utf-8, windows-1250; else it is found out.")]
Delimiter = Annotated[str | None, typer.Option(help="What separates cells; else comma, semicolon or tab.")]


def centers(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, JSON, or HSDS (JSON, ZIP or directory).")],
    mapping: Annotated[Path | None, typer.Option(help="What its columns are; see: mine import columns.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and change nothing.")] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Change the profiles of centers that say otherwise than the list.")
    ] = False,
    force: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="External id of a row to take although it has a twin.")
    ] = None,
    report_file: Annotated[
        Path | None, typer.Option("--report", metavar="REPORT", help="What became of every row: .csv or .json.")
    ] = None,
    stop_after: Annotated[int | None, typer.Option(min=1, help="Stop after so many rows that cannot come in.")] = None,
    form: Annotated[Form | None, typer.Option("--format", help="What the file is; else it is found out.")] = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    url: Annotated[str | None, typer.Option(help="A directory elsewhere; by default this network's own.")] = None,
    token: Annotated[
        str | None, typer.Option(envvar="MINE_TOKEN", help="Needed with --url; else one is made for the office.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Imports centers. Can be stopped and repeated: no row makes two centers."""
    target = _target(url, token)
    mapped = Mapping.read(mapping) if mapping else None
    listed = CenterList(file, mapped, form=form, encoding=encoding, delimiter=delimiter)
    how = How(dry_run, update, frozenset(force or ()), stop_after)
    report, by_hand = Report(), False
    with ExitStack() as open_ones:
        lines = open_ones.enter_context(ReportFile(report_file)) if report_file else None
        bar = open_ones.enter_context(counting(f"{'checking' if dry_run else 'importing'} {file.name}"))
        task = bar.add_task("", total=None)
        coming_in = import_centers(
            listed,
            target,
            how,
            notes=file.absolute().with_name(f"{file.absolute().name}.mine-import"),
            progress=lambda done, rows: bar.update(task, completed=done, total=rows),
            ready=lines.add if lines else lambda told: None,
            report=report,
        )
        try:
            asyncio.run(coming_in)
        except KeyboardInterrupt:
            by_hand = True
    if as_json:
        show_json({**report.summary(), "notable": [entry for told in report.notable for entry in told.entries()]})
    else:
        _tell(report, file.name, dry_run)
    if by_hand:
        aside.print("stopped by you; the same command goes on from here")
        raise typer.Exit(_STOPPED_BY_HAND)
    if report.failed:
        raise typer.Exit(1)


centers.__doc__ = f"""{centers.__doc__}

What is wrong with a row is reported by line and column, and the rest goes on. Exit code: 0, or 1 when rows could not
come in, or 2 when the file or the directory cannot be used. Lists in a cell are separated by semicolons. What is done
is noted in FILE.mine-import, so that a second run is quick; deleting that is harmless.

\b
Columns:
{_FIELDS_HELP}
  {"name_cs, name_en ...":<20}the name in other languages
  {"description_cs ...":<20}in own words
  {"services:SERVICE":<20}a column to be ticked; so also topics:, accessibility:, funding:
"""


def columns(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv")], encoding: Encoding = None, delimiter: Delimiter = None
) -> None:
    """Drafts a mapping file for a table, on stdout, and shows how often each column is filled."""
    draft = Draft.of(file, encoding, delimiter)
    print("\n".join(draft.toml()))
    rows = [[each.column, str(each.filled), each.field or "?"] for each in draft.guesses]
    show_table(["column", f"filled, of {draft.looked_at}", "may be"], rows, on=aside)


def _target(url: str | None, token: str | None) -> Target:
    if url is not None and token is None:
        raise Trouble("a directory elsewhere needs a token of that network: --token, or MINE_TOKEN")
    if url is not None:
        return Target(url, token or "")
    network = kept_network()
    return Target(network.address("directory"), token or network.token("office", subject="import"))


def _tell(report: Report, name: str, dry_run: bool) -> None:
    for said in report.said:
        aside.print(f"{name}: {said}", markup=False)
    for told in report.notable[:_SHOWN]:
        aside.print(f"{name}, {told}", markup=False)
    if len(report.notable) > _SHOWN:
        aside.print("... and more; --report FILE.csv tells all")
    counts = [f"{report.counts[outcome]} {outcome.value}" for outcome in Outcome if report.counts[outcome]]
    checked = "checked, nothing changed: " if dry_run else ""
    aside.print(
        f"{checked}{report.done} of {report.rows} rows: {', '.join(counts) or 'none'}; {report.warned} with warnings"
    )
    if report.stopped:
        aside.print("stopped after too many that cannot come in; the same command goes on from here")


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the `mine` command."""
    imports = typer.Typer(help="Brings lists into the network through its API.", no_args_is_help=True)
    imports.command("centers")(centers)
    imports.command("columns")(columns)
    app.add_typer(imports, name="import")
