"""What Telegram shows of the bot before anything is said: the menu of commands, per language."""

from __future__ import annotations

import structlog
from telegram import Bot, BotCommand
from telegram.error import TelegramError

from bot.telegram.incoming import COMMANDS
from bot.texts import text

log = structlog.get_logger("gateway")

_LANGUAGES = (("fr", "fr"), ("ar", "ar"), ("fr", None))
"""(register of the texts, Telegram's language code); Telegram has two-letter codes only, so Darija goes under ar."""


async def publish_profile(bot: Bot) -> None:
    """Set the menu; a failure is logged and harmless."""
    for register, language_code in _LANGUAGES:
        commands = [BotCommand(name, text(register, f"command_{name}")) for name in COMMANDS]
        try:
            await bot.set_my_commands(commands, language_code=language_code)
        except TelegramError as error:
            log.warning("menu not set", error=type(error).__name__)
