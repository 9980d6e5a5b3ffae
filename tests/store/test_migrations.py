"""Migrations: from nothing to the models, on both databases, once."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot.store import migrate
from bot.store.engine import Database
from bot.store.migrations.versions import __file__ as _versions
from bot.store.models import InboxUpdate, metadata
from tests.worlds import count, small_world


@pytest.fixture
def empty(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path}/empty.db")


def tables(store: Database) -> set[str]:
    return set(sqlalchemy.inspect(store.engine).get_table_names()) - {"alembic_version"}


def test_an_empty_database_gets_every_table(store: Database) -> None:
    assert tables(store) == set(metadata.tables)
    assert migrate.is_current(store)


def test_a_database_never_migrated_has_no_revision(empty: Database) -> None:
    assert migrate.revision(empty) is None
    assert not migrate.is_current(empty)
    empty.close()


def test_the_models_say_nothing_that_the_migrations_did_not(store: Database) -> None:
    """With the options of bot/store/migrations/env.py; a column forgotten in a migration shows here."""
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True, "target_metadata": metadata})
        assert compare_metadata(context, metadata) == []


def test_the_comparison_sees_what_is_missing(store: Database) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE buttons DROP COLUMN used_by")
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert [(change[0], change[3].name) for change in compare_metadata(context, metadata)] == [("add_column", "used_by")]


def test_alembic_itself_finds_nothing_to_generate_and_leaves_other_tables_alone(store: Database) -> None:
    """`alembic check` through env.py, with a table of Rasa's in the same database."""
    with store.engine.execution_options(tadamon_write=True).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255))")
        command.check(migrate.config(connection))


def test_a_second_upgrade_changes_nothing(store: Database) -> None:
    small_world(store)
    before = {name: store_rows(store, name) for name in metadata.tables}
    migrate.upgrade(store)
    assert {name: store_rows(store, name) for name in metadata.tables} == before
    assert migrate.revision(store) == migrate.newest_revision()


def store_rows(store: Database, table: str) -> list[tuple[object, ...]]:
    with store.engine.connect() as connection:
        return sorted((tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}")), key=repr)


def test_a_migration_that_fails_leaves_nothing(empty: Database) -> None:
    with empty.engine.execution_options(tadamon_write=True).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE organisations (id INTEGER PRIMARY KEY)")
    with pytest.raises(sqlalchemy.exc.OperationalError, match="organisations"):
        migrate.upgrade(empty)
    assert tables(empty) == {"organisations"}
    assert migrate.revision(empty) is None
    empty.close()


def test_every_migration_stands_on_another_and_there_is_one_head() -> None:
    files = [path for path in Path(_versions).parent.glob("*.py") if path.name != "__init__.py"]
    script = migrate.ScriptDirectory.from_config(migrate.config())
    assert len(script.get_heads()) == 1
    assert len(list(script.walk_revisions())) == len(files)


def test_telegrams_large_ids_fit(store: Database) -> None:
    with store.write() as session:
        session.add(
            InboxUpdate(
                update_id=2**62, chat_id=2**52, payload={}, state="waiting", attempts=0, received_at=sqlalchemy.func.current_timestamp()
            )
        )
    assert count(store, InboxUpdate) == 1
