"""A network of centers: where it stands in the tree of networks, and which criteria it has for its members.

What a network belongs to reaches further than itself (region < country < world), and how far a network reaches never
changes. So each step up the tree leads to a higher level, and no network can come to stand above itself, whatever
changes at the same time: the rule needs one look at the parent's level, which cannot become untrue.
"""

from collections.abc import Collection
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from typing_extensions import TypedDict

from services.directory.domain.codes import Country, Language
from services.directory.domain.organisation import Names, Organisation, RoleContact
from services.directory.domain.profile import Languages, WebAddress, Year
from shared.aggregate import Aggregate, NotFound, Person, Refusal, Why
from shared.days import dated, year_has_begun
from shared.events import Stream
from shared.events.directory.network import (
    NETWORK,
    CriteriaRevised,
    ListedCriterion,
    NetworkDissolved,
    NetworkLevel,
    NetworkMoved,
    NetworkProfileUpdated,
    NetworkRedacted,
    NetworkRegistered,
    NetworkSnapshot,
    NetworkStatus,
)
from shared.text import Name, fold, one_line

_REACH = {NetworkLevel.REGIONAL: 1, NetworkLevel.NATIONAL: 2, NetworkLevel.INTERNATIONAL: 3}

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Sentence = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), AfterValidator(one_line)
]


class DissolvingReason(StrEnum):
    """Why a network ended."""

    MERGED = "merged"
    NO_VOLUNTEERS = "no-volunteers"
    NO_FUNDING = "no-funding"
    WORK_DONE = "work-done"
    OTHER = "other"


class Dissolved(Refusal):
    """The network works no more."""

    code = "network-dissolved"


class CountryDoesNotFit(Refusal):
    """A regional or national network has a country, an international one has none."""

    code = "country-does-not-fit"
    why = Why.INVALID


class ParentNotAbove(Refusal):
    """A network belongs to one that reaches further; ``level`` and ``parent_level`` tell how far the two reach."""

    code = "parent-not-above"
    why = Why.INVALID


class ParentAbroad(Refusal):
    """A region belongs to the national network of its own country."""

    code = "parent-abroad"
    why = Why.INVALID


class OwnSuccessor(Refusal):
    """A dissolved network cannot be its own successor."""

    code = "own-successor"
    why = Why.INVALID


class CriterionTwice(Refusal):
    """Each criterion of a list has a code of its own."""

    code = "criterion-twice"
    why = Why.INVALID


class UnknownCriterion(Refusal):
    """The network's list has no such criterion. ``nearest`` holds codes that look like it."""

    code = "unknown-criterion"
    why = Why.INVALID


class NoSuchCriteria(NotFound):
    """The network never had a list of this version."""

    code = "no-such-criteria"


class Criterion(BaseModel):
    """What a network asks of its members. Friendly ones are not asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Code
    labels: Annotated[dict[Language, Sentence], Field(min_length=1, max_length=30, description="By language.")]
    mandatory: bool = Field(default=True, description="Whether a full member has to meet it.")


Criteria = Annotated[tuple[Criterion, ...], Field(max_length=50, description="In the order in which they are asked.")]


class CriteriaList(BaseModel):
    """A network's list of criteria. Versions count from 1 and are kept; version 0 is the empty one before it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 0
    criteria: Criteria = ()

    def checked(self, met: Collection[str]) -> tuple[str, ...]:
        """``met`` in the order of the list, each once; `UnknownCriterion` if one is not in it."""
        codes = [criterion.code for criterion in self.criteria]
        for code in met:
            if code not in codes:
                nearest = get_close_matches(fold(code), codes)
                hint = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
                raise UnknownCriterion(f"the list has no such criterion{hint}", nearest=nearest)
        return tuple(code for code in codes if code in met)

    def missing(self, met: Collection[str]) -> tuple[str, ...]:
        """The mandatory ones that are not among ``met``."""
        return tuple(each.code for each in self.criteria if each.mandatory and each.code not in met)


class NetworkProfile(Organisation):
    """A network's own description."""

    languages: Languages = Field(default=(), description="It works in, the main one first.")
    founded: Year | None = None


class NetworkChange(TypedDict, total=False):
    """Those fields of a profile that change; each replaces the old value as a whole."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    name: Name
    names: Names
    website: WebAddress | None
    contact: RoleContact
    languages: Languages
    founded: Year | None


class Network(Aggregate):
    """A network: active → dissolved."""

    stream: ClassVar[Stream] = NETWORK
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("parent",), ("country",))

    level: NetworkLevel
    country: Country | None = None
    parent: str | None = None
    profile: NetworkProfile
    sorted_as: str
    lists: list[CriteriaList] = Field(default_factory=list)
    status: NetworkStatus = NetworkStatus.ACTIVE
    dissolved_on: date | None = None
    successor: str | None = None

    @classmethod
    def register(
        cls,
        id: str,
        level: NetworkLevel,
        country: str | None,
        profile: NetworkProfile,
        parent: "Network | None",
        now: datetime,
    ) -> "Network":
        """A network comes into the directory, below ``parent`` if it belongs to one."""
        year_has_begun(profile.founded, now)
        if (country is None) != (level is NetworkLevel.INTERNATIONAL):
            raise CountryDoesNotFit("a regional or national network has a country, an international one has none")
        network = cls(id=id, level=level, country=country, profile=profile, sorted_as=fold(profile.name))
        network._place_below(parent)
        network.record(NetworkRegistered())
        return network

    def edit(self, change: NetworkChange, now: datetime) -> None:
        """The network describes itself anew. Values equal to the present ones change nothing."""
        self.require_active()
        year_has_begun(change.get("founded"), now)
        changed = sorted(field for field, value in change.items() if value != getattr(self.profile, field))
        if changed:
            self.profile = self.profile.model_copy(update=dict(change))
            self.sorted_as = fold(self.profile.name)
            self.record(NetworkProfileUpdated(changed=tuple(changed)))

    def move(self, parent: "Network | None") -> None:
        """The network belongs to ``parent`` from now on, or to no other network."""
        self.require_active()
        before = self.parent
        if (parent.id if parent else None) == before:
            return
        self._place_below(parent)
        self.record(NetworkMoved(before=before, after=self.parent))

    def revise_criteria(self, criteria: Criteria) -> None:
        """A new list of criteria. Older ones are kept: a membership says by which it was checked."""
        self.require_active()
        codes = [criterion.code for criterion in criteria]
        if len(set(codes)) < len(codes):
            raise CriterionTwice("each criterion has a code of its own")
        if criteria != self.criteria.criteria:
            self.lists.append(CriteriaList(version=self.criteria.version + 1, criteria=criteria))
            self.record(CriteriaRevised(list_version=self.criteria.version))

    def dissolve(
        self, reason: DissolvingReason, now: datetime, on: date | None = None, successor: str | None = None
    ) -> None:
        """The network ends on the day ``on``. Those below it keep it as their parent: it is their history."""
        self.require_active()
        day, happened = dated(on, now)
        if successor == self.id:
            raise OwnSuccessor("a network cannot be its own successor")
        self.status, self.dissolved_on, self.successor = NetworkStatus.DISSOLVED, day, successor
        self.record(NetworkDissolved(reason=reason, on=day, successor=successor), happened)

    def erase(self, person: Person) -> None:
        """Gives up a contact or website of somebody, and takes them out of the criteria's labels."""
        self.profile, self.lists = self.profile.without(person), person.taken_out_of(self.lists)
        self.record(NetworkRedacted())

    # ---- what others ask

    @property
    def criteria(self) -> CriteriaList:
        """The present list; an empty one of version 0 while the network has none."""
        return self.lists[-1] if self.lists else CriteriaList()

    def criteria_of(self, version: int) -> CriteriaList:
        """The list as it was in that version; `NoSuchCriteria` if there was none."""
        if not 1 <= version <= len(self.lists):
            raise NoSuchCriteria("the network never had a list of this version", present=self.criteria.version)
        return self.lists[version - 1]

    @property
    def keys(self) -> frozenset[str]:
        """What a coordinator's token may call it: its id, a national one also its country."""
        return frozenset({self.id, self.country} if self.country and self.level is NetworkLevel.NATIONAL else {self.id})

    def require_active(self) -> None:
        """Refuses with `Dissolved` when the network works no more."""
        if self.status is NetworkStatus.DISSOLVED:
            raise Dissolved("the network is dissolved", network=self.id)

    def snapshot(self) -> NetworkSnapshot:
        """What everybody may see."""
        return NetworkSnapshot(
            name=self.profile.name,
            names=self.profile.names,
            level=self.level,
            country=self.country,
            parent=self.parent,
            languages=self.profile.languages,
            founded=self.profile.founded,
            criteria_version=self.criteria.version,
            criteria=tuple(
                ListedCriterion(code=each.code, mandatory=each.mandatory) for each in self.criteria.criteria
            ),
            status=self.status,
            successor=self.successor,
        )

    # ---- its own rules

    def _place_below(self, parent: "Network | None") -> None:
        if parent is not None:
            if _REACH[parent.level] <= _REACH[self.level]:
                raise ParentNotAbove(
                    "a network belongs to one that reaches further", level=self.level, parent_level=parent.level
                )
            if parent.country is not None and parent.country != self.country:
                raise ParentAbroad("a region belongs to the national network of its own country")
            parent.require_active()
        self.parent = parent.id if parent else None
