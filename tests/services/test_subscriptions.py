"""When lists are due and who receives them: rhythm, stopping, blocking; and ten o'clock whatever the clock does."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.clock import CASABLANCA
from bot.services import subscriptions
from bot.services.subscriptions import FREQUENCIES, next_due
from bot.store.engine import Database
from bot.store.models import Person, Subscription
from tests.worlds import AMINA, BRAHIM, NOW, OWNER, local, small_world, utc, volunteer

LATER = NOW + timedelta(days=2)


@pytest.mark.parametrize(
    ("frequency", "after", "due"),
    [
        ("daily", local(2026, 11, 24, 10), utc(2026, 11, 25, 10)),
        ("weekly", local(2026, 11, 24, 10), utc(2026, 12, 1, 10)),
        ("monthly", local(2026, 11, 24, 10), utc(2026, 12, 22, 10)),
        ("daily", local(2026, 11, 24, 23, 59), utc(2026, 11, 25, 10)),
        # Half past midnight in Casablanca was still the day before by UTC.
        ("daily", utc(2026, 7, 24, 23, 30), utc(2026, 7, 26, 9)),
        # On 15 February 2026 at three it was two again: UTC until 22 March at two.
        ("daily", local(2026, 2, 13, 10), utc(2026, 2, 14, 9)),
        ("daily", local(2026, 2, 14, 10), utc(2026, 2, 15, 10)),
        ("daily", utc(2026, 2, 15, 1, 30), utc(2026, 2, 16, 10)),
        ("weekly", local(2026, 2, 11, 10), utc(2026, 2, 18, 10)),
        ("monthly", local(2026, 2, 11, 10), utc(2026, 3, 11, 10)),
        ("daily", local(2026, 3, 21, 10), utc(2026, 3, 22, 9)),
        ("weekly", local(2026, 3, 21, 10), utc(2026, 3, 28, 9)),
        ("monthly", local(2026, 2, 28, 10), utc(2026, 3, 28, 9)),
        # On 20 September at two it was one again, for good.
        ("daily", local(2026, 9, 18, 10), utc(2026, 9, 19, 9)),
        ("daily", local(2026, 9, 19, 10), utc(2026, 9, 20, 10)),
        ("daily", utc(2026, 9, 20, 0, 30), utc(2026, 9, 21, 10)),
        ("weekly", local(2026, 9, 16, 10), utc(2026, 9, 23, 10)),
        ("monthly", local(2026, 9, 16, 10), utc(2026, 10, 14, 10)),
        ("daily", local(2027, 2, 10, 10), utc(2027, 2, 11, 10)),
    ],
)
def test_the_next_list_is_due_at_ten_by_legal_time(frequency: str, after: datetime, due: datetime) -> None:
    assert next_due(frequency, after) == due


@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)), st.sampled_from(sorted(FREQUENCIES)))
def test_the_next_list_is_always_later_at_ten_and_so_many_days_away(moment: datetime, frequency: str) -> None:
    after = moment.replace(tzinfo=CASABLANCA)
    due = next_due(frequency, after)
    assert due > after.astimezone(timezone.utc)
    assert (due.astimezone(CASABLANCA).date() - after.date()).days == FREQUENCIES[frequency]
    assert due.astimezone(CASABLANCA).hour == 10


def rows_of(database: Database, chat_id: int) -> list[Subscription]:
    with database.read() as session:
        query = select(Subscription).join(Person).where(Person.chat_id == chat_id).order_by(Subscription.id)
        return list(session.execute(query).scalars())


@pytest.fixture
def both_ways(database: Database) -> Database:
    """Karim speaks for an organisation and is a volunteer too; Amina is a volunteer."""
    small_world(database)
    with database.write() as session:
        volunteer(session, OWNER, "Karim")
    return database


@pytest.mark.parametrize("frequency", sorted(FREQUENCIES))
def test_a_new_rhythm_holds_for_all_lists_of_a_person_and_for_nobody_else(both_ways: Database, frequency: str) -> None:
    with both_ways.write() as session:
        assert subscriptions.change_rhythm(session, OWNER, frequency, LATER) == 2
    rows = rows_of(both_ways, OWNER)
    assert {row.audience for row in rows} == {"volunteer", f"organisation:{rows[0].organisation_id}"}
    assert {(row.frequency, row.next_due_at) for row in rows} == {(frequency, next_due(frequency, LATER))}
    assert [row.next_due_at for row in rows_of(both_ways, AMINA)] == [next_due("weekly", NOW)]


def test_stopping_ends_all_lists_at_once_and_a_second_time_none(both_ways: Database) -> None:
    with both_ways.write() as session:
        assert subscriptions.end(session, OWNER, None, LATER) == 2
        assert subscriptions.end(session, OWNER, None, LATER + timedelta(days=1)) == 0
        subscriptions.give_reason(session, OWNER, "too_many")
    assert {(row.ended_at, row.ended_reason) for row in rows_of(both_ways, OWNER)} == {(LATER, "too_many")}
    assert {row.ended_at for row in rows_of(both_ways, AMINA)} == {None}


def test_a_reason_is_kept_of_lists_that_ended_alone(both_ways: Database) -> None:
    with both_ways.write() as session:
        subscriptions.give_reason(session, OWNER, "too_many")
    assert {row.ended_reason for row in rows_of(both_ways, OWNER)} == {None}


def test_choosing_a_rhythm_starts_stopped_lists_again(both_ways: Database) -> None:
    with both_ways.write() as session:
        subscriptions.end(session, AMINA, "too_many", NOW)
        subscriptions.change_rhythm(session, AMINA, "monthly", LATER)
    [row] = rows_of(both_ways, AMINA)
    assert (row.frequency, row.ended_at, row.ended_reason) == ("monthly", None, None)


def test_of_a_stranger_there_is_nothing_to_change(both_ways: Database) -> None:
    with both_ways.write() as session:
        assert subscriptions.change_rhythm(session, BRAHIM, "daily", NOW) == 0
        assert subscriptions.end(session, BRAHIM, None, NOW) == 0
        subscriptions.block(session, BRAHIM, NOW)
        subscriptions.unblock(session, BRAHIM, NOW)


def test_blocking_ends_the_lists_and_unblocking_starts_those_again(both_ways: Database) -> None:
    with both_ways.write() as session:
        subscriptions.change_rhythm(session, AMINA, "daily", NOW)
        subscriptions.block(session, AMINA, LATER)
    [row] = rows_of(both_ways, AMINA)
    assert (row.ended_at, row.ended_reason) == (LATER, "blocked")
    with both_ways.write() as session:
        subscriptions.unblock(session, AMINA, LATER + timedelta(days=30))
    [row] = rows_of(both_ways, AMINA)
    assert (row.frequency, row.ended_at) == ("daily", None)
    assert row.next_due_at == next_due("daily", LATER + timedelta(days=30))


def test_lists_that_the_person_stopped_stay_stopped_through_a_block(both_ways: Database) -> None:
    with both_ways.write() as session:
        subscriptions.end(session, AMINA, "no_time", NOW)
        subscriptions.block(session, AMINA, LATER)
        subscriptions.unblock(session, AMINA, LATER)
    [row] = rows_of(both_ways, AMINA)
    assert (row.ended_at, row.ended_reason) == (NOW, "no_time")


def test_subscribing_again_makes_no_second_list(both_ways: Database) -> None:
    with both_ways.write() as session:
        person = session.execute(select(Person.id).where(Person.chat_id == AMINA)).scalar_one()
        subscriptions.subscribe(session, person, None, "daily", NOW)
    assert [row.frequency for row in rows_of(both_ways, AMINA)] == ["daily"]
