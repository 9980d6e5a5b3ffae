"""The region of the tests, made once and copied for each of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.store.engine import Database
from tests.site.region import populate


@pytest.fixture(scope="session")
def _region(_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("region") / "region.db"
    shutil.copy(_template, path)
    made = Database(f"sqlite:///{path}")
    populate(made)
    made.close()
    return path


@pytest.fixture
def region(_region: Path, database: Database) -> Database:
    """The database of the test with the whole region in it."""
    shutil.copy(_region, database.url.removeprefix("sqlite:///"))
    return database
