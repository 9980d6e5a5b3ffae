"""Logs: one JSON object a line, with the process in it and nothing that people wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from bot import logs
from bot.settings import PROJECT
from nlu import serve

HEADER = """
import logging, structlog
from bot import logs
from bot.settings import settings
logs.configure(settings(), "worker")
log = structlog.get_logger("test")
"""


def logged(script: str, **environment: str) -> list[dict[str, Any]]:
    """The lines that a process of its own logs: structlog is set up once a process."""
    ended = subprocess.run(
        [sys.executable, "-c", HEADER + script],
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_a_line_is_one_json_object_with_process_level_and_instant() -> None:
    [line] = logged('log.info("started", chats=3, note="سلام\\nline")')
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "started", "chats": 3, "note": "سلام\nline", "level": "info", "process": "worker"}


def test_a_thread_of_a_library_logs_for_its_process_too() -> None:
    [line] = logged('import threading; t = threading.Thread(target=log.info, args=("worked",)); t.start(); t.join()')
    assert (line["event"], line["process"]) == ("worked", "worker")


@pytest.mark.parametrize(("level", "events"), [("DEBUG", ["d", "i", "w"]), ("INFO", ["i", "w"]), ("WARNING", ["w"]), ("ERROR", [])])
def test_the_level_is_a_setting(level: str, events: list[str]) -> None:
    lines = logged('log.debug("d"); log.info("i"); log.warning("w")', LOG_LEVEL=level)
    assert [line["event"] for line in lines] == events


def test_a_traceback_holds_no_local_variables() -> None:
    script = """
def turn(words):
    raise RuntimeError("no luck")
try:
    turn("my secret " + "illness")
except RuntimeError:
    log.error("turn failed", exc_info=True)
"""
    [line] = logged(script)
    assert line["exception"][0]["exc_value"] == "no luck"
    assert line["exception"][0]["frames"][-1]["name"] == "turn"
    assert "illness" not in json.dumps(line)


def test_an_error_of_the_database_shows_no_values() -> None:
    script = """
from bot.store.engine import Database
import sqlalchemy
broken = Database("sqlite:///:memory:")
try:
    with broken.write() as session:
        session.execute(sqlalchemy.text("INSERT INTO nowhere VALUES (:words)"), {"words": "illness"})
except sqlalchemy.exc.OperationalError:
    log.error("turn failed", exc_info=True)
"""
    [line] = logged(script)
    assert "nowhere" in json.dumps(line)
    assert "illness" not in json.dumps(line)


def test_lines_of_a_turn_bear_its_update_ours_and_others() -> None:
    script = """
import asyncio
async def turn(update_id):
    logs.in_turn(update_id)
    await asyncio.sleep(0)
    await asyncio.to_thread(log.info, "worked")
    logging.getLogger("library").warning("odd")
    logs.in_turn(None)
    log.info("over")
async def both():
    await asyncio.gather(*(asyncio.create_task(turn(number)) for number in (7, 8)))
logging.getLogger().handlers[0].setStream(__import__("sys").stdout)
logging.getLogger().handlers[0].setFormatter(logging.Formatter('{"event": "%(message)s"}'))
asyncio.run(both())
"""
    lines = logged(script)
    assert sorted(line["update_id"] for line in lines if line["event"] == "worked") == [7, 8]
    assert sorted(line["event"] for line in lines if "odd" in line["event"]) == ["odd update_id=7", "odd update_id=8"]
    assert [line for line in lines if line["event"] == "over" and "update_id" in line] == []


@pytest.mark.parametrize("update_id", [None, "7", 7.5, ["7"]])
def test_what_is_no_number_names_no_turn(update_id: object) -> None:
    logs.in_turn(7)
    logs.in_turn(update_id)
    assert "update_id" not in structlog.contextvars.get_contextvars()


@pytest.mark.parametrize(
    ("path", "said", "named"),
    [
        ("/webhooks/rest/webhook", {"sender": "501", "message": "x", "metadata": {"update_id": 7}}, 7),
        ("/webhooks/rest/webhook", {"sender": "501", "message": "x"}, None),
        ("/webhooks/rest/webhook", {"metadata": "odd"}, None),
        ("/webhooks/rest/webhook", ["odd"], None),
        ("/status", {"metadata": {"update_id": 7}}, None),
    ],
)
def test_rasa_finds_the_update_in_what_it_is_sent(path: str, said: object, named: int | None) -> None:
    # One connection brings many requests: what the last one was about is forgotten.
    logs.in_turn(5)
    serve.name_turn(SimpleNamespace(path=path, json=said))
    assert structlog.contextvars.get_contextvars().get("update_id") == named
    logs.in_turn(None)


def test_a_request_that_is_no_json_names_no_turn() -> None:
    class Broken:
        path = "/webhooks/rest/webhook"

        @property
        def json(self) -> object:
            raise ValueError

    serve.name_turn(Broken())
    assert "update_id" not in structlog.contextvars.get_contextvars()
