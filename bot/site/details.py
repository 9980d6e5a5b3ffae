"""The pages of one thing: a mission, an organisation with its agenda and its initiatives, and its poster."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import segno
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot import clock, vocabulary
from bot.services import cards, habits, public, schedule, showcase
from bot.services.public import Wanted
from bot.site.asked import number, register_of
from bot.site.events import event_of
from bot.site.pages import organisation_card
from bot.site.shared import Site, link, page
from bot.store.models import Mission, Organisation

ALTERNATIVES = 4


def mission(site: Site, request: Request) -> Response:
    """A mission; where it is over, others of its cause and place with 410; anything else is 404."""
    register, today = register_of(request), clock.local_now().date()
    mission_id = number(request.path_params["number"])
    with site.database.read() as session:
        found = public.mission(session, mission_id, today)
        if found is None:
            return _gone(site, request, session, mission_id, today)
        owner = found.mission.initiative.organisation
        answers = _answers(session, owner)
        address = f"{site.base(request)}/missions/{mission_id}"
        event = event_of(found.mission, address, f"{site.base(request)}/organisations/{owner.id}", today)
        shown = {
            **showcase.card(found.mission, register),
            "owner": owner.id,
            "cause_id": found.mission.initiative.cause,
            "place_id": found.mission.place,
            "is_remote": found.mission.mode == "remote",
            "mode": vocabulary.label("mode", found.mission.mode, register),
            "left": found.left,
            "capacity": found.mission.capacity,
            "minimum_age": found.mission.minimum_age,
            "is_contract": found.mission.framework != "informal",
            "skills": cards.labels("skill", found.mission.skills_required, register),
            "welcome": cards.labels("skill", found.mission.skills_welcome, register),
            "languages": cards.labels("spoken_language", found.mission.spoken_languages, register),
        }
    context = {
        "mission": shown,
        "answers": answers,
        "join": site.chat(f"m_{mission_id}"),
        "share": f"{address}?lang={register}",
        "event": _script(event),
    }
    return page(site, request, "mission.html", context)


def _script(value: object) -> Markup:
    """JSON for a script element, which a title with a tag in it does not leave."""
    return Markup(json.dumps(value, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704


def _gone(site: Site, request: Request, session: Session, mission_id: int, today: date) -> Response:
    """Kind words for who followed an old link, and what is near to it."""
    was = public.was_open(session, mission_id)
    if was is None:
        raise HTTPException(404)
    cause, place = was
    same_cause = public.missions(session, Wanted(cause=cause), today, limit=ALTERNATIVES).rows
    same_place = public.missions(session, Wanted(place=place), today, limit=ALTERNATIVES).rows
    others = list({row.id: row for row in (*same_cause, *same_place)}.values())
    register = register_of(request)
    return page(site, request, "gone.html", {"missions": [showcase.card(row, register) for row in others]}, status=410)


def _answers(session: Session, owner: Organisation) -> str | None:
    """The key of how an organisation answers, in words; None: too little to say."""
    found = habits.answers(session, [owner.id], clock.now()).get(owner.id)
    return found.words if found else None


def _organisation(session: Session, request: Request) -> Organisation:
    """The validated organisation of the path. Raises HTTPException 404 for any other."""
    found = public.organisation(session, number(request.path_params["number"]))
    if found is None:
        raise HTTPException(404)
    return found


def organisation(site: Site, request: Request) -> Response:
    """An organisation: what it does beside what it looks for, how it answers, and its coming four weeks."""
    register, today = register_of(request), clock.local_now().date()
    with site.database.read() as session:
        owner = _organisation(session, request)
        missions = public.missions_of(session, owner.id, today)
        context = {
            "organisation": organisation_card(owner, register),
            "missions": [showcase.card(row, register) for row in missions],
            "agenda": [(cards.day(day, register), [_line(row) for row in rows]) for day, rows in schedule.agenda(missions, today)],
            "answers": _answers(session, owner),
            "join": site.chat(f"o_{owner.id}"),
            "share": f"{site.base(request)}/organisations/{owner.id}?lang={register}",
        }
    return page(site, request, "organisation.html", context)


def _line(mission: Mission) -> dict[str, Any]:
    hours = "–".join(filter(None, (mission.time_from, mission.time_to)))
    return {"number": mission.id, "title": mission.title, "hours": hours}


def initiatives(site: Site, request: Request) -> Response:
    """What an organisation runs, each initiative with its open missions."""
    register, today = register_of(request), clock.local_now().date()
    with site.database.read() as session:
        owner = _organisation(session, request)
        found: dict[int, dict[str, Any]] = {}
        for row in public.missions_of(session, owner.id, today):
            of = row.initiative
            entry = found.setdefault(
                of.id,
                {
                    "title": of.title,
                    "cause": vocabulary.label("cause", of.cause, register),
                    "place": cards.place(of.place, register),
                    "missions": [],
                },
            )
            entry["missions"].append(showcase.card(row, register))
        context = {"organisation": organisation_card(owner, register), "initiatives": list(found.values())}
    return page(site, request, "initiatives.html", context)


def poster(site: Site, request: Request) -> Response:
    """A page to print: a code that opens the organisation in the chat, or its page where the bot's name is not known."""
    register = register_of(request)
    with site.database.read() as session:
        owner = _organisation(session, request)
        shown = organisation_card(owner, register)
    chat = site.chat(f"o_{owner.id}")
    target = chat or site.base(request) + link(f"/organisations/{owner.id}", register)
    return page(site, request, "poster.html", {"organisation": shown, "code": _code(target), "target": target, "is_chat": chat is not None})


def _code(target: str) -> Markup:
    """A QR code as inline SVG; with a wide margin, since it is printed and photographed."""
    made = io.BytesIO()
    segno.make(target, error="m").save(
        made, kind="svg", xmldecl=False, svgclass="code", lineclass=None, omitsize=True, border=3, light="#fff"
    )
    return Markup(made.getvalue().decode("utf-8"))  # noqa: S704 - numbers made by segno
