"""Actions stand at a fixed instant, on a database of their own."""

from __future__ import annotations

from datetime import timezone

import pytest

from bot import clock
from bot.store.engine import Database
from tests.conftest import NOW


@pytest.fixture(autouse=True)
def _standing_still(monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW.astimezone(timezone.utc))
