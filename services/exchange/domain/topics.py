"""What centers learn from one another, as codes. Only what is written anew is checked: codes kept stay readable."""

from collections.abc import Iterable

from services.exchange.taxonomy.topics import topics
from shared.aggregate import Refusal, Why


class UnknownTopics(Refusal):
    """A topic that is not in the taxonomy."""

    code = "unknown-topics"
    why = Why.INVALID


def known(codes: Iterable[str]) -> list[str]:
    """``codes`` in their order, each once; `UnknownTopics` if one is not in the taxonomy."""
    asked = list(dict.fromkeys(codes))
    strange = [code for code in asked if code not in topics()]
    if strange:
        raise UnknownTopics("not in the taxonomy of topics", topics=strange)
    return asked
