"""A volunteer's path: what he did, and what he took from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import subscriptions
from bot.store.models import Application, Mission, Participation, Person, Reflection, Volunteer

LEARNED_LENGTH = 300
WISHES = ("again", "similar", "more", "pause")
"""What somebody would like next: the same organisation, the same cause, something every week, or a rest."""
CALM = "monthly"
"""The rhythm of lists for whoever would like a rest."""


@dataclass(frozen=True)
class Path:
    """How far somebody has come."""

    missions: int
    minutes: int
    learned: dict[int, str]
    """The last words on what he took from it, by application."""


def of_chat(session: Session, chat_id: int) -> Path:
    """The path of the person of a chat. Two queries."""
    mine = (
        select(func.count(func.distinct(Application.mission_id)), func.coalesce(func.sum(Participation.minutes), 0))
        .select_from(Participation)
        .join(Application, Application.id == Participation.application_id)
        .join(Person, Person.id == Application.person_id)
        .where(Person.chat_id == chat_id, Participation.state == "attended")
    )
    missions, minutes = session.execute(mine).one()
    said = (
        select(Participation.application_id, Reflection.learned)
        .join(Participation, Participation.id == Reflection.participation_id)
        .join(Application, Application.id == Participation.application_id)
        .join(Person, Person.id == Application.person_id)
        .where(Person.chat_id == chat_id, Reflection.learned.is_not(None))
        .order_by(Participation.took_place_on)
    )
    return Path(int(missions), int(minutes), {int(number): words for number, words in session.execute(said)})


def last_day(session: Session, chat_id: int, mission_id: int | None) -> Participation | None:
    """The last day on which the person of a chat took part: in a mission, or, where None is given, in any."""
    query = (
        select(Participation)
        .join(Application, Application.id == Participation.application_id)
        .join(Person, Person.id == Application.person_id)
        .where(Person.chat_id == chat_id, Participation.state == "attended")
        .order_by(Participation.took_place_on.desc(), Participation.id.desc())
        .limit(1)
    )
    if mission_id is not None:
        query = query.where(Application.mission_id == mission_id)
    found: Participation | None = session.execute(query).scalar_one_or_none()
    return found


def mission_of(session: Session, day: Participation) -> Mission:
    """The mission of a day."""
    found: Mission = session.get(Application, day.application_id).mission
    return found


def reflect(
    session: Session, chat_id: int, mission_id: int, learned: str | None, skill: str | None, wish: str | None, at: datetime
) -> dict[str, Any]:
    """Keep what somebody took from his last day in a mission, and what he would like next; said again, the last word counts.

    Args:
        learned: in his words; None: left out.
        skill: one that he says he has now: it is added to his offer, and lists look for it from now on.
        wish: of :data:`WISHES`; None: left out. A rest makes the lists monthly.

    Returns {"outcome", "title", "missions", "is_new_skill"}; outcome is kept, or unknown (he took part in no such mission). Raises
    ValueError for words that are too long, or another wish.
    """
    if len(learned or "") > LEARNED_LENGTH or wish not in (None, *WISHES):
        raise ValueError("words too long, or no such wish")
    day = last_day(session, chat_id, mission_id)
    if day is None:
        return {"outcome": "unknown"}
    row: Reflection | None = session.execute(
        select(Reflection).where(Reflection.participation_id == day.id).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        row = Reflection(participation_id=day.id, created_at=at)
        session.add(row)
    row.learned, row.wish, row.changed_at = learned or row.learned, wish or row.wish, at
    application = session.get(Application, day.application_id)
    is_new = _learn(session, application.person_id, skill, at)
    if wish == "pause":
        _calm_down(session, chat_id, at)
    session.flush()
    return {"outcome": "kept", "title": application.mission.title, "missions": of_chat(session, chat_id).missions, "is_new_skill": is_new}


def _calm_down(session: Session, chat_id: int, at: datetime) -> None:
    """Let his own list come once a month, where it comes at all; lists of organisations he speaks for are no part of his rest."""
    for row in subscriptions.running(session, chat_id):
        if row.organisation_id is None:
            subscriptions.subscribe(session, row.person_id, None, CALM, at)


def _learn(session: Session, person_id: int, skill: str | None, at: datetime) -> bool:
    volunteer: Volunteer | None = session.get(Volunteer, person_id)
    if volunteer is None or skill is None or skill in volunteer.skills:
        return False
    volunteer.skills, volunteer.changed_at = (*volunteer.skills, skill), at
    return True
