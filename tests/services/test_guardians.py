"""Volunteers of 16 and 17: what they are shown, and the yes of a guardian before the first application; on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.services import applications, guardians, invitations, profiles, recommendations, record
from bot.services.profiles import Offer, Speaker
from bot.store.engine import Database
from bot.store.models import Application, Consent, Invitation, Mission, OutboxMessage, Person
from bot.texts import text
from tests.worlds import AMINA, BRAHIM, NOW, OWNER, SALMA, mission, organisation, outbox_rows, person_id, volunteer

PARENT = 777


@pytest.fixture
def numbers(store: Database) -> list[int]:
    """Missions open from 16, 17 and 18 on, one open from 16 on by contract; a teen; returns the missions' ids."""
    with store.write() as session:
        owner = organisation(session)
        made = [mission(session, owner, f"Dès {age} ans", minimum_age=age) for age in (16, 17, 18)]
        made.append(mission(session, owner, "Avec contrat", minimum_age=16))
        made[-1].framework = "contract_06_18"
        volunteer(session, AMINA, "Amina", age_band="teen")
        return [int(one.id) for one in made]


def link(store: Database, chat_id: int = AMINA) -> str:
    with store.write() as session:
        token = guardians.token_for(session, chat_id, NOW)
        assert token
        return token


def agree(store: Database, token: str, chat_id: int = PARENT, days: int = 0) -> str:
    with store.write() as session:
        return str(guardians.agree(session, chat_id, token, NOW + timedelta(days=days))["outcome"])


def apply(store: Database, mission_id: int) -> str:
    with store.write() as session:
        return str(applications.apply(session, AMINA, mission_id, NOW)["outcome"])


def test_only_what_is_open_at_that_age_is_shown(store: Database, numbers: list[int]) -> None:
    with store.read() as session:
        [profile] = record.volunteer_profiles(session, [person_id(session, AMINA)])
        assert [match.mission.mission_id for match in recommendations.select_missions(session, profile, NOW).matches] == numbers[:1]
        assert recommendations.obstacles(session, profile, numbers[1], NOW) == ["age"]


def test_what_is_for_adults_is_said_to_be(store: Database, numbers: list[int]) -> None:
    agree(store, link(store))
    assert [apply(store, number) for number in numbers] == ["applied", "age", "age", "age"]


def test_no_application_before_the_yes_and_any_after_it(store: Database, numbers: list[int]) -> None:
    assert apply(store, numbers[0]) == "guardian"
    with store.read() as session:
        assert session.execute(select(func.count(Application.id))).scalar_one() == 0
        assert not session.execute(select(OutboxMessage)).first(), "the organisation hears nothing"
    assert agree(store, link(store)) == "agreed"
    assert [row.body["text"] for row in outbox_rows(store, AMINA)] == [text("fr", "guardian_said_yes")]
    assert apply(store, numbers[0]) == "applied"
    with store.read() as session:
        assert session.execute(select(Consent.purpose).order_by(Consent.id)).scalars().all() == [
            "profile",
            "profile",
            "guardian",
            "application",
        ]
        assert session.execute(select(Person).where(Person.chat_id == PARENT)).first() is None, "nothing of the guardian is kept"


def test_a_link_serves_once_and_a_week(store: Database, numbers: list[int]) -> None:
    token = link(store)
    assert link(store) == token, "one that is still good is handed on again"
    assert agree(store, token, days=invitations.LIFETIME_DAYS + 1) == "gone"
    assert [agree(store, token), agree(store, token, BRAHIM)] == ["agreed", "gone"]
    with store.read() as session:
        assert session.execute(select(Invitation.used_by_chat_id)).scalars().all() == [PARENT]


def test_nobody_agrees_for_himself_nor_a_teen_for_another(store: Database, numbers: list[int]) -> None:
    with store.write() as session:
        volunteer(session, SALMA, "Salma", age_band="teen")
        volunteer(session, BRAHIM, "Brahim")
    token = link(store)
    assert [agree(store, token, chat_id) for chat_id in (AMINA, SALMA, BRAHIM)] == ["self", "self", "agreed"]


def test_a_link_of_another_kind_is_none(store: Database, numbers: list[int]) -> None:
    with store.write() as session:
        owner = session.get(Mission, numbers[0]).initiative.organisation_id
        member = invitations.create(session, OWNER, invitations.MEMBER, owner, NOW)
        assert member and guardians.minor_of(session, member, NOW) is None
        assert guardians.token_for(session, 12345, NOW) is None


def test_who_has_come_of_age_needs_nobody(store: Database, numbers: list[int]) -> None:
    token = link(store)
    with store.write() as session:
        volunteer(session, AMINA, "Amina")
    assert apply(store, numbers[2]) == "applied"
    assert agree(store, token) == "gone"


def test_nothing_is_kept_of_a_child(store: Database) -> None:
    offer = Offer("Sami", "Maârif", ["education"], [], 1, age_band="child")
    with pytest.raises(ValueError, match="child"), store.write() as session:
        profiles.save_offer(session, Speaker(AMINA, "Sami", "fr"), offer, NOW)
    with store.read() as session:
        assert profiles.person_of(session, AMINA) is None
