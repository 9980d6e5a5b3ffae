"""Changing and ending a mission: whose it is, what becomes of those who applied, who hears of it; on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from bot.matching.slots import slots_of
from bot.services import applications, initiatives, recommendations, record
from bot.services.organisations import Need
from bot.store.engine import Database
from bot.store.models import Application, Initiative, Mission
from tests.worlds import (
    AMINA,
    BRAHIM,
    NOW,
    OTHER_OWNER,
    OWNER,
    SALMA,
    World,
    day,
    mission,
    organisation,
    outbox_rows,
    small_world,
    volunteer,
)


@pytest.fixture
def world(store: Database) -> World:
    """Amina was accepted, Brahim waits for an answer, Salma was declined."""
    made = small_world(store)
    with store.write() as session:
        for chat_id, name in ((BRAHIM, "Brahim"), (SALMA, "Salma")):
            volunteer(session, chat_id, name)
        for chat_id in (AMINA, BRAHIM, SALMA):
            applications.apply(session, chat_id, made.mission_id, NOW)
        first, _, third = session.execute(select(Application.id).order_by(Application.id)).scalars()
        applications.answer(session, OWNER, first, True, NOW)
        applications.answer(session, OWNER, third, False, NOW)
    return made


def change(store: Database, mission_id: int, chat_id: int = OWNER, **changes: Any) -> dict[str, Any]:
    with store.write() as session:
        known = session.get(Mission, mission_id)
        need = replace(initiatives.need_of(known), **changes) if known else Need("x", "education", "Maârif", 1, 1)
        return initiatives.change(session, chat_id, mission_id, need, NOW)


def close(store: Database, mission_id: int, chat_id: int = OWNER) -> dict[str, Any]:
    with store.write() as session:
        return initiatives.close(session, chat_id, mission_id, NOW)


def states(store: Database) -> list[tuple[str, str | None]]:
    with store.read() as session:
        return [(row.state, row.closed_reason) for row in session.execute(select(Application).order_by(Application.id)).scalars()]


def heard(store: Database, chat_id: int) -> int:
    return len(outbox_rows(store, chat_id))


def test_a_saved_mission_and_its_draft_say_the_same(store: Database, world: World) -> None:
    with store.write() as session:
        known = session.get(Mission, world.mission_id)
        before = {name: getattr(known, name) for name in map(str, known.__table__.c.keys()) if name != "changed_at"}
        initiatives.change(session, OWNER, world.mission_id, initiatives.need_of(known), NOW)
        assert {name: getattr(known, name) for name in before} == before


def test_a_change_of_time_is_told_to_those_who_are_concerned_alone(store: Database, world: World) -> None:
    before = {chat_id: heard(store, chat_id) for chat_id in (AMINA, BRAHIM, SALMA)}
    assert change(store, world.mission_id, slots=slots_of(["sun"], ["afternoon"]))["told"] == 2
    assert {chat_id: heard(store, chat_id) - count for chat_id, count in before.items()} == {AMINA: 1, BRAHIM: 1, SALMA: 0}


def test_a_change_of_title_troubles_nobody(store: Database, world: World) -> None:
    before = heard(store, AMINA)
    assert change(store, world.mission_id, title="Soutien en maths", capacity=9) == {
        "outcome": "changed",
        "title": "Soutien en maths",
        "told": 0,
    }
    assert heard(store, AMINA) == before
    with store.read() as session:
        assert session.get(Mission, world.mission_id).capacity == 9
        assert session.execute(select(Initiative.title)).scalar_one() == "Soutien en maths"


def test_there_cannot_be_fewer_places_than_people(store: Database) -> None:
    made = small_world(store, capacity=2)
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
        for chat_id in (AMINA, BRAHIM):
            applications.apply(session, chat_id, made.mission_id, NOW)
        for number in session.execute(select(Application.id)).scalars().all():
            applications.answer(session, OWNER, number, True, NOW)
    assert change(store, made.mission_id, capacity=1, title="x")["outcome"] == "fewer"
    with store.read() as session:
        known = session.get(Mission, made.mission_id)
        assert (known.capacity, known.title) == (2, "Soutien scolaire"), "nothing is changed by halves"


@pytest.mark.parametrize("chat_id", [AMINA, OTHER_OWNER, 12345])
@pytest.mark.parametrize("deed", [change, close])
def test_nobody_touches_what_is_anothers(store: Database, world: World, deed: Any, chat_id: int) -> None:
    with store.write() as session:
        organisation(session, OTHER_OWNER, "Autre")
    before = len(outbox_rows(store))
    assert deed(store, world.mission_id, chat_id) == deed(store, 999, chat_id) == {"outcome": "unknown"}
    assert len(outbox_rows(store)) == before
    with store.read() as session:
        assert session.get(Mission, world.mission_id).state == "published"
        assert initiatives.own(session, chat_id, world.mission_id) is None


def test_ending_resolves_every_open_application_and_tells_them(store: Database, world: World) -> None:
    before = {chat_id: heard(store, chat_id) for chat_id in (AMINA, BRAHIM, SALMA)}
    assert close(store, world.mission_id)["told"] == 2
    assert states(store) == [("declined", "mission_closed"), ("declined", "mission_closed"), ("declined", None)]
    assert {chat_id: heard(store, chat_id) - count for chat_id, count in before.items()} == {AMINA: 1, BRAHIM: 1, SALMA: 0}
    with store.read() as session:
        assert session.get(Mission, world.mission_id).state == "cancelled"
        assert session.execute(select(Initiative.state)).scalar_one() == "cancelled"
        assert record.open_missions(session) == []


def test_who_took_part_keeps_it_when_the_mission_ends(store: Database) -> None:
    made = small_world(store, starts_on=day("2026-11-20"), ends_on=day("2026-11-30"))
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
        for chat_id in (AMINA, BRAHIM):
            assert applications.apply(session, chat_id, made.mission_id, NOW)["outcome"] == "applied"
        first = session.execute(select(Application.id).order_by(Application.id)).scalars().first()
        applications.answer(session, OWNER, first, True, NOW)
    close(store, made.mission_id)
    assert states(store) == [("accepted", None), ("declined", "mission_closed")]
    with store.read() as session:
        assert session.get(Mission, made.mission_id).state == "finished"


def test_twice_is_once(store: Database, world: World) -> None:
    close(store, world.mission_id)
    before = len(outbox_rows(store))
    assert close(store, world.mission_id) == change(store, world.mission_id) == {"outcome": "unknown"}
    assert len(outbox_rows(store)) == before


def test_an_initiative_ends_with_its_last_mission(store: Database, world: World) -> None:
    with store.write() as session:
        first = session.get(Mission, world.mission_id)
        other = mission(session, first.initiative.organisation, "Autre")
        alone = other.initiative_id
        other.initiative_id = first.initiative_id
        session.flush()
        session.delete(session.get(Initiative, alone))
    close(store, world.mission_id)
    with store.read() as session:
        assert session.execute(select(Initiative.state)).scalar_one() == "published"


def test_the_standing_counts_by_state(store: Database, world: World) -> None:
    with store.read() as session:
        assert initiatives.standing(session, world.mission_id) == initiatives.Standing(pending=1, accepted=1)


def test_the_forecast_says_whom_it_would_suit_and_when_it_would_suit_more(store: Database) -> None:
    small_world(store)
    with store.write() as session:
        owner = organisation(session, OTHER_OWNER, "Autre")
        volunteer(session, BRAHIM, "Brahim", slots=slots_of(["sun"], ["morning", "afternoon"]))
        volunteer(session, SALMA, "Salma", slots=slots_of(["sun"], ["morning"]))
        need = Need("x", "education", "Maârif", slots_of(["sat"], ["morning"]), 3)
        found = recommendations.forecast(session, owner.id, need, NOW)
        assert (found.fitting, found.best_slot, found.at_best) == (1, slots_of(["sun"], ["morning"]), 2)
        at_best = recommendations.forecast(session, owner.id, replace(need, slots=found.best_slot), NOW)
        assert (at_best.fitting, at_best.best_slot) == (2, 0)
