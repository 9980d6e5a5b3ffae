"""Logs, warnings and tracebacks of everything that can fail, at every level: no secret, no words, no number of anybody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import logs
from bot.logs import REDACTED, bare_traceback, blotted, secrets_of, unquoted
from bot.settings import PROJECT, read
from nlu.serve import HARMLESS, redact
from tests.security.failing import PHONE, RAISED, WAYS, WORDS
from tests.security.log_scan import findings

TOKEN, SECRET, PASSWORD = "7000000001:AAkanari-token", "kanari-webhook-secret", "kanari-password"


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_whatever_fails_nothing_is_told(tmp_path: Path, level: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.security.failing"],
        cwd=PROJECT,
        env={
            **os.environ,
            "LOG_LEVEL": level,
            "VAR_DIR": str(tmp_path),
            "TELEGRAM_TOKEN": TOKEN,
            "WEBHOOK_SECRET": SECRET,
            "DATABASE_URL": f"postgresql://bot:{PASSWORD}@127.0.0.1:1/tadamon",
            "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    told = ran.stdout + ran.stderr
    assert ran.returncode == 1 and '"all failed"' in told, told[-3000:]
    for way in WAYS:
        assert f'"way": "{way.__name__}"' in told
    assert ran.stderr.rstrip().splitlines()[-1].startswith("  "), "the last error is told, with where it was raised"
    assert not findings(told, [TOKEN, SECRET, PASSWORD], [WORDS])
    assert "kanari" not in told and PHONE not in told
    events = {json.loads(line)["event"] for line in ran.stdout.splitlines() if line.startswith('{"')}
    assert {"turn failed", "rasa unavailable", "job failed", "failed"} <= events, "they were told of, at all"


@pytest.mark.parametrize("raised", RAISED)
def test_an_error_is_told_without_its_words(raised: Any) -> None:
    try:
        try:
            raise raised()
        except Exception as error:
            raise RuntimeError("while serving") from error
    except RuntimeError as error:
        told = bare_traceback(error)
    assert "RuntimeError: while serving" in told and __file__ in told
    assert "kanari" not in told and PHONE not in told


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("no luck", "no luck"),
        ("(sqlite3.OperationalError) no such table: nowhere\n[SQL: SELECT 1]", "(sqlite3.OperationalError) no such table: nowhere…"),
        ('violates unique constraint "uq_persons_chat_id"', 'violates unique constraint "uq_persons_chat_id"'),
        ("could not run 'offer_form'.", "could not run 'offer_form'."),
        ("invalid literal: 'Salma'", "invalid literal: …"),
        ("invalid literal: 'salma'", "invalid literal: …"),
        ("call 0612345678 or 06 12 34 56 78", "call … or …"),
        ("up on http://127.0.0.1:5005", "up on http://127.0.0.1:5005"),
        ("", ""),
    ],
)
def test_a_message_is_kept_up_to_what_it_quotes(message: str, kept: str) -> None:
    assert unquoted(message) == kept


@given(st.text(), st.sampled_from(["'", '"', "`", "«", "\n", "{", "<"]), st.text())
def test_what_follows_a_quotation_mark_is_never_told(before: str, mark: str, after: str) -> None:
    assert len(unquoted(before + mark + "SECRET WORDS" + mark + after)) <= len(before) + 2 or mark in before


def test_secrets_are_those_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(
        {
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_MODE": "webhook",
            "WEBHOOK_URL": "https://bot.example.org/x",
            "WEBHOOK_SECRET": SECRET,
            "DATABASE_URL": "postgresql://bot:p%40ss-word@db/t",
            "TRACKER_DATABASE_URL": f"sqlite:///{tmp_path}/t.db",
        }
    )
    assert set(secrets_of(found)) == {TOKEN, SECRET, "p%40ss-word", "p@ss-word"}
    assert secrets_of(read({})) == [], "the sandbox's token is a word"
    monkeypatch.setattr(logs, "_secrets", secrets_of(found))
    assert blotted(f"a {TOKEN} b {SECRET}") == f"a {REDACTED} b {REDACTED}"
    assert unquoted(f"GET https://api.telegram.org/bot{TOKEN}/getMe") == f"GET https://api.telegram.org/bot{REDACTED}/getMe"


@pytest.mark.parametrize(
    "key",
    ["text", "user_text", "slot_values", "slot_candidates", "rasa_event", "states", "entity", "current_states", "arg", "successes", "new"],
)
def test_fields_of_rasas_lines_are_blanked_unless_they_are_known(key: str) -> None:
    assert redact(None, "info", {"event": "x", key: WORDS}) == {"event": "x", key: REDACTED}


def test_fields_that_only_name_things_are_kept() -> None:
    line = dict.fromkeys(HARMLESS, "x")
    assert redact(None, "info", dict(line)) == line


@pytest.mark.heavy
def test_rasa_itself_tells_nothing_when_an_action_fails(tmp_path: Path) -> None:
    """The action server's answer to Rasa quotes the whole conversation, and Rasa logs it with the error."""
    script = f"""
import logging, sys, warnings
from nlu import serve
serve.install()
import rasa.utils.common
from rasa.utils.log_utils import configure_structlog
configure_structlog(None); rasa.utils.common.configure_logging_and_warnings(None)
import structlog
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import ClientResponseError
assert not logging.getLogger("rasa.core").isEnabledFor(logging.DEBUG)
try:
    try:
        raise ClientResponseError(500, "Internal Server Error", '{{"request_body": {{"text": "{WORDS}"}}}}')
    except ClientResponseError as error:
        raise RasaException("Failed to execute custom action 'offer_form'") from error
except RasaException:
    logging.getLogger("rasa.core.processor").exception("Encountered an exception while running action 'offer_form'.")
    structlog.get_logger("x").exception("rest.message.received.failure", text="{WORDS}", slot_values="{WORDS}")
warnings.warn("Failed to parse '{WORDS}'")
"""
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        env={**os.environ, "LOG_LEVEL": "DEBUG", "DATABASE_URL": f"sqlite:///{tmp_path}/x.db"},
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    told = ran.stdout + ran.stderr
    assert "offer_form" in told and "ClientResponseError" in told
    assert "kanari" not in told
