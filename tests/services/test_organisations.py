"""Organisations: who may speak for them, when their missions are shown, what they publish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.services import organisations, profiles, record, showcase
from bot.services.organisations import Need, Registration
from bot.services.profiles import Speaker
from bot.settings import settings
from bot.store.engine import Database
from bot.store.models import Initiative, Mission, Organisation, OrganisationMember, Subscription
from tests.worlds import AMINA, NOW, OTHER_OWNER, OWNER, SATURDAY_MORNING, count, day, mission, organisation, volunteer

REGISTRATION = Registration("cooperative", "Tifaouine", "Sidi Moumen", ("women", "employment"), "Couture")
NEED = Need("Photos", "women", "Maârif", SATURDAY_MORNING, 3)


@pytest.fixture(params=["staff", "auto"])
def validation(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, database: Database) -> str:
    chosen: str = request.param
    set_validation(monkeypatch, chosen)
    return chosen


def set_validation(monkeypatch: pytest.MonkeyPatch, chosen: str) -> None:
    monkeypatch.setenv("ORGANISATION_VALIDATION", chosen)
    settings.cache_clear()


def registered(database: Database, chat_id: int = OWNER, registration: Registration = REGISTRATION) -> int:
    with database.write() as session:
        return int(organisations.register(session, Speaker(chat_id, "Karim", "fr"), registration, NOW).id)


def shown(database: Database) -> list[int]:
    """Missions that anybody may be shown; the public page and the matches agree on them."""
    with database.read() as session:
        assert len(showcase.open_missions(session, "fr", NOW.date())) == len(record.open_missions(session))
        return [need.mission_id for need in record.open_missions(session)]


def test_an_organisation_is_kept_as_it_described_itself(database: Database) -> None:
    number = registered(database)
    with database.read() as session:
        row = session.get(Organisation, number)
        assert (row.kind, row.name, row.place, row.causes, row.services) == (
            "cooperative",
            "Tifaouine",
            "Sidi Moumen",
            ("women", "employment"),
            "Couture",
        )
        assert (row.latitude, row.longitude) == pytest.approx((33.587, -7.512), abs=0.05)
        assert profiles.has_consent(session, OWNER)


def test_its_missions_are_shown_once_it_is_validated(database: Database, validation: str) -> None:
    number = registered(database)
    with database.write() as session:
        made = organisations.publish(session, OWNER, number, NEED, NOW).id
        assert organisations.is_validated(session, number) is (validation == "auto")
    assert shown(database) == ([made] if validation == "auto" else [])
    with database.write() as session:
        organisations.validate(session, number, NOW)
    assert shown(database) == [made]


@pytest.mark.parametrize(("state", "then"), [("refused", "pending"), ("flagged", "flagged"), ("withdrawn", "withdrawn")])
def test_registering_again_does_not_lift_what_staff_decided(database: Database, validation: str, state: str, then: str) -> None:
    """Who was refused is looked at again, by a person even where all others are validated at once."""
    number = registered(database)
    with database.write() as session:
        session.get(Organisation, number).state = state
    registered(database)
    with database.read() as session:
        assert session.get(Organisation, number).state == then


def test_the_same_name_by_the_same_person_is_the_same_organisation(database: Database) -> None:
    first = registered(database)
    again = registered(database, registration=replace(REGISTRATION, place="Anfa", causes=("culture",)))
    assert first == again
    assert [count(database, model) for model in (Organisation, OrganisationMember, Subscription)] == [1, 1, 1]
    with database.read() as session:
        assert session.get(Organisation, first).causes == ("culture",)


def test_the_same_name_by_somebody_else_is_another_organisation(database: Database) -> None:
    first, second = registered(database), registered(database, OTHER_OWNER)
    assert first != second
    with database.read() as session:
        assert organisations.speaks_for(session, OWNER, first) and not organisations.speaks_for(session, OWNER, second)


def test_only_members_speak_for_an_organisation(database: Database) -> None:
    number = registered(database)
    with database.write() as session:
        volunteer(session)
        other = organisation(session, OTHER_OWNER, "Autre").id
        speakers = {chat: [made.id for made in organisations.spoken_for(session, chat)] for chat in (OWNER, OTHER_OWNER, AMINA, 1)}
    assert speakers == {OWNER: [number], OTHER_OWNER: [other], AMINA: [], 1: []}


def test_a_member_added_speaks_too_and_gets_one_list(database: Database) -> None:
    number = registered(database)
    with database.write() as session:
        person = profiles.keep_person(session, Speaker(OTHER_OWNER, "Hind", "ar"), NOW)
        for _ in range(2):
            organisations.add_member(session, session.get(Organisation, number), person, NOW)
        assert organisations.speaks_for(session, OTHER_OWNER, number)
    assert (count(database, OrganisationMember), count(database, Subscription)) == (2, 2)
    with database.read() as session:
        assert {row.audience for row in session.execute(select(Subscription)).scalars()} == {f"organisation:{number}"}


@pytest.mark.parametrize("chat_id", [AMINA, OTHER_OWNER, 1])
def test_nobody_else_publishes_for_an_organisation(database: Database, chat_id: int) -> None:
    number = registered(database)
    with database.write() as session:
        volunteer(session)
        organisation(session, OTHER_OWNER, "Autre")
    with pytest.raises(PermissionError), database.write() as session:
        organisations.publish(session, chat_id, number, NEED, NOW)
    assert (count(database, Mission), count(database, Initiative)) == (0, 0)


def test_a_mission_is_published_as_drafted(database: Database) -> None:
    number = registered(database)
    need = replace(
        NEED, starts_on=day("2026-12-05"), ends_on=day("2026-12-06"), time_from="10:00", time_to="12:00", mode="remote", skills=("it",)
    )
    with database.write() as session:
        made = organisations.publish(session, OWNER, number, need, NOW).id
    with database.read() as session:
        row = session.get(Mission, made)
        assert (row.title, row.place, row.mode, row.capacity, row.slots) == ("Photos", "Maârif", "remote", 3, SATURDAY_MORNING)
        assert (row.starts_on, row.ends_on, row.time_from, row.time_to) == (need.starts_on, need.ends_on, "10:00", "12:00")
        assert (row.skills_required, row.state, row.minimum_age) == (("it",), "published", organisations.ADULT)
        assert (row.initiative.cause, row.initiative.organisation_id) == ("women", number)


WRONG: list[Callable[[Database], object]] = [
    lambda database: registered(database, registration=replace(REGISTRATION, place="Atlantis")),
    lambda database: publish_anywhere(database, replace(NEED, place="Atlantis")),
]


def publish_anywhere(database: Database, need: Need) -> None:
    with database.write() as session:
        mission(session, organisation(session), place=need.place)


@pytest.mark.parametrize("wrong", WRONG, ids=["register", "publish"])
def test_an_unknown_place_keeps_nothing(database: Database, wrong: Callable[[Database], object]) -> None:
    with pytest.raises(ValueError, match="Atlantis"):
        wrong(database)
    assert (count(database, Organisation), count(database, Mission)) == (0, 0)


def test_missions_that_are_over_are_not_listed_as_its_own(database: Database) -> None:
    with database.write() as session:
        owner = organisation(session)
        made = [mission(session, owner, title=state) for state in ("published", "full", "pending", "finished", "cancelled", "draft")]
        for row in made:
            row.state = row.title
        other = organisation(session, OTHER_OWNER, "Autre")
        mission(session, other)
        assert [row.title for row in organisations.missions_of(session, owner.id)] == ["pending", "full", "published"]


def test_staff_validates_once_and_only_what_is_there(database: Database) -> None:
    number = registered(database)
    later = NOW.replace(hour=12)
    with database.write() as session:
        session.get(Organisation, number).state = "pending"
        assert organisations.validate(session, 999, NOW) is None
        for at in (NOW, later):
            organisations.validate(session, number, at)
        assert session.get(Organisation, number).validated_at == NOW
