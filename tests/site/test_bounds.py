"""What a page costs does not grow with what there is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from sqlalchemy import text as sqltext
from starlette.testclient import TestClient

from bot.services import public
from bot.services.figures import Board
from bot.site.app import PATHS, create_app
from bot.store.engine import Database
from tests.site.region import flood
from tests.worlds import NOW, statements

MANY = ("/missions?before=500&cause=health", "/missions?q=soutien", "/missions?q=nowhere", "/missions?place=Settat&day=sat&mode=onsite")
LISTS = [*(path.replace("{number}", "7").replace("{name}", "missions-1") for path in PATHS), *MANY]
MOST_STATEMENTS = 7


def client_of(database: Database) -> TestClient:
    return TestClient(create_app(database, None))


def costs(database: Database) -> dict[str, int]:
    """Statements of each page."""
    with client_of(database) as client:
        client.get("/statistics")
        found = {}
        for path in LISTS:
            with statements(database) as heard:
                assert client.get(path).status_code in (200, 404, 410), path
            found[path] = len(heard)
        return found


def test_every_page_asks_a_bounded_number_of_questions(database: Database) -> None:
    flood(database, 100)
    few = costs(database)
    assert max(few.values()) <= MOST_STATEMENTS
    with database.write() as session:
        for table in ("missions", "initiatives", "organisations"):
            session.execute(sqltext(f"DELETE FROM {table}"))
    flood(database, 1000)
    assert costs(database) == few


def test_figures_are_counted_once_in_a_while(region: Database) -> None:
    ticks = [0.0]
    board = Board(region, kept_seconds=60, ticks=lambda: ticks[0])
    at = datetime(2026, 11, 24, 10, tzinfo=timezone.utc)
    first = board.read(at, NOW.date())
    with statements(region) as heard:
        assert board.read(at, NOW.date()) is first
        assert not heard
        ticks[0] = 61.0
        assert board.read(at, NOW.date()) == first
    assert len(heard) == 6


def test_a_list_goes_on_beyond_what_one_page_looks_at(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """One rare mission among many is found, if not on the first page: every page has a way on until the end."""
    monkeypatch.setattr(public, "LOOKED_AT", 50)
    flood(database, 320)
    wanted = public.Wanted(words="Soutien 7")
    seen, before, pages = [], None, 0
    with database.read() as session:
        while True:
            shelf = public.missions(session, wanted, NOW.date(), before, limit=5)
            seen += [row.id for row in shelf.rows]
            pages += 1
            if shelf.before is None:
                break
            assert before is None or shelf.before < before
            before = shelf.before
    assert seen == [n for n in range(320, 0, -1) if str(n).startswith("7")] and pages >= 7


@pytest.fixture
def two_sizes(tmp_path: Path, _template: Path) -> Iterator[tuple[Database, Database]]:
    """A database with 1,000 missions, and one with 100,000."""
    made = []
    for missions in (1_000, 100_000):
        path = tmp_path / f"{missions}.db"
        path.write_bytes(_template.read_bytes())
        database = Database(f"sqlite:///{path}")
        flood(database, missions)
        made.append(database)
    yield made[0], made[1]
    for database in made:
        database.close()


def seconds(client: Any, path: str) -> float:
    began = time.perf_counter()
    client.get(path)
    return time.perf_counter() - began


@pytest.mark.heavy
def test_a_hundred_times_the_missions_take_at_most_twice_the_time(two_sizes: tuple[Database, Database]) -> None:
    small, large = two_sizes
    assert costs(small) == costs(large)
    slow = {}
    with client_of(small) as few, client_of(large) as many:
        for client in (few, many):
            client.get("/statistics")
        for path in LISTS:
            # In turns, so that whatever else the machine does befalls both.
            pairs = [(seconds(few, path), seconds(many, path)) for _ in range(15)]
            ratio = median(pair[1] for pair in pairs) / median(pair[0] for pair in pairs)
            if ratio > 2:
                slow[path] = round(ratio, 2)
    assert not slow
