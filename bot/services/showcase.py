"""What anybody may see: published missions of validated organisations, and nothing about any person."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from bot import vocabulary
from bot.services import cards
from bot.store.models import Initiative, Mission, Organisation
from bot.texts import text

SHOWN = 60


def open_missions(session: Session, register: str, today: date) -> list[dict[str, Any]]:
    """The newest published missions that are not over on a local date, ready to be shown. One query."""
    query = (
        select(Mission)
        .join(Initiative)
        .join(Organisation)
        .where(
            Mission.state == "published",
            Organisation.state == "validated",
            Mission.ends_on.is_(None) | (Mission.ends_on >= today),
        )
        .options(joinedload(Mission.initiative).joinedload(Initiative.organisation))
        .order_by(Mission.id.desc())
        .limit(SHOWN)
    )
    return [
        {
            "title": mission.title,
            "organisation": mission.initiative.organisation.name,
            "place": text(register, "remote_place") if mission.mode == "remote" else cards.place(mission.place, register),
            "when": cards.when(mission, register),
            "cause": vocabulary.label("cause", mission.initiative.cause, register),
        }
        for mission in session.execute(query).scalars()
    ]
