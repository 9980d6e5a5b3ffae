"""Waiting lists, places that fall free, reminders and the day after: in a chat, in every register."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import clock
from bot.services import applications as service
from bot.services import commitments, occasions
from bot.store.engine import Database
from bot.store.models import Application, Button, OutboxMessage, Participation
from bot.texts import REGISTERS, text
from tests.actions.chat import Chat
from tests.actions.worlds import mission, speaker_for, volunteer
from tests.conftest import NOW

SALMA, KARIM, OTHER = 501, 601, 502


@pytest.fixture
def school(database: Database) -> int:
    """A mission yesterday, whose one place is somebody else's."""
    owner = speaker_for(database, KARIM, "Jossour")
    made = mission(database, KARIM, owner, "Soutien scolaire", capacity=1)
    volunteer(database, OTHER, "Nadia")
    give_place(database, OTHER, made)
    return made


def give_place(database: Database, chat_id: int, number: int) -> None:
    with database.write() as session:
        service.apply(session, chat_id, number, NOW)
        service.answer(session, KARIM, service.of_person(session, chat_id)[0][0].id, True, NOW)


def state_of(database: Database, chat_id: int) -> str:
    with database.read() as session:
        return str(service.of_person(session, chat_id)[0][0].state)


def last_payloads(database: Database, chat_id: int) -> dict[str, str]:
    """The buttons of the last notice to a chat: payload by title."""
    with database.read() as session:
        row = (
            session.execute(select(OutboxMessage).where(OutboxMessage.chat_id == chat_id).order_by(OutboxMessage.id.desc()))
            .scalars()
            .first()
        )
        tokens = {button["token"]: button["text"] for line in row.body["buttons"] for button in line if "token" in button}
        found = session.execute(select(Button.token, Button.payload).where(Button.token.in_(tokens))).all()
    return {tokens[token]: payload for token, payload in found}


@pytest.mark.parametrize("register", REGISTERS)
async def test_from_full_to_a_place(register: str, database: Database, school: int) -> None:
    volunteer(database, SALMA, register=register)
    chat = Chat(register)
    await chat.tap(f'/apply_to_mission{{"mission": "{school}"}}')
    assert chat.heard_first("apply_full")
    await chat.press("button_wait")
    assert chat.heard_first("apply_waiting") and state_of(database, SALMA) == "waiting"
    await chat.tap("/my_commitments")
    assert text(register, "state_waiting") in chat.heard[0]
    with database.write() as session:
        commitments.withdraw(session, OTHER, school, NOW)
    await chat.tap(last_payloads(database, SALMA)[text(register, "button_place_yes")])
    assert chat.heard_first("place_accepted") and state_of(database, SALMA) == "accepted"
    await chat.repeat()
    assert chat.heard_first("place_accepted")


@pytest.mark.parametrize("register", REGISTERS)
async def test_a_place_is_left_to_the_next(register: str, database: Database, school: int) -> None:
    volunteer(database, SALMA, register=register)
    chat = Chat(register)
    await chat.tap(f'/apply_to_mission{{"mission": "{school}", "answer": "wait"}}')
    with database.write() as session:
        commitments.withdraw(session, OTHER, school, NOW)
    await chat.tap(last_payloads(database, SALMA)[text(register, "button_place_no")])
    assert chat.heard_first("place_declined") and state_of(database, SALMA) == "withdrawn"


async def test_a_place_that_is_nobody_s_has_a_way_on(database: Database, school: int) -> None:
    chat = Chat("fr")
    for payload in (
        "/answer_place",
        '/answer_place{"application": "77", "answer": "yes"}',
        '/answer_place{"application": "1", "answer": "yes"}',
    ):
        await chat.tap(payload)
        assert chat.heard_first("place_unknown") and chat.buttons
    assert state_of(database, OTHER) == "accepted"


@pytest.mark.parametrize("register", REGISTERS)
async def test_cannot_come_is_one_tap_and_then_why(register: str, database: Database, school: int) -> None:
    with database.write() as session:
        row = session.execute(select(Application)).scalar_one()
        row.person.register = register
        row.answered_at = NOW
        assert occasions.remind(session, row.id, NOW + timedelta(days=3))
    chat = Chat(register, OTHER, "Nadia")
    await chat.tap(last_payloads(database, OTHER)[text(register, "button_cannot_come")])
    assert chat.heard_first("withdraw_withdrawn") and state_of(database, OTHER) == "withdrawn"


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize(("button", "state"), [("button_was_absent", "excused"), ("button_took_part", "attended")])
async def test_the_day_after(
    register: str, button: str, state: str, database: Database, school: int, monkeypatch: pytest.MonkeyPatch
) -> None:

    at = NOW + timedelta(days=5, hours=9)
    monkeypatch.setattr(clock, "now", lambda: at)
    with database.write() as session:
        row = session.execute(select(Application)).scalar_one()
        row.person.register = register
        assert occasions.ask_how_it_was(session, row.id, at)
    chat = Chat(register, OTHER, "Nadia")
    await chat.tap(last_payloads(database, OTHER)[text(register, button)])
    assert chat.heard_first("participation_absent" if state == "excused" else "participation_hours")
    with database.read() as session:
        assert [row.state for row in session.execute(select(Participation)).scalars()] == [state]
