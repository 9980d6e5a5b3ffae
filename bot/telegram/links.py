"""Links into the conversation as a console prints them: the bot's name comes from Telegram, the picture from segno."""

from __future__ import annotations

from pathlib import Path

import segno

from bot.settings import Settings
from bot.telegram.client import make_bot

PICTURES = (".png", ".svg")
_MODULE_PIXELS = 12
"""A square of the code, in pixels of a PNG: sharp on a poster of half a metre."""


async def username(settings: Settings) -> str:
    """The bot's name in Telegram, without @. Raises TelegramError where Telegram cannot be asked."""
    async with make_bot(settings) as bot:
        return bot.username


def write_qr(link: str, path: Path) -> None:
    """Write a QR code of a link as PNG or SVG, by the file's ending; raises ValueError for another one.

    Level M of error correction: a poster gets dirty; the code stays small.
    """
    if path.suffix.lower() not in PICTURES:
        raise ValueError(f"the picture's name ends in {' or '.join(PICTURES)}")
    segno.make_qr(link, error="m").save(str(path), scale=_MODULE_PIXELS, border=4)
