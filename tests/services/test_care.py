"""The team: when somebody reads, who waits, what is written to them; on both databases."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.services import applications, care, organisations
from bot.store.engine import Database
from bot.store.models import Handoff, Message
from tests.worlds import AMINA, BRAHIM, NOW, OWNER, count, local, mission, organisation, small_world, volunteer


@pytest.mark.parametrize(
    ("at", "key", "on"),
    [
        (local(2026, 11, 24, 8, 0), "read_this_morning", date(2026, 11, 24)),
        (local(2026, 11, 24, 9, 0), "read_today", date(2026, 11, 24)),
        (local(2026, 11, 24, 14, 59), "read_today", date(2026, 11, 24)),
        (local(2026, 11, 24, 15, 0), "read_tomorrow", date(2026, 11, 25)),
        (local(2026, 11, 24, 23, 30), "read_tomorrow", date(2026, 11, 25)),
        (local(2026, 11, 27, 16, 0), "read_on_day", date(2026, 11, 30)),
        (local(2026, 11, 29, 12, 0), "read_tomorrow", date(2026, 11, 30)),
        (local(2026, 11, 5, 18, 0), "read_on_day", date(2026, 11, 9)),
        (local(2027, 1, 1, 10, 0), "read_on_day", date(2027, 1, 4)),
        (local(2027, 2, 10, 12, 59), "read_today", date(2027, 2, 10)),
        (local(2027, 2, 10, 13, 0), "read_tomorrow", date(2027, 2, 11)),
        # From 15 February to 22 March 2026 the clocks were back; Ramadan was shorter.
        (local(2026, 2, 16, 14, 59), "read_today", date(2026, 2, 16)),
        (local(2026, 3, 20, 14, 59), "read_today", date(2026, 3, 20)),
    ],
    ids=["early", "open", "in time", "too late", "night", "friday", "sunday", "holiday ahead", "holiday"]
    + ["ramadan", "ramadan, late", "days before ramadan", "ramadan is over"],
)
def test_when_somebody_reads(at: datetime, key: str, on: date) -> None:
    assert care.reading(at) == care.Reading(key, on)


@pytest.mark.parametrize(
    ("first", "after"),
    [(date(2025, 3, 1), date(2025, 3, 30)), (date(2026, 2, 18), date(2026, 3, 20)), (date(2027, 2, 8), date(2027, 3, 9))],
)
def test_ramadan_is_found_by_the_calendar_whatever_the_clocks_do(first: date, after: date) -> None:
    year = [date(first.year, 1, 1) + timedelta(days=number) for number in range(365)]
    assert [day for day in year if care.is_in_ramadan(day)] == [day for day in year if first <= day < after]


def test_a_person_is_waited_for_once_and_in_order(store: Database) -> None:
    with store.write() as session:
        first = care.hand_over(session, AMINA, "asked", NOW)
        second = care.hand_over(session, BRAHIM, "not_understood", NOW)
        again = care.hand_over(session, BRAHIM, "asked", NOW)
    assert [(one["outcome"], one["ahead"]) for one in (first, second, again)] == [("opened", 0), ("opened", 1), ("waiting", 1)]
    assert first["read"] == "read_today"
    assert count(store, Handoff) == 2


def test_once_closed_it_is_opened_anew(store: Database) -> None:
    with store.write() as session:
        care.hand_over(session, AMINA, "asked", NOW)
        care.hand_over(session, BRAHIM, "asked", NOW)
        first, _ = care.waiting(session)
        assert care.close_handoff(session, first.id, NOW)
        assert not care.close_handoff(session, first.id, NOW) and not care.close_handoff(session, 999, NOW)
        assert care.hand_over(session, BRAHIM, "asked", NOW)["ahead"] == 0
        assert care.hand_over(session, AMINA, "asked", NOW)["outcome"] == "opened"
        assert [row.chat_id for row in care.waiting(session)] == [BRAHIM, AMINA]


def test_one_that_was_taken_is_not_opened_twice(store: Database) -> None:
    with store.write() as session:
        care.hand_over(session, AMINA, "asked", NOW)
        session.execute(select(Handoff)).scalar_one().state = "taken"
        assert care.hand_over(session, AMINA, "asked", NOW)["outcome"] == "taken"


def test_words_are_kept_with_the_mission_they_are_about(store: Database) -> None:
    made = small_world(store)
    with store.write() as session:
        told = care.write_to_team(session, AMINA, "feedback", "très bien", made.mission_id, NOW + timedelta(hours=8))
        row = session.execute(select(Message)).scalar_one()
        assert (row.kind, row.words, row.mission_id, row.state, row.chat_id) == ("feedback", "très bien", made.mission_id, "open", AMINA)
    assert told == {"read": "read_tomorrow", "on": "2026-11-25"}


def test_nobody_speaks_of_a_mission_that_is_not_his_to_see(store: Database) -> None:
    with store.write() as session:
        owner = organisation(session)
        hidden = mission(session, owner, "Caché")
        hidden.state = "draft"
        session.flush()
        assert care.mission_of(session, AMINA, hidden.id, NOW) is None
        assert care.mission_of(session, AMINA, 999, NOW) is None
        assert care.mission_of(session, OWNER, hidden.id, NOW) is hidden
        care.write_to_team(session, AMINA, "report", "x", hidden.id, NOW)
        assert session.execute(select(Message)).scalar_one().mission_id is None


def test_a_mission_that_is_over_can_be_spoken_of_by_who_applied(store: Database) -> None:
    with store.write() as session:
        owner = organisation(session)
        over = mission(session, owner, "Passée")
        volunteer(session)
        applications.apply(session, AMINA, over.id, NOW)
        over.state = "finished"
        session.flush()
        assert care.mission_of(session, AMINA, over.id, NOW) is over
        assert care.mission_of(session, BRAHIM, over.id, NOW) is None
        assert organisations.speaks_for(session, OWNER, owner.id)
