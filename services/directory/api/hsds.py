"""/hsds: the directory as an API of HSDS 3.0, Open Referral's Human Services Data Specification.

Paths, parameters and the page around a list are those of HSDS; docs/guides/open-data.md says what the answers
mean. A list is found in the `Listing` and told from the centers as they are now. If one of them has changed in between
so that it is no longer what was asked for, the page is shorter.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Annotated, TypeVar

from fastapi import Path, Query, Response

from services.directory.api.centers import Centers
from services.directory.api.hsds_lists import (
    MOST_MINIMAL,
    AnswersDep,
    Id,
    ModifiedAfter,
    Search,
    WantedDep,
    everything_found,
    moment,
    tagged,
)
from services.directory.api.open_data import OPEN, BaseAddress, ListingDep
from services.directory.domain.center import Center
from services.directory.exports.entry import Entry
from services.directory.hsds import VERSION
from services.directory.hsds.organization import organization_in_list
from services.directory.hsds.records import (
    ApiRecord,
    OneServiceAtLocationRecord,
    OrganizationRecord,
    Record,
    RecordPage,
    ServiceAtLocationRecord,
    ServiceRecord,
    TaxonomyRecord,
    TaxonomyTermRecord,
)
from services.directory.hsds.service import (
    Offering,
    link_alone,
    link_in_full,
    link_in_list,
    offerings,
    organization_with_services,
    service_in_full,
    service_in_list,
    service_name,
)
from services.directory.hsds.terms import TAXONOMIES, taxonomy_record, terms_of
from services.directory.views.listing import Listed, Listing, Wanted, plain_postcode, row_of
from shared.aggregate import NotFound
from shared.commands import Repository
from shared.http import APIRouter, ETag, Problem
from shared.text import findable_words, words

router = APIRouter(prefix="/hsds", tags=["hsds"])

_PROFILE = "https://docs.openreferral.org/"

T = TypeVar("T", bound=Record)
PathId = Annotated[str, Path(max_length=64)]
Full = Annotated[bool, Query(description="With all related records, not with one-to-one fields only.")]
FullService = Annotated[bool, Query(description="With all that is known of each service, not its name only.")]


def _of_services(
    centers: Repository[Center], wanted: Wanted, make: Callable[[Offering], T]
) -> Callable[[Sequence[Listed]], Awaitable[list[T]]]:
    """Makes records of services as they are now; of those only that are still what was asked for."""

    async def tell(found: Sequence[Listed]) -> list[T]:
        current = await _entries(centers, [listed.center for listed in found])
        still = {listed.id for entry in current.values() for listed in wanted.services(row_of(entry))}
        known = {offering.id: offering for entry in current.values() for offering in offerings(entry)}
        return [make(known[listed.id]) for listed in found if listed.id in still]

    return tell


async def _entries(centers: Repository[Center], ids: Sequence[str]) -> dict[str, Entry]:
    found = await centers.find({"_id": {"$in": sorted(set(ids))}})
    return {loaded.aggregate.id: Entry.of(loaded) for loaded in found}


async def _offering(id: str, listing: Listing, centers: Repository[Center]) -> Offering:
    """The service behind the id of an HSDS service, or of its link to its location."""
    center, number = listing.home_of(id) or (None, None)
    if center is not None:
        for offering in offerings(Entry.of(await centers.get(center))):
            if offering.number == number:
                return offering
    raise NotFound("there is no such service")


# ---- the API


@router.get("/", dependencies=OPEN, include_in_schema=False)
@router.get("", dependencies=OPEN)
async def get_api(base: BaseAddress) -> ApiRecord:
    """Which version of HSDS this is, and where it is described."""
    return ApiRecord(version=VERSION, profile=_PROFILE, openapi_url=f"{base}/openapi.json")


@router.get("/services", dependencies=OPEN, response_model=RecordPage[ServiceRecord], response_model_exclude_none=True)
async def list_services(
    centers: Centers,
    listing: ListingDep,
    wanted: WantedDep,
    answers: AnswersDep,
    minimal: Annotated[
        bool, Query(description="With nothing but id, name, status and when it changed, all on one page.")
    ] = False,
    full: Full = False,
) -> RecordPage[ServiceRecord] | Response:
    """Every service a center offers, and every one it ever offered: that one is `inactive`."""
    found = await everything_found(listing, wanted.services)
    if minimal:
        return await answers.told(found, _minimal, usual=MOST_MINIMAL, most=MOST_MINIMAL)
    return await answers.told(found, _of_services(centers, wanted, service_in_full if full else service_in_list))


async def _minimal(found: Sequence[Listed]) -> list[ServiceRecord]:
    return [
        ServiceRecord(
            id=listed.id,
            name=service_name(listed.service),
            status=listed.status,
            last_modified=listed.changed,
            modified_date=listed.changed,
        )
        for listed in found
    ]


@router.get("/services/{id}", dependencies=OPEN, response_model_exclude_none=True)
async def get_service(id: PathId, centers: Centers, listing: ListingDep, etag: ETag) -> ServiceRecord:
    """A service with all related records. 404 for one that never was."""
    return tagged(service_in_full(await _offering(id, listing, centers)), etag)


@router.get(
    "/organizations", dependencies=OPEN, response_model=RecordPage[OrganizationRecord], response_model_exclude_none=True
)
async def list_organizations(
    centers: Centers,
    listing: ListingDep,
    answers: AnswersDep,
    search: Search = None,
    modified_after: ModifiedAfter = None,
    full: Full = False,
    full_service: FullService = False,
) -> RecordPage[OrganizationRecord] | Response:
    """Every center, also those that closed. HSDS has no ``modified_after`` here; who polls needs it."""
    wanted = Wanted(search=search, modified_after=moment(modified_after))

    def make(entry: Entry) -> OrganizationRecord:
        if full or full_service:
            return organization_with_services(entry, full=full_service)
        return organization_in_list(entry)

    async def tell(ids: Sequence[str]) -> list[OrganizationRecord]:
        current = await _entries(centers, ids)
        return [make(current[id]) for id in ids if id in current and wanted.finds(row_of(current[id]))]

    found = await everything_found(listing, lambda row: [row.center] if wanted.finds(row) else [])
    return await answers.told(found, tell)


@router.get("/organizations/{id}", dependencies=OPEN, response_model_exclude_none=True)
async def get_organization(
    id: PathId, centers: Centers, etag: ETag, full_service: FullService = False
) -> OrganizationRecord:
    """A center with its location and its services."""
    return tagged(organization_with_services(Entry.of(await centers.get(id)), full=full_service), etag)


@router.get(
    "/service_at_locations",
    dependencies=OPEN,
    response_model=RecordPage[ServiceAtLocationRecord],
    response_model_exclude_none=True,
)
async def list_services_at_locations(
    centers: Centers,
    listing: ListingDep,
    wanted: WantedDep,
    answers: AnswersDep,
    full: Full = False,
    postcode: Annotated[str | None, Query(max_length=20)] = None,
    proximity: Annotated[
        float | None, Query(ge=0, description="Meters from the middle of the places published under the postcode.")
    ] = None,
) -> RecordPage[ServiceAtLocationRecord] | Response:
    """That a service takes place at a location, for every service. 422 `postcode-missing` for a bare ``proximity``."""
    near = _near(wanted, listing, postcode, proximity)
    make = link_in_full if full else link_in_list
    return await answers.told(await everything_found(listing, near.services), _of_services(centers, near, make))


def _near(wanted: Wanted, listing: Listing, postcode: str | None, meters: float | None) -> Wanted:
    if postcode is None:
        if meters is not None:
            raise Problem(422, "postcode-missing", "proximity is counted from a postcode: give one")
        return wanted
    plain = plain_postcode(postcode) or ""
    middle = listing.middle_of(plain)
    if meters is None or middle is None:
        return replace(wanted, postcode=plain)
    return replace(wanted, circle=(middle, meters))


@router.get("/service_at_locations/{id}", dependencies=OPEN, response_model_exclude_none=True)
async def get_service_at_location(
    id: PathId, centers: Centers, listing: ListingDep, etag: ETag
) -> OneServiceAtLocationRecord:
    """That a service takes place at a location, with all related records."""
    return tagged(link_alone(await _offering(id, listing, centers)), etag)


# ---- taxonomies


def _has_words(record: TaxonomyRecord | TaxonomyTermRecord, search: str | None) -> bool:
    return search is None or set(words(search)) <= findable_words(f"{record.name} {record.description}")


@router.get(
    "/taxonomies", dependencies=OPEN, response_model=RecordPage[TaxonomyRecord], response_model_exclude_none=True
)
async def list_taxonomies(answers: AnswersDep, search: Search = None) -> RecordPage[TaxonomyRecord] | Response:
    """The network's lists of terms: services, and topics."""
    found = [taxonomy_record(taxonomy.of) for taxonomy in TAXONOMIES]
    return await answers.ready([record for record in found if _has_words(record, search)])


@router.get("/taxonomies/{id}", dependencies=OPEN, response_model_exclude_none=True)
async def get_taxonomy(id: PathId, etag: ETag) -> TaxonomyRecord:
    """One of the lists."""
    for taxonomy in TAXONOMIES:
        if taxonomy_record(taxonomy.of).id == id:
            return tagged(taxonomy_record(taxonomy.of), etag)
    raise NotFound("there is no such taxonomy")


@router.get(
    "/taxonomy_terms",
    dependencies=OPEN,
    response_model=RecordPage[TaxonomyTermRecord],
    response_model_exclude_none=True,
)
async def list_terms(
    answers: AnswersDep,
    search: Search = None,
    taxonomy_id: Id = None,
    top_only: Annotated[bool, Query(description="Changes nothing: no term has terms below it.")] = False,
    parent_id: Annotated[str | None, Query(max_length=64, description="No term has one.")] = None,
) -> RecordPage[TaxonomyTermRecord] | Response:
    """The terms of the lists."""
    terms = [term for taxonomy in TAXONOMIES for term in terms_of(taxonomy)] if parent_id is None else []
    wanted = [term for term in terms if taxonomy_id in (None, term.taxonomy_id) and _has_words(term, search)]
    return await answers.ready(wanted)


@router.get("/taxonomy_terms/{id}", dependencies=OPEN, response_model_exclude_none=True)
async def get_term(id: PathId, etag: ETag) -> TaxonomyTermRecord:
    """A term of a list."""
    for taxonomy in TAXONOMIES:
        for term in terms_of(taxonomy):
            if term.id == id:
                return tagged(term, etag)
    raise NotFound("there is no such term")
