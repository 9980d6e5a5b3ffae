"""An outbox with a sender that works on it against the local Telegram."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import select

from bot import clock
from bot.messages import outbox
from bot.messages.outbox import Draft
from bot.store.engine import Database
from bot.store.models import OutboxMessage
from bot.telegram.sender import Sender
from tests.loopback import at_work, until
from tests.telegram.local_telegram import LocalTelegram


class PostOffice:
    """Queues messages and looks at what became of them."""

    def __init__(self, database: Database, telegram: LocalTelegram) -> None:
        self.database = database
        self.telegram = telegram
        self.per_second = 1000.0
        self._origin = 0

    @asynccontextmanager
    async def open(self, name: str = "worker", quiet_hours: tuple[int, int] | None = None) -> AsyncIterator[None]:
        """A sender at work as long as the context is open."""
        async with at_work(Sender(self.database, self.telegram.bot, name, quiet_hours, self.per_second).run()):
            yield

    def queue(self, chat_id: int, kind: str, *drafts: Draft | str) -> list[int]:
        """Queue messages under an origin of their own; returns their ids."""
        self._origin += 1
        made = [Draft(draft) if isinstance(draft, str) else draft for draft in drafts]
        with self.database.write() as session:
            rows = outbox.queue(session, chat_id, kind, f"test:{self._origin}", made, clock.now())
            session.flush()
            return [row.id for row in rows]

    def rows(self) -> dict[int, OutboxMessage]:
        with self.database.read() as session:
            return {row.id: row for row in session.execute(select(OutboxMessage)).scalars()}

    def states(self, ids: Sequence[int]) -> list[str]:
        rows = self.rows()
        return [rows[outbox_id].state for outbox_id in ids]

    async def settled(self, ids: Sequence[int]) -> list[str]:
        """Wait until these messages are in a final state."""
        final = ("sent", "failed", "unknown")
        await until("messages to be settled", lambda: all(state in final for state in self.states(ids)))
        return self.states(ids)
