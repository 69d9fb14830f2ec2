"""Creates the topics of the catalogue that are missing, and ends: ``python -m deploy.docker.topics``.

Waits for the broker named by ``MINE_KAFKA`` for a minute. Exit code 1 with one line when it does not answer or refuses.
"""

import asyncio
import logging
import os
import sys

from shared.events.catalogue import topics
from shared.messaging.log import LogUnavailable
from shared.messaging.topics import create_topics, until_broker_answers

_BROKER_WITHIN_S = 60.0


async def create_when_possible(bootstrap: str) -> list[str]:
    """The names of the topics that were missing. Raises `LogUnavailable`."""
    await until_broker_answers(bootstrap, _BROKER_WITHIN_S)
    return await create_topics(bootstrap, topics())


def main() -> None:
    """The command line."""
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    try:
        created = asyncio.run(create_when_possible(os.environ["MINE_KAFKA"]))
    except LogUnavailable as error:
        sys.exit(f"cannot create the topics: {error}")
    print(f"{len(created)} topics created, {len(topics()) - len(created)} were there")


if __name__ == "__main__":
    main()
