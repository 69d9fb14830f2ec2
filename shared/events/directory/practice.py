"""Practices: what a center does well, written down so that others can do it too.

The texts stay with the directory, which serves them while the practice is published. An event carries the titles of the
version that a coordinator has let pass, and the languages in which there is a text.
"""

from datetime import date
from enum import StrEnum

from pydantic import Field

from shared.events.base import Event, Snapshot, Stream
from shared.events.directory.center import LanguageCode


class PracticeKind(StrEnum):
    """A way of doing something that others can take over, or the story of one project."""

    PRACTICE = "practice"
    STORY = "story"


class PracticeStatus(StrEnum):
    """Not yet shown to everybody, shown, or no longer."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class License(StrEnum):
    """What others may do with a text: SPDX identifiers, or nothing but read it."""

    CC0 = "CC0-1.0"
    CC_BY = "CC-BY-4.0"
    CC_BY_SA = "CC-BY-SA-4.0"
    CC_BY_NC = "CC-BY-NC-4.0"
    CC_BY_NC_SA = "CC-BY-NC-SA-4.0"
    CC_BY_ND = "CC-BY-ND-4.0"
    CC_BY_NC_ND = "CC-BY-NC-ND-4.0"
    ALL_RIGHTS_RESERVED = "all-rights-reserved"


class Adoption(StrEnum):
    """A center took a practice over as it is, or changed it to suit."""

    ADOPTED = "adopted"
    ADAPTED = "adapted"


class PracticeSnapshot(Snapshot):
    """A practice as everybody may see it: while it is not published, hardly more than that there is one."""

    center: str = Field(description="Id of the center whose practice it is.")
    kind: PracticeKind
    status: PracticeStatus
    edition: int | None = Field(default=None, description="Number of the published version; null: none is.")
    titles: dict[LanguageCode, str] = Field(default={}, description="By language, of the published version.")
    topics: tuple[str, ...] = Field(default=(), description="Codes from the taxonomy of topics.")
    license: License | None = None
    published_on: date | None = Field(default=None, description="The day on which this version was published.")
    adopted: int = Field(default=0, description="Centers that took it over as it is.")
    adapted: int = Field(default=0, description="Centers that took it over with changes.")


class PracticeDocumented(Event):
    """A center, or its coordinator for it, wrote down a practice or a story."""

    languages: tuple[LanguageCode, ...] = Field(description="In which there is a text, the original first.")


class PracticeRevised(Event):
    """A version that is not published yet was written, or written anew. What is published stays as it is."""

    edition: int = Field(description="Number of the version.")
    languages: tuple[LanguageCode, ...] = Field(description="In which there is a text, the original first.")


class PracticeConsentGiven(Event):
    """The center agreed to publication."""

    by: str = Field(description="The role that entered it: center, coordinator or office.")
    wording: int = Field(description="Version of the text it agreed to.")


class PracticeConsentWithdrawn(Event):
    """The center no longer agrees to publication."""

    by: str = Field(description="The role that entered it: center, coordinator or office.")


class PracticePublished(Event):
    """A version was let pass and can be read by everybody."""

    edition: int


class PracticeWithdrawn(Event):
    """The practice cannot be read any more; its address says that there was one."""

    reason: str = Field(description="consent-withdrawn, outdated, wrong, moderation or other.")


class PracticeEditionErased(Event):
    """The text of a version was erased for good; that there was one stays known."""

    edition: int


class PracticeRedacted(Event):
    """Somebody who stood in its text is forgotten on their own demand."""


class PracticeAdoptionCounted(Event):
    """A center says that it took the practice over, or says anew how. It counts once, by what it said last."""

    center: str = Field(description="Id of the center that took it over.")
    how: Adoption


class PracticeAdoptionTakenBack(Event):
    """A center says that it did not take the practice over, after all.

    It still counts where it says of another visit that it did; the snapshot has the numbers.
    """

    center: str = Field(description="Id of the center that was said to have taken it over.")


PRACTICE = Stream(
    service="directory",
    aggregate="practice",
    about="Documented practices and project stories of centers, and how many others took them over.",
    snapshot=PracticeSnapshot(
        center="01890a5d-ac96-774b-bcce-b302099a8057",
        kind=PracticeKind.PRACTICE,
        status=PracticeStatus.PUBLISHED,
        edition=1,
        titles={"de": "Samstags kochen die Väter", "en": "Fathers cook on Saturdays"},
        topics=("father-involvement", "volunteers-and-recognition"),
        license=License.CC_BY,
        published_on=date(2026, 3, 1),
        adopted=2,
        adapted=1,
    ),
    events=(
        PracticeDocumented(languages=("de",)),
        PracticeRevised(edition=1, languages=("de", "en")),
        PracticeConsentGiven(by="center", wording=1),
        PracticeConsentWithdrawn(by="center"),
        PracticePublished(edition=1),
        PracticeWithdrawn(reason="outdated"),
        PracticeEditionErased(edition=1),
        PracticeRedacted(),
        PracticeAdoptionCounted(center="01890a5d-ac96-774b-bcce-b302099a8058", how=Adoption.ADAPTED),
        PracticeAdoptionTakenBack(center="01890a5d-ac96-774b-bcce-b302099a8058"),
    ),
)
