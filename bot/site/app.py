"""The web process: public pages, feeds and API, and health for whoever watches over it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.services.figures import Board
from bot.settings import Settings, settings
from bot.site import api, crawling, details, feeds, health, pages, verification
from bot.site.asked import BadRequest, register_of
from bot.site.counted import Counted
from bot.site.guard import Guard
from bot.site.shared import Site, page, static
from bot.store.engine import DATABASE_GONE, Database
from bot.texts import text

PATHS: dict[str, Callable[[Site, Request], Response]] = {
    "/": pages.front,
    "/missions": pages.missions,
    "/missions/{number}": details.mission,
    "/missions.ics": feeds.missions_calendar,
    "/missions.rss": feeds.news,
    "/organisations": pages.organisations,
    "/organisations/{number}": details.organisation,
    "/organisations/{number}/initiatives": details.initiatives,
    "/organisations/{number}/poster": details.poster,
    "/organisations/{number}/calendar.ics": feeds.organisation_calendar,
    "/map": pages.map_,
    "/statistics": pages.statistics,
    "/privacy": pages.privacy,
    "/api/openapi.json": api.document,
    "/api/v1/missions": api.missions,
    "/api/v1/missions/{number}": api.mission,
    "/api/v1/organisations": api.organisations,
    "/api/v1/organisations/{number}": api.organisation,
    "/api/v1/statistics": api.statistics,
    "/robots.txt": crawling.robots,
    "/sitemap.xml": crawling.index,
    "/sitemap/{name}.xml": crawling.one,
}
_FIELDS = {"place": "site_place", "cause": "site_cause", "day": "site_day", "mode": "site_mode", "q": "site_words"}


def create_app(
    database: Database,
    sandbox_url: str | None,
    site_url: str | None = None,
    bot_name: str | None = None,
    found: Settings | None = None,
) -> Starlette:
    """The app.

    Args:
        sandbox_url: linked on the front page where a sandbox runs; None elsewhere.
        site_url: the public address, as in SITE_URL; None: the host asked for.
        bot_name: on Telegram, as in BOT_NAME; None: pages link to no chat.
        found: by which health looks around; None: those of this process.
    """
    site = Site(database, Board(database), sandbox_url, site_url, bot_name)
    routes = [Route(path, partial(answer, site)) for path, answer in PATHS.items()]
    failures: dict[Any, Any] = {
        HTTPException: partial(_refused, site),
        BadRequest: partial(_bad, site),
        **dict.fromkeys(DATABASE_GONE, _away),
    }
    return Starlette(
        routes=[*routes, *verification.routes(database), *health.routes(database, found or settings()), Route("/static/{name}", static)],
        middleware=[Middleware(Counted), Middleware(Guard)],
        exception_handlers=failures,
    )


def _for_programs(request: Request) -> bool:
    return request.url.path.startswith("/api/")


def _refused(site: Site, request: Request, error: Exception) -> Response:
    """A page that is not there, in words that lead on; for programs and for other refusals in one line."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = getattr(error, "headers", None)
    if _for_programs(request):
        answer = api.refusal(status, HTTPStatus(status).phrase)
        answer.headers.update(headers or {})
        return answer
    if status != HTTPStatus.NOT_FOUND:
        return PlainTextResponse(HTTPStatus(status).phrase, status, headers=headers)
    register = register_of(request)
    shown = {"headline": text(register, "site_not_found"), "explained": text(register, "site_not_found_how")}
    return page(site, request, "problem.html", shown, status, repeats=False)


def _bad(site: Site, request: Request, error: Exception) -> Response:
    """A parameter that makes no sense: which, and a way on. What was given is not repeated."""
    name = error.name if isinstance(error, BadRequest) else ""
    if _for_programs(request):
        return api.refusal(400, f"{name} {error}", name)
    register = register_of(request)
    field = _FIELDS.get(name)
    explained = text(register, "site_bad_field", name=text(register, field)) if field else text(register, "site_bad_how")
    return page(site, request, "problem.html", {"headline": text(register, "site_bad"), "explained": explained}, 400, repeats=False)


async def _away(request: Request, _error: Exception) -> Response:
    headers = {"Retry-After": "30"}
    if _for_programs(request):
        answer = api.refusal(503, "The database is away for a moment; try again.")
        answer.headers.update(headers)
        return answer
    return PlainTextResponse(text(register_of(request), "site_away"), 503, headers=headers)
