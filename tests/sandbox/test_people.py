"""What people do in the local Telegram becomes updates that the gateway understands; and what they see."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.sandbox import people
from bot.sandbox.calls import call
from bot.sandbox.people import Refused
from bot.sandbox.state import State
from bot.telegram.incoming import read
from tests.sandbox.conftest import SALMA

WHERE = {"location": {"latitude": 33.5731, "longitude": -7.5898}}


def last_update(state: State) -> dict[str, Any]:
    return state.waiting_updates(0, 1000)[-1]


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        ({"text": "salam"}, "words", "salam"),
        ({"text": "/start affiche"}, "payload", '/start{"payload": "affiche"}'),
        (
            {"location": {"latitude": 33.5731, "longitude": -7.5898}},
            "payload",
            '/share_location{"latitude": "33.57", "longitude": "-7.59"}',
        ),
        ({"sticker": True}, "payload", '/unsupported{"kind": "sticker"}'),
        ({"voice": True}, "payload", '/unsupported{"kind": "voice"}'),
        ({"photo": True}, "payload", '/unsupported{"kind": "photo"}'),
        ({"document": True}, "payload", '/unsupported{"kind": "document"}'),
        ({"contact": True}, "payload", '/unsupported{"kind": "contact"}'),
    ],
)
def test_what_is_sent_is_what_the_gateway_reads(state: State, content: dict[str, Any], kind: str, text: str) -> None:
    sent = people.write(state, SALMA, content)
    update = last_update(state)
    assert update["update_id"] == sent["update_id"]
    incoming = read(update)
    assert (incoming.kind, incoming.text, incoming.chat_id, incoming.first_name) == (kind, text, SALMA, "Salma")


def test_a_command_is_marked_as_one(state: State) -> None:
    people.write(state, SALMA, {"text": "/start affiche"})
    assert last_update(state)["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]


def test_a_shared_contact_is_the_persons_own_unless_told_otherwise(state: State) -> None:
    people.write(state, SALMA, {"contact": True})
    assert last_update(state)["message"]["contact"]["user_id"] == SALMA
    people.write(state, SALMA, {"contact": {"user_id": 9}})
    assert last_update(state)["message"]["contact"]["user_id"] == 9


@pytest.mark.parametrize("content", [{}, {"text": ""}, {"text": "x" * 4097}, {"sticker": False}])
def test_what_telegrams_apps_cannot_send_is_refused(state: State, content: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        people.write(state, SALMA, content)
    assert state.pending_count() == 0


def test_an_edited_message_is_an_update_of_its_own(state: State) -> None:
    sent = people.write(state, SALMA, {"text": "un"})
    people.edit(state, SALMA, sent["message_id"], "deux")
    update = last_update(state)
    assert update["edited_message"]["text"] == "deux"
    assert update["update_id"] > sent["update_id"]
    assert read(update).kind == "edited"


async def test_nobody_edits_a_message_of_the_bot(state: State) -> None:
    sent = await call(state, "sendMessage", {"chat_id": SALMA, "text": "x"})
    with pytest.raises(Refused):
        people.edit(state, SALMA, sent["message_id"], "y")
    with pytest.raises(Refused):
        people.edit(state, SALMA, 999, "y")


@pytest.mark.parametrize("message_id", [1, 999], ids=["shown", "gone"])
def test_a_tap_may_come_from_a_message_that_is_gone(state: State, message_id: int) -> None:
    people.write(state, SALMA, {"text": "x"})
    tapped = people.tap(state, SALMA, message_id, "token")
    incoming = read(last_update(state))
    assert (incoming.kind, incoming.text, incoming.chat_id) == ("tap", "token", SALMA)
    assert incoming.callback_id == tapped["callback_query_id"]


def test_blocking_and_letting_in_again(state: State) -> None:
    for status, kind in (("kicked", "blocked"), ("member", "unblocked")):
        people.membership(state, SALMA, status)
        assert read(last_update(state)).kind == kind
    with pytest.raises(Refused):
        people.membership(state, SALMA, "administrator")


def test_a_person_met_again_keeps_the_chat(state: State) -> None:
    people.membership(state, SALMA, "kicked")
    assert people.meet(state, {"id": SALMA, "first_name": "سلمى", "language_code": "ar"}) == SALMA
    chat = state.chat(SALMA)
    assert chat and (chat["first_name"], chat["is_blocked"]) == ("سلمى", True)
    assert len(state.chats()) == 1


def test_new_people_get_chats_of_their_own(state: State) -> None:
    made = {people.meet(state, {"first_name": "Karim"}) for _ in range(3)}
    assert len(made) == 3 and SALMA not in made


@pytest.mark.parametrize("body", [{}, {"first_name": "  "}])
def test_nobody_is_without_a_name(state: State, body: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        people.meet(state, body)


def test_who_was_never_met_has_no_chat(state: State) -> None:
    with pytest.raises(Refused, match="chat not found"):
        people.write(state, 999, {"text": "x"})


def test_groups_are_told_apart(state: State) -> None:
    people.meet(state, {"id": -100, "first_name": "Voisins", "type": "supergroup"})
    people.write(state, -100, {"text": "/start@tadamon"})
    assert read(last_update(state)).kind == "group"


async def test_looking_shows_what_is_new_and_waits_for_it(state: State) -> None:
    await call(state, "sendMessage", {"chat_id": SALMA, "text": "un"})
    seen = await people.look(state, SALMA, 0, 0)
    assert [message["plain"] for message in seen["messages"]] == ["un"]
    assert (await people.look(state, SALMA, seen["sequence"], 0))["messages"] == []
    waiting = asyncio.create_task(people.look(state, SALMA, seen["sequence"], 5))
    await asyncio.sleep(0.02)
    await call(state, "sendMessage", {"chat_id": SALMA, "text": "deux"})
    found = await asyncio.wait_for(waiting, 2)
    assert [message["plain"] for message in found["messages"]] == ["deux"]


async def test_an_edit_is_seen_as_news_in_its_old_place(state: State) -> None:
    first = await call(state, "sendMessage", {"chat_id": SALMA, "text": "un"})
    await call(state, "sendMessage", {"chat_id": SALMA, "text": "deux"})
    seen = await people.look(state, SALMA, 0, 0)
    await call(state, "editMessageText", {"chat_id": SALMA, "message_id": first["message_id"], "text": "un bis"})
    (changed,) = (await people.look(state, SALMA, seen["sequence"], 0))["messages"]
    assert (changed["message_id"], changed["plain"]) == (first["message_id"], "un bis")


async def test_typing_shows_until_the_answer(state: State) -> None:
    await call(state, "sendChatAction", {"chat_id": SALMA, "action": "typing"})
    assert (await people.look(state, SALMA, 0, 0))["typing"]
    await call(state, "sendMessage", {"chat_id": SALMA, "text": "un"})
    assert not (await people.look(state, SALMA, 0, 0))["typing"]
