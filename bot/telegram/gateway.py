"""Receiving updates, by polling or by webhook: stored in one transaction before anything else is done with them."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot import clock, metrics
from bot.messages import inbox
from bot.settings import Settings
from bot.store.engine import DATABASE_GONE, Database
from bot.telegram.client import POLL_SECONDS
from bot.telegram.incoming import chat_of, update_id_of

log = structlog.get_logger("gateway")

ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
LARGEST_BODY = 1_000_000
"""Bytes of one update; Telegram's are a few kilobytes."""
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
RETRY_SECONDS = 2


class Full(Exception):
    """So much waits already that Telegram had better keep its updates for now."""


class Receiver:
    """Stores updates and tells the runner. Blocks of updates are stored whole or not at all."""

    def __init__(self, database: Database, notice: Callable[[], None]) -> None:
        self._database = database
        self._notice = notice

    def _store(self, updates: Sequence[dict[str, Any]]) -> int:
        with self._database.write() as session:
            if inbox.is_full(session):
                raise Full
            rows = [(int(update["update_id"]), chat_of(update), update) for update in updates]
            return inbox.store(session, rows, clock.real_now())

    async def receive(self, updates: Sequence[dict[str, Any]]) -> None:
        """Store updates; known ones are skipped. Raises Full, and the errors of a database that is away."""
        try:
            new = await asyncio.to_thread(self._store, updates)
        except (Full, *DATABASE_GONE):
            metrics.UPDATES.labels("refused").inc(len(updates))
            raise
        metrics.UPDATES.labels("stored").inc(new)
        metrics.UPDATES.labels("duplicate").inc(len(updates) - new)
        if new:
            self._notice()


async def poll(bot: Bot, receiver: Receiver) -> None:
    """Fetch updates until cancelled. The offset that confirms them to Telegram is only sent once they are stored."""
    offset: int | None = None
    await _until_it_works("delete webhook", lambda: bot.delete_webhook())
    while True:
        try:
            updates = await bot.get_updates(offset=offset, timeout=POLL_SECONDS, allowed_updates=ALLOWED_UPDATES)
        except InvalidToken:
            raise
        except TelegramError as error:
            log.warning("polling failed", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
            continue
        if not updates:
            continue
        try:
            await receiver.receive([json.loads(update.to_json()) for update in updates])
        except (Full, *DATABASE_GONE) as error:
            # Not confirmed, so Telegram gives them again.
            log.warning("updates not taken", count=len(updates), error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
            continue
        offset = updates[-1].update_id + 1


async def listen(bot: Bot, receiver: Receiver, settings: Settings) -> None:
    """Serve the webhook until cancelled, and tell Telegram where it is."""
    server = uvicorn.Server(
        uvicorn.Config(
            webhook_app(receiver, settings.webhook_secret or ""),
            host=settings.webhook_host,
            port=settings.webhook_port,
            ws="none",
            log_level="warning",
        )
    )
    # The process has signal handlers of its own, which cancel all its parts.
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    serving = asyncio.create_task(server.serve())
    await _until_it_works(
        "set webhook",
        lambda: bot.set_webhook(settings.webhook_url or "", secret_token=settings.webhook_secret, allowed_updates=ALLOWED_UPDATES),
    )
    await serving


async def _until_it_works(what: str, call: Callable[[], Any]) -> None:
    while True:
        try:
            await call()
            return
        except InvalidToken:
            raise
        except TelegramError as error:
            log.warning(f"{what} failed", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)


def _update_in(body: bytes | bytearray) -> dict[str, Any] | None:
    """The update in a request's body; None where it is none that the inbox could keep (PostgreSQL refuses NaN, json endless nests)."""
    try:
        payload = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return payload if update_id_of(payload) is not None else None


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def webhook_app(receiver: Receiver, secret: str) -> Starlette:
    """The webhook's listener: secret compared in constant time, body bounded, 200 once the update is stored, 503 while it cannot be."""

    async def update(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            return PlainTextResponse("forbidden", status_code=403)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                return PlainTextResponse("too large", status_code=413)
        payload = _update_in(body)
        if payload is None:
            return PlainTextResponse("no update", status_code=400)
        try:
            await receiver.receive([payload])
        except (Full, *DATABASE_GONE) as error:
            log.warning("update not taken", error=type(error).__name__)
            return PlainTextResponse("try again later", status_code=503, headers={"Retry-After": str(RETRY_SECONDS)})
        return PlainTextResponse("ok")

    # Whatever path WEBHOOK_URL names: the secret decides, not the path.
    return Starlette(routes=[Route("/{path:path}", update, methods=["POST"])])
