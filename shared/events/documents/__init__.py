"""What is written about the events for those who read them: schemas, golden examples, AsyncAPI, an index.

Made by `python -m shared.events.generate`; each module turns the catalogue into one kind of document. The same
catalogue gives the same bytes.
"""

import json
from typing import Any


def json_text(document: Any) -> str:
    """The one way JSON is written into the documentation."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def short_name(event_type: str) -> str:
    """The name that files and schemas of a type share: ``directory.CenterClosed.v1``."""
    return event_type.removeprefix("org.mine.")
