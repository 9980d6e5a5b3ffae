"""What tests share: databases of their own, an instant to stand at."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.clock import CASABLANCA
from bot.settings import settings
from bot.store import migrate
from bot.store.engine import Database
from bot.store.engine import database as own_database

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=CASABLANCA)
"""A Tuesday, the instant at which tests stand."""


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of whoever runs the tests reaches them."""
    for name in list(os.environ):
        if name.startswith(("TELEGRAM_", "WEBHOOK_")) or name in ("DATABASE_URL", "CLOCK_START", "ORGANISATION_VALIDATION", "QUIET_HOURS"):
            monkeypatch.delenv(name)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database, made once."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    made = Database(f"sqlite:///{path}")
    migrate.upgrade(made)
    made.close()
    return path


@pytest.fixture
def database(_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """An empty, migrated SQLite database that this process takes for its own."""
    path = tmp_path / "tadamon.db"
    shutil.copy(_template, path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    settings.cache_clear()
    own_database.cache_clear()
    made = own_database()
    yield made
    made.close()
    own_database.cache_clear()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _postgres_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of the tests' own, on loopback; PostgreSQL refuses to run as root, so it gets its Debian user then."""
    programs = _postgres_programs()
    if programs is None:
        if os.environ.get("TADAMON_SKIP_NOTHING"):
            raise RuntimeError("PostgreSQL is not installed: scripts/debian-packages does it")
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="tadamon-postgres-"))
    account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    cluster, port = folder / "cluster", _free_port()
    initialise = [str(programs / "initdb"), "-D", str(cluster), "-U", "tadamon", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]
    options = f"-p {port} -k {folder} -h 127.0.0.1 -c fsync=off"
    control = [str(programs / "pg_ctl"), "-D", str(cluster), "-w", "-t", "120", "-l", str(folder / "log")]
    subprocess.run(initialise, check=True, capture_output=True, cwd=folder, **who)
    subprocess.run([*control, "-o", options, "start"], check=True, stdout=subprocess.DEVNULL, cwd=folder, **who)
    try:
        yield f"postgresql://tadamon@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL, cwd=folder, **who)
        shutil.rmtree(folder)


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    """An empty, migrated PostgreSQL database."""
    made = Database(postgres_url)
    with made.engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    migrate.upgrade(made)
    yield made
    made.close()
