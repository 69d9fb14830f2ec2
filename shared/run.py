"""Runs one service: ``python -m shared.run services.directory``. HTTP, relay, consumer and timers on one loop."""

import asyncio
import importlib
import sys

import structlog
import uvicorn
import uvloop

from shared.clock import Clock, FileClock, SystemClock
from shared.http.app import create_app
from shared.messaging.kafka import KafkaHost, KafkaLog
from shared.observability.logging import configure_logging
from shared.service import Runtime, Service
from shared.settings import Settings
from shared.store.mongo import MongoStore

_log = structlog.get_logger(__name__)


async def serve(service: Service, settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT. Requests are answered at once; what is not ready says 503 and why."""
    clock: Clock = FileClock(settings.clock_file) if settings.clock_file else SystemClock()
    store = MongoStore.connect(settings.mongo_uri, settings.database or service.name, driver=settings.driver)
    log = KafkaLog(settings.kafka, f"{service.name}-{settings.replica}")
    runtime = Runtime(service, settings, store, log, clock)
    host = KafkaHost(
        service.name,
        settings.replica,
        settings.kafka,
        runtime.consumer.topics,
        runtime.consumer.handle,
        runtime.metrics,
    )
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(runtime),
            host=settings.http_host,
            port=settings.http_port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # whom to believe about the client's address is decided in shared.security
            timeout_graceful_shutdown=5,
        )
    )
    starting = asyncio.create_task(_start(runtime, log, host, server))
    try:
        await server.serve()
    finally:
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await runtime.stop()
        await log.stop()


async def _start(runtime: Runtime, log: KafkaLog, host: KafkaHost, server: uvicorn.Server) -> None:
    """Waits for the engines and starts what runs beside HTTP; a failure that waiting does not cure ends the process."""
    try:
        await log.start()
        await runtime.start(host)
        _log.info("service started", service=runtime.service.name, port=runtime.settings.http_port)
    except Exception:
        _log.exception("service could not start")
        server.should_exit = True


def main() -> None:
    """``python -m shared.run PACKAGE`` with the environment of `shared.settings`."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m shared.run services.NAME")
    service: Service = importlib.import_module(f"{sys.argv[1]}.service").SERVICE
    settings = service.settings()
    configure_logging(service.name, settings.log_level)
    uvloop.run(serve(service, settings))


if __name__ == "__main__":
    main()
