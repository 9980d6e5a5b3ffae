"""Rasa's table of events, as Rasa makes it, filled by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlalchemy

from bot.store.engine import Database
from bot.store.tracker import Tracker

_TABLE = """CREATE TABLE events (id {key}, sender_id VARCHAR(255) NOT NULL, type_name VARCHAR(255) NOT NULL, timestamp FLOAT,
intent_name VARCHAR(255), action_name VARCHAR(255), data TEXT)"""


class Events:
    """The table, in a file of its own beside SQLite, in the same database on PostgreSQL."""

    def __init__(self, store: Database, folder: Path) -> None:
        self.url = f"sqlite:///{folder}/events.db" if store.is_sqlite else store.url
        self.tracker = Tracker(self.url)
        self._engine = sqlalchemy.create_engine(self.url, future=True, poolclass=sqlalchemy.pool.NullPool)
        with self._engine.begin() as connection:
            connection.exec_driver_sql(_TABLE.format(key="INTEGER PRIMARY KEY" if store.is_sqlite else "SERIAL PRIMARY KEY"))

    def add(self, chat_id: int, event: str, at: float = 1.0, **content: Any) -> None:
        self.add_many([(chat_id, event, at, content)])

    def add_many(self, rows: Iterable[tuple[int, str, float, dict[str, Any]]]) -> None:
        """Events as (chat, kind, seconds since 1970, content)."""
        values = [
            {"sender": str(chat_id), "event": event, "at": at, "data": json.dumps({"event": event, **content})}
            for chat_id, event, at, content in rows
        ]
        with self._engine.begin() as connection:
            connection.execute(
                sqlalchemy.text("INSERT INTO events (sender_id, type_name, timestamp, data) VALUES (:sender, :event, :at, :data)"), values
            )

    def all(self) -> list[tuple[str, str, dict[str, Any]]]:
        """What is there, without the number that the newest keeps when it is forgotten."""
        with self._engine.begin() as connection:
            rows = connection.execute(
                sqlalchemy.text("SELECT sender_id, type_name, data FROM events WHERE type_name != 'forgotten' ORDER BY id")
            ).all()
        return [(sender, event, json.loads(data)) for sender, event, data in rows]
