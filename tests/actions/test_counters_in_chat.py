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
