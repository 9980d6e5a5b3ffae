"""Victims and attackers at a fixed instant."""

from __future__ import annotations

from datetime import timezone

import pytest

from bot import clock
from bot.store.engine import Database
from tests.conftest import NOW
from tests.security.worlds import populate
from tests.telegram.conftest import desk as desk
from tests.worlds import store as store


@pytest.fixture
def standing_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW.astimezone(timezone.utc))


@pytest.fixture
def world(database: Database, standing_still: None) -> Database:
    """The database with everybody in it."""
    populate(database)
    return database
