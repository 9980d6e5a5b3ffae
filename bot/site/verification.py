"""The public check of certificates: a number in the address, or typed into a form that needs no script."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.certificates import numbers
from bot.services import certificates
from bot.services.certificates import Verdict
from bot.site.asked import register_of
from bot.store.engine import Database
from bot.texts import REGISTERS, RIGHT_TO_LEFT, text

_PAGES = Environment(loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True, undefined=StrictUndefined)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # A certificate names a person: it is for whoever holds it, not for search engines or caches.
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}
LONGEST = 64
"""Characters of a number that are read at all."""
_STATUS = {"true": 200, "revoked": 200, "altered": 404, "unknown": 404}


def routes(database: Database) -> list[Route]:
    """``/c/NUMBER`` says whether a certificate holds, ``/c`` asks for its number."""

    async def form(request: Request) -> Response:
        typed = request.query_params.get("number", "")[:LONGEST].strip()
        number = numbers.read(typed)
        if number is not None:
            # One address a certificate, however its number was typed.
            return RedirectResponse(f"/c/{numbers.shown(number)}?lang={register_of(request)}", 303, headers=_HEADERS)
        return _page(request, Verdict("unknown") if typed else None, typed)

    async def check(request: Request) -> Response:
        typed = request.path_params["number"][:LONGEST]
        verdict = await run_in_threadpool(_verdict, database, typed)
        return _page(request, verdict, typed)

    return [Route("/c", form), Route("/c/{number}", check)]


def _verdict(database: Database, typed: str) -> Verdict:
    with database.read() as session:
        return certificates.verify(session, typed)


def _page(request: Request, verdict: Verdict | None, typed: str) -> Response:
    register = register_of(request)
    shown = _PAGES.get_template("verification.html").render(
        t=lambda key, **arguments: Markup(text(register, key, **arguments)),  # noqa: S704 - made by bot.texts, which escapes
        register=register,
        registers=[(name, text(name, "register_name")) for name in REGISTERS],
        direction="rtl" if register in RIGHT_TO_LEFT else "ltr",
        verdict=verdict,
        words=Markup(certificates.in_words(verdict, register)) if verdict else "",  # noqa: S704 - as above
        typed=typed,
    )
    return HTMLResponse(shown, _STATUS[verdict.outcome] if verdict else 200, headers=_HEADERS)
