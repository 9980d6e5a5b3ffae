"""Columns of our own: instants that know their zone, lists of ids; and rules that the database itself keeps."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError, StatementError

from bot.clock import CASABLANCA
from bot.store.engine import Database
from bot.store.models import Application, Lease, Mission, Organisation, OrganisationMember, Person, Subscription, Volunteer
from tests.worlds import AMINA, NOW, count, local, person_id, small_world, utc, volunteer


def kept(store: Database, instant: datetime | None) -> datetime | None:
    """What a database gives back of an instant."""
    with store.write() as session:
        session.add(Person(chat_id=7, first_name="A", register="fr", created_at=NOW, blocked_at=instant))
    with store.read() as session:
        found: datetime | None = session.execute(select(Person.blocked_at)).scalar_one()
        return found


@pytest.mark.parametrize(
    "instant",
    [
        utc(2026, 11, 24, 9, 0, 0, 123456),
        local(2026, 11, 24, 10),
        local(2026, 7, 24, 10),
        # Half past two came twice on 15 February 2026, half past one on 20 September; half past two not at all on 22 March.
        datetime(2026, 2, 15, 2, 30, tzinfo=CASABLANCA),
        datetime(2026, 2, 15, 2, 30, fold=1, tzinfo=CASABLANCA),
        datetime(2026, 9, 20, 1, 30, tzinfo=CASABLANCA),
        datetime(2026, 9, 20, 1, 30, fold=1, tzinfo=CASABLANCA),
        local(2026, 3, 22, 3, 30),
        datetime(2026, 11, 24, 10, tzinfo=timezone(timedelta(hours=-9))),
    ],
)
def test_an_instant_comes_back_the_same_and_in_utc(store: Database, instant: datetime) -> None:
    found = kept(store, instant)
    assert found is not None
    # Compared in UTC: Python takes two instants of one zone that the clock tells alike for equal.
    assert found == instant.astimezone(timezone.utc)
    assert found.utcoffset() == timedelta(0)


def test_no_instant_stays_none(store: Database) -> None:
    assert kept(store, None) is None


def test_an_instant_without_a_zone_is_refused(store: Database) -> None:
    with pytest.raises(StatementError, match="an instant needs a time zone"):
        kept(store, datetime(2026, 11, 24, 10))
    assert count(store, Person) == 0


def test_instants_compare_by_what_they_mean_and_not_by_how_they_are_written(store: Database) -> None:
    with store.write() as session:
        session.add(Lease(name="a", holder="w", expires_at=local(2026, 7, 24, 10)))  # 09:00 UTC
    with store.read() as session:
        earlier = select(Lease.name).where(Lease.expires_at < utc(2026, 7, 24, 9, 30))
        assert session.execute(earlier).scalar_one_or_none() == "a"
        later = select(Lease.name).where(Lease.expires_at > datetime(2026, 7, 24, 3, 0, tzinfo=timezone(timedelta(hours=-5))))
        assert session.execute(later).scalar_one_or_none() == "a"


@pytest.mark.parametrize(("given", "back"), [(["b", "a"], ("b", "a")), ((), ()), (None, ()), (("تعليم",), ("تعليم",))])
def test_ids_keep_their_order(store: Database, given: Any, back: tuple[str, ...]) -> None:
    with store.write() as session:
        row = volunteer(session)
        row.causes = given
    with store.read() as session:
        assert session.execute(select(Volunteer.causes)).scalar_one() == back


def doubled(what: str, store: Database) -> Any:
    world = small_world(store)
    with store.read() as session:
        amina = session.execute(select(Volunteer.person_id)).scalar_one()
        mission = session.get(Mission, world.mission_id)
        without_capacity = {column.key: getattr(mission, column.key) for column in Mission.__table__.columns if column.key != "id"}
        without_capacity["capacity"] = 0
    return {
        "chat": Person(chat_id=AMINA, first_name="B", register="fr", created_at=NOW),
        "member": OrganisationMember(organisation_id=world.organisation_id, person_id=amina + 1000, created_at=NOW),
        "subscription": Subscription(person_id=amina, audience="volunteer", frequency="daily"),
        "capacity": Mission(**without_capacity),
    }[what]


@pytest.mark.parametrize("what", ["chat", "member", "subscription", "capacity"])
def test_the_database_refuses_what_must_not_be(store: Database, what: str) -> None:
    row = doubled(what, store)
    with pytest.raises(IntegrityError), store.write() as session:
        session.add(row)


def test_a_volunteer_applies_once_to_a_mission_whatever_the_code_forgets(store: Database) -> None:
    world = small_world(store)
    for expected in (1, 1):
        try:
            with store.write() as session:
                amina = person_id(session, AMINA)
                session.add(Application(mission_id=world.mission_id, person_id=amina, state="pending", created_at=NOW))
        except IntegrityError:
            pass
        assert count(store, Application) == expected


def test_what_belongs_to_a_person_goes_with_the_person(store: Database) -> None:
    small_world(store)
    with store.write() as session:
        session.execute(delete(Person).where(Person.chat_id == AMINA))
    assert count(store, Volunteer) == 0
    assert count(store, Subscription) == 1  # the organisation's
    with store.write() as session:
        session.execute(delete(Organisation))
    assert [count(store, model) for model in (Mission, OrganisationMember, Subscription)] == [0, 0, 0]


def test_an_error_shows_no_values(store: Database) -> None:
    small_world(store)
    with pytest.raises(IntegrityError) as caught, store.write() as session:
        session.add(Person(chat_id=AMINA, first_name="Somebody Named", register="fr", created_at=NOW))
    assert "persons" in str(caught.value)
    assert "Somebody Named" not in str(caught.value)
