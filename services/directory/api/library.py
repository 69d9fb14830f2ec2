"""The library of practices: find, read and cite what was published."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field

from services.directory.api.centers import Centers
from services.directory.api.history import After, Chronicle, Limit, chronicle
from services.directory.api.open_data import BaseAddress
from services.directory.api.practices import EditionNumber, Owner, OwnersAsker, PracticeId, Practices
from services.directory.api.rights import EVERYBODY
from services.directory.domain.center import Center
from services.directory.domain.codes import Country, Language
from services.directory.domain.practice import Attachment, NoSuchEdition, Practice
from services.directory.views.practices import ORDER, PRACTICES, Wanted, findable
from shared.aggregate import NotFound, Refusal, Why
from shared.commands import Repository
from shared.events.directory.center import CenterStatus, CountryCode, LanguageCode
from shared.events.directory.practice import License, PracticeKind, PracticeSnapshot, PracticeStatus
from shared.http import APIRouter, ETag, Page, PagingDep, WorldDep, paginate
from shared.http.languages import Languages, LanguagesDep
from shared.store.port import Document, Filter, Order
from shared.taxonomy import TOPICS
from shared.world import World

router = APIRouter(prefix="/practices", tags=["practices"])


class NoLongerPublished(Refusal):
    """This practice was published once and has been withdrawn."""

    code = "no-longer-published"
    why = Why.GONE


# ---- what goes out


class OwnerView(BaseModel):
    """The center whose practice it is, as it shows itself today; after it has closed its practices stay."""

    id: str
    name: str
    country: CountryCode
    status: CenterStatus

    @classmethod
    def of(cls, center: Center) -> "OwnerView":
        """What everybody may see of it."""
        shown = center.snapshot()
        return cls(id=center.id, name=shown.name, country=shown.country, status=shown.status)


class Citation(BaseModel):
    """How to cite what was read: the edition does not change, and the address stays."""

    text: str = Field(examples=[
        "Mütterzentrum Langenau: Samstags kochen die Väter. Edition 1, 2026. "
        "https://directory.example.org/practices/2f0f7a4e-6f0a-5b8e-9b57-0f6f4e1d2c3b/editions/1"
    ])  # fmt: skip
    address: str
    license: License


class PracticeSummary(BaseModel):
    """A published practice in a list, in the reader's language or the next best."""

    id: str
    kind: PracticeKind
    center: OwnerView
    edition: int
    published_on: date
    language: LanguageCode
    title: str
    summary: str
    languages: tuple[LanguageCode, ...] = Field(description="In which there is a text, the original first.")
    topics: tuple[str, ...]
    license: License
    adopted: int = Field(description="Centers that took it over as it is.")
    adapted: int = Field(description="Centers that took it over with changes.")


class EditionView(PracticeSummary):
    """An edition to be read: of a practice the one that is published now, unless another one is asked for."""

    body: str
    attachments: tuple[Attachment, ...]
    latest: int = Field(description="Number of the edition that is published now.")
    cite: Citation

    @classmethod
    def of(cls, practice: Practice, number: int, owner: Center, languages: Languages, base: str) -> "EditionView":
        """An edition in the reader's language. `NoSuchEdition`, `EditionErased`."""
        told = _told(practice, number, owner, languages)
        address = f"{base}/practices/{practice.id}/editions/{number}"
        text = f"{told['center'].name}: {told['title']}. Edition {number}, {told['published_on'].year}. {address}"
        cite = Citation(text=text, address=address, license=told["license"])
        return cls(**told, latest=practice.shown, cite=cite)


class EditionLine(BaseModel):
    """An edition in the list of all."""

    edition: int
    written_on: date
    published_on: date | None = Field(description="Null: not published yet; only its people see that.")
    languages: tuple[LanguageCode, ...]
    erased: bool


# ---- what is published, and where


def _published(practice: Practice) -> Practice:
    if practice.status is PracticeStatus.DRAFT:
        raise NotFound("there is no practice with this id", id=practice.id)
    if practice.status is PracticeStatus.WITHDRAWN:
        raise NoLongerPublished("this practice has been withdrawn", id=practice.id)
    return practice


async def published(practice_id: PracticeId, practices: Practices) -> Practice:
    """The practice, if everybody may read it: 404 for a draft, 410 for one that was withdrawn."""
    return _published((await practices.get(practice_id)).aggregate)


Published = Annotated[Practice, Depends(published)]


# ---- find


async def wanted(
    q: Annotated[str | None, Query(max_length=100, description="Words of titles or topics, or how they begin.")] = None,
    topic: Annotated[str | None, Query(max_length=64, description="Code from /taxonomy/topics.")] = None,
    language: Annotated[
        Language | None, Query(description="There is a text in this language, and it is shown.")
    ] = None,
    center: Annotated[str | None, Query(max_length=64, description="Id of the center whose practice it is.")] = None,
    kind: PracticeKind | None = None,
) -> Wanted:
    """The query's parameters; an unknown topic is refused with the nearest known ones."""
    return Wanted(q, TOPICS.known(topic).code if topic is not None else None, language, center, kind)


@router.get("", dependencies=EVERYBODY)
async def list_practices(
    practices: Practices,
    centers: Centers,
    world: WorldDep,
    paging: PagingDep,
    languages: LanguagesDep,
    search: Annotated[Wanted, Depends(wanted)],
    country: Annotated[Country | None, Query(description="Where the center is now.")] = None,
) -> Page[PracticeSummary]:
    """Published practices, the newest first, each in the reader's language where there is a text in it.

    The list follows changes within moments; each item is shown as it is now, so a page may be shorter than asked for.
    """

    async def find(where: Filter, *, sort: Order, limit: int) -> list[Document]:
        mirror = world.mirror(PRACTICES.name)
        if country is not None:
            where = {"$and": [where, {"center": {"$in": await _in_country(country, world, centers)}}]}
        found = await mirror.find(where, sort=sort, limit=limit)
        present = await practices.find({"_id": {"$in": [entry["_id"] for entry in found]}})
        by_id = {loaded.aggregate.id: loaded.aggregate for loaded in present}
        owners = await _owners([entry["center"] for entry in found], centers)
        return [{**entry, "practice": by_id.get(entry["_id"]), "owner": owners[entry["center"]]} for entry in found]

    def shown(entry: Document) -> PracticeSummary | None:
        practice: Practice | None = entry["practice"]
        if practice is None or practice.shown is None or not search.matches(findable(practice.snapshot())):
            return None
        return PracticeSummary.model_validate(_told(practice, practice.shown, entry["owner"], languages))

    page = await paginate(find, search.filter(), paging, shown, sort=ORDER)
    return Page(items=[item for item in page.items if item is not None], next=page.next)


# ---- read and cite


@router.get("/{practice_id}", dependencies=EVERYBODY)
async def get_practice(
    practice: Published,
    owner: Owner,
    base: BaseAddress,
    languages: LanguagesDep,
    etag: ETag,
    response: Response,
) -> EditionView:
    """A published practice: this address stays, and shows the latest edition. 410 `no-longer-published`."""
    view = EditionView.of(practice, practice.shown or 0, owner, languages, base)
    return _read(view, f"{base}/practices/{practice.id}", etag, response)


@router.get("/{practice_id}/editions", dependencies=EVERYBODY)
async def list_editions(
    practice_id: PracticeId,
    owner: Owner,
    asker: OwnersAsker,
    practices: Practices,
    response: Response,
) -> list[EditionLine]:
    """All editions that were published, the oldest first; for its people also the one they are working on."""
    response.headers["Vary"] = "Authorization"
    practice = (await practices.get(practice_id)).aggregate
    if asker.is_its_people(owner):
        editions = dict(enumerate(practice.editions, 1))
    else:
        editions = dict(_published(practice).published())
    return [
        EditionLine(
            edition=number,
            written_on=edition.written_on,
            published_on=edition.published_on,
            languages=edition.content.languages if edition.content else (),
            erased=edition.content is None,
        )
        for number, edition in editions.items()
    ]


@router.get("/{practice_id}/editions/{edition}", dependencies=EVERYBODY)
async def get_edition(
    practice: Published,
    edition: EditionNumber,
    owner: Owner,
    base: BaseAddress,
    languages: LanguagesDep,
    etag: ETag,
    response: Response,
) -> EditionView:
    """The very edition that was cited. 404 `no-such-edition`, 410 `edition-erased` or `no-longer-published`."""
    view = EditionView.of(practice, edition, owner, languages, base)
    return _read(view, view.cite.address, etag, response)


@router.get("/{practice_id}/history", dependencies=EVERYBODY)
async def get_history(
    practice_id: PracticeId, practices: Practices, after: After = 0, limit: Limit = 50
) -> Chronicle[PracticeSnapshot]:  # fmt: skip
    """What happened to a practice, the oldest first. The titles it had are told only while it is published."""
    published = (await practices.get(practice_id)).aggregate.status is PracticeStatus.PUBLISHED

    def shown(then: PracticeSnapshot) -> PracticeSnapshot:
        return then if published else then.model_copy(update={"titles": {}})

    return await chronicle(practices, practice_id, after, limit, shown)


def _told(practice: Practice, number: int, owner: Center, languages: Languages) -> dict[str, Any]:
    """An edition in the reader's language. `NoSuchEdition`, `EditionErased`."""
    edition = practice.published().get(number)
    if edition is None:
        raise NoSuchEdition("there is no published edition with this number", edition=number)
    content, counted = practice.content(number), practice.snapshot()
    language = languages.choose(content.languages)
    return {
        "id": practice.id,
        "kind": practice.kind,
        "center": OwnerView.of(owner),
        "edition": number,
        "published_on": edition.published_on,
        "language": language,
        **content.texts[language].model_dump(),
        "languages": content.languages,
        "topics": content.topics,
        "license": content.license,
        "attachments": content.attachments,
        "adopted": counted.adopted,
        "adapted": counted.adapted,
    }


def _read(view: EditionView, canonical: str, etag: ETag, response: Response) -> EditionView:
    response.headers["Link"] = f'<{canonical}>; rel="canonical"'
    response.headers["Content-Language"] = view.language
    etag.of(view.model_dump_json())
    return view


async def _owners(ids: Sequence[str], centers: Repository[Center]) -> dict[str, Center]:
    found = await centers.find({"_id": {"$in": sorted(set(ids))}})
    return {loaded.aggregate.id: loaded.aggregate for loaded in found}


async def _in_country(country: str, world: World, centers: Repository[Center]) -> list[str]:
    """The centers of a country that have published a practice."""
    published = await world.mirror(PRACTICES.name).find({"published_on": {"$gt": ""}})
    ids = sorted({entry["center"] for entry in published})
    found = await centers.find({"_id": {"$in": ids}, "state.place.country": country})
    return [loaded.aggregate.id for loaded in found]
