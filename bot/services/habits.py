"""How organisations answer: told in words to those who may apply, and in figures to the organisation itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from bot.services import states
from bot.store.models import Application, Initiative, Mission, Proposal

LOOKED_AT_DAYS = 90
FAIR_DAYS = 3
"""Who has waited for less is not counted as left without an answer."""
ENOUGH = 3
"""With fewer applications nothing is said: it would be about one bad week."""
NEARLY_ALWAYS, OFTEN = 0.8, 0.5
FAST_HOURS = 24


@dataclass
class Answers:
    """What became of the applications of the last three months that it was asked to answer."""

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


def was_asked() -> Any:
    """The condition of SQL for applications that an organisation was asked to answer, and that say how it does.

    Left out: those taken back; those that wait for a place, of which it does not know; those that ended because the volunteer did not
    answer; and places given by an invitation, where it was the organisation that asked.
    """
    by_volunteer = Application.closed_reason.in_(states.ENDED_BY_VOLUNTEER)
    invited = exists().where(
        Proposal.mission_id == Application.mission_id, Proposal.person_id == Application.person_id, Proposal.state == "accepted"
    )
    return and_(
        Application.state.not_in(("withdrawn", "waiting", "offered")),
        or_(Application.closed_reason.is_(None), ~by_volunteer),
        ~invited,
    )


def answers(session: Session, organisation_ids: Collection[int], at: datetime) -> dict[int, Answers]:
    """How each of some organisations answers; those without applications are left out. One query."""
    query = (
        select(
            Initiative.organisation_id,
            Application.state,
            Application.created_at,
            # Naming its terms is an answer, whatever becomes of them.
            func.coalesce(Application.countered_at, Application.answered_at),
        )
        .join(Mission, Mission.id == Application.mission_id)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .where(
            Initiative.organisation_id.in_(organisation_ids),
            Application.created_at > at - timedelta(days=LOOKED_AT_DAYS),
            was_asked(),
        )
    )
    found: dict[int, Answers] = {}
    for organisation_id, state, created_at, answered_at in session.execute(query):
        so_far = found.setdefault(organisation_id, Answers())
        if answered_at is not None and state != "expired":
            so_far.answered += 1
            so_far.hours = (*so_far.hours, (answered_at - created_at).total_seconds() / 3600)
        elif state == "expired":
            so_far.unanswered += 1
        else:
            so_far.waiting += 1
            so_far.unanswered += created_at < at - timedelta(days=FAIR_DAYS)
    return found
