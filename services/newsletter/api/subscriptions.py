"""Signing up, and the pages behind the links in mails. Opening a page changes nothing; its one button does.

Mail scanners open every link they see, so a GET that confirmed or unsubscribed would do so for people who never saw
the mail. The pages are small, work without scripts, and set no cookie: who has the link may use it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Annotated, Literal

from fastapi import Depends, Form
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from services.newsletter.api.dependencies import KeyedDep, SettingsDep, Subscriptions
from services.newsletter.domain.issue import pick_language
from services.newsletter.domain.subscription import Consent, Erased, LinkNoLongerValid, NotSubscribed, Subscription
from services.newsletter.keyed import LinkNotValid
from services.newsletter.wording import CONSENT, CONSENT_VERSION, LANGUAGE_NAMES, WORDS, Words
from shared.addresses import MailAddress, compared
from shared.aggregate import NotFound, Refusal, Why
from shared.commands import Attempt, Command
from shared.events.newsletter import Departure, LanguageTag, ListName, SubscriptionStatus
from shared.http import APIRouter, CommandDep, NaturalCommandDep, WorldDep
from shared.http.languages import LanguagesDep
from shared.http.pages import page
from shared.ids import derived_id
from shared.security import public

router = APIRouter(tags=["subscriptions"])

_ANSWER_AFTER_S = 0.05
"""An answer comes after this time whatever had to be done, so that the clock tells nothing either."""


class UnknownList(Refusal):
    """There is no such mailing list here (422)."""

    code = "unknown-list"
    why = Why.INVALID


class SignUp(BaseModel):
    """Somebody wants to read."""

    model_config = ConfigDict(extra="forbid")

    address: MailAddress
    language: LanguageTag = Field(default="en", description="The language to read in; and that of the mail.")
    list: ListName = "newsletter"


class CheckYourMail(BaseModel):
    """The answer to every sign-up, whoever's address it was."""

    status: Literal["check-your-mail"] = "check-your-mail"


@router.post("/subscriptions", status_code=202, dependencies=[public(rate="30/minute")])
async def sign_up(
    body: SignUp, subscriptions: Subscriptions, keyed: KeyedDep, settings: SettingsDep, command: CommandDep
) -> CheckYourMail:
    """Asks for a subscription. A mail with a link goes to the address; only that link's page confirms it.

    The answer is always the same: it does not tell whether the address reads already, has left, or got enough
    confirmation mails lately (three a week at most). 422 when the address cannot be one.
    """
    if body.list not in settings.lists:
        raise UnknownList("there is no such list")
    started = asyncio.get_running_loop().time()
    for life in count():
        id = keyed.subscription_id(body.list, compared(body.address), life)
        outcome = (await subscriptions.execute([_signing_up(id, body, command)]))[0]
        if not isinstance(outcome, Erased):
            break
    if isinstance(outcome, Exception):
        raise outcome
    await asyncio.sleep(max(0.0, started + _ANSWER_AFTER_S - asyncio.get_running_loop().time()))
    return CheckYourMail()


def _signing_up(id: str, body: SignUp, command: Command) -> Attempt[Subscription]:
    def decide(subscription: Subscription | None, now: datetime) -> Subscription:
        if subscription is None:
            return Subscription.request(id, body.list, body.address, body.language, now)
        subscription.request_again(body.address, body.language, now)
        return subscription

    # All strangers share one space of keys, so the address makes the command's id its own. There is no fingerprint:
    # refusing a used key for another language would tell that the first request had an effect.
    own = replace(command, id=derived_id(command.id, id), fingerprint="", expected=None)
    return Attempt(Subscription, id, own, decide)


# ---- pages


async def _language_of_browser(languages: LanguagesDep) -> str:
    return languages.choose(WORDS)


BrowserLanguage = Annotated[str, Depends(_language_of_browser)]


async def _or_explain(language: str, answer: Callable[[], Awaitable[HTMLResponse]]) -> HTMLResponse:
    """The answer, or a page that says in plain words why there is none."""
    words = WORDS[language]
    try:
        return await answer()
    except (LinkNotValid, NotFound):
        return page(language, words.unknown_title, words.unknown_text, status=404)
    except (LinkNoLongerValid, NotSubscribed):
        return page(language, words.gone_title, words.gone_text, status=410)


def _words_for(subscription: Subscription) -> tuple[str, Words]:
    language = pick_language(subscription.language, WORDS)
    return language, WORDS[language]


def _command(command: Command, what: str, token: str, version: int) -> Command:
    """The same click on the same state is the same command; after the reader came back, it is a new one."""
    return replace(command, id=derived_id(what, token, version), fingerprint="", actor="reader", expected=None)


@router.get("/confirmations/{token}", dependencies=[public(rate="60/minute")], response_class=HTMLResponse)
async def show_confirmation(
    token: str, subscriptions: Subscriptions, keyed: KeyedDep, world: WorldDep, browser: BrowserLanguage
) -> HTMLResponse:
    """The page behind the link in a confirmation mail. Changes nothing."""

    async def answer() -> HTMLResponse:
        link = keyed.read_confirmation(token)
        subscription = (await subscriptions.get(link.subscription)).aggregate
        language, words = _words_for(subscription)
        if subscription.status is SubscriptionStatus.CONFIRMED and subscription.round == link.round:
            return page(language, words.confirmed_title, words.confirmed_text)
        current = subscription.status is SubscriptionStatus.REQUESTED and subscription.round == link.round
        if not current or world.clock.now() > link.expires:
            return page(language, words.gone_title, words.gone_text, status=410)
        return page(
            language,
            words.confirm_title,
            CONSENT[CONSENT_VERSION][language],
            button=words.confirm_button,
            hidden={"wording": CONSENT_VERSION, "language": language},
        )

    return await _or_explain(browser, answer)


@router.post("/confirmations/{token}", dependencies=[public(rate="60/minute")], response_class=HTMLResponse)
async def confirm(
    token: str,
    subscriptions: Subscriptions,
    keyed: KeyedDep,
    world: WorldDep,
    browser: BrowserLanguage,
    natural: NaturalCommandDep,
    wording: Annotated[str, Form(description="Version of the consent text on the page.")],
    language: Annotated[str, Form(description="Language of the consent text on the page.")],
) -> HTMLResponse:
    """The button on that page: the consent, with the very wording that was shown. 410 when it is too late."""
    text = CONSENT.get(wording, {}).get(language)
    if text is None:
        return await show_confirmation(token, subscriptions, keyed, world, browser)

    async def answer() -> HTMLResponse:
        link = keyed.read_confirmation(token)
        if world.clock.now() > link.expires:
            raise LinkNoLongerValid("this link has expired")
        loaded = await subscriptions.get(link.subscription)

        def decide(subscription: Subscription, now: datetime) -> None:
            consent = Consent(wording=wording, language=language, text=text, list=subscription.list, at=now)
            subscription.confirm(link.round, consent)

        await subscriptions.change(link.subscription, _command(natural, "confirm", token, loaded.version), decide)
        spoken, words = _words_for(loaded.aggregate)
        return page(spoken, words.confirmed_title, words.confirmed_text)

    return await _or_explain(browser, answer)


@router.get("/unsubscribe/{token}", dependencies=[public(rate="60/minute")], response_class=HTMLResponse)
async def show_unsubscribe(
    token: str, subscriptions: Subscriptions, keyed: KeyedDep, browser: BrowserLanguage
) -> HTMLResponse:
    """The page behind the link at the end of every issue. Changes nothing."""

    async def answer() -> HTMLResponse:
        subscription = (await subscriptions.get(keyed.read_reader(token))).aggregate
        language, words = _words_for(subscription)
        if subscription.status is SubscriptionStatus.ERASED:
            raise LinkNoLongerValid("this link is no longer valid")
        if subscription.address is None:
            return page(language, words.left_title, words.left_text)
        return page(language, words.leave_title, words.leave_text, button=words.leave_button, hidden={"by": "page"})

    return await _or_explain(browser, answer)


@router.post("/unsubscribe/{token}", dependencies=[public()], response_class=HTMLResponse)
async def unsubscribe(
    token: str,
    subscriptions: Subscriptions,
    keyed: KeyedDep,
    browser: BrowserLanguage,
    natural: NaturalCommandDep,
    by: Annotated[
        Literal["page", "one-click"], Form(description="What was pressed; set by our own page.")
    ] = "one-click",
) -> HTMLResponse:
    """Ends a subscription: the button on that page, or the one click of RFC 8058 in the reader's mail program.

    Needs no login and no key, works as often as it is tried, and is not limited: mail providers send many from one
    address.
    """

    async def answer() -> HTMLResponse:
        id = keyed.read_reader(token)
        loaded = await subscriptions.get(id)
        command = _command(natural, "unsubscribe", token, loaded.version)
        await subscriptions.change(id, command, lambda subscription, now: subscription.unsubscribe(Departure(by)))
        language, words = _words_for(loaded.aggregate)
        return page(language, words.left_title, words.left_text)

    return await _or_explain(browser, answer)


@router.get("/preferences/{token}", dependencies=[public(rate="60/minute")], response_class=HTMLResponse)
async def show_preferences(
    token: str, subscriptions: Subscriptions, keyed: KeyedDep, browser: BrowserLanguage
) -> HTMLResponse:
    """The page where a reader chooses a language. Changes nothing."""

    async def answer() -> HTMLResponse:
        subscription = (await subscriptions.get(keyed.read_reader(token))).aggregate
        if subscription.status is not SubscriptionStatus.CONFIRMED:
            raise NotSubscribed("there is no subscription")
        return _choice(subscription, "")

    return await _or_explain(browser, answer)


@router.post("/preferences/{token}", dependencies=[public(rate="60/minute")], response_class=HTMLResponse)
async def choose_language(
    token: str,
    subscriptions: Subscriptions,
    keyed: KeyedDep,
    browser: BrowserLanguage,
    natural: NaturalCommandDep,
    language: Annotated[LanguageTag, Form()],
) -> HTMLResponse:
    """The button on that page. 410 when the subscription has ended."""

    async def answer() -> HTMLResponse:
        id = keyed.read_reader(token)
        loaded = await subscriptions.get(id)
        command = _command(natural, f"read in {language}", token, loaded.version)
        await subscriptions.change(id, command, lambda subscription, now: subscription.read_in(language))
        changed = (await subscriptions.get(id)).aggregate
        return _choice(changed, _words_for(changed)[1].language_saved)

    return await _or_explain(browser, answer)


def _choice(subscription: Subscription, said: str) -> HTMLResponse:
    language, words = _words_for(subscription)
    chosen = subscription.language
    return page(
        language,
        words.language_title,
        said,
        button=words.language_button,
        choices={**LANGUAGE_NAMES, chosen: LANGUAGE_NAMES.get(chosen, chosen)},
        choices_label=words.language_label,
        chosen=chosen,
    )
