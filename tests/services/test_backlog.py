"""What waits, since when it is due, and who holds the leases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot import clock
from bot.messages import inbox, leases, outbox
from bot.messages.outbox import DIGEST, NOTICE, REPLY, Draft
from bot.services import applications, backlog, care
from bot.services.backlog import Backlog
from bot.store.engine import Database
from bot.store.models import OutboxMessage
from tests.worlds import AMINA, BRAHIM, small_world, volunteer

NOON = clock.parse_instant("2026-11-24T12:00:00")


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    monkeypatch.setattr(clock, "real_now", lambda: NOON)


def look(store: Database, quiet_hours: tuple[int, int] | None = (20, 9)) -> Backlog:
    with store.read() as session:
        return backlog.look(session, quiet_hours)


def test_nothing_waits_in_an_empty_database(store: Database) -> None:
    assert look(store) == Backlog({}, None, {}, None, None, 0, None, 0, {"scheduler": None, "sender": None})


def test_updates_wait_until_they_are_answered(store: Database) -> None:
    with store.write() as session:
        inbox.store(session, [(1, AMINA, {})], NOON - timedelta(minutes=9))
        inbox.store(session, [(2, AMINA, {}), (3, BRAHIM, {})], NOON - timedelta(minutes=5))
        inbox.finish(session, 1, "done")
    found = look(store)
    assert (found.inbox, found.inbox_age) == ({"done": 1, "waiting": 2}, 300)


def test_a_message_is_as_old_as_it_has_been_due(store: Database) -> None:
    with store.write() as session:
        outbox.queue(session, AMINA, REPLY, "update:1", [Draft("a")], NOON - timedelta(minutes=2))
    assert (look(store).outbox, look(store).outbox_age) == ({"queued": 1}, 120)
    with store.write() as session:
        session.execute(update(OutboxMessage).values(not_before=NOON + timedelta(seconds=30)))
    assert look(store).outbox_age is None, "Telegram said to wait"


@pytest.mark.parametrize(
    ("quiet_hours", "age"),
    [((20, 9), 3 * 3600), (None, 16 * 3600), ((11, 13), None), ((22, 12), 0)],
)
def test_quiet_hours_make_no_message_late(store: Database, quiet_hours: tuple[int, int] | None, age: float | None) -> None:
    with store.write() as session:
        outbox.queue(session, AMINA, NOTICE, "n:1", [Draft("a", solicited=False)], NOON - timedelta(hours=16))
    assert look(store, quiet_hours).outbox_age == age


def test_what_was_asked_for_is_late_in_quiet_hours_too(store: Database) -> None:
    with store.write() as session:
        outbox.queue(session, AMINA, DIGEST, "digest:1", [Draft("a", solicited=False)], NOON - timedelta(hours=5))
        outbox.queue(session, BRAHIM, REPLY, "update:1", [Draft("a")], NOON - timedelta(minutes=1))
    quiet, awake = look(store, (11, 13)), look(store, (20, 9))
    assert (quiet.outbox_age, quiet.lists_age) == (60, None)
    assert (awake.outbox_age, awake.lists_age) == (60, 3 * 3600), "since nine"


def test_who_waits_for_a_person_is_counted(store: Database) -> None:
    with store.write() as session:
        care.hand_over(session, AMINA, "report", NOON - timedelta(hours=1))
    assert (look(store).handoffs_waiting, look(store).handoff_age) == (1, 3600)


def test_applications_are_overdue_after_seven_days(store: Database) -> None:
    world = small_world(store)
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
        applications.apply(session, AMINA, world.mission_id, NOON - timedelta(days=7, minutes=1))
        applications.apply(session, BRAHIM, world.mission_id, NOON - timedelta(days=6))
    assert look(store).overdue_applications == 1


def test_a_lease_tells_its_holder_until_it_runs_out(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.write() as session:
        leases.acquire(session, "job:digests", "worker", 60)
    monkeypatch.setattr(clock, "real_now", lambda: NOON + timedelta(seconds=20))
    held = look(store).leases["scheduler"]
    assert held is not None
    assert (held.holder, held.until, held.renewed_seconds_ago) == ("worker", NOON + timedelta(seconds=60), 20)
    monkeypatch.setattr(clock, "real_now", lambda: NOON + timedelta(seconds=60))
    assert look(store).leases == {"scheduler": None, "sender": None}
