"""The public pages for programs: JSON, described by bot.site.contract."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot import clock, vocabulary
from bot.clock import CASABLANCA
from bot.matching.slots import days_and_times
from bot.services import cards, habits, public
from bot.site.asked import FALLBACK, number, parameters, rows, wanted
from bot.site.contract import DOCUMENT, LIST_FILTERS
from bot.site.shared import Site, link
from bot.store.models import Mission, Organisation
from bot.texts import text, unmarked

_KEPT = {"Cache-Control": "public, max-age=60"}


def document(_site: Site, request: Request) -> Response:
    """The OpenAPI document."""
    parameters(request, (), strict=True)
    return JSONResponse(DOCUMENT, headers={"Cache-Control": "public, max-age=3600"})


def missions(site: Site, request: Request) -> Response:
    """Open missions, the newest first."""
    given = parameters(request, LIST_FILTERS["missions"], strict=True)
    register = given.get("lang", FALLBACK)
    with site.database.read() as session:
        shelf = public.missions(session, wanted(given), clock.local_now().date(), given.get("before"), rows(given))
        found = [_mission(site, request, row, register) for row in shelf.rows]
    return _answer({"missions": found, "next": _next(site, request, given, shelf.before)})


def organisations(site: Site, request: Request) -> Response:
    """Validated organisations, the newest first."""
    given = parameters(request, LIST_FILTERS["organisations"], strict=True)
    register = given.get("lang", FALLBACK)
    with site.database.read() as session:
        shelf = public.organisations(session, given.get("place"), given.get("cause"), given.get("before"), rows(given))
        found = [_organisation(site, request, row, register) for row in shelf.rows]
    return _answer({"organisations": found, "next": _next(site, request, given, shelf.before)})


def mission(site: Site, request: Request) -> Response:
    """One open mission with the places that are left; 410 where it is over."""
    register = parameters(request, ("lang",), strict=True).get("lang", FALLBACK)
    mission_id = number(request.path_params["number"])
    with site.database.read() as session:
        found = public.mission(session, mission_id, clock.local_now().date())
        if found is None:
            raise HTTPException(410 if public.was_open(session, mission_id) else 404)
        return _answer(_mission(site, request, found.mission, register) | {"places_left": found.left})


def organisation(site: Site, request: Request) -> Response:
    """One validated organisation with its open missions, and how it answers."""
    register = parameters(request, ("lang",), strict=True).get("lang", FALLBACK)
    with site.database.read() as session:
        owner = public.organisation(session, number(request.path_params["number"]))
        if owner is None:
            raise HTTPException(404)
        answers = habits.answers(session, [owner.id], clock.now()).get(owner.id)
        found = public.missions_of(session, owner.id, clock.local_now().date())
        more = {
            "answers": unmarked(text(register, answers.words)) if answers and answers.words else None,
            "missions": [_mission(site, request, row, register) for row in found],
        }
        return _answer(_organisation(site, request, owner, register) | more)


def statistics(site: Site, request: Request) -> Response:
    """The figures of the statistics page."""
    parameters(request, (), strict=True)
    at = clock.local_now()
    figures = site.board.read(at, at.date())
    needs = [{"area": area, "cause": cause, "free_places": free} for (area, cause), free in sorted(figures.needs.items())]
    return _answer(
        {
            "missions": figures.missions,
            "organisations": figures.organisations,
            "volunteers": figures.volunteers,
            "places_filled": figures.filled,
            "hours_given": figures.hours,
            "applications_answered_percent": figures.answered,
            "needs": needs,
        }
    )


def _mission(site: Site, request: Request, row: Mission, register: str) -> dict[str, Any]:
    owner = row.initiative.organisation
    return {
        "id": row.id,
        "title": row.title,
        "organisation": {"id": owner.id, "name": owner.name},
        "cause": _named("cause", row.initiative.cause, register),
        "mode": row.mode,
        "place": _named("place", row.place, register),
        "when": unmarked(cards.when(row, register)),
        "slots": {day: list(times) for day, times in days_and_times(row.slots)},
        "starts_on": row.starts_on.isoformat() if row.starts_on else None,
        "ends_on": row.ends_on.isoformat() if row.ends_on else None,
        "time_from": row.time_from,
        "time_to": row.time_to,
        "capacity": row.capacity,
        "minimum_age": row.minimum_age,
        "framework": row.framework,
        "skills_required": list(row.skills_required),
        "skills_welcome": list(row.skills_welcome),
        "spoken_languages": list(row.spoken_languages),
        "published_at": row.created_at.astimezone(CASABLANCA).isoformat(),
        "url": f"{site.base(request)}/missions/{row.id}?lang={register}",
        "chat": site.chat(f"m_{row.id}"),
    }


def _organisation(site: Site, request: Request, row: Organisation, register: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "kind": row.kind,
        "place": _named("place", row.place, register),
        "causes": [_named("cause", cause, register) for cause in row.causes],
        "services": row.services,
        "url": f"{site.base(request)}/organisations/{row.id}?lang={register}",
        "calendar": f"{site.base(request)}/organisations/{row.id}/calendar.ics?lang={register}",
        "chat": site.chat(f"o_{row.id}"),
    }


def _named(kind: str, value: str, register: str) -> dict[str, str]:
    return {"id": value, "label": vocabulary.label(kind, value, register)}


def _next(site: Site, request: Request, given: dict[str, Any], before: int | None) -> str | None:
    """The address of the next page; None: this was the last."""
    if before is None:
        return None
    kept = {name: value for name, value in given.items() if name not in ("before", "lang")}
    return site.base(request) + link(request.url.path, given.get("lang", FALLBACK), **kept, before=before)


def _answer(content: dict[str, Any]) -> Response:
    return JSONResponse(content, headers=_KEPT)


def refusal(status: int, message: str, parameter: str | None = None) -> Response:
    """An error as programs read it. ``parameter``: the one that made no sense; None: none did."""
    return JSONResponse({"error": {"message": message, "parameter": parameter}}, status)
