"""A gateway's inbox and outbox with a runner that works on them: the dialogue and the bot behind it are fakes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from telegram.error import BadRequest

from bot import clock
from bot.messages import inbox
from bot.messages.outbox import Draft
from bot.services import profiles
from bot.services.profiles import Offer, Speaker
from bot.store.engine import Database
from bot.store.models import InboxUpdate, OutboxMessage
from bot.telegram.incoming import chat_of
from bot.telegram.turns import TurnRunner
from tests.loopback import at_work, until
from tests.telegram.updates import CHAT

ANSWER = Callable[[str], Awaitable[list[Draft]]]


async def echo(words: str) -> list[Draft]:
    return [Draft(f"re: {words}")]


class FakeDialogue:
    """Answers by a function of the test's, and notes what it was asked."""

    def __init__(self, answer: ANSWER = echo) -> None:
        self.answer = answer
        self.turns: list[tuple[int, str, int, bool]] = []
        self.metadata: list[dict[str, Any]] = []

    async def turn(self, chat_id: int, words: str, metadata: dict[str, Any], repeated: bool) -> list[Draft]:
        self.turns.append((chat_id, words, metadata["update_id"], repeated))
        self.metadata.append(metadata)
        return await self.answer(words)


class FakeBot:
    """Notes what a runner asks of Telegram itself."""

    username = "tadamon_bot"

    def __init__(self) -> None:
        self.toasts: list[tuple[str, str | None]] = []
        self.typed_in: list[int] = []
        self.forgot_taps = False

    async def answer_callback_query(self, query_id: str, text: str | None = None) -> None:
        self.toasts.append((query_id, text))
        if self.forgot_taps:
            raise BadRequest("query is too old and response timeout expired or query ID is invalid")

    async def send_chat_action(self, chat_id: int, _action: str) -> None:
        self.typed_in.append(chat_id)


class Desk:
    """What a test lays in and reads out."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.bot = FakeBot()
        self.dialogue = FakeDialogue()

    @asynccontextmanager
    async def open(self, parallel: int = 4, name: str = "gateway") -> AsyncIterator[None]:
        """A runner at work as long as the context is open."""
        runner = TurnRunner(self.database, self.bot, self.dialogue, name, parallel)  # type: ignore[arg-type]
        async with at_work(runner.run()):
            yield

    def receive(self, *updates: dict[str, Any], age_seconds: float = 0) -> None:
        rows = [(update["update_id"], chat_of(update), update) for update in updates]
        with self.database.write() as session:
            inbox.store(session, rows, clock.real_now() - timedelta(seconds=age_seconds))

    def states(self) -> dict[int, str]:
        with self.database.read() as session:
            return {row.update_id: row.state for row in session.execute(select(InboxUpdate)).scalars()}

    def answers(self, chat_id: int = CHAT) -> list[str]:
        with self.database.read() as session:
            rows = session.execute(select(OutboxMessage).where(OutboxMessage.chat_id == chat_id).order_by(OutboxMessage.id)).scalars()
            return [row.body["text"] for row in rows]

    async def closed(self, *update_ids: int) -> dict[int, str]:
        """Wait until these updates are in a final state."""
        final = ("done", "refused", "failed")
        await until("updates to be closed", lambda: all(self.states()[update_id] in final for update_id in update_ids))
        return self.states()

    def keep_volunteer(self, register: str = "fr") -> None:
        """Let the person of the chat be a volunteer with a weekly list."""
        offer = Offer("Salma", "Maârif", ["education"], [], slots=1)
        with self.database.write() as session:
            profiles.save_offer(session, Speaker(CHAT, "Salma", register), offer, clock.now())
