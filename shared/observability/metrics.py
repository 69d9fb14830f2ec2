"""A service's numbers, for Prometheus. One registry per runtime, because several services may share a process."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_COMMAND_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The numbers every service keeps; a service adds its own to ``registry``. All names begin with ``mine_``."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.command_seconds = Histogram(
            "mine_command_seconds",
            "Time from a command to its receipt or refusal.",
            ["aggregate", "outcome"],
            buckets=_COMMAND_SECONDS,
            registry=self.registry,
        )
        self.commands_in_flight = self._gauge("mine_commands_in_flight", "Commands being carried out.")
        self.conflicts = self._counter("mine_conflicts", "Writes that lost a race and were tried again.", "aggregate")
        self.outbox_depth = self._gauge("mine_outbox_events", "Events committed and not yet settled.")
        self.outbox_age = self._gauge("mine_outbox_oldest_seconds", "Age of the oldest event not yet published.")
        self.published = self._counter("mine_events_published", "Events the broker acknowledged.", "topic")
        self.publish_failures = self._counter("mine_publish_failures", "Attempts to publish that failed.")
        self.handled = self._counter("mine_events_handled", "Events whose reactions are written.", "topic")
        self.lag = self._gauge("mine_consumer_lag", "Records behind the end of a partition.", "topic", "partition")
        self.in_flight_records = self._gauge("mine_records_in_flight", "Records whose reactions are under way.")
        self.retries = self._counter("mine_reaction_retries", "Reactions tried again.", "reason")
        self.dead_letters = self._counter("mine_dead_letters", "Records put aside.", "topic")
        self.unknown_types = self._counter("mine_unknown_types", "Events skipped: of a type not known here.", "type")
        self.gaps = self._counter("mine_sequence_gaps", "Gaps noticed in an aggregate's sequence.")
        self.erasures_overdue = self._counter("mine_erasures_overdue", "Alarms: a service has not answered an erasure.")
        self.mails = self._counter("mine_mails", "Mails by outcome.", "outcome")

    @contextmanager
    def command(self, aggregate: str) -> Iterator[None]:
        """Times a command; its outcome is "done" or the name of the exception that left it."""
        started = perf_counter()
        outcome = "done"
        with self.commands_in_flight.track_inprogress():
            try:
                yield
            except BaseException as error:
                outcome = type(error).__name__
                raise
            finally:
                self.command_seconds.labels(aggregate, outcome).observe(perf_counter() - started)

    def exposition(self) -> bytes:
        """All numbers in Prometheus' text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(name, about, labels, registry=self.registry)

    def _gauge(self, name: str, about: str, *labels: str) -> Gauge:
        return Gauge(name, about, labels, registry=self.registry)
