"""What a body names has to be there: refused with 422, because the path was right."""

from datetime import date

from pydantic import Field

from services.directory.api.centers import Input
from services.directory.api.consent_wordings import LATEST_WORDING, Purpose, UnknownWording, wording
from services.directory.domain.center import Center
from services.directory.domain.codes import Language
from services.directory.domain.consent import Consent, EnteredBy
from shared.aggregate import NotFound, Refusal, Why
from shared.world import World


class UnknownCenter(Refusal):
    """There is no center with the id that was given."""

    code = "unknown-center"
    why = Why.INVALID


async def named_center(world: World, id: str) -> Center:
    """The center with this id, or `UnknownCenter`."""
    try:
        return (await world.repository(Center).get(id)).aggregate
    except NotFound:
        raise UnknownCenter("there is no center with this id", center=id) from None


class Agreement(Input):
    """The text that was agreed to, from /consent-wordings."""

    wording: int = Field(description="Version of the text.", examples=[1])
    language: Language = Field(description="In which it was shown.")

    def consent(self, purpose: Purpose, given_on: date, by: EnteredBy) -> Consent:
        """As the domain keeps it. `UnknownWording` when nobody was ever shown that text."""
        if self.language not in wording(purpose, self.wording).texts:
            raise UnknownWording("there is no such text in this language", latest=LATEST_WORDING[purpose])
        return Consent(given_on=given_on, entered_by=by, wording=self.wording, language=self.language)
