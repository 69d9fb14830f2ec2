"""What centers learn from one another, as codes. Only what is written anew is checked: codes kept stay readable."""

from collections.abc import Iterable

from shared.aggregate import Refusal, Why

TOPICS = (
    "founding-a-center",
    "volunteers-and-recognition",
    "leadership-and-conflict",
    "funding-and-municipality",
    "self-run-childcare",
    "father-involvement",
    "newcomers-and-language",
    "intergenerational-house",
    "social-business",
    "crisis-and-post-war-work",
    "documentation-and-stories",
    "lobbying-and-local-dialogue",
    "public-relations",
    "digital-tools",
    "first-1000-days",
)
"""The taxonomy, version 1; `services.exchange.taxonomy` has the names."""


class UnknownTopics(Refusal):
    """A topic that is not in the taxonomy."""

    code = "unknown-topics"
    why = Why.INVALID


def known(codes: Iterable[str]) -> list[str]:
    """``codes`` in their order, each once; `UnknownTopics` if one is not in the taxonomy."""
    asked = list(dict.fromkeys(codes))
    strange = [code for code in asked if code not in TOPICS]
    if strange:
        raise UnknownTopics("not in the taxonomy of topics", topics=strange)
    return asked
