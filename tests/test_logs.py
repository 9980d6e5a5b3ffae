"""Logs: one JSON object a line, with the process in it and nothing that people wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from bot.settings import PROJECT

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
