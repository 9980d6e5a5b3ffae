"""How organisations answer: told in words to those who may apply, and in figures to the organisation itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.models import Application, Initiative, Mission

LOOKED_AT_DAYS = 90
FAIR_DAYS = 3
"""Who has waited for less is not counted as left without an answer."""
ENOUGH = 3
"""With fewer applications nothing is said: it would be about one bad week."""
NEARLY_ALWAYS, OFTEN = 0.8, 0.5
FAST_HOURS = 24


@dataclass
class Answers:
    """What became of the applications of the last three months, those taken back left out."""

    answered: int = 0
    unanswered: int = 0
    waiting: int = 0
    """Not answered yet, however young."""
    hours: tuple[float, ...] = ()

    @property
    def words(self) -> str | None:
        """The key of what is said to volunteers; None: too few to say anything."""
        count = self.answered + self.unanswered
        if count < ENOUGH:
            return None
        share = self.answered / count
        if share >= NEARLY_ALWAYS:
            return "answers_fast" if median(self.hours) <= FAST_HOURS else "answers_mostly"
        return "answers_often" if share >= OFTEN else "answers_rarely"


def answers(session: Session, organisation_ids: Collection[int], at: datetime) -> dict[int, Answers]:
    """How each of some organisations answers; those without applications are left out. One query."""
    query = (
        select(Initiative.organisation_id, Application.state, Application.created_at, Application.answered_at)
        .join(Mission, Mission.id == Application.mission_id)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .where(
            Initiative.organisation_id.in_(organisation_ids),
            Application.created_at > at - timedelta(days=LOOKED_AT_DAYS),
            Application.state != "withdrawn",
        )
    )
    found: dict[int, Answers] = {}
    for organisation_id, state, created_at, answered_at in session.execute(query):
        so_far = found.setdefault(organisation_id, Answers())
        if state in ("accepted", "declined") and answered_at is not None:
            so_far.answered += 1
            so_far.hours = (*so_far.hours, (answered_at - created_at).total_seconds() / 3600)
        elif state == "expired":
            so_far.unanswered += 1
        else:
            so_far.waiting += 1
            so_far.unanswered += created_at < at - timedelta(days=FAIR_DAYS)
    return found
