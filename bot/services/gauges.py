"""What the web process looks up when Prometheus asks: the queues in the database, and what the product stands on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot import version
from bot.services import health
from bot.services.health import Health
from bot.settings import Settings
from bot.store import migrate
from bot.store.engine import Database

Values = Iterable[tuple[tuple[str, ...], float | None]]
"""Values of labels with the value of the gauge; None: there is none now, and the gauge says nothing."""


def _queues(seen: Health) -> Values:
    if seen.backlog:
        for queue, states in (("inbox", seen.backlog.inbox), ("outbox", seen.backlog.outbox)):
            yield from (((queue, state), count) for state, count in states.items())


def _ages(seen: Health) -> Values:
    if seen.backlog:
        # 0 where nothing waits: a rule can then tell an empty queue from one that nobody can look at.
        yield ("inbox",), seen.backlog.inbox_age or 0.0
        yield ("outbox",), seen.backlog.outbox_age or 0.0
        yield ("lists",), seen.backlog.lists_age or 0.0
        yield ("handoffs",), seen.backlog.handoff_age or 0.0


def _leases(seen: Health) -> Values:
    return [((name,), float(held is not None)) for name, held in seen.backlog.leases.items()] if seen.backlog else []


def _one(of: Callable[[Health], Any]) -> Callable[[Health], Values]:
    return lambda seen: [((), value)] if (value := of(seen)) is not None else []


GAUGES: dict[str, tuple[str, tuple[str, ...], Callable[[Health], Values]]] = {
    "tadamon_database_up": ("Whether the database answers.", (), _one(lambda seen: float(seen.standing.database == "ok"))),
    "tadamon_schema_current": (
        "Whether the database has the schema of this version.",
        (),
        _one(lambda seen: float(seen.standing.migrations == migrate.CURRENT)),
    ),
    "tadamon_rasa_up": ("Whether Rasa answers and has a model.", (), _one(lambda seen: float(seen.rasa.answers))),
    "tadamon_rasa_whole": ("Whether every Rasa server answers, with one model.", (), _one(lambda seen: float(seen.rasa.state == "ok"))),
    "tadamon_queue_messages": ("Rows of inbox and outbox by state.", ("queue", "state"), _queues),
    "tadamon_queue_age_seconds": ("For how long the oldest that waits has been due.", ("queue",), _ages),
    "tadamon_handoffs_waiting": (
        "Conversations in which a person is waited for.",
        (),
        _one(lambda seen: seen.backlog and seen.backlog.handoffs_waiting),
    ),
    "tadamon_applications_overdue": (
        "Applications unanswered for more than seven days.",
        (),
        _one(lambda seen: seen.backlog and seen.backlog.overdue_applications),
    ),
    "tadamon_lease_held": ("Whether somebody holds the lease.", ("lease",), _leases),
    "tadamon_tzdata_age_days": ("Days since the middle of the year of the time zone data.", (), _one(lambda seen: seen.zone.age_days)),
    "tadamon_tzdata_outdated": (
        "Whether PYTHONTZPATH keeps the product from newer time zone data.",
        (),
        _one(lambda seen: float(seen.zone.newer is not None)),
    ),
    "tadamon_disk_free_bytes": (
        "Room where the product writes.",
        ("folder",),
        lambda seen: [((name,), disk.free) for name, disk in seen.disks.items()],
    ),
    "tadamon_disk_total_bytes": (
        "Size of the disk where the product writes.",
        ("folder",),
        lambda seen: [((name,), disk.total) for name, disk in seen.disks.items()],
    ),
    "tadamon_version_info": (
        "1, with what runs here.",
        ("version", "commit", "schema", "model"),
        lambda seen: [
            ((version.version(), version.commit() or "", seen.standing.at or "", seen.model.sha[:12] if seen.model else ""), 1.0),
        ],
    ),
}
"""Each gauge: what it tells, its labels, its values."""


class Gauges(Collector):
    """Looks anew each time that it is asked, in the thread that answers; two seconds where Rasa is away."""

    def __init__(self, database: Database, found: Settings) -> None:
        self._database = database
        self._found = found

    def collect(self) -> Iterator[Metric]:
        seen = health.look(self._database, self._found)
        for name, (told, labels, values) in GAUGES.items():
            family = GaugeMetricFamily(name, told, labels=labels)
            for labelled, value in values(seen):
                if value is not None:
                    family.add_metric(labelled, value)
            yield family
