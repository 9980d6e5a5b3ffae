"""The Bot API's methods: answers, limits and refusals, worded as the real one words them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bot.sandbox import people
from bot.sandbox.calls import call
from bot.sandbox.errors import ApiError
from bot.sandbox.faults import Fault
from bot.sandbox.state import State
from tests.sandbox.conftest import SALMA


async def refused(state: State, name: str, **parameters: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        await call(state, name, parameters)
    return caught.value


def buttons(*data: str) -> str:
    return json.dumps({"inline_keyboard": [[{"text": "Oui", "callback_data": value}] for value in data]})


async def send(state: State, text: str = "salam", **parameters: Any) -> dict[str, Any]:
    return dict(await call(state, "sendMessage", {"chat_id": SALMA, "text": text, **parameters}))


async def test_a_message_arrives_as_it_reads(state: State) -> None:
    answer = await send(state, "<b>Salam</b> &amp; bienvenue", parse_mode="HTML")
    assert answer["text"] == "Salam & bienvenue"
    assert (answer["chat"]["id"], answer["from"]["is_bot"]) == (SALMA, True)
    (stored,) = state.messages_after(SALMA, 0)
    assert stored["plain"] == "Salam & bienvenue"


async def test_without_a_parse_mode_signs_stay_signs(state: State) -> None:
    assert (await send(state, "<b> 1 < 2"))["text"] == "<b> 1 < 2"


@pytest.mark.parametrize(
    ("name", "parameters", "code", "description"),
    [
        ("sendMessage", {"chat_id": 999, "text": "x"}, 400, "Bad Request: chat not found"),
        ("sendMessage", {"text": "x"}, 400, "Bad Request: chat_id is empty"),
        ("sendMessage", {"chat_id": SALMA}, 400, "Bad Request: message text is empty"),
        ("sendMessage", {"chat_id": SALMA, "text": " \n"}, 400, "Bad Request: message text is empty"),
        ("sendMessage", {"chat_id": SALMA, "text": "<b></b>", "parse_mode": "HTML"}, 400, "Bad Request: message text is empty"),
        ("sendMessage", {"chat_id": SALMA, "text": "x" * 4097}, 400, "Bad Request: message is too long"),
        ("sendMessage", {"chat_id": SALMA, "text": "x", "reply_markup": buttons("x" * 65)}, 400, "Bad Request: BUTTON_DATA_INVALID"),
        ("sendMessage", {"chat_id": SALMA, "text": "x", "reply_markup": buttons("ش" * 33)}, 400, "Bad Request: BUTTON_DATA_INVALID"),
        ("editMessageText", {"chat_id": SALMA, "message_id": 99, "text": "x"}, 400, "Bad Request: message to edit not found"),
        ("deleteMessage", {"chat_id": SALMA, "message_id": 99}, 400, "Bad Request: message to delete not found"),
        ("setWebhook", {"url": "http://example.org/"}, 400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"),
        ("sendSmellOVision", {}, 404, "Not Found: method not found"),
    ],
)
async def test_refusals(state: State, name: str, parameters: dict[str, Any], code: int, description: str) -> None:
    error = await refused(state, name, **parameters)
    assert (error.code, error.description) == (code, description)


async def test_broken_markup_is_refused(state: State) -> None:
    error = await refused(state, "sendMessage", chat_id=SALMA, text="<b>x", parse_mode="HTML")
    assert error.code == 400
    assert error.description.startswith("Bad Request: can't parse entities: ")


async def test_limits_count_what_is_read(state: State) -> None:
    """4096 characters after parsing; 64 bytes of callback data."""
    assert await send(state, "<b>" + "x" * 4096 + "</b>", parse_mode="HTML")
    assert await send(state, reply_markup=buttons("x" * 64, "ش" * 32))


async def test_names_of_methods_may_be_written_in_any_case(state: State) -> None:
    assert (await call(state, "GETME", {}))["is_bot"]


async def test_who_blocked_the_bot_is_not_reached(state: State) -> None:
    people.membership(state, SALMA, "kicked")
    for name, more in (("sendMessage", {"text": "x"}), ("sendChatAction", {"action": "typing"})):
        error = await refused(state, name, chat_id=SALMA, **more)
        assert (error.code, error.description) == (403, "Forbidden: bot was blocked by the user")
    people.membership(state, SALMA, "member")
    assert await send(state)


async def test_editing_changes_the_message_in_place(state: State) -> None:
    sent = await send(state, "un", reply_markup=buttons("a"))
    edited = await call(state, "editMessageText", {"chat_id": SALMA, "message_id": sent["message_id"], "text": "deux"})
    assert (edited["message_id"], edited["text"]) == (sent["message_id"], "deux")
    assert "reply_markup" not in edited
    same = await refused(state, "editMessageText", chat_id=SALMA, message_id=sent["message_id"], text="deux")
    assert same.description.startswith("Bad Request: message is not modified")


async def test_the_bot_edits_no_message_of_a_person(state: State) -> None:
    written = people.write(state, SALMA, {"text": "moi"})
    error = await refused(state, "editMessageText", chat_id=SALMA, message_id=written["message_id"], text="toi")
    assert error.description == "Bad Request: message can't be edited"


async def test_buttons_are_taken_away_once(state: State) -> None:
    sent = await send(state, reply_markup=buttons("a"))
    where = {"chat_id": SALMA, "message_id": sent["message_id"]}
    assert "reply_markup" not in await call(state, "editMessageReplyMarkup", where)
    assert (await refused(state, "editMessageReplyMarkup", **where)).description.startswith("Bad Request: message is not modified: ")


async def test_a_deleted_message_is_gone(state: State) -> None:
    sent = await send(state)
    where = {"chat_id": SALMA, "message_id": sent["message_id"]}
    assert await call(state, "deleteMessage", where) is True
    assert (await refused(state, "deleteMessage", **where)).code == 400


async def test_a_tap_is_answered_once(state: State) -> None:
    tapped = people.tap(state, SALMA, 1, "token")
    query = {"callback_query_id": tapped["callback_query_id"]}
    too_long = await refused(state, "answerCallbackQuery", **people_tap(state), text="x" * 201)
    assert too_long.description == "Bad Request: MESSAGE_TOO_LONG"
    assert await call(state, "answerCallbackQuery", {**query, "text": "ok"}) is True
    assert state.toasts[SALMA]["text"] == "ok"
    again = await refused(state, "answerCallbackQuery", **query)
    assert again.description == "Bad Request: query is too old and response timeout expired or query ID is invalid"


def people_tap(state: State) -> dict[str, str]:
    return {"callback_query_id": people.tap(state, SALMA, 1, "other")["callback_query_id"]}


async def test_updates_come_again_until_their_offset_confirms_them(state: State) -> None:
    ids = [people.write(state, SALMA, {"text": str(number)})["update_id"] for number in range(3)]

    async def fetch(**parameters: int) -> list[int]:
        return [update["update_id"] for update in await call(state, "getUpdates", parameters)]

    assert await fetch() == await fetch(offset=0) == ids
    assert await fetch(limit=2) == ids[:2]
    assert await fetch(offset=ids[1]) == ids[1:]
    assert await fetch() == ids[1:], "what lies below the offset is confirmed"
    assert await fetch(offset=ids[2] + 1) == []
    assert state.pending_count() == 0


async def test_a_long_poll_ends_when_something_happens(state: State) -> None:
    polling = asyncio.create_task(call(state, "getUpdates", {"timeout": 20}))
    await asyncio.sleep(0.02)
    people.write(state, SALMA, {"text": "x"})
    assert len(await asyncio.wait_for(polling, 2)) == 1
    assert await call(state, "getUpdates", {}), "the poll that ended is in nobody's way"


async def test_a_second_poller_ends_the_poll_of_the_first(state: State) -> None:
    first = asyncio.create_task(call(state, "getUpdates", {"timeout": 20}))
    await asyncio.sleep(0.02)
    second = asyncio.create_task(call(state, "getUpdates", {"timeout": 20}))
    with pytest.raises(ApiError, match="terminated by other getUpdates request"):
        await asyncio.wait_for(first, 2)
    people.write(state, SALMA, {"text": "x"})
    assert len(await asyncio.wait_for(second, 2)) == 1


async def test_polling_and_webhook_exclude_each_other(state: State) -> None:
    people.write(state, SALMA, {"text": "x"})
    await call(state, "setWebhook", {"url": "https://bot.example.org/hook", "secret_token": "s"})
    assert (await refused(state, "getUpdates")).code == 409
    info = await call(state, "getWebhookInfo", {})
    assert (info["url"], info["pending_update_count"]) == ("https://bot.example.org/hook", 1)
    await call(state, "setWebhook", {"url": ""})
    assert len(await call(state, "getUpdates", {})) == 1
    await call(state, "deleteWebhook", {"drop_pending_updates": "true"})
    assert await call(state, "getUpdates", {}) == []


async def test_the_menu_is_kept_by_language(state: State) -> None:
    french, others = [{"command": "offer", "description": "Proposer"}], [{"command": "offer", "description": "Offer"}]
    await call(state, "setMyCommands", {"commands": json.dumps(french), "language_code": "fr"})
    await call(state, "setMyCommands", {"commands": json.dumps(others)})
    assert await call(state, "getMyCommands", {"language_code": "fr"}) == french
    assert await call(state, "getMyCommands", {}) == others
    assert await call(state, "getMyCommands", {"language_code": "ar"}) == []


@pytest.mark.parametrize(("kind", "code"), [("429", 429), ("500", 500)])
async def test_faults_that_were_asked_for_come_first_and_end(state: State, kind: str, code: int) -> None:
    state.faults.append(Fault(kind=kind, method="sendMessage", times=2, seconds=7))
    assert await call(state, "getMe", {}), "other methods work"
    for _ in range(2):
        error = await refused(state, "sendMessage", chat_id=SALMA, text="x")
        assert (error.code, error.parameters) == (code, {"retry_after": 7} if code == 429 else {})
    assert await send(state)
    assert len(state.messages_after(SALMA, 0)) == 1


@pytest.mark.parametrize(("kind", "arrived"), [("drop_after_accept", 1), ("drop", 0)])
async def test_a_dropped_call_may_have_been_accepted(state: State, kind: str, arrived: int) -> None:
    state.faults.append(Fault(kind=kind))
    with pytest.raises(ConnectionAbortedError):
        await send(state)
    assert len(state.messages_after(SALMA, 0)) == arrived
