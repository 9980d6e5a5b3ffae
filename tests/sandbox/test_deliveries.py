"""How updates reach the bot: repeated, mixed, of the kinds that were asked for."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.sandbox import people, server
from bot.sandbox.state import State
from tests.loopback import served, until
from tests.sandbox.conftest import SALMA, opened

CHATS = range(501, 506)


async def meet(http: httpx.AsyncClient) -> None:
    for chat_id in CHATS:
        await http.post("/sandbox/api/chats", json={"id": chat_id, "first_name": "x"})


async def write(http: httpx.AsyncClient, chat_id: int = SALMA, text: str = "x") -> int:
    answer = await http.post(f"/sandbox/api/chats/{chat_id}/messages", json={"text": text})
    return int(answer.json()["update_id"])


async def poll(http: httpx.AsyncClient, **parameters: Any) -> list[int]:
    found = (await http.get("/botsandbox/getUpdates", params=parameters)).json()["result"]
    return [update["update_id"] for update in found]


async def drain(http: httpx.AsyncClient) -> list[int]:
    """Poll as a bot does, until nothing comes any more; all updates seen, in order."""
    seen: list[int] = []
    offset = 0
    while found := await poll(http, offset=offset):
        assert found == sorted(found), "Telegram shows updates in the order of their ids"
        seen += found
        offset = found[-1] + 1
    return seen


@asynccontextmanager
async def hooked(http: httpx.AsyncClient, taken: list[tuple[int, int]], status: int = 200) -> AsyncIterator[None]:
    """A webhook that notes the chat and update_id of what it is given; while it is busy with one, it lets others come."""

    async def hook(request: Request) -> PlainTextResponse:
        update = await request.json()
        await asyncio.sleep(0.005)
        taken.append((update["message"]["chat"]["id"], update["update_id"]))
        return PlainTextResponse("", status_code=status)

    async with served(Starlette(routes=[Route("/hook", hook, methods=["POST"])])) as url:
        await http.post("/botsandbox/setWebhook", data={"url": f"{url}/hook"})
        yield
        await http.post("/botsandbox/deleteWebhook")


async def test_duplicates_come_by_polling_one_to_five_times(http: httpx.AsyncClient) -> None:
    await http.post("/sandbox/api/faults", json={"kind": "duplicate", "seed": 2})
    sent = [await write(http) for _ in range(40)]
    times = Counter(await drain(http))
    assert sorted(times) == sent, "none is lost"
    assert set(times.values()) == {1, 2, 3, 4, 5}
    counted = (await http.get("/sandbox/api/counts")).json()
    assert counted["updates_shown"] == times.total()
    assert counted["updates_repeated"] == times.total() - 40


async def test_duplicates_come_also_after_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as http:
        await meet(http)
        await http.post("/sandbox/api/faults", json={"kind": "duplicate", "seed": 2})
        sent = [await write(http) for _ in range(10)]
        assert await poll(http) == sent
        assert await poll(http) == sent, "unconfirmed ones come again without any fault"
    async with opened(tmp_path) as http:
        seen = Counter(await drain(http))
    assert sorted(seen) == sent and max(seen.values()) > 1


async def test_duplicates_end_with_their_fault(http: httpx.AsyncClient) -> None:
    await http.post("/sandbox/api/faults", json={"kind": "duplicate", "times": 1, "seed": 4, "copies": 5})
    await write(http)
    others = [await write(http) for _ in range(5)]
    times = Counter(await drain(http))
    assert [times[update_id] for update_id in others] == [1] * 5


async def test_a_repeated_update_reaches_a_bot_that_goes_on_polling(http: httpx.AsyncClient) -> None:
    sent = await write(http)
    assert await poll(http, offset=sent + 1) == []
    await http.post(f"/sandbox/api/updates/{sent}/repeat")
    assert await poll(http, offset=sent + 1) == [sent]
    assert await poll(http, offset=sent + 1) == []


async def test_duplicates_come_by_webhook(http: httpx.AsyncClient) -> None:
    await http.post("/sandbox/api/faults", json={"kind": "duplicate", "seed": 2})
    taken: list[tuple[int, int]] = []
    async with hooked(http, taken):
        sent = [await write(http) for _ in range(20)]
        state = http._transport.app.state.sandbox  # type: ignore[attr-defined]
        await until("all of them", lambda: {u for _, u in taken} == set(sent) and state.update_to_push((), False, None) is None)
        await asyncio.sleep(0.05)
    times = Counter(update_id for _, update_id in taken)
    assert set(times.values()) == {1, 2, 3, 4, 5}
    first_times = list(dict.fromkeys(update_id for _, update_id in taken))
    assert first_times == sent, "what is new comes in order"


async def test_chats_are_mixed_but_each_keeps_its_order(http: httpx.AsyncClient) -> None:
    await meet(http)
    sent = [(chat_id, await write(http, chat_id)) for _ in range(8) for chat_id in CHATS]
    await http.post("/sandbox/api/faults", json={"kind": "shuffle", "seed": 7})
    taken: list[tuple[int, int]] = []
    async with hooked(http, taken):
        await until("all of them", lambda: len(taken) == len(sent))
    assert sorted(taken) == sorted(sent)
    assert taken != sent, "chats are mixed"
    for chat_id in CHATS:
        mine = [update_id for chat, update_id in taken if chat == chat_id]
        assert mine == sorted(mine)


def test_whose_turn_it_is_is_drawn_while_chats_are_mixed(state: State) -> None:
    for chat_id in CHATS:
        people.meet(state, {"id": chat_id, "first_name": "x"})
    sent = {chat_id: [people.write(state, chat_id, {"text": "x"})["update_id"] for _ in range(2)] for chat_id in CHATS}
    drawn = set()
    for seed in range(40):
        found = state.update_to_push((), False, Random(seed))
        assert found is not None and found[2]["update_id"] == sent[found[0]][0], "of a chat, the oldest"
        drawn.add(found[0])
    assert drawn == set(CHATS)
    oldest = state.update_to_push((), False, None)
    assert oldest and oldest[0] == CHATS[0]


async def test_a_chat_whose_update_is_refused_holds_up_no_other_while_chats_are_mixed(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "WEBHOOK_RETRY_SECONDS", (0.01,))
    await meet(http)
    for chat_id in CHATS:
        await write(http, chat_id)
    await http.post("/sandbox/api/faults", json={"kind": "shuffle", "seed": 7})
    taken: list[tuple[int, int]] = []
    async with hooked(http, taken, status=500):
        await until("an attempt for each chat", lambda: {chat for chat, _ in taken} == set(CHATS))
    assert len(await poll(http)) == len(CHATS), "refused, all of them still wait"


async def test_polling_knows_no_other_order_than_that_of_ids(http: httpx.AsyncClient) -> None:
    await meet(http)
    await http.post("/sandbox/api/faults", json={"kind": "shuffle", "seed": 7})
    sent = [await write(http, chat_id) for _ in range(3) for chat_id in CHATS]
    assert await drain(http) == sent


async def test_nothing_is_pushed_during_an_outage(http: httpx.AsyncClient) -> None:
    taken: list[tuple[int, int]] = []
    async with hooked(http, taken):
        await http.post("/sandbox/api/faults", json={"kind": "outage", "seconds": 0.5})
        await write(http)
        await asyncio.sleep(0.3)
        assert not taken
        await until("the update", lambda: taken)


@pytest.mark.parametrize("way", ["getUpdates", "setWebhook"])
async def test_kinds_that_were_not_asked_for_are_not_delivered(http: httpx.AsyncClient, way: str) -> None:
    asked = {"allowed_updates": '["callback_query"]'}
    if way == "getUpdates":
        await http.get("/botsandbox/getUpdates", params=asked)
    else:
        await http.post("/botsandbox/setWebhook", data={"url": "https://bot.example.org/", **asked})
        await http.post("/botsandbox/deleteWebhook")
    await write(http)
    tapped = await http.post(f"/sandbox/api/chats/{SALMA}/taps", json={"message_id": 1, "data": "t"})
    assert await poll(http) == [tapped.json()["update_id"]], "the wish is remembered"
    await http.get("/botsandbox/getUpdates", params={"allowed_updates": "[]"})
    later = await write(http)
    assert (await poll(http))[-1] == later
