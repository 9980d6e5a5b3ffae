"""Transactions: reading leaves nothing, writing is all or nothing, writers wait for each other instead of failing."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import SQLAlchemyError

from bot.settings import settings
from bot.store.engine import BUSY_SECONDS, Database
from bot.store.engine import database as own_database
from bot.store.models import Person
from tests.worlds import NOW, count


def somebody(chat_id: int) -> Person:
    return Person(chat_id=chat_id, first_name="0", register="fr", created_at=NOW)


def test_what_is_written_stays(store: Database) -> None:
    with store.write() as session:
        session.add(somebody(1))
    assert count(store, Person) == 1


def test_an_error_undoes_the_whole_transaction(store: Database) -> None:
    def half() -> None:
        with store.write() as session:
            session.add(somebody(1))
            session.flush()
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        half()
    assert count(store, Person) == 0


def test_reading_keeps_nothing(store: Database) -> None:
    with store.read() as session:
        session.add(somebody(1))
        session.flush()
    assert count(store, Person) == 0


def test_a_reader_sees_one_state_and_lets_a_writer_pass(database: Database) -> None:
    with database.read() as reader:
        assert reader.execute(select(Person)).all() == []
        with database.write() as writer:
            writer.add(somebody(1))
        assert reader.execute(select(Person)).all() == []
    assert count(database, Person) == 1


def test_writers_at_once_all_get_through_and_lose_no_change(database: Database) -> None:
    with database.write() as session:
        session.add(somebody(1))
    ready = threading.Barrier(8)

    def add_five(_worker: int) -> None:
        ready.wait()
        for _ in range(5):
            with database.write() as session:
                # Read, then written: without the writer's lock at the start, two would read the same number.
                person = session.execute(select(Person)).scalar_one()
                session.execute(update(Person).values(first_name=str(int(person.first_name) + 1)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_five, range(8)))
    with database.read() as session:
        assert session.execute(select(Person.first_name)).scalar_one() == "40"


def test_a_turn_begins_with_the_first_statement(database: Database) -> None:
    with database.write() as outer:
        with database.write() as inner:
            inner.add(somebody(1))
        outer.add(somebody(2))
    assert count(database, Person) == 2


def test_a_turn_ends_however_its_transaction_does(database: Database) -> None:
    for harm in ("INSERT INTO nowhere VALUES (1)", "INSERT INTO persons (id) VALUES (1)"):
        with pytest.raises(SQLAlchemyError), database.write() as session:
            session.execute(text(harm))
    with database.write() as session:
        session.add(somebody(1))
        session.flush()
        session.rollback()
    with pytest.raises(SQLAlchemyError), database.engine.execution_options(tadamon_write=True).begin() as connection:
        connection.exec_driver_sql("nonsense")
    began = time.monotonic()
    with database.write() as session:
        session.add(somebody(1))
    assert time.monotonic() - began < BUSY_SECONDS / 2, "the turn was never given back"


def test_two_processes_may_write_to_one_file(database: Database) -> None:
    other = Database(database.url)
    with database.write() as session:
        session.add(somebody(1))
    with other.write() as session:
        session.add(somebody(2))
    other.close()
    assert count(database, Person) == 2


def test_sqlite_keeps_what_was_committed_and_checks_references(database: Database) -> None:
    with database.engine.connect() as connection:
        pragmas = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "foreign_keys", "synchronous")}
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}


def test_the_folder_of_the_database_is_made(tmp_path: Path) -> None:
    made = Database(f"sqlite:///{tmp_path}/a/b/tadamon.db")
    with made.read() as session:
        session.connection()
    made.close()
    assert (tmp_path / "a" / "b" / "tadamon.db").exists()


def test_a_process_has_one_database_named_by_its_setting(database: Database) -> None:
    assert own_database() is database
    assert database.url == settings().database_url
