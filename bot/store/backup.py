"""Copies of the databases as at one instant, made while they are used, and bringing them back.

Ours and Rasa's tracker may be two databases. They are copied as at the same instant for erasures: whoever is being erased is either whole
in both copies, with the wish in ours, or in neither.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy.pool import NullPool

from bot import clock
from bot.store.engine import BUSY_SECONDS

OURS, TRACKER = "tadamon", "tracker"
_SQLITE = "sqlite:///"


class BackupError(Exception):
    """It cannot be done; the message is one line without any value of a setting."""


def kind_of(url: str) -> str:
    """sqlite or postgresql: what a backup can be brought back into."""
    return "sqlite" if url.startswith(_SQLITE) else "postgresql"


def save(database_url: str, tracker_url: str, folder: Path) -> tuple[list[Path], datetime]:
    """Copy the databases into a folder that is there.

    Returns the files, and an instant of real time: whoever was erased before is in none of them. Raises BackupError.
    """
    if kind_of(database_url) != kind_of(tracker_url):
        raise BackupError("DATABASE_URL and TRACKER_DATABASE_URL name two kinds of database: copy each with its own tools.")
    urls = {OURS: database_url, **({TRACKER: tracker_url} if tracker_url != database_url else {})}
    if kind_of(database_url) == "sqlite":
        return _save_files({name: path for name, url in urls.items() if (path := path_of(url)).exists()}, folder)
    return _save_dumps(urls, folder)


def path_of(url: str) -> Path:
    """The file of a SQLite database."""
    return Path(url.removeprefix(_SQLITE))


# ---- SQLite


def _save_files(paths: dict[str, Path], folder: Path) -> tuple[list[Path], datetime]:
    with contextlib.ExitStack() as closing:
        sources = {name: closing.enter_context(_connected(path)) for name, path in paths.items()}
        with _connected(paths[OURS]) as alone:
            # As long as nobody writes to ours, no erasure comes to its end.
            alone.execute("BEGIN IMMEDIATE")
            began = clock.real_now()
            for source in sources.values():
                source.execute("BEGIN")
                source.execute("SELECT count(*) FROM sqlite_master")
            alone.execute("ROLLBACK")
        return [_copy(source, folder / f"{name}.db") for name, source in sources.items()], began


@contextlib.contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        yield connection


def _copy(source: sqlite3.Connection, path: Path) -> Path:
    """Copy what a connection sees in its transaction, and look whether the copy is sound."""
    path.touch(mode=0o600)
    with _connected(path) as made:
        source.backup(made)
        # One file: without a log beside it.
        made.execute("PRAGMA journal_mode=DELETE")
        if made.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise BackupError(f"The copy of {path.name} is not sound: the database itself may be broken.")
    return path


# ---- PostgreSQL


def _save_dumps(urls: dict[str, str], folder: Path) -> tuple[list[Path], datetime]:
    with contextlib.ExitStack() as closing:
        engines = {name: _engine(url) for name, url in urls.items()}
        snapshots = {}
        with engines[OURS].connect() as alone, alone.begin():
            # No erasure is noted as done meanwhile; people may go on wishing for one as soon as this ends.
            alone.exec_driver_sql("LOCK TABLE erasures IN SHARE MODE")
            began = clock.real_now()
            for name, engine in engines.items():
                source = closing.enter_context(engine.connect().execution_options(isolation_level="REPEATABLE READ"))
                snapshots[name] = source.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        made = []
        for name, snapshot in snapshots.items():
            path = folder / f"{name}.dump"
            path.touch(mode=0o600)
            _run("pg_dump", urls[name], "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={path}")
            made.append(path)
        return made, began


def load_dump(path: Path, url: str) -> None:
    """Fill an empty PostgreSQL database: all of it or nothing. Raises BackupError."""
    _run("pg_restore", url, "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(path))


def tables_of(url: str) -> set[str]:
    """The tables that stand in a PostgreSQL database. Raises BackupError where it cannot be reached."""
    try:
        with _engine(url).connect() as connection:
            return set(sqlalchemy.inspect(connection).get_table_names())
    except sqlalchemy.exc.SQLAlchemyError:
        raise BackupError("The database cannot be reached: is the server of DATABASE_URL up, and the address right?") from None


def _engine(url: str) -> Any:
    return sqlalchemy.create_engine(url, future=True, hide_parameters=True, poolclass=NullPool)


def _run(program: str, url: str, *arguments: str) -> None:
    """Run a program of PostgreSQL's on a database. The password goes by the environment: a command line is everybody's to read."""
    with _engine(url).connect() as connection:
        parameters = connection.connection.dbapi_connection.get_dsn_parameters()
    place = {name: value for name, value in parameters.items() if name in ("host", "hostaddr", "port", "user", "sslmode", "sslrootcert")}
    told = {**os.environ, **{f"PG{name.upper()}": value for name, value in place.items()}}
    if password := sqlalchemy.engine.make_url(url).password:
        told["PGPASSWORD"] = password
    line = [_program(program), "--no-password", f"--dbname={parameters['dbname']}", *arguments]
    done = subprocess.run(line, env=told, capture_output=True, text=True, check=False)
    if done.returncode:
        last: Sequence[str] = done.stderr.strip().splitlines()[-1:]
        raise BackupError(f"{program} failed: {''.join(last)}")


def _program(name: str) -> str:
    of_servers = sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))
    found = shutil.which(name) or (of_servers[-1] if of_servers else None)
    if found is None:
        raise BackupError(f"{name} is not installed (Debian: apt install postgresql-client).")
    return found
