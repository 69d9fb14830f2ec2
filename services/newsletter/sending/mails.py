"""The mails themselves: an issue in its languages, and the question whether somebody wants it."""

from datetime import datetime

from services.newsletter.domain.issue import Issue, pick_language
from services.newsletter.domain.subscription import Subscription
from services.newsletter.keyed import Confirmation, Keyed
from services.newsletter.links import Links
from services.newsletter.rendering import confirmation as render_confirmation
from services.newsletter.rendering import issue as render_issue
from services.newsletter.sending import mime
from services.newsletter.sending.flight import Parcel
from services.newsletter.sending.readers import Reader
from services.newsletter.settings import NewsletterSettings
from services.newsletter.wording import WORDS

_READER_LINKS = ("unsubscribe", "preferences")


class Stationery:
    """What every mail has in common: who it is from, and how its links and ids are made."""

    def __init__(self, settings: NewsletterSettings) -> None:
        self.keyed = Keyed(settings.secret.get_secret_value())
        self.links = Links(self.keyed, str(settings.public_url))
        self.sender = mime.Sender(settings.from_name, settings.from_address)


class IssueMails:
    """The mails of one issue: rendered once per language, `mime.Unrenderable` when that cannot be done safely."""

    def __init__(self, issue: Issue, stationery: Stationery, now: datetime) -> None:
        self._issue = issue
        self._stationery = stationery
        self._now = now
        self._compiled: dict[str, mime.Mail] = {}

    def compile_all(self) -> None:
        """Renders every language, to learn whether that is possible."""
        for language in self._issue.texts:
            self._in_language(language)

    def parcel(self, reader: Reader) -> Parcel:
        """The mail for one reader, in the reader's language or the best there is. At every attempt it has the same
        Message-ID."""
        to = self._stationery
        message_id = to.keyed.message_id(self._issue.id, reader.subscription, to.sender.domain)
        links = {
            "unsubscribe": to.links.unsubscribe(reader.subscription),
            "preferences": to.links.preferences(reader.subscription),
        }
        mail = self._in_language(self._issue.language_for(reader.language))
        return Parcel(reader.address, mail.to(reader.address, message_id, links))

    def _in_language(self, language: str) -> mime.Mail:
        if language not in self._compiled:
            self._compiled[language] = self._compile(language)
        return self._compiled[language]

    def _compile(self, language: str) -> mime.Mail:
        slots = mime.Slots(*_READER_LINKS)
        text, html = render_issue(self._issue, language, {name: slots.body(name) for name in _READER_LINKS})
        sender = self._stationery.sender
        return mime.compose(
            slots=slots,
            sender=sender,
            subject=self._issue.texts[language].title,
            language=language,
            text=text,
            html=html,
            date=self._now,
            headers={
                "List-Id": f"<{self._issue.list}.{sender.domain}>",
                "List-Unsubscribe": f"<{slots.header('unsubscribe')}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Precedence": "bulk",
            },
        )


def confirmation_mail(subscription: Subscription, address: str, stationery: Stationery, now: datetime) -> Parcel:
    """The mail with the one link that confirms a subscription."""
    language = pick_language(subscription.language, WORDS)
    slots = mime.Slots("confirm")
    text, html = render_confirmation(language, {"confirm": slots.body("confirm")})
    mail = mime.compose(
        slots=slots,
        sender=stationery.sender,
        subject=WORDS[language].confirm_subject,
        language=language,
        text=text,
        html=html,
        date=now,
        headers={"Auto-Submitted": "auto-generated"},
    )
    link = Confirmation(subscription.id, subscription.round, subscription.expires_at or now)
    what = f"confirmation {subscription.round} {subscription.mail_number}"
    message_id = stationery.keyed.message_id(what, subscription.id, stationery.sender.domain)
    return Parcel(address, mail.to(address, message_id, {"confirm": stationery.links.confirm(link)}))
