"""What staff decide about a single mission. Whoever it concerns is told in his own register: its organisation, and all who applied.

running ─► flagged (hidden, nobody can apply) ─► published again | cancelled

Its organisation may change or end it meanwhile. A decision is made about what the page showed: where the mission has changed since, or
somebody else was faster, it is not made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager

from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import audit, initiatives, states
from bot.services.audit import Author
from bot.services.moderation import ALIKE, PAGE, Stale, Unfit, fingerprint_of
from bot.services.organisations import members
from bot.store.models import Application, Initiative, Message, Mission, MissionReview, Organisation
from bot.texts import Html, text

PUBLISHED, FLAGGED, CANCELLED = "published", states.HELD, "cancelled"
DECISIONS: Mapping[str, tuple[str, ...]] = {**dict.fromkeys(states.RUNNING, (FLAGGED,)), FLAGGED: (PUBLISHED, CANCELLED)}
"""What may be decided in which state."""
REASONS: Mapping[str, tuple[str, ...]] = {
    FLAGGED: ("reports", "misleading", "money", "safety", "duplicate"),
    CANCELLED: ("misleading", "money", "safety", "duplicate"),
}
"""Why one is hidden or ended: the texts mission_reason_…."""
SHELVES = ("running", "reported", "flagged")
"""Which missions are looked at together: those that go on, those of which an open report speaks, those that are hidden."""
LOOKED_AT = (
    "title", "place", "mode", "slots", "starts_on", "ends_on", "time_from", "time_to", "capacity", "minimum_age", "skills_required",
    "skills_welcome", "authorisation",
)  # fmt: skip
"""Columns that a decision is about; the cause beside them."""
WHEN = ("slots", "starts_on", "ends_on", "time_from", "time_to")
"""Those that say when it is."""
_TOLD = {FLAGGED: "mission_held", PUBLISHED: "mission_held_over", CANCELLED: "mission_removed"}


@dataclass(frozen=True)
class Row:
    """A mission in a list, with how many open applications and open reports there are of it."""

    mission: Mission
    applications: int
    reports: int


# ---- looking


def listed(session: Session, shelf: str, before: int | None = None, organisation_id: int | None = None) -> list[Row]:
    """Missions of a shelf, the newest first, one more than a page where there is another one. Three queries.

    Args:
        before: the number with which the page before ended.
        organisation_id: of this organisation alone; None: of all.
    """
    query = (
        select(Mission)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .join(Organisation, Organisation.id == Initiative.organisation_id)
        .options(contains_eager(Mission.initiative).contains_eager(Initiative.organisation))
        .where(Mission.state.in_((FLAGGED,) if shelf == "flagged" else states.RUNNING))
    )
    if shelf == "reported":
        query = query.where(Mission.id.in_(select(Message.mission_id).where(*_OPEN_REPORT)))
    if organisation_id is not None:
        query = query.where(Organisation.id == organisation_id)
    if before is not None:
        query = query.where(Mission.id < before)
    missions = list(session.execute(query.order_by(Mission.id.desc()).limit(PAGE + 1)).scalars())
    ids = [mission.id for mission in missions]
    applied = _counted(session, Application.mission_id, Application.mission_id.in_(ids), Application.state.in_(states.OPEN))
    reported = _counted(session, Message.mission_id, Message.mission_id.in_(ids), *_OPEN_REPORT)
    return [Row(mission, applied.get(mission.id, 0), reported.get(mission.id, 0)) for mission in missions]


_OPEN_REPORT = (Message.kind == "report", Message.state == "open", Message.mission_id.is_not(None))


def _counted(session: Session, column: Any, *conditions: Any) -> dict[Any, int]:
    return dict(session.execute(select(column, func.count()).where(*conditions).group_by(column)).all())


def counts(session: Session) -> dict[str, int]:
    """How many missions stand on each shelf. Two queries."""
    by_state = _counted(session, Mission.state, Mission.state.in_(states.NOT_OVER))
    reported = select(func.count(func.distinct(Mission.id))).join(Message, Message.mission_id == Mission.id)
    running = session.execute(reported.where(*_OPEN_REPORT, Mission.state.in_(states.RUNNING))).scalar_one()
    return {"running": sum(by_state.get(state, 0) for state in states.RUNNING), "reported": running, "flagged": by_state.get(FLAGGED, 0)}


def reports(session: Session, mission_id: int) -> list[int]:
    """The numbers of the open reports that speak of a mission."""
    query = select(Message.id).where(Message.mission_id == mission_id, Message.kind == "report", Message.state == "open")
    return list(session.execute(query.order_by(Message.id).limit(PAGE)).scalars())


def alike(session: Session, mission: Mission) -> list[Mission]:
    """Missions of the same organisation with nearly the same title and the same time, that are not over."""
    same_owner = Initiative.organisation_id == mission.initiative.organisation_id
    query = select(Mission).join(Initiative).where(same_owner, Mission.state.in_(states.NOT_OVER), Mission.id != mission.id)
    others = session.execute(query.order_by(Mission.id.desc()).limit(PAGE)).scalars()
    return [other for other in others if _is_alike(mission, other)]


def _is_alike(mission: Mission, other: Mission) -> bool:
    same_time = all(getattr(mission, name) == getattr(other, name) for name in WHEN)
    return same_time and bool(fuzz.token_set_ratio(mission.title.casefold(), other.title.casefold()) >= ALIKE)


def reviews(session: Session, mission_id: int) -> list[MissionReview]:
    """Earlier decisions, the newest first."""
    query = select(MissionReview).where(MissionReview.mission_id == mission_id).order_by(MissionReview.id.desc()).limit(20)
    return list(session.execute(query).scalars())


def snapshot(mission: Mission) -> dict[str, Any]:
    """What a decision is about, as JSON has it."""
    return {"cause": mission.initiative.cause, **{name: _plain(getattr(mission, name)) for name in LOOKED_AT}}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def as_it_was(kept: Mapping[str, Any]) -> Mission:
    """The time of a snapshot as a mission that is never saved, so that both are named in the same words."""
    days = {name: date.fromisoformat(kept[name]) if kept.get(name) else None for name in ("starts_on", "ends_on")}
    return Mission(**days, slots=kept.get("slots") or 0, time_from=kept.get("time_from"), time_to=kept.get("time_to"))


def differences(mission: Mission, earlier: Sequence[MissionReview]) -> list[tuple[str, Any, Any]]:
    """(column, before, now) of what changed since the last decision; nothing where there was none."""
    if not earlier:
        return []
    before, now = earlier[0].snapshot, snapshot(mission)
    return [(name, before.get(name), value) for name, value in now.items() if before.get(name) != value]


def fingerprint(mission: Mission) -> str:
    """What a page showed, in short: a form brings it back."""
    return fingerprint_of(mission.state, snapshot(mission))


# ---- deciding


def decide(session: Session, author: Author, mission_id: int, decision: str, reason: str | None, shown: str, at: datetime) -> None:
    """Hide a mission, show it again, or end it; its organisation and all who applied are told.

    Args:
        reason: of :data:`REASONS`; None where it is shown again.
        shown: the fingerprint of what the form was made from.

    Raises Stale, Unfit.
    """
    if decision not in _TOLD or reason not in REASONS.get(decision, (None,)):
        raise Unfit(decision)
    query = select(Mission).where(Mission.id == mission_id).with_for_update()
    mission: Mission | None = session.execute(query).scalar_one_or_none()
    if mission is None or fingerprint(mission) != shown:
        raise Stale
    if decision not in DECISIONS.get(mission.state, ()):
        raise Unfit(decision)
    kept = snapshot(mission)
    initiatives.tell_concerned(session, mission, f"{_TOLD[decision]}_told", at, searches=decision == CANCELLED)
    if decision == CANCELLED:
        initiatives.end(session, mission, CANCELLED, at)
    else:
        mission.state, mission.changed_at = decision, at
    review = MissionReview(
        mission_id=mission_id, account_id=author.account_id, decision=decision, reason=reason, snapshot=kept, created_at=at
    )
    session.add(review)
    session.flush()
    audit.record(session, author, f"mission_{decision}", at, ("mission", mission_id), reason=reason)
    _tell_members(session, mission, review, at)


def _tell_members(session: Session, mission: Mission, review: MissionReview, at: datetime) -> None:
    for member in members(session, mission.initiative.organisation_id):
        register = member.register
        why = text(register, f"mission_reason_{review.reason}") if review.reason else ""
        choices = [Choice(text(register, "button_handoff"), "/human_handoff")] if review.reason else []
        if review.decision == FLAGGED:
            choices = [Choice(text(register, "button_change"), f'/update_initiative{{"mission": "{mission.id}"}}'), *choices]
        body = text(register, _TOLD[review.decision], title=mission.title, why=Html(why))
        origin = f"mission_review:{review.id}:{member.id}"
        outbox.queue(session, member.chat_id, outbox.NOTICE, origin, [Draft(body, choices, solicited=False)], at)
