"""Draining the outbox within Telegram's limits: in order per chat, replies before broadcasts, every message to a final state."""

from __future__ import annotations

import asyncio
import base64
import html
import re
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    KeyboardButton,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError

from bot import clock, metrics
from bot.messages import leases, outbox
from bot.services import digests, subscriptions
from bot.store import news
from bot.store.engine import DATABASE_GONE, Database
from bot.store.models import OutboxMessage
from bot.telegram.pace import Pace

log = structlog.get_logger("sender")

IDLE_SECONDS = 0.1
LEASE, LEASE_SECONDS = "sender", 30
PARALLEL = 32
"""Messages on their way at once: at 25 a second, enough for a Telegram that takes a second for each."""
BROADCASTS = 24
"""Of those, lists: the rest stays free for answers, however slow Telegram takes the lists."""
LAST_SECONDS = 5
"""So long a sender that is told to end waits for what is on its way; supervisors wait ten."""
DATABASE_RETRY_SECONDS = 1
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Errors before the first byte: Telegram cannot have the message."""
_BAD_GATEWAY = "Bad Gateway"
"""Telegram's front door found nobody behind it."""


@dataclass(frozen=True)
class Outcome:
    """What became of a send: the state to store, and from when on to try again where it is queued."""

    state: str
    message_id: int | None = None
    error: str | None = None
    wait_seconds: float = 0.0
    is_limited: bool = False
    """Whether Telegram said that it was too much at once."""

    @property
    def counted(self) -> str:
        """As metrics call it: sent, failed, unknown, 429, or later (to be tried again)."""
        return "429" if self.is_limited else "later" if self.state == "queued" else self.state


class Sender:
    """Sends what is queued. One sender is at work at a time: it holds a lease, and settles what its predecessor left.

    One transaction notes what became of the messages before and marks the next ones as on their way, so that a kill at any moment
    shows in the rows.
    """

    def __init__(self, database: Database, bot: Bot, name: str, quiet_hours: tuple[int, int] | None, per_second: float) -> None:
        self._database = database
        self._bot = bot
        self._name = name
        self._quiet_hours = quiet_hours
        self._pace = Pace(per_second)
        self._leads_until = 0.0
        self._sending: dict[int, OutboxMessage] = {}
        """The message on its way of each chat, until its outcome is in the database."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._done: list[tuple[OutboxMessage, Outcome]] = []
        self._news = asyncio.Event()
        self._is_queued = False
        """Whether it was heard that something is queued, and nobody has looked since."""

    async def run(self) -> None:
        """Send until cancelled; then note what became of the messages on their way, and let another sender lead."""
        loop = asyncio.get_running_loop()

        def hear() -> None:
            self._is_queued = True
            self._news.set()

        with news.watched(self._database.url, news.OUTBOX, lambda: loop.call_soon_threadsafe(hear)):
            await self._send_until_cancelled()

    async def _send_until_cancelled(self) -> None:
        try:
            while True:
                self._news.clear()
                try:
                    await self._work(await self._leads())
                except DATABASE_GONE as error:
                    log.warning("database unavailable", error=type(error).__name__)
                    await asyncio.sleep(DATABASE_RETRY_SECONDS)
                await clock.wait_for(self._news, min(IDLE_SECONDS, self._pace.seconds_to_room() or IDLE_SECONDS))
        finally:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=LAST_SECONDS)
            await self._work(False)
            await asyncio.to_thread(self._step_down)

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
            if not leases.acquire(session, LEASE, self._name, LEASE_SECONDS):
                return False
            own = [row.id for row in self._sending.values()]
            if is_new and (settled := outbox.recover(session, own)):
                log.info("sends cut off were settled", count=settled)
            return True

    def _step_down(self) -> None:
        with self._database.write() as session:
            leases.release(session, LEASE, self._name)

    async def _work(self, leads: bool) -> None:
        """Settle what is done and start what may leave."""
        done = list(self._done)
        room = min(self._pace.room(), PARALLEL - len(self._sending) + len(done)) if leads else 0
        if not done and room <= 0:
            return
        is_queued, self._is_queued = self._is_queued, False
        exchange = asyncio.create_task(asyncio.to_thread(self._exchange, done, room, is_queued))
        try:
            await asyncio.shield(exchange)
        finally:
            # Told to end meanwhile or not: what is marked as on its way goes on its way, and is waited for.
            self._start(done, await exchange)

    def _start(self, done: Sequence[tuple[OutboxMessage, Outcome]], rows: Sequence[OutboxMessage]) -> None:
        del self._done[: len(done)]
        for row, _ in done:
            self._sending.pop(row.chat_id)
        for row in rows:
            self._pace.left(row.chat_id)
            self._sending[row.chat_id] = row
            task = asyncio.create_task(self._see_through(row))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _exchange(self, done: Sequence[tuple[OutboxMessage, Outcome]], room: int, is_queued: bool) -> list[OutboxMessage]:
        settled = {row.id for row, _ in done}
        on_their_way = [row for row in self._sending.values() if row.id not in settled]
        busy_chats = {row.chat_id for row in on_their_way}.union(self._pace.full_chats())
        broadcasts = BROADCASTS - sum(row.kind == outbox.DIGEST for row in on_their_way)
        if not done and not is_queued:
            with self._database.read() as session:
                # A look without a writer's lock: most ticks find nothing.
                if not outbox.has_head(session, clock.real_now(), self._is_quiet(), busy_chats, urgent_only=broadcasts <= 0):
                    return []
        with self._database.write() as session:
            for row, outcome in done:
                self._settle(session, row, outcome)
            session.flush()
            rows = self._heads(session, room, busy_chats, broadcasts) if room > 0 else []
            stale = digests.take_back_stale(session, rows, clock.now())
            rows = [row for row in rows if row.id not in stale]
            for row in rows:
                row.state = "sending"
                row.attempts += 1
            session.flush()
            for row in rows:
                session.refresh(row)
                session.expunge(row)
            return rows

    def _heads(self, session: Session, room: int, busy_chats: Collection[int], broadcasts: int) -> list[OutboxMessage]:
        rows = outbox.heads(session, clock.real_now(), self._is_quiet(), room, busy_chats, urgent_only=broadcasts <= 0)
        urgent = [row for row in rows if row.kind != outbox.DIGEST]
        return [*urgent, *[row for row in rows if row.kind == outbox.DIGEST][: max(broadcasts, 0)]]

    def _is_quiet(self) -> bool:
        return digests.in_quiet_hours(clock.now(), self._quiet_hours)

    async def _see_through(self, row: OutboxMessage) -> None:
        began = time.monotonic()
        outcome = await self._attempt(row)
        metrics.SENDS.labels(row.kind, outcome.counted).inc()
        metrics.SEND_SECONDS.observe(time.monotonic() - began)
        if outcome.state != "sent":
            log.warning("not sent", outbox_id=row.id, kind=row.kind, state=outcome.state, error=outcome.error, **_turn_of(row))
        self._done.append((row, outcome))
        self._news.set()

    async def _attempt(self, row: OutboxMessage) -> Outcome:
        try:
            return await self._deliver(row)
        except RetryAfter as error:
            wait = error.retry_after
            return Outcome("queued", wait_seconds=wait.total_seconds() if isinstance(wait, timedelta) else wait, is_limited=True)
        except Forbidden as error:
            return Outcome("failed", error=f"forbidden: {error.message}"[:200])
        except BadRequest as error:
            return Outcome("failed", error=error.message[:200])
        except NetworkError as error:
            # Once the request has left, any break of the line leaves it open whether the message arrived. A list may be lost,
            # never doubled; an answer may be doubled, never lost.
            if isinstance(error.__cause__, _NEVER_LEFT) or error.message == _BAD_GATEWAY:
                return self._later(row, f"not reached: {type(error.__cause__ or error).__name__}")
            unclear = f"{outbox.UNCLEAR}: {type(error).__name__}"
            return Outcome("unknown", error=unclear) if row.kind == outbox.DIGEST else self._later(row, unclear)
        except TelegramError as error:
            return self._later(row, type(error).__name__)
        except Exception as error:  # whatever it is, the message must come to a final state
            log.error("send failed", outbox_id=row.id, error=type(error).__name__, exc_info=True, **_turn_of(row))
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
        """Another attempt after a while; outbox.give_up_old ends those that wait too long."""
        return Outcome("queued", error=error, wait_seconds=min(2.0 ** (row.attempts - 2), 60.0))

    async def _send(self, row: OutboxMessage, words: str, parse_mode: str | None) -> int:
        if row.method == outbox.DOCUMENT:
            return await self._send_file(row, words, parse_mode)
        if row.method == outbox.EDIT and (edited := await self._edit(row, words, parse_mode)):
            return edited
        message = await self._bot.send_message(
            row.chat_id,
            words,
            parse_mode=parse_mode,
            reply_markup=_markup(row.body),
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )
        return message.message_id

    async def _edit(self, row: OutboxMessage, words: str, parse_mode: str | None) -> int | None:
        """Change an earlier message in place; None where it is not there any more, or too old to be changed."""
        message_id = int(row.body["message_id"])
        markup = _markup(row.body)
        try:
            await self._bot.edit_message_text(
                words,
                row.chat_id,
                message_id,
                parse_mode=parse_mode,
                reply_markup=markup if isinstance(markup, InlineKeyboardMarkup) else None,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        except BadRequest as error:
            if "not modified" in error.message.lower():
                return message_id
            if "parse" in error.message.lower():
                raise
            return None
        return message_id

    async def _send_file(self, row: OutboxMessage, caption: str, parse_mode: str | None) -> int:
        message = await self._bot.send_document(
            row.chat_id,
            InputFile(_content(row.body), filename=row.body["file_name"]),
            caption=caption,
            parse_mode=parse_mode,
            reply_markup=_markup(row.body),
        )
        return message.message_id

    def _settle(self, session: Session, row: OutboxMessage, outcome: Outcome) -> None:
        now, is_over = clock.real_now(), outcome.state != "queued"
        session.execute(
            update(OutboxMessage)
            .where(
                OutboxMessage.id == row.id,
                # Where this sender stood still until another took the lead, that one has the say.
                OutboxMessage.attempts == row.attempts,
                OutboxMessage.state.in_(("sending", "unknown")),
            )
            .values(
                state=outcome.state,
                message_id=outcome.message_id,
                error=outcome.error,
                sent_at=now if outcome.state == "sent" else None,
                not_before=now + timedelta(seconds=outcome.wait_seconds) if outcome.wait_seconds else None,
                **({"body": {}} if row.method == outbox.DOCUMENT and is_over else {}),
            )
            .execution_options(synchronize_session=False)
        )
        if is_over and row.origin.startswith(outbox.LAST_WORD):
            outbox.forget_last_words(session)
        if (outcome.error or "").startswith("forbidden"):
            subscriptions.block(session, row.chat_id, clock.now())


def _turn_of(row: OutboxMessage) -> dict[str, int]:
    """The update that a message answers, for its line in the log. Other origins are left out: some name a chat."""
    kind, _, number = row.origin.partition(":")
    return {"update_id": int(number)} if kind == "update" and number.isdecimal() else {}


def _content(body: dict[str, Any]) -> bytes:
    """The bytes of a file."""
    packed = body.get("content_base64")
    return base64.b64decode(packed) if packed is not None else str(body["content"]).encode()


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
