"""The pages that lead somewhere: front, lists with their filters, map, statistics, what is public and what is not."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bot import clock, vocabulary
from bot.matching.slots import DAYS
from bot.services import cards, public, showcase
from bot.services.figures import REMOTE
from bot.services.territory import CITY, areas
from bot.site import charts
from bot.site.asked import MODES, parameters, register_of, wanted
from bot.site.shared import Site, link, page
from bot.store.models import Organisation
from bot.texts import text

NEWEST = 6
FILTERS = ("place", "cause", "day", "mode", "q")


def front(site: Site, request: Request) -> Response:
    """What it is, how to begin, what is new, and how much there is."""
    register = register_of(request)
    at = clock.local_now()
    with site.database.read() as session:
        newest = showcase.open_missions(session, register, at.date(), NEWEST)
    figures = site.board.read(at, at.date())
    causes = [(term.id, term.labels[register], figures.by_cause[term.id]) for term in vocabulary.terms("cause")]
    shown = {"missions": newest, "figures": figures, "causes": [cause for cause in causes if cause[2]], "sandbox_url": site.sandbox_url}
    return page(site, request, "front.html", shown)


def missions(site: Site, request: Request) -> Response:
    """Open missions by place, cause, day, mode and words, page by page."""
    register, today = register_of(request), clock.local_now().date()
    given = parameters(request, (*FILTERS, "before", "lang"), strict=False)
    with site.database.read() as session:
        shelf = public.missions(session, wanted(given), today, given.get("before"))
        shown = [showcase.card(mission, register) for mission in shelf.rows]
    asked = {name: given.get(name) for name in FILTERS}
    return page(site, request, "missions.html", {"missions": shown, **_browsing(register, "/missions", asked, given, shelf.before)})


def organisations(site: Site, request: Request) -> Response:
    """Validated organisations by place and cause, page by page."""
    register = register_of(request)
    given = parameters(request, ("place", "cause", "before", "lang"), strict=False)
    with site.database.read() as session:
        shelf = public.organisations(session, given.get("place"), given.get("cause"), given.get("before"))
        shown = [organisation_card(row, register) for row in shelf.rows]
    asked = {name: given.get(name) for name in ("place", "cause")}
    return page(
        site, request, "organisations.html", {"organisations": shown, **_browsing(register, "/organisations", asked, given, shelf.before)}
    )


def organisation_card(row: Organisation, register: str) -> dict[str, Any]:
    """An organisation in a list, in words."""
    return {
        "number": row.id,
        "name": row.name,
        "services": row.services,
        "kind": vocabulary.label("organisation_kind", row.kind, register),
        "place": cards.place(row.place, register),
        "causes": cards.labels("cause", row.causes, register),
    }


def _browsing(register: str, path: str, asked: dict[str, Any], given: dict[str, Any], before: int | None) -> dict[str, Any]:
    """What a list with filters needs: the choices, what was chosen, and where the next page is."""
    return {
        "asked": asked,
        "is_filtered": any(asked.values()),
        "is_first": "before" not in given,
        "next_page": link(path, register, **asked, before=before) if before else None,
        "choices": choices(register),
    }


def choices(register: str) -> dict[str, list[tuple[str, str]]]:
    """The choices of each filter: value and label. Arrondissements and communes in the order in which people look for a name."""
    of = vocabulary.label
    named = sorted(((place.id, of("place", place.id, register)) for place in areas() if place.id != CITY), key=lambda pair: pair[1])
    return {
        "place": [(CITY, of("place", CITY, register)), *named],
        "cause": [(term.id, term.labels[register]) for term in vocabulary.terms("cause")],
        "day": [(day, of("day", day, register)) for day in DAYS],
        "mode": [(mode, of("mode", mode, register)) for mode in MODES],
    }


def area_label(area: str, register: str) -> str:
    return text(register, "remote_place") if area == REMOTE else vocabulary.label("place", area, register)


def map_(site: Site, request: Request) -> Response:
    """Where the open missions are, as two drawings and a table."""
    register, at = register_of(request), clock.local_now()
    figures = site.board.read(at, at.date())
    table = [
        (area, area_label(area, register), count) for area, count in sorted(figures.by_area.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    shown = {"city": charts.city_map(figures), "region": charts.region_map(figures), "table": table, "remote": REMOTE}
    return page(site, request, "map.html", {**shown, "label": lambda place: area_label(place, register)})


def statistics(site: Site, request: Request) -> Response:
    """The service in figures, and where people are missing."""
    register, at = register_of(request), clock.local_now()
    figures = site.board.read(at, at.date())
    causes, rows = charts.heat(figures)
    labels = {term.id: term.labels[register] for term in vocabulary.terms("cause")}
    shown = {
        "figures": figures,
        "causes": causes,
        "rows": rows,
        "drawn": rows[: charts.MOST_ROWS],
        "cause_label": labels.__getitem__,
        "remote": REMOTE,
    }
    return page(site, request, "statistics.html", {**shown, "label": lambda place: area_label(place, register)})


def privacy(site: Site, request: Request) -> Response:
    """What is public, what never is, and what the conversation keeps."""
    return page(site, request, "privacy.html")
