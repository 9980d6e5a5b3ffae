"""What time it is: CLOCK_START moves business time, real time stays where it is."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from importlib import resources
from pathlib import Path

import pytest
import tzdata

from bot import clock
from bot.settings import PROJECT

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
        ("2026-11-24T10:00", (2026, 11, 24, 10, 0)),
        ("2026-11-24", (2026, 11, 24, 0, 0)),
        # An hour ahead of UTC but for Ramadan, until it went back for good.
        ("2026-02-01T10:00", (2026, 2, 1, 9, 0)),
        ("2026-03-01T10:00", (2026, 3, 1, 10, 0)),
        ("2026-09-20", (2026, 9, 19, 23, 0)),
        ("2026-09-20T00:59", (2026, 9, 19, 23, 59)),
        ("2026-09-20T02:00", (2026, 9, 20, 2, 0)),
        ("2027-03-20T10:00", (2027, 3, 20, 10, 0)),
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


@pytest.mark.parametrize("start", ["2027-02-06T23:00:00+01:00", "2027-02-06T23:00", "2019-01-01T00:00:00Z"])
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
    monkeypatch.setenv("CLOCK_START", "2026-07-10T22:30:00Z")
    clock.start()
    now = clock.local_now()
    assert now.tzinfo is clock.CASABLANCA
    assert (now.hour, now.utcoffset()) == (23, timedelta(hours=1))
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


# ---- whose time zone data


PACKAGE = clock.packaged_release() or ""
LOOKS = """
import pickle, sys, zoneinfo
from datetime import datetime
if len(sys.argv) > 1:
    zoneinfo.reset_tzpath(to=sys.argv[1:])  # stands for where this Python looks for the system's data
before = zoneinfo.ZoneInfo("Africa/Casablanca")
from bot import clock
assert zoneinfo.ZoneInfo("Africa/Casablanca") is clock.CASABLANCA is pickle.loads(pickle.dumps(clock.CASABLANCA))
print(*clock.zone_source(), clock.CASABLANCA.utcoffset(datetime(2026, 11, 24)))
"""
"""As a process of ours begins, where somebody has looked at the zone before."""


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """A folder of time zone data by which Morocco is an hour ahead of UTC for ever, without a release."""
    (tmp_path / "Africa").mkdir()
    an_hour_ahead = resources.files("tzdata").joinpath("zoneinfo", "Etc", "GMT-1").read_bytes()
    (tmp_path / "Africa" / "Casablanca").write_bytes(an_hour_ahead)
    return tmp_path


def name_release(system: Path, line: str, name: str = "tzdata.zi") -> None:
    (system / name).write_text(f"{line}\nR A 1\n", encoding="utf-8")


def looked(*system: Path, **environment: str) -> str:
    """What a new process says: the release, whose, the offset of Casablanca in November 2026."""
    command = [sys.executable, "-c", LOOKS, *map(str, system)]
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONTZPATH"}
    ran = subprocess.run(command, cwd=PROJECT, env={**clean, **environment}, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("# version 2025b", f"{PACKAGE} package 0:00:00"),
        ("# version 9999a", "9999a system 1:00:00"),
        ("# version 9999a-3-g0123abc", "9999a system 1:00:00"),
        (f"# version {PACKAGE}", f"{PACKAGE} system 1:00:00"),
        ("# version unknown", f"{PACKAGE} package 0:00:00"),
        ("", f"{PACKAGE} package 0:00:00"),
    ],
    ids=["older", "newer", "newer, of its own making", "the same", "unknown", "empty"],
)
def test_legal_time_is_read_from_the_newer_data(system: Path, line: str, says: str) -> None:
    name_release(system, line)
    assert looked(system) == says


def test_a_system_that_names_no_release_loses(system: Path) -> None:
    assert looked(system) == f"{PACKAGE} package 0:00:00"
    (system / "tzdata.zi").write_bytes(b"\xff\xfe")
    assert looked(system) == f"{PACKAGE} package 0:00:00"


def test_a_system_without_data_or_without_the_zone_leaves_it_to_the_package(system: Path, tmp_path: Path) -> None:
    assert looked(tmp_path / "nowhere") == f"{PACKAGE} package 0:00:00"
    name_release(system, "# version 9999a")
    (system / "Africa" / "Casablanca").unlink()
    assert looked(system) == f"{PACKAGE} package 0:00:00"


def test_the_folder_that_has_the_zone_names_the_release(system: Path, tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.mkdir()
    name_release(first, "# version 2025b")
    name_release(system, "9999a", "+VERSION")  # as macOS names it
    assert looked(first, system) == "9999a system 1:00:00"


@pytest.mark.parametrize(("line", "says"), [("# version 2025b", "2025b PYTHONTZPATH 1:00:00"), ("", "None PYTHONTZPATH 1:00:00")])
def test_an_administrator_has_the_last_word(system: Path, line: str, says: str) -> None:
    name_release(system, line)
    assert looked(PYTHONTZPATH=str(system)) == says


def test_an_administrator_may_leave_out_the_system(system: Path) -> None:
    assert looked(PYTHONTZPATH="") == f"{PACKAGE} package 0:00:00"


def test_the_tests_live_by_the_newest_data() -> None:
    assert PACKAGE == tzdata.IANA_VERSION
    assert clock.zone_source()[0] is not None and clock.zone_source()[0] >= PACKAGE >= "2026f"  # type: ignore[operator]


def test_nobody_else_asks_for_the_zone_by_its_name() -> None:
    sources = (path for folder in ("bot", "actions", "nlu", "benches") for path in (PROJECT / folder).rglob("*.py"))
    asking = {path.name for path in sources if re.search(r"""["']Africa/Casablanca["']""", path.read_text(encoding="utf-8"))}
    assert asking == {"clock.py"}
