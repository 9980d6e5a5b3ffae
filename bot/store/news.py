"""Hearing at once that another process has committed something, where looking ten times a second would make people wait.

SQLite counts the commits of others, and the count is read without a lock; PostgreSQL tells whoever listens. Nothing depends on it: whoever
waits looks again after a while in any case.
"""

from __future__ import annotations

import select
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import sqlalchemy
import structlog
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

log = structlog.get_logger("store")

OUTBOX = "tadamon_outbox"
"""What is told of: messages were queued. A channel of PostgreSQL."""
_IS_THERE = {OUTBOX: "SELECT 1 FROM outbox WHERE state = 'queued' AND urgency < 2 LIMIT 1"}
"""SQLite tells of every commit alike: whether this one may be of interest. Lists are in no haste."""
LOOK_SECONDS = 0.002
"""Between two looks at SQLite's count, which take some microseconds."""
RETRY_SECONDS = 1.0
_LISTEN_SECONDS = 0.2
_TOLD = "news"


def tell(session: Session, channel: str) -> None:
    """Let those who watch a channel know, once this transaction commits."""
    session.info.setdefault(_TOLD, set()).add(channel)


def send(session: Session) -> None:
    """Hand the news of a transaction to the database: the last thing before it commits."""
    channels = session.info.pop(_TOLD, ())
    if not session.in_transaction():
        return  # rolled back on purpose
    if channels and session.get_bind().dialect.name == "postgresql":
        for channel in sorted(channels):
            session.execute(sql(f"NOTIFY {channel}"))


@contextmanager
def watched(url: str, channel: str, heard: Callable[[], object]) -> Iterator[None]:
    """Call ``heard`` from a thread whenever there is news, as long as the block runs.

    Args:
        url: of the database.
    """
    ends = threading.Event()
    watch = _watch_sqlite if url.startswith("sqlite") else _watch_postgresql
    thread = threading.Thread(target=_insist, args=(watch, url, channel, heard, ends), name="news", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join(2 * RETRY_SECONDS)


def _insist(watch: Callable[..., None], url: str, channel: str, heard: Callable[[], object], ends: threading.Event) -> None:
    while not ends.is_set():
        try:
            watch(url, channel, heard, ends)
        except Exception as error:  # a database that is away comes back, and until then there is no news
            log.warning("news are not heard", error=type(error).__name__)
            ends.wait(RETRY_SECONDS)


def _watch_sqlite(url: str, channel: str, heard: Callable[[], object], ends: threading.Event) -> None:
    path = sqlalchemy.engine.make_url(url).database
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as connection:
        known = None
        while not ends.is_set():
            count = connection.execute("PRAGMA data_version").fetchone()[0]
            if known is not None and count != known and connection.execute(_IS_THERE[channel]).fetchone():
                heard()
            known = count
            time.sleep(LOOK_SECONDS)


def _watch_postgresql(url: str, channel: str, heard: Callable[[], object], ends: threading.Event) -> None:
    engine = sqlalchemy.create_engine(url, future=True, hide_parameters=True, poolclass=sqlalchemy.pool.NullPool)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sql(f"LISTEN {channel}"))
        listening: Any = connection.connection.dbapi_connection
        heard()  # what was told before is not told again
        while not ends.is_set():
            if not select.select([listening], [], [], _LISTEN_SECONDS)[0]:
                continue
            listening.poll()
            if listening.notifies:
                listening.notifies.clear()
                heard()
