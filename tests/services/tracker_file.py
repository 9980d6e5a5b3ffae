"""Rasa's table of events, as Rasa makes it, filled by hand."""

from __future__ import annotations

import json
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

    def add(self, chat_id: int, event: str, **content: Any) -> None:
        row = {"sender": str(chat_id), "event": event, "data": json.dumps({"event": event, **content})}
        with self._engine.begin() as connection:
            connection.execute(
                sqlalchemy.text("INSERT INTO events (sender_id, type_name, timestamp, data) VALUES (:sender, :event, 1.0, :data)"), row
            )

    def all(self) -> list[tuple[str, str, dict[str, Any]]]:
        with self._engine.begin() as connection:
            rows = connection.execute(sqlalchemy.text("SELECT sender_id, type_name, data FROM events ORDER BY id")).all()
        return [(sender, event, json.loads(data)) for sender, event, data in rows]
