"""The sandbox's HTTP: the Bot API for the bot, the person's side and the page for whoever plays."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.sandbox import people
from bot.sandbox.calls import call, chat_of
from bot.sandbox.errors import ApiError
from bot.sandbox.faults import outage, read_fault, shuffling
from bot.sandbox.limits import read_limits
from bot.sandbox.methods import METHODS
from bot.sandbox.profile import commands_shown
from bot.sandbox.state import UPDATES, State

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PAGE = Path(__file__).parent / "page"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
LAST_SECONDS = 2
"""For answers that are on their way when the sandbox ends."""
WEBHOOK_RETRY_SECONDS = (0.2, 0.5, 1, 2, 5)
WEBHOOK_LANES = 8
"""So many chats' updates are pushed at the same time while chats are mixed; otherwise one at a time, in order."""


class LoopbackOnly:
    """Refuses what another website sends here through the visitor's browser: a foreign Host (DNS rebinding) or Origin."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_local(Request(scope)):
            await JSONResponse({"error": "loopback only"}, status_code=403)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_local(request: Request) -> bool:
    origin = request.headers.get("origin")
    hosts = [request.url.hostname, *([urlsplit(origin).hostname] if origin else [])]
    return all(host in LOOPBACK for host in hosts)


def create_app(database: str | Path, token: str = "sandbox") -> Starlette:
    """The sandbox's app; its state lives in a SQLite file."""
    path = Path(database)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.sandbox = State(path)
        pushing = asyncio.create_task(_push_updates(app.state.sandbox))
        yield
        pushing.cancel()
        await asyncio.wait({pushing})
        app.state.sandbox.close()

    async def bot_api(request: Request) -> Response:
        state: State = request.app.state.sandbox
        if request.path_params["token"] != token:
            return _answer(ApiError(401, "Unauthorized"))
        name = request.path_params["method"]
        parameters = await _parameters(request)
        try:
            result = await call(state, name, parameters)
        except ApiError as error:
            state.record(name, parameters, error.code)
            return _answer(error)
        except ConnectionAbortedError:
            state.record(name, parameters, 0)
            return _Dropped()
        finally:
            await request.close()
        state.record(name, parameters, 200)
        return JSONResponse({"ok": True, "result": result})

    async def page(_request: Request) -> Response:
        return FileResponse(_PAGE / "index.html", headers=_HEADERS)

    person = "/sandbox/api/chats/{chat_id:int}"
    return Starlette(
        lifespan=lifespan,
        middleware=[Middleware(LoopbackOnly)],
        routes=[
            Route("/bot{token}/{method}", bot_api, methods=["GET", "POST"]),
            Route("/sandbox", page),
            Route("/sandbox/api/chats", _person(_chats), methods=["GET", "POST"]),
            Route(person + "/messages", _person(_messages), methods=["GET", "POST"]),
            Route(person + "/messages/{message_id:int}", _person(_edit), methods=["POST"]),
            Route(person + "/taps", _person(_tap), methods=["POST"]),
            Route(person + "/membership", _person(_membership), methods=["POST"]),
            Route("/sandbox/api/updates/{update_id:int}/repeat", _person(_repeat), methods=["POST"]),
            Route("/sandbox/api/faults", _person(_faults), methods=["GET", "POST", "DELETE"]),
            Route("/sandbox/api/limits", _person(_limits), methods=["GET", "POST", "DELETE"]),
            Route("/sandbox/api/counts", _person(_counts), methods=["GET", "DELETE"]),
            Route("/sandbox/api/accepted", _person(_accepted)),
            Route("/sandbox/api/traffic", _person(_traffic)),
            Route("/sandbox/api/menu", _person(_menu)),
            Mount("/sandbox/page", StaticFiles(directory=_PAGE)),
        ],
    )


class _Dropped(Response):
    """Breaks the connection in the middle of an answer: before its first byte, the server would answer 500 in our place."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})


def _answer(error: ApiError) -> Response:
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    return JSONResponse(body, status_code=error.code)


async def _parameters(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        return {**found, **(await request.json())}
    return {**found, **(await request.form())}


def _person(serve: Callable[[Request, State], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await serve(request, request.app.state.sandbox))
        except (people.Refused, KeyError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    return endpoint


async def _chats(request: Request, state: State) -> Any:
    if request.method == "POST":
        return {"chat_id": people.meet(state, await request.json())}
    return state.chats()


async def _messages(request: Request, state: State) -> Any:
    chat_id = request.path_params["chat_id"]
    if request.method == "POST":
        return people.write(state, chat_id, await request.json())
    after, wait = int(request.query_params.get("after", 0)), float(request.query_params.get("wait", 0))
    return await people.look(state, chat_id, after, wait)


async def _edit(request: Request, state: State) -> Any:
    text = str((await request.json()).get("text") or "")
    return people.edit(state, request.path_params["chat_id"], request.path_params["message_id"], text)


async def _tap(request: Request, state: State) -> Any:
    body = await request.json()
    return people.tap(state, request.path_params["chat_id"], int(body["message_id"]), str(body["data"]))


async def _membership(request: Request, state: State) -> Any:
    return people.membership(state, request.path_params["chat_id"], str((await request.json()).get("status")))


async def _repeat(request: Request, state: State) -> Any:
    return {"repeated": state.repeat_update(request.path_params["update_id"])}


async def _faults(request: Request, state: State) -> Any:
    if request.method == "GET":
        return [fault.shown() for fault in state.faults]
    if request.method == "DELETE":
        kind = request.query_params.get("kind")
        kept = [fault for fault in state.faults if kind and fault.kind != kind]
        cleared = len(state.faults) - len(kept)
        state.faults[:] = kept
    else:
        fault = read_fault(await _object(request))
        if fault.method != "*" and fault.method.lower() not in map(str.lower, METHODS):
            raise ValueError(f"no method {fault.method}")
        state.faults.append(fault)
        cleared = 0
    state.announce(UPDATES)
    return {"faults": len(state.faults), "cleared": cleared}


async def _object(request: Request) -> dict[str, Any]:
    body = await request.json()
    if not isinstance(body, dict):
        raise ValueError("an object is expected")
    return body


async def _limits(request: Request, state: State) -> Any:
    if request.method == "POST":
        state.gate.set(read_limits(await _object(request)))
    elif request.method == "DELETE":
        state.gate.set(None)
    limits = state.gate.limits
    return {"limits": vars(limits) if limits else None}


async def _counts(request: Request, state: State) -> Any:
    if request.method == "DELETE":
        state.reset_counts()
    return state.counts.shown()


def _number(request: Request, name: str) -> int | None:
    given = request.query_params.get(name)
    return int(given) if given else None


async def _accepted(request: Request, state: State) -> Any:
    return state.accepted(_number(request, "chat_id"))


async def _traffic(request: Request, state: State) -> Any:
    after, chat_id = _number(request, "after") or 0, _number(request, "chat_id")
    method = request.query_params.get("method", "").lower()
    return [
        entry
        for entry in state.traffic
        if entry["number"] > after
        and method in ("", entry["method"].lower())
        and (chat_id is None or chat_of(entry["parameters"]) == chat_id)
    ]


async def _menu(request: Request, state: State) -> Any:
    return commands_shown(state, request.query_params.get("language_code", ""))


async def _push_updates(state: State) -> None:
    """Deliver updates to the webhook while one is set: one after the other, each until it is taken.

    Where chats are to be mixed, several chats at the same time and in any order, as Telegram does; within a chat in order all the same.
    """
    lanes: dict[int, asyncio.Task[None]] = {}
    prefers_copy = False

    def leave(chat_id: int, _done: asyncio.Task[None]) -> None:
        lanes.pop(chat_id)
        state.announce(UPDATES)

    async with httpx.AsyncClient(timeout=30) as http:
        try:
            while True:
                mixing = shuffling(state.faults)
                is_open = bool(state.fact("webhook")) and not outage(state.faults)
                found = None
                if is_open and len(lanes) < (WEBHOOK_LANES if mixing else 1):
                    found = state.update_to_push(lanes, prefers_copy, mixing.random if mixing else None)
                if found is None:
                    await state.change(UPDATES, 0.2)
                    continue
                chat_id, is_copy, update = found
                prefers_copy = not is_copy
                lanes[chat_id] = asyncio.create_task(_push(http, state, update, is_copy))
                lanes[chat_id].add_done_callback(partial(leave, chat_id))
        finally:
            for task in lanes.values():
                task.cancel()


async def _push(http: httpx.AsyncClient, state: State, update: dict[str, Any], is_copy: bool) -> None:
    failures = 0
    while (webhook := state.fact("webhook")) and not outage(state.faults):
        headers = {"Content-Type": "application/json"}
        if webhook["secret"]:
            headers["X-Telegram-Bot-Api-Secret-Token"] = webhook["secret"]
        state.counts.add("updates_shown")
        try:
            answer = await http.post(webhook["url"], content=json.dumps(update), headers=headers)
            if answer.is_success:
                state.confirm_update(update["update_id"], is_copy)
                state.counts.add("updates_repeated", int(is_copy))
                return
        except httpx.HTTPError:
            pass
        await asyncio.sleep(WEBHOOK_RETRY_SECONDS[min(failures, len(WEBHOOK_RETRY_SECONDS) - 1)])
        failures += 1


class _Server(uvicorn.Server):
    """Answers the long polls when it is told to end, so that nobody waits half a minute for Ctrl-C."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.config.app.state.sandbox.end()  # type: ignore[union-attr]


def serve(host: str, port: int, database: str | Path, token: str) -> None:
    """Serve until a signal. Raises ValueError for an address that is not loopback: whoever opens the page plays anybody."""
    if host not in LOOPBACK:
        raise ValueError(f"The sandbox listens on loopback only, not on {host}.")
    config = uvicorn.Config(
        create_app(database, token), host=host, port=port, ws="none", log_level="warning", timeout_graceful_shutdown=LAST_SECONDS
    )
    _Server(config).run()
