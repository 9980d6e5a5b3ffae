"""Starts the stock Rasa command line with logs that hold no message text: ``python -m nlu.serve run …``.

Rasa logs the text of a message that it fails on, and its tracebacks carry local variables, the tracker among them.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

REDACTED = "[redacted]"
_CARRIES_TEXT = ("text", "message", "event_dict", "payload", "tracker", "events", "slots", "parse_data", "response", "body")


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor that blanks every field that may hold what a person wrote."""
    for key in event:
        if key != "event" and any(part in key.lower() for part in _CARRIES_TEXT):
            event[key] = REDACTED
    return event


def install() -> None:
    """Put the processors in place; Rasa reads them when it configures its logs."""
    import structlog
    from rasa.utils import log_utils

    without_locals = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    structlog.processors.dict_tracebacks = structlog.processors.ExceptionRenderer(without_locals)
    log_utils._anonymizer = redact


def main() -> None:
    from rasa.__main__ import main as rasa

    install()
    rasa()


if __name__ == "__main__":
    main()
