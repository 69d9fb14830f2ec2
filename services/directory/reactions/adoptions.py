"""What is done elsewhere now is counted at the practice: proven, not claimed.

The exchange asks the guests of a visit, half a year later, what they adopted at home, and which documented practice it
was. Whoever erred answers again; the event of the new answer also names the practice of the old one, so each practice
hears of every word that concerns it. It keeps the newest of each commitment, so repeats and late dead letters do no
harm.
"""

from collections.abc import Sequence
from datetime import datetime

from services.directory.domain.practice import Practice, Word
from shared.events import Received
from shared.events.directory.practice import Adoption
from shared.events.exchange.commitment import COMMITMENT, CommitmentDropped, PracticeAdapted, PracticeAdopted
from shared.reactions import Change, Intent, policy
from shared.world import World

Answered = PracticeAdopted | PracticeAdapted | CommitmentDropped


@policy(PracticeAdopted, PracticeAdapted, CommitmentDropped, stream=COMMITMENT)
async def count_adoption_at_the_practice(event: Received[Answered], world: World) -> Sequence[Intent]:
    """The practice that was taken over counts one center more; the one that was named by mistake one less."""
    named = {event.event.instead_of: None, _practice(event.event): _how(event.event)}
    return [_count(practice, how, event) for practice, how in named.items() if practice is not None]


def _count(practice: str, how: Adoption | None, event: Received[Answered]) -> Intent:
    commitment, told = event.key, event.record
    word = Word(center=event.snapshot.guest, how=how, said=told.recorded, sequence=told.sequence)
    happened: datetime = told.happened
    return Change(Practice, practice, lambda it, _: it.count_adoption(commitment, word, happened))


def _practice(said: Answered) -> str | None:
    return None if isinstance(said, CommitmentDropped) else said.practice


def _how(said: Answered) -> Adoption | None:
    if isinstance(said, CommitmentDropped):
        return None
    return Adoption.ADOPTED if isinstance(said, PracticeAdopted) else Adoption.ADAPTED


ADOPTIONS = (count_adoption_at_the_practice,)
