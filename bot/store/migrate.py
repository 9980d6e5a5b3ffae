"""Bringing a database to the schema of this version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.store.engine import Database

_MIGRATIONS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 7_241_806
"""Any number that is ours: two processes that migrate PostgreSQL at once wait for each other."""

CURRENT, BEHIND, NEWER, RESTORING = "current", "behind", "newer", "restoring"
_MARK = "restoring"
"""A table that stands in a PostgreSQL database as long as a backup is being brought back into it."""


def config(connection: Any = None) -> Config:
    """Alembic's configuration, without an ini file."""
    made = Config()
    made.set_main_option("script_location", str(_MIGRATIONS))
    made.attributes["connection"] = connection
    return made


def upgrade(database: Database) -> None:
    """Migrate to the newest revision; nothing happens where it is reached. One transaction: all of it or none."""
    with database.engine.execution_options(tadamon_write=True).begin() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
        command.upgrade(config(connection), "head")


def revision(database: Database) -> str | None:
    """The revision the database is at; None: empty."""
    with database.engine.connect() as connection:
        found: str | None = MigrationContext.configure(connection).get_current_revision()
        return found


def begin_restoring(database: Database) -> None:
    """Let nobody start on a database before :func:`end_restoring`, however that which is done meanwhile ends."""
    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE {_MARK} (since timestamptz NOT NULL DEFAULT now())")


def end_restoring(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE {_MARK}")


def is_restoring(database: Database) -> bool:
    """Whether a backup was being brought back and is not whole. A backup of SQLite gets its name once it is."""
    if database.is_sqlite:
        return False
    with database.engine.connect() as connection:
        return connection.exec_driver_sql(f"SELECT to_regclass('{_MARK}')").scalar_one() is not None


def newest_revision() -> str | None:
    """The revision this version of the code wants."""
    return ScriptDirectory.from_config(config()).get_current_head()


def is_current(database: Database) -> bool:
    return revision(database) == newest_revision()


def standing(at: str | None) -> str:
    """How a revision stands to this version of the code: "current", "behind" (None: empty), or "newer", which it does not know."""
    scripts = ScriptDirectory.from_config(config())
    if at == scripts.get_current_head():
        return CURRENT
    known = {script.revision for script in scripts.walk_revisions()}
    return BEHIND if at is None or at in known else NEWER
