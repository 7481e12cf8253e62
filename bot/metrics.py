"""`GET /metrics`: counts and ages for Prometheus, read when they are asked for; no word of an item, no name."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from bot.pulse import Pulse
from bot.web import Route, answer
from storage import questions, signs
from storage.outbox import BLOCKED, SENDING, SENT, WAITING
from storage.store import Store, StoreFault

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

HELP = {
    "lightkeeper_answers_total": "How often somebody was answered since this bot began.",
    "lightkeeper_register_up": "Whether the register answers: 1 or 0.",
    "lightkeeper_trouble": "Whether the last tick found a trouble of this kind: 1 while it lasts.",
    "lightkeeper_tick_age_seconds": "How long ago the ticker came round.",
    "lightkeeper_messages": "Outgoing messages in each state.",
    "lightkeeper_outbox_oldest_seconds": "How long the oldest message waits that is neither sent nor refused.",
    "lightkeeper_digest_due_timestamp_seconds": "When the last digest of this name that was sent was due.",
    "lightkeeper_digest_sent_timestamp_seconds": "When the last digest of this name that was sent was sent.",
    "lightkeeper_items": "Items in the register.",
}
STATES = (WAITING, SENDING, SENT, BLOCKED)


class Metrics:
    """What Prometheus collects: read anew each time."""

    def __init__(self, store: Store, pulse: Pulse) -> None:
        self.store, self.pulse = store, pulse

    def collect(self) -> Iterator[Any]:
        """This bot's own figures, and the register's while it answers."""
        from prometheus_client.core import CounterMetricFamily

        answers = CounterMetricFamily("lightkeeper_answers", HELP["lightkeeper_answers_total"])
        answers.add_metric([], self.pulse.answered)
        yield answers
        yield _gauge("lightkeeper_tick_age_seconds", self.pulse.late_seconds)
        yield _gauges("lightkeeper_trouble", "kind", dict.fromkeys(self.pulse.troubles(), 1))
        try:
            found = list(self._of_the_register(self.store.clock()))
        except StoreFault:
            found = []
        yield _gauge("lightkeeper_register_up", bool(found))
        yield from found

    def _of_the_register(self, now: datetime) -> Iterator[Any]:
        with self.store.read() as tx:
            states, oldest, sent = signs.by_state(tx), signs.oldest_waiting(tx), signs.last_digests(tx)
            yield _gauge("lightkeeper_items", questions.registered(tx))
        yield _gauges("lightkeeper_messages", "state", {state: states.get(state, 0) for state in STATES})
        age = max(0.0, (now - oldest).total_seconds()) if oldest else 0
        yield _gauge("lightkeeper_outbox_oldest_seconds", age)
        due = {digest.name: digest.due.timestamp() for digest in sent}
        yield _gauges("lightkeeper_digest_due_timestamp_seconds", "digest", due)
        went = {digest.name: digest.sent_at.timestamp() for digest in sent if digest.sent_at}
        yield _gauges("lightkeeper_digest_sent_timestamp_seconds", "digest", went)


def _gauge(name: str, value: float) -> Any:
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(name, HELP[name], value=float(value))


def _gauges(name: str, label: str, values: dict[str, float]) -> Any:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(name, HELP[name], labels=[label])
    for key, value in values.items():
        family.add_metric([key], float(value))
    return family


def metrics(store: Store, pulse: Pulse) -> Route:
    """GET /metrics, in Prometheus's text format, of a registry of our own."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Metrics(store, pulse))

    def app(_environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        words = generate_latest(registry).decode()
        return answer(start_response, HTTPStatus.OK, words, content_type=CONTENT_TYPE_LATEST)

    return Route("GET", app)
