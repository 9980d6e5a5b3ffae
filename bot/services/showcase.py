"""What anybody may see: published missions of validated organisations, and nothing about any person."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from bot import vocabulary
from bot.services import cards
from bot.store.models import Initiative, Mission, Organisation

SHOWN = 60
SHOWN_OF_ONE = 10
"""Of one organisation, in a message: one button each."""


def open_missions(session: Session, register: str, today: date, most: int = SHOWN) -> list[dict[str, str]]:
    """The newest published missions that are not over on a local date, ready to be shown. One query."""
    query = published(today).order_by(Mission.id.desc()).limit(most)
    return [card(mission, register) for mission in session.execute(query).scalars()]


def card(mission: Mission, register: str) -> dict[str, str]:
    """A mission in a list of a public page: what organisation, where, when and for what, in words."""
    return {
        "number": str(mission.id),
        "title": mission.title,
        "organisation": mission.initiative.organisation.name,
        "place": cards.where(mission, register),
        "when": cards.when(mission, register),
        "cause": vocabulary.label("cause", mission.initiative.cause, register),
    }


def open_mission(session: Session, mission_id: int, today: date | None) -> Mission | None:
    """One mission, if anybody may see it and it is not over; a draft is as unknown as one that never was.

    Args:
        today: the local date; None: over or not.
    """
    found: Mission | None = session.execute(published(today).where(Mission.id == mission_id)).scalar_one_or_none()
    return found


def open_organisation(session: Session, organisation_id: int, today: date) -> tuple[Organisation, list[Mission]] | None:
    """A validated organisation with the soonest of its open missions, which may be none; None where nobody may see it."""
    organisation: Organisation | None = session.execute(
        select(Organisation).where(Organisation.id == organisation_id, Organisation.state == "validated")
    ).scalar_one_or_none()
    if organisation is None:
        return None
    query = published(today).where(Organisation.id == organisation_id).order_by(Mission.starts_on, Mission.id).limit(SHOWN_OF_ONE)
    return organisation, list(session.execute(query).scalars())


def published(today: date | None) -> Any:
    """The query of all missions that anybody may see, with initiative and organisation; those over on a local date are left out.

    Args:
        today: None: over or not.
    """
    query = (
        select(Mission)
        .join(Initiative)
        .join(Organisation)
        .where(Mission.state == "published", Organisation.state == "validated")
        .options(contains_eager(Mission.initiative).contains_eager(Initiative.organisation))
    )
    return query if today is None else query.where(Mission.ends_on.is_(None) | (Mission.ends_on >= today))
