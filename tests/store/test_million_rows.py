"""A million rows of the first version reach the schema of this one: none is lost, what is derived is right, and foreign keys hold."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command

from bot.store import migrate
from bot.store.engine import Database
from tests.postgres import PostgresServer

# By table, in an order that foreign keys allow: how many rows, and what makes row n. Both databases understand it.
ROWS = {
    "outbox (id, chat_id, origin, position, kind, solicited, method, body, state, attempts, created_at)": (
        500_000,
        "n, n - n / 5000 * 5000, 'update:' || n, 0, CASE n - n / 3 * 3 WHEN 0 THEN 'digest' WHEN 1 THEN 'notice' ELSE 'reply' END,"
        " TRUE, 'send', '{}', 'sent', 1, '2026-01-05 10:00:00'",
    ),
    "inbox (update_id, chat_id, payload, state, attempts, received_at)": (
        300_000,
        "n, n - n / 5000 * 5000, '{}', 'done', 1, '2026-01-05 10:00:00'",
    ),
    "persons (id, chat_id, first_name, register, created_at)": (100_000, "n, n, 'Aya', 'fr', '2026-01-05 10:00:00'"),
    "volunteers (person_id, first_name, place, latitude, longitude, radius_km, causes, skills, means, spoken_languages, slots, paused,"
    " created_at, changed_at)": (
        100_000,
        "n, 'Aya', 'maarif', 33.5, -7.6, 10, '[]', '[]', '[]', '[]', 1, FALSE, '2026-01-05 10:00:00', '2026-01-05 10:00:00'",
    ),
}

pytestmark = pytest.mark.heavy


@pytest.fixture(params=["sqlite", "postgres"])
def first_version(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database at the first revision."""
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path}/old.db")
    else:
        server: PostgresServer = request.getfixturevalue("breakable_postgres")
        made = Database(server.url)
    with made.engine.execution_options(tadamon_write=True).begin() as connection:
        command.upgrade(migrate.config(connection), "0001")
    yield made
    made.close()


def fill(database: Database) -> None:
    """In a SELECT PostgreSQL takes what stands in quotes for text, unless it is told otherwise."""
    for into, (count, values) in ROWS.items():
        if not database.is_sqlite:
            for plain, cast in (
                ("'{}'", "'{}'::json"),
                ("'[]'", "'[]'::json"),
                ("'2026-01-05 10:00:00'", "'2026-01-05 10:00:00'::timestamptz"),
            ):
                values = values.replace(plain, cast)
        series = f"WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {count})"
        with database.engine.execution_options(tadamon_write=True).begin() as connection:
            connection.exec_driver_sql(f"INSERT INTO {into} {series} SELECT {values} FROM series")


def test_a_million_rows_come_along(first_version: Database) -> None:
    fill(first_version)
    began = time.monotonic()
    migrate.upgrade(first_version)
    print(f"\n1,000,000 rows from 0001 to {migrate.newest_revision()}: {time.monotonic() - began:.1f} s")  # noqa: T201
    assert migrate.is_current(first_version)
    with first_version.engine.connect() as connection:
        for into, (count, _) in ROWS.items():
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {into.split()[0]}").scalar_one() == count, into
        urgencies = connection.exec_driver_sql("SELECT DISTINCT kind, urgency FROM outbox").all()
        assert dict(urgencies) == {"reply": 0, "notice": 1, "digest": 2} and len(urgencies) == 3
        assert connection.exec_driver_sql("SELECT DISTINCT age_band FROM volunteers").scalars().all() == ["adult"]
        if first_version.is_sqlite:
            assert not connection.exec_driver_sql("PRAGMA foreign_key_check").all()
