"""Health and version, for whoever watches over the product."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot import version
from bot.loopback import NAMES, is_local
from bot.services import health, readiness
from bot.settings import Settings
from bot.store.engine import Database

_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""What a reverse proxy adds: to one on this machine, everybody comes from loopback."""


def routes(database: Database, found: Settings) -> list[BaseRoute]:
    """``/health/live``, ``/health/ready`` and ``/version``."""

    async def live(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(request: Request) -> Response:
        # In a thread: a database that is away, or a Rasa, may take seconds to be found so.
        if is_trusted(request, found.health_details):
            seen = await run_in_threadpool(health.look, database, found)
            return JSONResponse(health.shown(seen), status_code=200 if seen.standing.is_ready else 503)
        standing = await run_in_threadpool(readiness.look, database)
        return JSONResponse(health.shown_to_public(standing), status_code=200 if standing.is_ready else 503)

    async def versions(request: Request) -> Response:
        if is_trusted(request, found.health_details):
            return JSONResponse(await run_in_threadpool(health.versions, database, found))
        return JSONResponse({"version": version.version()})

    return [Route("/health/live", live), Route("/health/ready", ready), Route("/version", versions)]


def is_trusted(request: Request, details: str) -> bool:
    """Whether somebody may read more than yes or no.

    Args:
        details: as in HEALTH_DETAILS. "local": who speaks from this machine, to it by name, and through no proxy.
    """
    if details != "local":
        return details == "all"
    headers = request.headers
    is_here = request.client is not None and request.client.host in NAMES
    return is_here and is_local(headers.get("host"), headers.get("origin")) and not any(name in headers for name in _FORWARDED)
