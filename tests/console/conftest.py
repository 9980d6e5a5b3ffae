"""Browsers, one a role."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.store.engine import Database
from tests.console.browser import Browser, make_account


@pytest.fixture
def browser(database: Database) -> Browser:
    """Nobody who is signed in."""
    return Browser(database)


@pytest.fixture
def as_role(database: Database) -> Callable[..., Browser]:
    """``as_role("agent")`` is a browser of somebody with that role, signed in; ``name`` and ``locale`` may be told."""

    def make(role: str, name: str | None = None, locale: str = "fr") -> Browser:
        make_account(database, name or role, role, locale)
        made = Browser(database)
        made.enter(name or role)
        return made

    return make
