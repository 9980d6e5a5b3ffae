"""Applying and answering: who may, what comes of it, who hears of it; on both databases."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from bot.messages import buttons
from bot.services import applications, commitments, profiles
from bot.services.profiles import Speaker
from bot.store.engine import Database
from bot.store.models import Application, Consent, Mission, Organisation, OrganisationMember, Person
from tests.worlds import (
    AMINA,
    BRAHIM,
    NOW,
    OTHER_OWNER,
    OWNER,
    SALMA,
    World,
    count,
    day,
    local,
    mission,
    organisation,
    outbox_rows,
    person_id,
    small_world,
    utc,
    volunteer,
)


@pytest.fixture
def world(store: Database) -> World:
    return small_world(store)


@pytest.fixture
def quick_world(database: Database) -> World:
    """On SQLite alone, where nothing hangs on the database."""
    return small_world(database)


def applied(store: Database, world: World, chat_id: int = AMINA, at: datetime = NOW) -> dict[str, Any]:
    with store.write() as session:
        return applications.apply(session, chat_id, world.mission_id, at)


def answered(store: Database, application_id: int, accepted: bool = True, chat_id: int = OWNER) -> dict[str, Any]:
    with store.write() as session:
        return applications.answer(session, chat_id, application_id, accepted, NOW)


def application_of(store: Database, chat_id: int = AMINA) -> Application:
    with store.read() as session:
        return session.execute(select(Application).join(Person).where(Person.chat_id == chat_id)).scalar_one()


def set_mission(store: Database, world: World, **values: Any) -> None:
    with store.write() as session:
        row = session.get(Mission, world.mission_id)
        for name, value in values.items():
            setattr(row, name, value)


def test_applying_tells_the_organisation_and_keeps_the_consent(store: Database, world: World) -> None:
    told = applied(store, world)
    assert told == {"outcome": "applied", "title": "Soutien scolaire", "organisation": "Jossour", "is_first": True}
    assert application_of(store).state == "pending"
    [row] = outbox_rows(store)
    assert (row.chat_id, row.kind, row.solicited) == (OWNER, "notice", True)
    assert "Amina" in row.body["text"] and "Soutien scolaire" in row.body["text"]
    assert str(AMINA) not in json.dumps(row.body)
    with store.read() as session:
        consent = session.execute(select(Consent).where(Consent.purpose == "application")).scalar_one()
        assert (consent.organisation_id, consent.person_id) == (world.organisation_id, person_id(session, AMINA))


def test_the_buttons_of_the_card_answer_this_application(store: Database, world: World) -> None:
    applied(store, world)
    [row] = outbox_rows(store)
    number = application_of(store).id
    tokens = [button["token"] for line in row.body["buttons"] for button in line]
    with store.write() as session:
        payloads = [buttons.redeem(session, OWNER, token, 5, NOW) for token in tokens]
    answers = [applications.answer_payload(number, answer) for answer in ("accepted", "declined")]
    assert payloads == [*answers, applications.counter_payload(number)]


def test_applying_twice_changes_nothing(store: Database, world: World) -> None:
    applied(store, world)
    assert applied(store, world)["outcome"] == "already"
    assert (count(store, Application), len(outbox_rows(store))) == (1, 1)


@pytest.mark.parametrize("accepted", [True, False])
def test_an_application_answered_is_not_made_again(database: Database, quick_world: World, accepted: bool) -> None:
    applied(database, quick_world)
    answered(database, application_of(database).id, accepted)
    assert applied(database, quick_world)["outcome"] == "already"
    assert count(database, Application) == 1


@pytest.mark.parametrize("chat_id", [BRAHIM, 424242])
def test_without_a_profile_nobody_applies(database: Database, quick_world: World, chat_id: int) -> None:
    with database.write() as session:
        profiles.keep_person(session, Speaker(BRAHIM, "Brahim", "fr"), NOW)
    assert applied(database, quick_world, chat_id) == {"outcome": "no_profile"}
    assert (count(database, Application), outbox_rows(database)) == (0, [])


@pytest.mark.parametrize("state", ["draft", "pending", "full", "finished", "cancelled", "flagged"])
def test_a_mission_that_is_not_published_is_gone(database: Database, quick_world: World, state: str) -> None:
    set_mission(database, quick_world, state=state)
    assert applied(database, quick_world)["outcome"] == "gone"
    assert count(database, Application) == 0


def test_a_mission_of_an_organisation_not_validated_is_gone(store: Database, world: World) -> None:
    with store.write() as session:
        session.get(Organisation, world.organisation_id).state = "flagged"
    assert applied(store, world)["outcome"] == "gone"


def test_a_mission_that_never_was_is_gone(store: Database, world: World) -> None:
    assert applied(store, World(world.organisation_id, 99)) == {"outcome": "gone"}


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        (local(2026, 9, 5, 23, 59), "applied"),
        (local(2026, 9, 6, 0, 30), "gone"),
        # Half past midnight in Casablanca, an hour ahead of UTC then, said in UTC as bot.clock.now() says it.
        (utc(2026, 9, 5, 22, 59), "applied"),
        (utc(2026, 9, 5, 23, 30), "gone"),
    ],
)
def test_a_mission_is_over_when_its_last_day_is_by_legal_time(store: Database, world: World, at: datetime, outcome: str) -> None:
    set_mission(store, world, starts_on=day("2026-09-05"), ends_on=day("2026-09-05"))
    assert applied(store, world, at=at)["outcome"] == outcome


def test_nobody_applies_to_a_mission_of_his_own_organisation(store: Database, world: World) -> None:
    with store.write() as session:
        volunteer(session, OWNER, "Karim")
    assert applied(store, world, OWNER)["outcome"] == "own"
    assert count(store, Application) == 0


def test_a_full_mission_takes_nobody_more(store: Database, world: World) -> None:
    set_mission(store, world, capacity=1)
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
    applied(store, world)
    assert applied(store, world, BRAHIM)["outcome"] == "applied"  # two may wait for one place
    answered(store, application_of(store, AMINA).id)
    with store.write() as session:
        volunteer(session, SALMA, "Salma")
    assert applied(store, world, SALMA)["outcome"] == "full"
    assert answered(store, application_of(store, BRAHIM).id)["outcome"] == "full"
    assert application_of(store, BRAHIM).state == "pending"
    assert answered(store, application_of(store, BRAHIM).id, accepted=False)["outcome"] == "declined"


@pytest.mark.parametrize(("accepted", "state"), [(True, "accepted"), (False, "declined")])
def test_an_answer_reaches_the_volunteer_in_his_register(store: Database, world: World, accepted: bool, state: str) -> None:
    applied(store, world)
    told = answered(store, application_of(store).id, accepted)
    assert told == {"outcome": state, "name": "Amina", "title": "Soutien scolaire"}
    row = application_of(store)
    assert (row.state, row.answered_at) == (state, NOW)
    [letter] = outbox_rows(store, AMINA)
    assert (letter.kind, letter.solicited) == ("notice", True)
    assert "Jossour" in letter.body["text"]
    # A refusal comes with a way to search on, a place with a way to write, a calendar file and the map.
    assert len([button for line in letter.body["buttons"] for button in line]) == (3 if accepted else 1)


def test_the_first_answer_stands(store: Database, world: World) -> None:
    applied(store, world)
    number = application_of(store).id
    answered(store, number, accepted=False)
    assert answered(store, number, accepted=True)["outcome"] == "answered"
    assert application_of(store).state == "declined"
    assert len(outbox_rows(store, AMINA)) == 1


@pytest.mark.parametrize("chat_id", [AMINA, OTHER_OWNER, 424242])
def test_nobody_else_answers_for_an_organisation_or_learns_of_it(database: Database, quick_world: World, chat_id: int) -> None:
    with database.write() as session:
        organisation(session, OTHER_OWNER, "Autre")
    applied(database, quick_world)
    assert answered(database, application_of(database).id, chat_id=chat_id) == {"outcome": "unknown"}
    assert application_of(database).state == "pending"
    assert outbox_rows(database, AMINA) == []


def test_an_application_that_never_was_is_unknown(store: Database, world: World) -> None:
    assert answered(store, 999) == {"outcome": "unknown"}


def test_everybody_who_speaks_for_the_organisation_hears_but_those_who_blocked(store: Database, world: World) -> None:
    with store.write() as session:
        for chat_id in (OTHER_OWNER, 903):
            person = profiles.keep_person(session, Speaker(chat_id, "Hind", "ar"), NOW)
            session.add(OrganisationMember(organisation_id=world.organisation_id, person_id=person.id, created_at=NOW))
        person.blocked_at = NOW
    applied(store, world)
    assert sorted(row.chat_id for row in outbox_rows(store)) == [OWNER, OTHER_OWNER]


def test_a_volunteer_who_blocked_the_bot_is_not_written_to(store: Database, world: World) -> None:
    applied(store, world)
    with store.write() as session:
        session.get(Person, person_id(session, AMINA)).blocked_at = NOW
    assert answered(store, application_of(store).id)["outcome"] == "accepted"
    assert outbox_rows(store, AMINA) == []


def test_names_and_titles_cannot_write_markup(store: Database) -> None:
    world = small_world(store)
    with store.write() as session:
        volunteer(session, BRAHIM, "<b>Brahim</b> & fils")
    applied(store, world, BRAHIM)
    [row] = outbox_rows(store)
    assert "<b>Brahim" not in row.body["text"]
    assert "&lt;b&gt;Brahim&lt;/b&gt; &amp; fils" in row.body["text"]


def test_two_answers_at_once_give_one_place_once(store: Database) -> None:
    world = small_world(store, capacity=1)
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
    for chat_id in (AMINA, BRAHIM):
        applied(store, world, chat_id)
    numbers = [application_of(store, chat_id).id for chat_id in (AMINA, BRAHIM)]
    ready = threading.Barrier(2)

    def accept(number: int) -> str:
        ready.wait()
        return str(answered(store, number)["outcome"])

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(accept, numbers)) == ["accepted", "full"]


def test_two_applications_at_once_are_one(store: Database, world: World) -> None:
    ready = threading.Barrier(2)

    def apply(_n: int) -> str:
        ready.wait()
        return str(applied(store, world)["outcome"])

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(apply, range(2))) == ["already", "applied"]
    assert len(outbox_rows(store)) == 1


def test_a_volunteer_sees_his_own_applications_the_newest_first(store: Database, world: World) -> None:
    with store.write() as session:
        second = organisation(session, OTHER_OWNER, "Autre")
        other = World(second.id, mission(session, second, title="Photos").id)
        volunteer(session, BRAHIM, "Brahim")
    applied(store, world)
    applied(store, other)
    applied(store, world, BRAHIM)
    with store.read() as session:
        seen = [(made.state, task.title, owner.name) for made, task, owner in applications.of_person(session, AMINA)]
        assert seen == [("pending", "Photos", "Autre"), ("pending", "Soutien scolaire", "Jossour")]
        assert applications.of_person(session, SALMA) == []


def test_only_the_very_first_application_is_the_first(store: Database, world: World) -> None:
    assert applied(store, world)["is_first"] is True
    with store.write() as session:
        commitments.withdraw(session, AMINA, world.mission_id, NOW)
    assert applied(store, world)["is_first"] is False, "made again, it is no first one"
