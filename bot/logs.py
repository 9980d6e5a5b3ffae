"""Logs: one JSON object a line, without message texts, tokens or chat ids."""

from __future__ import annotations

import logging

import structlog

from bot.settings import Settings


def configure(settings: Settings, process: str) -> None:
    """Set up structlog for a process, whose name stands in every line."""
    logging.basicConfig(format="%(message)s", level=settings.log_level)
    for chatty in ("httpx", "httpcore", "apscheduler", "telegram"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Tracebacks without local variables: those hold what people wrote.
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level)),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
