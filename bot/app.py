"""The composition root of the gateway, worker, web and sandbox processes: everything is wired here, once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog
import uvicorn

from bot import clock, logs, metrics
from bot.settings import Settings
from bot.store.engine import Database, database

if TYPE_CHECKING:
    from prometheus_client.registry import Collector
    from starlette.applications import Starlette
    from telegram import Bot

log = structlog.get_logger("app")


def run_gateway(settings: Settings) -> None:
    """Receive updates and work through them, until a signal."""
    from bot.telegram.dialogue import Dialogue
    from bot.telegram.gateway import Receiver, listen, poll
    from bot.telegram.profile import publish_profile
    from bot.telegram.turns import TurnRunner

    async def announce(dialogue: Dialogue) -> None:
        await dialogue.until_up()
        log.info("ready: Rasa answers")

    async def work() -> None:
        async with _connected(settings) as bot:
            dialogue = Dialogue(settings.rasa_urls)
            runner = TurnRunner(database(), bot, dialogue, settings.gateway_name, settings.parallel_chats)
            receiver = Receiver(database(), runner.notice)
            receiving = listen(bot, receiver, settings) if settings.telegram_mode == "webhook" else poll(bot, receiver)
            await _all(receiving, runner.run(), publish_profile(bot), announce(dialogue))

    _serve(settings, "gateway", settings.gateway_metrics_port, work)


def run_worker(settings: Settings) -> None:
    """Run the scheduler and the sender, until a signal; on PostgreSQL, shards of digests too as they come from the queue."""
    from bot.matching import engine
    from bot.scheduler import jobs, machines
    from bot.telegram.sender import Sender

    async def work() -> None:
        is_queued = machines.available(database())
        async with _connected(settings) as bot:
            # In a thread: the compiler may take a while, and what is queued shall leave meanwhile.
            warming = asyncio.create_task(asyncio.to_thread(engine.warm))
            scheduler = jobs.start(database(), settings, leave_out=("shards",) if is_queued else ())
            sender = Sender(database(), bot, settings.worker_name, settings.quiet_hours, settings.sends_per_second)
            try:
                await _all(sender.run(), *([machines.run(database(), settings)] if is_queued else []))
            finally:
                scheduler.shutdown(wait=False)
                warming.cancel()

    _serve(settings, "worker", settings.worker_metrics_port, work)


def web_app(settings: Settings) -> Starlette:
    """The public pages, and the staff's console beside them at /staff."""
    from bot.console.app import routes
    from bot.site.app import create_app
    from bot.store.tracker import Tracker

    sandbox_url = f"http://127.0.0.1:{settings.sandbox_port}/sandbox" if settings.sandbox else None
    app = create_app(database(), sandbox_url, settings.site_url, settings.bot_name, settings)
    app.router.routes.extend(routes(database(), Tracker(settings.tracker_database_url), settings))
    return app


def run_web(settings: Settings) -> None:
    """Serve the public pages and the staff's console, until a signal."""
    from bot.services.gauges import Gauges

    _prepare(settings, "web")
    _give_out_metrics(settings, settings.web_metrics_port, Gauges(database(), settings))
    # Rasa pins websockets to 10.x, with which uvicorn's own websockets do not start; none are used.
    uvicorn.run(web_app(settings), host=settings.web_host, port=settings.web_port, ws="none", log_level="warning")


def run_sandbox(settings: Settings) -> None:
    """Serve the local Telegram, until a signal."""
    from bot.sandbox.server import serve

    _prepare(settings, "sandbox")
    serve("127.0.0.1", settings.sandbox_port, settings.var_dir / "sandbox.db", settings.telegram_token)


@asynccontextmanager
async def _connected(settings: Settings) -> AsyncIterator[Bot]:
    """An initialised bot: waits for the Bot API server, since processes start in any order."""
    from telegram.error import InvalidToken, NetworkError

    from bot.telegram.client import make_bot

    bot = make_bot(settings)
    while True:
        try:
            await bot.initialize()
            break
        except InvalidToken:
            raise SystemExit("TELEGRAM_TOKEN is refused by the Bot API server.") from None
        except NetworkError as error:
            log.warning("waiting for the Bot API server", error=type(error).__name__)
            await asyncio.sleep(1)
    try:
        yield bot
    finally:
        await bot.shutdown()


def _prepare(settings: Settings, process: str) -> Database:
    clock.start()
    logs.configure(settings, process)
    return database()


def _give_out_metrics(settings: Settings, port: int | None, *more: Collector) -> None:
    try:
        metrics.serve(settings.metrics_host, port, *more)
    except OSError as error:
        raise SystemExit(f"Metrics cannot be given out at {settings.metrics_host}:{port}: {error.strerror}.") from None


def _serve(settings: Settings, process: str, metrics_port: int | None, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    _prepare(settings, process)
    _give_out_metrics(settings, metrics_port)

    async def main() -> None:
        task = asyncio.create_task(work())
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, task.cancel)
        log.info("started")
        try:
            await task
        except asyncio.CancelledError:
            log.info("stopped")

    asyncio.run(main())


async def _all(*parts: Awaitable[None]) -> None:
    """Run parts side by side; the first error ends them all, so that the supervisor starts the process anew."""
    await asyncio.gather(*parts)
