"""Centers as features of a map (RFC 7946): longitude first, and no geometry where a center does not show its place."""

from typing import Any

import orjson

from services.directory.exports.entry import Entry

MEDIA_TYPE = "application/geo+json"
BEGINNING, END = '{"type":"FeatureCollection","features":[\n', "\n]}\n"


def feature(entry: Entry) -> str:
    """A center as a feature, in JSON. ``point_is`` says whether the point is the door or the middle of the town."""
    view = entry.view
    told: dict[str, Any] = {
        "type": "Feature",
        "id": entry.id,
        "geometry": {"type": "Point", "coordinates": entry.point[::-1]} if entry.point else None,
        "properties": {
            "name": view.name,
            "kind": view.kind,
            "status": view.status,
            "check": view.check,
            "country": view.place.country,
            "town": view.place.town,
            "point_is": entry.point_is,
            "languages": view.languages,
            "services": [offer.service for offer in entry.services],
            "website": entry.website,
        },
    }
    return orjson.dumps(told).decode()
