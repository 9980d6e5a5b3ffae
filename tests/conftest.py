"""What tests share: databases of their own, an instant to stand at."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import pytest

from bot.clock import CASABLANCA
from bot.settings import settings
from bot.store import migrate
from bot.store.engine import Database
from bot.store.engine import database as own_database
from tests.postgres import PostgresServer, programs, running

with warnings.catch_warnings():
    # APScheduler 3.9 asks pkg_resources for its own version, which complains of itself. Loaded here, it does so to nobody.
    warnings.simplefilter("ignore", DeprecationWarning)
    import apscheduler  # noqa: F401

HAS_RASA = find_spec("rasa") is not None
collect_ignore = (
    []
    if HAS_RASA
    # Of Rasa's own side, which runs in Rasa's Python alone: actions/, nlu/, attacks that are played through an action, and conversations,
    # which are played from there with a product in whichever Python (TADAMON_PRODUCT_PYTHON).
    else ["actions", "dialogues", "nlu", *(f"security/test_{name}.py" for name in ("markup", "ownership", "services", "surface", "tokens"))]
)
"""What pytest leaves out where Rasa is not installed (make test-newer); single tests bear the mark ``rasa``."""
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=CASABLANCA)
"""A Tuesday, the instant at which tests stand."""


def pytest_report_header() -> list[str]:
    return [] if HAS_RASA else [f"Rasa is not installed here, left out: {', '.join(collect_ignore)}"]


def pytest_runtest_setup(item: pytest.Item) -> None:
    if not HAS_RASA and item.get_closest_marker("rasa"):
        pytest.skip("Rasa is not installed for this Python")


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


def need_postgres() -> None:
    """Skips the test where PostgreSQL is not installed."""
    if programs() is None:
        if os.environ.get("TADAMON_SKIP_NOTHING"):
            raise RuntimeError("PostgreSQL is not installed: scripts/debian-packages does it")
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server for all tests, on loopback."""
    need_postgres()
    with running() as server:
        yield server.url


@pytest.fixture
def breakable_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server that a test may end and start again."""
    need_postgres()
    with running() as server:
        yield server


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
