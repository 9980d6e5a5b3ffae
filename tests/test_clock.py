"""What time it is: CLOCK_START moves business time, real time stays where it is."""

from __future__ import annotations

import asyncio
import zoneinfo
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import tzdata

from bot import clock

SOON = timedelta(seconds=30)
"""No test takes longer between two looks at the clock."""


@pytest.fixture(autouse=True)
def _clock_put_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield
    monkeypatch.delenv("CLOCK_START", raising=False)
    clock.start()


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-24T10:00:00+01:00", (2026, 11, 24, 9, 0)),
        ("2026-11-24T09:00:00Z", (2026, 11, 24, 9, 0)),
        (" 2026-11-24T09:00:00Z\n", (2026, 11, 24, 9, 0)),
        ("2026-11-24T10:00", (2026, 11, 24, 9, 0)),
        ("2026-11-24", (2026, 11, 23, 23, 0)),
        # During Ramadan legal time is UTC.
        ("2027-02-20T10:00", (2027, 2, 20, 10, 0)),
        ("2027-03-20T10:00", (2027, 3, 20, 9, 0)),
    ],
)
def test_an_instant_without_an_offset_is_legal_time(text: str, instant: tuple[int, ...]) -> None:
    read = clock.parse_instant(text)
    assert read == datetime(*instant, tzinfo=timezone.utc)
    assert read.tzinfo is timezone.utc


@pytest.mark.parametrize("text", ["", "tomorrow", "10:00", "2026-13-01T00:00", "24/11/2026"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        clock.parse_instant(text)


def test_without_clock_start_business_time_is_real_time() -> None:
    clock.start()
    assert abs(clock.now() - clock.real_now()) < SOON


@pytest.mark.parametrize("start", ["2027-02-06T23:00:00+01:00", "2019-01-01T00:00:00Z"])
def test_clock_start_moves_business_time_and_leaves_real_time(monkeypatch: pytest.MonkeyPatch, start: str) -> None:
    before = clock.real_now()
    monkeypatch.setenv("CLOCK_START", start)
    clock.start()
    assert timedelta(0) <= clock.now() - clock.parse_instant(start) < SOON
    assert timedelta(0) <= clock.real_now() - before < SOON


def test_the_clock_runs_on_from_clock_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOCK_START", "2027-02-06T23:00:00+01:00")
    clock.start()
    first = clock.now()
    while clock.real_now() == first:
        pass
    assert first < clock.now() < first + SOON


def test_local_now_is_the_same_instant_in_legal_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOCK_START", "2027-02-10T22:30:00Z")
    clock.start()
    now = clock.local_now()
    assert now.tzinfo is clock.CASABLANCA
    assert (now.hour, now.utcoffset()) == (22, timedelta(0))
    assert abs(now - clock.now()) < SOON


async def test_a_cancellation_that_arrives_with_the_event_is_not_lost() -> None:
    event = asyncio.Event()
    waiting = asyncio.create_task(clock.wait_for(event, 60))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    event.set()
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    assert waiting.cancelled()


async def test_waiting_for_an_event_ends_with_the_event_or_the_time() -> None:
    event = asyncio.Event()
    assert not await clock.wait_for(event, 0.01)
    event.set()
    assert await clock.wait_for(event, 60)


def test_the_systems_time_zone_data_come_first_and_name_their_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Africa").mkdir()
    (tmp_path / "Africa" / "Casablanca").write_bytes(b"TZif")
    monkeypatch.setattr(zoneinfo, "TZPATH", (str(tmp_path / "nowhere"), str(tmp_path)))
    assert clock.zone_source() == (None, "system")
    (tmp_path / "tzdata.zi").write_text("# version 2025b\nR A 1\n", encoding="utf-8")
    assert clock.zone_source() == ("2025b", "system")


def test_where_the_system_has_none_the_package_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoneinfo, "TZPATH", (str(tmp_path),))
    release, source = clock.zone_source()
    assert source == "package" and release == clock.packaged_release() == tzdata.IANA_VERSION
    assert (clock.packaged_zone() or timezone.utc).utcoffset(datetime(2024, 7, 1)) == timedelta(hours=1)
