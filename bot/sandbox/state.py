"""What the local Telegram remembers: chats, messages, updates, the bot's menu. In a file, so that a restart goes on.

Ids keep growing over restarts: the bot takes an update_id that it knows for a repetition.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from pathlib import Path
from typing import Any

from bot import clock

_TABLES = """
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS chats (id INTEGER PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS messages (chat_id INTEGER, message_id INTEGER, sequence INTEGER NOT NULL, content TEXT NOT NULL,
    PRIMARY KEY (chat_id, message_id));
CREATE INDEX IF NOT EXISTS messages_by_sequence ON messages (chat_id, sequence);
CREATE TABLE IF NOT EXISTS updates (id INTEGER PRIMARY KEY, chat_id INTEGER NOT NULL, content TEXT NOT NULL,
    is_delivered INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, content TEXT NOT NULL);
"""
TRAFFIC_KEPT = 2000
TYPING_SECONDS = 5.0


class State:
    """All of it; used from one event loop, each change a statement of microseconds."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(_TABLES)
        self._changed = asyncio.Event()
        self.typing_until: dict[int, float] = {}
        self.toasts: dict[int, dict[str, Any]] = {}
        self.taps: set[str] = set()
        self.faults: list[dict[str, Any]] = []
        self.traffic: list[dict[str, Any]] = []
        self.is_polled = False
        self.is_ending = False

    # ---- waiting

    def announce(self) -> None:
        """Wake everybody who waits for a change."""
        self._changed.set()
        self._changed = asyncio.Event()

    def end(self) -> None:
        """Let everybody who waits have his answer now."""
        self.is_ending = True
        self.announce()

    async def change(self, seconds: float) -> None:
        """Wait for the next change, at most so long."""
        await clock.wait_for(self._changed, seconds)

    # ---- counters and facts

    def next_id(self, name: str) -> int:
        row = self._database.execute(
            "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value", (name,)
        ).fetchone()
        return int(row[0])

    def fact(self, name: str, default: Any = None) -> Any:
        row = self._database.execute("SELECT content FROM facts WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def set_fact(self, name: str, value: Any) -> None:
        self._database.execute(
            "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET content = excluded.content",
            (name, json.dumps(value)),
        )

    # ---- chats

    def chat(self, chat_id: int) -> dict[str, Any] | None:
        row = self._database.execute("SELECT content FROM chats WHERE id = ?", (chat_id,)).fetchone()
        return json.loads(row[0]) if row else None

    def chats(self) -> list[dict[str, Any]]:
        return [json.loads(row[0]) for row in self._database.execute("SELECT content FROM chats ORDER BY id")]

    def put_chat(self, chat: dict[str, Any]) -> None:
        self._database.execute(
            "INSERT INTO chats VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET content = excluded.content",
            (chat["id"], json.dumps(chat)),
        )

    # ---- messages

    def message(self, chat_id: int, message_id: int) -> dict[str, Any] | None:
        row = self._database.execute("SELECT content FROM messages WHERE chat_id = ? AND message_id = ?", (chat_id, message_id)).fetchone()
        return json.loads(row[0]) if row else None

    def put_message(self, chat_id: int, message: dict[str, Any]) -> dict[str, Any]:
        """Store a new or changed message under a new sequence number."""
        message["sequence"] = self.next_id("sequence")
        self._database.execute(
            "INSERT INTO messages VALUES (?, ?, ?, ?) ON CONFLICT (chat_id, message_id) DO UPDATE"
            " SET sequence = excluded.sequence, content = excluded.content",
            (chat_id, message["message_id"], message["sequence"], json.dumps(message)),
        )
        self.announce()
        return message

    def messages_after(self, chat_id: int, sequence: int) -> list[dict[str, Any]]:
        rows = self._database.execute(
            "SELECT content FROM messages WHERE chat_id = ? AND sequence > ? ORDER BY message_id", (chat_id, sequence)
        )
        return [json.loads(row[0]) for row in rows]

    # ---- updates

    def add_update(self, chat_id: int, kind: str, content: dict[str, Any]) -> int:
        update_id = self.next_id("update")
        self._database.execute(
            "INSERT INTO updates (id, chat_id, content) VALUES (?, ?, ?)",
            (update_id, chat_id, json.dumps({"update_id": update_id, kind: content})),
        )
        self.announce()
        return update_id

    def waiting_updates(self, offset: int, limit: int) -> list[dict[str, Any]]:
        rows = self._database.execute("SELECT content FROM updates WHERE is_delivered = 0 AND id >= ? ORDER BY id LIMIT ?", (offset, limit))
        return [json.loads(row[0]) for row in rows]

    def confirm_updates(self, before: int) -> None:
        """Everything below an offset was received."""
        self._database.execute("UPDATE updates SET is_delivered = 1 WHERE is_delivered = 0 AND id < ?", (before,))

    def confirm_update(self, update_id: int) -> None:
        self._database.execute("UPDATE updates SET is_delivered = 1 WHERE id = ?", (update_id,))

    def repeat_update(self, update_id: int) -> bool:
        """Deliver an update once more, as Telegram does when it is not sure."""
        cursor = self._database.execute("UPDATE updates SET is_delivered = 0 WHERE id = ?", (update_id,))
        self.announce()
        return cursor.rowcount > 0

    def pending_count(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM updates WHERE is_delivered = 0").fetchone()[0])

    # ---- traffic

    def record(self, method: str, parameters: dict[str, Any], status: int) -> None:
        """Keep what the bot asked for, without its token."""
        entry = {"number": self.next_id("call"), "at": time.time(), "method": method, "status": status}
        self.traffic.append({**entry, "parameters": {k: str(v)[:4096] for k, v in parameters.items()}})
        del self.traffic[:-TRAFFIC_KEPT]
