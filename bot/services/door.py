"""The door to the services: one transaction at a time. Actions come in here, so that they never meet the store itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

from bot.services import readiness
from bot.settings import settings
from bot.store.engine import database
from bot.store.tracker import Tracker


def opened() -> AbstractContextManager[Session]:
    """A transaction for services that change something: committed at its end, undone by an error."""
    return database().write()


def reading() -> AbstractContextManager[Session]:
    """A transaction for services that only read."""
    return database().read()


def obstacle(say: Callable[[str], object]) -> str | None:
    """What keeps a process from starting, in one line; None: nothing. A database that is only away is waited for, which is said once."""
    return readiness.wait(database, say).obstacle


def tracker() -> Tracker:
    """What Rasa keeps of conversations, for a copy of it."""
    return Tracker(settings().tracker_database_url)
