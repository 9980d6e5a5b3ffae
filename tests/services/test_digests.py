"""The periodic lists: one for everybody who is due, both ways, once and only once; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import applications, digests, subscriptions
from bot.services.digests import Run
from bot.services.recommendations import mission_named
from bot.store.engine import Database
from bot.store.models import Digest, LastList, Organisation, Person, Recommendation, Subscription, Volunteer
from tests.worlds import (
    AMINA,
    BRAHIM,
    NOW,
    OWNER,
    SALMA,
    World,
    count,
    local,
    mission,
    outbox_rows,
    person_id,
    small_world,
    volunteer,
)

DUE = local(2026, 12, 1, 10)
"""A week after NOW, at ten: when everybody's first weekly list is due."""


@pytest.fixture
def world(store: Database) -> World:
    return small_world(store)


def run(store: Database, at: datetime = DUE, solicited: bool = False) -> Run:
    return digests.run(store.write, at, solicited)


def lists_of(store: Database, chat_id: int) -> list[str]:
    return [row.body["text"] for row in outbox_rows(store, chat_id) if row.kind == "digest"]


def test_both_sides_get_their_list(store: Database, world: World) -> None:
    assert run(store) == Run(queued=2, empty=0)
    [to_volunteer], [to_organisation] = lists_of(store, AMINA), lists_of(store, OWNER)
    assert "Soutien scolaire" in to_volunteer and "Jossour" in to_volunteer
    assert "Soutien scolaire" in to_organisation
    assert "Amina" not in to_organisation


def test_a_second_run_at_the_same_instant_sends_nothing(store: Database, world: World) -> None:
    run(store)
    assert run(store) == Run()
    assert (len(outbox_rows(store)), count(store, Digest)) == (2, 2)


def test_nobody_is_due_before_the_time(store: Database, world: World) -> None:
    assert run(store, DUE - timedelta(seconds=1)) == Run()
    assert run(store, DUE) == Run(queued=2)


def test_the_next_list_is_due_a_week_later_and_not_before(store: Database, world: World) -> None:
    run(store)
    assert run(store, DUE + timedelta(days=6, hours=23)) == Run()
    assert run(store, DUE + timedelta(days=7)).queued == 2
    assert len(lists_of(store, AMINA)) == 2


def test_after_a_long_downtime_there_is_one_list_and_not_one_for_each_missed(store: Database, world: World) -> None:
    late = DUE + timedelta(days=40, hours=5)
    assert run(store, late) == Run(queued=2)
    assert run(store, late + timedelta(hours=1)) == Run()
    assert len(lists_of(store, AMINA)) == 1
    with store.read() as session:
        assert session.execute(select(Subscription.next_due_at)).scalars().first() == local(2027, 1, 17, 10)


def test_one_day_has_one_list_even_when_the_rhythm_changes_on_it(store: Database, world: World) -> None:
    run(store)
    with store.write() as session:
        for row in session.execute(select(Subscription)).scalars():
            row.next_due_at = None
    assert run(store, DUE + timedelta(hours=3)) == Run()
    with store.read() as session:
        assert digests.due(session, DUE + timedelta(hours=3)) == []


def test_whoever_has_nothing_that_fits_gets_no_message_and_is_not_asked_about_again(store: Database, world: World) -> None:
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim", place="El Jadida", causes=["sport"])
    assert run(store) == Run(queued=2, empty=1)
    assert outbox_rows(store, BRAHIM) == []
    assert run(store) == Run()
    with store.read() as session:
        states = session.execute(select(Digest.state).order_by(Digest.state)).scalars().all()
    assert states == ["empty", "queued", "queued"]


def test_without_a_mission_organisations_of_the_same_cause_are_a_list_too(store: Database, world: World) -> None:
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim", place="El Jadida", causes=["education"])
    assert run(store).queued == 3
    [text] = lists_of(store, BRAHIM)
    assert "Jossour" in text and "Soutien scolaire" not in text


def test_what_was_applied_to_is_proposed_no_more(store: Database, world: World) -> None:
    with store.write() as session:
        applications.apply(session, AMINA, world.mission_id, NOW)
    assert run(store) == Run(queued=1, empty=1)
    assert not any("Soutien scolaire" in text for text in lists_of(store, AMINA) + lists_of(store, OWNER))


def test_whoever_blocked_the_bot_gets_no_list_and_stands_on_none(store: Database, world: World) -> None:
    with store.write() as session:
        session.get(Person, person_id(session, AMINA)).blocked_at = NOW
    assert run(store) == Run(queued=0, empty=1)
    assert lists_of(store, AMINA) == lists_of(store, OWNER) == []


def test_whoever_stopped_the_lists_gets_none_and_still_stands_on_others(store: Database, world: World) -> None:
    with store.write() as session:
        subscriptions.end(session, AMINA, "no_time", NOW)
    assert run(store) == Run(queued=1)
    assert lists_of(store, AMINA) == []
    assert len(lists_of(store, OWNER)) == 1


def test_a_volunteer_who_pauses_gets_no_list_and_stands_on_none(store: Database, world: World) -> None:
    with store.write() as session:
        session.get(Volunteer, person_id(session, AMINA)).paused = True
    assert run(store) == Run(queued=0, empty=2)


@pytest.mark.parametrize("state", ["pending", "refused", "flagged", "withdrawn"])
def test_an_organisation_not_validated_gets_no_list_and_stands_on_none(store: Database, world: World, state: str) -> None:
    with store.write() as session:
        session.get(Organisation, world.organisation_id).state = state
    assert run(store) == Run(queued=0, empty=2)


def test_a_list_is_kept_so_that_its_numbers_mean_something(store: Database, world: World) -> None:
    with store.write() as session:
        first = session.get(Organisation, world.organisation_id)
        far = mission(session, first, title="Photos", place="Sidi Moumen", cause="sport").id
        session.get(Volunteer, person_id(session, AMINA)).radius_km = 30
    run(store)
    with store.read() as session:
        shown = session.get(LastList, AMINA)
        assert (shown.kind, shown.entries) == ("missions", (str(world.mission_id), str(far)))
        assert [mission_named(session, AMINA, number) for number in ("1", "2")] == [world.mission_id, far]
        assert session.get(LastList, OWNER).entries == (str(person_id(session, AMINA)),)


def test_what_was_recommended_is_kept_with_its_digest(store: Database, world: World) -> None:
    run(store)
    with store.read() as session:
        amina = person_id(session, AMINA)
        rows = session.execute(select(Recommendation).order_by(Recommendation.id)).scalars().all()
        assert {(row.shown_to, row.person_id, row.mission_id, row.position) for row in rows} == {
            ("volunteer", amina, world.mission_id, 1),
            ("organisation", amina, world.mission_id, 1),
        }
        assert {row.digest_id for row in rows} == set(session.execute(select(Digest.id)).scalars())
        assert all(row.points > 0 for row in rows)


@pytest.mark.parametrize("solicited", [True, False])
def test_only_a_list_that_was_asked_for_leaves_in_quiet_hours(store: Database, world: World, solicited: bool) -> None:
    run(store, solicited=solicited)
    assert {row.solicited for row in outbox_rows(store)} == {solicited}


def test_a_run_killed_in_the_middle_is_finished_by_the_next(store: Database, world: World) -> None:
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
    opened = 0

    @contextmanager
    def dying_write() -> Iterator[Session]:
        nonlocal opened
        opened += 1
        with store.write() as session:
            yield session
            if opened == 3:  # the first reads who is due, the second is the first list
                raise SystemExit

    with pytest.raises(SystemExit):
        digests.run(dying_write, DUE)
    assert len(outbox_rows(store)) == 1
    assert run(store) == Run(queued=2)
    assert len(outbox_rows(store)) == len({row.chat_id for row in outbox_rows(store)}) == 3


def test_workers_at_once_send_everybody_one_list(store: Database, world: World) -> None:
    with store.write() as session:
        for number in range(6):
            volunteer(session, SALMA + number, f"V{number}")
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _n: run(store), range(3)))
    assert sum(each.queued for each in done) == 8
    assert len(outbox_rows(store)) == len({row.chat_id for row in outbox_rows(store)}) == 8


@pytest.mark.parametrize(
    ("hours", "quiet"),
    [
        ((20, 9), {20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7, 8}),
        ((0, 6), {0, 1, 2, 3, 4, 5}),
        ((22, 23), {22}),
        (None, set()),
    ],
)
def test_quiet_hours_are_hours_of_legal_time(hours: tuple[int, int] | None, quiet: set[int]) -> None:
    for month, day in ((11, 24), (2, 10)):  # UTC+1, and UTC during Ramadan
        year = 2026 if month == 11 else 2027
        found = {hour for hour in range(24) if digests.in_quiet_hours(local(year, month, day, hour).astimezone(timezone.utc), hours)}
        assert found == quiet
