"""What the product stands on: the model's file, Rasa, disks, clocks, time zone data."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from bot import clock
from bot.services import surroundings
from bot.services.surroundings import Rasa
from bot.settings import Settings, read
from bot.store.engine import Database
from tests.worlds import utc


def settings_of(tmp_path: Path, **environment: str) -> Settings:
    return read({"VAR_DIR": str(tmp_path / "var"), "DATABASE_URL": f"sqlite:///{tmp_path}/t.db", **environment})


def write_model(path: Path, model_id: str) -> None:
    content = json.dumps({"model_id": model_id}).encode()
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("metadata.json")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))


def test_the_model_is_known_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "model.tar.gz"
    assert surroundings.model_file(path) is None
    write_model(path, "first")
    first = surroundings.model_file(path)
    assert first is not None and (first.model_id, len(first.sha)) == ("first", 64)
    write_model(path, "the second")
    second = surroundings.model_file(path)
    assert second is not None and second.model_id == "the second" and second.sha != first.sha
    path.write_bytes(b"no archive")
    assert surroundings.model_file(path).model_id is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, {"model_file": "tadamon.tar.gz", "model_id": "abc"}, Rasa("ok", "abc")),
        (200, {"model_id": None}, Rasa("no model")),
        (200, ["odd"], Rasa("no model")),
        (409, {}, Rasa("no model")),
        (500, {}, Rasa("away")),
    ],
)
def test_rasa_tells_which_model_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, body: object, expected: Rasa) -> None:
    def get(url: str, timeout: float) -> httpx.Response:
        assert (url, timeout <= 2) == ("http://127.0.0.1:5005/status", True)
        return httpx.Response(status, json=body)

    monkeypatch.setattr(httpx, "get", get)
    assert surroundings.rasa(settings_of(tmp_path)) == expected


def test_a_rasa_that_nobody_runs_is_away(tmp_path: Path) -> None:
    assert surroundings.rasa(settings_of(tmp_path, RASA_PORT="1")) == Rasa("away")


def test_a_rasa_elsewhere_takes_no_model_from_here(tmp_path: Path) -> None:
    assert surroundings.has_own_rasa(settings_of(tmp_path, RASA_PORT="6005"))
    assert not surroundings.has_own_rasa(settings_of(tmp_path, RASA_URL="http://rasa:5005"))


def test_rasa_is_looked_for_in_the_python_that_is_named(tmp_path: Path) -> None:
    python = tmp_path / "python"
    found = settings_of(tmp_path, RASA_PYTHON=str(python))
    assert not surroundings.is_rasa_installed(found)
    for exit_code, is_installed in ((1, False), (0, True)):
        python.write_text(f"#!/bin/sh\nexit {exit_code}\n")
        python.chmod(0o755)
        assert surroundings.is_rasa_installed(found) is is_installed


def test_room_is_told_for_what_is_written_here(tmp_path: Path) -> None:
    found = surroundings.disks(settings_of(tmp_path))
    assert set(found) == {"var", "database"}
    assert found["var"].total == shutil.disk_usage(tmp_path).total
    assert set(surroundings.disks(settings_of(tmp_path, DATABASE_URL="postgresql://db/t"))) == {"var"}


def test_sqlite_has_no_clock_of_its_own(database: Database) -> None:
    assert surroundings.clock_skew_seconds(database) is None


@pytest.mark.postgres
def test_the_clock_is_compared_with_the_servers(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert abs(surroundings.clock_skew_seconds(postgres) or 0.0) < 5
    real = clock.real_now
    monkeypatch.setattr(clock, "real_now", lambda: real() + timedelta(hours=1))
    assert 3590 < (surroundings.clock_skew_seconds(postgres) or 0.0) < 3610


@pytest.mark.parametrize(
    ("release", "today", "age_days", "is_old"),
    [
        ("2026f", utc(2026, 11, 27), 149, False),
        ("2026a", utc(2026, 3, 1), 0, False),
        ("2025b", utc(2026, 7, 1), 365, False),
        ("2025b", utc(2026, 7, 2), 366, True),
        (None, utc(2026, 7, 2), None, True),
    ],
)
def test_time_zone_data_grow_old(monkeypatch: pytest.MonkeyPatch, release: str, today: object, age_days: int, is_old: bool) -> None:
    monkeypatch.setattr(clock, "zone_source", lambda: (release, "package"))
    monkeypatch.setattr(clock, "real_now", lambda: today)
    found = surroundings.zone_data()
    assert (found.age_days, found.is_old) == (age_days, is_old)


@pytest.mark.parametrize(
    ("release", "packaged", "newer"),
    [("2025b", "2026f", "2026f"), (None, "2026f", "2026f"), ("2026f", "2026f", None), ("2027a", "2026f", None), ("2025b", None, None)],
)
def test_that_pythontzpath_keeps_the_product_from_newer_data_is_found(
    monkeypatch: pytest.MonkeyPatch, release: str | None, packaged: str | None, newer: str | None
) -> None:
    monkeypatch.setattr(clock, "zone_source", lambda: (release, "PYTHONTZPATH"))
    monkeypatch.setattr(clock, "packaged_release", lambda: packaged)
    assert surroundings.zone_data().newer == newer


def test_the_tests_themselves_live_by_the_newest_data() -> None:
    assert surroundings.zone_data().newer is None
