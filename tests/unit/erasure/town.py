"""A network in which two women stand in every place where a person can stand, and one of them wants to be forgotten."""

import base64
import json
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from weakref import WeakKeyDictionary

import httpx

from services.campaign.domain.discussion_round import DiscussionRound
from services.campaign.domain.discussion_round import Report as RoundReport
from services.campaign.domain.questionnaire import Questionnaire, Wording
from services.campaign.service import SERVICE as CAMPAIGN
from services.directory.domain.center import Center
from services.directory.domain.consent import Consent
from services.directory.domain.correction import Correction
from services.directory.domain.initiative import Initiative, InitiativeContact, OwnWords
from services.directory.domain.membership import Membership
from services.directory.domain.network import Network, NetworkProfile
from services.directory.domain.organisation import RoleContact
from services.directory.domain.partner import Partner, PartnerProfile
from services.directory.domain.place import Place
from services.directory.domain.practice import Content, Practice
from services.directory.domain.practice import Wording as PracticeWording
from services.directory.domain.profile import Contact, ContactPerson, Profile
from services.directory.service import SERVICE as DIRECTORY
from services.exchange.domain.center import Center as HostingCenter
from services.exchange.domain.host_offer import Arrival, HostOffer, Terms
from services.exchange.domain.visit import Intention, Party, Question, Reflection, Report, Request, Session, Visit
from services.exchange.service import SERVICE as EXCHANGE
from services.newsletter.domain.issue import Issue, IssueText, Piece
from services.newsletter.domain.news_item import ItemText, NewsItem
from services.newsletter.domain.subscription import Consent as MailConsent
from services.newsletter.domain.subscription import Subscription
from services.newsletter.keyed import Keyed
from services.newsletter.service import SERVICE as NEWSLETTER
from shared.aggregate import Aggregate
from shared.commands import Command
from shared.events.campaign import Discussed, EnteredBy
from shared.events.directory.center import CenterStatus, Check, LocationVisibility
from shared.events.directory.membership import MembershipKind
from shared.events.directory.network import NetworkLevel
from shared.events.directory.partner import PartnerKind
from shared.events.directory.practice import PracticeKind
from shared.events.exchange.terms import Days
from shared.events.newsletter import NewsKind
from shared.ids import new_id
from shared.service import Runtime
from shared.store.memory import MemoryStore
from shared.testing import MemoryNetwork

JANA, EVA = "jana@example.org", "eva@example.org"
JANAS_NAME, EVAS_NAME = "Jana Nováková", "Eva Dvořáková"
JANAS_PHONE, EVAS_PHONE = "+420 601 123 456", "+420 601 123 457"
SECRET = "a secret for tests only, long enough to be taken"
ALL = (DIRECTORY, EXCHANGE, NEWSLETTER, CAMPAIGN)
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

KINDS = {
    "directory": {
        "center": 3,
        "correction": 1,
        "initiative": 2,
        "membership": 1,
        "network": 1,
        "partner": 1,
        "practice": 1,
    },
    "exchange": {"host-offer": 1, "visit": 1},
    "newsletter": {"issue": 1, "news-item": 1, "subscription": 1},
    "campaign": {"discussion-round": 1, "questionnaire": 1},
}
"""In how many documents of which kind each woman stands."""


def network(**settings: Any) -> MemoryNetwork:
    """All four services."""
    return MemoryNetwork(*ALL, settings={"secret": SECRET, **settings})


async def settle_in(network: MemoryNetwork) -> None:
    """Both women come to stand wherever they can."""
    for who, name, phone in ((JANA, JANAS_NAME, JANAS_PHONE), (EVA, EVAS_NAME, EVAS_PHONE)):
        for _, made in places(who, name, phone):
            service = made.stream.service
            await created(network.runtimes[service], made)
    await network.settle()


async def created(runtime: Runtime, made: Aggregate) -> None:
    """Enters what was made."""
    await runtime.repository(type(made)).create(Command(new_id()), lambda id, now: made, made.id)


def places(who: str, name: str, phone: str) -> Iterator[tuple[type[Aggregate], Aggregate]]:
    """An aggregate of every kind that can hold a person, with this one in it."""
    id = who.partition("@")[0]
    text = f"Milé sousedky!\n\nPište na <{who.upper()}>, nebo volejte."
    yield Center, center(f"{id}-1", who, name, phone)
    yield Center, _center(f"{id}-2", contact=Contact(email=who, phone=phone))
    yield Center, _center(f"{id}-3", descriptions={"cs": text}, names={"de": "Haus der Mütter"})
    yield Correction, _correction(f"{id}-correction", who, text)
    yield Network, _network(f"{id}-network", who)
    yield Partner, _partner(f"{id}-partner", who)
    yield Membership, _membership(f"{id}-membership", f"{id}-network", f"{id}-1", text)
    yield Initiative, _initiative(f"{id}-idea", who, name)
    yield Initiative, _initiative(f"{id}-words", "office@example.org", "Kancelář", text)
    yield Practice, _practice(f"{id}-practice", text)
    yield HostOffer, _offer(f"{id}-1", text)
    yield Visit, _visit(f"{id}-visit", text)
    yield Subscription, subscription(who)
    yield NewsItem, _news(f"{id}-news", text)
    yield Issue, _issue(f"{id}-issue", text)
    yield DiscussionRound, _round(f"{id}-round", text)
    yield Questionnaire, _questionnaire(f"{id}-questions", text)


def _center(id: str, **different: Any) -> Center:
    profile = Profile(name=f"Centrum {id}", languages=("cs",), **different)
    return Center.register(id, profile, Place(country="CZ", town="Praha"), LocationVisibility.TOWN, NOW)


def center(id: str, who: str, name: str, phone: str | None = None) -> Center:
    """A center that names a contact person."""
    named = _center(id)
    person = ContactPerson(name=name, email=who, phone=phone)
    named.name_contact_person(person, Consent(given_on=NOW.date(), entered_by="center", wording=1), NOW)
    return named


def _correction(id: str, who: str, text: str) -> Correction:
    stored = {"founded": 1992, "contact": {"email": who, "phone": None, "website": None}}
    return Correction.suggest(id, "center", {"founded": 1992}, stored, text, NOW)


def _network(id: str, who: str) -> Network:
    profile = NetworkProfile(name=f"Síť {id}", contact=RoleContact(email=who))
    return Network.register(id, NetworkLevel.NATIONAL, "CZ", profile, None, NOW)


def _partner(id: str, who: str) -> Partner:
    profile = PartnerProfile(
        name=f"Nadace {id}", website=f"https://example.org/?to={who}", kind=PartnerKind.FOUNDATION, country="CZ"
    )
    return Partner.register(id, profile, NOW)


def _membership(id: str, network: str, center: str, text: str) -> Membership:
    membership = Membership(id=id, network=network, center=center)
    membership.apply(MembershipKind.FRIENDLY, True, NOW)
    membership.withdraw(NOW, note=text)
    return membership


def _initiative(id: str, who: str, name: str, text: str = "Chceme otevřít dům.") -> Initiative:
    contact = InitiativeContact(name=name, email=who, personal=False)
    words = OwnWords(language="cs", text=text)
    return Initiative.propose(id, "CZ", ("cs",), NOW, contact=contact, own_words=words)


def _practice(id: str, text: str) -> Practice:
    wording = PracticeWording(title="Otcové vaří", summary=text, body=text)
    content = Content(original="cs", texts={"cs": wording}, topics=("father-involvement",))
    return Practice.document(id, "center", PracticeKind.PRACTICE, content, NOW)


def _offer(id: str, text: str) -> HostOffer:
    house = HostingCenter(
        id=id,
        version=1,
        name="Haus",
        country="CZ",
        languages=("cs",),
        status=CenterStatus.ACTIVE,
        check=Check.FRESH,
        verified_on=NOW.date(),
    )
    arrival = Arrival(address="Hejnická 538, Praha", route=text)
    terms = Terms(topics=("father-involvement",), languages=("cs",), capacity=4, arrival=arrival)
    return HostOffer.offer(house, terms, NOW)


def _visit(id: str, text: str) -> Visit:
    guest = HostingCenter(
        id="guest",
        version=1,
        name="Host",
        country="CZ",
        languages=("cs",),
        status=CenterStatus.ACTIVE,
        check=Check.FRESH,
        verified_on=NOW.date(),
    )
    wanted = Request(
        questions=(Question(topic="father-involvement", text=text, language="cs"),),
        party=Party(guests=3),
        window=Days(first=date(2026, 6, 1), last=date(2026, 6, 30)),
        length=2,
        languages=("cs",),
    )
    visit = Visit.request(id, guest, wanted, NOW)
    visit.programme = [Session(title=f"Oběd, {text[-40:-20]}", topic="father-involvement")]
    intention = Intention(topic="father-involvement", text=text)
    visit.report = Report(language="cs", story=f"{text} {text}", intentions=(intention,))
    visit.reflection = Reflection(language="cs", story=text)
    return visit


def subscription(who: str, list: str = "newsletter") -> Subscription:
    """A confirmed reader."""
    made = Subscription.request(Keyed(SECRET).subscription_id(list, who), list, who, "cs", NOW)
    made.confirm(1, MailConsent(wording="2026-1", language="cs", text="ano", list=list, at=NOW))
    return made


def _news(id: str, text: str) -> NewsItem:
    return NewsItem.propose(id, NewsKind.VISIT_REPORTED, "cause", "about", {"cs": ItemText(title="Jaro", text=text)})


def _issue(id: str, text: str) -> Issue:
    piece = Piece(item="item", texts={"cs": ItemText(title="Jaro", text=text)})
    return Issue.draft(id, "p1", "newsletter", "cs", IssueText(title="Jaro", introduction=text), (piece,))


def _round(id: str, text: str) -> DiscussionRound:
    discussed = [Discussed(questionnaire="involving-fathers", edition=1, questions=["first-year"])]
    return DiscussionRound.enter(
        id,
        campaign="campaign",
        center="center",
        country="CZ",
        report=RoundReport(held=date(2026, 2, 20), headcount=12, language="cs", discussed=discussed),
        summary=text,
        entered_by=EnteredBy.CENTER,
        now=NOW,
    )


def _questionnaire(id: str, text: str) -> Questionnaire:
    wording = Wording(title="Otázky", introduction=text, questions={"first": "Jak?"})
    return Questionnaire.publish(id, 1, "cs", wording, NOW)


# ---- asking

_OFFICES: WeakKeyDictionary[MemoryNetwork, httpx.AsyncClient] = WeakKeyDictionary()


def office(network: MemoryNetwork) -> httpx.AsyncClient:
    """The office at its desk; the same one all day."""
    if network not in _OFFICES:
        _OFFICES[network] = network.client("directory", "office")
    return _OFFICES[network]


async def asked_to_forget(network: MemoryNetwork, who: str = JANA, **different: Any) -> str:
    """The office enters a demand; the erasure's id."""
    answer = await demand(network, {"address": who, **different})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def demand(network: MemoryNetwork, body: dict[str, Any], key: str | None = None) -> httpx.Response:
    """What the office enters, and what it is answered."""
    return await office(network).post("/erasures", json=body, headers={"Idempotency-Key": key or new_id()})


async def erasure(network: MemoryNetwork, id: str) -> dict[str, Any]:
    """The erasure as the office sees it."""
    answer = await office(network).get(f"/erasures/{id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def removed(erasure: dict[str, Any]) -> dict[str, dict[str, int]]:
    """What each service says it has removed."""
    return {
        receipt["service"]: {each["kind"]: each["documents"] for each in receipt["removed"]}
        for receipt in erasure["receipts"]
    }


# ---- looking


def traces(network: MemoryNetwork, *of: str) -> list[str]:
    """Where in stores, topics and files one of these texts stands, in whatever case, packed or not."""
    wanted = re.compile("|".join(re.escape(text) for text in of), re.IGNORECASE)
    return sorted({place for place, text in everything(network) if wanted.search(text)})


def everything(network: MemoryNetwork) -> Iterator[tuple[str, str]]:
    """Every text that there is, with its place."""
    for service, runtime in network.runtimes.items():
        assert isinstance(runtime.store, MemoryStore)
        yield from stored(service, runtime.store)
    for topic, partitions in network.log.topics.items():
        for partition in partitions:
            for record in partition:
                parts = (record.key or b"", record.value or b"", *(value for _, value in record.headers))
                for part in parts:
                    yield topic, part.decode(errors="replace")
                yield from _unpacked(topic, record.value or b"")
    for file in network._home.rglob("*"):
        if file.is_file():
            yield file.name, file.read_bytes().decode(errors="replace")


def stored(service: str, store: MemoryStore) -> Iterator[tuple[str, str]]:
    """Every text in every collection."""
    for name, collection in store._collections.items():
        for document in collection._documents.values():
            for text in _texts(document):
                yield f"{service}/{name}", text


def documents(network: MemoryNetwork) -> dict[str, Any]:
    """The state of every aggregate, by its place."""
    return {
        f"{service}/{stream.aggregate}/{id}": document["state"]
        for service, runtime in network.runtimes.items()
        for stream in runtime.streams
        for id, document in runtime.store.collection(stream.aggregate)._documents.items()  # type: ignore[attr-defined]
    }


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        yield from (text for _, text in _unpacked("", value.encode()))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _unpacked(place: str, value: bytes) -> Iterator[tuple[str, str]]:
    """What is in it if it is base64, and if that is compressed; and JSON with its escapes undone."""
    try:
        plain = base64.b64decode(value, validate=True)
        yield place, plain.decode(errors="replace")
        yield place, zlib.decompress(plain).decode(errors="replace")
    except (ValueError, zlib.error):
        pass
    try:
        yield place, json.dumps(json.loads(value), ensure_ascii=False)
    except ValueError:
        pass
