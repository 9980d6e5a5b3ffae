"""Single missions: those of which reports speak, those that are hidden, and what is decided about one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot import vocabulary
from bot.console.frame import Problem, Visit, number, page, seen
from bot.services import audit, cards, initiatives, mission_reviews
from bot.services.mission_reviews import DECISIONS, REASONS, SHELVES, WHEN
from bot.services.moderation import PAGE, Stale, Unfit
from bot.store.models import Mission, MissionReview, StaffAccount
from bot.texts import text, unmarked

PATH = "/missions"
_STATES = ("draft", "pending", "published", "full", "finished", "cancelled", "flagged")
_FACTS = ("cause", "place", "mode", "capacity", "minimum_age", "skills_required", "skills_welcome", "authorisation")
_ALWAYS = ("minimum_age", "authorisation")
"""Told where there is none, too."""
_LABELLED = {"cause": "cause", "place": "place", "skills_required": "skill", "skills_welcome": "skill"}
_NAMES = {
    "state_names": {state: f"console_mission_{state}" for state in _STATES},
    "shelf_names": {shelf: f"console_shelf_{shelf}" for shelf in SHELVES},
    "fact_names": {name: f"console_fact_{name}" for name in ("title", "when", *_FACTS)},
    "reason_names": {
        **{reason: f"console_reason_{reason}" for reasons in REASONS.values() for reason in reasons},
        "duplicate": "console_reason_published_before",
    },
    "decision_names": {decision: f"console_decide_{decision}" for decision in ("flagged", "published", "cancelled")},
}
"""Keys of the texts by what they name."""


def missions(visit: Visit) -> Response:
    """A shelf of missions, of one organisation where the address names it."""
    query = visit.request.query_params
    shelf, organisation_id = query.get("shelf") or SHELVES[0], number(query.get("organisation")) or None
    if shelf not in SHELVES:
        raise Problem(400, "console_bad_filter", PATH)
    with visit.database.read() as session:
        rows = mission_reviews.listed(session, shelf, number(query.get("before")) or None, organisation_id)
        context = {
            "rows": rows[:PAGE],
            "before": rows[PAGE - 1].mission.id if len(rows) > PAGE else None,
            "shelf": shelf,
            "organisation_id": organisation_id,
            "counts": mission_reviews.counts(session),
            "when": lambda mission: unmarked(cards.when(mission, visit.locale)),
            "label": lambda kind, value: vocabulary.label(kind, value, visit.locale),
            **_NAMES,
        }
        return page(visit, "missions.html", context)


def mission(visit: Visit) -> Response:
    """One mission: what it says, what changed since the last decision, what it may be a double of, which reports speak of it."""
    with visit.database.read() as session:
        row = _mission(visit, session)
        earlier = mission_reviews.reviews(session, row.id)
        context = {
            "row": row,
            "organisation": row.initiative.organisation,
            "facts": [(name, _shown(name, value, visit.locale)) for name, value in _facts(row)],
            "when": unmarked(cards.when(row, visit.locale)),
            "standing": initiatives.standing(session, row.id),
            "reviews": _with_authors(session, earlier),
            "differences": _differences(row, earlier, visit.locale),
            "alike": mission_reviews.alike(session, row),
            "reports": mission_reviews.reports(session, row.id),
            "shown": mission_reviews.fingerprint(row),
            "decisions": DECISIONS.get(row.state, ()),
            "reasons": REASONS,
            **_NAMES,
        }
        answer = page(visit, "mission.html", context)
    with visit.database.write() as session:
        audit.record(session, visit.who.author, "view", visit.at, ("mission", number(visit.request.path_params["number"])))
    return answer


def _mission(visit: Visit, session: Session) -> Mission:
    row: Mission | None = session.get(Mission, number(visit.request.path_params["number"]))
    if row is None:
        raise Problem(404, "console_not_found", PATH)
    return row


def _facts(row: Mission) -> list[tuple[str, Any]]:
    looked_at = mission_reviews.snapshot(row)
    return [(name, looked_at[name]) for name in _FACTS if looked_at[name] or name in _ALWAYS]


def _with_authors(session: Session, earlier: list[MissionReview]) -> list[tuple[MissionReview, str | None]]:
    names = dict(session.execute(select(StaffAccount.id, StaffAccount.name)).all())
    return [(review, names.get(review.account_id)) for review in earlier]


def _differences(row: Mission, earlier: list[MissionReview], locale: str) -> list[tuple[str, str, str]]:
    """(name, before, now) in words; whatever says when it is, is one line."""
    found = mission_reviews.differences(row, earlier)
    lines = [(name, _shown(name, before, locale), _shown(name, now, locale)) for name, before, now in found if name not in WHEN]
    if len(lines) < len(found):
        before = mission_reviews.as_it_was(earlier[0].snapshot)
        lines.append(("when", unmarked(cards.when(before, locale)), unmarked(cards.when(row, locale))))
    return lines


def _shown(name: str, value: Any, locale: str) -> str:
    """A value of a mission in words."""
    if name == "mode" and value:
        return unmarked(text(locale, f"summary_mode_{value}"))
    if kind := _LABELLED.get(name):
        values = value if isinstance(value, (list, tuple)) else [value] if value else []
        return ", ".join(vocabulary.label(kind, one, locale) for one in values) or "–"
    return "–" if value in (None, "") else str(value)


def decide(visit: Visit) -> Response:
    """Hide what the page showed, show it again, or end it."""
    mission_id, form = number(visit.request.path_params["number"]), visit.form
    path = f"{PATH}/{mission_id}"
    try:
        with visit.database.write() as session:
            _mission(visit, session)
            given = form.get("decision", ""), form.get("reason") or None, form.get("shown", "")
            mission_reviews.decide(session, visit.who.author, mission_id, *given, visit.at)
    except Stale:
        raise Problem(409, "console_mission_stale", path) from None
    except Unfit:
        raise Problem(400, "console_decision_unfit", path) from None
    return seen(path)
