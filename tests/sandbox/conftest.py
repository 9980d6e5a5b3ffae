"""A local Telegram's memory, and its app without a server around it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bot.sandbox import people
from bot.sandbox.server import create_app
from bot.sandbox.state import State

SALMA = 501


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """A sandbox in which Salma has a private chat."""
    made = State(tmp_path / "sandbox.db")
    people.meet(made, {"id": SALMA, "first_name": "Salma"})
    yield made
    made.close()


@asynccontextmanager
async def opened(folder: Path, token: str = "sandbox") -> AsyncIterator[httpx.AsyncClient]:
    """The sandbox's HTTP as a browser or a bot on this machine sees it."""
    app = create_app(folder / "sandbox.db", token)
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8082") as http:
        yield http


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(tmp_path) as client:
        await client.post("/sandbox/api/chats", json={"id": SALMA, "first_name": "Salma"})
        yield client
