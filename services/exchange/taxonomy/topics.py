"""The topics of exchange: codes and their names, from the versioned list beside this module."""

import json
from functools import cache
from importlib.resources import files

VERSION = 1


@cache
def topics() -> dict[str, dict[str, str]]:
    """Code → name by language, in the order of the list."""
    text = files(__package__).joinpath(f"topics.v{VERSION}.json").read_text(encoding="utf-8")
    return {topic["code"]: topic["name"] for topic in json.loads(text)["topics"]}
