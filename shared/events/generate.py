"""Writes docs/events from the events: ``python -m shared.events.generate`` (``make docs``).

What was published is a promise, so the generator first checks it (`shared.events.compatibility`), and writes nothing
when today's events break it. A golden example whose form changed in an allowed way is kept under
``examples/earlier/``: events of the old form stay on the topics, and must be readable for ever. An event that never
left the house may be taken back: delete its schema and its example, and generate.

Exit status: 0 written, or up to date; 1 with ``--check``: stale files; 2 a promise would be broken.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from shared.events.base import Stream
from shared.events.catalogue import SERVICES, streams
from shared.events.compatibility import Breach, Released, check, released
from shared.events.documents import json_text, short_name
from shared.events.documents.asyncapi import Listened, network_document, service_document
from shared.events.documents.golden import form, goldens
from shared.events.documents.index import index
from shared.events.documents.schema import event_schema

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "events"

STALE = 1
BROKEN = 2


def documents(
    of: tuple[Stream, ...], published: Mapping[str, Released], listened: Mapping[str, Listened]
) -> dict[str, str]:
    """Every file of docs/events by its path, as it must be now. The same input gives the same bytes."""
    current = {short_name(type_) for stream in of for type_ in stream.types}
    files = {"README.md": index(of, set(published) - current)}
    files["asyncapi/mine.json"] = json_text(network_document(of))
    for service in SERVICES:
        files[f"asyncapi/{service}.json"] = json_text(service_document(service, of, listened.get(service, {})))
    for stream in of:
        for event in stream.events:
            name = short_name(stream.type_of(type(event)))
            files[f"schemas/{name}.json"] = json_text(event_schema(stream, event))
    for name, example in goldens(of):
        files[f"examples/{name}.json"] = json_text(example)
    return files | _kept(of, published)


def _kept(of: tuple[Stream, ...], published: Mapping[str, Released]) -> dict[str, str]:
    """The examples of earlier forms, and the published one when its form is neither today's nor among them."""
    files: dict[str, str] = {}
    for name, example in goldens(of):
        promise = published.get(name, Released(None, None))
        earlier = list(promise.earlier)
        if promise.example is not None and form(promise.example) not in map(form, (example, *earlier)):
            earlier.append(promise.example)
        for number, old in enumerate(earlier, start=1):
            files[f"examples/earlier/{name}.{number}.json"] = json_text(old)
    return files


def listening(modules: Iterable[str]) -> dict[str, Listened]:
    """Which topics and types each service reacts to, as its ``service.py`` declares it.

    ``modules`` are the services' packages, as for ``python -m shared.run``; one that is not installed is left out.
    """
    found: dict[str, Listened] = {}
    for module in modules:
        if find_spec(module) is None or find_spec(f"{module}.service") is None:
            continue
        service = import_module(f"{module}.service").SERVICE
        types: dict[str, set[str]] = {}
        for mirror in service.mirrors:
            types.setdefault(mirror.stream.topic, set()).update(mirror.stream.types)
        for policy in service.policies:
            names = {policy.stream.type_of(event) for event in policy.events}
            types.setdefault(policy.stream.topic, set()).update(names)
        found[service.name] = types
    return found


def stale(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Paths in ``folder`` that are missing or differ from ``files``."""
    return [path for path, text in files.items() if not _holds(folder / path, text)]


def write(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Writes what is stale, and says what."""
    changed = stale(folder, files)
    for path in changed:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(files[path], encoding="utf-8")
    return changed


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def main(arguments: Sequence[str] | None = None, of: tuple[Stream, ...] | None = None) -> int:
    """The command. ``of``: other streams than the catalogue's."""
    parser = argparse.ArgumentParser(prog="python -m shared.events.generate", description="Writes docs/events.")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to write (docs/events)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when files are stale")
    parser.add_argument(
        "--services",
        nargs="*",
        default=[f"services.{service}" for service in SERVICES],
        help="packages of the services whose reactions are documented",
    )
    options = parser.parse_args(arguments)
    chosen = streams() if of is None else of
    published = released(options.folder)
    breaches: list[Breach] = check(chosen, published)
    if breaches:
        for breach in breaches:
            print(breach, file=sys.stderr)
        return BROKEN
    files = documents(chosen, published, listening(options.services))
    if options.check:
        outdated = stale(options.folder, files)
        for path in outdated:
            print(f"stale: {path} (make docs)")
        return STALE if outdated else 0
    for path in write(options.folder, files):
        print(f"written: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
