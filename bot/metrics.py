"""What each process counts, for Prometheus. docs/metrics.md tells what each metric means.

No label holds a chat, a person, a text or a path as it was asked for: labels are short closed lists.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from wsgiref.simple_server import WSGIServer

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.registry import Collector

REGISTRY = CollectorRegistry()
"""Ours alone: what libraries register for themselves is not given out."""
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60)

TURNS = Counter("tadamon_turns", "Turns with Rasa by outcome.", ["outcome"], registry=REGISTRY)
TURN_SECONDS = Histogram("tadamon_turn_seconds", "Seconds until Rasa had answered a turn.", buckets=_SECONDS, registry=REGISTRY)
UPDATES = Counter("tadamon_updates", "Updates of Telegram by what the inbox made of them.", ["outcome"], registry=REGISTRY)
SENDS = Counter("tadamon_sends", "Attempts to send a message by kind and outcome.", ["kind", "outcome"], registry=REGISTRY)
SEND_SECONDS = Histogram("tadamon_send_seconds", "Seconds until Telegram had answered a send.", buckets=_SECONDS, registry=REGISTRY)
JOBS = Counter("tadamon_jobs", "Runs of scheduled jobs by outcome.", ["job", "outcome"], registry=REGISTRY)
JOB_SECONDS = Histogram("tadamon_job_seconds", "Seconds that a scheduled job took.", ["job"], buckets=(*_SECONDS, 300), registry=REGISTRY)
REQUESTS = Counter("tadamon_requests", "Requests to the web process by route and status.", ["route", "status"], registry=REGISTRY)
REQUEST_SECONDS = Histogram("tadamon_request_seconds", "Seconds that a page took.", ["route"], buckets=_SECONDS, registry=REGISTRY)


@contextmanager
def job(name: str) -> Iterator[None]:
    """Count and time a run of a job; an error counts as failed and goes on its way."""
    began, outcome = time.monotonic(), "failed"
    try:
        yield
        outcome = "done"
    finally:
        JOBS.labels(name, outcome).inc()
        JOB_SECONDS.labels(name).observe(time.monotonic() - began)


def serve(host: str, port: int | None, *more: Collector) -> tuple[WSGIServer, threading.Thread] | None:
    """Give out the metrics of this process at ``/metrics``, from a thread that ends with it.

    Args:
        port: None: they are not given out, and nothing listens.
        more: what is looked up each time that somebody asks.

    Returns the server and its thread; None where there is none. Raises OSError where the port is taken.
    """
    if port is None:
        return None
    # When a counter began says nothing that a restart does not say.
    prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
    given_out = CollectorRegistry()
    ProcessCollector(registry=given_out)
    for collector in (REGISTRY, *more):
        given_out.register(collector)
    return prometheus_client.start_http_server(port, addr=host, registry=given_out)
