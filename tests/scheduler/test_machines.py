"""Shards as jobs of a queue that several machines share: everybody gets one list, whoever is killed."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from bot.scheduler import machines
from bot.services import digests, shards
from bot.settings import settings
from bot.store.engine import Database
from bot.store.models import Digest, DigestShard
from tests.worlds import SALMA, count, local, outbox_rows, small_world, volunteer

DUE = local(2026, 12, 1, 10)
PEOPLE = 60


pytestmark = pytest.mark.postgres


@pytest.fixture
def on_postgres(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    store = postgres
    monkeypatch.setattr(shards, "SHARD_PEOPLE", 5)
    small_world(store)
    with store.write() as session:
        for number in range(PEOPLE):
            volunteer(session, SALMA + number, f"V{number}")
        shards.plan(session, DUE)
    yield store
    with store.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {machines.SCHEMA} CASCADE")


def is_over(store: Database) -> bool:
    with store.read() as session:
        return shards.unfinished(session) is None


def everybody_has_one_list(store: Database) -> bool:
    rows = [row for row in outbox_rows(store) if row.kind == "digest"]
    return len(rows) == len({row.chat_id for row in rows}) == count(store, Digest) == PEOPLE + 2


async def test_two_machines_share_a_run(on_postgres: Database) -> None:
    others = [Database(on_postgres.url) for _ in range(2)]
    running = [
        asyncio.create_task(machines.run(database, replace(settings(), worker_name=f"machine{n}"))) for n, database in enumerate(others)
    ]
    while not await asyncio.to_thread(is_over, on_postgres):
        assert not any(task.done() for task in running)
        await asyncio.sleep(0.1)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    assert everybody_has_one_list(on_postgres)
    with on_postgres.read() as session:
        assert set(session.execute(select(DigestShard.state)).scalars()) == {"done"}
    for database in others:
        database.close()


def test_two_that_finish_the_last_shards_at_once_end_the_run(on_postgres: Database) -> None:
    with on_postgres.write() as session:
        held = [shards.claim(session, "worker", shard_id) for shard_id in session.execute(select(DigestShard.id)).scalars().all()]
    with on_postgres.write() as session:
        for claim in held[:-2]:
            shards.finish(session, claim)

    def finish_the_last() -> None:
        with on_postgres.write() as session:
            shards.finish(session, held[-1])

    other = threading.Thread(target=finish_the_last)
    with on_postgres.write() as session:
        shards.finish(session, held[-2])
        other.start()
        other.join(timeout=0.5)
    other.join()
    assert is_over(on_postgres)


def _machine(url: str, name: str) -> None:
    digests.LONGEST_REST_SECONDS = 0.05
    digests.LISTS_AT_ONCE = 1
    shards.CLAIM_SECONDS = 2
    asyncio.run(machines.run(Database(url), replace(settings(), worker_name=name)))


def test_a_machine_that_dies_is_replaced_by_the_others(on_postgres: Database) -> None:
    context: Any = multiprocessing.get_context("spawn")
    first = context.Process(target=_machine, args=(on_postgres.url, "first"))
    first.start()
    while not count(on_postgres, Digest):
        time.sleep(0.05)
    first.kill()
    first.join()
    second = context.Process(target=_machine, args=(on_postgres.url, "second"))
    second.start()
    end = time.monotonic() + 120
    while not is_over(on_postgres) and time.monotonic() < end:
        time.sleep(0.1)
    second.kill()
    second.join()
    assert everybody_has_one_list(on_postgres)


def test_the_queue_is_made_once_and_anew_for_another_version(on_postgres: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    machines.prepare(on_postgres)
    with on_postgres.engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE {machines.SCHEMA}.mark (id INTEGER)")
    machines.prepare(on_postgres)
    with on_postgres.engine.begin() as connection:
        connection.exec_driver_sql(f"SELECT * FROM {machines.SCHEMA}.mark")
    monkeypatch.setattr(machines, "version", lambda _name: "0.0")
    machines.prepare(on_postgres)
    with on_postgres.engine.begin() as connection:
        marks = connection.exec_driver_sql(f"SELECT to_regclass('{machines.SCHEMA}.mark')").scalar_one()
    assert marks is None


def test_sqlite_has_no_queue(database: Database) -> None:
    assert not machines.available(database)
