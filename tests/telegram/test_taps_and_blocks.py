"""Taps, blocks, groups: what an update that holds no words leads to."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import select

from bot import clock
from bot.messages import buttons, outbox
from bot.messages.outbox import Choice, Draft
from bot.services import subscriptions
from bot.store.engine import Database
from bot.store.models import OutboxMessage, Person, Subscription
from bot.telegram.dialogue import HalfTurn
from bot.telegram.turns import OLD_BUTTON
from bot.texts import text
from tests.telegram.desk import Desk
from tests.telegram.updates import CHAT, group_message, membership, message, tap

OTHER = CHAT + 1


def running_lists(database: Database) -> int:
    with database.read() as session:
        return len(session.execute(select(Subscription).where(Subscription.ended_at.is_(None))).all())


async def test_a_tapped_button_becomes_its_payload_and_is_answered(desk: Desk) -> None:
    with desk.database.write() as session:
        token = buttons.issue(session, CHAT, "/search_missions", clock.now())
    desk.receive(tap(update_id=3, data=token))
    async with desk.open():
        await desk.closed(3)
    assert [turn[1] for turn in desk.dialogue.turns] == ["/search_missions"]
    assert desk.bot.toasts == [("q3", None)]


async def test_a_title_that_is_typed_becomes_the_payload_of_its_button(desk: Desk) -> None:
    asked = Draft("?", [Choice("🔎 Voir les missions", "/search_missions")])
    with desk.database.write() as session:
        outbox.queue(session, CHAT, outbox.REPLY, "update:1", [asked], clock.now())
    desk.receive(message(3, text="voir les missions"), message(4, text="bonjour"))
    async with desk.open():
        await desk.closed(3, 4)
    assert [turn[1] for turn in desk.dialogue.turns] == ["/search_missions", "bonjour"]
    assert desk.bot.toasts == []


@pytest.mark.parametrize("owner", [None, OTHER], ids=["forged", "another-chat's"])
@pytest.mark.parametrize("register", ["fr", "ar"])
async def test_a_button_that_is_none_gets_a_kind_answer(desk: Desk, owner: int | None, register: str) -> None:
    token = "x" * 24
    if owner:
        with desk.database.write() as session:
            token = buttons.issue(session, owner, "/show_profile", clock.now())
    desk.keep_volunteer(register)
    desk.receive(tap(update_id=3, data=token))
    async with desk.open():
        assert (await desk.closed(3))[3] == "done"
    assert [turn[1] for turn in desk.dialogue.turns] == [OLD_BUTTON]
    assert desk.bot.toasts == [("q3", text(register, "button_expired"))]


async def test_a_destroying_button_works_once(desk: Desk) -> None:
    with desk.database.write() as session:
        token = buttons.issue(session, CHAT, "/delete_my_data", clock.now())
    desk.receive(tap(update_id=3, data=token), tap(update_id=4, data=token))
    async with desk.open():
        await desk.closed(3, 4)
    assert [turn[1] for turn in desk.dialogue.turns] == ["/delete_my_data", OLD_BUTTON]


async def test_a_destroying_tap_that_is_worked_on_again_is_the_same_tap(desk: Desk) -> None:
    calls = itertools.count(1)

    async def answer(words: str) -> list[Draft]:
        if next(calls) == 1:
            raise HalfTurn
        return [Draft(words)]

    desk.dialogue.answer = answer
    with desk.database.write() as session:
        token = buttons.issue(session, CHAT, "/delete_my_data", clock.now())
    desk.receive(tap(update_id=3, data=token))
    async with desk.open():
        await desk.closed(3)
    assert [turn[1] for turn in desk.dialogue.turns] == ["/delete_my_data"] * 2


async def test_a_tap_that_cannot_be_answered_any_more_still_counts(desk: Desk) -> None:
    with desk.database.write() as session:
        token = buttons.issue(session, CHAT, "/help", clock.now())
    desk.bot.forgot_taps = True
    desk.receive(tap(update_id=3, data=token))
    async with desk.open():
        await desk.closed(3)
    assert desk.answers() == ["re: /help"]


async def test_buttons_of_an_answer_go_out_as_tokens(desk: Desk) -> None:
    async def answer(_words: str) -> list[Draft]:
        return [Draft("?", [Choice("Oui", "/affirm")])]

    desk.dialogue.answer = answer
    desk.receive(message(update_id=1, text="x"))
    async with desk.open():
        await desk.closed(1)
    with desk.database.write() as session:
        ((button,),) = session.execute(select(OutboxMessage)).scalar_one().body["buttons"]
        assert "affirm" not in button["token"]
        assert buttons.redeem(session, CHAT, button["token"], 2, clock.now()) == "/affirm"


async def test_blocking_ends_the_lists_and_letting_in_again_resumes_them(desk: Desk) -> None:
    desk.keep_volunteer()
    desk.receive(membership(update_id=1, status="kicked"))
    async with desk.open():
        assert (await desk.closed(1))[1] == "refused"
        assert running_lists(desk.database) == 0
        with desk.database.read() as session:
            assert session.execute(select(Person.blocked_at)).scalar_one() is not None
        desk.receive(membership(update_id=2, status="member"))
        await desk.closed(2)
    assert running_lists(desk.database) == 1
    assert not desk.answers() and not desk.dialogue.turns


async def test_unblocking_starts_no_list_that_was_stopped_before(desk: Desk) -> None:
    desk.keep_volunteer()
    with desk.database.write() as session:
        subscriptions.end(session, CHAT, "too_many", clock.now())
    desk.receive(membership(update_id=1, status="kicked"), membership(update_id=2, status="member"))
    async with desk.open():
        await desk.closed(1, 2)
    assert running_lists(desk.database) == 0


async def test_groups_are_refused_and_only_when_spoken_to(desk: Desk) -> None:
    group = -100_200
    desk.receive(group_message(update_id=1, text="bonjour à tous"), group_message(update_id=2, text="/start@tadamon_bot"))
    async with desk.open():
        assert set((await desk.closed(1, 2)).values()) == {"refused"}
    assert not desk.dialogue.turns
    (answer,) = desk.answers(group)
    assert answer in {text(register, "groups_refused") for register in ("ar", "fr", "ary-Arab", "ary-Latn")}


async def test_what_needs_no_answer_is_closed_in_silence(desk: Desk) -> None:
    moved = {"update_id": 1, "edited_message": message(location={"latitude": 33.5, "longitude": -7.6})["message"]}
    desk.receive(moved, {"update_id": 2, "inline_query": {"from": {"id": CHAT}}})
    async with desk.open():
        assert set((await desk.closed(1, 2)).values()) == {"refused"}
    assert not desk.answers() and not desk.dialogue.turns
