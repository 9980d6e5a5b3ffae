"""Somebody whom the team keeps out: whatever he asks for is refused kindly, with a way to the team and to his rights."""

from __future__ import annotations

import pytest

from bot.services import bans, mission_reviews
from bot.services.audit import Author
from bot.store.engine import Database
from bot.store.models import Application, Message, Mission, Organisation, Volunteer
from bot.texts import REGISTERS, text
from tests.actions.chat import ACTIONS, Chat
from tests.actions.worlds import mission, speaker_for, volunteer
from tests.conftest import NOW
from tests.worlds import count

SALMA, KARIM = 501, 601
ASKED = {
    "fr": "je cherche une mission pour samedi",
    "ar": "أبحث عن مهمة يوم السبت",
    "ary-Arab": "كنقلب على شي مهمة نهار السبت",
    "ary-Latn": "kan9elleb 3la chi mission nhar sebt",
}


def ban(database: Database, chat_id: int) -> None:
    with database.write() as session:
        bans.ban(session, Author(), chat_id, ("conversation", 1), "harassment", NOW)


@pytest.mark.parametrize("register", REGISTERS)
async def test_what_he_asks_for_is_refused_with_ways_on(database: Database, register: str) -> None:
    ban(database, SALMA)
    chat = Chat(register, SALMA)
    assert await chat.say(ASKED[register], "search_missions") == [text(register, "banned")]
    assert list(chat.buttons.values()) == ["/human_handoff", "/export_my_data", "/delete_my_data"]
    await chat.press("button_handoff")
    assert chat.heard != [text(register, "banned")], "the team can be asked"


@pytest.mark.parametrize(
    "intent",
    [
        "offer_volunteering",
        "register_association",
        "publish_initiative",
        "ask_for_help",
        "apply_to_mission",
        "my_commitments",
        "greet",
    ],
)
async def test_nothing_begins(database: Database, intent: str) -> None:
    owner = speaker_for(database, KARIM, "Jossour")
    mission(database, KARIM, owner, "Soutien scolaire")
    ban(database, SALMA)
    chat = Chat("fr", SALMA)
    assert await chat.say("je voudrais bien", intent) == [text("fr", "banned")]
    assert chat.loop is None
    assert count(database, Volunteer) == count(database, Application) == 0 and count(database, Organisation) == 1


async def test_a_question_that_was_open_is_asked_no_more(database: Database) -> None:
    chat = Chat("fr", SALMA)
    await chat.say("je veux aider", "offer_volunteering")
    assert chat.loop == "offer_form"
    ban(database, SALMA)
    assert await chat.say("à Maârif") == [text("fr", "banned")]
    assert chat.loop is None and count(database, Volunteer) == 0


async def test_an_old_button_of_his_organisation_does_nothing(database: Database) -> None:
    owner = speaker_for(database, KARIM, "Jossour")
    number = mission(database, KARIM, owner, "Soutien scolaire")
    ban(database, KARIM)
    chat = Chat("fr", KARIM)
    for payload in (f'/update_initiative{{"mission": "{number}"}}', "/publish_initiative", "/show_volunteers", "/start"):
        await chat.tap(payload)
        assert chat.heard == [text("fr", "banned")], payload


async def test_his_rights_stay_and_so_do_questions_and_reports(database: Database) -> None:
    volunteer(database, SALMA)
    ban(database, SALMA)
    chat = Chat("fr", SALMA)
    for words, intent in (("mes données", "export_my_data"), ("c'est gratuit ?", "faq"), ("arrête les listes", "unsubscribe")):
        await chat.say(words, intent)
        assert chat.heard != [text("fr", "banned")], intent
    await chat.say("je veux signaler un problème", "report_problem")
    await chat.say("On m'a banni sans raison, je n'ai insulté personne.")
    await chat.say("oui", "affirm")
    assert count(database, Message) == 1
    await chat.say("efface tout", "delete_my_data")
    assert chat.loop == "erasure_form"


def test_what_is_for_all_is_named_here() -> None:
    assert {name for name, action in ACTIONS.items() if action.is_for_all} == {
        "action_change_language", "action_unsubscribe", "action_show_profile", "action_faq", "action_talk", "action_human_handoff",
        "action_export_my_data", "erasure_form", "action_verify_certificate", "report_form", "feedback_form",
    }  # fmt: skip


@pytest.mark.parametrize("register", REGISTERS)
async def test_an_organisation_sees_which_of_its_missions_the_team_looks_at(database: Database, register: str) -> None:
    owner = speaker_for(database, KARIM, "Jossour")
    number = mission(database, KARIM, owner, "Soutien scolaire")
    with database.write() as session:
        shown = mission_reviews.fingerprint(session.get(Mission, number))
        mission_reviews.decide(session, Author(), number, "flagged", "safety", shown, NOW)
    chat = Chat(register, KARIM)
    await chat.say("?", "my_initiatives")
    assert text(register, "initiative_held") in chat.heard[0]
    await chat.tap(f'/my_initiatives{{"mission": "{number}"}}')
    assert text(register, "initiative_held") in chat.heard[0]
    assert not any(payload.startswith("/show_code") for payload in chat.buttons.values())
