"""Days of which two sides say different things, as the team sees them, and its decision with its author."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import audit, disputes, states
from bot.services.moderation import PAGE, Stale, Unfit
from bot.services.staff_sessions import Staff
from bot.store.models import Application, Initiative, Mission, Organisation, Participation, Person


@dataclass(frozen=True)
class Dispute:
    """A day of which the volunteer and the organisation say different things."""

    row: Participation
    mission: Mission
    organisation: Organisation
    chat_id: int
    """The volunteer's."""
    on_the_spot: bool
    """Whether the code of the spot was given."""


def disputed(session: Session, after: int | None = None, limit: int = PAGE) -> list[Dispute]:
    """Days on which the team must decide, by their numbers; one more than ``limit`` where there is another page. One query."""
    query = (
        select(Participation, Mission, Organisation, Person.chat_id)
        .join(Application, Application.id == Participation.application_id)
        .join(Person, Person.id == Application.person_id)
        .join(Mission, Mission.id == Application.mission_id)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .join(Organisation, Organisation.id == Initiative.organisation_id)
        .where(Participation.state == states.DISPUTED)
        .order_by(Participation.id)
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(Participation.id > after)
    return [Dispute(row, mission, owner, chat_id, row.checked_in_at is not None) for row, mission, owner, chat_id in session.execute(query)]


def settle(
    session: Session, staff: Staff, participation_id: int, attended: bool, minutes: int | None, organisation_agrees: bool, at: datetime
) -> None:
    """Decide about a day; both sides are told. Raises Stale where it was decided before, Unfit for minutes of no day."""
    try:
        done = disputes.settle(session, participation_id, attended, minutes, at, organisation_agrees)
    except ValueError:
        raise Unfit("minutes") from None
    if done["outcome"] != "settled":
        raise Stale
    subject = ("participation", participation_id)
    audit.record(session, staff.author, "hours_settled", at, subject, attended=attended, agreed=organisation_agrees)
