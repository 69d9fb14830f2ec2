"""Answers that are no JSON: for ``response_class=`` of a route, with ``response_model=None``."""

from fastapi import Response


class CsvResponse(Response):
    """A table with a header (RFC 4180), made by `shared.sheet`."""

    media_type = "text/csv; header=present"


class SvgResponse(Response):
    """A picture, made by `shared.svg`."""

    media_type = "image/svg+xml"
