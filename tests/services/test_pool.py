"""People and missions in memory: what changed is there at the next request, and nothing is read twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.matching import fairness
from bot.services import applications, dismissals, pool, profiles, recommendations, record, subscriptions
from bot.store import changes
from bot.store.engine import Database
from bot.store.models import ChangeRow, Mission, Organisation, Person, Volunteer
from tests.worlds import AMINA, BRAHIM, NOW, OWNER, World, mission, organisation, person_id, small_world, statements, volunteer


@pytest.fixture
def world(store: Database) -> World:
    return small_world(store)


def missions_now(store: Database) -> dict[int, tuple[int, int]]:
    """The open missions as the pool has them: places and places taken by id."""
    with store.read() as session:
        held = pool.of(session).missions(session)
        assert [int(n) for n in held.columns.mission_id] == sorted(held.needs)
        return {n: (need.capacity, need.taken) for n, need in held.needs.items()}


def volunteers_now(store: Database) -> set[int]:
    with store.read() as session:
        held = pool.of(session).volunteers(session)
        return {int(n) for n in held.person_id[~held.paused]}


def as_read(store: Database) -> tuple[dict[int, tuple[int, int]], set[int]]:
    """The same, read from the database."""
    with store.read() as session:
        needs = record.open_missions(session)
        people = record.volunteer_profiles(session)
    return {need.mission_id: (need.capacity, need.taken) for need in needs}, {one.person_id or 0 for one in people if not one.paused}


def test_a_new_mission_is_there_at_the_next_request_and_a_closed_one_is_not(store: Database, world: World) -> None:
    assert missions_now(store) == {world.mission_id: (5, 0)}
    with store.write() as session:
        made = mission(session, session.get(Organisation, world.organisation_id), title="Photos").id
    assert set(missions_now(store)) == {world.mission_id, made}
    with store.write() as session:
        session.get(Mission, world.mission_id).state = "cancelled"
    assert set(missions_now(store)) == {made}


def change_capacity(session: Session, world: World) -> None:
    session.get(Mission, world.mission_id).capacity = 9


def give_a_place(session: Session, world: World) -> None:
    applications.apply(session, AMINA, world.mission_id, NOW)
    applications.answer(session, OWNER, applications.of_person(session, AMINA)[0][0].id, True, NOW)


def refuse_the_organisation(session: Session, world: World) -> None:
    session.get(Organisation, world.organisation_id).state = "refused"


def change_many_at_once(session: Session, world: World) -> None:
    session.execute(update(Mission).values(capacity=3).execution_options(synchronize_session=False))


def another_volunteer(session: Session, world: World) -> None:
    volunteer(session, BRAHIM, "Brahim")


def pause(session: Session, world: World) -> None:
    session.get(Volunteer, person_id(session, AMINA)).paused = True


def block(session: Session, world: World) -> None:
    subscriptions.block(session, AMINA, NOW)


def leave(session: Session, world: World) -> None:
    session.delete(session.get(Person, person_id(session, AMINA)).volunteer)


@pytest.mark.parametrize(
    "change",
    [change_capacity, give_a_place, refuse_the_organisation, change_many_at_once, another_volunteer, pause, block, leave],
)
def test_whatever_changes_is_seen_by_whoever_asks_next(store: Database, world: World, change: Callable[[Session, World], None]) -> None:
    before = missions_now(store), volunteers_now(store)
    assert before == as_read(store)
    with store.write() as session:
        change(session, world)
    after = missions_now(store), volunteers_now(store)
    assert after == as_read(store)
    assert after != before


def test_a_transaction_sees_what_it_changed_itself_and_others_do_not(store: Database, world: World) -> None:
    if store.is_sqlite:
        missions_now(store), volunteers_now(store)
    with store.write() as session:
        made = mission(session, session.get(Organisation, world.organisation_id), title="Photos").id
        brahim = volunteer(session, BRAHIM, "Brahim").person_id
        assert made in pool.of(session).missions(session).needs
        assert brahim in pool.of(session).volunteers(session).person_id
        assert made not in missions_now(store)
        assert brahim not in volunteers_now(store)
    assert made in missions_now(store)
    assert brahim in volunteers_now(store)


def test_what_was_rolled_back_never_was(store: Database, world: World) -> None:
    missions_now(store)
    with store.write() as session:
        mission(session, session.get(Organisation, world.organisation_id), title="Photos")
        session.flush()
        session.rollback()
    assert set(missions_now(store)) == {world.mission_id}


def test_where_nothing_changed_one_small_query_is_all(store: Database, world: World) -> None:
    missions_now(store), volunteers_now(store)
    with statements(store) as sent:
        missions_now(store)
        volunteers_now(store)
    assert len(sent) == 2 and all("max(changes.id)" in statement for statement in sent)


def test_a_change_reads_its_own_rows_and_no_others(store: Database, world: World) -> None:
    with store.write() as session:
        for number in range(20):
            volunteer(session, 7_000 + number, f"V{number}")
    missions_now(store), volunteers_now(store)
    with store.write() as session:
        session.get(Volunteer, person_id(session, AMINA)).radius_km = 77
    with store.read() as session:
        held = pool.of(session).volunteers(session)
        own = np.flatnonzero((held.person_id == person_id(session, AMINA)) & ~held.paused)
    assert [held.radius_m[row] for row in own] == [77_000]
    assert len(held) == 22  # the row that was replaced is out of play, and still there


def test_what_was_forgotten_is_read_anew(store: Database, world: World) -> None:
    missions_now(store)
    for number in range(3):
        with store.write() as session:
            mission(session, session.get(Organisation, world.organisation_id), title=f"M{number}")
    with store.write() as session:
        rows = session.query(ChangeRow).order_by(ChangeRow.id).all()
        newest = rows[-1].id
        changes.forget_old(session, rows[-1].created_at + timedelta(days=changes.KEEP_DAYS, seconds=1))
    with store.read() as session:
        assert [row.id for row in session.query(ChangeRow)] == [newest]
    assert len(missions_now(store)) == 4


def test_a_dismissal_and_a_block_count_at_once(store: Database, world: World) -> None:
    with store.write() as session:
        other = mission(session, organisation(session, 905, "Autre"), title="Photos").id
        assert dismissals.dismiss(session, AMINA, world.mission_id, NOW)["outcome"] == "dismissed"
    with store.read() as session:
        [amina] = record.volunteer_profiles(session, [person_id(session, AMINA)])
        assert list(recommendations.select_missions(session, amina, NOW).ids) == [other]
        assert recommendations.obstacles(session, amina, world.mission_id, NOW) == ["closed"]
    with store.write() as session:
        dismissals.dismiss(session, AMINA, other, NOW)
        dismissals.give_reason(session, AMINA, other, "organisation", NOW)
    with store.read() as session:
        [amina] = record.volunteer_profiles(session, [person_id(session, AMINA)])
        assert recommendations.obstacles(session, amina, other, NOW) == ["blocked", "closed"]


def test_demand_counts_what_waits_and_what_was_shown_lately(store: Database, world: World) -> None:
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
        applications.apply(session, BRAHIM, world.mission_id, NOW)
        [amina] = record.volunteer_profiles(session, [person_id(session, AMINA)])
        shown = recommendations.select_missions(session, amina, NOW)
        recommendations.remember_matches(session, shown, "volunteer", None, NOW)
    with store.read() as session:
        own = pool.of(session)
        missions = own.missions(session)

        def counted_at(days: int) -> list[int]:
            demand = own.demand(session, missions, NOW + timedelta(days=days), fresh=True)
            return [int(demand._expected[0]), int(demand._seen[0])]

        assert counted_at(0) == [1000 + fairness.EXPECTED_PERMILLE[0], 1]
        assert counted_at(8) == [1000, 0]


def test_an_offer_that_is_saved_is_read_once(store: Database, world: World) -> None:
    """The look for changes of a turn that changed nothing costs nothing; this one changed a volunteer, and says so once."""
    with store.write() as session:
        before = session.query(ChangeRow).count()
    with store.write() as session:
        profiles.person_of(session, AMINA)
    with store.write() as session:
        assert session.query(ChangeRow).count() == before
        row = session.get(Volunteer, person_id(session, AMINA))
        row.radius_km, row.slots = 12, 3
    with store.read() as session:
        assert session.query(ChangeRow).count() == before + 1
