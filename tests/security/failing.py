"""Fails in every way that is logged, with words and secrets at hand: ``python -m tests.security.failing``."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import tempfile
import threading
import warnings
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError

from bot import logs
from bot.messages import inbox, outbox
from bot.messages.outbox import Draft
from bot.settings import Settings, settings
from bot.store import migrate
from bot.store.engine import Database
from bot.store.models import Person
from bot.telegram import gateway, sender, turns
from bot.telegram.client import make_bot
from bot.telegram.dialogue import Dialogue, Unavailable
from tests.loopback import served

WORDS = "kanari kanari habite au 12 rue des Acacias"
PHONE = "0612345678"
NOW = datetime(2026, 11, 24, 10, tzinfo=timezone.utc)
log = structlog.get_logger("failing")

RAISED: tuple[Callable[[], Exception], ...] = (
    lambda: ValueError(f"invalid literal for int() with base 10: '{WORDS}'"),
    lambda: KeyError(WORDS),
    lambda: RuntimeError(f'cannot serve "{WORDS}" of {PHONE}'),
    lambda: TypeError(f"unexpected {{'text': '{WORDS}'}}"),
    lambda: LookupError(f"nothing like `{WORDS}`"),
    lambda: UnicodeEncodeError("utf-8", WORDS + "\ud800", len(WORDS), len(WORDS) + 1, "surrogates not allowed"),
    lambda: BadRequest(f'Can\'t parse entities: unsupported start tag "{WORDS}" at byte offset 5'),
    lambda: Forbidden(f"Forbidden: bot was blocked by the user «{WORDS}»"),
    lambda: NetworkError(f"httpx.ConnectError: https://api.telegram.org/bot{settings().telegram_token}/sendMessage"),
    lambda: TelegramError(f"Unknown '{WORDS}'"),
    lambda: httpx.ConnectError("no way", request=httpx.Request("POST", f"http://x/bot{settings().telegram_token}", json={"text": WORDS})),
    lambda: Unavailable(f"'{WORDS}'"),
)


def _update(number: int) -> dict[str, Any]:
    person = {"id": number, "first_name": WORDS}
    return {"update_id": number, "message": {"chat": {"id": number, "type": "private"}, "from": person, "text": WORDS, "photo": [{}]}}


class FailingDialogue:
    async def turn(self, chat_id: int, _words: str, metadata: dict[str, Any], repeated: bool) -> list[Draft]:
        raise RAISED[chat_id % len(RAISED)]()


class FailingBot:
    async def send_message(self, chat_id: int, words: str, **_named: Any) -> None:
        raise RAISED[chat_id % len(RAISED)]()

    async def send_chat_action(self, *_given: Any) -> None:
        raise NetworkError(WORDS)


async def _for_a_while(work: Awaitable[Any], seconds: float = 1.5) -> None:
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.ensure_future(work), seconds)


async def turns_fail(database: Database) -> None:
    with database.write() as session:
        inbox.store(session, [(n, n, _update(n)) for n in range(1, len(RAISED) + 1)], NOW)
    await _for_a_while(turns.TurnRunner(database, FailingBot(), FailingDialogue(), "g", 4).run())  # type: ignore[arg-type]


async def sends_fail(database: Database) -> None:
    with database.write() as session:
        for n in range(1, len(RAISED) + 1):
            outbox.queue(session, n, outbox.REPLY, f"x:{n}", [Draft(WORDS)], NOW)
    await _for_a_while(sender.Sender(database, FailingBot(), "w", None, 100).run())  # type: ignore[arg-type]


async def database_fails(database: Database) -> None:
    person = {"chat_id": 5, "first_name": WORDS, "register": "fr", "created_at": NOW}
    with database.write() as session:
        session.add(Person(**person))
    with database.read() as session:
        assert session.execute(sqlalchemy.select(Person)).scalars().all()
    for work in (
        lambda session: session.add(Person(**person)),
        lambda session: session.add(Person(**{**person, "chat_id": 6, "first_name": None, "register": WORDS})),
        lambda session: session.execute(sqlalchemy.text("SELECT :words FROM nowhere"), {"words": WORDS}),
        lambda session: session.execute(sqlalchemy.select(Person).where(Person.chat_id == 2**80)),
    ):
        try:
            with database.write() as session:
                work(session)
        except Exception as error:
            log.error("failed", error=type(error).__name__, exc_info=True)
    await _postgres_fails()


async def _postgres_fails() -> None:
    """As worded by psycopg2; and a server that is not there, of which the password is known."""
    for message in (
        f'duplicate key value violates unique constraint "uq_persons_chat_id"\nDETAIL:  Key (first_name)=({WORDS}) already exists.\n',
        f'null value in column "register" violates not-null constraint\nDETAIL:  Failing row contains (1, {WORDS}).\n',
        f"invalid input syntax for type integer: \"{WORDS}\"\nLINE 1: SELECT '{WORDS}'",
    ):
        try:
            raise sqlalchemy.exc.DataError("INSERT", {"words": WORDS}, Exception(message), hide_parameters=True)
        except sqlalchemy.exc.DataError:
            log.error("failed", exc_info=True)
    absent = Database("postgresql://bot:kanari-password@127.0.0.1:1/tadamon")
    try:
        with absent.read() as session:
            session.execute(sqlalchemy.text("SELECT 1"))
    except sqlalchemy.exc.OperationalError as error:
        log.error("failed", error=str(error), exc_info=True)


async def telegram_fails(database: Database) -> None:
    """A Bot API server that is away, that sends nonsense, that refuses."""

    async def nonsense(request: Request) -> Response:
        method = request.url.path.rsplit("/", 1)[-1].lower()
        if method == "getme":
            return JSONResponse({"ok": True, "result": {"id": 1, "is_bot": True, "first_name": "b", "username": "b"}})
        if method == "getupdates":
            return JSONResponse({"ok": True, "result": [{"update_id": 7, "message": {"text": WORDS, "chat": WORDS, "entities": WORDS}}]})
        return JSONResponse({"ok": False, "error_code": 400, "description": f"Bad Request: '{WORDS}'"}, status_code=400)

    async with served(Starlette(routes=[Route("/{path:path}", nonsense, methods=["GET", "POST"])])) as url:
        for base in (url, "http://127.0.0.1:1"):
            bot = make_bot(_elsewhere(base))
            for call in (bot.initialize, lambda b=bot: b.get_updates(timeout=0), lambda b=bot: b.send_message(5, WORDS)):
                try:
                    await call()
                except Exception as error:
                    log.warning("telegram failed", error=str(error), exc_info=True)
            receiver = gateway.Receiver(database, lambda: None)
            try:
                await _for_a_while(gateway.poll(bot, receiver), 0.5)
            except Exception as error:
                log.error("polling ended", error=str(error), exc_info=True)


def _elsewhere(base: str) -> Settings:
    found = settings()
    return Settings(**{**vars(found), "telegram_base_url": f"{base}/bot", "telegram_base_file_url": f"{base}/file/bot"})


async def rasa_fails(_database: Database) -> None:
    async def broken(_request: Request) -> Response:
        return Response(f"not JSON: {WORDS}")

    async with served(Starlette(routes=[Route("/{path:path}", broken, methods=["GET", "POST"])])) as url:
        for base in (url, "http://127.0.0.1:1"):
            dialogue = Dialogue([base])
            try:
                await dialogue.turn(5, WORDS, {"update_id": 1, "first_name": WORDS}, False)
            except Unavailable as error:
                log.warning("rasa unavailable", reason=str(error), exc_info=True)
            await dialogue.close()


async def jobs_fail(database: Database) -> None:
    # Not above: what APScheduler imports warns, and tests take words of this file.
    from bot.scheduler import jobs

    def work(_database: Database, _settings: Settings) -> None:
        raise RAISED[0]()

    jobs._leased(jobs.Job("broken", 30, work), database, settings())


async def libraries_tell(_database: Database) -> None:
    """What others' code logs and warns of."""
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
        for name in (
            "sqlalchemy.engine.Engine",
            "telegram.Bot",
            "httpx",
            "httpcore.http11",
            "asyncio",
            "apscheduler",
            "uvicorn.error",
            "x",
        ):
            logger = logging.getLogger(name)
            logger.log(level, "sent '%s' to https://x/bot%s/send", WORDS, settings().telegram_token)
            logger.log(level, "row %r", {"text": WORDS, "phone": PHONE})
            logger.log(level, f"Unquoted at {settings().telegram_token} {PHONE}")
    for raised in RAISED:
        try:
            raise raised()
        except Exception as error:
            log.error("failed", exc_info=True)
            logging.getLogger("x").exception("failed")
            logging.getLogger("x").error(error)
            logging.getLogger("x").error("failed", exc_info=error, stack_info=True)
    warnings.warn(f"odd value '{WORDS}'", stacklevel=1)
    log.info("url", url=f"https://api.telegram.org/bot{settings().telegram_token}", secret=settings().webhook_secret)


async def nobody_catches(_database: Database) -> None:
    """A thread and a task that end with an error of their own."""
    thread = threading.Thread(target=lambda: (_ for _ in ()).throw(RAISED[0]()))
    thread.start()
    thread.join()

    async def fail() -> None:
        raise RAISED[0]()

    task = asyncio.ensure_future(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    asyncio.get_running_loop().call_exception_handler({"message": f"odd '{WORDS}'", "exception": RAISED[0]()})


WAYS = (turns_fail, sends_fail, database_fails, telegram_fails, rasa_fails, jobs_fail, libraries_tell, nobody_catches)


async def main() -> None:
    folder = Path(tempfile.mkdtemp(dir=os.environ["VAR_DIR"]))
    for way in WAYS:
        database = Database(f"sqlite:///{folder}/{way.__name__}.db")
        migrate.upgrade(database)
        log.info("begins", way=way.__name__)
        await way(database)
        database.close()
    log.warning("all failed")


if __name__ == "__main__":
    logs.configure(settings(), "failing")
    asyncio.run(main())
    sys.stdout.flush()
    raise RAISED[2]()
