"""What doctor reports of a database: rows by state, duplicates, the age of what waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy
from sqlalchemy import update

from bot import clock
from bot.messages import inbox, outbox
from bot.messages.outbox import DIGEST, REPLY, Draft
from bot.services import applications, digests, subscriptions
from bot.services.condition import examine
from bot.store.engine import Database
from bot.store.models import OutboxMessage
from tests.worlds import AMINA, BRAHIM, NOW, OTHER_OWNER, OWNER, local, organisation, small_world, volunteer


def report(store: Database) -> dict[str, object]:
    with store.read() as session:
        return examine(session)


def test_an_empty_database_has_nothing_to_report(store: Database) -> None:
    assert report(store) == {
        "rows": {
            "organisations": {},
            "missions": {},
            "applications": {},
            "inbox": {},
            "outbox": {},
            "digests": {},
            "shards": {},
            "proposals": {},
            "help_requests": {},
            "handoffs": {},
        },
        "people": 0,
        "volunteers": 0,
        "subscriptions": 0,
        "open_applications": 0,
        "duplicates": {"applications": 0, "digests": 0, "outbox": 0},
        "last_digest_run": None,
        "outbox_age_seconds": None,
    }


def test_rows_are_counted_by_state(store: Database) -> None:
    world = small_world(store)
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
        organisation(session, OTHER_OWNER, "Autre", validated=False).state = "pending"
        for chat_id in (AMINA, BRAHIM):
            applications.apply(session, chat_id, world.mission_id, NOW)
        applications.answer(session, OWNER, applications.of_person(session, AMINA)[0][0].id, True, NOW)
        subscriptions.end(session, BRAHIM, None, NOW)
        inbox.store(session, [(1, AMINA, {}), (2, BRAHIM, {})], NOW)
        inbox.finish(session, 1, "done")
    digests.run(store, local(2026, 12, 1, 10))
    found = report(store)
    assert found["rows"] == {
        "organisations": {"validated": 1, "pending": 1},
        "missions": {"published": 1},
        "applications": {"accepted": 1, "pending": 1},
        "inbox": {"done": 1, "waiting": 1},
        # Two cards for Karim, an answer for Amina, her list, and a word to Karim that nobody fits.
        "outbox": {"queued": 5},
        "digests": {"queued": 1, "empty": 2},
        "shards": {"done": 1},
        "proposals": {},
        "help_requests": {},
        "handoffs": {},
    }
    assert (found["people"], found["volunteers"], found["subscriptions"], found["open_applications"]) == (4, 2, 3, 1)


@pytest.mark.parametrize(("state", "waits"), [("queued", True), ("sent", False), ("failed", False)])
def test_the_age_is_that_of_the_oldest_message_that_waits(store: Database, state: str, waits: bool) -> None:
    with store.write() as session:
        outbox.queue(session, 1, DIGEST, "digest:1", [Draft("a")], clock.now() - timedelta(hours=2))
        outbox.queue(session, 2, REPLY, "update:1", [Draft("b")], clock.now() - timedelta(hours=1))
        session.execute(update(OutboxMessage).where(OutboxMessage.kind == DIGEST).values(state=state))
    age = report(store)["outbox_age_seconds"]
    assert isinstance(age, float)
    assert abs(age - (7200 if waits else 3600)) < 60


def test_duplicates_show_where_the_database_did_not_keep_them_out(database: Database) -> None:
    """As in a database restored without its constraints."""
    with database.write() as session:
        outbox.queue(session, 1, REPLY, "update:1", [Draft("a"), Draft("b")], NOW)
    with database.engine.execution_options(tadamon_write=True).begin() as connection:
        columns = "chat_id, origin, position, kind, solicited, method, body, state, attempts, created_at"
        connection.exec_driver_sql("ALTER TABLE outbox RENAME TO kept")
        connection.exec_driver_sql(f"CREATE TABLE outbox AS SELECT * FROM kept WHERE {sqlalchemy.true()}")
        connection.exec_driver_sql(f"INSERT INTO outbox (id, {columns}) SELECT id + 10, {columns} FROM kept WHERE position = 0")
    assert report(database)["duplicates"] == {"applications": 0, "digests": 0, "outbox": 1}
