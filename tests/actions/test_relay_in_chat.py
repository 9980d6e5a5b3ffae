"""Two who are committed write through the bot: handed on as it is, in the reader's register, closed for both by a block, read by the team
only where it was reported."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.services import applications as service
from bot.services import record, relay
from bot.store.engine import Database
from bot.store.models import Application, Block, Message, OutboxMessage, RelayMessage
from bot.texts import REGISTERS, text
from tests.actions.chat import Chat
from tests.actions.worlds import mission, speaker_for, volunteer
from tests.conftest import NOW

SALMA, KARIM, OTHER = 501, 601, 502
WORDS = "J'arrive à 10 h <b>pile</b> & j'apporte des livres"


@pytest.fixture
def number(database: Database) -> int:
    """Salma's place with Karim's organisation; the id of her application."""
    made = mission(database, KARIM, speaker_for(database, KARIM, "Jossour"), "Soutien scolaire")
    volunteer(database, SALMA)
    with database.write() as session:
        service.apply(session, SALMA, made, NOW)
        found = service.of_person(session, SALMA)[0][0].id
        service.answer(session, KARIM, found, True, NOW)
    return int(found)


def last(database: Database, chat_id: int) -> str:
    with database.read() as session:
        newest = select(OutboxMessage).where(OutboxMessage.chat_id == chat_id).order_by(OutboxMessage.id.desc())
        return str(session.execute(newest).scalars().first().body["text"])


def rows(database: Database, model: type) -> list[object]:
    with database.read() as session:
        return list(session.execute(select(model)).scalars())


@pytest.mark.parametrize("register", REGISTERS)
async def test_words_go_over_and_the_answer_comes_back(register: str, database: Database, number: int) -> None:
    salma, karim = Chat(register), Chat(register, KARIM, "Karim")
    await salma.tap("/my_commitments")
    await salma.press("button_write")
    assert salma.heard_first("relay_ask") and salma.loop == "relay_form"
    await salma.say(WORDS, "inform")
    assert salma.heard_first("relay_sent") and salma.loop is None
    assert "Salma" in last(database, KARIM) and "&lt;b&gt;pile" in last(database, KARIM)
    await karim.tap(relay.write_payload(number))
    await karim.say("مرحبا بيك", "greet")
    assert karim.heard_first("relay_sent")
    assert "Jossour" in last(database, SALMA) and "مرحبا بيك" in last(database, SALMA)
    assert "Karim" not in last(database, SALMA), "an organisation speaks under its own name"


async def test_said_once_it_goes_once(database: Database, number: int) -> None:
    chat = Chat("fr")
    await chat.tap(relay.write_payload(number))
    await chat.say(WORDS, "inform")
    await chat.repeat()
    assert chat.heard_first("relay_sent")
    assert len(rows(database, RelayMessage)) == 1


@pytest.mark.parametrize("words", ["stop", "je veux chercher des missions", "non", "oui", "12", "?"])
async def test_whatever_is_written_is_the_message_but_stop(words: str, database: Database, number: int) -> None:
    chat = Chat("fr")
    await chat.tap(relay.write_payload(number))
    await chat.say(words, {"stop": "stop", "oui": "affirm", "non": "deny"}.get(words, "search_missions"), 0.95)
    assert len(rows(database, RelayMessage)) == (0 if words == "stop" else 1)
    assert chat.heard_first("relay_left" if words == "stop" else "relay_sent")


async def test_a_button_leaves_it_and_too_long_is_said(database: Database, number: int) -> None:
    chat = Chat("fr")
    await chat.tap(relay.write_payload(number))
    await chat.say("a" * (relay.WORDS_LENGTH + 1), "inform")
    assert chat.heard_first("text_too_long") or "1000" in chat.heard[0]
    assert chat.loop == "relay_form" and not rows(database, RelayMessage)
    await chat.tap("/search_missions")
    assert chat.loop is None and not rows(database, RelayMessage)


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize("blocker", [SALMA, KARIM])
async def test_a_block_closes_it_for_both_and_for_matching(register: str, blocker: int, database: Database, number: int) -> None:
    chat, other = Chat(register, blocker), Chat(register, SALMA if blocker == KARIM else KARIM)
    await chat.tap(f'/end_thread{{"application": "{number}", "answer": "block"}}')
    assert chat.heard_first("thread_blocked")
    for one in (chat, other):
        await one.tap(relay.write_payload(number))
        assert one.heard_first("relay_unknown") and one.loop is None
    if blocker == KARIM:
        again = mission(database, KARIM, 1, "Plage propre")
        with database.write() as session:
            told = {service.apply(session, SALMA, number, NOW)["outcome"] for number in (again, 999_999)}
        assert told == {"gone"}, "a block is told no more than a mission that never was"
    with database.read() as session:
        assert session.execute(select(Block.wished_by)).scalar_one() == ("volunteer" if blocker == SALMA else "organisation")
        [salma] = [one for one in record.volunteer_profiles(session) if one.blocked_organisation_ids]
    assert len(salma.blocked_organisation_ids) == 1


@pytest.mark.parametrize("register", REGISTERS)
async def test_the_team_reads_a_thread_that_was_reported_and_no_other(register: str, database: Database, number: int) -> None:
    chat = Chat(register)
    await chat.tap(relay.write_payload(number))
    await chat.say(WORDS, "inform")
    with database.read() as session:
        assert relay.reported(session, 1) is None
    for _ in range(2):
        await chat.tap(f'/end_thread{{"application": "{number}", "answer": "report"}}')
        assert chat.heard_first("thread_reported")
    [report] = rows(database, Message)
    with database.write() as session:
        found = relay.reported(session, report.id)  # type: ignore[attr-defined]
        assert found is not None and [row.words for row in found] == [WORDS]
        assert relay.forget_old(session, NOW + timedelta(days=60)) == 0
        session.get(Message, report.id).state = "closed"  # type: ignore[attr-defined]
    with database.write() as session:
        assert relay.reported(session, report.id) is None  # type: ignore[attr-defined]
        assert relay.forget_old(session, NOW + timedelta(days=60)) == 1


async def test_strangers_and_who_is_not_accepted_cannot_write(database: Database, number: int) -> None:
    volunteer(database, OTHER, "Nadia")
    stranger, nadia = Chat("fr", 999), Chat("fr", OTHER)
    for chat in (stranger, nadia):
        await chat.tap(relay.write_payload(number))
        assert chat.heard_first("relay_unknown")
        await chat.tap("/write_message")
        assert chat.heard_first("relay_none")
        await chat.tap(f'/end_thread{{"application": "{number}", "answer": "block"}}')
        assert chat.heard_first("relay_unknown")
    assert not rows(database, Block) and not rows(database, RelayMessage)


async def test_with_several_it_is_asked_to_whom(database: Database, number: int) -> None:
    other = mission(database, KARIM, 1, "Plage propre")
    with database.write() as session:
        service.apply(session, SALMA, other, NOW)
        service.answer(session, KARIM, service.of_person(session, SALMA)[0][0].id, True, NOW)
    chat = Chat("fr")
    await chat.tap("/write_message")
    assert chat.heard_first("relay_which") and len(chat.buttons) == 2
    await chat.tap(next(iter(chat.buttons.values())))
    assert chat.heard_first("relay_ask")


async def test_it_ends_two_weeks_after(database: Database, number: int) -> None:
    with database.write() as session:
        found = session.get(Application, number)
        found.mission.starts_on = found.mission.ends_on = NOW.date()
        session.flush()
        assert relay.own(session, SALMA, number, NOW + timedelta(days=14)) is not None
        assert relay.own(session, SALMA, number, NOW + timedelta(days=15)) is None


@pytest.mark.parametrize("register", REGISTERS)
def test_buttons_under_a_message_say_what_can_be_done(register: str) -> None:
    assert len({text(register, key) for key in ("button_reply", "button_block", "button_report_thread", "button_write")}) == 4
