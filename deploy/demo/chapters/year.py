"""The rest of the year: phases follow the calendar, profiles grow old, and everything is found in its place."""

from contextlib import suppress

from deploy.demo.chapters.campaign import the_campaign
from deploy.demo.checks import overdue
from deploy.demo.stage import AFTER_THE_CLOCK_S, NeverHappened, Stage

YEAR = 365
_AFTER_THE_COLLECTION, _AFTER_THE_HARVEST = 132, 262


async def the_seasons_change(stage: Stage) -> None:
    """Talking ends and the harvest begins by the calendar; profiles that nobody confirms are asked about, and lapse."""
    stage.days_later(_AFTER_THE_COLLECTION - stage.days_passed)
    await _phase(stage, "harvest")
    stage.days_later(_AFTER_THE_HARVEST - stage.days_passed)
    await _phase(stage, "demands")
    stage.report.say(
        f"{stage.stranger.count('VerificationRequested')} profiles were not confirmed for a year and are asked about, "
        f"{stage.stranger.count('VerificationLapsed')} have lapsed"
    )


async def the_year_ends(stage: Stage) -> None:
    """The last days pass; whatever is due is done. What is not, in all this time, the count will find."""
    stage.days_later(YEAR - stage.days_passed)

    async def all_done() -> bool:
        return not overdue(stage)

    with suppress(NeverHappened):
        await stage.until("whatever is due is done", all_done)
    await stage.settled(AFTER_THE_CLOCK_S)


async def _phase(stage: Stage, wanted: str) -> None:
    campaign = the_campaign(stage)

    async def entered() -> bool:
        phases = (await stage.client.get("campaign", f"/campaigns/{campaign.id}")).json()["phases"]
        return any(phase["key"] == wanted and phase["current"] for phase in phases)

    await stage.until(f"the campaign enters {wanted}", entered)
    await stage.settled(AFTER_THE_CLOCK_S)
    stage.report.say(f"the campaign has entered its next phase by the calendar: {wanted}")
