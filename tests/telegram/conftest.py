"""A local Telegram, and a desk at which a gateway works."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import inbox
from bot.store.engine import Database
from bot.telegram import sender, turns
from tests.telegram.desk import Desk
from tests.telegram.local_telegram import LocalTelegram, local_telegram
from tests.telegram.post_office import PostOffice


@pytest.fixture
async def telegram(tmp_path: Path) -> AsyncIterator[LocalTelegram]:
    async with local_telegram(tmp_path) as running:
        yield running


@pytest.fixture
def desk(database: Database, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A gateway that waits for milliseconds where the real one waits for seconds."""
    monkeypatch.setattr(inbox, "RETRY_SECONDS", (0.02,))
    monkeypatch.setattr(turns, "IDLE_SECONDS", 0.01)
    return Desk(database)


@pytest.fixture
def office(database: Database, telegram: LocalTelegram, monkeypatch: pytest.MonkeyPatch) -> PostOffice:
    """A sender that looks for work a hundred times a second."""
    monkeypatch.setattr(sender, "IDLE_SECONDS", 0.01)
    return PostOffice(database, telegram)
