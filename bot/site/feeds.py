"""What programs subscribe to: calendars, and the feed of new missions."""

from __future__ import annotations

from datetime import timezone
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot import clock, vocabulary
from bot.services import cards, public
from bot.services.public import Wanted
from bot.site import calendars
from bot.site.asked import number, parameters, register_of
from bot.site.shared import Site, link
from bot.store.models import Mission
from bot.texts import joined, text, unmarked

KEPT = "public, max-age=900"
MOST = 200
"""Missions in a calendar, the newest."""
NEWEST = 50
"""Missions in the feed."""
RSS = "application/rss+xml; charset=utf-8"
_HEADERS = {"Cache-Control": KEPT, "Vary": "Accept-Language"}


def _missions(session: Session, request: Request, most: int) -> tuple[list[Mission], dict[str, Any]]:
    given = parameters(request, ("place", "cause", "lang"), strict=False)
    asked = Wanted(given.get("place"), given.get("cause"))
    return public.missions(session, asked, clock.local_now().date(), limit=most).rows, given


def _name(given: dict[str, Any], register: str) -> str:
    """What a feed is called: what it holds, and of which place and cause."""
    parts = [vocabulary.label(kind, given[kind], register) for kind in ("cause", "place") if kind in given]
    return "Tadamon · " + joined(register, [unmarked(text(register, "site_missions")), *parts])


def missions_calendar(site: Site, request: Request) -> Response:
    """The missions of a place, of a cause or of both; the newest of all without either."""
    register = register_of(request)
    with site.database.read() as session:
        found, given = _missions(session, request, MOST)
        content = calendars.calendar(_name(given, register), found, site.base(request), register, clock.local_now().date())
    return Response(content, media_type=calendars.TYPE, headers=_HEADERS)


def organisation_calendar(site: Site, request: Request) -> Response:
    """The missions of one organisation."""
    register, today = register_of(request), clock.local_now().date()
    with site.database.read() as session:
        owner = public.organisation(session, number(request.path_params["number"]))
        if owner is None:
            raise HTTPException(404)
        found = public.missions_of(session, owner.id, today)
        content = calendars.calendar(f"{owner.name} · Tadamon", found, site.base(request), register, today)
    return Response(content, media_type=calendars.TYPE, headers=_HEADERS)


def news(site: Site, request: Request) -> Response:
    """The newest missions as RSS 2.0, all of them or of a place or cause."""
    register, base = register_of(request), site.base(request)
    with site.database.read() as session:
        found, given = _missions(session, request, NEWEST)
        entries = "".join(_entry(mission, base, register) for mission in found)
    asked = {name: given.get(name) for name in ("place", "cause")}
    itself = quoteattr(base + link("/missions.rss", register, **asked))
    content = (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f"<title>{escape(_name(given, register))}</title><link>{escape(base + link('/missions', register, **asked))}</link>"
        f"<description>{escape(unmarked(text(register, 'site_title')))}</description><language>{register}</language><ttl>60</ttl>"
        f'<atom:link href={itself} rel="self" type="application/rss+xml"/>{entries}</channel></rss>\n'
    )
    return Response(content.encode("utf-8"), media_type=RSS, headers=_HEADERS)


def _entry(mission: Mission, base: str, register: str) -> str:
    address = f"{base}/missions/{mission.id}?lang={register}"
    facts = [mission.initiative.organisation.name, cards.where(mission, register), cards.when(mission, register)]
    return (
        f"<item><title>{escape(_clean(mission.title))}</title><link>{escape(address)}</link>"
        f'<guid isPermaLink="false">mission-{mission.id}@tadamon</guid>'
        f"<pubDate>{format_datetime(mission.created_at.astimezone(timezone.utc))}</pubDate>"
        f"<category>{escape(vocabulary.label('cause', mission.initiative.cause, register))}</category>"
        f"<description>{escape(_clean(' · '.join(unmarked(fact) for fact in facts)))}</description></item>"
    )


def _clean(words: str) -> str:
    """Words without characters that XML forbids even when they are escaped."""
    return "".join(c for c in words if c in "\t\n\r" or (" " <= c < "\ufffe" and not "\ud800" <= c <= "\udfff") or c > "\uffff")
