"""How the product stands, put together for whoever watches over it: the health page, the metrics, ``doctor``. Blocks for up to seconds."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from bot import clock, version
from bot.services import backlog, readiness, surroundings
from bot.services.backlog import Backlog
from bot.services.readiness import Standing
from bot.services.surroundings import Disk, ModelFile, Rasa, ZoneData
from bot.settings import NO_MODEL, Settings
from bot.store import migrate
from bot.store.engine import DATABASE_GONE, Database

LATE_SECONDS, LATE_LISTS_SECONDS = 300.0, 7200.0
"""An answer that waits so long is late: people are gone. Lists may take an hour of a night."""


@dataclass(frozen=True)
class Health:
    """One look at everything."""

    standing: Standing
    backlog: Backlog | None
    """None: the database cannot be asked."""
    model: ModelFile | None
    has_own_rasa: bool
    rasa: Rasa
    zone: ZoneData
    disks: dict[str, Disk]

    @property
    def status(self) -> str:
        """unavailable: pages cannot be shown. degraded: they can, and something else needs a look. ok: all is well.

        Without Rasa the bot answers nobody for now, and nothing is lost: that takes no page away, so it is told and no more.
        """
        if not self.standing.is_ready:
            return "unavailable"
        return "degraded" if self.warnings else "ok"

    @property
    def warnings(self) -> list[str]:
        """What needs a look, one line each; nothing in them is a setting's value or anybody's."""
        found = [*_of_rasa(self), *of_zone(self.zone), *_of_disks(self.disks)]
        return [*found, *_of_backlog(self.backlog)] if self.backlog else found


def look(database: Database, found: Settings) -> Health:
    """Ask everything once. Never raises for what is away."""
    standing = readiness.look(database)
    waiting = None
    if standing.is_ready:
        try:
            with database.read() as session:
                waiting = backlog.look(session, found.quiet_hours)
        except DATABASE_GONE:
            standing = Standing(readiness.UNREACHABLE)
    return Health(
        standing,
        waiting,
        surroundings.model_file(),
        surroundings.has_own_rasa(found),
        surroundings.rasa(found),
        surroundings.zone_data(),
        surroundings.disks(found),
    )


def _of_rasa(health: Health) -> Iterator[str]:
    if not health.rasa.answers:
        yield f"Rasa: {health.rasa.state}; messages wait, pages are shown"
    elif health.rasa.state != "ok":
        yield f"Rasa: {health.rasa.state}"
    elif health.has_own_rasa and health.model and health.model.model_id not in (None, health.rasa.model_id):
        yield "Rasa runs another model than the file on the disk"
    if health.has_own_rasa and health.model is None:
        yield NO_MODEL


def of_zone(zone: ZoneData) -> Iterator[str]:
    """What is wrong with the time zone data, in one line; nothing: all is well."""
    if zone.newer:
        yield (
            f"PYTHONTZPATH keeps legal time to older time zone data ({zone.release or 'release unknown'})"
            f" than those of the package tzdata ({zone.newer}): unset it"
        )
    elif zone.is_old:
        yield f"the time zone data ({zone.release or 'release unknown'}) are older than a year: Morocco's hours change by decree"


def _of_disks(disks: dict[str, Disk]) -> Iterator[str]:
    for name, disk in disks.items():
        if disk.free < surroundings.LOW_BYTES:
            fullness = "full" if disk.free < surroundings.FULL_BYTES else "nearly full"
            yield f"the disk of {name} is {fullness}: {disk.free // 1024**2} MiB free"


def _of_backlog(waiting: Backlog) -> Iterator[str]:
    for what, age, late in (
        ("update", waiting.inbox_age, LATE_SECONDS),
        ("answer or notice", waiting.outbox_age, LATE_SECONDS),
        ("list", waiting.lists_age, LATE_LISTS_SECONDS),
    ):
        if age is not None and age > late:
            yield f"the oldest {what} is due for {age:.0f} s"
    for name, held in waiting.leases.items():
        if held is None:
            yield f"nobody holds the lease of the {name}: is a worker running?"


def shown_to_public(standing: Standing) -> dict[str, Any]:
    """The health page for everybody: whether database and schema are there."""
    return {"status": "ok" if standing.is_ready else "unavailable", **_told(standing)}


def shown(health: Health) -> dict[str, Any]:
    """The health page for who watches over the product."""
    return {"status": health.status, **_told(health.standing), **_details(health), "warnings": health.warnings}


def _told(standing: Standing) -> dict[str, str]:
    database = standing.database if standing.database == readiness.OK else readiness.UNREACHABLE
    return {"database": database, **({"migrations": standing.migrations} if standing.migrations else {})}


def _details(health: Health) -> dict[str, Any]:
    waiting = health.backlog
    return {
        "schema": {"at": health.standing.at, "wanted": migrate.newest_revision()},
        "model": {"file_sha": health.model.sha if health.model else None, "rasa": health.rasa.state, "rasa_model_id": health.rasa.model_id},
        "inbox_age_seconds": waiting.inbox_age if waiting else None,
        "outbox_age_seconds": waiting.outbox_age if waiting else None,
        "lists_age_seconds": waiting.lists_age if waiting else None,
        "leases": {name: _lease(held) for name, held in waiting.leases.items()} if waiting else {},
        "tzdata": asdict(health.zone),
        "disk_free_bytes": {name: disk.free for name, disk in health.disks.items()},
    }


def _lease(held: backlog.Held | None) -> dict[str, Any] | None:
    if held is None:
        return None
    return {"holder": held.holder, "until": held.until.isoformat(), "renewed_seconds_ago": round(held.renewed_seconds_ago, 1)}


def versions(database: Database, found: Settings) -> dict[str, Any]:
    """What runs here: the product, its commit, Python, the schema, the model on the disk and in Rasa. None: not known, or not there."""
    model, running = surroundings.model_file(), surroundings.rasa(found)
    return {
        "version": version.version(),
        "commit": version.commit(),
        "python": platform.python_version(),
        "schema": readiness.look(database).at,
        "model_sha": model.sha if model else None,
        "rasa_model_id": running.model_id,
        "tzdata": clock.zone_source()[0],
    }
