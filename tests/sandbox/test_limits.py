"""How much the local Telegram lets through, and what it counts."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from bot.sandbox.limits import Gate, Limits
from bot.sandbox.state import text_hash
from tests.sandbox.conftest import SALMA, opened

OTHERS = range(600, 640)


async def meet(http: httpx.AsyncClient) -> None:
    for chat_id in OTHERS:
        await http.post("/sandbox/api/chats", json={"id": chat_id, "first_name": "x"})


async def send(http: httpx.AsyncClient, chat_id: int = SALMA, text: str = "x") -> httpx.Response:
    return await http.post("/botsandbox/sendMessage", data={"chat_id": chat_id, "text": text})


async def counts(http: httpx.AsyncClient) -> dict[str, Any]:
    return dict((await http.get("/sandbox/api/counts")).json())


async def test_nothing_is_limited_unless_asked_for(http: httpx.AsyncClient) -> None:
    assert (await http.get("/sandbox/api/limits")).json() == {"limits": None}
    assert {(await send(http)).status_code for _ in range(60)} == {200}


async def test_telegrams_own_figures_are_the_default_and_can_be_taken_away(http: httpx.AsyncClient) -> None:
    given = (await http.post("/sandbox/api/limits", json={"chat_burst": 2})).json()["limits"]
    assert given == {"per_second": 30, "per_chat_per_second": 1.0, "chat_burst": 2, "retry_after": 1, "callback_seconds": 30.0}
    assert [(await send(http)).status_code for _ in range(4)] == [200, 200, 429, 429]
    assert (await http.delete("/sandbox/api/limits")).json() == {"limits": None}
    assert (await send(http)).status_code == 200


@pytest.mark.parametrize(
    "body", [{"per_second": 0}, {"per_second": "30"}, {"per_second": 2.5}, {"chat_burst": True}, {"per_hour": 3}, [], None], ids=str
)
async def test_limits_that_make_no_sense_are_refused(http: httpx.AsyncClient, body: Any) -> None:
    answer = await http.post("/sandbox/api/limits", json=body)
    assert answer.status_code == 400 and answer.json()["error"]
    assert (await http.get("/sandbox/api/limits")).json() == {"limits": None}


async def test_a_chat_takes_a_burst_and_then_one_a_second(http: httpx.AsyncClient) -> None:
    await meet(http)
    await http.post("/sandbox/api/limits", json={"chat_burst": 3, "per_chat_per_second": 2})
    assert [(await send(http)).status_code for _ in range(3)] == [200, 200, 200]
    refused = await send(http)
    assert refused.json() == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    }
    assert (await send(http, OTHERS[0])).status_code == 200, "other chats are free"
    assert (await counts(http))["429_earned"] == 1
    await asyncio.sleep(1.01)
    assert [(await send(http)).status_code for _ in range(3)] == [200, 200, 429], "a second gave back two, not three"


async def test_all_chats_together_have_a_limit_too(http: httpx.AsyncClient) -> None:
    await meet(http)
    await http.post("/sandbox/api/limits", json={"per_second": 30})
    statuses = [(await send(http, chat_id)).status_code for chat_id in OTHERS[:31]]
    assert statuses == [200] * 30 + [429]
    assert (await send(http)).status_code == 429, "the whole bot must wait"
    found = await counts(http)
    assert (found["429_earned"], found["429_early"], found["accepted"]) == (1, 1, {"sendMessage": 30})
    await asyncio.sleep(1.01)
    assert (await send(http)).status_code == 200


async def test_sending_while_told_to_wait_is_counted_apart(http: httpx.AsyncClient) -> None:
    await meet(http)
    await http.post("/sandbox/api/limits", json={"chat_burst": 1, "retry_after": 3})
    await send(http)
    assert (await send(http)).json()["parameters"] == {"retry_after": 3}
    early = await send(http)
    assert early.status_code == 429 and early.json()["parameters"]["retry_after"] in (2, 3)
    await send(http, OTHERS[0])
    found = await counts(http)
    assert (found["429_earned"], found["429_early"], found["429_injected"]) == (1, 1, 0)


async def test_a_wait_that_a_fault_demanded_is_watched_too(http: httpx.AsyncClient) -> None:
    await http.post("/sandbox/api/faults", json={"method": "sendMessage", "kind": "429", "seconds": 5})
    await send(http)
    assert (await send(http)).status_code == 200, "without limits it is let through"
    found = await counts(http)
    assert (found["429_injected"], found["429_early"], found["429_earned"]) == (1, 1, 0)


async def test_only_messages_count(http: httpx.AsyncClient) -> None:
    await http.post("/sandbox/api/limits", json={"chat_burst": 1})
    for _ in range(3):
        typing = await http.post("/botsandbox/sendChatAction", data={"chat_id": SALMA, "action": "typing"})
        assert typing.status_code == 200
    message = (await send(http)).json()["result"]
    edit = await http.post("/botsandbox/editMessageText", data={"chat_id": SALMA, "message_id": message["message_id"], "text": "y"})
    assert edit.status_code == 429, "an edit is a message"


async def test_old_taps_are_not_answered_under_limits(http: httpx.AsyncClient) -> None:
    async def tap() -> dict[str, str]:
        tapped = await http.post(f"/sandbox/api/chats/{SALMA}/taps", json={"message_id": 1, "data": "t"})
        return {"callback_query_id": tapped.json()["callback_query_id"]}

    old = await tap()
    await http.post("/sandbox/api/limits", json={"callback_seconds": 0.05})
    await asyncio.sleep(0.06)
    refused = await http.post("/botsandbox/answerCallbackQuery", data=old)
    assert refused.json()["description"] == "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert (await http.post("/botsandbox/answerCallbackQuery", data=await tap())).status_code == 200


async def test_counts_tell_what_became_of_the_calls_and_start_again(http: httpx.AsyncClient) -> None:
    await send(http)
    await send(http, 999)
    await http.post(f"/sandbox/api/chats/{SALMA}/membership", json={"status": "kicked"})
    await send(http)
    await http.get("/botsandbox/getUpdates")
    await http.get("/botsandbox/sendSmellOVision")
    found = await counts(http)
    assert found["accepted"] == {"sendMessage": 1, "getUpdates": 1}
    assert (found["400"], found["403"], found["404"], found["updates_shown"]) == (1, 1, 1, 1)
    again = (await http.delete("/sandbox/api/counts")).json()
    assert again["since"] > found["since"]
    assert not again["accepted"] and not any(value for name, value in again.items() if name not in ("since", "accepted"))


async def test_accepted_texts_are_listed_by_chat_as_they_came(http: httpx.AsyncClient) -> None:
    await meet(http)
    long = "<é>" * 50
    await send(http, text="before")
    await http.delete("/sandbox/api/counts")
    first = (await send(http, text="un")).json()["result"]
    await send(http, OTHERS[0], long)
    await send(http, text="un")
    await http.post("/botsandbox/editMessageText", data={"chat_id": SALMA, "message_id": first["message_id"], "text": "changed"})
    await http.post("/botsandbox/deleteMessage", data={"chat_id": SALMA, "message_id": first["message_id"]})
    await http.post(f"/sandbox/api/chats/{SALMA}/messages", json={"text": "a person's"})
    assert (await http.get("/sandbox/api/accepted")).json() == [
        {"chat_id": SALMA, "text": "un", "hash": text_hash("un"), "count": 2},
        {"chat_id": OTHERS[0], "text": long[:40], "hash": text_hash(long), "count": 1},
    ]
    assert [e["chat_id"] for e in (await http.get("/sandbox/api/accepted", params={"chat_id": OTHERS[0]})).json()] == [OTHERS[0]]


async def test_accepted_texts_outlive_the_sandbox(tmp_path: Any) -> None:
    async with opened(tmp_path) as http:
        await http.post("/sandbox/api/chats", json={"id": SALMA, "first_name": "Salma"})
        await send(http, text="un")
    async with opened(tmp_path) as http:
        assert [entry["text"] for entry in (await http.get("/sandbox/api/accepted")).json()] == ["un"]


async def test_traffic_can_be_asked_for_by_method_and_chat(http: httpx.AsyncClient) -> None:
    await meet(http)
    await send(http)
    await send(http, OTHERS[0], "y")
    await http.get("/botsandbox/getMe")

    async def found(**asked: Any) -> list[str]:
        return [entry["method"] for entry in (await http.get("/sandbox/api/traffic", params=asked)).json()]

    assert await found() == ["sendMessage", "sendMessage", "getMe"]
    assert await found(method="SENDMESSAGE", chat_id=SALMA) == ["sendMessage"]
    assert await found(chat_id=OTHERS[0]) == ["sendMessage"]
    assert await found(chat_id=1) == []
    newest = (await http.get("/sandbox/api/traffic")).json()[-1]["number"]
    assert await found(after=newest - 1) == ["getMe"]


def test_a_refusal_costs_nothing() -> None:
    gate = Gate()
    gate.set(Limits(per_second=2, chat_burst=1, per_chat_per_second=1000))
    gate.enter(1)
    gate.enter(2)
    for chat_id in (3, 4):
        with pytest.raises(Exception, match="Too Many Requests"):
            gate.enter(chat_id)
    assert len(gate._sent) == 2
