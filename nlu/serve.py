"""Starts the stock Rasa command line, for our own programs alone, with logs without texts: ``python -m nlu.serve run …``.

Rasa logs the text of a message that it fails on; its tracebacks carry local variables, the tracker among them; the error of an action
server quotes the whole conversation that was sent to it; below INFO it logs everything.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
from collections.abc import MutableMapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from bot import logs
from bot.loopback import is_local
from bot.settings import NO_MODEL, SettingError, settings

NO_TRACKER = "Rasa's tracker cannot be written: its file and folder must belong to this account, on a disk with room."
"""What is said then; stock Rasa would go on and forget everything at its end."""
BUSY_SECONDS = 30
"""How long the tracker is waited for, where somebody else writes to its file."""
HARMLESS = frozenset({"event", "event_info", "event_key", "level", "timestamp", "logger", "exc_info", "action_name", "filename", "key"})
"""Fields of Rasa's lines that name things and quote nobody; any other, a new version's too, is blanked."""


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor that blanks every field that may hold what a person wrote."""
    for key in event:
        if key not in HARMLESS:
            event[key] = logs.REDACTED
    return event


def install() -> None:
    """Put the processors in place; Rasa reads them when it configures its logs."""
    if os.environ.get("LOG_LEVEL") == "DEBUG":
        # Rasa's own setting, too. Its lines of this level are sentences with texts in them.
        os.environ["LOG_LEVEL"] = "INFO"
    import structlog
    from rasa.utils import log_utils

    without_locals = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    render = structlog.processors.ExceptionRenderer(without_locals)

    def bare(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return logs.without_quotations(logger, method, render(logger, method, event))

    structlog.processors.dict_tracebacks = bare  # type: ignore[assignment]
    log_utils._anonymizer = redact
    # On a terminal Rasa prints tracebacks with local variables.
    log_utils.FORCE_JSON_LOGGING = "1"
    logs.guard(logs.secrets_of(settings()))


def name_turn(request: Any) -> None:
    """Let the lines that a request leaves tell which update it works on. A middleware: Rasa works on the request in the same task."""
    try:
        said = request.json if request.path == "/webhooks/rest/webhook" else None
    except Exception:  # Rasa says itself what is wrong with it
        said = None
    metadata = said.get("metadata") if isinstance(said, dict) else None
    logs.in_turn(metadata.get("update_id") if isinstance(metadata, dict) else None)


def prepare_server() -> None:
    """Let Rasa's server answer our own programs alone: a page in a browser here could say anything in anybody's name."""
    from rasa import server
    from sanic.response import text

    create_app, urls = server.create_app, settings().rasa_urls

    def refuse(request: Any) -> Any:
        is_ours = is_local(request.headers.get("host"), request.headers.get("origin"), urls)
        return None if is_ours else text("programs of ours only", status=403)

    def create(*given: Any, **named: Any) -> Any:
        app = create_app(*given, **named)
        app.register_middleware(refuse, "request")
        app.register_middleware(name_turn, "request")
        return app

    server.create_app = create


def compile_answers_once() -> None:
    """Check what the action server answers with a validator made once. Rasa has jsonschema check the schema itself, which never changes,
    each time: half of what a turn cost."""
    from jsonschema.validators import validator_for
    from rasa.core.actions.action import RemoteAction

    schema = RemoteAction.action_response_format_spec()
    validator, complain = validator_for(schema)(schema), RemoteAction._validate_action_result

    def validate(action: Any, answer: Any) -> bool:
        # An answer that is wrong is told in Rasa's own words.
        return validator.is_valid(answer) or bool(complain(action, answer))

    RemoteAction._validate_action_result = validate


def keep_tracker_open(url: str) -> None:
    """Let Rasa keep its connection to a tracker that is a file, and write the file ahead: no reader waits for a writer, and a turn waits
    once for the disk. Rasa would open and close it several times a turn, and the last that closes a database puts its log away."""
    if not url.startswith("sqlite:///"):
        return
    path = Path(url.removeprefix("sqlite:///"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    except (OSError, sqlite3.Error):
        sys.exit(NO_TRACKER)
    from rasa.core import tracker_store
    from sqlalchemy.pool import QueuePool

    # Asked for no other URL than this one: there is one tracker.
    kept = {"poolclass": QueuePool, "connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False}}
    tracker_store.create_engine_kwargs = lambda _url: kept


def check(arguments: Sequence[str]) -> None:
    """End with one line where a setting is wrong or the model is missing: stock Rasa would start, and answer nobody."""
    try:
        settings()
    except SettingError as error:
        sys.exit(str(error))
    models = [Path(value) for flag, value in pairwise(arguments) if flag in ("-m", "--model")]
    if "run" in arguments and not all(model.exists() for model in models):
        sys.exit(NO_MODEL)


def main() -> None:
    check(sys.argv[1:])
    from rasa.__main__ import main as rasa

    install()
    if "run" in sys.argv[1:]:
        prepare_server()
        compile_answers_once()
        keep_tracker_open(settings().tracker_database_url)
    rasa()


if __name__ == "__main__":
    main()
