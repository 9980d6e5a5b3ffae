"""The bot's name, which is part of every link into the conversation, comes from Telegram."""

from __future__ import annotations

from pathlib import Path

from bot.sandbox.methods import BOT
from bot.sandbox.server import create_app
from bot.settings import read
from bot.telegram.links import username
from tests.loopback import served


async def test_the_name_is_telegrams_own(tmp_path: Path) -> None:
    async with served(create_app(tmp_path / "sandbox.db")) as url:
        given = read({"TELEGRAM_BASE_URL": f"{url}/bot", "TELEGRAM_BASE_FILE_URL": f"{url}/file/bot"})
        assert await username(given) == BOT["username"]
