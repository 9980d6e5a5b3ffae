"""Where the two sides say different things of a day: it counts nowhere, the team hears both and decides, and both are told.

attended (one side says so) ──► disputed ──► attended | no_show | excused, by the team
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import cards, care, states
from bot.services.organisations import members
from bot.services.presence import LONGEST_DAY_MINUTES
from bot.store.models import Application, Participation
from bot.texts import Html, text


def begin(session: Session, application: Application, rows: Sequence[Participation], told_by: str, at: datetime) -> None:
    """Note that two sides say different things; the volunteer's conversation goes to the team. Whoever calls tells the volunteer."""
    for row in rows:
        states.move(row, states.PARTICIPATION, states.DISPUTED)
        row.told_by, row.changed_at = told_by, at
    session.flush()
    care.hand_over(session, application.person.chat_id, states.DISPUTED, at)


def tell_volunteer(session: Session, application: Application, at: datetime) -> None:
    """Say to the volunteer that the organisation does not say the same, and when the team looks at it."""
    person, mission = application.person, application.mission
    if person.blocked_at is not None:
        return
    register, found = person.register, care.reading(at)
    body = text(
        register,
        "participation_disputed_told",
        None,
        title=mission.title,
        organisation=mission.initiative.organisation.name,
        when=Html(text(register, found.key, day=cards.day(found.on, register))),
    )
    choice = Choice(text(register, "button_feedback"), "/give_feedback")
    origin = f"disputed:{application.id}:{int(at.timestamp())}"
    outbox.queue(session, person.chat_id, outbox.NOTICE, origin, [Draft(body, [choice], solicited=False)], at)


def settle(
    session: Session, participation_id: int, attended: bool, minutes: int | None, at: datetime, organisation_agrees: bool = False
) -> dict[str, Any]:
    """The team has heard both sides and decides; both are told, the same in their own words. Decided twice, the first decision stands.

    Args:
        attended: he was there; False: he was not, which is held against nobody any further.
        minutes: how long, 1 to 1440; None: as he said.
        organisation_agrees: it now says the same, so that a certificate may say so.

    Returns {"outcome"}: settled, or gone (no such day waits for a decision). Raises ValueError for minutes of no day.
    """
    if minutes is not None and not 0 < minutes <= LONGEST_DAY_MINUTES:
        raise ValueError("a day has 1 to 1440 minutes")
    row: Participation | None = session.execute(
        select(Participation).where(Participation.id == participation_id, Participation.state == states.DISPUTED).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        return {"outcome": "gone"}
    application = session.get(Application, row.application_id)
    states.move(row, states.PARTICIPATION, "attended" if attended else "no_show")
    row.minutes = (minutes or row.minutes) if attended else None
    # Nobody's word reopens what the team decided; where the organisation agrees that he came, a certificate may say so.
    row.told_by, row.changed_at = "organisation" if attended and organisation_agrees else states.TEAM, at
    _tell(session, application, row, at)
    return {"outcome": "settled"}


def _tell(session: Session, application: Application, row: Participation, at: datetime) -> None:
    mission, person = application.mission, application.person
    key = "settled_attended" if row.state == "attended" else "settled_absent"
    readers = [one for one in members(session, mission.initiative.organisation_id) if one.id != person.id]
    for reader, ending in [*((member, "_theirs") for member in readers), *([(person, "")] if person.blocked_at is None else [])]:
        register = reader.register
        body = text(
            register,
            key + ending,
            name=person.known_as,
            organisation=mission.initiative.organisation.name,
            title=mission.title,
            day=cards.day(row.took_place_on, register),
        )
        origin = f"settled:{row.id}:{int(at.timestamp())}:{reader.id}"
        outbox.queue(session, reader.chat_id, outbox.NOTICE, origin, [Draft(body, solicited=False)], at)
