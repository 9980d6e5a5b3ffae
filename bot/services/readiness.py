"""Whether a process may start: its database is there, lets itself be written, and has the schema of this version.

No process runs half configured. What nobody but a person can put right ends it with one line; a server that is only away is waited for,
since processes start in any order.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.store import migrate
from bot.store.engine import Database

OK, UNREACHABLE, REFUSED, READ_ONLY = "ok", "unreachable", "refused", "read-only"
_WAIT_SECONDS = 1.0
_SAID = {
    UNREACHABLE: "The database cannot be reached: is the server of DATABASE_URL up, and the address right?",
    REFUSED: "DATABASE_URL is wrong: its server knows no such database or account, or refuses the password.",
    READ_ONLY: "The database cannot be written: the file of DATABASE_URL and its folder must belong to this account, on a disk with room.",
    migrate.BEHIND: "The database is older than this version: python -m bot migrate",
    migrate.RESTORING: "A backup was being brought back into this database and is not whole: empty it, and do it again.",
    migrate.NEWER: "The database is newer than this version, which must not touch it: start the version that migrated it.",
}


@dataclass(frozen=True)
class Standing:
    """How a database stands."""

    database: str
    """ok, unreachable, refused (no such database, wrong password) or read-only."""
    migrations: str | None = None
    """current, behind, newer or restoring; None: it cannot be asked."""
    at: str | None = None
    """The revision of its schema; None: it has none, or cannot be asked."""

    @property
    def is_ready(self) -> bool:
        return (self.database, self.migrations) == (OK, migrate.CURRENT)

    @property
    def may_migrate(self) -> bool:
        return self.database == OK and self.migrations not in (migrate.NEWER, migrate.RESTORING)

    @property
    def obstacle(self) -> str | None:
        """What is wrong, in one line without any value of a setting; None: nothing."""
        return _SAID.get(self.database) or _SAID.get(self.migrations or "")


def look(database: Database, writes: bool = False) -> Standing:
    """How a database stands now. Blocks, up to the driver's patience.

    Args:
        writes: see as well whether it lets itself be written; nothing is.
    """
    try:
        at = migrate.revision(database)
        if migrate.is_restoring(database):
            return Standing(OK, migrate.RESTORING, at)
        if writes and database.is_sqlite:
            with database.write() as session:
                session.execute(select(1))  # a transaction begins with its first statement
    except (SQLAlchemyError, OSError) as error:
        return Standing(kind_of(error, database.is_sqlite))
    return Standing(OK, migrate.standing(at), at)


def kind_of(error: Exception, is_sqlite: bool) -> str:
    """What an error says of a database: unreachable, refused or read-only."""
    words = str(error).lower()
    if is_sqlite:
        # Also where the file cannot be made: its folder is not there and cannot be made, or not ours.
        return UNREACHABLE if "locked" in words else READ_ONLY
    # libpq tells the reason of a refusal in words alone.
    return REFUSED if "authentication failed" in words or "does not exist" in words else UNREACHABLE


def wait(open_database: Callable[[], Database], tell: Callable[[str], object], patience_seconds: float | None = None) -> Standing:
    """Wait for a server that is away; returns how the database stands, once it answers or is known never to.

    Args:
        open_database: may raise OSError, where a file cannot be made.
        tell: is told once, in one line, that the database is waited for.
        patience_seconds: how long it is waited for, real time; None: as long as it takes.
    """
    began, has_said = time.monotonic(), False
    while True:
        try:
            found = look(open_database(), writes=True)
        except OSError:
            found = Standing(READ_ONLY)
        is_over = patience_seconds is not None and time.monotonic() - began >= patience_seconds
        if found.database != UNREACHABLE or is_over:
            return found
        if not has_said:
            tell(f"{found.obstacle} Waiting for it.")
            has_said = True
        time.sleep(_WAIT_SECONDS)
