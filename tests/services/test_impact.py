"""An organisation's month in words, once; a place as a file for calendars."""

from __future__ import annotations

import pytest

from bot.services import applications, appointments, commitments, impact
from bot.store.engine import Database
from bot.store.models import Person
from bot.texts import REGISTERS
from tests.worlds import AMINA, BRAHIM, NOW, OWNER, local, outbox_rows, person_id, small_world


@pytest.mark.parametrize("register", REGISTERS)
def test_the_month_is_told_once_and_only_where_there_was_one(store: Database, register: str) -> None:
    world = small_world(store)
    with store.write() as session:
        session.get(Person, person_id(session, OWNER)).register = register
        applications.apply(session, AMINA, world.mission_id, NOW)
        applications.answer(session, OWNER, applications.of_person(session, AMINA)[0][0].id, True, NOW)
        commitments.report(session, AMINA, world.mission_id, local(2026, 11, 28).date(), 120, local(2026, 11, 28, 18))
    at = local(2026, 12, 1, 10)
    assert impact.is_time(at) and not impact.is_time(local(2026, 12, 1, 9)) and not impact.is_time(local(2026, 12, 8, 10))
    for queued in (1, 0):
        with store.write() as session:
            assert impact.tell(session, at) == queued
    [row] = [row for row in outbox_rows(store, OWNER) if row.origin.startswith("impact:2026-11:")]
    assert "Jossour" in row.body["text"] and row.body["text"].count("\n") >= 5 and not row.solicited
    with store.write() as session:
        assert impact.tell(session, local(2027, 1, 2, 10)) == 0, "nothing happened in December"


def test_only_who_has_a_place_gets_the_file(store: Database) -> None:
    world = small_world(store)
    with store.write() as session:
        assert appointments.send(session, AMINA, world.mission_id, "calendar:1", NOW) == {"outcome": "unknown"}
        applications.apply(session, AMINA, world.mission_id, NOW)
        applications.answer(session, OWNER, applications.of_person(session, AMINA)[0][0].id, True, NOW)
        assert appointments.send(session, BRAHIM, world.mission_id, "calendar:2", NOW) == {"outcome": "unknown"}
        assert appointments.send(session, AMINA, world.mission_id, "calendar:3", NOW)["outcome"] == "sent"
    [file] = [row for row in outbox_rows(store, AMINA) if row.method == "document"]
    assert file.body["file_name"].endswith(".ics") and "BEGIN:VEVENT" in file.body["content"]
