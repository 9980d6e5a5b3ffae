"""In the middle of a form: questions aside, skipping, stopping, going elsewhere, and coming back."""

from __future__ import annotations

import pytest

from bot.texts import REGISTERS
from tests.actions.chat import Chat


async def asked_for_causes(register: str = "fr") -> Chat:
    chat = Chat(register)
    await chat.say({"fr": "à Maârif", "ary-Latn": "f maarif"}.get(register, "المعاريف"), "offer_volunteering")
    assert chat.heard_keys("ask_causes")
    return chat


@pytest.mark.parametrize("register", REGISTERS)
async def test_a_question_of_the_faq_is_answered_and_the_open_one_asked_again(register: str) -> None:
    chat = await asked_for_causes(register)
    await chat.say("?", "faq/is_free")
    assert chat.heard_keys("faq_is_free + ask_causes")
    assert chat.loop == "offer_form" and chat.buttons


@pytest.mark.parametrize(
    ("intent", "answer"),
    [
        ("greet", "aside_greet"),
        ("help", "aside_help"),
        ("thank", "utter_thank"),
        ("bot_challenge", "utter_bot_challenge"),
        ("human_handoff", "handoff_opened"),
        ("out_of_scope", "utter_out_of_scope"),
        ("faq/nobody_asks_this", "faq_overview"),
    ],
)
async def test_asides_leave_the_draft_as_it_is(intent: str, answer: str) -> None:
    chat = await asked_for_causes("ar")
    before = dict(chat.offer)
    await chat.say("؟", intent)
    assert chat.heard_keys(f"{answer} + ask_causes")
    assert chat.offer == before


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("sticker", "unsupported"),
        ("payload", "unsupported"),
        ("voice", "unsupported_voice"),
        ("photo", "unsupported_picture"),
        ("document", "unsupported_document"),
        ("contact", "unsupported_contact"),
        ("edited", "unsupported_edited"),
    ],
)
async def test_what_cannot_be_read_in_the_middle(kind: str, answer: str) -> None:
    chat = await asked_for_causes()
    await chat.tap(f'/unsupported{{"kind": "{kind}"}}')
    assert chat.heard_keys(f"{answer} + ask_causes")
    assert chat.loop == "offer_form"


async def test_an_old_button_in_the_middle() -> None:
    chat = await asked_for_causes()
    await chat.tap('/unsupported{"kind": "old_button"}')
    assert chat.heard_keys("button_expired + ask_causes")


@pytest.mark.parametrize("register", REGISTERS)
async def test_what_is_not_understood_is_said_and_asked_again(register: str) -> None:
    chat = await asked_for_causes(register)
    await chat.say("brzg", "inform", 0.2)
    assert chat.heard_keys("not_understood_here + ask_causes")


async def test_a_doubtful_aside_is_not_believed() -> None:
    chat = await asked_for_causes()
    await chat.say("brzg", "faq/is_free", 0.3)
    assert chat.heard_keys("not_understood_here + ask_causes")


@pytest.mark.parametrize("register", REGISTERS)
async def test_stopping_keeps_the_draft_and_resuming_goes_on(register: str) -> None:
    chat = await asked_for_causes(register)
    await chat.say("stop", "stop")
    assert chat.heard_keys("left_kept")
    assert (chat.loop, chat.offer["place"]) == (None, "Maârif")
    await chat.press("button_resume")
    assert chat.heard_keys("ask_causes") and chat.loop == "offer_form"


async def test_a_doubtful_stop_stops_nothing() -> None:
    chat = await asked_for_causes()
    await chat.say("pause", "stop", 0.3)
    assert chat.loop == "offer_form"


async def test_a_question_that_must_be_answered_cannot_be_skipped() -> None:
    chat = await asked_for_causes()
    await chat.say("passer", "skip")
    assert chat.loop == "offer_form" and "causes" not in chat.offer
    assert chat.heard[0].endswith(chat.heard[0].split("\n\n")[-1]) and chat.buttons


@pytest.mark.parametrize(("intent", "confidence"), [("skip", 0.9), ("deny", 0.9), ("skip", 0.4)])
async def test_an_optional_question_is_skipped_once_and_for_all(intent: str, confidence: float) -> None:
    chat = await asked_for_causes()
    await chat.tap('/inform{"cause": "health"}')
    assert chat.heard_keys("ask_skills")
    await chat.say("rien", intent, confidence)
    assert chat.heard_keys("ask_when")
    await chat.say("?", "faq/is_free")
    assert chat.heard_keys("faq_is_free + ask_when"), "the skipped question does not come back"


async def test_a_clear_wish_goes_elsewhere_and_the_draft_waits() -> None:
    chat = await asked_for_causes()
    await chat.say("montre moi les missions ouvertes", "search_missions")
    assert chat.heard_keys("nothing_open")
    assert chat.loop is None and chat.offer["place"] == "Maârif"
    await chat.say("je veux aider", "offer_volunteering")
    assert chat.heard_keys("ask_causes")


async def test_a_button_goes_elsewhere_from_anywhere() -> None:
    chat = Chat("ary-Arab")
    await chat.tap("/register_association")
    await chat.tap('/inform{"organisation_kind": "cooperative"}')
    assert chat.heard_keys("ask_name")
    await chat.tap("/offer_volunteering")
    assert chat.heard_keys("ask_place") and chat.loop == "offer_form"
    assert chat.organisation["kind"] == "cooperative"


async def test_one_form_from_within_another_and_back() -> None:
    chat = await asked_for_causes()
    await chat.tap("/register_association")
    assert chat.heard_keys("ask_kind") and chat.loop == "organisation_form"
    await chat.tap("/offer_volunteering")
    assert chat.heard_keys("ask_causes")


async def test_words_that_fill_the_form_do_not_leave_it() -> None:
    chat = await asked_for_causes()
    await chat.say("missions éducation", "search_missions", 0.6)
    assert chat.loop == "offer_form" and chat.offer["causes"] == ["education"]


async def test_a_button_of_elsewhere_says_so() -> None:
    chat = await asked_for_causes()
    await chat.tap("/affirm")
    assert chat.heard_keys("button_elsewhere + ask_causes")


@pytest.mark.parametrize("register", REGISTERS)
async def test_no_at_the_summary_asks_what_to_change(register: str) -> None:
    chat = await asked_for_causes(register)
    await chat.tap('/inform{"cause": "health"}')
    await chat.tap("/skip")
    await chat.tap('/inform{"day": "weekend"}')
    assert chat.heard_keys("offer_summary")
    await chat.press("button_correct")
    assert chat.heard_keys("what_to_change") and chat.loop == "offer_form"
    await chat.tap('/inform{"cause": "education"}')
    assert chat.heard_keys("offer_summary")
    assert chat.offer["causes"] == ["health", "education"]


async def test_yes_before_the_summary_saves_nothing() -> None:
    chat = await asked_for_causes()
    await chat.say("oui", "affirm")
    assert chat.loop == "offer_form" and chat.heard_first("not_understood_here")


@pytest.mark.parametrize(
    ("register", "words", "to"),
    [("fr", "parle moi en arabe stp", "ar"), ("ar", "تحدث معي بالفرنسية", "fr"), ("fr", "hder m3aya b darija", "ary-Latn")],
)
async def test_another_language_in_the_middle_asks_the_open_question_in_it(register: str, words: str, to: str) -> None:
    chat = Chat(register)
    await chat.say("je veux aider à Maârif" if register == "fr" else "أريد المساعدة في المعاريف", "offer_volunteering")
    await chat.say(words, "change_language")
    chat.register = to
    assert chat.heard_keys("language_changed_here + ask_causes"), chat.heard
    assert chat.offer["place"] == "Maârif" and chat.loop == "offer_form"
