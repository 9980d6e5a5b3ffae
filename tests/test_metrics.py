"""Metrics: given out on loopback where they are asked for, all of them documented, and nobody is in them."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from bot import metrics
from bot.messages import inbox
from bot.services import surroundings
from bot.services.gauges import GAUGES, Gauges
from bot.services.surroundings import Rasa
from bot.settings import PROJECT, settings
from bot.site.counted import Counted
from bot.store.engine import Database
from tests.dialogues.product import free_port

CHAT = 7_123_456_789_012
"""No number of bytes or seconds is like it."""
PAGE = (PROJECT / "docs" / "metrics.md").read_text(encoding="utf-8")
LABELS = {"outcome", "kind", "job", "route", "status", "queue", "state", "lease", "folder", "version", "commit", "schema", "model"}
"""Each has few values, none of which is about anybody."""


def families() -> dict[str, tuple[str, list[str]]]:
    """Every metric of ours by the name that is given out, with its kind and labels."""
    found = {name: ("gauge", list(labels)) for name, (_, labels, _) in GAUGES.items()}
    for collector in metrics.REGISTRY._collector_to_names:
        name, kind = collector._name, collector._type
        found[f"{name}_total" if kind == "counter" else name] = (kind, list(collector._labelnames))
    return found


@contextmanager
def given_out(*more: object) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    serving = metrics.serve("127.0.0.1", port, *more)  # type: ignore[arg-type]
    assert serving is not None
    server, thread = serving
    try:
        yield f"http://127.0.0.1:{port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("name", sorted(families()))
def test_every_metric_is_documented(name: str) -> None:
    kind, labels = families()[name]
    row = f"| `{name}` | {kind} | {', '.join(f'`{label}`' for label in labels)} |".replace("|  |", "| |")
    assert row in PAGE, row


def test_every_documented_metric_exists() -> None:
    assert set(re.findall(r"^\| `(tadamon_\w+)`", PAGE, re.MULTILINE)) == set(families())


def test_labels_are_short_lists_about_nobody() -> None:
    assert {label for _, labels in families().values() for label in labels} <= LABELS


def test_without_a_port_nothing_is_given_out() -> None:
    assert metrics.serve("127.0.0.1", None) is None


def test_metrics_are_given_out_as_prometheus_reads_them(database: Database) -> None:
    with database.write() as session:
        inbox.store(session, [(1, CHAT, {})], metrics_now())
    metrics.TURNS.labels("answered").inc()
    with given_out(Gauges(database, settings())) as url:
        answer = httpx.get(url)
    told = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert {name for name in told if name.startswith("tadamon")} == {name.removesuffix("_total") for name in families()}
    assert "process_resident_memory_bytes" in told
    [waiting] = told["tadamon_queue_messages"].samples
    assert (waiting.labels, waiting.value) == ({"queue": "inbox", "state": "waiting"}, 1)
    assert told["tadamon_database_up"].samples[0].value == told["tadamon_schema_current"].samples[0].value == 1
    assert {sample.labels["lease"] for sample in told["tadamon_lease_held"].samples} == {"scheduler", "sender"}
    assert str(CHAT) not in answer.text and "_created" not in answer.text


def metrics_now() -> object:
    from bot import clock

    return clock.real_now()


def test_while_the_database_is_away_the_rest_is_told() -> None:
    away = Database("postgresql://127.0.0.1:1/tadamon")
    registry = CollectorRegistry()
    registry.register(Gauges(away, settings()))
    assert registry.get_sample_value("tadamon_database_up") == 0
    assert registry.get_sample_value("tadamon_queue_age_seconds", {"queue": "outbox"}) is None
    assert registry.get_sample_value("tadamon_disk_free_bytes", {"folder": "var"}) is not None


@pytest.mark.parametrize(
    ("state", "up", "whole"), [("ok", 1, 1), ("some away", 1, 0), ("two models", 1, 0), ("away", 0, 0), ("no model", 0, 0)]
)
def test_rasa_is_up_where_one_of_several_answers_and_whole_where_all_do(
    database: Database, monkeypatch: pytest.MonkeyPatch, state: str, up: int, whole: int
) -> None:
    monkeypatch.setattr(surroundings, "rasa", lambda _: Rasa(state))
    registry = CollectorRegistry()
    registry.register(Gauges(database, settings()))
    assert (registry.get_sample_value("tadamon_rasa_up"), registry.get_sample_value("tadamon_rasa_whole")) == (up, whole)


async def test_requests_are_counted_by_route_and_never_by_path() -> None:
    async def mission(request: Request) -> PlainTextResponse:
        if request.path_params["number"] == "0":
            raise RuntimeError
        return PlainTextResponse("x")

    inner = Route("/missions/{number}", mission)
    app = Counted(Starlette(routes=[inner, Mount("/staff", app=Starlette(routes=[inner]))]))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    before = sampled()
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        for path in ("/missions/5", "/missions/6", "/staff/missions/7", "/missions/0", "/secret/8"):
            await http.get(path)
    after = sampled()
    new = {key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key, 0)}
    assert new == {
        ("/missions/{number}", "200"): 2,
        ("/staff/missions/{number}", "200"): 1,
        ("/missions/{number}", "500"): 1,
        ("none", "404"): 1,
    }


def sampled() -> dict[tuple[str, str], float]:
    [family] = metrics.REQUESTS.collect()
    return {(s.labels["route"], s.labels["status"]): s.value for s in family.samples if s.name.endswith("_total")}


def test_a_port_that_is_taken_ends_the_process_with_one_line(tmp_path: Path) -> None:
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/t.db", "VAR_DIR": str(tmp_path), "WEB_PORT": str(free_port())}
    command = [sys.executable, "-m", "bot"]
    subprocess.run([*command, "migrate"], cwd=PROJECT, env=environment, check=True, capture_output=True, timeout=60)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment.update(WEB_METRICS_PORT=str(port), RASA_URL="http://127.0.0.1:1")
        ended = subprocess.run([*command, "web"], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr.splitlines()) == (
        1,
        [f"Metrics cannot be given out at 127.0.0.1:{port}: Address already in use."],
    )


def test_metrics_are_given_out_on_loopback_unless_the_operator_says_otherwise() -> None:
    found = settings()
    assert found.metrics_host == "127.0.0.1"
    assert (found.gateway_metrics_port, found.worker_metrics_port, found.web_metrics_port) == (None, None, None)
