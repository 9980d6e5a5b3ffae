"""The sandbox on loopback with a real Bot API client: what Telegram would receive, a test can look at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from telegram import Bot

from bot.sandbox import people
from bot.sandbox.faults import Fault
from bot.sandbox.server import create_app
from bot.sandbox.state import State
from bot.settings import read
from bot.telegram.client import make_bot
from tests.loopback import served


class LocalTelegram:
    """A running sandbox: its state, and a bot that talks to it."""

    def __init__(self, state: State, bot: Bot) -> None:
        self.state = state
        self.bot = bot

    def meet(self, *chat_ids: int) -> None:
        for chat_id in chat_ids:
            people.meet(self.state, {"id": chat_id, "first_name": "Salma"})

    def block(self, chat_id: int) -> None:
        people.membership(self.state, chat_id, "kicked")

    def fault(self, kind: str, method: str = "sendMessage", times: int = 1, seconds: float = 1) -> None:
        """The next calls of a method fail: 429, 500, slow, drop or drop_after_accept."""
        self.state.faults.append(Fault(kind=kind, method=method, times=times, seconds=seconds))

    def read(self, chat_id: int) -> list[str]:
        """The bot's messages in a chat, as a person sees them."""
        return [m["plain"] for m in self.state.messages_after(chat_id, 0) if m["sender"] == "bot"]

    def messages(self, chat_id: int) -> list[dict[str, Any]]:
        return [m for m in self.state.messages_after(chat_id, 0) if m["sender"] == "bot"]

    def calls(self, method: str) -> list[dict[str, Any]]:
        return [entry for entry in self.state.traffic if entry["method"] == method]


@asynccontextmanager
async def local_telegram(folder: Path) -> AsyncIterator[LocalTelegram]:
    app = create_app(folder / "sandbox.db")
    async with served(app) as url:
        bot = make_bot(read({"TELEGRAM_BASE_URL": f"{url}/bot", "TELEGRAM_BASE_FILE_URL": f"{url}/file/bot"}))
        async with bot:
            yield LocalTelegram(app.state.sandbox, bot)
