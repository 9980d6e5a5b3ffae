"""Every request passes here: who asks, from where, with which form, and whether the table lets him. What it does not name is refused."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import ImmutableMultiDict
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from bot import clock
from bot.console.frame import ROOT, Console, Problem, View, Visit, asked_locale, problem
from bot.services import audit, staff_sessions
from bot.services.staff_sessions import Staff
from bot.store.engine import DATABASE_GONE
from bot.texts import text

log = structlog.get_logger("console")

PUBLIC, OWN = "public", "own"
"""Beside the permissions of bot.services.staff_roles: everybody may, and everybody who is signed in."""
COOKIE, DOOR_COOKIE = "__Host-staff", "__Host-door"
"""The session's, and one for the form that opens it, where there is no session yet."""
LARGEST_BODY, MOST_FIELDS = 65_536, 200
_SAFE = ("GET", "HEAD")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Strict-Transport-Security": "max-age=31536000",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Entry:
    """A line of the table: who may do what where."""

    method: str
    path: str
    permission: str
    view: View


class Refused(Exception):
    """A request that is not let in. The message is the key of what is told."""

    def __init__(self, status: int, key: str) -> None:
        super().__init__(key)
        self.status, self.key = status, key


async def answer(console: Console, entries: Mapping[str, Entry], request: Request) -> Response:
    """Let a request in, or say why not. ``entries``: those of its path, by method; empty: the path is in no table."""
    try:
        form = ImmutableMultiDict() if request.method in _SAFE else await _form(request)
        found = await run_in_threadpool(_decide, console, entries, request, form)
    except Refused as refused:
        found = PlainTextResponse(text(asked_locale(request), refused.key), refused.status)
    except DATABASE_GONE:
        found = PlainTextResponse(text(asked_locale(request), "console_away"), 503, headers={"Retry-After": "30"})
    except Exception as error:  # whatever it is, the answer is as strict as the others and tells nothing
        log.error("a page failed", path=request.scope.get("path"), error=type(error).__name__, exc_info=True)
        found = PlainTextResponse(text(asked_locale(request), "console_failed"), 500)
    for name, value in HEADERS.items():
        found.headers.setdefault(name, value)
    return found


def _decide(console: Console, entries: Mapping[str, Entry], request: Request, form: ImmutableMultiDict[str, str]) -> Response:
    staff = _signed_in(console, request)
    visit = Visit(console, request, staff, clock.now(), form)
    entry = entries.get("GET" if request.method == "HEAD" else request.method)
    try:
        if _has_nul(request.query_params) or _has_nul(request.path_params):
            raise Refused(400, "console_bad_filter")
        if request.method not in _SAFE and not _is_own_page(request, console.settings.site_url):
            raise Refused(403, "console_foreign")
        if entry is None or entry.permission != PUBLIC:
            if staff is None:
                return _to_the_door(visit)
            _check(visit, entry, entries)
        if request.method not in _SAFE:
            _check_token(visit)
        return entry.view(visit) if entry else problem(visit, 404, "console_not_found")
    except Refused as refused:
        return problem(visit, refused.status, refused.key)
    except Problem as trouble:
        return problem(visit, trouble.status, trouble.key, trouble.back)
    except HTTPException as error:
        return problem(visit, error.status_code, "console_not_found" if error.status_code == 404 else "console_denied")


def _signed_in(console: Console, request: Request) -> Staff | None:
    token = request.cookies.get(COOKIE, "")
    if not token:
        return None
    at = clock.now()
    with console.database.read() as session:
        staff = staff_sessions.find(session, token, at)
    # Parts of a page are fetched by the page itself, maybe every few seconds: that is nobody who is there.
    if staff is not None and staff.is_stale and "hx-request" not in request.headers:
        with console.database.write() as session:
            staff_sessions.touch(session, staff.session_id, at)
    return staff


def _check(visit: Visit, entry: Entry | None, entries: Mapping[str, Entry]) -> None:
    """Whether the table lets somebody who is signed in. A refusal is written down."""
    if entry is None:
        raise Refused(405 if entries else 404, "console_not_found")
    if entry.permission != OWN and not visit.who.may(entry.permission):
        with visit.database.write() as session:
            audit.record(session, visit.who.author, "denied", visit.at, method=entry.method, path=entry.path)
        raise Refused(403, "console_denied")


def _to_the_door(visit: Visit) -> Response:
    """Somebody who is not signed in any more: to the login page, and back; what was sent is not done."""
    request = visit.request
    if visit.is_partial:
        # A part of a page is no place for a form: htmx loads the whole page anew.
        return Response(status_code=403, headers={"HX-Redirect": f"{ROOT}/login"})
    if request.method not in _SAFE:
        raise Refused(403, "console_ended")
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{ROOT}/login?next={quote(asked, safe='')}", 303)


# ---- unsafe requests


def _is_own_page(request: Request, site_url: str | None) -> bool:
    """Whether an unsafe request comes from a page of this very host. A browser says so in one header or the other; who says nothing is
    refused. With no referrer, browsers send "null" for the origin of forms, and Sec-Fetch-Site tells."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    hosts = {request.headers.get("host", ""), *([urlsplit(site_url).netloc] if site_url else [])} - {""}
    is_own_origin = origin in {f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts}
    if site is not None:
        return site == "same-origin" and (origin in (None, "null") or is_own_origin)
    return is_own_origin


def _check_token(visit: Visit) -> None:
    """Whether the form is one that this session, or this browser at the door, was given."""
    expected = visit.staff.csrf if visit.staff else visit.request.cookies.get(DOOR_COOKIE, "")
    given = visit.request.headers.get("x-csrf-token") or visit.form.get("csrf") or ""
    if not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        raise Refused(403, "console_ended" if visit.staff else "console_door")


async def _form(request: Request) -> ImmutableMultiDict[str, str]:
    """The fields of a plain form. Raises Refused for anything else, and for what is too long."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Refused(413, "console_too_long")
    if not body:
        return ImmutableMultiDict()
    if kind != "application/x-www-form-urlencoded":
        raise Refused(415, "console_bad_form")
    try:
        fields: Any = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refused(400, "console_bad_form") from None
    form = ImmutableMultiDict(fields)
    if _has_nul(form):
        raise Refused(400, "console_bad_form")
    return form


def _has_nul(fields: Mapping[str, str]) -> bool:
    """PostgreSQL takes no such text."""
    values = (value for _, value in fields.multi_items()) if isinstance(fields, ImmutableMultiDict) else fields.values()
    return any("\x00" in value for value in values)
