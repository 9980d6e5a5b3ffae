"""Start, language, rhythm, profile and the answers outside any form."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.store.engine import Database
from bot.store.models import Subscription
from bot.texts import REGISTERS, catalogue
from tests.actions.chat import Chat
from tests.actions.worlds import volunteer

SALMA = 501


def subscription(database: Database) -> Subscription:
    with database.read() as session:
        found: Subscription = session.execute(select(Subscription)).scalar_one()
        return found


@pytest.mark.parametrize("register", REGISTERS)
async def test_start_greets_offers_the_languages_and_asks_nothing(register: str) -> None:
    chat = Chat(register)
    await chat.tap('/start{"payload": "affiche"}')
    assert chat.heard_keys("welcome", "welcome_languages")
    assert {catalogue(other)["register_name"] for other in REGISTERS} <= set(chat.buttons)
    assert chat.loop is None
    await chat.say("Maârif", "offer_volunteering")
    assert chat.loop == "offer_form", "whatever is said next is understood at once"


@pytest.mark.parametrize("chosen", REGISTERS)
async def test_a_language_chosen_by_button_holds(chosen: str) -> None:
    chat = Chat("fr")
    await chat.tap("/start")
    await chat.tap(chat.buttons[catalogue(chosen)["register_name"]])
    chat.register = chosen
    assert chat.heard_keys("language_changed")
    assert (chat.slots["register"], chat.slots["register_held"]) == (chosen, True)


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        ("en français s'il vous plaît", "fr"),
        ("بالعربية من فضلك", "ar"),
        ("hder m3aya b darija", "ary-Latn"),
        ("هدر معايا بالدارجة", "ary-Arab"),
        ("parle en darija", "ary-Latn"),
    ],
)
async def test_a_language_asked_for_in_words(words: str, chosen: str) -> None:
    chat = Chat("ar" if chosen != "ar" else "fr")
    await chat.say(words, "change_language")
    chat.register = chosen
    assert chat.heard_keys("language_changed") and chat.slots["register"] == chosen


@pytest.mark.parametrize("words", ["une autre langue", "en anglais"])
async def test_a_language_that_is_none_of_ours_is_chosen_by_button(words: str) -> None:
    chat = Chat("fr")
    await chat.say(words, "change_language")
    assert chat.heard_keys("welcome_languages") and "register_held" not in chat.slots


@pytest.mark.parametrize("register", ["en", "", "AR", "fr'--"])
async def test_a_forged_register_is_none(register: str) -> None:
    chat = Chat("fr")
    await chat.tap(f'/change_language{{"register": "{register}"}}')
    assert chat.heard_keys("welcome_languages") and chat.slots["register"] == "fr"


@pytest.mark.parametrize(
    ("register", "words", "frequency"),
    [
        ("fr", "une fois par mois", "monthly"),
        ("fr", "tous les jours", "daily"),
        ("ary-Arab", "مرة فالسيمانة", "weekly"),
        ("ary-Latn", "kol nhar", "daily"),
        ("ar", "كل شهر", "monthly"),
    ],
)
async def test_the_rhythm_in_words(register: str, words: str, frequency: str, database: Database) -> None:
    volunteer(database, SALMA, register=register)
    chat = Chat(register, SALMA)
    await chat.say(words, "subscribe")
    assert chat.heard_keys(f"rhythm_{frequency}")
    assert subscription(database).frequency == frequency


@pytest.mark.parametrize("register", REGISTERS)
async def test_the_rhythm_by_button(register: str, database: Database) -> None:
    volunteer(database, SALMA, register=register)
    chat = Chat(register, SALMA)
    await chat.tap("/subscribe")
    assert chat.heard_keys("ask_rhythm")
    await chat.press("button_monthly")
    assert chat.heard_keys("rhythm_monthly")
    assert subscription(database).frequency == "monthly"


@pytest.mark.parametrize("payload", ['/subscribe{"frequency": "hourly"}', '/subscribe{"frequency": ""}'])
async def test_a_rhythm_that_is_none_is_asked_again(payload: str, database: Database) -> None:
    volunteer(database, SALMA)
    chat = Chat("fr", SALMA)
    await chat.tap(payload)
    assert chat.heard_keys("ask_rhythm") and subscription(database).frequency == "weekly"


async def test_a_rhythm_needs_an_offer_first() -> None:
    chat = Chat("fr")
    await chat.say("chaque semaine", "subscribe")
    assert chat.heard_keys("subscribe_first") and chat.buttons


@pytest.mark.parametrize("register", REGISTERS)
async def test_lists_stop_at_once_and_the_reason_is_asked_after(register: str, database: Database) -> None:
    volunteer(database, SALMA, register=register)
    chat = Chat(register, SALMA)
    await chat.say("stop", "unsubscribe")
    assert chat.heard_keys("unsubscribed") and subscription(database).ended_at is not None
    await chat.press("reason_end_too_many")
    assert chat.heard_keys("unsubscribe_thanks") and subscription(database).ended_reason == "too_many"
    await chat.tap('/subscribe{"frequency": "daily"}')
    again = subscription(database)
    assert (again.ended_at, again.ended_reason, again.frequency) == (None, None, "daily")


async def test_a_reason_that_is_none_is_not_kept(database: Database) -> None:
    volunteer(database, SALMA)
    chat = Chat("fr", SALMA)
    await chat.tap('/unsubscribe{"reason": "<b>x</b>"}')
    assert chat.heard_keys("unsubscribed") and subscription(database).ended_reason is None


async def test_who_has_no_lists_may_stop_them_too() -> None:
    chat = Chat("fr")
    await chat.say("stop les listes", "unsubscribe")
    assert chat.heard_keys("unsubscribed")


@pytest.mark.parametrize("register", REGISTERS)
async def test_what_is_kept_is_shown_and_may_be_changed(register: str, database: Database) -> None:
    chat = Chat(register, SALMA)
    await chat.say("?", "show_profile")
    assert chat.heard_keys("profile_none")
    volunteer(database, SALMA, "Salma <3", means=["car"], register=register)
    await chat.say("?", "show_profile")
    assert chat.heard_first("profile")
    assert "Salma &lt;3" in chat.heard[0]
    await chat.press("button_change")
    assert chat.loop == "offer_form"


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize("question", ["is_free", "personal_data", "minimum_age"])
async def test_the_faq_answers(register: str, question: str) -> None:
    chat = Chat(register)
    await chat.say("?", f"faq/{question}")
    assert chat.heard_keys(f"faq_{question}") and chat.buttons


@pytest.mark.parametrize("question", ["", "no_such_question", "../etc"])
async def test_a_question_nobody_knows_gets_the_overview(question: str) -> None:
    chat = Chat("fr")
    await chat.say("?", f"faq/{question}")
    assert chat.heard_keys("faq_overview")


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        ('/unsupported{"kind": "sticker"}', "unsupported"),
        ('/unsupported{"kind": "old_button"}', "button_expired"),
        ("/help", "help_overview"),
        ("/greet", "greet"),
    ],
)
@pytest.mark.parametrize("register", REGISTERS)
async def test_outside_any_form(register: str, payload: str, answer: str) -> None:
    chat = Chat(register)
    await chat.tap(payload)
    assert chat.heard_keys(answer) and chat.buttons


@pytest.mark.parametrize(("intent", "answer"), [("nlu_fallback", "not_understood"), ("affirm", "nothing_asked"), ("deny", "nothing_asked")])
async def test_what_answers_no_question_gets_the_ways_on(intent: str, answer: str) -> None:
    chat = Chat("ary-Arab")
    await chat.say("؟؟", intent)
    assert chat.heard_keys(answer) and len(chat.buttons) == 3
