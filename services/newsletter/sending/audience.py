"""Who gets an issue: cut into batches once, whoever does it and however often it is interrupted."""

from dataclasses import dataclass

from services.newsletter.sending.batches import Audience, Batches, batch_id
from services.newsletter.sending.readers import Readers


@dataclass(frozen=True)
class Prepared:
    """A complete audience."""

    readers: int
    batches: int


async def prepare(issue: str, list: str, batches: Batches, readers: Readers, size: int) -> Prepared:
    """Cuts the confirmed readers of ``list`` into batches of ``size`` and returns what there is in the end.

    Each batch begins after the last id of the one before, as it stands in the store, and its unique id decides who may
    write it. So two senders that prepare the same issue, or one that died on the way, make one audience together, in
    which nobody stands twice.
    """
    chain = await batches.chain(issue)
    while not chain or not chain[-1].final:
        number = len(chain)
        last = chain[-1].last if chain else ""
        found = await readers.after(list, last, size)
        if await batches.append(issue, number, found, last):
            end = found[-1] if found else last
            chain.append(Audience(batch_id(issue, number), issue, number, len(found), end, not found))
        else:
            chain = await batches.chain(issue)  # somebody else wrote this part
    await batches.add_states(chain[:-1])
    return Prepared(sum(part.count for part in chain), len(chain) - 1)
