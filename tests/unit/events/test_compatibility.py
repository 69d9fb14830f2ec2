"""What was published is a promise: each way to break it is refused by name, and what keeps it is let through."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, BeforeValidator, Field, create_model

from shared.events import Event, Snapshot, Stream, Wire
from shared.events.catalogue import streams
from shared.events.compatibility import check, released
from shared.events.generate import BROKEN, FOLDER, STALE, main

Fields = Mapping[str, Any]

Reason = Literal["moved", "merged", "no-funding"]
OWN: Fields = {
    "reason": (Reason, ...),
    "successor": (str | None, None),
    "rooms": (Annotated[int, Field(ge=0, le=50)], 1),
    "codes": (list[str], ["open-cafe"]),
    "by_country": (dict[str, int], Field(default_factory=dict)),
}
OFFER: Fields = {"service": (str, ...), "hours": (int | None, None)}
SNAPSHOT: Fields = {"country": (Annotated[str, Field(pattern="^[A-Z]{2}$")], ...), "founded": (int, ...)}


def a_stream(
    own: Fields = OWN,
    offer: Fields = OFFER,
    snapshot: Fields = SNAPSHOT,
    *,
    name: str = "CenterClosed",
    version: int = 1,
    aggregate: str = "center",
    example: Mapping[str, Any] = {"reason": "moved", "by_country": {"CZ": 3}},
    looks: Mapping[str, Any] = {},
) -> Stream:
    """A stream with one event, made of these fields."""
    offered: Any = create_model("Offer", __base__=Wire, __doc__="One service.", **offer)
    seen: Any = create_model(
        "CenterSnapshot", __base__=Snapshot, __doc__="A center.", **{**snapshot, "offers": (list[offered], ...)}
    )
    model: Any = create_model(name, __base__=Event, __doc__="A center closed.", **own)
    model.version = version
    offers = [offered(**{"service": "open-cafe", **looks.get("offer", {})})]
    center = {key: value for key, value in {"country": "CZ", "founded": 1992, **looks}.items() if key in snapshot}
    return Stream(
        service="directory",
        aggregate=aggregate,
        about="Centers.",
        snapshot=seen.model_validate({**center, "offers": offers}),
        events=(model(**example),),
    )


def publish(folder: Path, stream: Stream) -> int:
    """What ``make docs`` would do with this stream as the whole catalogue."""
    return main(["--folder", str(folder), "--services"], of=(stream,))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """docs/events as it was released."""
    assert publish(tmp_path, a_stream()) == 0
    return tmp_path


def own(**changes: Any) -> Stream:
    return a_stream(own={**OWN, **changes})


def without(fields: Fields, name: str) -> Fields:
    return {key: value for key, value in fields.items() if key != name}


def _no_long_names(value: str) -> str:
    if len(value) > 5:
        raise ValueError("too long")
    return value


BREACHES: dict[str, tuple[Stream, str]] = {
    "a field removed": (
        a_stream(own=without(OWN, "rooms")),
        "rooms: was removed, and readers count on it",
    ),
    "a field of the snapshot removed": (
        a_stream(snapshot=without(SNAPSHOT, "founded"), looks={}),
        "snapshot.founded: was removed, and readers count on it",
    ),
    "a field deep inside removed": (
        a_stream(offer=without(OFFER, "hours")),
        "snapshot.offers[].hours: was removed, and readers count on it",
    ),
    "a new field that old events lack": (
        a_stream(own={**OWN, "region": (str, ...)}, example={"reason": "moved", "region": "Praha"}),
        "region: is new and required, and old events lack it: give it a default",
    ),
    "a new field deep inside that old events lack": (
        a_stream(offer={**OFFER, "kind": (str, ...)}, looks={"offer": {"kind": "x"}}),
        "snapshot.offers[].kind: is new and required, and old events lack it: give it a default",
    ),
    "an optional field made required": (
        a_stream(own={**OWN, "successor": (str | None, ...)}, example={"reason": "moved", "successor": None}),
        "successor: is required now, and old events may lack it: keep its default",
    ),
    "null no longer allowed": (own(successor=(str, "")), "successor: may not be null any more"),
    "null suddenly allowed": (
        own(reason=(Reason | None, ...)),
        "reason: may be null now, which no reader expects",
    ),
    "another type": (own(rooms=(str, "1")), "rooms: was integer and is string now"),
    "a wider type": (
        own(rooms=(Annotated[float, Field(ge=0, le=50)], 1)),
        "rooms: was integer and is number now",
    ),
    "a code removed": (
        own(reason=(Literal["moved", "merged"], ...)),
        'reason: may not be "no-funding" any more, and old events are',
    ),
    "a list of codes opened to anything": (
        own(reason=(str, ...)),
        "reason: was one of a list of values and may be anything now",
    ),
    "anything narrowed to a list of codes": (
        own(codes=(list[Literal["open-cafe"]], ["open-cafe"])),
        "codes[]: is limited to a list of values now, and old events may have others",
    ),
    "an upper bound lowered": (
        own(rooms=(Annotated[int, Field(ge=0, le=20)], 1)),
        "rooms: maximum is 20 now (was 50), and old events may be above",
    ),
    "a lower bound raised": (
        own(rooms=(Annotated[int, Field(ge=1, le=50)], 1)),
        "rooms: minimum is 1 now (was 0), and old events may be below",
    ),
    "a bound where there was none": (
        own(codes=(Annotated[list[str], Field(max_length=3)], ["open-cafe"])),
        "codes: maxItems is 3 now (was none), and old events may be above",
    ),
    "another pattern": (
        a_stream(
            snapshot={**SNAPSHOT, "country": (Annotated[str, Field(pattern="^[A-Z]{3}$")], ...)},
            looks={"country": "CZE"},
        ),
        "snapshot.country: pattern was ^[A-Z]{2}$ and is ^[A-Z]{3}$ now",
    ),
    "another default": (
        own(rooms=(Annotated[int, Field(ge=0, le=50)], 2)),
        "rooms: default was 1 and is 2: events without the field would mean something else",
    ),
    "other values in a mapping": (
        a_stream(own={**OWN, "by_country": (dict[str, str], Field(default_factory=dict))}, example={"reason": "moved"}),
        "by_country.*: was integer and is string now",
    ),
    "several kinds instead of one": (
        own(codes=(list[str | int], ["open-cafe"])),
        "codes[]: had 1 alternatives and has 2",
    ),
    "another topic": (a_stream(aggregate="house"), "was on topic directory.center.v1 and is on directory.house.v1 now"),
    "the event gone": (
        a_stream(name="CenterShut"),
        "was published and is gone; only a higher version may take its place",
    ),
    "a rule that the schema does not show": (
        a_stream(
            offer={**OFFER, "service": (Annotated[str, AfterValidator(_no_long_names)], ...)},
            looks={"offer": {"service": "cafe"}},
        ),
        "snapshot.offers[].service: an old example does not read any more: Value error, too long",
    ),
    "another meaning that the schema does not show": (
        a_stream(snapshot={**SNAPSHOT, "founded": (Annotated[int, BeforeValidator(lambda year: year % 100)], ...)}),
        "snapshot.founded: an old example says 1992, which is now read as 92",
    ),
}


@pytest.mark.parametrize(("stream", "why"), BREACHES.values(), ids=BREACHES.keys())
def test_a_broken_promise_is_refused_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], stream: Stream, why: str
) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*.json")}
    assert publish(folder, stream) == BROKEN
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"directory.CenterClosed.v1: {why}")
    assert {path: path.read_bytes() for path in folder.rglob("*.json")} == before


def test_several_broken_promises_are_all_named_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stream = a_stream(own=without(OWN, "rooms"), offer=without(OFFER, "hours"))
    assert publish(folder, stream) == BROKEN
    fields = [line.split(": ")[1] for line in capsys.readouterr().err.splitlines()]
    assert fields == ["rooms", "snapshot.offers[].hours"]


KEPT: dict[str, Stream] = {
    "nothing changed": a_stream(),
    "a new field with a default": own(region=(str | None, None)),
    "a new field with a default deep inside": a_stream(offer={**OFFER, "kind": (str, "open")}),
    "a new code": own(reason=(Literal["moved", "merged", "no-funding", "work-done"], ...)),
    "wider bounds": own(rooms=(Annotated[int, Field(ge=0, le=100)], 1)),
    "other words about a field": own(rooms=(Annotated[int, Field(ge=0, le=50, description="How many.")], 1)),
    "another example": a_stream(example={"reason": "merged", "rooms": 4}),
    "a higher version, whatever it says": a_stream(own={"because": (int, ...)}, example={"because": 1}, version=2),
}


@pytest.mark.parametrize("stream", KEPT.values(), ids=KEPT.keys())
def test_a_kept_promise_is_let_through(folder: Path, stream: Stream) -> None:
    assert check((stream,), released(folder)) == []
    assert publish(folder, stream) == 0
    assert publish(folder, stream) == 0
    assert check((stream,), released(folder)) == []


def test_a_lower_version_does_not_take_the_place_of_a_higher_one(folder: Path) -> None:
    assert publish(folder, a_stream(own={"because": (int, ...)}, example={"because": 1}, version=2)) == 0
    (breach,) = check((a_stream(),), released(folder))
    assert (
        str(breach) == "directory.CenterClosed.v2: was published and is gone; only a higher version may take its place"
    )


def test_the_documents_of_an_older_version_stay(folder: Path) -> None:
    schema = (folder / "schemas" / "directory.CenterClosed.v1.json").read_text()
    assert publish(folder, a_stream(own={"because": (int, ...)}, example={"because": 1}, version=2)) == 0
    assert (folder / "schemas" / "directory.CenterClosed.v1.json").read_text() == schema
    assert (folder / "schemas" / "directory.CenterClosed.v2.json").exists()
    assert "* [directory.CenterClosed.v1](schemas/directory.CenterClosed.v1.json)" in (folder / "README.md").read_text()


def test_an_example_of_an_earlier_form_is_kept_and_must_stay_readable(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = (folder / "examples" / "directory.CenterClosed.v1.json").read_text()
    assert publish(folder, own(region=(str, "unknown"))) == 0
    assert publish(folder, own(region=(str, "unknown"), town=(str, "unknown"))) == 0
    kept = folder / "examples" / "earlier"
    assert (kept / "directory.CenterClosed.v1.1.json").read_text() == first
    assert "region" in json.loads((kept / "directory.CenterClosed.v1.2.json").read_text())["data"]
    assert not (kept / "directory.CenterClosed.v1.3.json").exists()

    # what only the very first form shows: it has no town, and this reader cannot do without
    (folder / "schemas" / "directory.CenterClosed.v1.json").unlink()
    (folder / "examples" / "directory.CenterClosed.v1.json").unlink()
    needs_town = a_stream(
        own={**OWN, "region": (str, "unknown"), "town": (str, ...)}, example={"reason": "moved", "town": "Praha"}
    )
    assert publish(folder, needs_town) == BROKEN
    assert "town: an old example does not read any more: Field required" in capsys.readouterr().err


def test_stale_documents_are_told_apart_from_broken_promises(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = own(region=(str | None, None))
    assert main(["--check", "--folder", str(folder), "--services"], of=(a_stream(),)) == 0
    assert main(["--check", "--folder", str(folder), "--services"], of=(changed,)) == STALE
    assert "stale: schemas/directory.CenterClosed.v1.json (make docs)" in capsys.readouterr().out


def test_the_events_of_today_keep_every_published_promise() -> None:
    published = released(FOLDER)
    assert published, "docs/events is missing: make docs"
    assert [str(breach) for breach in check(streams(), published)] == []
