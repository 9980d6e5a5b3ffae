"""The only place that knows Telegram: gateway, keyboards, sender, limits."""

import os

# Waiting times as timedelta, which python-telegram-bot will soon give anyway and until then warns about at each retry_after.
os.environ.setdefault("PTB_TIMEDELTA", "true")
