"""Which language an answer is in: what the reader asked for, else one of the network's, else what there is."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import Depends, Header, Query, Response

NETWORK = ("en", "de")
"""The languages of the network, in this order the fallback for everybody."""


class Languages:
    """A reader's languages, the most wanted first."""

    def __init__(self, wanted: Sequence[str]) -> None:
        self._wanted = [*wanted, *NETWORK]

    def choose(self, available: Mapping[str, object] | Sequence[str]) -> str:
        """The best of ``available``, of which there is at least one: ``de-AT`` is content with ``de``, ``de`` with
        ``de-AT``; who finds nothing gets the first."""
        offered = list(available)
        for tag in self._wanted:
            base = tag.split("-")[0]
            for fits in (tag, base):
                if fits in offered:
                    return fits
            for candidate in offered:
                if candidate.split("-")[0] == base:
                    return candidate
        return offered[0]

    def text(self, texts: Mapping[str, str]) -> str:
        """The text of ``texts`` in the chosen language."""
        return texts[self.choose(texts)]


def accepted(header: str) -> list[str]:
    """The tags of an Accept-Language header (RFC 9110) by weight, then by place; what is malformed is passed over."""
    found: list[tuple[float, str]] = []
    for part in header.split(",")[:40]:
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight.strip() else 1.0
        except ValueError:
            continue
        if tag.strip() not in ("", "*") and 0 < quality <= 1:
            found.append((-quality, tag.strip().lower()))
    return [tag for _, tag in sorted(found, key=lambda each: each[0])]


async def _languages(
    response: Response,
    language: Annotated[str | None, Query(description="Goes before Accept-Language.", max_length=20)] = None,
    accept_language: Annotated[str, Header(examples=["cs, de;q=0.7"])] = "",
) -> Languages:
    response.headers["Vary"] = "Accept-Language, Authorization"
    return Languages([*([language.lower()] if language else []), *accepted(accept_language)])


LanguagesDep = Annotated[Languages, Depends(_languages)]
