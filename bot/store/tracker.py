"""Rasa's own table of events, from outside: what a chat said is kept there, and must be shown and forgotten with the rest.

Plain SQL: Rasa makes the table, in a file of its own beside a SQLite database, in the same one on PostgreSQL.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Float, Integer, String, Text, bindparam, column, delete, func, select, table, update
from sqlalchemy.pool import NullPool

from bot import clock
from bot.store.engine import BUSY_SECONDS

_EVENTS = table(
    "events",
    column("id", Integer),
    column("sender_id", String),
    column("type_name", String),
    column("timestamp", Float),
    column("intent_name", String),
    column("action_name", String),
    column("data", Text),
)
_HEAD = (_EVENTS.c.id, _EVENTS.c.sender_id, _EVENTS.c.type_name, _EVENTS.c.timestamp)


SENTENCE_WORDS = 4
"""A shorter message is what anybody may have said."""
_OWN_DRAFTS = ("offer", "aid", "aid_address")
_OWN_WORDS = ("first_name", "need", "address")
_NAMES_OTHERS = "aid_address"
"""The one slot in which somebody else's name stands."""
_NOBODY, _FORGOTTEN = "0", "forgotten"
_INDEX = "ix_events_sender_id_id"
_AT_ONCE = 5000
"""So many old events are looked at in one transaction."""


@dataclass(frozen=True)
class Head:
    """One row of Rasa's table, without what it holds."""

    id: int
    chat_id: int
    kind: str
    """Rasa's type_name: user, bot, slot, action, active_loop …"""
    at: datetime
    """By business time, in UTC; Rasa itself writes real time."""


@dataclass(frozen=True)
class Event(Head):
    """One row of Rasa's table."""

    content: dict[str, Any]


class Tracker:
    """The tracker store that a URL names. Where Rasa has not made it yet, nobody has said anything."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._is_sqlite = url.startswith("sqlite")

    @property
    def numbers_in_order(self) -> bool:
        """Whether events become visible in the order of their numbers: SQLite has one writer at a time, PostgreSQL many."""
        return self._is_sqlite

    def said(self, chat_id: int) -> list[tuple[datetime, str]]:
        """What somebody wrote, without taps and commands, the oldest first."""
        found = []
        for at, event in self._events_of(chat_id, "user"):
            words = str(event.get("text") or "")
            if words and not words.startswith("/"):
                found.append((at, words))
        return found

    def kept_slots(self, chat_id: int, names: Sequence[str]) -> dict[str, Any]:
        """The last values of slots, of those that have one."""
        values = {event.get("name"): event.get("value") for _, event in self._events_of(chat_id, "slot")}
        return {name: values[name] for name in names if values.get(name)}

    def told_others(self, chat_id: int) -> set[str]:
        """What somebody said that others may have been told: names, needs, addresses of drafts, and whole sentences."""
        found = {" ".join(words.split()) for _, words in self.said(chat_id) if len(words.split()) >= SENTENCE_WORDS}
        for _, event in self._events_of(chat_id, "user"):
            found.add(str((event.get("metadata") or {}).get("first_name") or ""))
        for _, event in self._events_of(chat_id, "slot"):
            draft = event.get("value")
            if isinstance(draft, dict) and event.get("name") in _OWN_DRAFTS:
                found |= {str(draft[key]) for key in _OWN_WORDS if isinstance(draft.get(key), str)}
        return found - {""}

    def _events_of(self, chat_id: int, type_name: str) -> list[tuple[datetime, dict[str, Any]]]:
        mine = (_EVENTS.c.sender_id == str(chat_id), _EVENTS.c.type_name == type_name)
        query = select(_EVENTS.c.timestamp, _EVENTS.c.data).where(*mine).order_by(_EVENTS.c.id)
        with self._connection() as connection:
            rows = connection.execute(query).all() if connection is not None else []
        return [(datetime.fromtimestamp(timestamp or 0, timezone.utc), json.loads(kept)) for timestamp, kept in rows]

    def after(self, event_id: int, kinds: Sequence[str], limit: int) -> list[Head]:
        """Events of all chats with a larger number, of these kinds, the oldest first; fewer than ``limit``: the last ones."""
        query = select(*_HEAD).where(_EVENTS.c.id > event_id, _EVENTS.c.type_name.in_(kinds)).order_by(_EVENTS.c.id).limit(limit)
        return [Head(*head) for head in self._heads(self._rows(query))]

    def events(self, numbers: Sequence[int]) -> list[Event]:
        """The events of these numbers that are still there, the oldest first."""
        return self._read(select(*_HEAD, _EVENTS.c.data).where(_EVENTS.c.id.in_(numbers)).order_by(_EVENTS.c.id)) if numbers else []

    def before(self, chat_id: int, event_id: int | None, limit: int) -> list[Event]:
        """The last events of a chat before a number (None: of all), the newest first."""
        query = select(*_HEAD, _EVENTS.c.data).where(_EVENTS.c.sender_id == str(chat_id)).order_by(_EVENTS.c.id.desc()).limit(limit)
        return self._read(query if event_id is None else query.where(_EVENTS.c.id < event_id))

    def _read(self, query: Any) -> list[Event]:
        rows = self._rows(query)
        return [Event(*head, json.loads(row.data or "{}")) for head, row in zip(self._heads(rows), rows, strict=True)]

    def _rows(self, query: Any) -> Sequence[Any]:
        with self._connection() as connection:
            return connection.execute(query).all() if connection is not None else []

    def _heads(self, rows: Sequence[Any]) -> list[tuple[int, int, str, datetime]]:
        shift = timedelta(seconds=round((clock.now() - clock.real_now()).total_seconds()))
        return [
            (row.id, _chat_id(row.sender_id), row.type_name, datetime.fromtimestamp(row.timestamp or 0, timezone.utc) + shift)
            for row in rows
        ]

    def chats(self) -> set[int]:
        """Every chat of Telegram that something is kept of."""
        with self._connection() as connection:
            senders = connection.execute(select(_EVENTS.c.sender_id).distinct()).scalars() if connection is not None else ()
            return {int(sender) for sender in senders if sender.lstrip("-").isdecimal() and sender != _NOBODY}

    def forget(self, chat_id: int) -> int:
        """Delete all that was said in a chat; returns how many events."""
        with self._connection() as connection:
            return 0 if connection is None else self._delete(connection, _EVENTS.c.sender_id == str(chat_id))

    def forget_before(self, at: datetime) -> int:
        """Delete what is older than an instant of real time, the oldest first; returns how many events.

        Numbers grow with time: the look ends at the first batch that holds nothing old, and never reads the whole table.
        """
        deleted = 0
        while True:
            with self._connection() as connection:
                if connection is None:
                    return deleted
                oldest = connection.execute(select(_EVENTS.c.id, _EVENTS.c.timestamp).order_by(_EVENTS.c.id).limit(_AT_ONCE)).all()
                old = [number for number, timestamp in oldest if timestamp is not None and timestamp < at.timestamp()]
                gone = self._delete(connection, (_EVENTS.c.id <= old[-1]) & (_EVENTS.c.timestamp < at.timestamp())) if old else 0
            deleted += gone
            if gone < _AT_ONCE:
                return deleted

    def _delete(self, connection: Any, condition: Any) -> int:
        """Delete events; on SQLite the newest keeps its number, and nothing else, so that no later event gets it.

        Who reads by number would take such a one for read.
        """
        if not self._is_sqlite:
            return int(connection.execute(delete(_EVENTS).where(condition)).rowcount)
        newest = select(func.max(_EVENTS.c.id)).scalar_subquery()
        number = connection.execute(select(_EVENTS.c.id).where(_EVENTS.c.id == newest, condition)).scalar_one_or_none()
        deleted = int(connection.execute(delete(_EVENTS).where(condition, _EVENTS.c.id != (number or 0))).rowcount)
        if number is not None:
            empty = {
                "sender_id": _NOBODY,
                "type_name": _FORGOTTEN,
                "timestamp": None,
                "intent_name": None,
                "action_name": None,
                "data": "{}",
            }
            connection.execute(update(_EVENTS).where(_EVENTS.c.id == number).values(**empty))
            deleted += 1
        connection.execute(delete(_EVENTS).where(_EVENTS.c.sender_id == _NOBODY, _EVENTS.c.type_name == _FORGOTTEN, _EVENTS.c.id < newest))
        return deleted

    def blot(self, chat_ids: Sequence[int], change: Callable[[str], str]) -> int:
        """Change what the bot said in some chats, and noted of others there, string by string; returns how many events were changed."""
        changed = []
        with self._connection() as connection:
            if connection is None:
                return 0
            for chat_id in chat_ids:
                theirs = (_EVENTS.c.sender_id == str(chat_id), _EVENTS.c.type_name.in_(("bot", "slot")))
                for number, kept in connection.execute(select(_EVENTS.c.id, _EVENTS.c.data).where(*theirs)).all():
                    before = json.loads(kept)
                    if before.get("event") == "slot" and before.get("name") != _NAMES_OTHERS:
                        continue
                    after = changed_strings(before, change)
                    if after != before:
                        changed.append({"number": number, "after": json.dumps(after)})
            if changed:
                rewrite = update(_EVENTS).where(_EVENTS.c.id == bindparam("number")).values(data=bindparam("after"))
                connection.execute(rewrite, changed)
        return len(changed)

    def index(self) -> None:
        """Let the events of one chat be read in order without reading them all: on PostgreSQL Rasa's own index does not."""
        if not self._is_sqlite:
            with self._connection() as connection:
                # Looked for first: to make one that is there would still wait for whoever writes.
                known = sqlalchemy.inspect(connection).get_indexes("events") if connection is not None else [{"name": _INDEX}]
                if all(index["name"] != _INDEX for index in known):
                    connection.exec_driver_sql(f"CREATE INDEX IF NOT EXISTS {_INDEX} ON events (sender_id, id)")

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        """A transaction, committed at its end; None where there is no table yet."""
        if self._is_sqlite and not Path(self._url.removeprefix("sqlite:///")).exists():
            yield None
            return
        extra = {"timeout": BUSY_SECONDS} if self._is_sqlite else {}
        engine = sqlalchemy.create_engine(self._url, future=True, hide_parameters=True, poolclass=NullPool, connect_args=extra)
        try:
            with engine.begin() as connection:
                if not sqlalchemy.inspect(connection).has_table("events"):
                    yield None
                    return
                if self._is_sqlite:
                    # What is deleted is overwritten, not only unlinked.
                    connection.exec_driver_sql("PRAGMA secure_delete=ON")
                yield connection
        finally:
            engine.dispose()


def _chat_id(sender: str) -> int:
    """The chat of Telegram. A conversation of Rasa's own shell has a name for a number: nobody, who has no chat."""
    return int(sender) if sender.lstrip("-").isdecimal() else int(_NOBODY)


def changed_strings(value: Any, change: Callable[[str], str]) -> Any:
    """A JSON value with each of its strings changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [changed_strings(one, change) for one in value]
    if isinstance(value, dict):
        return {key: changed_strings(one, change) for key, one in value.items()}
    return value
