"""An organisation invites from its anonymous cards: only a yes opens the door, nobody is asked too often, no place is given twice."""

from __future__ import annotations

import multiprocessing
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.matching.slots import slots_of
from bot.services import applications, promises, proposals, recommendations, waves
from bot.store.engine import Database
from bot.store.models import Application, Consent, HelpCall, HelpRequest, Mission, Organisation, Proposal, Volunteer
from bot.texts import REGISTERS
from tests.worlds import (
    AMINA,
    BRAHIM,
    NOW,
    OTHER_OWNER,
    OWNER,
    World,
    count,
    mission,
    organisation,
    outbox_rows,
    person_id,
    small_world,
    volunteer,
)


@pytest.fixture
def world(store: Database) -> World:
    return small_world(store)


def propose(store: Database, mission_id: int, to: int = AMINA, by: int = OWNER, at: datetime = NOW) -> str:
    with store.write() as session:
        return str(proposals.propose(session, by, person_id(session, to), mission_id, at)["outcome"])


def answer(store: Database, yes: bool, chat_id: int = AMINA, at: datetime = NOW) -> dict[str, Any]:
    with store.write() as session:
        number = session.execute(select(Proposal.id).order_by(Proposal.id.desc())).scalars().first()
        return proposals.answer(session, chat_id, number, yes, at)


def states(store: Database) -> list[str]:
    with store.read() as session:
        return list(session.execute(select(Proposal.state).order_by(Proposal.id)).scalars())


def told(store: Database, chat_id: int) -> list[str]:
    return [row.body["text"] for row in outbox_rows(store, chat_id)]


def test_the_invitation_tells_what_it_is_about_and_the_organisation_learns_nothing(store: Database, world: World) -> None:
    assert propose(store, world.mission_id) == "proposed"
    [row] = outbox_rows(store)
    assert row.chat_id == AMINA and not row.solicited
    assert "Jossour" in row.body["text"] and "Soutien scolaire" in row.body["text"]
    with store.read() as session:
        assert session.execute(select(Consent).where(Consent.purpose == "application")).first() is None


@pytest.mark.parametrize("register", REGISTERS)
def test_a_yes_is_a_place_at_once_and_the_name_is_told(store: Database, register: str) -> None:
    world = small_world(store)
    with store.write() as session:
        session.get(Volunteer, person_id(session, AMINA)).person.register = register
    propose(store, world.mission_id)
    outcome = answer(store, True)
    assert (outcome["outcome"], outcome["organisation"]) == ("accepted", "Jossour")
    assert outcome["place"] and outcome["when"]
    [to_owner] = told(store, OWNER)
    assert "Amina" in to_owner
    with store.read() as session:
        application = session.execute(select(Application)).scalar_one()
        assert (application.state, application.mission_id) == ("accepted", world.mission_id)
        consent = session.execute(select(Consent).where(Consent.purpose == "application")).scalar_one()
        assert consent.organisation_id == world.organisation_id
    assert answer(store, False)["outcome"] == "answered"
    assert states(store) == ["accepted"]


def test_a_no_tells_no_name_and_closes_the_mission_for_good(store: Database, world: World) -> None:
    propose(store, world.mission_id)
    assert answer(store, False)["outcome"] == "declined"
    [to_owner] = told(store, OWNER)
    assert "Amina" not in to_owner and "Soutien scolaire" in to_owner
    with store.read() as session:
        assert recommendations.volunteers_for(session, world.organisation_id, NOW + timedelta(days=40)).total == 0
    assert propose(store, world.mission_id, at=NOW + timedelta(days=40)) == "already"


def test_nobody_is_asked_more_than_once_a_week_and_twice_a_month_whoever_asks(store: Database, world: World) -> None:
    with store.write() as session:
        first = session.get(Organisation, world.organisation_id)
        other = organisation(session, OTHER_OWNER, "Autre")
        numbers = [mission(session, owner, title=f"M{n}").id for n, owner in enumerate((other, first, other, first))]
    owners = (OTHER_OWNER, OWNER, OTHER_OWNER, OWNER)
    days = (0, 3, 8, 16)
    found = [propose(store, n, by=by, at=NOW + timedelta(days=day)) for n, by, day in zip(numbers, owners, days, strict=True)]
    assert found == ["proposed", "enough", "proposed", "enough"]
    with store.read() as session:
        assert recommendations.volunteers_for(session, world.organisation_id, NOW + timedelta(days=16)).total == 0
        assert recommendations.volunteers_for(session, world.organisation_id, NOW + timedelta(days=50)).total == 1


def test_calls_for_help_count_as_well_both_ways(store: Database, world: World) -> None:
    with store.write() as session:
        amina = person_id(session, AMINA)
        asks = HelpRequest(
            person_id=person_id(session, OWNER),
            need="courses",
            place="Aïn-Chock",
            latitude=33.53,
            longitude=-7.6,
            urgency="week",
            state="searching",
            wave=1,
            created_at=NOW,
        )
        session.add(asks)
        session.flush()
        call = HelpCall(help_request_id=asks.id, person_id=amina, wave=1, state="asked", asked_at=NOW - timedelta(days=2))
        session.add(call)
        session.flush()
        call_id, request_id = call.id, asks.id
    assert propose(store, world.mission_id) == "enough"
    with store.write() as session:
        session.delete(session.get(HelpCall, call_id))
    assert propose(store, world.mission_id) == "proposed"
    with store.write() as session:
        another = mission(session, session.get(Organisation, world.organisation_id)).id
        session.add(Proposal(mission_id=another, person_id=amina, state="open", created_at=NOW))
    with store.read() as session:
        assert not waves.candidates(session, session.get(HelpRequest, request_id), NOW)


@pytest.mark.parametrize("stranger", [AMINA, BRAHIM, OTHER_OWNER])
def test_who_does_not_speak_for_it_invites_nobody(store: Database, world: World, stranger: int) -> None:
    with store.write() as session:
        organisation(session, OTHER_OWNER, "Autre")
    assert propose(store, world.mission_id, by=stranger) == "unknown"
    assert (count(store, Proposal), outbox_rows(store)) == (0, [])


def test_somebody_else_s_invitation_cannot_be_answered(store: Database, world: World) -> None:
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
    propose(store, world.mission_id)
    assert answer(store, True, BRAHIM) == {"outcome": "unknown"}
    assert states(store) == ["open"]


def test_who_does_not_fit_any_more_is_not_asked(store: Database, world: World) -> None:
    with store.write() as session:
        session.get(Volunteer, person_id(session, AMINA)).slots = slots_of(["mon"], ["night"])
    assert propose(store, world.mission_id) == "gone"
    with store.write() as session:
        session.get(Volunteer, person_id(session, AMINA)).paused = True
    assert propose(store, world.mission_id) == "gone"
    assert count(store, Proposal) == 0


def test_a_yes_that_comes_too_late_is_told_so(store: Database, world: World) -> None:
    propose(store, world.mission_id)
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
        session.get(Mission, world.mission_id).capacity = 1
        applications.apply(session, BRAHIM, world.mission_id, NOW)
        applications.answer(session, OWNER, applications.of_person(session, BRAHIM)[0][0].id, True, NOW)
    assert answer(store, True)["outcome"] == "full"
    assert states(store) == ["expired"]


def test_a_mission_that_was_closed_meanwhile_is_gone(store: Database, world: World) -> None:
    propose(store, world.mission_id)
    with store.write() as session:
        session.get(Mission, world.mission_id).state = "cancelled"
    assert answer(store, True)["outcome"] == "gone"
    assert count(store, Application) == 0


def test_what_nobody_answers_ends_after_a_week_once(store: Database, world: World) -> None:
    propose(store, world.mission_id)
    for days, ended in ((6, 0), (8, 1), (9, 0)):
        assert promises.run(store, NOW + timedelta(days=days)).invitations_ended == ended
    assert states(store) == ["expired"]
    assert len(told(store, OWNER)) == 1
    assert answer(store, True, at=NOW + timedelta(days=9))["outcome"] == "late"


def test_who_says_yes_more_often_comes_first_among_equals(store: Database, world: World) -> None:
    with store.write() as session:
        owner = session.get(Organisation, world.organisation_id)
        old = [mission(session, owner, title=f"Old{n}", capacity=9).id for n in range(3)]
        people = {}
        for chat_id, name in ((BRAHIM, "Brahim"), (BRAHIM + 50, "Dounia")):
            people[chat_id] = volunteer(session, chat_id, name).person_id
        for number in old:
            session.get(Mission, number).state = "finished"
            for chat_id, state in ((BRAHIM, "declined"), (BRAHIM + 50, "accepted")):
                session.add(Proposal(mission_id=number, person_id=people[chat_id], state=state, created_at=NOW - timedelta(days=90)))
        session.flush()
        found = [match.volunteer.person_id for match in recommendations.volunteers_for(session, owner.id, NOW).matches]
        assert found == [people[BRAHIM + 50], person_id(session, AMINA), people[BRAHIM]]


# ---- places under contention


def _accept(url: str, chat_id: int, kind: str, number: int, start: Any, found: Any) -> None:
    database = Database(url)
    start.wait()
    with database.write() as session:
        if kind == "proposal":
            outcome = proposals.answer(session, chat_id, number, True, NOW)
        else:
            outcome = applications.answer(session, OWNER, number, True, NOW)
    found.put(outcome["outcome"])
    database.close()


def test_two_processes_never_give_more_places_than_there_are(store: Database) -> None:
    """An organisation accepts applications while people say yes to its invitations: each in a process of its own, all at once."""
    world = small_world(store, capacity=2)
    with store.write() as session:
        asked = []
        for number in range(6):
            chat_id = 9_100 + number
            person = volunteer(session, chat_id, f"V{number}").person_id
            if number % 2:
                session.add(made := Proposal(mission_id=world.mission_id, person_id=person, state="open", created_at=NOW))
                session.flush()
                asked.append((chat_id, "proposal", made.id))
            else:
                applications.apply(session, chat_id, world.mission_id, NOW)
                asked.append((chat_id, "application", applications.of_person(session, chat_id)[0][0].id))
    context = multiprocessing.get_context("spawn")
    start, found = context.Event(), context.Queue()
    running = [context.Process(target=_accept, args=(store.url, *one, start, found)) for one in asked]
    for process in running:
        process.start()
    start.set()
    outcomes = sorted(found.get(timeout=120) for _ in running)
    for process in running:
        process.join()
    assert outcomes == ["accepted"] * 2 + ["full"] * 4
    with store.read() as session:
        assert len(session.execute(select(Application.id).where(Application.state == "accepted")).all()) == 2
