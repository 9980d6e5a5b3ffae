"""Mutual aid in conversation: asking, being screened, answering a call, handing the address on, saying how it ended."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select

from bot import clock
from bot.services import aid_clock
from bot.settings import settings
from bot.store.engine import Database
from bot.store.models import Effect, HelpCall, HelpRequest, OutboxMessage, Person, Subscription
from bot.texts import REGISTERS, text
from tests.actions.chat import Chat
from tests.actions.worlds import volunteer
from tests.conftest import NOW
from tests.dialogues.expectations import starts

HALIMA, AMINA, BRAHIM, SALMA = 701, 711, 712, 713
ALL_AT_ONCE = {
    "fr": "ma mère est malade, il lui faut quelqu'un pour acheter ses médicaments à Hay Mohammadi tout de suite",
    "ar": "أحتاج من يشتري الدواء لأمي في الحي المحمدي الآن",
    "ary-Arab": "مي مريضة خاصها شي واحد يشري ليها الدوا فالحي المحمدي دابا",
    "ary-Latn": "khti mrida w 3mmi kbir khasso chi wa7ed ychri lih dwa f hay mohammadi, daba",
}
CANARY = "derb kanari 12, tab9a 3"


@pytest.fixture
def neighbours(database: Database) -> None:
    for chat_id, name in ((AMINA, "Amina"), (BRAHIM, "Brahim"), (SALMA, "Salma")):
        volunteer(database, chat_id, name, place="Hay-Mohammadi")


def halima(register: str = "fr") -> Chat:
    return Chat(register, HALIMA, "Halima")


def request_of(database: Database) -> HelpRequest | None:
    with database.read() as session:
        return session.execute(select(HelpRequest).order_by(HelpRequest.id.desc())).scalars().first()


def told(database: Database, chat_id: int) -> list[str]:
    with database.read() as session:
        query = select(OutboxMessage).where(OutboxMessage.chat_id == chat_id).order_by(OutboxMessage.id)
        return [str(row.body.get("text", "")) for row in session.execute(query).scalars()]


def call_of(database: Database, chat_id: int) -> int:
    with database.read() as session:
        query = select(HelpCall.id).join(Person, Person.id == HelpCall.person_id).where(Person.chat_id == chat_id)
        return int(session.execute(query).scalar_one())


async def asked(register: str = "fr") -> Chat:
    """Somebody whose request is running."""
    chat = halima(register)
    await chat.say(ALL_AT_ONCE[register], "ask_for_help")
    await chat.press("button_consent")
    assert chat.heard_first("aid_saved"), chat.heard
    return chat


async def helped(database: Database, register: str = "fr") -> tuple[Chat, Chat]:
    """The one who asked, and Amina who helps."""
    chat, amina = await asked(register), Chat("fr", AMINA, "Amina")
    await amina.tap(f'/answer_help_call{{"help_call": "{call_of(database, AMINA)}", "answer": "yes"}}')
    assert amina.heard_first("aid_call_accepted")
    return chat, amina


# ---- asking


@pytest.mark.usefixtures("neighbours")
@pytest.mark.parametrize("register", REGISTERS)
async def test_one_message_says_it_all(register: str, database: Database) -> None:
    chat = halima(register)
    await chat.say(ALL_AT_ONCE[register], "ask_for_help")
    assert chat.heard_first("aid_summary"), chat.heard
    assert ALL_AT_ONCE[register][:20] in chat.heard[0].replace("\u2068", "").replace("&#x27;", "'")
    assert request_of(database) is None, "nothing is kept before the yes"
    await chat.press("button_consent")
    assert chat.heard_keys("aid_saved")
    found = request_of(database)
    assert found is not None
    assert (found.state, found.place, found.urgency) == ("searching", "Hay-Mohammadi", "now")
    assert chat.loop is None and not chat.aid
    assert len(told(database, AMINA)) == 1


@pytest.mark.usefixtures("neighbours")
@pytest.mark.parametrize(
    ("register", "wish", "need", "place", "urgency"),
    [
        ("fr", "j'ai besoin d'aide", "monter mes courses au 4e", "hay mohammadi", "cette semaine"),
        ("ar", "أحتاج مساعدة", "من يحمل مشترياتي إلى الطابق الرابع", "الحي المحمدي", "هذا الأسبوع"),
        ("ary-Arab", "محتاجة المساعدة", "شي واحد يطلع ليا التقضية", "الحي المحمدي", "غدا"),
        ("ary-Latn", "m7taj mosa3ada", "chi wa7ed ytalle3 liya te9diya", "hay mohammadi", "ghedda"),
    ],
)
async def test_what_is_missing_is_asked_one_thing_at_a_time(
    register: str, wish: str, need: str, place: str, urgency: str, database: Database
) -> None:
    chat = halima(register)
    await chat.say(wish, "ask_for_help")
    assert chat.heard_keys("aid_ask_need")
    await chat.say(need, "inform", 0.4)
    assert chat.heard_keys("aid_ask_place") and chat.keyboard
    await chat.say(place)
    assert chat.heard_keys("aid_ask_urgency") and len(chat.buttons) == 3
    await chat.say(urgency)
    assert chat.heard_first("aid_summary"), chat.heard
    assert (chat.aid["need"], chat.aid["place"], chat.aid["urgency"]) == (need, "Hay-Mohammadi", "week")


async def test_a_shared_location_is_a_place_and_a_button_an_urgency() -> None:
    chat = halima()
    await chat.say("j'ai besoin de quelqu'un pour mes courses", "ask_for_help")
    assert chat.heard_keys("aid_ask_place")
    await chat.tap('/share_location{"latitude": "33.59", "longitude": "-7.56"}')
    assert chat.heard_keys("aid_ask_urgency")
    await chat.press("button_aid_today")
    assert chat.heard_first("aid_summary")
    assert (chat.aid["latitude"], chat.aid["urgency"]) == (33.59, "today")


async def test_casablanca_is_large_and_elsewhere_is_outside() -> None:
    chat = halima()
    await chat.say("quelqu'un pour mes courses à Casablanca", "ask_for_help")
    assert chat.heard_keys("place_which_part + aid_ask_place")
    await chat.say("à Rabat")
    assert chat.heard_keys("place_outside + aid_ask_place")


async def test_the_summary_says_what_is_shown_to_whom_and_asks_for_consent_once(neighbours: None, database: Database) -> None:
    chat = await asked()
    [running] = [found for found in (request_of(database),) if found]
    await chat.tap(f'/close_help_request{{"help_request": "{running.id}", "reason": "not_needed"}}')
    await chat.say(ALL_AT_ONCE["fr"], "ask_for_help")
    assert text("fr", "aid_who_sees") in chat.heard[0]
    assert text("fr", "aid_consent_ask") not in chat.heard[0]
    assert text("fr", "button_confirm") in chat.buttons


@pytest.mark.parametrize("register", REGISTERS)
async def test_no_to_the_consent_keeps_nothing(register: str, database: Database) -> None:
    chat = halima(register)
    await chat.say(ALL_AT_ONCE[register], "ask_for_help")
    await chat.press("button_no_consent")
    assert chat.heard_keys("consent_declined")
    assert chat.loop is None and not chat.aid and request_of(database) is None


@pytest.mark.parametrize("register", REGISTERS)
async def test_each_part_can_be_corrected(register: str) -> None:
    chat = halima(register)
    await chat.say(ALL_AT_ONCE[register], "ask_for_help")
    await chat.press("button_correct")
    assert chat.heard_keys("aid_what_to_change")
    await chat.press("button_change_urgency")
    assert chat.heard_keys("aid_ask_urgency")
    await chat.press("button_aid_week")
    assert chat.heard_first("aid_summary") and chat.aid["urgency"] == "week"
    await chat.press("button_correct")
    await chat.press("button_change_need")
    assert chat.heard_keys("aid_ask_need")
    await chat.say("fauteuil", "inform")
    assert chat.heard_first("aid_summary") and chat.aid["need"] == "fauteuil"


async def test_corrections_in_words() -> None:
    chat = halima()
    await chat.say(ALL_AT_ONCE["fr"], "ask_for_help")
    await chat.say("non, plutôt Aïn Chock, et demain", "deny")
    assert (chat.aid["place"], chat.aid["urgency"]) == ("Aïn-Chock", "week")
    await chat.say("il me faut quelqu'un pour monter les courses", "ask_for_help")
    assert chat.aid["need"] == "il me faut quelqu'un pour monter les courses"
    await chat.say("merci beaucoup à vous", "thank")
    assert chat.aid["need"] == "il me faut quelqu'un pour monter les courses"


@pytest.mark.parametrize("register", REGISTERS)
async def test_stopping_keeps_what_was_said_and_it_can_be_taken_up_again(register: str) -> None:
    chat = halima(register)
    await chat.say(ALL_AT_ONCE[register], "ask_for_help")
    await chat.say("stop", "stop")
    assert chat.heard_keys("left_kept") and chat.loop is None
    await chat.press("button_resume")
    assert chat.heard_first("aid_summary")


async def test_questions_aside_are_answered_and_are_no_need() -> None:
    chat = halima()
    await chat.tap("/ask_for_help")
    await chat.say("c'est gratuit ?", "faq/is_free")
    assert chat.heard_keys("faq_is_free + aid_ask_need")
    await chat.say("merci", "thank")
    assert chat.heard_keys("utter_thank + aid_ask_need")
    await chat.say("besoin d'aide svp", "ask_for_help")
    assert chat.heard_keys("aid_ask_need"), "the bare wish is no need"
    await chat.tap('/unsupported{"kind": "sticker"}')
    assert chat.heard_keys("unsupported + aid_ask_need")
    assert "need" not in chat.aid


async def test_contacts_are_not_shown_to_neighbours() -> None:
    chat = halima()
    await chat.say("il me faut des courses, appelez le 0612345678, à Maârif, demain", "ask_for_help")
    assert "0612345678" not in chat.heard[0] and "•••" in chat.heard[0]


async def test_a_wish_to_ask_leaves_another_form() -> None:
    chat = halima()
    await chat.tap("/offer_volunteering")
    await chat.say("en fait c'est moi qui ai besoin d'aide", "ask_for_help")
    assert chat.loop == "aid_form"


@pytest.mark.usefixtures("neighbours")
async def test_a_yes_that_is_worked_on_again_asks_nobody_twice(database: Database) -> None:
    chat = halima()
    await chat.say(ALL_AT_ONCE["fr"], "ask_for_help")
    first = await chat.press("button_consent")
    assert await chat.repeat() == first
    assert len(told(database, AMINA)) == 1


# ---- what is no matter for neighbours


@pytest.mark.parametrize(
    ("register", "cry"),
    [("fr", "au secours il y a le feu"), ("ar", "أمي لا تتنفس"), ("ary-Arab", "مي سخفات عليا"), ("ary-Latn", "l3afia ch3lat f dar")],
)
async def test_an_emergency_gets_the_numbers_at_once_and_no_question(register: str, cry: str, database: Database) -> None:
    chat = halima(register)
    await chat.say(cry, "ask_for_help")
    assert chat.heard_keys("aid_emergency") and chat.loop is None and not chat.aid
    assert all(number in chat.heard[0] for number in ("15", "19", "150", "177"))
    await chat.press("button_aid_ask")
    assert chat.heard_keys("aid_ask_need"), "it can be asked all the same"
    await chat.say(cry, "inform", 0.3)
    assert chat.heard_keys("aid_emergency"), "at every message"
    assert "need" not in chat.aid
    with database.read() as session:
        assert not session.execute(select(Effect)).first() and not session.execute(select(Person)).first()


@pytest.mark.parametrize(
    ("register", "wish"),
    [("fr", "j'ai besoin d'argent à Maârif"), ("ar", "أحتاج المال"), ("ary-Arab", "شي صدقة بالفلوس"), ("ary-Latn", "bghit lflous")],
)
async def test_money_is_refused_with_a_way_on(register: str, wish: str) -> None:
    chat = halima(register)
    await chat.say(wish, "ask_for_help")
    assert chat.heard_keys("aid_money") and chat.loop is None
    await chat.press("button_search")
    assert chat.heard_first("nothing_open") or chat.heard_first("missions_found") or chat.heard


async def test_business_is_refused() -> None:
    chat = halima()
    await chat.say("votez pour notre liste", "ask_for_help")
    assert chat.heard_keys("aid_business")


@pytest.mark.parametrize("said", ["acheter des médicaments pour moi", "un panier alimentaire pour la famille"])
async def test_things_are_asked_for(said: str) -> None:
    chat = halima()
    await chat.say(said, "ask_for_help")
    assert chat.heard_keys("aid_ask_place")


async def test_fires_in_announcements_are_none() -> None:
    chat = halima()
    await chat.say("on cherche des bénévoles après l'incendie de la forêt, il y a le feu partout", "publish_initiative")
    assert not chat.heard_first("aid_emergency")


# ---- a request that runs


@pytest.mark.usefixtures("neighbours")
@pytest.mark.parametrize("register", REGISTERS)
async def test_a_second_wish_shows_the_first(register: str, database: Database) -> None:
    chat = await asked(register)
    await chat.say(ALL_AT_ONCE[register], "ask_for_help")
    assert chat.heard_keys("aid_running") and chat.loop is None
    await chat.press("button_aid_not_needed")
    assert chat.heard_keys("aid_closed_irrelevant")
    assert request_of(database).outcome == "irrelevant"  # type: ignore[union-attr]


@pytest.mark.usefixtures("neighbours")
@pytest.mark.parametrize(
    ("register", "words"),
    [
        ("fr", "je n'en ai plus besoin"),
        ("ar", "لم أعد بحاجة إلى المساعدة"),
        ("ary-Arab", "ما بقيتش محتاج"),
        ("ary-Latn", "ma b9itch m7taj"),
    ],
)
@pytest.mark.parametrize("intent", ["ask_for_help", "inform", "unsubscribe", "close_initiative"])
async def test_not_needed_any_more_in_words(register: str, words: str, intent: str, database: Database) -> None:
    chat = await asked(register)
    first = await chat.say(words, intent)
    assert chat.heard_keys("aid_closed_irrelevant"), chat.heard
    assert request_of(database).state == "closed"  # type: ignore[union-attr]
    assert await chat.repeat() == first
    with database.read() as session:
        assert not session.execute(select(Subscription).where(Subscription.ended_at.is_not(None))).first()


@pytest.mark.usefixtures("neighbours")
async def test_no_more_lists_does_not_end_a_request(database: Database) -> None:
    chat = await asked("ary-Latn")
    await chat.say("ma b9itch bghit la2i7a", "unsubscribe")
    assert chat.heard_first("unsubscribed")
    assert request_of(database).state == "searching"  # type: ignore[union-attr]


async def test_nobody_near_is_said_honestly(database: Database) -> None:
    chat = halima()
    await chat.say(ALL_AT_ONCE["fr"], "ask_for_help")
    await chat.press("button_consent")
    assert chat.heard_keys("aid_saved_nobody")
    await chat.press("button_aid_again")
    assert chat.heard_first("aid_summary"), "asked again, nothing has to be said again"


@pytest.mark.usefixtures("neighbours")
async def test_in_the_night_the_hour_is_said(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUIET_HOURS", "20-9")
    settings.cache_clear()
    night = datetime(2026, 11, 24, 22, 0, tzinfo=timezone.utc)
    monkeypatch.setattr(clock, "now", lambda: night)
    chat = halima()
    await chat.say(ALL_AT_ONCE["fr"], "ask_for_help")
    await chat.press("button_consent")
    assert chat.heard_keys("aid_saved_later") and "09:00" in chat.heard[0]
    assert told(database, AMINA) == []


# ---- answering a call


@pytest.mark.usefixtures("neighbours")
@pytest.mark.parametrize("register", REGISTERS)
async def test_a_yes_and_one_that_comes_too_late(register: str, database: Database) -> None:
    await asked()
    amina, brahim = Chat(register, AMINA), Chat(register, BRAHIM)
    with database.write() as session:
        for row in session.execute(select(OutboxMessage)).scalars():
            row.state = "sent"
    first = await amina.tap(f'/answer_help_call{{"help_call": "{call_of(database, AMINA)}", "answer": "yes"}}')
    assert amina.heard_keys("aid_call_accepted") and "Halima" in first[0]
    assert await amina.repeat() == first
    await brahim.tap(f'/answer_help_call{{"help_call": "{call_of(database, BRAHIM)}", "answer": "yes"}}')
    assert brahim.heard_keys("aid_call_too_late")
    assert [starts("fr", "aid_found", html) for html in told(database, HALIMA)] == [True]


@pytest.mark.usefixtures("neighbours")
async def test_no_is_fine_and_words_show_the_call_again(database: Database) -> None:
    await asked()
    amina = Chat("fr", AMINA)
    await amina.say("oui", "affirm")
    assert amina.heard_first("aid_call")
    await amina.press("button_help_no")
    assert amina.heard_keys("aid_call_declined")
    await amina.say("oui", "affirm")
    assert amina.heard_first("nothing_asked"), "what was answered is not asked again"


@pytest.mark.usefixtures("neighbours")
async def test_done_and_cannot(database: Database) -> None:
    _, amina = await helped(database)
    await amina.press("button_help_done")
    assert amina.heard_keys("aid_call_done")
    assert any(starts("fr", "aid_arrived_ask", html) for html in told(database, HALIMA))
    await amina.tap(f'/answer_help_call{{"help_call": "{call_of(database, AMINA)}", "answer": "cannot"}}')
    assert amina.heard_keys("aid_call_cannot")
    assert request_of(database).state == "searching"  # type: ignore[union-attr]


@pytest.mark.parametrize("call", ["1", "999", "x"])
@pytest.mark.parametrize("said", ["yes", "no", "done", "cannot", "rm -rf"])
async def test_nobody_answers_what_he_was_not_asked(call: str, said: str, neighbours: None, database: Database) -> None:
    await asked()
    stranger = Chat("fr", 999)
    await stranger.tap(f'/answer_help_call{{"help_call": "{call}", "answer": "{said}"}}')
    assert stranger.heard_keys("aid_call_unknown")
    assert request_of(database).state == "searching"  # type: ignore[union-attr]


# ---- the address


@pytest.mark.usefixtures("neighbours")
@pytest.mark.parametrize("register", REGISTERS)
async def test_the_address_is_shown_once_more_and_handed_on(register: str, database: Database) -> None:
    chat, _ = await helped(database, register)
    await chat.tap("/tell_address")
    assert chat.heard_keys("aid_ask_address")
    await chat.say(CANARY, "inform", 0.3)
    assert chat.heard_keys("aid_address_confirm") and CANARY in chat.heard[0].replace("\u2068", "")
    first = await chat.press("button_aid_hand_on")
    assert chat.heard_keys("aid_address_given") and chat.loop is None and not chat.slots["aid_address"]
    assert await chat.repeat() == first
    for other in (BRAHIM, SALMA, HALIMA):
        assert not any(CANARY in html for html in told(database, other))
    assert sum(CANARY in html for html in told(database, AMINA)) == 1
    with database.read() as session:
        assert not any(CANARY in str(row.outcome) for row in session.execute(select(Effect)).scalars())


@pytest.mark.usefixtures("neighbours")
async def test_an_address_that_is_just_written_is_taken_for_one(database: Database) -> None:
    chat, _ = await helped(database)
    await chat.say("rue 12 numéro 7, Hay Mohammadi", "inform")
    assert chat.heard_keys("aid_address_confirm")
    await chat.press("button_correct")
    assert chat.heard_keys("aid_ask_address")
    await chat.say(CANARY, "search_missions", 0.5)
    await chat.say("oui", "affirm")
    assert chat.heard_keys("aid_address_given")
    assert request_of(database).address == CANARY  # type: ignore[union-attr]


@pytest.mark.usefixtures("neighbours")
@pytest.mark.parametrize(("words", "intent"), [("passer", "skip"), ("stop", "stop"), ("non", "deny")])
async def test_no_address_need_be_given(words: str, intent: str, database: Database) -> None:
    chat, _ = await helped(database)
    await chat.tap("/tell_address")
    await chat.say(words, intent)
    assert chat.heard_keys("aid_address_left") and chat.loop is None
    assert request_of(database).address is None  # type: ignore[union-attr]


@pytest.mark.usefixtures("neighbours")
async def test_too_long_an_address_and_none_to_give_it_to(database: Database) -> None:
    chat, amina = await helped(database)
    await chat.tap("/tell_address")
    await chat.say("rue " * 100)
    assert chat.heard_keys("text_too_long + aid_ask_address")
    await chat.say(CANARY)
    await amina.press("button_help_cannot")
    await chat.press("button_aid_hand_on")
    assert chat.heard_keys("aid_address_nobody")
    assert not any(CANARY in html for html in told(database, AMINA))
    await chat.tap("/tell_address")
    assert chat.heard_keys("aid_running")
    await Chat("fr", 999).tap("/tell_address")


# ---- the end


@pytest.mark.usefixtures("neighbours")
@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize(("reason", "outcome"), [("arrived", "fulfilled"), ("nobody", "failed"), ("not_needed", "irrelevant")])
async def test_how_it_ended(register: str, reason: str, outcome: str, database: Database) -> None:
    chat, _ = await helped(database, register)
    await chat.say("?", "ask_for_help")
    assert chat.heard_keys("aid_running") and len(chat.buttons) == 4
    first = await chat.press(f"button_aid_{reason}")
    assert chat.heard_keys(f"aid_closed_{outcome}")
    assert await chat.repeat() == first
    found = request_of(database)
    assert found is not None and (found.state, found.outcome, found.address) == ("closed", outcome, None)
    if outcome != "fulfilled":
        await chat.press("button_aid_again")
        assert chat.heard_first("aid_summary")


@pytest.mark.usefixtures("neighbours")
async def test_did_it_arrive_is_asked_by_the_clock_and_answered_by_button(database: Database) -> None:
    chat, _ = await helped(database)
    aid_clock.run(database.write, NOW + timedelta(hours=2), None)
    assert starts("fr", "aid_arrived_ask", told(database, HALIMA)[-1])
    await chat.tap(f'/close_help_request{{"help_request": "{request_of(database).id}", "reason": "arrived"}}')  # type: ignore[union-attr]
    assert chat.heard_keys("aid_closed_fulfilled")


@pytest.mark.parametrize(
    "values", ['{"help_request": "1", "reason": "arrived"}', '{"help_request": "99999999999"}', "", '{"reason": "again"}']
)
async def test_nobody_ends_what_is_not_his(values: str, neighbours: None, database: Database) -> None:
    await asked()
    stranger: Any = Chat("fr", 999)
    await stranger.tap(f"/close_help_request{values}")
    assert stranger.heard_keys("aid_closed_unknown")
    assert request_of(database).state == "searching"  # type: ignore[union-attr]
