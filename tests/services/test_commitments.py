"""Taking an application back and saying that one took part: whose it is, when it counts, who hears of it; on both databases."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.matching.slots import slots_of
from bot.services import applications, commitments, recommendations, record
from bot.store.engine import Database
from bot.store.models import Application, Participation, Person
from tests.worlds import (
    AMINA,
    BRAHIM,
    NOW,
    OTHER_OWNER,
    OWNER,
    World,
    count,
    day,
    mission,
    organisation,
    outbox_rows,
    small_world,
    volunteer,
)

LATER = NOW + timedelta(days=5)
"""A Sunday: the Saturday of the mission was yesterday."""


@pytest.fixture
def world(store: Database) -> World:
    made = small_world(store)
    with store.write() as session:
        applications.apply(session, AMINA, made.mission_id, NOW)
    return made


def accept(store: Database, at: datetime = NOW) -> None:
    with store.write() as session:
        number = session.execute(select(Application.id)).scalar_one()
        assert applications.answer(session, OWNER, number, True, at)["outcome"] == "accepted"


def withdraw(store: Database, mission_id: int, chat_id: int = AMINA) -> dict[str, Any]:
    with store.write() as session:
        return commitments.withdraw(session, chat_id, mission_id, NOW)


def state(store: Database) -> tuple[str, str | None]:
    with store.read() as session:
        row = session.execute(select(Application)).scalar_one()
        return row.state, row.closed_reason


@pytest.mark.parametrize("accepted", [False, True])
def test_an_application_is_taken_back_and_the_organisation_hears_of_it(store: Database, world: World, accepted: bool) -> None:
    if accepted:
        accept(store)
    before = len(outbox_rows(store, OWNER))
    assert withdraw(store, world.mission_id)["outcome"] == "withdrawn"
    assert state(store) == ("withdrawn", None)
    told = outbox_rows(store, OWNER)[before:]
    assert len(told) == 1 and "Amina" in told[0].body["text"]


def test_a_place_given_back_is_free(store: Database) -> None:
    made = small_world(store, capacity=1)
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
        for chat_id in (AMINA, BRAHIM):
            applications.apply(session, chat_id, made.mission_id, NOW)
        first, second = session.execute(select(Application.id).order_by(Application.id)).scalars()
        assert applications.answer(session, OWNER, first, True, NOW)["outcome"] == "accepted"
        assert applications.answer(session, OWNER, second, True, NOW)["outcome"] == "full"
        commitments.withdraw(session, AMINA, made.mission_id, NOW)
        assert applications.answer(session, OWNER, second, True, NOW)["outcome"] == "accepted"


def test_twice_is_once(store: Database, world: World) -> None:
    withdraw(store, world.mission_id)
    told = len(outbox_rows(store, OWNER))
    assert withdraw(store, world.mission_id)["outcome"] == "closed"
    assert len(outbox_rows(store, OWNER)) == told


@pytest.mark.parametrize("chat_id", [BRAHIM, OWNER, OTHER_OWNER])
def test_nobody_takes_back_what_is_anothers(store: Database, world: World, chat_id: int) -> None:
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
    foreign, nothing = withdraw(store, world.mission_id, chat_id), withdraw(store, 999, chat_id)
    assert foreign == nothing == {"outcome": "unknown"}
    assert state(store) == ("pending", None)


def test_who_thinks_better_of_it_may_apply_again(store: Database, world: World) -> None:
    withdraw(store, world.mission_id)
    with store.write() as session:
        assert commitments.give_reason(session, AMINA, world.mission_id, "no_answer")
        assert applications.apply(session, AMINA, world.mission_id, LATER)["outcome"] == "applied"
    assert state(store) == ("pending", None)
    assert count(store, Application) == 1
    assert len(outbox_rows(store, OWNER)) == 3, "applied, taken back, applied again"


def test_a_reason_is_noted_for_what_was_taken_back_alone(store: Database, world: World) -> None:
    with store.write() as session:
        assert not commitments.give_reason(session, AMINA, world.mission_id, "other")
        commitments.withdraw(session, AMINA, world.mission_id, NOW)
        assert not commitments.give_reason(session, BRAHIM, world.mission_id, "other")
        assert commitments.give_reason(session, AMINA, world.mission_id, "not_available")
    assert state(store) == ("withdrawn", "not_available")


def test_what_was_taken_back_is_not_recommended_again(store: Database, world: World) -> None:
    withdraw(store, world.mission_id)
    with store.read() as session:
        number = session.execute(select(Person.id).where(Person.chat_id == AMINA)).scalar_one()
        [profile] = record.volunteer_profiles(session, [number])
        assert recommendations.select_missions(session, profile, NOW).total == 0


def report(store: Database, mission_id: int, on: date | None = None, minutes: int | None = 120, at: datetime = LATER) -> dict[str, Any]:
    with store.write() as session:
        return commitments.report(session, AMINA, mission_id, on, minutes, at)


def test_a_participation_is_kept_with_its_day_and_hours(store: Database, world: World) -> None:
    accept(store)
    told = report(store, world.mission_id)
    assert (told["outcome"], told["on"], told["total_minutes"]) == ("reported", "2026-11-28", 120), "the Saturday that was"
    assert report(store, world.mission_id, day("2026-11-28"), 180)["total_minutes"] == 180, "the last word counts"
    assert report(store, world.mission_id, day("2026-11-28"), None)["total_minutes"] == 180, "what is not said changes nothing"
    assert count(store, Participation) == 1
    with store.read() as session:
        row = session.execute(select(Participation)).scalar_one()
        assert (row.state, row.told_by) == ("attended", "volunteer")


@pytest.mark.parametrize("accepted", [False, True])
def test_only_who_was_accepted_takes_part(store: Database, world: World, accepted: bool) -> None:
    if accepted:
        accept(store)
    assert report(store, world.mission_id)["outcome"] == ("reported" if accepted else "unknown")


def test_no_day_to_come_and_none_before_the_beginning(store: Database, world: World) -> None:
    accept(store)
    assert report(store, world.mission_id, day("2026-12-05"))["outcome"] == "future"
    assert report(store, world.mission_id, day("2026-11-21"))["outcome"] == "before", "he had not applied yet"
    assert count(store, Participation) == 0


def test_nobody_takes_part_in_anothers_name(store: Database, world: World) -> None:
    accept(store)
    with store.write() as session:
        assert commitments.report(session, BRAHIM, world.mission_id, None, 60, LATER)["outcome"] == "unknown"


@pytest.mark.parametrize(
    ("need", "today", "expected"),
    [
        ({"starts_on": day("2026-11-20"), "ends_on": day("2026-11-20")}, "2026-11-24", "2026-11-20"),
        ({"starts_on": day("2026-11-20"), "ends_on": day("2026-11-30")}, "2026-11-24", "2026-11-24"),
        ({"slots": slots_of(["sat"], ["morning"])}, "2026-11-24", "2026-11-21"),
        ({"slots": slots_of(["tue", "sat"], ["morning"])}, "2026-11-24", "2026-11-24"),
        ({"slots": slots_of(["sat"], ["morning"])}, "2026-11-28", "2026-11-28"),
    ],
)
def test_the_day_that_was_meant(database: Database, need: dict[str, Any], today: str, expected: str) -> None:
    with database.write() as session:
        made = mission(session, organisation(session), **need)
        assert commitments.latest_day(made, day(today)) == day(expected)


def test_what_is_ahead_and_what_has_begun(database: Database) -> None:
    with database.write() as session:
        owner = organisation(session)
        over = mission(session, owner, "Over", starts_on=day("2026-11-20"), ends_on=day("2026-11-20"))
        weekly = mission(session, owner, "Weekly")
        ahead = mission(session, owner, "Ahead", starts_on=day("2026-12-20"), ends_on=day("2026-12-20"))
        person = volunteer(session)
        for made in (over, weekly, ahead):
            session.add(Application(mission_id=made.id, person_id=person.person_id, state="accepted", created_at=NOW))
        session.flush()
        found = commitments.of_chat(session, AMINA)
        assert [one.mission.title for one in found] == ["Ahead", "Weekly", "Over"]
        assert [one.mission.title for one in commitments.still_ahead(found, NOW.date())] == ["Ahead", "Weekly"]
        assert [one.mission.title for one in commitments.begun(found, NOW.date())] == ["Weekly", "Over"]
