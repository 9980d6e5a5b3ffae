"""The web process: the public front page, and health for whoever watches over it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot import clock
from bot.services import showcase
from bot.store import migrate
from bot.store.engine import DATABASE_GONE, Database
from bot.texts import REGISTERS, RIGHT_TO_LEFT, text

_PAGES = Environment(loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_HTML_LANG = {"ar": "ar", "fr": "fr", "ary-Arab": "ary-Arab", "ary-Latn": "ary-Latn"}


def create_app(database: Database, sandbox_url: str | None) -> Starlette:
    """The app. ``sandbox_url`` is linked on the front page where a sandbox runs; None elsewhere."""

    async def front(request: Request) -> Response:
        asked = request.query_params.get("lang", "fr")
        register = asked if asked in REGISTERS else "fr"
        shown = await run_in_threadpool(_shown, database, register)
        page = _PAGES.get_template("front.html").render(
            t=lambda key, **arguments: text(register, key, **arguments),
            register=register,
            registers=[(name, text(name, "register_name")) for name in REGISTERS],
            html_lang=_HTML_LANG[register],
            direction="rtl" if register in RIGHT_TO_LEFT else "ltr",
            missions=shown,
            sandbox_url=sandbox_url,
        )
        return HTMLResponse(page, headers=_HEADERS)

    async def live(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_request: Request) -> Response:
        try:
            current = await run_in_threadpool(migrate.is_current, database)
        except DATABASE_GONE:
            return JSONResponse({"database": "unreachable"}, status_code=503)
        found = {"database": "ok", "migrations": "current" if current else "behind"}
        return JSONResponse(found, status_code=200 if current else 503)

    async def away(request: Request, _error: Exception) -> Response:
        register = request.query_params.get("lang", "fr")
        words = text(register if register in REGISTERS else "fr", "site_away")
        return PlainTextResponse(words, status_code=503, headers={**_HEADERS, "Retry-After": "30"})

    return Starlette(
        routes=[Route("/", front), Route("/health/live", live), Route("/health/ready", ready)],
        exception_handlers=dict.fromkeys(DATABASE_GONE, away),
    )


def _shown(database: Database, register: str) -> list[dict[str, Any]]:
    with database.read() as session:
        return showcase.open_missions(session, register, clock.local_now().date())
