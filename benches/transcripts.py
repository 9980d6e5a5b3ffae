"""``python -m benches.transcripts [--people N] [--events N] [--server URL]``: what a list of conversations and a thread cost in a large
database.

Prints, for each kind of list and for parts of one long thread, milliseconds beside an almost empty database and in the large one, and
their ratio. The small one, of 180 people, has just enough for a full page of each kind. On SQLite, or in two databases that it makes on a
PostgreSQL server: ``--server postgresql://USER@HOST/postgres``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy
from sqlalchemy import text as sql

from bot.services import transcripts
from bot.services.transcripts import Cursor, Wanted
from bot.store import migrate
from bot.store.engine import Database
from bot.store.models import ConversationTag, Handoff
from bot.store.tracker import Tracker

LONG_CHAT, LONG_EVENTS = 999_999, 10_000
EVENTS_A_TURN = 9
ROUNDS = 15
_BEGAN = datetime(2026, 9, 1, tzinfo=timezone.utc)
_TABLE = """CREATE TABLE events (id {number}, sender_id VARCHAR(255) NOT NULL, type_name VARCHAR(255) NOT NULL,
timestamp FLOAT, intent_name VARCHAR(255), action_name VARCHAR(255), data TEXT)"""
_AT_ONCE = 5_000
_REGISTERS = ("fr", "ar", "ary-Arab", "ary-Latn")
_SAID = (
    "bghit n3awen f jam3iya d {0}",
    "je cherche une mission à Maârif numéro {0}",
    "أريد التطوع في جمعية {0}",
    "واش كاين شي حاجة ف كازا {0}",
)
LISTS: dict[str, dict[str, Any]] = {
    "all": {},
    "fallback": {"fallback": True},
    "no fallback": {"fallback": False},
    "unsure": {"below": 0.5},
    "register": {"register": "ar"},
    "intent": {"intent": "search_missions"},
    "rare intent": {"intent": "report_problem"},
    "handoff": {"handoff": "open"},
    "tag": {"tag": "bug"},
    "not reviewed": {"reviewed": False},
    "common word": {"words": "جمعية"},
    "rare word": {"words": "numero 41"},
    "two words": {"words": "bghit jam3iya", "fallback": True},
    "nothing": {"words": "perroquet"},
    "words that never meet": {"words": "bghit mission"},
}


class Place:
    """A database with its tracker, filled."""

    def __init__(self, urls: tuple[str, str], people: int, events: int, long_events: int) -> None:
        self.database = Database(urls[0])
        migrate.upgrade(self.database)
        self.tracker = Tracker(urls[1])
        _fill(urls[1], _rows(people, events, long_events))
        transcripts.run(self.database.write, self.tracker)
        with self.database.write() as session:
            for number in range(1, people + 1, max(people // 60, 1)):
                session.add(Handoff(chat_id=number, reason="asked", state="waiting", opened_at=_BEGAN))
                session.add(ConversationTag(chat_id=number, tag="bug"))
        if not self.database.is_sqlite:
            # As its autovacuum would, a minute later.
            with self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sql("VACUUM ANALYZE"))

    def close(self) -> None:
        self.database.close()

    def list(self, wanted: Wanted, after: Cursor | None = None) -> transcripts.Shelf:
        with self.database.read() as session:
            return transcripts.conversations(session, wanted, after)

    def thread(self, before: str | None) -> transcripts.Thread:
        with self.database.read() as session:
            return transcripts.thread(session, self.tracker, LONG_CHAT, before)

    def deep(self) -> str | None:
        """The place of the last part of the long thread but a few."""
        before, places = None, []
        while (before := self.thread(before).before) is not None:
            places.append(before)
        return places[-3] if len(places) > 3 else None


def _fill(url: str, rows: Iterator[tuple[str, str, float, str]]) -> None:
    """Rasa's table of events, as its tracker store makes it."""
    engine = sqlalchemy.create_engine(url, future=True, **({} if url.startswith("sqlite") else {"executemany_mode": "values_plus_batch"}))
    number = "INTEGER PRIMARY KEY" if url.startswith("sqlite") else "SERIAL PRIMARY KEY"
    insert = sql("INSERT INTO events (sender_id, type_name, timestamp, data) VALUES (:chat, :kind, :at, :data)")
    with engine.begin() as connection:
        connection.execute(sql(_TABLE.format(number=number)))
        connection.execute(sql("CREATE INDEX ix_events_sender_id ON events (sender_id)"))
        while batch := [dict(zip(("chat", "kind", "at", "data"), row, strict=True)) for row in islice(rows, _AT_ONCE)]:
            connection.execute(insert, batch)
    engine.dispose()


def _rows(people: int, events: int, long_events: int) -> Iterator[tuple[str, str, float, str]]:
    """Turns of all people in turn, in between those of the long conversation."""
    turns, long_turns = events // EVENTS_A_TURN, long_events // EVENTS_A_TURN
    for number in range(turns):
        at = _BEGAN.timestamp() + number * 60
        yield from _turn(1 + number % people, number, at)
        if number % max(turns // long_turns, 1) == 0:
            yield from _turn(LONG_CHAT, turns + number, at + 1)


def _turn(chat_id: int, number: int, at: float) -> Iterator[tuple[str, str, float, str]]:
    kind = number % 4
    is_fallback = number % 17 == 0 and chat_id % 3 > 0
    intent = "report_problem" if number % 5003 == 0 else ("offer_volunteering", "search_missions")[kind % 2]
    ranking = [{"name": intent, "confidence": 0.3 + (number % 7) / 10}, *({"name": f"i{n}", "confidence": 0.01} for n in range(9))]
    words = _SAID[kind].format(number)
    parsed = {
        "intent": {"name": "nlu_fallback", "confidence": 0.4} if is_fallback else ranking[0],
        "intent_ranking": ranking,
        "entities": [],
        "text": words,
        "register": {"name": _REGISTERS[kind], "confidence": 0.99},
    }
    chat = str(chat_id)
    yield chat, "user", at, json.dumps({"event": "user", "text": words, "metadata": {"update_id": number}, "parse_data": parsed})
    for name in ("user_featurization", "slot", "action", "followup"):
        yield chat, name, at, json.dumps({"event": name, "name": "register", "value": "fr", "metadata": {"model_id": "m" * 32}})
    for text in ("Voici <b>deux</b> missions", "Autre chose ?", None):
        yield chat, "bot", at, json.dumps({"event": "bot", "text": text, "data": {"buttons": None, "custom": None}})
    yield chat, "action", at, json.dumps({"event": "action", "name": "action_listen"})


def ratios(small: Place, large: Place, rounds: int = ROUNDS) -> dict[str, tuple[float, float, float]]:
    """By what is asked: median milliseconds in the small and in the large one, and the median of their ratios in turns."""
    tasks: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        name: (partial(small.list, Wanted(**given)), partial(large.list, Wanted(**given))) for name, given in LISTS.items()
    }
    middle = Cursor(_BEGAN + timedelta(minutes=1_000), 0), Cursor(_BEGAN + timedelta(minutes=60_000), 0)
    tasks["a page far down"] = (lambda: small.list(Wanted(), middle[0]), lambda: large.list(Wanted(), middle[1]))
    tasks["thread"] = (lambda: small.thread(None), lambda: large.thread(None))
    deep = small.deep(), large.deep()
    tasks["thread, its beginning"] = (lambda: small.thread(deep[0]), lambda: large.thread(deep[1]))
    return {name: _compared(*pair, rounds) for name, pair in tasks.items()}


def table(found: dict[str, tuple[float, float, float]]) -> str:
    """What :func:`ratios` found, a line each."""
    lines = [f"{name:<26}{few:>9.1f}{many:>10.1f}{ratio:>7.2f}" for name, (few, many, ratio) in found.items()]
    return "\n".join([f"{'':<26}{'few, ms':>9}{'many, ms':>10}{'ratio':>7}", *lines])


def _compared(small: Callable[[], object], large: Callable[[], object], rounds: int) -> tuple[float, float, float]:
    small(), large()
    # In turns, so that whatever else the machine does befalls both.
    pairs = [(_seconds(small), _seconds(large)) for _ in range(rounds)]
    few, many = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    return few * 1000, many * 1000, many / few


def _seconds(task: Callable[[], object]) -> float:
    began = time.perf_counter()
    task()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benches.transcripts", description=__doc__)
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--server", help="a PostgreSQL server, as postgresql://USER@HOST/postgres; else SQLite")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tadamon-bench-") as folder:
        began = time.perf_counter()
        small = Place(place(asked.server, Path(folder, "few")), 180, 27_000, 600)
        large = Place(place(asked.server, Path(folder, "many")), asked.people, asked.events, LONG_EVENTS)
        print(f"filled and read in {time.perf_counter() - began:.0f} s", flush=True)
        print(table(ratios(small, large)))


def place(server: str | None, folder: Path) -> tuple[str, str]:
    """Addresses of an empty database and of a tracker beside it, made anew."""
    if server is None:
        folder.mkdir()
        return f"sqlite:///{folder}/tadamon.db", f"sqlite:///{folder}/tracker.db"
    name = f"tadamon_bench_{folder.name}"
    engine = sqlalchemy.create_engine(server, future=True, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sql(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(sql(f"CREATE DATABASE {name}"))
    engine.dispose()
    url = f"{server.rpartition('/')[0]}/{name}"
    return url, url


if __name__ == "__main__":
    main()
