"""Health and version: what stands how, and who may read it."""

from __future__ import annotations

import platform
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from bot import clock, version
from bot.messages import inbox, leases
from bot.services import surroundings
from bot.services.surroundings import Disk, ModelFile, Rasa, ZoneData
from bot.settings import NO_MODEL, settings
from bot.site.app import create_app
from bot.store import migrate
from bot.store.engine import Database

CHAT = 7_123_456_789_012
"""No number of bytes or seconds is like it."""
RUNS = ModelFile("c7a983f4f5ad", "8967a618")
FRESH = ZoneData("2026f", "package", 149, None)


@pytest.fixture(autouse=True)
def _all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "model_file", lambda: RUNS)
    monkeypatch.setattr(surroundings, "rasa", lambda _: Rasa("ok", "8967a618"))
    monkeypatch.setattr(surroundings, "zone_data", lambda: FRESH)
    monkeypatch.setattr(surroundings, "disks", lambda _: {"var": Disk(10**11, 2 * 10**11)})


@asynccontextmanager
async def visitor(
    database: Database, details: str = "local", address: str = "127.0.0.1", **headers: str
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(database, None, found=replace(settings(), health_details=details))
    transport = httpx.ASGITransport(app, client=(address, 5555))
    base = "http://127.0.0.1:8080"
    async with httpx.AsyncClient(
        transport=transport, base_url=base, headers={k.replace("_", "-"): v for k, v in headers.items()}
    ) as client:
        yield client


async def ready(database: Database) -> tuple[int, dict[str, Any]]:
    async with visitor(database) as http:
        answer = await http.get("/health/ready")
        return answer.status_code, answer.json()


def hold_leases(database: Database) -> None:
    with database.write() as session:
        leases.acquire(session, "job:digests", "worker", 60)
        leases.acquire(session, "sender", "worker", 30)


async def test_alive(database: Database) -> None:
    async with visitor(database, address="203.0.113.9") as http:
        assert (await http.get("/health/live")).json() == {"status": "ok"}


async def test_ready_tells_everything_on_this_machine(database: Database) -> None:
    hold_leases(database)
    with database.write() as session:
        inbox.store(session, [(1, CHAT, {})], clock.real_now() - timedelta(seconds=30))
    status, told = await ready(database)
    assert (status, told["status"], told["warnings"]) == (200, "ok", [])
    assert (told["database"], told["migrations"]) == ("ok", "current")
    assert told["schema"] == {"at": migrate.newest_revision(), "wanted": migrate.newest_revision()}
    assert told["model"] == {"file_sha": RUNS.sha, "rasa": "ok", "rasa_model_id": RUNS.model_id}
    assert 30 <= told["inbox_age_seconds"] < 60 and told["outbox_age_seconds"] is None
    assert told["leases"]["scheduler"]["holder"] == "worker"
    assert clock.parse_instant(told["leases"]["scheduler"]["until"]) > clock.real_now()
    assert 0 <= told["leases"]["scheduler"]["renewed_seconds_ago"] < 30
    assert told["tzdata"] == {"release": "2026f", "source": "package", "age_days": 149, "newer": None}
    assert str(CHAT) not in str(told)


@pytest.mark.parametrize(
    ("name", "found", "says"),
    [
        ("rasa", lambda _: Rasa("away"), "Rasa: away; messages wait"),
        ("rasa", lambda _: Rasa("ok", "another"), "another model"),
        ("model_file", lambda: None, NO_MODEL),
        ("zone_data", lambda: ZoneData("2024b", "system", 700, None), "older than a year"),
        ("zone_data", lambda: ZoneData("2025b", "PYTHONTZPATH", 100, "2026f"), "older time zone data (2025b)"),
        ("disks", lambda _: {"var": Disk(10**9, 10**11)}, "nearly full"),
    ],
)
async def test_what_takes_no_page_away_is_told_and_fails_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch, name: str, found: Callable[..., object], says: str
) -> None:
    hold_leases(database)
    monkeypatch.setattr(surroundings, name, found)
    status, told = await ready(database)
    assert (status, told["status"]) == (200, "degraded")
    assert len(told["warnings"]) == 1 and says in told["warnings"][0]


@pytest.mark.parametrize("state", ["some away", "two models"])
async def test_where_one_of_several_rasa_answers_no_message_waits(database: Database, monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    hold_leases(database)
    monkeypatch.setattr(surroundings, "rasa", lambda _: Rasa(state, "m"))
    monkeypatch.setattr(surroundings, "has_own_rasa", lambda _: False)
    assert (await ready(database))[1]["warnings"] == [f"Rasa: {state}"]


async def test_without_a_worker_and_with_late_messages_it_is_degraded(database: Database) -> None:
    with database.write() as session:
        inbox.store(session, [(1, CHAT, {})], clock.real_now() - timedelta(seconds=400))
    status, told = await ready(database)
    assert (status, told["status"], told["leases"]) == (200, "degraded", {"scheduler": None, "sender": None})
    late, *leases_free = told["warnings"]
    assert late.startswith("the oldest update is due for 40")
    assert all(line.startswith("nobody holds the lease of the ") for line in leases_free) and len(leases_free) == 2


@pytest.mark.parametrize("address", ["127.0.0.1", "203.0.113.9"])
async def test_not_ready_before_the_tables_are_made(tmp_path: Path, address: str) -> None:
    empty = Database(f"sqlite:///{tmp_path}/empty.db")
    async with visitor(empty, address=address) as http:
        answer = await http.get("/health/ready")
        assert answer.status_code == 503
        told = answer.json()
        assert (told["status"], told["database"], told["migrations"]) == ("unavailable", "ok", "behind")
        assert (await http.get("/health/live")).status_code == 200
    empty.close()


async def test_not_ready_on_a_newer_schema(database: Database) -> None:
    with database.engine.execution_options(tadamon_write=True).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    status, told = await ready(database)
    assert (status, told["status"], told["migrations"], told["schema"]["at"]) == (503, "unavailable", "newer", "9999")


@pytest.mark.parametrize("address", ["127.0.0.1", "203.0.113.9"])
async def test_not_ready_while_the_database_is_away(database: Database, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    def away(*_given: object) -> object:
        raise OperationalError("SELECT", {}, Exception("server closed the connection"))

    monkeypatch.setattr(migrate, "revision", away)
    async with visitor(database, address=address) as http:
        answer = await http.get("/health/ready")
        assert (answer.status_code, answer.json()["status"], answer.json()["database"]) == (503, "unavailable", "unreachable")
        assert "migrations" not in answer.json()


@pytest.mark.parametrize(
    ("details", "address", "headers", "sees"),
    [
        ("local", "127.0.0.1", {}, True),
        ("local", "127.0.0.1", {"host": "localhost:8080"}, True),
        ("local", "203.0.113.9", {}, False),
        ("local", "127.0.0.1", {"host": "tadamon.example.org"}, False),
        ("local", "127.0.0.1", {"x_forwarded_for": "203.0.113.9"}, False),
        ("local", "127.0.0.1", {"forwarded": "for=203.0.113.9"}, False),
        ("local", "127.0.0.1", {"origin": "https://evil.example"}, False),
        ("none", "127.0.0.1", {}, False),
        ("all", "203.0.113.9", {"x_forwarded_for": "203.0.113.9"}, True),
    ],
)
async def test_details_are_for_who_watches_over_it(
    database: Database, details: str, address: str, headers: dict[str, str], sees: bool
) -> None:
    async with visitor(database, details, address, **headers) as http:
        told, ran = (await http.get("/health/ready")).json(), (await http.get("/version")).json()
    if sees:
        assert "leases" in told and "python" in ran
    else:
        assert told == {"status": "ok", "database": "ok", "migrations": "current"}
        assert ran == {"version": version.version()}


async def test_the_public_makes_nobody_ask_rasa(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(_: object) -> Rasa:
        raise AssertionError("asked")

    monkeypatch.setattr(surroundings, "rasa", asked)
    async with visitor(database, address="203.0.113.9") as http:
        assert (await http.get("/health/ready")).status_code == (await http.get("/version")).status_code == 200


async def test_version_tells_what_runs(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "commit", lambda: "abc1234")
    async with visitor(database) as http:
        told = (await http.get("/version")).json()
    assert told == {
        "version": "0.1.0",
        "commit": "abc1234",
        "python": platform.python_version(),
        "schema": migrate.newest_revision(),
        "model_sha": RUNS.sha,
        "rasa_model_id": RUNS.model_id,
        "tzdata": clock.zone_source()[0],
    }


async def test_nothing_of_it_is_kept_by_a_cache(database: Database) -> None:
    async with visitor(database) as http:
        for path in ("/health/live", "/health/ready", "/version"):
            assert (await http.get(path)).headers["cache-control"] == "no-store"
