"""What goes wrong on demand, seen over real HTTP: broken lines, refusals, waits, storms, outages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.sandbox.faults import Fault, read_fault
from bot.sandbox.server import create_app
from tests.loopback import served, until
from tests.sandbox.conftest import SALMA

KARIM = 502


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a served sandbox in which Salma and Karim have chats."""
    async with served(create_app(tmp_path / "sandbox.db")) as url, httpx.AsyncClient(base_url=url, timeout=10) as http:
        for chat_id in (SALMA, KARIM):
            await http.post("/sandbox/api/chats", json={"id": chat_id, "first_name": "x"})
        yield http


async def fault(line: httpx.AsyncClient, **body: Any) -> None:
    answer = await line.post("/sandbox/api/faults", json=body)
    assert answer.status_code == 200, answer.text


async def send(line: httpx.AsyncClient, text: str = "x", chat_id: int = SALMA) -> int:
    """The status of a send; 0 where the line broke."""
    try:
        return (await line.post("/botsandbox/sendMessage", data={"chat_id": chat_id, "text": text})).status_code
    except httpx.TransportError:
        return 0


async def arrived(line: httpx.AsyncClient, chat_id: int = SALMA) -> list[str]:
    found = (await line.get(f"/sandbox/api/chats/{chat_id}/messages")).json()
    return [message["plain"] for message in found["messages"]]


async def counts(line: httpx.AsyncClient) -> dict[str, Any]:
    return dict((await line.get("/sandbox/api/counts")).json())


@pytest.mark.parametrize(
    ("kind", "status", "texts", "count"),
    [
        ("drop", 0, [], "dropped"),
        ("drop_after_accept", 0, ["x"], "dropped_after_accept"),
        ("timeout", 0, [], "timeouts"),
        ("timeout_after_accept", 0, ["x"], "timeouts_after_accept"),
        ("slow", 200, ["x"], "slow"),
        ("429", 429, [], "429_injected"),
        ("500", 500, [], "5xx"),
        ("502", 502, [], "5xx"),
    ],
)
async def test_each_kind_does_what_it_says_once_and_is_counted(
    line: httpx.AsyncClient, kind: str, status: int, texts: list[str], count: str
) -> None:
    await fault(line, method="sendMessage", kind=kind, seconds=0.1)
    assert (await line.get("/botsandbox/getMe")).status_code == 200, "other methods work"
    assert await send(line) == status
    assert await arrived(line) == texts
    assert await send(line, "y") == 200
    assert await arrived(line) == [*texts, "y"]
    counted = await counts(line)
    assert counted[count] == 1
    assert counted["accepted"]["sendMessage"] == len(texts) + 1


async def test_a_timeout_is_silence_until_the_clients_patience_ends(line: httpx.AsyncClient) -> None:
    await fault(line, method="sendMessage", kind="timeout_after_accept", seconds=5)
    began = time.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        await line.post("/botsandbox/sendMessage", data={"chat_id": SALMA, "text": "x"}, timeout=0.3)
    assert time.monotonic() - began < 3
    assert await arrived(line) == ["x"]


async def test_slow_is_as_slow_as_it_was_asked_to_be(line: httpx.AsyncClient) -> None:
    await fault(line, method="sendMessage", kind="slow", seconds=0.3)
    began = time.monotonic()
    assert await send(line) == 200
    assert time.monotonic() - began >= 0.3


async def test_a_refused_message_whose_answer_is_lost_was_not_accepted(line: httpx.AsyncClient) -> None:
    await fault(line, kind="drop_after_accept")
    assert await send(line, chat_id=999) == 0
    counted = await counts(line)
    assert (counted["dropped"], counted["dropped_after_accept"]) == (1, 0)


async def test_a_fault_may_befall_one_chat_alone(line: httpx.AsyncClient) -> None:
    await fault(line, kind="500", chat_id=SALMA, times=2)
    assert [await send(line, chat_id=chat) for chat in (KARIM, SALMA, KARIM, SALMA, SALMA)] == [200, 500, 200, 500, 200]


async def test_a_storm_is_the_same_each_time_for_its_seed(line: httpx.AsyncClient) -> None:
    async def storm(seed: int) -> list[int]:
        await line.delete("/sandbox/api/faults")
        await fault(line, method="sendMessage", kind="502", chance=0.4, seed=seed)
        await fault(line, method="sendMessage", kind="drop", chance=0.3, seed=seed + 1)
        return [await send(line) for _ in range(40)]

    first, again, other = await storm(1), await storm(1), await storm(5)
    assert first == again != other
    assert {0, 200, 502} == set(first), "it lasts, and some come through"


async def test_a_storm_ends_after_so_many_times(line: httpx.AsyncClient) -> None:
    await fault(line, method="sendMessage", kind="500", chance=1, times=3)
    assert [await send(line) for _ in range(5)] == [500, 500, 500, 200, 200]


async def test_faults_are_listed_and_cleared(line: httpx.AsyncClient) -> None:
    await fault(line, method="sendMessage", kind="500", times=2)
    await fault(line, kind="duplicate", seed=3)
    await send(line)
    first, second = (await line.get("/sandbox/api/faults")).json()
    assert (first["kind"], first["method"], first["times"], first["hits"], first["is_over"]) == ("500", "sendMessage", 1, 1, False)
    assert (second["kind"], second["times"], second["seed"]) == ("duplicate", None, 3)
    assert (await line.delete("/sandbox/api/faults", params={"kind": "500"})).json() == {"faults": 1, "cleared": 1}
    assert await send(line) == 200
    assert (await line.delete("/sandbox/api/faults")).json() == {"faults": 0, "cleared": 1}
    assert (await line.get("/sandbox/api/faults")).json() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "earthquake"},
        {"kind": "drop", "times": -1},
        {"kind": "drop", "times": "3"},
        {"kind": "drop", "chance": 1.5},
        {"kind": "drop", "seconds": -1},
        {"kind": "drop", "seconds": 1e9},
        {"kind": "drop", "often": 3},
        {"kind": "drop", "method": "sendSmellOVision"},
        {"kind": "duplicate", "copies": 6},
        [],
    ],
    ids=str,
)
async def test_a_fault_that_makes_no_sense_is_refused_with_the_reason(line: httpx.AsyncClient, body: Any) -> None:
    answer = await line.post("/sandbox/api/faults", json=body)
    assert answer.status_code == 400 and answer.json()["error"]
    assert (await line.get("/sandbox/api/faults")).json() == []


@pytest.mark.parametrize(("refuses", "status"), [(False, 502), (True, 0)])
async def test_an_outage_befalls_everything_and_passes(line: httpx.AsyncClient, refuses: bool, status: int) -> None:
    await fault(line, kind="outage", seconds=0.5, refuses=refuses)
    assert await send(line) == status
    try:
        assert (await line.get("/botsandbox/getMe")).status_code == status
    except httpx.TransportError:
        assert status == 0
    assert (await line.post(f"/sandbox/api/chats/{SALMA}/messages", json={"text": "people write all the same"})).status_code == 200
    await asyncio.sleep(0.5)
    assert await send(line, "after") == 200
    assert (await line.get("/botsandbox/getUpdates")).json()["result"][0]["message"]["text"] == "people write all the same"
    assert (await arrived(line))[-1] == "after"


async def test_an_outage_ends_a_long_poll_that_is_under_way(line: httpx.AsyncClient) -> None:
    polling = asyncio.create_task(line.get("/botsandbox/getUpdates", params={"timeout": 9}))
    await asyncio.sleep(0.1)
    await fault(line, kind="outage", seconds=30)
    assert (await asyncio.wait_for(polling, 5)).status_code == 502


async def test_an_outage_can_be_ended(line: httpx.AsyncClient) -> None:
    await fault(line, kind="outage", seconds=30)
    assert await send(line) == 502
    await line.delete("/sandbox/api/faults")
    assert await send(line) == 200


def test_what_happens_how_often_unless_told() -> None:
    assert read_fault({"kind": "429"}).times == 1
    assert read_fault({"kind": 429}).kind == "429"
    assert read_fault({"kind": "429", "times": None}).times is None
    assert read_fault({"kind": "429", "chance": 0.5}).times is None
    assert read_fault({"kind": "duplicate"}).times is None
    assert read_fault({"kind": "duplicate", "times": 4}).times == 4


def test_what_is_spent_never_happens_again() -> None:
    spent = Fault(kind="drop", times=0)
    assert not spent.happens() and spent.is_over and not spent.hits


async def test_the_sandbox_ends_without_waiting_for_a_timeout(tmp_path: Path) -> None:
    app = create_app(tmp_path / "sandbox.db")
    async with served(app) as url, httpx.AsyncClient(base_url=url, timeout=20) as http:
        await fault(http, method="getMe", kind="timeout", seconds=60)
        asking = asyncio.create_task(http.get("/botsandbox/getMe"))
        await until("the call", lambda: app.state.sandbox.faults[0].hits)
        app.state.sandbox.end()
        with pytest.raises(httpx.TransportError):
            await asyncio.wait_for(asking, 5)
