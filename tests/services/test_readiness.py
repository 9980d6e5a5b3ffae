"""Whether a process may start: what is waited for, what ends it, and that the line says nothing secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.services import readiness
from bot.services.readiness import OK, READ_ONLY, REFUSED, UNREACHABLE, Standing
from bot.store import migrate
from bot.store.engine import Database


def set_revision(database: Database, revision: str) -> None:
    with database.engine.execution_options(tadamon_write=True).begin() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")


def test_a_migrated_database_is_ready(store: Database) -> None:
    found = readiness.look(store, writes=True)
    assert found == Standing(OK, migrate.CURRENT, migrate.newest_revision())
    assert found.is_ready and found.may_migrate and found.obstacle is None


@pytest.mark.parametrize(
    ("revision", "migrations", "may_migrate", "says"),
    [("0001", "behind", True, "older than this version: python -m bot migrate"), ("9999", "newer", False, "newer than this version")],
)
def test_another_schema_is_told_in_one_line(store: Database, revision: str, migrations: str, may_migrate: bool, says: str) -> None:
    set_revision(store, revision)
    found = readiness.look(store)
    assert (found.migrations, found.at, found.is_ready, found.may_migrate) == (migrations, revision, False, may_migrate)
    assert says in (found.obstacle or "") and "\n" not in (found.obstacle or "")


def test_an_empty_database_is_behind(tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path}/new.db")
    assert readiness.look(empty).migrations == "behind"
    empty.close()


def test_a_server_that_is_away_is_unreachable() -> None:
    away = Database("postgresql://tadamon:hidden-word@127.0.0.1:1/tadamon")
    found = readiness.look(away)
    assert (found.database, found.migrations) == (UNREACHABLE, None)
    assert "hidden-word" not in (found.obstacle or "")


@pytest.mark.postgres
def test_a_database_that_the_server_does_not_know_is_a_wrong_url(postgres_url: str) -> None:
    wrong = Database(postgres_url.rsplit("/", 1)[0] + "/nowhere")
    found = readiness.look(wrong)
    wrong.close()
    assert found.database == REFUSED and "DATABASE_URL is wrong" in (found.obstacle or "")


@pytest.mark.parametrize(
    ("words", "is_sqlite", "kind"),
    [
        ("attempt to write a readonly database", True, READ_ONLY),
        ("unable to open database file", True, READ_ONLY),
        ("database or disk is full", True, READ_ONLY),
        ("database is locked", True, UNREACHABLE),
        ('FATAL:  password authentication failed for user "x"', False, REFUSED),
        ('FATAL:  role "x" does not exist', False, REFUSED),
        ("could not translate host name", False, UNREACHABLE),
        ("Connection refused", False, UNREACHABLE),
        ("the database system is starting up", False, UNREACHABLE),
    ],
)
def test_what_an_error_says_of_a_database(words: str, is_sqlite: bool, kind: str) -> None:
    assert readiness.kind_of(OperationalError("SELECT 1", {}, Exception(words)), is_sqlite) == kind


def test_a_file_that_cannot_be_made_ends_the_wait(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    found = readiness.wait(lambda: Database(f"sqlite:///{tmp_path}/file/tadamon.db"), lambda _: None)
    assert found.database == READ_ONLY and "cannot be written" in (found.obstacle or "")


def test_a_server_that_is_away_is_waited_for_and_that_is_said_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "_WAIT_SECONDS", 0.01)
    away, said = Database("postgresql://127.0.0.1:1/tadamon"), []
    coming = iter([away, away, database])
    found = readiness.wait(lambda: next(coming), said.append)
    assert found.is_ready
    assert len(said) == 1 and said[0].endswith("Waiting for it.")


def test_who_has_no_patience_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = readiness.wait(lambda: Database("postgresql://127.0.0.1:1/tadamon"), lambda _: None, patience_seconds=0)
    assert found.database == UNREACHABLE
