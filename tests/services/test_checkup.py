"""Doctor's lines: each thing that can be wrong is told in one, and only what is wrong makes the whole unhealthy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.services import checkup, surroundings
from bot.services.readiness import READ_ONLY, REFUSED, UNREACHABLE, Standing
from bot.services.surroundings import Disk, ModelFile, Rasa, ZoneData
from bot.settings import NO_MODEL, Settings, read
from bot.store import migrate
from bot.store.engine import Database
from tests.worlds import store as store

GIB = 1024**3


@pytest.fixture(autouse=True)
def _all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "model_file", lambda: ModelFile("c7a983f4f5add0ad", "8967a618"))
    monkeypatch.setattr(surroundings, "rasa", lambda _: Rasa("ok", "8967a618"))
    monkeypatch.setattr(surroundings, "zone_data", lambda: ZoneData("2026f", "system", 149, None))
    monkeypatch.setattr(surroundings, "disks", lambda _: {"var": Disk(50 * GIB, 100 * GIB)})


def found(tmp_path: Path, **environment: str) -> Settings:
    return read({"VAR_DIR": str(tmp_path), **environment})


def told(report: dict[str, Any]) -> dict[str, tuple[str, str]]:
    lines = {check["name"]: (check["state"], check["says"]) for check in report["checks"]}
    assert not [says for _, says in lines.values() if "\n" in says]
    return lines


def test_where_all_is_well_every_line_says_so(store: Database, tmp_path: Path) -> None:
    report = checkup.examine(lambda: store, found(tmp_path))
    assert report["healthy"]
    assert {name: state for name, (state, _) in told(report).items()} == dict.fromkeys(
        ["database", "schema", "model", "rasa", "disk of var", "tzdata", "clock", "duplicates", "digests"], "ok"
    )
    assert {"rows", "open_applications", "duplicates", "last_digest_run", "outbox_age_seconds"} <= set(report)


@pytest.mark.parametrize(
    ("name", "seen", "check", "state", "says"),
    [
        ("model_file", lambda: None, "model", "wrong", NO_MODEL),
        ("rasa", lambda _: Rasa("away"), "rasa", "look", "away: messages wait until it answers"),
        ("rasa", lambda _: Rasa("some away", "m"), "rasa", "look", "some away"),
        ("rasa", lambda _: Rasa("no model"), "rasa", "look", "no model: messages wait until it answers"),
        ("disks", lambda _: {"var": Disk(GIB, 9 * GIB)}, "disk of var", "look", "is nearly full: 1024 of 9216 MiB free"),
        ("disks", lambda _: {"var": Disk(GIB // 8, 9 * GIB)}, "disk of var", "wrong", "is full: 128 of 9216 MiB free"),
        ("zone_data", lambda: ZoneData("2024b", "system", 700, None), "tzdata", "look", "older than a year"),
        ("zone_data", lambda: ZoneData(None, "PYTHONTZPATH", None, None), "tzdata", "look", "release unknown"),
        ("zone_data", lambda: ZoneData("2025b", "PYTHONTZPATH", 100, "2026f"), "tzdata", "look", "those of the package tzdata (2026f)"),
        ("clock_skew_seconds", lambda _: 95.0, "clock", "wrong", "95 s ahead of the database server's"),
        ("clock_skew_seconds", lambda _: -95.0, "clock", "wrong", "95 s behind the database server's"),
        ("clock_skew_seconds", lambda _: 20.0, "clock", "ok", "the same"),
    ],
)
def test_what_is_not_well_is_one_line(
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    seen: Callable[..., object],
    check: str,
    state: str,
    says: str,
) -> None:
    monkeypatch.setattr(surroundings, name, seen)
    report = checkup.examine(lambda: database, found(tmp_path))
    assert told(report)[check][0] == state and says in told(report)[check][1]
    assert report["healthy"] is (state != "wrong")
    assert sum(line_state != "ok" for line_state, _ in told(report).values()) == (state != "ok")


def test_a_model_is_not_missed_where_rasa_runs_elsewhere(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "model_file", lambda: None)
    report = checkup.examine(lambda: database, found(tmp_path, RASA_URL="http://rasa:5005"))
    assert report["healthy"] and "model" not in told(report)


@pytest.mark.parametrize(
    ("standing", "check", "says"),
    [
        (Standing(UNREACHABLE), "database", "cannot be reached"),
        (Standing(REFUSED), "database", "DATABASE_URL is wrong"),
        (Standing(READ_ONLY), "database", "cannot be written"),
        (Standing("ok", migrate.BEHIND, "0001"), "schema", "older than this version"),
        (Standing("ok", migrate.NEWER, "9999"), "schema", "newer than this version"),
    ],
)
def test_a_database_that_is_not_fit_is_told_and_not_counted(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, standing: Standing, check: str, says: str
) -> None:
    monkeypatch.setattr(checkup.readiness, "look", lambda *_given, **_named: standing)
    report = checkup.examine(lambda: database, found(tmp_path))
    assert not report["healthy"] and "rows" not in report
    assert report["migrations"] == {"at": standing.at, "wanted": migrate.newest_revision()}
    assert told(report)[check][0] == "wrong" and says in told(report)[check][1]
    assert {"model", "rasa", "disk of var", "tzdata"} <= set(told(report)), "the rest is told all the same"


def test_a_file_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    report = checkup.examine(lambda: Database(f"sqlite:///{tmp_path}/file/t.db"), found(tmp_path))
    assert not report["healthy"] and told(report)["database"][0] == "wrong"


def test_a_server_that_goes_away_amid_it_ends_nothing(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: object) -> float:
        raise OperationalError("SELECT", {}, Exception("server closed the connection"))

    monkeypatch.setattr(surroundings, "clock_skew_seconds", away)
    assert told(checkup.examine(lambda: database, found(tmp_path)))["clock"][0] == "look"


def test_duplicates_and_shards_that_were_given_up_are_wrong() -> None:
    report = {"duplicates": {"outbox": 2, "digests": 0}, "last_digest_run": {"shards": {"failed": 1, "done": 3}}}
    duplicates, digests = checkup.of_contents(report)
    assert (duplicates.state, duplicates.says) == ("wrong", "rows stand twice: {'outbox': 2}")
    assert (digests.state, digests.says[:8]) == ("wrong", "1 shards")
