"""The sandbox's HTTP: Bot API envelopes, the person's side, and nobody from elsewhere."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.sandbox import server
from bot.sandbox.server import serve
from tests.loopback import served, until
from tests.sandbox.conftest import SALMA, opened


async def test_answers_stand_in_telegrams_envelope(http: httpx.AsyncClient) -> None:
    me = await http.get("/botsandbox/getMe")
    assert me.status_code == 200 and me.json()["ok"] and me.json()["result"]["is_bot"]
    lost = await http.post("/botsandbox/sendMessage", data={"chat_id": "9", "text": "x"})
    assert lost.status_code == 400
    assert lost.json() == {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}


async def test_parameters_come_as_form_json_or_query(http: httpx.AsyncClient) -> None:
    content: dict[str, Any] = {"chat_id": SALMA, "text": "x"}
    for sent in ({"data": content}, {"json": content}, {"params": content}):
        assert (await http.post("/botsandbox/sendMessage", **sent)).json()["ok"]  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/botother/getMe", "/bot/getMe", "/botsandbox2/getMe"])
async def test_another_token_is_refused(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code in (401, 404)


async def test_too_many_requests_name_the_wait(http: httpx.AsyncClient) -> None:
    await http.post("/sandbox/api/faults", json={"method": "sendMessage", "kind": "429", "seconds": 3})
    refused = await http.post("/botsandbox/sendMessage", data={"chat_id": SALMA, "text": "x"})
    assert refused.status_code == 429
    assert refused.json()["parameters"] == {"retry_after": 3}
    assert refused.json()["description"] == "Too Many Requests: retry after 3"


async def test_traffic_shows_calls_without_the_token(tmp_path: Path) -> None:
    async with opened(tmp_path, token="123:secret") as http:
        await http.post("/bot123:secret/sendMessage", data={"chat_id": 1, "text": "x"})
        traffic = (await http.get("/sandbox/api/traffic")).json()
    assert [(entry["method"], entry["status"]) for entry in traffic] == [("sendMessage", 400)]
    assert "secret" not in json.dumps(traffic)


@pytest.mark.parametrize("path", ["/sandbox", "/sandbox/api/chats", "/botsandbox/getMe", "/sandbox/page/app.js"])
@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Host": "127.0.0.1.evil.example:8082"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
    ids=["host", "look-alike", "origin", "null-origin"],
)
async def test_other_websites_are_refused(http: httpx.AsyncClient, path: str, headers: dict[str, str]) -> None:
    assert (await http.get(path, headers=headers)).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"Host": "localhost:8082"}, {"Host": "[::1]:8082"}, {"Origin": "http://127.0.0.1:8082"}, {"Origin": "http://localhost:9"}]
)
async def test_this_machine_is_let_in(http: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert (await http.get("/sandbox/api/chats", headers=headers)).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "", "example.org"])
def test_no_other_address_than_loopback(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_server(*_: object, **__: object) -> None:
        raise AssertionError("served")

    monkeypatch.setattr(server.uvicorn, "run", no_server)
    with pytest.raises(ValueError, match="loopback"):
        serve(host, 8082, tmp_path / "sandbox.db", "sandbox")


async def test_the_page_loads_nothing_from_elsewhere(http: httpx.AsyncClient) -> None:
    page = await http.get("/sandbox")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "http://" not in page.text.replace("http://www.w3.org/", "") and "https://" not in page.text


async def test_a_conversation_over_http(http: httpx.AsyncClient) -> None:
    chat = f"/sandbox/api/chats/{SALMA}"
    sent = (await http.post(f"{chat}/messages", json={"text": "salam"})).json()
    (update,) = (await http.get("/botsandbox/getUpdates")).json()["result"]
    assert update["update_id"] == sent["update_id"]
    markup = json.dumps({"inline_keyboard": [[{"text": "Oui", "callback_data": "t"}]]})
    await http.post("/botsandbox/sendMessage", data={"chat_id": SALMA, "text": "?", "reply_markup": markup})
    seen = (await http.get(f"{chat}/messages", params={"after": 0})).json()
    assert [message["plain"] for message in seen["messages"]] == ["salam", "?"]
    tapped = await http.post(f"{chat}/taps", json={"message_id": seen["messages"][-1]["message_id"], "data": "t"})
    assert tapped.json()["update_id"] > sent["update_id"]
    assert (await http.post(f"{chat}/messages/{sent['message_id']}", json={"text": "salut"})).status_code == 200
    assert (await http.post(f"{chat}/membership", json={"status": "kicked"})).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sandbox/api/chats", {}),
        ("/sandbox/api/chats/999/messages", {"text": "x"}),
        (f"/sandbox/api/chats/{SALMA}/messages", {}),
        (f"/sandbox/api/chats/{SALMA}/taps", {}),
        (f"/sandbox/api/chats/{SALMA}/membership", {"status": "x"}),
    ],
)
async def test_what_cannot_be_done_is_refused_with_a_reason(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    answer = await http.post(path, json=body)
    assert answer.status_code == 400 and answer.json()["error"]


async def test_an_update_is_delivered_again_on_demand(http: httpx.AsyncClient) -> None:
    sent = (await http.post(f"/sandbox/api/chats/{SALMA}/messages", json={"text": "x"})).json()
    offset = sent["update_id"] + 1
    assert (await http.get("/botsandbox/getUpdates", params={"offset": offset})).json()["result"] == []
    assert (await http.post(f"/sandbox/api/updates/{sent['update_id']}/repeat")).json() == {"repeated": True}
    assert [u["update_id"] for u in (await http.get("/botsandbox/getUpdates")).json()["result"]] == [sent["update_id"]]
    assert (await http.post("/sandbox/api/updates/999/repeat")).json() == {"repeated": False}


async def test_a_restart_forgets_nothing_and_counts_on(tmp_path: Path) -> None:
    chat = f"/sandbox/api/chats/{SALMA}/messages"
    async with opened(tmp_path) as http:
        await http.post("/sandbox/api/chats", json={"id": SALMA, "first_name": "Salma"})
        before = (await http.post(chat, json={"text": "un"})).json()
    async with opened(tmp_path) as http:
        assert [u["update_id"] for u in (await http.get("/botsandbox/getUpdates")).json()["result"]] == [before["update_id"]]
        after = (await http.post(chat, json={"text": "deux"})).json()
        assert after["update_id"] > before["update_id"] and after["message_id"] > before["message_id"]
        seen = (await http.get(chat, params={"after": 0})).json()["messages"]
    assert [message["plain"] for message in seen] == ["un", "deux"]


async def test_updates_are_pushed_in_order_until_each_is_taken(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "WEBHOOK_RETRY_SECONDS", (0.01,))
    taken: list[tuple[str | None, int]] = []

    async def hook(request: Request) -> PlainTextResponse:
        update = await request.json()
        taken.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token"), update["update_id"]))
        return PlainTextResponse("", status_code=500 if len(taken) < 3 else 200)

    chat = f"/sandbox/api/chats/{SALMA}/messages"
    async with served(Starlette(routes=[Route("/hook", hook, methods=["POST"])])) as url:
        await http.post("/botsandbox/setWebhook", data={"url": f"{url}/hook", "secret_token": "s"})
        first = (await http.post(chat, json={"text": "un"})).json()["update_id"]
        second = (await http.post(chat, json={"text": "deux"})).json()["update_id"]
        await until("both updates", lambda: len(taken) >= 4)
        await asyncio.sleep(0.05)
    assert taken == [("s", first)] * 3 + [("s", second)]
    assert (await http.get("/botsandbox/getWebhookInfo")).json()["result"]["pending_update_count"] == 0
