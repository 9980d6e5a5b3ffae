"""What time it is: the only caller of ``datetime.now``.

``CLOCK_START`` (an ISO instant) makes each process believe that it started at that instant; from there the clock runs at its
usual pace. It governs all business time: relative dates, digests, reminders, expiries of promises. Leases, TLS and Rasa's
session expiry stay on real time (``monotonic`` or :func:`real_now`).
"""

from __future__ import annotations

import asyncio
import os
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

CASABLANCA = ZoneInfo("Africa/Casablanca")
"""Legal time of Morocco: UTC+1, and UTC during Ramadan."""


def parse_instant(text: str) -> datetime:
    """Read an ISO instant; one without an offset is legal time of Casablanca.

    Returns an aware datetime in UTC. Raises ValueError where the text is no instant.
    """
    instant = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=CASABLANCA)
    return instant.astimezone(timezone.utc)


def real_now() -> datetime:
    """The machine's own time, aware, in UTC: for leases and ages of rows, never for people's dates."""
    return datetime.now(timezone.utc)


@lru_cache(maxsize=1)
def _shift() -> timedelta:
    start = os.environ.get("CLOCK_START", "").strip()
    return parse_instant(start) - real_now() if start else timedelta(0)


def now() -> datetime:
    """Business time, aware, in UTC."""
    return real_now() + _shift()


def local_now() -> datetime:
    """Business time, aware, in Africa/Casablanca."""
    return now().astimezone(CASABLANCA)


async def wait_for(event: asyncio.Event, seconds: float) -> bool:
    """Whether an event was set within so many real seconds.

    Not asyncio.wait_for: until Python 3.12 that swallows a cancellation which arrives together with the event.
    """
    waiting = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({waiting}, timeout=seconds)
    finally:
        waiting.cancel()
    return event.is_set()


def start() -> None:
    """Fix the shift of ``CLOCK_START`` now; called once by each process before its first turn."""
    _shift.cache_clear()
    _shift()
