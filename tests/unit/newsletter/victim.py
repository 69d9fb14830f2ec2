"""A process that sends what there is to send, until it is killed: ``python -m tests.unit.newsletter.victim STORE HOME
SMTP_PORT``. Prints a line when it is ready, and another one when there is nothing left to do.
"""

import asyncio
import logging
import sys
from pathlib import Path

import structlog

from services.newsletter.sending.loops import sender_of
from services.newsletter.service import SERVICE
from services.newsletter.settings import NewsletterSettings
from shared.clock import SystemClock
from shared.messaging.memory import MemoryLog
from shared.service import Runtime
from tests.unit.newsletter.machine import SECRET
from tests.unit.newsletter.remote_store import RemoteStore


async def main(store: Path, home: Path, smtp_port: int) -> None:
    settings = NewsletterSettings(
        secret=SECRET,
        home=home,
        smtp_port=smtp_port,
        connections=4,
        batch_size=500,
        window=100,
    )
    sender = sender_of(Runtime(SERVICE, settings, RemoteStore(store), MemoryLog(), SystemClock()).world)
    print("ready", flush=True)
    while await sender.run_once():
        assert sender.trouble is None, sender.trouble
    await sender.close()
    print("done", flush=True)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
