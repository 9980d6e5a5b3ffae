"""What ``doctor`` looks at, a line each: is it in order, does it need a look, or is it wrong. Blocks for seconds where all is away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from bot.services import condition, health, readiness, surroundings
from bot.services.readiness import Standing
from bot.settings import NO_MODEL, Settings
from bot.store import migrate
from bot.store.engine import Database

OK, LOOK, WRONG = "ok", "look", "wrong"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: str
    """ok; look: the product works, and somebody should see to it; wrong: it does not, or soon will not."""
    says: str
    """One line, without secrets, and nothing of anybody."""


def checks(open_database: Callable[[], Database], found: Settings) -> tuple[Standing, list[Check]]:
    """Everything, in the order in which it is best put right; and how the database stands.

    Args:
        open_database: may raise OSError, where a file cannot be made.
    """
    try:
        database = open_database()
        standing = readiness.look(database, writes=True)
    except OSError:
        return (standing := Standing(readiness.READ_ONLY)), [*_of_database(standing), *_of_model(found), *_of_machine(found)]
    made = [*_of_database(standing), *_of_model(found), *_of_machine(found)]
    if standing.database == readiness.OK:
        made.append(_of_clock(database))
    return standing, made


def _of_database(standing: Standing) -> Iterator[Check]:
    if standing.database != readiness.OK:
        yield Check("database", WRONG, standing.obstacle or "")
        return
    yield Check("database", OK, "there, and can be written")
    if standing.migrations == migrate.CURRENT:
        yield Check("schema", OK, f"that of this version, {standing.at}")
    else:
        yield Check("schema", WRONG, standing.obstacle or "")


def _of_model(found: Settings) -> Iterator[Check]:
    if surroundings.has_own_rasa(found):
        model = surroundings.model_file()
        yield Check("model", OK, f"there, {model.sha[:12]}") if model else Check("model", WRONG, NO_MODEL)
    rasa = surroundings.rasa(found)
    if rasa.state == "ok":
        yield Check("rasa", OK, "answers")
    else:
        yield Check("rasa", LOOK, rasa.state if rasa.answers else f"{rasa.state}: messages wait until it answers")


def _of_machine(found: Settings) -> Iterator[Check]:
    for name, disk in surroundings.disks(found).items():
        state = OK if disk.free >= surroundings.LOW_BYTES else LOOK if disk.free >= surroundings.FULL_BYTES else WRONG
        says = {OK: "has room", LOOK: "is nearly full", WRONG: "is full"}[state]
        yield Check(f"disk of {name}", state, f"{says}: {disk.free // 1024**2} of {disk.total // 1024**2} MiB free")
    zone = surroundings.zone_data()
    wrong = next(health.of_zone(zone), None)
    yield Check("tzdata", LOOK, wrong) if wrong else Check("tzdata", OK, f"{zone.release}, {zone.source}")


def _of_clock(database: Database) -> Check:
    try:
        skew = surroundings.clock_skew_seconds(database)
    except SQLAlchemyError:
        return Check("clock", LOOK, "the database went away while it was asked for the time")
    if skew is None:
        return Check("clock", OK, "the machine's own: there is no other to compare it with")
    if abs(skew) <= surroundings.MOST_SKEW_SECONDS:
        return Check("clock", OK, "the same as the database server's")
    return Check("clock", WRONG, f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the database server's: set both by NTP")


def of_contents(report: dict[str, Any]) -> Iterator[Check]:
    """What :func:`bot.services.condition.examine` found, judged."""
    doubled = {name: count for name, count in report["duplicates"].items() if count}
    yield Check("duplicates", WRONG, f"rows stand twice: {doubled}") if doubled else Check("duplicates", OK, "nothing stands twice")
    last_run = report["last_digest_run"] or {"shards": {}}
    # A shard that was given up is told here until the next run, and in the log.
    if failed := last_run["shards"].get("failed"):
        yield Check("digests", WRONG, f"{failed} shards of the last run were given up; the log says why")
    else:
        yield Check("digests", OK, "no shard of the last run was given up")


def examine(open_database: Callable[[], Database], found: Settings) -> dict[str, Any]:
    """The whole report of ``doctor``, fit for JSON. "healthy" where nothing is wrong."""
    standing, made = checks(open_database, found)
    report: dict[str, Any] = {"healthy": True, "migrations": {"at": standing.at, "wanted": migrate.newest_revision()}}
    if standing.is_ready:
        with open_database().read() as session:
            report.update(condition.examine(session))
        made += of_contents(report)
    report["healthy"] = all(check.state != WRONG for check in made)
    report["checks"] = [vars(check) for check in made]
    return report
