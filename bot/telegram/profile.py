"""What Telegram shows of the bot before anything is said: the menu of commands and what the bot is for, per language."""

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
    """Set what differs from what Telegram shows; a failure is logged and harmless.

    Telegram lets these be set a few times a day: a process that starts again and again must not set them each time.
    """
    for register, code in _LANGUAGES:
        for part in (_commands, _description, _short_description):
            try:
                if await part(bot, register, code):
                    log.info("profile set", part=part.__name__.strip("_"), language=code)
            except TelegramError as error:
                log.warning("profile not set", part=part.__name__.strip("_"), language=code, error=type(error).__name__)


async def _commands(bot: Bot, register: str, code: str | None) -> bool:
    wanted = [BotCommand(name, text(register, f"command_{name}")) for name in COMMANDS]
    if list(await bot.get_my_commands(language_code=code)) == wanted:
        return False
    await bot.set_my_commands(wanted, language_code=code)
    return True


async def _description(bot: Bot, register: str, code: str | None) -> bool:
    wanted = text(register, "about_description")
    if (await bot.get_my_description(language_code=code)).description == wanted:
        return False
    await bot.set_my_description(wanted, language_code=code)
    return True


async def _short_description(bot: Bot, register: str, code: str | None) -> bool:
    wanted = text(register, "about_short")
    if (await bot.get_my_short_description(language_code=code)).short_description == wanted:
        return False
    await bot.set_my_short_description(wanted, language_code=code)
    return True
