"""`mine import centers|figures|columns`: brings lists into a network through its API."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli.shown import AsJson, aside, counting, kept_network, show_json, show_table
from deploy.errors import Trouble
from deploy.importer.directory import Target
from deploy.importer.draft import Draft
from deploy.importer.fields import CENTERS, FIGURES, OFFER_FIELDS, Field
from deploy.importer.figures import FigureList, import_figures
from deploy.importer.lists import CenterList, Form
from deploy.importer.mapping import Mapping
from deploy.importer.report import Outcome, Report, ReportFile
from deploy.importer.sending import How, Progress, Ready, import_centers

_SHOWN = 50
_STOPPED_BY_HAND = 130


def _help(fields: Iterable[Field], ending: str = "") -> str:
    return "\n".join(
        f"  {field.name + ending:<22}{' '.join(filter(None, (field.about, '(required)' if field.required else '')))}"
        for field in fields
    )


MappingFile = Annotated[Path | None, typer.Option("--mapping", help="What the columns are; see: mine import columns.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check every row and change nothing.")]
ReportTo = Annotated[
    Path | None, typer.Option("--report", metavar="REPORT", help="What became of every row: .csv or .json.")
]
Encoding = Annotated[str | None, typer.Option(help="Such as utf-8, windows-1250; else it is found out.")]
Delimiter = Annotated[str | None, typer.Option(help="What separates cells; else comma, semicolon or tab.")]
Url = Annotated[str | None, typer.Option(help="A directory elsewhere; by default this network's own.")]
Token = Annotated[
    str | None, typer.Option(envvar="MINE_TOKEN", help="Needed with --url; else one is made for the office.")
]


def centers(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, JSON, or HSDS (JSON, ZIP or directory).")],
    mapping_file: MappingFile = None,
    dry_run: DryRun = False,
    update: Annotated[
        bool, typer.Option("--update", help="Change the profiles of centers that say otherwise than the list.")
    ] = False,
    force: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="External id of a row to take although it has a twin.")
    ] = None,
    report_to: ReportTo = None,
    stop_after: Annotated[int | None, typer.Option(min=1, help="Stop after so many rows that cannot come in.")] = None,
    form: Annotated[Form | None, typer.Option("--format", help="What the file is; else it is found out.")] = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Imports centers. Can be stopped and repeated: no row makes two centers."""
    target = _target(url, token)
    listed = CenterList(file, _mapping(mapping_file), form=form, encoding=encoding, delimiter=delimiter)
    how = How(dry_run, update, frozenset(force or ()), stop_after)
    notes = file.absolute().with_name(f"{file.absolute().name}.mine-import")

    def bring(report: Report, progress: Progress, ready: Ready) -> Coroutine[Any, Any, Report]:
        return import_centers(listed, target, how, notes=notes, progress=progress, ready=ready, report=report)

    _run(bring, file.name, report_to, dry_run, as_json)


centers.__doc__ = f"""{centers.__doc__}

What is wrong with a row is reported by line and column, and the rest goes on. Exit code: 0, or 1 when rows could not
come in, or 2 when the file or the directory cannot be used. Lists in a cell are separated by semicolons. What is done
is noted in FILE.mine-import, so that a second run is quick; deleting that is harmless.

\b
Columns:
{_help(CENTERS.fields)}
{_help(OFFER_FIELDS, ":SERVICE")}
  {"name_cs, name_en ...":<22}the name in other languages
  {"description_cs ...":<22}in own words
  {"services:SERVICE":<22}a column to be ticked; so also topics:, accessibility:, funding:
"""


def figures(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="A row for each center and year.")],
    mapping_file: MappingFile = None,
    dry_run: DryRun = False,
    report_to: ReportTo = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Imports yearly figures of centers that came in by a list. Can be repeated: a year is reported once."""
    target = _target(url, token)
    listed = FigureList(file, _mapping(mapping_file), encoding=encoding, delimiter=delimiter)

    def bring(report: Report, progress: Progress, ready: Ready) -> Coroutine[Any, Any, Report]:
        return import_figures(listed, target, dry_run, progress=progress, ready=ready, report=report)

    _run(bring, file.name, report_to, dry_run, as_json)


figures.__doc__ = f"""{figures.__doc__}

What stands in the directory already is never changed; where it differs, that is told.

\b
Columns:
{_help(FIGURES.fields)}
"""


def columns(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv")], encoding: Encoding = None, delimiter: Delimiter = None
) -> None:
    """Drafts a mapping file for a table of centers, on stdout, and shows how often each column is filled."""
    draft = Draft.of(file, encoding, delimiter)
    print("\n".join(draft.toml()))
    rows = [[each.column, str(each.filled), each.field or "?"] for each in draft.guesses]
    show_table(["column", f"filled, of {draft.looked_at}", "may be"], rows, on=aside)


def _mapping(file: Path | None) -> Mapping | None:
    return Mapping.read(file) if file else None


def _run(
    bring: Callable[[Report, Progress, Ready], Coroutine[Any, Any, Report]],
    name: str,
    report_to: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Brings a list in, with a bar, and tells what became of it, also when it is broken off."""
    report, by_hand = Report(), False
    try:
        with ExitStack() as open_ones:
            lines = open_ones.enter_context(ReportFile(report_to)) if report_to else None
            bar = open_ones.enter_context(counting(f"{'checking' if dry_run else 'importing'} {name}"))
            task = bar.add_task("", total=None)

            def progress(done: int, rows: int) -> None:
                bar.update(task, completed=done, total=rows)

            asyncio.run(bring(report, progress, lines.add if lines else lambda told: None))
    except Trouble:
        if report.done:
            _tell(report, name, dry_run)
        raise
    except KeyboardInterrupt:
        by_hand = True
    if as_json:
        show_json({**report.summary(), "notable": [entry for told in report.notable for entry in told.entries()]})
    else:
        _tell(report, name, dry_run)
    if by_hand:
        aside.print("stopped by you; the same command goes on from here")
    raise typer.Exit(_STOPPED_BY_HAND if by_hand else 1 if report.failed else 0)


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
    imports.command("figures")(figures)
    imports.command("columns")(columns)
    app.add_typer(imports, name="import")
