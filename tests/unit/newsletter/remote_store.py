"""A store that outlives the processes that use it: it lives in the test, they reach it through a socket.

Frames are pickles, which is fine between a test and the processes it starts itself.
"""

import asyncio
import pickle
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.store.memory import MemoryStore
from shared.store.port import Document, Filter, Index, Order, StoreUnavailable, Write

_LENGTH = struct.Struct("!I")


async def serve_store(store: MemoryStore, path: Path) -> asyncio.Server:
    """Answers for ``store`` on a Unix socket."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                name, method, arguments, named = await _receive(reader)
                try:
                    answer = await getattr(store.collection(name), method)(*arguments, **named)
                except Exception as error:
                    answer = error
                _send(writer, answer)
        except (OSError, EOFError):
            writer.close()

    return await asyncio.start_unix_server(serve, path)


class RemoteStore:
    """The other end, in the process that will be killed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def collection(self, name: str) -> "RemoteCollection":
        return RemoteCollection(name, self)

    async def ensure_indexes(self, wanted: Mapping[str, Sequence[Index]]) -> None:
        """The test's store has none to make."""

    async def ping(self) -> None:
        """It is there as long as the test is."""

    async def close(self) -> None:
        if self._streams:
            self._streams[1].close()

    async def call(self, name: str, method: str, *arguments: Any, **named: Any) -> Any:
        """One operation over there."""
        async with self._lock:
            try:
                if self._streams is None:
                    self._streams = await asyncio.open_unix_connection(self._path)
                _send(self._streams[1], (name, method, arguments, named))
                answer = await _receive(self._streams[0])
            except (OSError, EOFError):
                self._streams = None
                raise StoreUnavailable("the store is away") from None
        if isinstance(answer, Exception):
            raise answer
        return answer


class RemoteCollection:
    """One collection over there."""

    def __init__(self, name: str, store: RemoteStore) -> None:
        self.name = name
        self._store = store

    async def get_many(self, ids: Sequence[str]) -> dict[str, Document]:
        found: dict[str, Document] = await self._store.call(self.name, "get_many", list(ids))
        return found

    async def find(
        self, where: Filter, *, sort: Order = (("_id", 1),), limit: int = 0, fields: Sequence[str] | None = None
    ) -> list[Document]:
        found: list[Document] = await self._store.call(self.name, "find", where, sort=sort, limit=limit, fields=fields)
        return found

    async def count(self, where: Filter) -> int:
        number: int = await self._store.call(self.name, "count", where)
        return number

    async def write(self, writes: Sequence[Write]) -> list[bool]:
        outcomes: list[bool] = await self._store.call(self.name, "write", list(writes))
        return outcomes

    async def drop(self) -> None:
        await self._store.call(self.name, "drop")


def _send(writer: asyncio.StreamWriter, thing: object) -> None:
    data = pickle.dumps(thing)
    writer.write(_LENGTH.pack(len(data)) + data)


async def _receive(reader: asyncio.StreamReader) -> Any:
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    return pickle.loads(await reader.readexactly(length))
