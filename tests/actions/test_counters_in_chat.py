"""Terms between yes and no: an organisation names them in its words, the volunteer answers, the clock waits for whose turn it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.services import applications as service
from bot.services import counters, promises
from bot.store.engine import Database
from bot.store.models import Application, Button, OutboxMessage
from bot.texts import REGISTERS, text
from tests.actions.chat import Chat
from tests.actions.worlds import mission, speaker_for, volunteer
from tests.conftest import NOW
from tests.worlds import outbox_rows

SALMA, KARIM, OTHER = 501, 601, 602
TERMS = "seulement à partir de 15h & le <samedi>"


@pytest.fixture
def number(database: Database) -> int:
    made = mission(database, KARIM, speaker_for(database, KARIM, "Jossour"), "Soutien scolaire", capacity=1)
    volunteer(database, SALMA)
    with database.write() as session:
        service.apply(session, SALMA, made, NOW)
        return int(service.of_person(session, SALMA)[0][0].id)


def letter(database: Database, chat_id: int) -> tuple[str, dict[str, str]]:
    """The last notice to a chat: its text, and the payloads of its buttons by title."""
    with database.read() as session:
        newest = select(OutboxMessage).where(OutboxMessage.chat_id == chat_id).order_by(OutboxMessage.id.desc())
        row = session.execute(newest).scalars().first()
        tokens = {button["token"]: button["text"] for line in row.body["buttons"] or () for button in line if "token" in button}
        found = session.execute(select(Button.token, Button.payload).where(Button.token.in_(tokens))).all()
    return row.body["text"], {tokens[token]: payload for token, payload in found}


def state(database: Database) -> str:
    with database.read() as session:
        return str(session.execute(select(Application.state)).scalar_one())


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize(("answer", "after"), [("yes", "accepted"), ("no", "withdrawn")])
async def test_terms_are_named_and_answered(register: str, answer: str, after: str, database: Database, number: int) -> None:
    with database.write() as session:
        session.get(Application, number).person.register = register
    _, buttons = letter(database, KARIM)
    karim, salma = Chat(register, KARIM, "Karim"), Chat(register)
    await karim.tap(buttons[text("fr", "button_counter")])
    assert karim.heard_first("counter_ask") and karim.loop == "counter_form"
    await karim.say(TERMS, "inform")
    assert karim.heard_first("counter_sent") and karim.loop is None
    words, buttons = letter(database, SALMA)
    assert "15h &amp; le &lt;samedi&gt;" in words and "Karim" not in words
    await salma.tap(buttons[text(register, f"button_counter_{answer}")])
    assert salma.heard_first("counter_accepted" if answer == "yes" else "counter_declined")
    assert state(database) == after
    assert "Salma" in letter(database, KARIM)[0] and "15h" in letter(database, KARIM)[0]
    await salma.repeat()
    assert salma.heard_first("counter_accepted" if answer == "yes" else "counter_declined")


async def test_nobody_else_names_or_answers_terms(database: Database, number: int) -> None:
    speaker_for(database, OTHER, "Autre")
    for chat in (Chat("fr", OTHER), Chat("fr", 999)):
        await chat.tap(f'/counter_offer{{"application": "{number}"}}')
        assert chat.heard_first("answer_unknown") and chat.loop is None
        await chat.tap(f'/answer_counter{{"application": "{number}", "answer": "yes"}}')
        assert chat.heard_first("counter_unknown") and chat.buttons
    salma = Chat("fr")
    await salma.tap(f'/answer_counter{{"application": "{number}", "answer": "yes"}}')
    assert salma.heard_first("counter_unknown"), "nobody takes a place that was not offered"
    assert state(database) == "pending"


async def test_the_last_place_may_be_gone(database: Database, number: int) -> None:
    volunteer(database, 503, "Nadia")
    with database.write() as session:
        counters.counter(session, KARIM, number, "à 15h", NOW)
        session.get(Application, number).mission.capacity = 1
        other = service.apply(session, 503, session.get(Application, number).mission_id, NOW)
        assert other["outcome"] == "applied"
        service.answer(session, KARIM, service.of_person(session, 503)[0][0].id, True, NOW)
        assert counters.answer(session, SALMA, number, True, NOW)["outcome"] == "full"


async def test_too_long_is_said_and_stop_leaves_it(database: Database, number: int) -> None:
    chat = Chat("fr", KARIM, "Karim")
    await chat.tap(f'/counter_offer{{"application": "{number}"}}')
    await chat.say("a" * 201, "inform")
    assert "200" in chat.heard[0] and chat.loop == "counter_form"
    await chat.say("stop", "stop")
    assert chat.heard_first("relay_left") and chat.loop is None
    assert letter(database, KARIM)[0] and state(database) == "pending"


async def test_the_clock_waits_for_whose_turn_it_is(database: Database, number: int) -> None:
    """No reminder to who has answered; a week after the terms the volunteer's silence ends it, and both are told which silence it was."""
    named = NOW + timedelta(days=2)
    with database.write() as session:
        counters.counter(session, KARIM, number, "à 15h", named)
    assert not promises.run(database, NOW + timedelta(days=8))
    assert promises.run(database, named + timedelta(days=7)).expired == 1
    assert letter(database, KARIM)[0] == text("fr", "counter_expired_theirs", name="Salma", title="Soutien scolaire")
    assert letter(database, SALMA)[0].startswith(text("fr", "counter_expired", organisation="Jossour", title="Soutien scolaire"))


@pytest.mark.parametrize("register", REGISTERS)
async def test_terms_that_nobody_asked_for_are_repeated_before_they_go(register: str, database: Database, number: int) -> None:
    karim = Chat(register, KARIM, "Karim")
    await karim.tap(f'/counter_offer{{"application": "{number}", "words": "oui mais à 15h"}}')
    assert karim.heard_first("counter_check") and "15h" in karim.heard[0] and karim.loop is None
    kept = dict(karim.buttons)
    await karim.press("button_counter_keep")
    assert karim.heard_first("counter_kept") and len(karim.buttons) == 3 and not outbox_rows(database, SALMA)
    await karim.tap(kept[text(register, "button_send")])
    assert karim.heard_first("counter_sent") and "15h" in letter(database, SALMA)[0]


async def test_terms_that_are_too_long_are_asked_for_anew(database: Database, number: int) -> None:
    karim = Chat("fr", KARIM, "Karim")
    await karim.tap(f'/counter_offer{{"application": "{number}", "words": "{"mais " * 41}"}}')
    assert "200" in karim.heard[0] and list(karim.buttons.values()) == [f'/counter_offer{{"application": "{number}"}}']


@pytest.mark.parametrize("register", REGISTERS)
async def test_a_yes_is_put_to_the_question_that_is_meant(register: str, database: Database, number: int) -> None:
    karim = Chat(register, KARIM, "Karim")
    await karim.say("wakha", "affirm")
    assert karim.heard_first("nothing_asked"), "nobody has read the card yet"
    _mark_sent(database)
    await karim.say("wakha", "affirm")
    assert karim.heard_first("which_is_it") and list(karim.buttons.values()) == [service.answer_payload(number, "accepted")]
    volunteer(database, 503, "Nadia")
    with database.write() as session:
        session.get(Application, number).mission.capacity = 2
        service.apply(session, 503, session.get(Application, number).mission_id, NOW)
    _mark_sent(database)
    await karim.tap('/which_question{"answer": "no"}')
    assert karim.heard_first("which_no") and len(karim.buttons) == 2
    await karim.tap(list(karim.buttons.values())[1])
    assert karim.heard_first("answer_declined") and state_of(database, number) == "declined"
    await karim.tap('/which_question{"answer": "kaboom"}')
    assert karim.heard_first("nothing_asked")


def _mark_sent(database: Database) -> None:
    with database.write() as session:
        for row in session.execute(select(OutboxMessage)).scalars():
            row.state = "sent"


def state_of(database: Database, number: int) -> str:
    with database.read() as session:
        return str(session.get(Application, number).state)
