"""The log: one JSON object per line on standard output, also what libraries write.

No personal data: fields with telling names are masked, and so is whatever looks like a mail address.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_PERSONAL = frozenset({"address", "authorization", "email", "ip", "mail", "name", "password", "phone", "recipient"})
_PERSONAL |= {"secret", "to", "token"}
_MAIL_ADDRESS = re.compile(r"[^\s<>\"'@,;:()]+@[^\s<>\"'@,;:()]+")
_MASK = "[masked]"
_LIBRARIES = ("uvicorn", "uvicorn.error", "uvicorn.access", "faststream", "aiokafka", "asyncio")


def configure_logging(service: str, level: str = "INFO") -> None:
    """Sends all logging of this process to standard output, as JSON with ``service``, level, time and trace.

    Start uvicorn with ``log_config=None``, or it puts its own handlers back.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _with_service(service),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                mask_personal_data,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _LIBRARIES:
        library = logging.getLogger(name)
        library.handlers, library.propagate = [], True
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)  # shared.http writes one, without addresses


def mask_personal_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: masks personal fields at any depth, and mail addresses in any text."""
    return {key: _masked(key, value) for key, value in event.items()}


def _masked(key: str, value: Any) -> Any:
    if key.lower() in _PERSONAL:
        return _MASK
    if isinstance(value, str):
        return _MAIL_ADDRESS.sub(_MASK, value) if "@" in value else value
    if isinstance(value, Mapping):
        return {str(inner): _masked(str(inner), of_inner) for inner, of_inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked("", entry) for entry in value]
    return value if value is None or isinstance(value, bool | int | float) else _masked("", str(value))


def _with_service(service: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event.setdefault("service", service)
        return event

    return add
