"""What time it is: the only caller of ``datetime.now``.

``CLOCK_START`` (an ISO instant) makes each process believe that it started at that instant; from there the clock runs at its
usual pace. It governs all business time: relative dates, digests, reminders, expiries of promises. Leases, TLS and Rasa's
session expiry stay on real time (``monotonic`` or :func:`real_now`).
"""

from __future__ import annotations

import asyncio
import os
import zoneinfo
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

_ZONE = "Africa/Casablanca"
CASABLANCA = ZoneInfo(_ZONE)
"""Legal time of Morocco, as the machine's own time zone data have it; where it has none, as the package tzdata does."""


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


def zone_source() -> tuple[str | None, str]:
    """Which release of the time zone data says what legal time is, such as 2026f, and whose: system or package.

    None: the system's data do not name their release. The package's are only read where the system has none.
    """
    for folder in map(Path, zoneinfo.TZPATH):
        if (folder / _ZONE).is_file():
            return _release(folder / "tzdata.zi"), "system"
    return packaged_release(), "package"


def _release(listing: Path) -> str | None:
    try:
        with listing.open(encoding="utf-8") as lines:
            return lines.readline().removeprefix("# version ").strip() or None
    except OSError:
        return None


def packaged_release() -> str | None:
    """The release of the time zone data in the package tzdata; None: it is not installed."""
    try:
        import tzdata  # type: ignore[import-untyped]
    except ImportError:
        return None
    return str(tzdata.IANA_VERSION)


def packaged_zone() -> ZoneInfo | None:
    """Legal time of Morocco as the package tzdata has it; None: it is not installed."""
    try:
        with resources.files("tzdata").joinpath("zoneinfo", *_ZONE.split("/")).open("rb") as file:
            return ZoneInfo.from_file(file, key=_ZONE)
    except (ImportError, OSError):
        return None


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
