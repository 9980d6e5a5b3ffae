"""Web apps of the product served on loopback inside a test's own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

PATIENCE_SECONDS = 10.0


async def until(what: str, check: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait until a check gives something true, and return that."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain: {what}"
        await asyncio.sleep(0.01)
    return found


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """The URL of an app that is served as long as the context is open."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        # An app that breaks a connection on demand is no news to a test: uvicorn says nothing.
        config = uvicorn.Config(app, ws="none", log_config=None, log_level="critical", lifespan="on")
        server = uvicorn.Server(config)
        # What Server.serve does, without its loop that looks for signals ten times a second.
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[listener])
        assert server.started
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.force_exit = True
            await server.shutdown(sockets=[listener])
            await server.lifespan.shutdown()


@contextmanager
def served_aside(app: Any) -> Iterator[str]:
    """The URL of an app that is served from a thread, for browsers that are driven without an event loop of the test's."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, ws="none", log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 2 * PATIENCE_SECONDS
        while not server.started:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@asynccontextmanager
async def at_work(work: Any) -> AsyncIterator[asyncio.Task[None]]:
    """A part of the product that runs until it is cancelled, running."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
