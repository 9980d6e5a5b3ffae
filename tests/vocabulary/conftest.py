"""A fixed instant for relative dates: Tuesday 24 November 2026, 10:00 in Casablanca."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.clock import CASABLANCA


@pytest.fixture
def tuesday() -> datetime:
    return datetime(2026, 11, 24, 10, 0, tzinfo=CASABLANCA)
