"""Stands in for Rasa where a test is about delivery: its two endpoints, a tracker in memory, and an effect of ours for each message.

Run as ``python -m tests.torture.fake_rasa PORT`` with the product's environment. What a message says decides what happens:
``hold …`` is answered when ``POST /release`` was called, ``half …`` is left without confirmation the first time; anything else is
answered at once, with ``re: …``. Each turn has one effect, guarded as the custom actions guard theirs: a notice under an origin that is
new each time it is queued, so that an effect that happens twice shows in the chat.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any
from uuid import uuid4

import uvicorn
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import clock
from bot.messages import effects, outbox
from bot.messages.outbox import Draft
from bot.store.engine import database

DONE = {"turn": "done"}


def take_effect(chat_id: int, update_id: int, words: str) -> None:
    def effect_in(session: Session) -> dict[str, Any]:
        outbox.queue(session, chat_id, outbox.NOTICE, f"torture:{uuid4().hex}", [Draft(f"did: {words}")], clock.now())
        return {}

    with database().write() as session:
        effects.once(session, update_id, "torture", lambda: effect_in(session))


class FakeRasa:
    def __init__(self, with_effects: bool) -> None:
        self.with_effects = with_effects
        self.trackers: dict[str, list[dict[str, Any]]] = {}
        self.released = asyncio.Event()
        self.failed_once: set[int] = set()

    async def message(self, request: Request) -> Response:
        body = await request.json()
        words, update_id = body["message"], int(body["metadata"]["update_id"])
        if words.startswith("hold"):
            await self.released.wait()
        if self.with_effects:
            await asyncio.to_thread(take_effect, int(body["sender"]), update_id, words)
        replies: list[dict[str, Any]] = [{"text": f"re: {words}"}, {"custom": DONE}]
        if words.startswith("half") and update_id not in self.failed_once:
            self.failed_once.add(update_id)
            replies.pop()
        said = [{"event": "bot", "text": reply.get("text"), "data": {"custom": reply.get("custom")}} for reply in replies]
        asked = {"event": "user", "text": words, "metadata": body["metadata"]}
        self.trackers.setdefault(body["sender"], []).extend([asked, *said])
        return JSONResponse(replies)

    async def tracker(self, request: Request) -> Response:
        return JSONResponse({"events": self.trackers.get(request.path_params["sender"], [])})

    async def append(self, request: Request) -> Response:
        self.trackers.setdefault(request.path_params["sender"], []).extend(json.loads(await request.body()))
        return JSONResponse({})

    async def release(self, _request: Request) -> Response:
        self.released.set()
        return JSONResponse({})

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/status", lambda _request: JSONResponse({}), methods=["GET"]),
                Route("/webhooks/rest/webhook", self.message, methods=["POST"]),
                Route("/conversations/{sender}/tracker", self.tracker),
                Route("/conversations/{sender}/tracker/events", self.append, methods=["POST"]),
                Route("/release", self.release, methods=["POST"]),
            ]
        )


if __name__ == "__main__":
    clock.start()
    uvicorn.run(FakeRasa(sys.argv[2:] != ["bare"]).app(), host="127.0.0.1", port=int(sys.argv[1]), ws="none", log_level="warning")
