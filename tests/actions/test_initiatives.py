"""What an organisation does with what it published, in conversation: looks, changes, does it again, ends it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.services import applications
from bot.store.engine import Database
from bot.store.models import Application, Mission, OutboxMessage
from bot.texts import REGISTERS
from tests.actions.chat import Chat
from tests.actions.worlds import mission, speaker_for, volunteer
from tests.conftest import NOW

SALMA, KARIM, OTHER = 501, 601, 602
ANNOUNCEMENT = """🌳🌳 Grande journée de plantation à Benslimane !
Nous cherchons 20 bénévoles le samedi 12 décembre de 9h à 12h.
Jardiniers bienvenus, à partir de 16 ans. Venez nombreux !"""


@pytest.fixture
def owner(database: Database) -> int:
    return speaker_for(database, KARIM, "Jossour")


@pytest.fixture
def school(database: Database, owner: int) -> int:
    return mission(database, KARIM, owner, "Soutien scolaire")


@pytest.fixture
def beach(database: Database, owner: int, school: int) -> int:
    return mission(database, KARIM, owner, "Plage propre", cause="environment")


def saved(database: Database, number: int) -> Mission:
    with database.read() as session:
        found = session.get(Mission, number)
        session.expunge(found)
        return found


@pytest.mark.parametrize("register", REGISTERS)
async def test_a_list_leads_to_one_and_what_can_be_done_with_it(register: str, school: int, beach: int) -> None:
    chat = Chat(register, KARIM)
    await chat.say("?", "my_initiatives")
    assert chat.heard_first("initiatives")
    await chat.tap(chat.buttons["2"])
    assert chat.heard_first("initiative_card") and "Soutien scolaire" in chat.heard[0]
    assert {f'/{name}_initiative{{"mission": "{school}"}}' for name in ("update", "publish", "close")} <= set(chat.buttons.values())


@pytest.mark.parametrize(
    ("register", "words"),
    [
        ("fr", "change l'heure : le dimanche après-midi"),
        ("ary-Latn", "bdel lwe9t nhar l7ed f l3chiya"),
        ("ary-Arab", "بدل الوقت نهار الحد فالعشية"),
        ("ar", "غير الموعد إلى يوم الأحد بعد الزوال"),
    ],
)
async def test_one_sentence_and_a_yes_change_it(register: str, words: str, school: int, database: Database) -> None:
    chat = Chat(register, KARIM)
    before = saved(database, school).slots
    await chat.say(words, "update_initiative")
    assert chat.heard_first("initiative_change_summary"), chat.heard
    assert saved(database, school).slots == before, "nothing is changed before the yes"
    await chat.press("button_save")
    assert chat.heard_first("initiative_changed")
    assert saved(database, school).slots != before


async def test_several_changes_one_after_the_other(school: int, database: Database) -> None:
    chat = Chat("fr", KARIM)
    await chat.tap(f'/update_initiative{{"mission": "{school}"}}')
    await chat.say("plutôt à Anfa")
    await chat.say("8 bénévoles")
    assert "8" in chat.heard[0] and "Anfa" in chat.heard[0]
    await chat.say("oui", "affirm")
    found = saved(database, school)
    assert (found.place, found.capacity) == ("Anfa", 8)


async def test_leaving_changes_nothing_and_another_starts_anew(school: int, beach: int, database: Database) -> None:
    chat = Chat("fr", KARIM)
    await chat.tap(f'/update_initiative{{"mission": "{school}"}}')
    await chat.say("plutôt à Anfa")
    await chat.press("button_leave")
    assert chat.heard_first("initiative_unchanged")
    await chat.tap(f'/update_initiative{{"mission": "{beach}"}}')
    assert "Plage propre" in chat.heard[0] and "📍 Maârif" in chat.heard[0]
    await chat.say("oui", "affirm")
    assert saved(database, school).place == saved(database, beach).place == "Maârif"


async def test_of_several_the_meant_one_is_asked_for(school: int, beach: int) -> None:
    chat = Chat("fr", KARIM)
    await chat.say("modifier mon annonce", "update_initiative")
    assert chat.heard_first("update_which")
    await chat.tap(chat.buttons["Soutien scolaire"])
    assert chat.heard_first("initiative_change_summary")


@pytest.mark.parametrize("intent", ["update_initiative", "close_initiative"])
async def test_who_speaks_for_nobody_is_told_so(intent: str, school: int) -> None:
    chat = Chat("fr", SALMA)
    await chat.say("?", intent)
    assert chat.heard_first("no_organisation")


async def test_fewer_places_than_people_is_refused_and_asked_again(school: int, database: Database) -> None:
    for chat_id in (SALMA, OTHER):
        volunteer(database, chat_id)
    with database.write() as session:
        for chat_id in (SALMA, OTHER):
            applications.apply(session, chat_id, school, NOW)
            number = session.execute(select(Application.id).order_by(Application.id.desc())).scalars().first()
            applications.answer(session, KARIM, number, True, NOW)
    chat = Chat("fr", KARIM)
    await chat.tap(f'/update_initiative{{"mission": "{school}"}}')
    await chat.say("1 bénévole")
    await chat.press("button_save")
    assert chat.heard_first("initiative_fewer")
    await chat.say("2 bénévoles")
    await chat.press("button_save")
    assert chat.heard_first("initiative_changed")


@pytest.mark.parametrize("register", REGISTERS)
async def test_ending_takes_a_yes_and_tells_those_concerned(register: str, school: int, database: Database) -> None:
    volunteer(database, SALMA)
    with database.write() as session:
        applications.apply(session, SALMA, school, NOW)
    chat = Chat(register, KARIM)
    await chat.say("?", "close_initiative")
    assert chat.heard_first("close_confirm_one")
    assert saved(database, school).state == "published"
    await chat.press("button_close_yes")
    assert chat.heard_first("initiative_closed")
    assert saved(database, school).state == "cancelled"
    with database.read() as session:
        rows = session.execute(select(OutboxMessage).where(OutboxMessage.chat_id == SALMA)).scalars().all()
        assert len(rows) == 1 and "Soutien scolaire" in rows[0].body["text"]


async def test_done_again_all_but_its_date(owner: int, database: Database) -> None:
    number = mission(
        database, KARIM, owner, "Plantation", starts_on=NOW.date(), ends_on=NOW.date(), time_from="09:00", time_to="12:00", capacity=20
    )
    chat = Chat("fr", KARIM)
    await chat.tap(f'/publish_initiative{{"mission": "{number}"}}')
    assert chat.heard_first("ask_mission_when"), chat.heard
    await chat.say("le samedi 19 décembre de 9h à 12h")
    await chat.say("rien de spécial", "skip")
    assert chat.heard_first("initiative_summary"), chat.heard
    await chat.say("oui", "affirm")
    with database.read() as session:
        again = session.execute(select(Mission).order_by(Mission.id.desc())).scalars().first()
        assert (again.id != number, again.title, again.capacity, again.starts_on.isoformat()) == (True, "Plantation", 20, "2026-12-19")


async def test_a_pasted_announcement_leaves_only_gaps(owner: int, database: Database) -> None:
    chat = Chat("fr", KARIM)
    await chat.say(ANNOUNCEMENT, "publish_initiative")
    assert chat.heard_first("initiative_summary"), chat.heard
    for part in ("Grande journée de plantation à Benslimane", "20", "16 ans", "Benslimane"):
        assert part in chat.heard[0], part
    await chat.press("button_confirm")
    with database.read() as session:
        made = session.execute(select(Mission)).scalar_one()
        assert (made.capacity, made.minimum_age, made.starts_on.isoformat(), made.time_from) == (20, 16, "2026-12-12", "09:00")
        assert (made.skills_required, made.skills_welcome) == ((), ("gardening",))


async def test_distributing_aid_asks_for_the_authorisation(owner: int, database: Database) -> None:
    chat = Chat("fr", KARIM)
    await chat.say("on cherche 5 bénévoles samedi matin à Sbata pour distribuer des paniers alimentaires", "publish_initiative")
    await chat.say("Distribution de paniers")
    await chat.say("non", "skip")
    assert chat.heard_first("ask_mission_authorisation"), chat.heard
    await chat.say("N° 123/2026 du 2 novembre")
    assert chat.heard_first("initiative_summary") and "123/2026" in chat.heard[0]
    await chat.press("button_confirm")
    with database.read() as session:
        assert session.execute(select(Mission.authorisation)).scalar_one() == "N° 123/2026 du 2 novembre"


async def test_the_summary_forecasts(owner: int, database: Database) -> None:
    volunteer(database, SALMA)
    chat = Chat("fr", KARIM)
    await chat.say("cours pour enfants le lundi soir à Maârif, 3 bénévoles", "publish_initiative")
    await chat.say("Cours du lundi")
    await chat.say("non", "skip")
    assert chat.heard_first("initiative_summary")
    assert "🔮" in chat.heard[0] and "💡" in chat.heard[0], "on Monday evening nobody can, on Saturday one could"


async def test_a_yes_that_names_no_mission_ends_none(school: int, database: Database) -> None:
    chat = Chat("fr", KARIM)
    await chat.tap('/close_initiative{"answer": "yes"}')
    assert chat.heard_first("close_confirm")
    assert saved(database, school).state == "published"
