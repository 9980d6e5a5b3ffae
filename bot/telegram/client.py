"""The Bot API client, the same for Telegram and for the sandbox: only the base URL differs."""

from __future__ import annotations

import logging

from telegram import Bot
from telegram.request import HTTPXRequest

from bot.settings import Settings

POLL_SECONDS = 25


def make_bot(settings: Settings) -> Bot:
    """A bot whose long poll has a pool of its own, so that sends never wait for it. Times in seconds."""
    # httpx logs request URLs at INFO, and the token is part of them.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    patience = settings.telegram_timeout
    return Bot(
        token=settings.telegram_token,
        base_url=settings.telegram_base_url,
        base_file_url=settings.telegram_base_file_url,
        # Room for every message on its way (sender) and every tap or typing action (gateway).
        request=HTTPXRequest(connection_pool_size=64, read_timeout=patience, write_timeout=patience, connect_timeout=10, pool_timeout=10),
        get_updates_request=HTTPXRequest(connection_pool_size=4, read_timeout=POLL_SECONDS + 10, connect_timeout=10),
    )
