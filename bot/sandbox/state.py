"""What the local Telegram remembers: chats, messages, updates, the bot's menu. In a file, so that a restart goes on.

Ids keep growing over restarts: the bot takes an update_id that it knows for a repetition. Faults, limits and counts end with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import sqlite3
import time
from collections import deque
from collections.abc import Collection, Iterator
from pathlib import Path
from random import Random
from typing import Any

from bot import clock
from bot.sandbox.counts import Counts
from bot.sandbox.faults import Fault, copies_of_update
from bot.sandbox.limits import Gate

_TABLES = """
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS chats (id INTEGER PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS messages (chat_id INTEGER, message_id INTEGER, sequence INTEGER NOT NULL, content TEXT NOT NULL,
    PRIMARY KEY (chat_id, message_id));
CREATE INDEX IF NOT EXISTS messages_by_sequence ON messages (chat_id, sequence);
CREATE TABLE IF NOT EXISTS updates (id INTEGER PRIMARY KEY, chat_id INTEGER NOT NULL, content TEXT NOT NULL,
    is_delivered INTEGER NOT NULL DEFAULT 0, copies INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, content TEXT NOT NULL);
"""
_INDEXES = """
CREATE INDEX IF NOT EXISTS updates_waiting ON updates (id) WHERE is_delivered = 0;
CREATE INDEX IF NOT EXISTS updates_to_repeat ON updates (id) WHERE is_delivered = 1 AND copies > 0;
"""
TRAFFIC_KEPT = 2000
TYPING_SECONDS = 5.0
UPDATES = 0
"""What to wait for, to hear of new updates; news of a chat are waited for under its id."""
LOOKED_AT = 100
"""Of so many waiting updates, the oldest, one is chosen where chats are mixed."""
SHOWN_LETTERS = 40
_DEFAULT_UPDATES_LEFT_OUT = frozenset(("chat_member", "message_reaction", "message_reaction_count"))


class State:
    """All of it; used from one event loop, each change a transaction of microseconds."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        # A kill loses nothing; a machine that loses its power may lose what was tried on it.
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.executescript(_TABLES)
        columns = {row[1] for row in self._database.execute("PRAGMA table_info(updates)")}
        if "copies" not in columns:  # a file of an earlier version
            self._database.execute("ALTER TABLE updates ADD COLUMN copies INTEGER NOT NULL DEFAULT 0")
        self._database.executescript(_INDEXES)
        self._changed: dict[int, asyncio.Event] = {}
        self._ended = asyncio.Event()
        self.typing_until: dict[int, float] = {}
        self.toasts: dict[int, dict[str, Any]] = {}
        self.taps: dict[str, float] = {}
        """Unanswered taps, by their query's id: when they were made, on the monotonic clock."""
        self.faults: list[Fault] = []
        self.gate = Gate()
        self.counts = Counts()
        self.traffic: deque[dict[str, Any]] = deque(maxlen=TRAFFIC_KEPT)
        self._calls = int(time.time()) * 1000
        self.poll = 0
        """The number of the newest long poll: it ends those before it."""

    def close(self) -> None:
        self._database.close()

    # ---- waiting

    def announce(self, what: int) -> None:
        """Wake everybody who waits for a change of a chat, or for UPDATES."""
        if event := self._changed.pop(what, None):
            event.set()

    @property
    def is_ending(self) -> bool:
        return self._ended.is_set()

    def end(self) -> None:
        """Let everybody who waits have his answer now."""
        self._ended.set()
        for what in list(self._changed):
            self.announce(what)

    async def change(self, what: int, seconds: float) -> None:
        """Wait for the next change of a chat, or of UPDATES, at most so long."""
        await clock.wait_for(self._changed.setdefault(what, asyncio.Event()), seconds)

    async def pause(self, seconds: float) -> None:
        """Sleep, unless the sandbox ends."""
        await clock.wait_for(self._ended, seconds)

    # ---- counters and facts

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Make several changes one transaction: what a statement costs is mostly its commit."""
        if self._database.in_transaction:
            yield
            return
        self._database.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

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

    def add_message(self, chat_id: int, sender: str, content: dict[str, Any]) -> dict[str, Any]:
        """A new message of the bot or of a person."""
        with self.together():
            number = self.next_id(f"message:{chat_id}")
            return self.put_message(chat_id, {"message_id": number, "date": int(time.time()), "sender": sender, **content})

    def put_message(self, chat_id: int, message: dict[str, Any]) -> dict[str, Any]:
        """Store a new or changed message under a new sequence number."""
        with self.together():
            message["sequence"] = self.next_id("sequence")
            self._database.execute(
                "INSERT INTO messages VALUES (?, ?, ?, ?) ON CONFLICT (chat_id, message_id) DO UPDATE"
                " SET sequence = excluded.sequence, content = excluded.content",
                (chat_id, message["message_id"], message["sequence"], json.dumps(message)),
            )
        self.announce(chat_id)
        return message

    def messages_after(self, chat_id: int, sequence: int) -> list[dict[str, Any]]:
        rows = self._database.execute(
            "SELECT content FROM messages WHERE chat_id = ? AND sequence > ? ORDER BY message_id", (chat_id, sequence)
        )
        return [json.loads(row[0]) for row in rows]

    def accepted(self, chat_id: int | None = None) -> list[dict[str, Any]]:
        """The bot's messages since the last reset, as they were when they came: each text of each chat once, in order of arrival."""
        rows = self._database.execute(
            "SELECT chat_id, coalesce(json_extract(content, '$.original'), json_extract(content, '$.plain'), '') AS words, count(*)"
            " FROM messages WHERE rowid > ? AND json_extract(content, '$.sender') = 'bot' AND (? IS NULL OR chat_id = ?)"
            " GROUP BY chat_id, words ORDER BY min(rowid)",
            (self.fact("counted_from", 0), chat_id, chat_id),
        )
        return [{"chat_id": chat, "text": words[:SHOWN_LETTERS], "hash": text_hash(words), "count": count} for chat, words, count in rows]

    def reset_counts(self) -> None:
        """Count from here on."""
        self.counts.reset()
        self.set_fact("counted_from", self._database.execute("SELECT coalesce(max(rowid), 0) FROM messages").fetchone()[0])

    # ---- updates

    def add_update(self, chat_id: int, kind: str, content: dict[str, Any]) -> int:
        """A new update. One of a kind that the bot did not ask for gets its number too, and is never delivered."""
        is_wanted = self._is_allowed(kind)
        copies = copies_of_update(self.faults) if is_wanted else 0
        with self.together():
            update_id = self.next_id("update")
            self._database.execute(
                "INSERT INTO updates (id, chat_id, content, is_delivered, copies) VALUES (?, ?, ?, ?, ?)",
                (update_id, chat_id, json.dumps({"update_id": update_id, kind: content}), not is_wanted, copies),
            )
        self.announce(UPDATES)
        return update_id

    def _is_allowed(self, kind: str) -> bool:
        allowed = self.fact("allowed_updates") or []
        return kind in allowed if allowed else kind not in _DEFAULT_UPDATES_LEFT_OUT

    def waiting_updates(self, offset: int, limit: int) -> list[dict[str, Any]]:
        rows = self._database.execute("SELECT content FROM updates WHERE is_delivered = 0 AND id >= ? ORDER BY id LIMIT ?", (offset, limit))
        return [json.loads(row[0]) for row in rows]

    def take_copies(self, limit: int) -> list[dict[str, Any]]:
        """Confirmed updates that come once more; each is counted off."""
        with self.together():
            rows = self._database.execute(
                "SELECT id, content FROM updates WHERE is_delivered = 1 AND copies > 0 ORDER BY id LIMIT ?", (limit,)
            ).fetchall()
            self._database.executemany("UPDATE updates SET copies = copies - 1 WHERE id = ?", [(row[0],) for row in rows])
        return [json.loads(row[1]) for row in rows]

    def update_to_push(self, busy: Collection[int], prefers_copy: bool, mixing: Random | None) -> tuple[int, bool, dict[str, Any]] | None:
        """The next update for a webhook: its chat, whether it is a copy, and itself.

        The oldest that waits, or with mixing that of any chat; a chat's first deliveries keep their order. None while their chats are busy.
        """
        first = self._candidate("is_delivered = 0", busy, mixing)
        copy = self._candidate("is_delivered = 1 AND copies > 0", busy, mixing)
        chosen = copy if prefers_copy and copy else first or copy
        return (chosen[0], chosen is copy, chosen[1]) if chosen else None

    def _candidate(self, condition: str, busy: Collection[int], mixing: Random | None) -> tuple[int, dict[str, Any]] | None:
        rows = self._database.execute(
            f"SELECT chat_id, id FROM updates WHERE {condition} ORDER BY id LIMIT ?", (LOOKED_AT if mixing else 1,)
        ).fetchall()
        heads: dict[int, int] = {}
        for chat_id, update_id in rows:
            heads.setdefault(chat_id, update_id)
        free = [chat_id for chat_id in heads if chat_id not in busy]
        if not free:
            return None
        chat_id = mixing.choice(free) if mixing else free[0]
        content = self._database.execute("SELECT content FROM updates WHERE id = ?", (heads[chat_id],)).fetchone()[0]
        return chat_id, json.loads(content)

    def confirm_updates(self, before: int) -> None:
        """Everything below an offset was received."""
        self._database.execute("UPDATE updates SET is_delivered = 1 WHERE is_delivered = 0 AND id < ?", (before,))

    def confirm_update(self, update_id: int, is_copy: bool) -> None:
        """One update, or one of its copies, was taken by the webhook."""
        change = "copies = max(0, copies - 1)" if is_copy else "is_delivered = 1"
        self._database.execute(f"UPDATE updates SET {change} WHERE id = ?", (update_id,))

    def drop_updates(self) -> None:
        """Forget what waits."""
        self._database.execute("UPDATE updates SET is_delivered = 1, copies = 0 WHERE is_delivered = 0 OR copies > 0")

    def repeat_update(self, update_id: int) -> bool:
        """Deliver an update once more, as Telegram does when it is not sure."""
        cursor = self._database.execute("UPDATE updates SET copies = copies + 1 WHERE id = ?", (update_id,))
        self.announce(UPDATES)
        return cursor.rowcount > 0

    def pending_count(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM updates WHERE is_delivered = 0").fetchone()[0])

    # ---- traffic

    def record(self, method: str, parameters: dict[str, Any], status: int) -> None:
        """Keep what the bot asked for, without its token."""
        self._calls += 1
        entry = {"number": self._calls, "at": time.time(), "method": method, "status": status}
        self.traffic.append({**entry, "parameters": {k: str(v)[:4096] for k, v in parameters.items()}})


def text_hash(words: str) -> str:
    """Sixteen hexadecimal digits of SHA-256: names a text in a list of tens of thousands."""
    return hashlib.sha256(words.encode()).hexdigest()[:16]
