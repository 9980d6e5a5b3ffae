"""Opening the database: one engine a process, short transactions, reading kept apart from writing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from bot import clock
from bot.settings import settings
from bot.store import changes, news

DATABASE_GONE = (sqlalchemy.exc.OperationalError, sqlalchemy.exc.InterfaceError, sqlalchemy.exc.TimeoutError)
"""What a transaction raises while the server is away, the disk full or another writer too slow: wait, and do it again."""
_TURN = "tadamon_turn"
"""Whether a connection has the turn to write."""
BUSY_SECONDS = 30
"""How long a writer waits for another on SQLite, where one writes at a time."""


class Database:
    """An engine and its two kinds of transaction. Its errors hide the parameters: those hold what people wrote, and are logged."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.engine = self._sqlite(url) if self.is_sqlite else self._postgresql(url)
        # On SQLite a transaction that will write says so at its start: a later change of mind fails at once when another
        # writer was faster, whatever the timeout.
        self._writing = self.engine.execution_options(tadamon_write=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads; rolled back at its end."""
        with Session(self.engine, future=True) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that writes: committed at its end, rolled back where an error leaves it."""
        with Session(self._writing, future=True) as session, session.begin():
            yield session
            changes.write_down(session, clock.real_now())
            news.send(session)

    def close(self) -> None:
        self.engine.dispose()

    @staticmethod
    def _postgresql(url: str) -> Any:
        # What a database takes for a day must not depend on how its server is set up.
        zone = {"options": "-c timezone=utc"}
        return sqlalchemy.create_engine(
            url, future=True, hide_parameters=True, pool_pre_ping=True, pool_size=5, max_overflow=10, connect_args=zone
        )

    @staticmethod
    def _sqlite(url: str) -> Any:
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = sqlalchemy.create_engine(
            url,
            future=True,
            hide_parameters=True,
            poolclass=QueuePool,
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        )

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # BEGIN is ours, below: the driver's own comes too late
            for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
                connection.execute(f"PRAGMA {pragma}")

        # SQLite lets one writer in, and has the others sleep and look again, ever longer. Of one process, each gets its turn at once. Who
        # waits too long for it asks SQLite, which says what is wrong.
        turn = threading.Lock()

        @event.listens_for(engine, "begin")
        def begin(connection: Any) -> None:
            if not connection.get_execution_options().get("tadamon_write"):
                connection.exec_driver_sql("BEGIN")
                return
            connection.info[_TURN] = turn.acquire(timeout=BUSY_SECONDS)
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except BaseException:
                end(connection)
                raise

        @event.listens_for(engine, "commit")
        @event.listens_for(engine, "rollback")
        def end(connection: Any) -> None:
            # A moment before the database itself lets go: the next one waits for no longer than that.
            if connection.info.pop(_TURN, False):
                turn.release()

        return engine


@lru_cache(maxsize=1)
def database() -> Database:
    """The database of this process, named by ``DATABASE_URL``."""
    return Database(settings().database_url)
