"""Draining the outbox within Telegram's limits: in order per chat, replies before broadcasts, every message to a final state."""

from __future__ import annotations

import asyncio
import html
import re
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import structlog
from sqlalchemy import update
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError

from bot import clock
from bot.messages import leases, outbox
from bot.services import subscriptions
from bot.services.digests import in_quiet_hours
from bot.store.engine import Database
from bot.store.models import OutboxMessage

log = structlog.get_logger("sender")

IDLE_SECONDS = 0.1
LEASE_SECONDS = 30
PER_SECOND = 25
"""Below Telegram's 30 messages a second for all chats together."""
PARALLEL = 16
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Errors before the first byte: Telegram cannot have the message."""


@dataclass(frozen=True)
class Outcome:
    """What became of a send: the state to store, and from when on to try again where it is queued."""

    state: str
    message_id: int | None = None
    error: str | None = None
    wait_seconds: float = 0.0


class Sender:
    """Sends what is queued. One sender is at work at a time: it holds a lease, and settles what its predecessor left."""

    def __init__(self, database: Database, bot: Bot, name: str, quiet_hours: tuple[int, int] | None) -> None:
        self._database = database
        self._bot = bot
        self._name = name
        self._quiet_hours = quiet_hours
        self._leads_until = 0.0
        self._sending: dict[int, asyncio.Task[None]] = {}
        self._next_send = 0.0

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            if await self._leads():
                await self._start_queued()
            await asyncio.sleep(IDLE_SECONDS)

    async def _leads(self) -> bool:
        now = time.monotonic()
        if now < self._leads_until - LEASE_SECONDS / 2:
            return True
        is_new = now >= self._leads_until
        if not await asyncio.to_thread(self._acquire, is_new):
            return False
        self._leads_until = now + LEASE_SECONDS
        return True

    def _acquire(self, is_new: bool) -> bool:
        with self._database.write() as session:
            if not leases.acquire(session, "sender", self._name, LEASE_SECONDS):
                return False
            if is_new and not self._sending and (settled := outbox.recover(session)):
                log.info("sends cut off were settled", count=settled)
            return True

    async def _start_queued(self) -> None:
        room = PARALLEL - len(self._sending)
        if room <= 0:
            return
        for row in await asyncio.to_thread(self._take, room):
            task = asyncio.create_task(self._see_through(row))
            self._sending[row.chat_id] = task
            task.add_done_callback(partial(self._forget, row.chat_id))

    def _forget(self, chat_id: int, _done: asyncio.Task[None]) -> None:
        self._sending.pop(chat_id, None)

    def _take(self, room: int) -> list[OutboxMessage]:
        """Mark the next messages as on their way, before the first byte leaves: a kill in between shows."""
        with self._database.read() as session:
            if not self._heads(session, 1):
                return []
        with self._database.write() as session:
            rows = self._heads(session, room)
            for row in rows:
                row.state = "sending"
                row.attempts += 1
            session.flush()
            for row in rows:
                session.refresh(row)
                session.expunge(row)
            return rows

    def _heads(self, session: Any, room: int) -> list[OutboxMessage]:
        quiet = in_quiet_hours(clock.now(), self._quiet_hours)
        return outbox.heads(session, clock.real_now(), quiet, room, list(self._sending))

    async def _see_through(self, row: OutboxMessage) -> None:
        await self._pace()
        outcome = await self._attempt(row)
        if outcome.state != "sent":
            log.warning("not sent", outbox_id=row.id, kind=row.kind, state=outcome.state, error=outcome.error)
        await asyncio.to_thread(self._settle, row, outcome)

    async def _pace(self) -> None:
        """Spread sends evenly over the second."""
        now = time.monotonic()
        turn = max(now, self._next_send)
        self._next_send = turn + 1 / PER_SECOND
        await asyncio.sleep(turn - now)

    async def _attempt(self, row: OutboxMessage) -> Outcome:
        try:
            return await self._deliver(row)
        except RetryAfter as error:
            wait = error.retry_after
            return Outcome("queued", wait_seconds=wait.total_seconds() if isinstance(wait, timedelta) else wait)
        except Forbidden as error:
            return Outcome("failed", error=f"forbidden: {error.message}"[:200])
        except BadRequest as error:
            return Outcome("failed", error=error.message[:200])
        except NetworkError as error:
            # Once the request has left, any break of the line leaves it open whether the message arrived. A list may be lost,
            # never doubled; an answer may be doubled, never lost.
            ambiguous = not isinstance(error.__cause__, _NEVER_LEFT)
            if ambiguous and row.kind == outbox.DIGEST:
                return Outcome("unknown", error=type(error).__name__)
            return self._later(row, type(error).__name__)
        except TelegramError as error:
            return self._later(row, type(error).__name__)
        except Exception as error:  # whatever it is, the message must come to a final state
            log.error("send failed", outbox_id=row.id, error=type(error).__name__, exc_info=True)
            is_hopeless = row.attempts >= outbox.MAX_ATTEMPTS
            return Outcome("failed", error=type(error).__name__) if is_hopeless else self._later(row, type(error).__name__)

    async def _deliver(self, row: OutboxMessage) -> Outcome:
        try:
            return Outcome("sent", await self._send(row, row.body["text"], "HTML"))
        except BadRequest as error:
            if "parse" not in error.message.lower():
                raise
        # Telegram refused the markup: the words matter more.
        plain = html.unescape(re.sub(r"<[^>]*>", "", row.body["text"]))
        return Outcome("sent", await self._send(row, plain, None), error="sent without markup")

    @staticmethod
    def _later(row: OutboxMessage, error: str) -> Outcome:
        if row.attempts >= outbox.MAX_ATTEMPTS and row.kind == outbox.DIGEST:
            return Outcome("failed", error=error)
        return Outcome("queued", error=error, wait_seconds=min(2.0**row.attempts, 60.0))

    async def _send(self, row: OutboxMessage, words: str, parse_mode: str | None) -> int:
        message = await self._bot.send_message(
            row.chat_id,
            words,
            parse_mode=parse_mode,
            reply_markup=_markup(row.body),
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )
        return message.message_id

    def _settle(self, row: OutboxMessage, outcome: Outcome) -> None:
        now = clock.real_now()
        with self._database.write() as session:
            session.execute(
                update(OutboxMessage)
                .where(OutboxMessage.id == row.id)
                .values(
                    state=outcome.state,
                    message_id=outcome.message_id,
                    error=outcome.error,
                    sent_at=now if outcome.state == "sent" else None,
                    not_before=now + timedelta(seconds=outcome.wait_seconds) if outcome.wait_seconds else None,
                )
            )
            if (outcome.error or "").startswith("forbidden"):
                subscriptions.block(session, row.chat_id, clock.now())


def _markup(body: dict[str, Any]) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove:
    """The keyboard of a message; without one an older reply keyboard is taken away, since its question is answered."""
    if body.get("buttons"):
        return InlineKeyboardMarkup(
            [
                [InlineKeyboardButton(button["text"], callback_data=button.get("token"), url=button.get("url")) for button in row]
                for row in body["buttons"]
            ]
        )
    if body.get("keyboard"):
        rows = [[KeyboardButton(key["text"], request_location=key.get("location") or None) for key in row] for row in body["keyboard"]]
        return ReplyKeyboardMarkup(rows, resize_keyboard=True, one_time_keyboard=True)
    return ReplyKeyboardRemove()
