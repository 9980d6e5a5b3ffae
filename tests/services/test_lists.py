"""Lists as people read them: what stands on a card, and what never does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from bot.matching.fairness import LIST_LENGTH
from bot.matching.model import VolunteerProfile
from bot.messages.outbox import Draft
from bot.services import lists, recommendations, record, showcase
from bot.store.engine import Database
from bot.store.models import Mission, Organisation, Recommendation
from bot.texts import REGISTERS, text
from tests.worlds import AMINA, NOW, OWNER, World, count, mission, organisation, person_id, small_world, volunteer

NAMES = ["Amina", "Zoubida", "Hicham-Reda", "كلثوم"]


@pytest.fixture
def world(database: Database) -> World:
    return small_world(database)


@pytest.fixture
def session(database: Database, world: World) -> Iterator[Session]:
    with database.write() as opened:
        yield opened


def for_amina(session: Session, register: str = "fr") -> Draft | None:
    [profile] = record.volunteer_profiles(session, [person_id(session, AMINA)])
    return lists.missions(session, AMINA, profile, register, "missions_found", NOW)


def for_organisation(session: Session, world: World, register: str = "fr") -> Draft | None:
    return lists.volunteers(session, OWNER, world.organisation_id, register, "digest_volunteers", NOW)


@pytest.mark.parametrize("register", REGISTERS)
def test_the_cards_of_volunteers_are_anonymous(session: Session, world: World, register: str) -> None:
    for number, name in enumerate(NAMES):
        volunteer(session, 7_000_000 + number, name)
    draft = for_organisation(session, world, register)
    assert draft is not None
    assert draft.text.count("📍") == len(NAMES) + 1  # Amina of the world, and these
    whole = draft.text + json.dumps([choice.payload + choice.title for choice in draft.choices])
    assert not [name for name in NAMES if name in whole]
    assert not re.search(r"7[\s.,]?000[\s.,]?00|@", whole)


@pytest.mark.parametrize("register", REGISTERS)
def test_a_mission_stands_with_its_organisation_in_every_register(session: Session, register: str) -> None:
    draft = for_amina(session, register)
    assert draft is not None
    assert "Soutien scolaire" in draft.text and "Jossour" in draft.text
    assert "{" not in draft.text


def test_the_buttons_name_missions_by_public_number(session: Session, world: World) -> None:
    owner = session.get(Organisation, world.organisation_id)
    other = mission(session, owner, title="Photos", cause="sport").id
    draft = for_amina(session)
    assert draft is not None
    assert [(choice.title, choice.payload) for choice in draft.choices] == [
        ("1", f'/apply_to_mission{{"mission": "{world.mission_id}"}}'),
        ("2", f'/apply_to_mission{{"mission": "{other}"}}'),
        (text("fr", "button_dismiss"), "/dismiss_mission"),
    ]


def test_a_list_is_short_and_says_how_many_there_are(session: Session, world: World) -> None:
    owner = session.get(Organisation, world.organisation_id)
    for number in range(LIST_LENGTH + 2):
        mission(session, owner, title=f"M{number}")
    draft = for_amina(session)
    assert draft is not None
    assert len([choice for choice in draft.choices if choice.title.isdecimal()]) == LIST_LENGTH
    assert str(LIST_LENGTH + 3) in draft.text.splitlines()[0]


def test_what_an_organisation_wrote_cannot_write_markup(session: Session, world: World) -> None:
    session.get(Mission, world.mission_id).title = "<a href='https://x'>Viens</a> & vite"
    draft = for_amina(session)
    theirs = for_organisation(session, world)
    assert draft is not None and theirs is not None
    for words in (draft.text, theirs.text):
        assert "<a " not in words
        assert "&lt;a href='https://x'&gt;Viens&lt;/a&gt; &amp; vite" in words


def test_where_nothing_fits_there_is_no_list(session: Session, world: World) -> None:
    nowhere = VolunteerProfile(causes=("sport",), slots=0)
    assert lists.missions(session, AMINA, nowhere, "fr", "missions_found", NOW) is None
    session.get(Mission, world.mission_id).slots = 0
    session.flush()
    assert for_organisation(session, world) is None


def test_a_search_without_a_profile_is_remembered_for_the_chat_and_of_nobody(database: Database, session: Session) -> None:
    assert lists.missions(session, 999, VolunteerProfile(skills_known=False), "fr", "missions_found", NOW) is not None
    assert recommendations.mission_named(session, 999, "1") is not None
    session.commit()
    assert count(database, Recommendation) == 0


@pytest.mark.parametrize("register", REGISTERS)
def test_the_public_page_shows_missions_and_no_person(session: Session, world: World, register: str) -> None:
    hidden = organisation(session, 905, "Cachée")
    mission(session, hidden, title="Invisible")
    hidden.state = "pending"
    draft = mission(session, session.get(Organisation, world.organisation_id), title="Brouillon")
    draft.state = "draft"
    volunteer(session, 7_000_001, "Zoubida")
    session.flush()
    [shown] = showcase.open_missions(session, register, NOW.date())
    assert (shown["title"], shown["organisation"]) == ("Soutien scolaire", "Jossour")
    assert all(isinstance(value, str) and value for value in shown.values())
    whole = json.dumps(shown, ensure_ascii=False)
    for private in ("Amina", "Zoubida", "Karim", "Invisible", "Cachée", "Brouillon", str(AMINA), str(OWNER)):
        assert private not in whole
