"""Logs: one JSON object a line, without message texts, tokens or chat ids.

Our own lines name what they hold. What is not ours to word, the message of an exception or a line of a library, may quote what a
person wrote ("invalid literal for int() with base 10: '…'", a failing row of PostgreSQL, a request's URL with the token in it): of it,
only what stands before the first quotation is kept. Secrets are blotted out wherever they appear.

Lines of one turn bear its update_id, in whichever process: the gateway binds it, and Rasa and the action server find it in what they are
sent. It is a number that Telegram counts up for the whole bot, and says nothing of whom it is about.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable, MutableMapping
from functools import partial
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog

from bot.settings import SANDBOX_TOKEN, Settings

REDACTED = "[redacted]"
SHORTEST_SECRET = 6
LONGEST_MESSAGE = 300
LOOPBACK = "127.0.0.1"
_UNQUOTED = re.compile(
    # Names of our own making may be quoted: uq_persons_chat_id, offer_form.
    r"""(?:[^'"`«“‘\n{<]|(['"])[a-z]+(?:_[a-z0-9]+)+\1)*"""
)
_LONG_NUMBER = re.compile(r"\+?\d(?:[ .-]?\d){5,}")
"""A chat, a phone: from six digits on."""
_secrets: list[str] = []
"""What this process blots out of all it logs; set once, at its start."""


def configure(settings: Settings, process: str) -> None:
    """Set up structlog for a process, whose name stands in every line."""
    # Libraries stay at WARNING whatever the level: below it SQLAlchemy logs rows, httpx URLs, python-telegram-bot messages.
    level = max(logging.WARNING, logging.getLevelName(settings.log_level))
    logging.basicConfig(format="%(message)s", level=level)
    guard(secrets_of(settings))
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            partial(_name_process, process),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Tracebacks without local variables: those hold what people wrote.
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
            without_quotations,
            structlog.processors.JSONRenderer(ensure_ascii=False),
            _blot,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level)),
        cache_logger_on_first_use=True,
    )


def _name_process(process: str, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor, not something bound: threads that a library starts (the scheduler's) know nothing of what is bound here."""
    event["process"] = process
    return event


def secrets_of(settings: Settings) -> list[str]:
    """What must never be read in a log: token, webhook secret, passwords of the databases."""
    urls = (settings.database_url, settings.tracker_database_url)
    passwords = [urlsplit(url).password for url in urls if not url.startswith("sqlite")]
    found = [settings.telegram_token, settings.webhook_secret, *passwords, *(unquote(p) for p in passwords if p)]
    return sorted({s for s in found if s and len(s) >= SHORTEST_SECRET and s != SANDBOX_TOKEN}, key=len, reverse=True)


def blotted(line: str) -> str:
    """A line without the secrets of this process."""
    for secret in _secrets:
        line = line.replace(secret, REDACTED)
    return line


def _blot(_logger: Any, _method: str, line: Any) -> Any:
    """A structlog processor for after the renderer."""
    return blotted(line) if isinstance(line, str) else line


def unquoted(message: str) -> str:
    """A message that somebody else worded up to its first quotation, without secrets and long numbers."""
    # Secrets first: half of one that was cut would not be known for what it is.
    message = blotted(message)
    found = _UNQUOTED.match(message)
    kept = (found[0] if found else "")[:LONGEST_MESSAGE]
    bare = _LONG_NUMBER.sub(lambda number: number[0] if number[0] == LOOPBACK else "…", kept)
    return bare + ("…" if len(kept) < len(message) else "")


def without_quotations(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor for after the exception's: its messages, and errors given as words, lose what they quote."""
    if isinstance(event.get("exception"), list):
        event["exception"] = [{**raised, "exc_value": unquoted(str(raised.get("exc_value") or ""))} for raised in event["exception"]]
    for key in ("error", "reason"):
        if isinstance(event.get(key), str):
            event[key] = unquoted(event[key])
    return event


def guard(secrets: Iterable[str] = ()) -> None:
    """Let nothing through that libraries log, warn or leave uncaught, beyond what :func:`unquoted` keeps of it."""
    _secrets[:] = secrets
    make = logging.getLogRecordFactory()

    def record(*arguments: Any, **named: Any) -> logging.LogRecord:
        made = make(*arguments, **named)
        try:
            message = made.getMessage()
        except Exception:  # arguments that fit no message, or that cannot be shown: no reason to stop
            message = made.name
        made.msg, made.args = blotted(message) if _is_json(message) else unquoted(message) + _of_turn(), ()
        if made.exc_info and made.exc_info[1]:
            made.exc_text = bare_traceback(made.exc_info[1])
        made.exc_info = None
        made.stack_info = None
        return made

    def uncaught(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        sys.stderr.write(bare_traceback(error) + "\n")

    def uncaught_in_thread(raised: threading.ExceptHookArgs) -> None:
        if raised.exc_value is not None:
            uncaught(raised.exc_type, raised.exc_value, raised.exc_traceback)

    logging.setLogRecordFactory(record)
    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread
    # A warning may quote the value that it warns of; through logging it goes the same way as the rest.
    logging.captureWarnings(True)


def in_turn(update_id: object) -> None:
    """Let every line of this task, and of what it starts, tell which update it works on; None, or what is no number: none."""
    if isinstance(update_id, int):
        structlog.contextvars.bind_contextvars(update_id=update_id)
    else:
        structlog.contextvars.unbind_contextvars("update_id")


def _of_turn() -> str:
    """For the end of a line that is no JSON."""
    update_id = structlog.contextvars.get_contextvars().get("update_id")
    return f" update_id={update_id}" if update_id is not None else ""


def bare_traceback(error: BaseException) -> str:
    """A traceback with its causes, file by file and line by line as Python prints it, whose messages quote nothing."""
    lines = []
    seen: set[int] = set()
    raised: BaseException | None = error
    while raised is not None and id(raised) not in seen:
        seen.add(id(raised))
        lines.append(f"{type(raised).__name__}: {unquoted(str(raised))}")
        frames = traceback.extract_tb(raised.__traceback__)
        lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        raised = raised.__cause__ or (None if raised.__suppress_context__ else raised.__context__)
    return "\n".join(lines)


def _is_json(message: str) -> bool:
    """Whether a line is one of structlog's, rendered: what it holds was seen to before."""
    if not message.startswith('{"'):
        return False
    try:
        json.loads(message)
    except ValueError:
        return False
    return True
