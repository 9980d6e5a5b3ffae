"""Missions that a volunteer puts aside, and why; it can be taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services.profiles import person_of
from bot.services.showcase import open_mission
from bot.store.models import Block, Dismissal, Mission, Person

REASONS = ("too_far", "not_my_cause", "not_my_time", "organisation", "other")
ORGANISATION = "organisation"
"""The reason that keeps everything of this organisation away."""


def _found(session: Session, person: Person, mission_id: int) -> Dismissal | None:
    query = select(Dismissal).where(Dismissal.person_id == person.id, Dismissal.mission_id == mission_id)
    row: Dismissal | None = session.execute(query).scalar_one_or_none()
    return row


def _block(session: Session, person: Person, mission: Mission) -> Block | None:
    query = select(Block).where(
        Block.person_id == person.id, Block.organisation_id == mission.initiative.organisation_id, Block.wished_by == "volunteer"
    )
    row: Block | None = session.execute(query).scalar_one_or_none()
    return row


def dismiss(session: Session, chat_id: int, mission_id: int, at: datetime) -> dict[str, Any]:
    """Put a mission aside: it is in none of the person's lists any more.

    Returns {"outcome", "title"}; outcome is dismissed, gone (not open to anybody) or no_profile (nothing is kept of this person).
    """
    person = person_of(session, chat_id)
    if person is None or person.volunteer is None:
        return {"outcome": "no_profile"}
    mission = open_mission(session, mission_id, None)
    if mission is None:
        return {"outcome": "gone"}
    if _found(session, person, mission_id) is None:
        session.add(Dismissal(person_id=person.id, mission_id=mission_id, created_at=at))
        session.flush()
    return {"outcome": "dismissed", "title": mission.title}


def give_reason(session: Session, chat_id: int, mission_id: int, reason: str, at: datetime) -> dict[str, Any]:
    """Note why. "Not this organisation" leaves out all of its missions from now on.

    Returns {"outcome", "organisation"}; outcome is noted, blocked or unknown (he did not put this one aside).
    """
    person = person_of(session, chat_id)
    row = _found(session, person, mission_id) if person else None
    if person is None or row is None or reason not in REASONS:
        return {"outcome": "unknown"}
    row.reason = reason
    mission = session.get(Mission, mission_id)
    organisation = mission.initiative.organisation
    if reason != ORGANISATION:
        return {"outcome": "noted", "organisation": organisation.name}
    if _block(session, person, mission) is None:
        session.add(Block(person_id=person.id, organisation_id=organisation.id, wished_by="volunteer", created_at=at))
    return {"outcome": "blocked", "organisation": organisation.name}


def take_back(session: Session, chat_id: int, mission_id: int) -> dict[str, Any]:
    """Let a mission, and the organisation if it was left out with it, into the lists again.

    Returns {"outcome", "title"}; outcome is taken_back or unknown.
    """
    person = person_of(session, chat_id)
    row = _found(session, person, mission_id) if person else None
    if person is None or row is None:
        return {"outcome": "unknown"}
    mission = session.get(Mission, mission_id)
    block = _block(session, person, mission) if row.reason == ORGANISATION else None
    if block is not None:
        session.delete(block)
    session.delete(row)
    return {"outcome": "taken_back", "title": mission.title}
