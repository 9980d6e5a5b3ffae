"""A copy, being forgotten, and what is kept, in conversation."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from bot.services import guardians
from bot.store.engine import Database
from bot.store.models import Erasure, OutboxMessage, Person
from bot.texts import REGISTERS
from tests.actions.chat import Chat
from tests.actions.worlds import mission, speaker_for, volunteer
from tests.conftest import NOW

SALMA, KARIM = 501, 601


def wishes(database: Database) -> list[tuple[int, str]]:
    with database.read() as session:
        return [(row.chat_id, row.register) for row in session.execute(select(Erasure)).scalars()]


@pytest.mark.parametrize("register", REGISTERS)
async def test_the_copy_comes_as_two_files(register: str, database: Database) -> None:
    volunteer(database, SALMA, register=register)
    chat = Chat(register)
    await chat.say("?", "export_my_data")
    assert chat.heard_keys("export_sent")
    await chat.repeat()
    with database.read() as session:
        rows = session.execute(select(OutboxMessage).where(OutboxMessage.chat_id == SALMA)).scalars().all()
        assert [row.body["file_name"].rpartition(".")[2] for row in rows] == ["txt", "json"]


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize("how", ["button", "words"])
async def test_erasure_takes_a_yes(register: str, how: str, database: Database) -> None:
    volunteer(database, SALMA, register=register)
    chat = Chat(register)
    await chat.say("?", "delete_my_data")
    assert chat.heard_keys("erasure_confirm") and chat.loop == "erasure_form"
    assert wishes(database) == [], "nothing happens before the yes"
    await (chat.press("button_erase_yes") if how == "button" else chat.say("oui", "affirm"))
    assert chat.heard_keys("erasure_begun") and chat.loop is None
    assert wishes(database) == [(SALMA, register)]
    await chat.repeat()
    assert len(wishes(database)) == 1


@pytest.mark.parametrize("how", ["button", "words", "stop"])
async def test_a_no_keeps_everything(how: str, database: Database) -> None:
    volunteer(database, SALMA)
    chat = Chat("fr")
    await chat.say("supprimez mes données", "delete_my_data")
    if how == "button":
        await chat.press("button_erase_no")
    else:
        await chat.say("non", "deny" if how == "words" else "stop")
    assert chat.heard_keys("erasure_kept") and chat.loop is None
    assert wishes(database) == []


async def test_a_yes_to_nothing_erases_nothing(database: Database) -> None:
    chat = Chat("fr")
    await chat.say("supprimez mes données", "delete_my_data")
    await chat.say("voir les missions", "search_missions")
    await chat.say("oui", "affirm")
    assert chat.heard_keys("nothing_asked")
    assert wishes(database) == []


async def test_questions_in_the_middle_are_answered(database: Database) -> None:
    chat = Chat("fr")
    await chat.say("supprimez mes données", "delete_my_data")
    await chat.say("c'est gratuit ?", "faq/is_free")
    assert chat.heard_keys("faq_is_free", "erasure_confirm")
    await chat.say("brzg", "nlu_fallback", 0.2)
    assert chat.heard_keys("not_understood_here", "erasure_confirm")
    await chat.press("button_export")
    assert chat.heard_keys("export_sent") and chat.loop is None


async def test_who_speaks_alone_for_an_organisation_is_warned(database: Database) -> None:
    speaker_for(database, KARIM, "Jossour")
    chat = Chat("fr", KARIM)
    await chat.say("supprimez mes données", "delete_my_data")
    assert "Jossour" in chat.heard[0]
    await Chat("fr", SALMA).say("?", "delete_my_data")


@pytest.mark.parametrize("register", REGISTERS)
async def test_what_is_kept_is_shown_with_ways_on(register: str, database: Database) -> None:
    speaker_for(database, SALMA, "Jossour", register)
    volunteer(database, SALMA, register=register)
    chat = Chat(register)
    await chat.say("?", "show_profile")
    assert chat.heard_first("profile")
    for part in ("Salma", "Jossour", "09-08"):
        assert part in chat.heard[0]
    await chat.press("button_notice")
    assert chat.heard_keys("faq_personal_data")
    await chat.press("button_export")
    assert chat.heard_keys("export_sent")


async def test_who_only_speaks_for_an_organisation_sees_that(database: Database) -> None:
    speaker_for(database, KARIM, "Jossour")
    chat = Chat("fr", KARIM)
    await chat.say("?", "show_profile")
    assert "Jossour" in chat.heard[0]
    await Chat("fr", 777).say("?", "show_profile")


# ---- people who are not 18 yet


@pytest.fixture
def open_to_teens(database: Database) -> int:
    owner = speaker_for(database, KARIM, "Jossour")
    return mission(database, KARIM, owner, "Lecture", minimum_age=16)


SAID = {
    "fr": ("je peux aider à Maârif pour l'éducation le samedi matin", "j'ai 17 ans"),
    "ary-Latn": ("bghit n3awen f maarif f ta3lim nhar sebt f sba7", "3ndi 17 3am"),
    "ary-Arab": ("بغيت نعاون فالمعاريف فالتعليم نهار السبت فالصباح", "عندي 17 عام"),
    "ar": ("أريد المساعدة في المعاريف في التعليم صباح السبت", "عمري 17 سنة"),
}


async def until_summary(chat: Chat, words: str) -> None:
    await chat.say(words, "offer_volunteering")
    while chat.offer.get("asked") != "confirm":
        await chat.tap("/skip")


@pytest.mark.parametrize("register", REGISTERS)
async def test_an_age_that_is_told_is_not_asked(register: str, open_to_teens: int, database: Database) -> None:
    words, age = SAID[register]
    chat = Chat(register)
    await until_summary(chat, f"{words}, {age}")
    assert chat.offer["age_band"] == "teen"
    await chat.press("button_consent")
    await chat.tap(f'/apply_to_mission{{"mission": "{open_to_teens}"}}')
    assert chat.heard_first("apply_guardian")
    link = chat.heard[0].split("start=")[1].split()[0].strip("\u2069")
    with database.read() as session:
        assert not session.execute(select(OutboxMessage).where(OutboxMessage.chat_id == KARIM)).first(), "the organisation hears nothing"
    parent = Chat(register, 901, "Rachid")
    await parent.tap(f'/start{{"payload": "{link}"}}')
    assert "Salma" in parent.heard[-1]
    await parent.press("button_guardian_yes")
    assert parent.heard_first("guardian_agreed")
    await chat.tap(f'/apply_to_mission{{"mission": "{open_to_teens}"}}')
    assert chat.heard_first("apply_applied")
    with database.read() as session:
        assert session.execute(select(Person).where(Person.chat_id == 901)).first() is None


@pytest.mark.parametrize("register", REGISTERS)
async def test_the_button_under_the_summary_asks_the_age(register: str, database: Database) -> None:
    chat = Chat(register)
    await until_summary(chat, SAID[register][0])
    await chat.press("button_minor")
    assert chat.heard_keys("ask_age")
    await chat.press("button_teen")
    assert chat.heard_keys("offer_summary") and chat.offer["age_band"] == "teen"
    await chat.say("j'ai 18 ans")
    assert chat.offer["age_band"] == "adult"


@pytest.mark.parametrize("register", REGISTERS)
async def test_nothing_is_kept_of_a_child(register: str, database: Database) -> None:
    chat = Chat(register)
    await until_summary(chat, SAID[register][0])
    await chat.press("button_minor")
    await chat.press("button_child")
    assert chat.heard_keys("minor_child") and (chat.loop, chat.offer) == (None, {})
    await chat.say("oui", "affirm")
    with database.read() as session:
        assert not session.execute(select(Person)).first()


async def test_an_age_alone_is_no_number_of_a_mission(database: Database, open_to_teens: int) -> None:
    chat = Chat("fr")
    await chat.say("j'ai 15 ans", "inform")
    assert chat.heard_keys("minor_child")


async def test_a_teen_opens_his_own_link_in_vain(database: Database) -> None:
    volunteer(database, SALMA, age_band="teen")
    with database.write() as session:
        token = guardians.token_for(session, SALMA, NOW)
    chat = Chat("fr")
    await chat.tap(f'/start{{"payload": "g_{token}"}}')
    assert chat.heard[-1:] and chat.heard_first("guardian_self")
    await chat.tap(f'/start{{"payload": "g_{token}", "answer": "yes"}}')
    assert chat.heard_first("guardian_self")
    await Chat("fr", 999).tap('/start{"payload": "g_aaaaaaaaaaaaaaaaaaaa"}')


async def test_a_mission_for_adults_says_so(database: Database) -> None:
    owner = speaker_for(database, KARIM, "Jossour")
    number = mission(database, KARIM, owner, "Chantier")
    volunteer(database, SALMA, age_band="teen")
    chat = Chat("fr")
    await chat.tap(f'/apply_to_mission{{"mission": "{number}"}}')
    assert chat.heard_keys("apply_age")
    await chat.say(f"pourquoi je ne vois pas la mission n°{number} ?", "search_missions")
    assert "réservée aux adultes" in chat.heard[0]


def test_profiles_of_before_are_of_adults(database: Database) -> None:
    volunteer(database, SALMA)
    with database.write() as session:
        session.execute(update(Person).values(first_name="x"))
        person = session.execute(select(Person)).scalar_one()
        assert person.volunteer.age_band == "adult"
