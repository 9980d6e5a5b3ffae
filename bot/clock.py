"""What time it is: the only caller of ``datetime.now``.

``CLOCK_START`` (an ISO instant) makes each process believe that it started at that instant; from there the clock runs at its
usual pace. It governs all business time: relative dates, digests, reminders, expiries of promises. Leases, TLS and Rasa's
session expiry stay on real time (``monotonic`` or :func:`real_now`).
"""

from __future__ import annotations

import asyncio
import os
import re
import zoneinfo
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

_ZONE = "Africa/Casablanca"
_RELEASE = re.compile(r"(?:# version )?(\d{4}[a-z]+)")


def packaged_release() -> str | None:
    """The release of the time zone data in the package tzdata; None: it is not installed."""
    try:
        import tzdata  # type: ignore[import-untyped]
    except ImportError:
        return None
    return str(tzdata.IANA_VERSION)


def _release_in(folder: Path) -> str | None:
    """The release of the time zone data in a folder; None: they do not name it."""
    for name in ("tzdata.zi", "+VERSION"):  # the second on macOS
        try:
            with (folder / name).open(encoding="utf-8", errors="replace") as lines:
                if found := _RELEASE.match(lines.readline()):
                    return found[1]
        except OSError:
            continue
    return None


def _choose_zone_data() -> tuple[str | None, str]:
    """Let zoneinfo read the newer time zone data: the system's, which it would read first, or the package's.

    Morocco changes its rule by decree, weeks before it holds, and systems are years old. Whoever set PYTHONTZPATH has chosen already.
    Returns what :func:`zone_source` does.
    """
    folder = next((folder for folder in map(Path, zoneinfo.TZPATH) if (folder / _ZONE).is_file()), None)
    packaged = packaged_release()
    if folder is None:
        return packaged, "package"
    release = _release_in(folder)
    if "PYTHONTZPATH" in os.environ:
        return release, "PYTHONTZPATH"
    # Names of releases are ordered as strings: 2025b, 2026a, 2026f.
    if packaged is None or (release or "") >= packaged:
        return release, "system"
    zoneinfo.reset_tzpath(to=())
    ZoneInfo.clear_cache(only_keys=(_ZONE,))  # should anybody have asked for it before
    return packaged, "package"


_ZONE_SOURCE = _choose_zone_data()
CASABLANCA = ZoneInfo(_ZONE)
"""Legal time of Morocco, by the newest time zone data here. Made by its key, so that it can be pickled."""


def zone_source() -> tuple[str | None, str]:
    """Which release of the time zone data this process reckons legal time by, such as 2026f, and whose: system, package or PYTHONTZPATH.

    None: the data do not name their release.
    """
    return _ZONE_SOURCE


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
