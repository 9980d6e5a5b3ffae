"""Working through the inbox: order within a chat, chats side by side, every update answered, whatever Rasa does."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot import clock
from bot.messages import inbox
from bot.messages.outbox import Draft
from bot.store.models import InboxUpdate, OutboxMessage
from bot.telegram import turns
from bot.telegram.dialogue import HalfTurn, Unavailable
from bot.telegram.turns import GIVE_UP_SECONDS
from bot.texts import text
from tests.loopback import until
from tests.telegram.desk import Desk
from tests.telegram.updates import CHAT, message, tap

OTHER = CHAT + 1


async def test_a_message_is_answered_and_its_text_forgotten(desk: Desk) -> None:
    desk.receive(message(update_id=5, text="salam"))
    async with desk.open():
        assert (await desk.closed(5))[5] == "done"
    assert desk.answers() == ["re: salam"]
    assert desk.dialogue.turns == [(CHAT, "salam", 5, False)]
    with desk.database.read() as session:
        assert session.get(InboxUpdate, 5).payload == {}


async def test_a_chat_is_served_in_order_one_at_a_time(desk: Desk) -> None:
    at_once = 0

    async def answer(words: str) -> list[Draft]:
        nonlocal at_once
        at_once += 1
        assert at_once == 1
        await asyncio.sleep(0.02 if words == "1" else 0)
        at_once -= 1
        return [Draft(words)]

    desk.dialogue.answer = answer
    desk.receive(*(message(update_id=n, text=str(n)) for n in (1, 2, 3, 4)))
    async with desk.open():
        assert set((await desk.closed(1, 2, 3, 4)).values()) == {"done"}
    assert desk.answers() == ["1", "2", "3", "4"]


async def test_a_slow_chat_holds_no_other_up(desk: Desk) -> None:
    go_on = asyncio.Event()

    async def answer(words: str) -> list[Draft]:
        if words == "lent":
            await go_on.wait()
        return [Draft(words)]

    desk.dialogue.answer = answer
    desk.receive(message(update_id=1, text="lent"), message(update_id=2, text="vite", chat_id=OTHER))
    async with desk.open():
        await desk.closed(2)
        assert desk.states()[1] == "working"
        go_on.set()
        await desk.closed(1)
    assert desk.answers(OTHER) == ["vite"] and desk.answers() == ["lent"]


async def test_no_more_chats_at_once_than_allowed(desk: Desk) -> None:
    at_once, most = 0, 0

    async def answer(words: str) -> list[Draft]:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.02)
        at_once -= 1
        return [Draft(words)]

    desk.dialogue.answer = answer
    desk.receive(*(message(update_id=n, text="x", chat_id=n) for n in range(1, 8)))
    async with desk.open(parallel=2):
        await desk.closed(*range(1, 8))
    assert most == 2


async def test_lines_tell_which_update_they_are_about(desk: Desk) -> None:
    told: dict[str, Any] = {}
    both = asyncio.Event()

    async def answer(words: str) -> list[Draft]:
        told[words] = None
        if len(told) == 2:
            both.set()
        await both.wait()
        told[words] = structlog.contextvars.get_contextvars().get("update_id")
        return [Draft(words)]

    desk.dialogue.answer = answer
    desk.receive(message(update_id=7, text="un", chat_id=1), message(update_id=8, text="deux", chat_id=2))
    async with desk.open():
        await desk.closed(7, 8)
    assert told == {"un": 7, "deux": 8}


async def test_while_rasa_is_away_updates_wait_however_long(desk: Desk) -> None:
    calls = itertools.count(1)

    async def answer(words: str) -> list[Draft]:
        if next(calls) <= 3:
            raise Unavailable("ConnectError")
        return [Draft(words)]

    desk.dialogue.answer = answer
    desk.receive(message(update_id=1, text="un"), message(update_id=2, text="deux"), age_seconds=10 * GIVE_UP_SECONDS)
    async with desk.open():
        assert set((await desk.closed(1, 2)).values()) == {"done"}
    assert desk.answers() == ["un", "deux"]
    assert [turn[3] for turn in desk.dialogue.turns] == [False, True, True, True, False], "whether Rasa may know the turn"


@pytest.mark.parametrize("error", [HalfTurn(), RuntimeError("unexpected")], ids=["half", "unexpected"])
async def test_a_turn_that_failed_is_tried_again(desk: Desk, error: Exception) -> None:
    calls = itertools.count(1)

    async def answer(words: str) -> list[Draft]:
        if next(calls) == 1:
            raise error
        return [Draft(words)]

    desk.dialogue.answer = answer
    desk.receive(message(update_id=1, text="un"), message(update_id=2, text="deux"))
    async with desk.open():
        assert set((await desk.closed(1, 2)).values()) == {"done"}
    assert desk.answers() == ["un", "deux"], "the later message must not overtake"


@pytest.mark.parametrize(("register", "kept"), [("fr", False), ("ary-Latn", True)])
async def test_a_turn_that_stays_half_is_given_up_and_the_person_told(desk: Desk, register: str, kept: bool) -> None:
    async def answer(words: str) -> list[Draft]:
        if words == "un":
            raise HalfTurn
        return [Draft(words)]

    if kept:
        desk.keep_volunteer(register)
    desk.dialogue.answer = answer
    desk.receive(message(update_id=1, text="un"), age_seconds=GIVE_UP_SECONDS + 1)
    desk.receive(message(update_id=2, text="deux"))
    async with desk.open():
        assert await desk.closed(1, 2) == {1: "failed", 2: "done"}
    assert desk.answers() == [text(register, "given_up"), "deux"]
    with desk.database.read() as session:
        origins = set(session.execute(select(OutboxMessage.origin)).scalars())
    assert origins == {"update:1:given_up", "update:2"}, "the thread shows it beside what Rasa knows"


@pytest.mark.parametrize(("seconds", "types"), [(0.0, False), (0.4, True)])
async def test_slow_turns_show_that_the_bot_types(desk: Desk, monkeypatch: pytest.MonkeyPatch, seconds: float, types: bool) -> None:
    monkeypatch.setattr(turns, "TYPING_AFTER_SECONDS", 0.1)

    async def answer(words: str) -> list[Draft]:
        await asyncio.sleep(seconds)
        return [Draft(words)]

    desk.dialogue.answer = answer
    desk.receive(message(update_id=1, text="x"))
    async with desk.open():
        await desk.closed(1)
        await asyncio.sleep(0.15)
    assert desk.bot.typed_in == [CHAT] * types


async def test_work_of_a_killed_gateway_is_taken_up_at_once(desk: Desk) -> None:
    desk.receive(message(update_id=1, text="x"))
    with desk.database.write() as session:
        assert inbox.claim(session, "gateway", 5, clock.real_now(), [])
    async with desk.open():
        await desk.closed(1)
    assert desk.dialogue.turns == [(CHAT, "x", 1, True)], "it may have reached Rasa before the kill"


async def test_work_of_another_gateway_is_left_alone(desk: Desk) -> None:
    desk.receive(message(update_id=1, text="x"))
    with desk.database.write() as session:
        assert inbox.claim(session, "other", 5, clock.real_now(), [])
    async with desk.open():
        await asyncio.sleep(0.1)
    assert desk.states() == {1: "working"} and not desk.dialogue.turns


async def test_a_flood_is_asked_once_to_slow_down(desk: Desk) -> None:
    count = turns.MOST_PER_MINUTE + 10
    desk.receive(*(message(update_id=number, text=str(number)) for number in range(1, count + 1)))
    desk.receive(message(update_id=count + 1, text="x", chat_id=OTHER))
    async with desk.open():
        states = await desk.closed(*range(1, count + 2))
    assert list(states.values()).count("refused") == 10
    assert len(desk.dialogue.turns) == turns.MOST_PER_MINUTE + 1
    assert desk.answers()[-1] == text("fr", "slow_down")
    assert desk.answers().count(text("fr", "slow_down")) == 1
    assert desk.answers(OTHER) == ["re: x"], "a flood is its own chat's alone"


async def test_after_a_minute_the_flood_is_forgotten(desk: Desk) -> None:
    desk.receive(*(message(update_id=number, text="x") for number in range(1, turns.MOST_PER_MINUTE + 1)), age_seconds=61)
    desk.receive(message(update_id=100, text="salam"))
    async with desk.open():
        assert (await desk.closed(100))[100] == "done"


async def test_an_update_that_nobody_can_read_holds_nothing_up(desk: Desk) -> None:
    with desk.database.write() as session:
        inbox.store(session, [(1, CHAT, {"update_id": 1, "message": {"chat": None}})], clock.real_now())
    desk.receive(message(update_id=2, text="salam"))
    async with desk.open():
        assert await desk.closed(1, 2) == {1: "refused", 2: "done"}
    assert desk.answers() == ["re: salam"]


async def test_what_was_understood_survives_a_database_that_goes_away(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "DATABASE_RETRY_SECONDS", 0.02)
    write, failures = desk.database.write, 0

    def away() -> object:
        nonlocal failures
        failures += 1
        raise OperationalError("BEGIN", {}, Exception("server closed the connection"))

    async def answer(words: str) -> list[Draft]:
        monkeypatch.setattr(desk.database, "write", away)
        return [Draft(words)]

    desk.dialogue.answer = answer
    desk.receive(message(update_id=1, text="un"))
    async with desk.open():
        await until("failures", lambda: failures >= 3)
        monkeypatch.setattr(desk.database, "write", write)
        assert (await desk.closed(1))[1] == "done"
    assert desk.answers() == ["un"]
    assert len(desk.dialogue.turns) == 1, "the turn is not taken again"


async def test_a_slow_line_to_telegram_does_not_hold_a_tap_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(_query_id: str, text: str | None = None) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(desk.bot, "answer_callback_query", slow)
    desk.receive(tap(update_id=1, data="old"))
    async with desk.open():
        assert (await desk.closed(1))[1] == "done"


@pytest.mark.parametrize("register", [None, "ary-Latn"])
async def test_rasa_is_told_in_which_register_a_person_is_known(desk: Desk, register: str | None) -> None:
    if register:
        desk.keep_volunteer(register)
    desk.receive(message(update_id=1, text="1"))
    async with desk.open():
        await desk.closed(1)
    (metadata,) = desk.dialogue.metadata
    assert metadata == {
        "update_id": 1,
        "first_name": "Salma",
        "language_code": "fr",
        "register": register,
        "bot_name": "tadamon_bot",
        "message_id": None,
    }
