"""Working through the inbox: many chats at the same time, each in order, every update to a final state."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import structlog
from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot import clock, logs
from bot.messages import buttons, inbox, outbox, questions
from bot.messages.outbox import Draft
from bot.services import subscriptions, takeovers
from bot.services.profiles import person_of
from bot.store.engine import DATABASE_GONE, Database
from bot.store.models import InboxUpdate
from bot.telegram.dialogue import Dialogue, HalfTurn, Unavailable
from bot.telegram.incoming import Incoming, read
from bot.texts import text
from bot.vocabulary.registers import starting_register

log = structlog.get_logger("gateway")

IDLE_SECONDS = 0.1
TYPING_AFTER_SECONDS = 0.4
TYPING_EVERY_SECONDS = 4.5
"""Telegram shows the typing action for five seconds."""
GIVE_UP_SECONDS = 600
"""So long a turn that stays half is tried; then the person is told. An update waits for a Rasa that is down without end."""
MOST_PER_MINUTE = 30
"""Messages of one chat that are understood within a minute; who sends more is asked once to slow down. A person in a hurry writes ten."""
DATABASE_RETRY_SECONDS = 1
T = TypeVar("T")
OLD_BUTTON = '/unsupported{"kind": "old_button"}'


@dataclass(frozen=True)
class Seen:
    """What is known of a chat before a turn."""

    is_flood: bool
    register: str | None
    """Of a person who is known; None: nobody is."""
    is_taken: bool
    """Whether a person of the team answers."""
    must_resume: bool
    """Whether one did, and Rasa must be told that it may answer again."""


class TurnRunner:
    """Claims updates and sees each through: understood by Rasa, answered into the outbox, closed, in one transaction."""

    def __init__(self, database: Database, bot: Bot, dialogue: Dialogue, name: str, parallel_chats: int) -> None:
        self._database = database
        self._bot = bot
        self._dialogue = dialogue
        self._name = name
        self._parallel = parallel_chats
        self._working: dict[int, asyncio.Task[None]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._is_stored = False

    def notice(self) -> None:
        """Something was stored: claim it at once instead of at the next tick."""
        self._is_stored = True
        self._news.set()

    async def run(self) -> None:
        """Work until cancelled."""
        if released := await self._insist(self._release):
            log.info("updates given back", count=released)
        try:
            while True:
                self._news.clear()
                await self._start_claimed()
                await clock.wait_for(self._news, IDLE_SECONDS)
        finally:
            for task in (*self._working.values(), *self._answering):
                task.cancel()

    async def _start_claimed(self) -> None:
        room = self._parallel - len(self._working)
        if room <= 0:
            return
        is_stored, self._is_stored = self._is_stored, False
        for row in await self._insist(self._claim, room, list(self._working), is_stored):
            task = asyncio.create_task(self._see_through(row))
            self._working[row.chat_id] = task
            task.add_done_callback(partial(self._finished, row.chat_id))

    def _finished(self, chat_id: int, _done: asyncio.Task[None]) -> None:
        self._working.pop(chat_id, None)
        self._news.set()

    async def _insist(self, work: Callable[..., T], *given: Any) -> T:
        """Do something in the database, however long it is away: what was understood must not be lost for that."""
        while True:
            try:
                return await asyncio.to_thread(work, *given)
            except DATABASE_GONE as error:
                log.warning("database unavailable", error=type(error).__name__)
                await asyncio.sleep(DATABASE_RETRY_SECONDS)

    def _claim(self, room: int, busy_chats: Sequence[int], is_stored: bool) -> list[InboxUpdate]:
        if not is_stored:
            with self._database.read() as session:
                # A look without a writer's lock: most ticks find nothing.
                if not inbox.has_open(session):
                    return []
        with self._database.write() as session:
            return inbox.claim(session, self._name, room, clock.real_now(), busy_chats)

    def _release(self) -> int:
        with self._database.write() as session:
            return inbox.release(session, self._name)

    async def _see_through(self, row: InboxUpdate) -> None:
        # An update is a task of its own, so that what is bound here stands in its lines from now on, and in no other's.
        logs.in_turn(row.update_id)
        try:
            incoming = read(row.payload)
        except Exception as error:  # nothing that Telegram sends, and nobody waits for an answer to it
            log.error("update not readable", update_id=row.update_id, error=type(error).__name__)
            await self._insist(self._close, row, [], "refused")
            return
        try:
            await self._serve(row, incoming)
        except Unavailable as error:
            log.warning("rasa unavailable", update_id=row.update_id, reason=str(error))
            await self._insist(self._put_back, row)
        except DATABASE_GONE as error:
            log.warning("database unavailable", update_id=row.update_id, error=type(error).__name__)
            await self._insist(self._put_back, row)
        except HalfTurn:
            log.warning("half turn", update_id=row.update_id, attempt=row.attempts)
            await self._insist(self._put_back_or_give_up, row, incoming)
        except Exception as error:  # whatever it is, the chat must go on
            log.error("turn failed", update_id=row.update_id, error=type(error).__name__, exc_info=True)
            await self._insist(self._put_back_or_give_up, row, incoming)

    async def _serve(self, row: InboxUpdate, incoming: Incoming) -> None:
        if incoming.kind in ("blocked", "unblocked", "group", "nothing"):
            await self._insist(self._close_without_turn, row, incoming)
            return
        seen = await asyncio.to_thread(self._look, row)
        metadata = {
            "update_id": row.update_id,
            "first_name": incoming.first_name,
            "language_code": incoming.language_code,
            "register": seen.register,
            "bot_name": self._bot.username,
            "message_id": incoming.message_id if incoming.kind == "tap" else None,
        }
        # However often a message is changed, it is said once that changes are not seen.
        origin = f"edited:{row.chat_id}:{incoming.message_id}" if incoming.kind == "edited" else None
        if origin is not None:
            metadata["origin"] = origin
        if seen.is_taken:
            # Before the flood is looked at: not even that is answered by the bot.
            await self._overhear(row, incoming, metadata)
            return
        if seen.is_flood:
            await self._insist(self._slow_down, row, incoming)
            return
        if seen.must_resume:
            await self._dialogue.resume(row.chat_id)
            await self._insist(self._note_resumed, row)
        message = incoming.text
        if incoming.kind == "tap":
            message = await self._tapped(row, incoming)
        elif incoming.kind == "words":
            payload = await asyncio.to_thread(self._typed, row, incoming.text)
            message = payload or incoming.text
        async with self._typing(row.chat_id):
            drafts = await self._dialogue.turn(row.chat_id, message, metadata, repeated=row.attempts > 1)
        await self._insist(self._close, row, drafts, "done", origin)

    async def _overhear(self, row: InboxUpdate, incoming: Incoming, metadata: dict[str, Any]) -> None:
        """A person of the team answers here: what is said is noted for the thread, and the bot says nothing."""
        words: str | None = incoming.text
        if incoming.kind == "tap":
            toast = text(await asyncio.to_thread(self._register, incoming), "takeover_toast")
            self._answer_beside(incoming.callback_id or "", toast)
            # Not used up: it means the same when the bot is back.
            words = await asyncio.to_thread(self._title, row, incoming.text)
        await self._insist(self._note_overheard, row)
        # So that nobody takes for misunderstood what was not said to the bot.
        heard = {**metadata, "overheard": True}
        await self._dialogue.overhear(row.chat_id, words or OLD_BUTTON, heard, repeated=row.attempts > 1)
        await self._insist(self._close, row, [])

    def _note_overheard(self, row: InboxUpdate) -> None:
        with self._database.write() as session:
            takeovers.note_overheard(session, row.chat_id)

    def _note_resumed(self, row: InboxUpdate) -> None:
        with self._database.write() as session:
            takeovers.note_resumed(session, row.chat_id)

    def _title(self, row: InboxUpdate, token: str) -> str | None:
        with self._database.read() as session:
            return buttons.title(session, row.chat_id, token)

    def _look(self, row: InboxUpdate) -> Seen:
        """What the database says of a chat before a turn. Three queries."""
        since = row.received_at - timedelta(minutes=1)
        with self._database.read() as session:
            is_flood = inbox.count_recent(session, row.chat_id, row.update_id, since) > MOST_PER_MINUTE
            person = person_of(session, row.chat_id)
            is_taken, must_resume = takeovers.who_answers(session, row.chat_id)
            return Seen(is_flood, person.register if person else None, is_taken, must_resume)

    def _slow_down(self, row: InboxUpdate, incoming: Incoming) -> None:
        """Close an update of a flood; the person is told once a minute, in words that cost no turn."""
        asked = Draft(text(self._register(incoming), "slow_down"))
        with self._database.write() as session:
            minute = int(row.received_at.timestamp()) // 60
            outbox.queue(session, row.chat_id, outbox.REPLY, f"flood:{row.chat_id}:{minute}", [asked], clock.now())
            inbox.finish(session, row.update_id, "refused")

    async def _tapped(self, row: InboxUpdate, incoming: Incoming) -> str:
        """The payload behind a tapped button. The tap is answered first: Telegram forgets it within seconds."""
        payload = await asyncio.to_thread(self._redeem, row, incoming.text)
        toast = None if payload else text(await asyncio.to_thread(self._register, incoming), "button_expired")
        self._answer_beside(incoming.callback_id or "", toast)
        return payload or OLD_BUTTON

    def _answer_beside(self, callback_id: str, toast: str | None) -> None:
        answering = asyncio.create_task(self._answer_tap(callback_id, toast))
        self._answering.add(answering)
        answering.add_done_callback(self._answering.discard)

    async def _answer_tap(self, callback_id: str, toast: str | None) -> None:
        # Beside the turn, not before it: a slow line to Telegram must not make the person wait twice. It may be too late for an answer.
        with contextlib.suppress(TelegramError):
            await self._bot.answer_callback_query(callback_id, text=toast)

    def _redeem(self, row: InboxUpdate, token: str) -> str | None:
        with self._database.write() as session:
            return buttons.redeem(session, row.chat_id, token, row.update_id, clock.now())

    def _typed(self, row: InboxUpdate, words: str) -> str | None:
        """The payload that words stand for: of the button whose title was typed, or whose question they answer."""
        with self._database.read() as session:
            token, payload = buttons.typed(session, row.chat_id, words), None
            if token is None:
                token, payload = questions.answered_by(session, row.chat_id, words, row.update_id, clock.now())
        return self._redeem(row, token) if token else payload

    def _register(self, incoming: Incoming) -> str:
        with self._database.read() as session:
            person = person_of(session, incoming.chat_id)
            return person.register if person else starting_register(incoming.language_code)

    def _close(self, row: InboxUpdate, drafts: Sequence[Draft], state: str = "done", origin: str | None = None) -> None:
        with self._database.write() as session:
            outbox.queue(session, row.chat_id, outbox.REPLY, origin or f"update:{row.update_id}", drafts, clock.now())
            inbox.finish(session, row.update_id, state)

    def _close_without_turn(self, row: InboxUpdate, incoming: Incoming) -> None:
        with self._database.write() as session:
            if incoming.kind == "blocked":
                subscriptions.block(session, row.chat_id, clock.now())
            elif incoming.kind == "unblocked":
                subscriptions.unblock(session, row.chat_id, clock.now())
            elif incoming.kind == "group" and incoming.has_command:
                refusal = Draft(text(starting_register(incoming.language_code), "groups_refused"))
                outbox.queue(session, row.chat_id, outbox.REPLY, f"update:{row.update_id}", [refusal], clock.now())
            inbox.finish(session, row.update_id, "refused")

    def _put_back(self, row: InboxUpdate) -> None:
        with self._database.write() as session:
            inbox.put_back(session, row.update_id, row.attempts, clock.real_now())

    def _put_back_or_give_up(self, row: InboxUpdate, incoming: Incoming) -> None:
        age = (clock.real_now() - row.received_at).total_seconds()
        if age < GIVE_UP_SECONDS:
            self._put_back(row)
            return
        # Of an origin of its own: other answers Rasa's table tells, too.
        self._close(row, [Draft(text(self._register(incoming), "given_up"))], "failed", f"update:{row.update_id}:given_up")

    @contextlib.asynccontextmanager
    async def _typing(self, chat_id: int) -> AsyncIterator[None]:
        task = asyncio.create_task(self._type(chat_id))
        try:
            yield
        finally:
            task.cancel()

    async def _type(self, chat_id: int) -> None:
        await asyncio.sleep(TYPING_AFTER_SECONDS)
        while True:
            with contextlib.suppress(TelegramError):
                await self._bot.send_chat_action(chat_id, ChatAction.TYPING)
            await asyncio.sleep(TYPING_EVERY_SECONDS)
