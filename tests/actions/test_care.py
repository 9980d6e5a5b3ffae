"""Words to the team, a person who is wanted, what was not understood three times, and what lies under the words."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.services import applications
from bot.store.engine import Database
from bot.store.models import Handoff, Message
from bot.texts import REGISTERS, text
from tests.actions.chat import Chat
from tests.actions.worlds import mission, speaker_for, volunteer
from tests.conftest import NOW

SALMA, KARIM = 501, 601
REPORTS = {
    "fr": ("je veux signaler un problème", "ils m'ont demandé 200 dh pour participer"),
    "ary-Latn": ("3endi mochkil", "talbo menni 200 dh bach ncharek"),
    "ary-Arab": ("بغيت نبلغ على مشكل", "طلبو مني 200 درهم باش نشارك"),
    "ar": ("أريد التبليغ عن مشكلة", "طلبوا مني 200 درهم مقابل المشاركة"),
}
KINDS = [("report_problem", "report"), ("give_feedback", "feedback")]


def written(database: Database) -> list[tuple[str, str, int | None]]:
    with database.read() as session:
        return [(row.kind, row.words, row.mission_id) for row in session.execute(select(Message).order_by(Message.id)).scalars()]


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize(("intent", "kind"), KINDS)
async def test_words_of_the_first_message_are_taken(register: str, intent: str, kind: str, database: Database) -> None:
    chat, words = Chat(register), REPORTS[register][1]
    await chat.say(words, intent)
    assert chat.heard_keys(f"{kind}_summary") and words in chat.heard[0].replace("\u2068", "").replace("\u2069", "")
    assert written(database) == [], "nothing leaves before the yes"
    await chat.press("button_send")
    assert chat.heard_first(f"{kind}_sent")
    assert text(register, "read_today") in chat.heard[0], "it is told when somebody reads it"
    assert written(database) == [(kind, words, None)]
    assert chat.loop is None and not chat.slots[kind]
    await chat.repeat()
    assert len(written(database)) == 1


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize(("intent", "kind"), KINDS)
async def test_a_wish_alone_is_asked_for_its_words(register: str, intent: str, kind: str, database: Database) -> None:
    chat = Chat(register)
    wish, words = REPORTS[register]
    await chat.say(wish, intent)
    assert chat.heard_keys(f"{kind}_ask_words")
    await chat.say(words, intent)
    assert chat.heard_keys(f"{kind}_summary")
    await chat.say("oui", "affirm")
    assert written(database) == [(kind, words, None)]


async def test_words_are_added_written_anew_or_dropped(database: Database) -> None:
    chat = Chat("fr")
    await chat.say("ils m'ont demandé de l'argent", "report_problem")
    await chat.say("c'était samedi à Maârif", "inform")
    assert "argent\nc'était samedi" in chat.heard[0]
    await chat.press("button_rewrite")
    assert chat.heard_keys("report_ask_words")
    await chat.say("ils ont demandé 200 dh", "give_feedback")
    assert chat.loop == "report_form" and "argent" not in chat.heard[0]
    await chat.press("button_drop")
    assert chat.heard_keys("message_dropped") and chat.loop is None
    assert written(database) == []
    await chat.say("je veux signaler un problème", "report_problem")
    assert chat.heard_keys("report_ask_words"), "what was dropped is forgotten"
    await chat.say("non rien", "deny")
    assert chat.heard_keys("message_dropped")


async def test_questions_in_the_middle_are_no_words(database: Database) -> None:
    chat = Chat("fr")
    await chat.say("donner mon avis", "give_feedback")
    await chat.say("c'est gratuit ?", "faq/is_free")
    assert chat.heard_keys("faq_is_free + feedback_ask_words")
    await chat.tap('/unsupported{"kind": "voice"}')
    assert chat.heard_keys("unsupported_voice + feedback_ask_words")
    await chat.say("x" * 1501, "inform")
    assert chat.heard_keys("text_too_long + feedback_ask_words")


@pytest.mark.parametrize("register", REGISTERS)
async def test_danger_names_numbers(register: str) -> None:
    words = {"fr": "ils ont frappé un enfant", "ary-Latn": "kaydreb drari", "ary-Arab": "كيضرب الدراري", "ar": "تعرضت للتحرش"}[register]
    chat = Chat(register)
    await chat.say(words, "report_problem")
    assert text(register, "danger_numbers") in chat.heard[0]
    await chat.press("button_send")
    await chat.press("button_handoff")
    assert chat.heard_first("handoff_opened")


async def test_the_mission_is_named_by_the_button_or_its_place(database: Database) -> None:
    owner = speaker_for(database, KARIM, "Jossour")
    volunteer(database, SALMA)
    number = mission(database, KARIM, owner, "Soutien scolaire")
    with database.write() as session:
        applications.apply(session, SALMA, number, NOW)
    chat = Chat("fr")
    await chat.tap(f'/give_feedback{{"mission": "{number}"}}')
    await chat.say("très bien", "give_feedback")
    assert "Soutien scolaire" in chat.heard[0]
    await chat.press("button_send")
    await chat.say("mes engagements", "my_commitments")
    await chat.say("la première était mal organisée, on a attendu", "give_feedback")
    await chat.press("button_send")
    assert [mission_id for _, _, mission_id in written(database)] == [number, number]


# ---- a person is wanted


@pytest.mark.parametrize("register", REGISTERS)
async def test_a_person_is_waited_for_and_the_bot_goes_on(register: str, database: Database) -> None:
    chat = Chat(register)
    await chat.say("?", "human_handoff")
    assert chat.heard_first("handoff_opened") and text(register, "handoff_ahead", 0) in chat.heard[0]
    await chat.say("?", "human_handoff")
    assert chat.heard_first("handoff_waiting")
    other = Chat(register, 502)
    await other.say("?", "human_handoff")
    assert text(register, "handoff_ahead", 1) in other.heard[0]
    await chat.say("?", "search_missions")
    assert not chat.heard_first("handoff_waiting")
    with database.read() as session:
        assert [(row.chat_id, row.reason) for row in session.execute(select(Handoff)).scalars()] == [(501, "asked"), (502, "asked")]


async def test_a_repeated_turn_says_the_same() -> None:
    chat = Chat("fr")
    await chat.say("?", "human_handoff")
    first = chat.heard
    await chat.repeat()
    assert chat.heard == first


@pytest.mark.parametrize("register", REGISTERS)
async def test_three_times_not_understood_offers_a_person(register: str, database: Database) -> None:
    chat = Chat(register)
    for _ in range(2):
        await chat.say("brzg", "nlu_fallback", 0.1)
        assert chat.heard_keys("not_understood")
    await chat.say("brzg", "nlu_fallback", 0.1)
    assert chat.heard_keys("not_understood_again") and len(chat.buttons) == 4
    await chat.press("button_handoff")
    assert chat.heard_first("handoff_opened")
    with database.read() as session:
        assert session.execute(select(Handoff.reason)).scalar_one() == "not_understood"


@pytest.mark.parametrize("loop", [None, "offer_form"])
async def test_what_is_no_business_of_ours_counts_as_well(loop: str | None) -> None:
    """Nonsense is heard as the one or the other."""
    chat = Chat("fr")
    if loop:
        await chat.tap("/offer_volunteering")
    for intent in ("out_of_scope", "nlu_fallback"):
        await chat.say("brzg", intent, 0.9 if intent == "out_of_scope" else 0.1)
        assert not chat.heard_first("not_understood_again")
    await chat.say("brzg", "out_of_scope", 0.9)
    assert chat.heard_first("not_understood_again") and chat.loop == loop


@pytest.mark.parametrize("register", REGISTERS)
async def test_what_is_understood_between_begins_anew(register: str) -> None:
    chat = Chat(register)
    for _ in range(3):
        await chat.say("brzg", "nlu_fallback", 0.1)
        await chat.say("brzg", "nlu_fallback", 0.1)
        assert chat.heard_keys("not_understood")
        await chat.say("?", "help")


@pytest.mark.parametrize("register", REGISTERS)
async def test_three_times_not_understood_in_a_form(register: str) -> None:
    chat = Chat(register)
    await chat.tap("/offer_volunteering")
    for _ in range(2):
        await chat.say("brzg", "inform", 0.2)
        assert chat.heard_keys("not_understood_here + ask_place")
    await chat.say("brzg", "inform", 0.2)
    assert chat.heard_keys("not_understood_again", "ask_place") and chat.keyboard
    await chat.press("button_handoff")
    assert chat.heard[0].endswith(text(register, "ask_place")) and chat.loop == "offer_form"
    await chat.say("brzg", "inform", 0.2)
    assert chat.heard_keys("not_understood_here + ask_place"), "counted anew"


# ---- what lies under the words

INSULT = {"fr": "t'es con", "ary-Latn": "nta 7mar", "ary-Arab": "نتا حمار", "ar": "أنت غبي"}
DESPAIR = {"fr": "je veux mourir", "ary-Latn": "bghit nmout", "ary-Arab": "بغيت نموت", "ar": "أريد أن أموت"}


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize("intent", ["out_of_scope", "report_problem", "nlu_fallback", "thank"])
async def test_an_insult_is_answered_calmly(register: str, intent: str) -> None:
    chat = Chat(register)
    await chat.say(INSULT[register], intent)
    assert chat.heard_keys("calm") and INSULT[register] not in chat.heard[0]
    await chat.press("button_report")
    assert chat.heard_keys("report_ask_words")


@pytest.mark.parametrize("register", REGISTERS)
async def test_an_insult_in_a_form_is_no_answer(register: str) -> None:
    chat = Chat(register)
    await chat.tap("/register_association")
    await chat.say(INSULT[register], "inform")
    assert chat.heard_first("calm_here") and "name" not in chat.organisation


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize("loop", [None, "offer_form"])
async def test_despair_gets_care_before_all_else(register: str, loop: str | None) -> None:
    chat = Chat(register)
    if loop:
        await chat.tap("/offer_volunteering")
    await chat.say(DESPAIR[register], "offer_volunteering")
    assert chat.heard_keys("despair") and "<b>15</b>" in chat.heard[0]
    assert chat.loop == loop
    await chat.press("button_handoff")
    assert chat.heard_first("handoff_opened")


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("voice", "unsupported_voice"),
        ("video_note", "unsupported_voice"),
        ("photo", "unsupported_picture"),
        ("document", "unsupported_document"),
        ("contact", "unsupported_contact"),
        ("edited", "unsupported_edited"),
        ("sticker", "unsupported"),
        ("old_button", "button_expired"),
    ],
)
@pytest.mark.parametrize("register", REGISTERS)
async def test_each_kind_of_message_has_its_answer(register: str, kind: str, answer: str) -> None:
    chat = Chat(register)
    await chat.tap(f'/unsupported{{"kind": "{kind}"}}')
    assert chat.heard_keys(answer)
