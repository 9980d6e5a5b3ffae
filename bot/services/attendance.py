"""The organisation's word on whether somebody came, where he says nothing himself, or where it sees otherwise.

silence of the volunteer ─► the organisation is asked, once ─► attended, and he is asked for his hours
                                                            ─► no_show, and he may say otherwise: then it is disputed
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import attested, cards, disputes, states
from bot.services.applications import theirs
from bot.services.organisations import members
from bot.services.presence import attendance_payload
from bot.store.models import Application, Participation
from bot.texts import text

NOBODY = "nobody"
"""Whose word a day is of which nobody has said anything yet."""
HOURS_OFFERED = (1, 2, 3, 4)


def ask(session: Session, application: Application, on: date, at: datetime) -> None:
    """Ask everybody who speaks for the organisation whether somebody came; once a day, whoever answers first."""
    session.add(
        Participation(application_id=application.id, took_place_on=on, state="confirmed", told_by=NOBODY, created_at=at, changed_at=at)
    )
    session.flush()
    for member in members(session, application.mission.initiative.organisation_id):
        register = member.register
        body = text(register, "did_he_come", name=application.person.known_as, title=application.mission.title, day=cards.day(on, register))
        choices = [
            Choice(text(register, f"button_came_{answer}"), attendance_payload(application.id, on, answer)) for answer in ("yes", "no")
        ]
        origin = f"came:{application.id}:{on}:{member.id}"
        outbox.queue(session, member.chat_id, outbox.NOTICE, origin, [Draft(body, choices, solicited=False)], at)


def answer(session: Session, chat_id: int, application_id: int, on: date, came: bool, at: datetime) -> dict[str, Any]:
    """An organisation says whether somebody came on a day that it was asked about, or that was told on the spot.

    Returns {"outcome", "name", "title"}; outcome is came, absent, disputed (he says otherwise: the team decides), answered (nothing to
    add: it is known already, or he told his hours, which it is asked to confirm) or unknown (nothing of this person's to answer).
    """
    application, row = theirs(session, chat_id, application_id), attested.day_of(session, application_id, on)
    if application is None or row is None:
        return {"outcome": "unknown"}
    told = {"name": application.person.known_as, "title": application.mission.title}
    after = "attended" if came else "no_show"
    if row.state in (after, states.DISPUTED, "excused") or row.told_by == states.TEAM:
        return {"outcome": "answered", **told}
    if row.state == "attended" and (row.told_by != "organisation" or row.minutes):
        # His word, or hours that it vouched for before and that a certificate may bear: not for one button to undo.
        disputes.begin(session, application, [row], "organisation", at)
        disputes.tell_volunteer(session, application, at)
        return {"outcome": "disputed", **told}
    states.move(row, states.PARTICIPATION, after)
    row.told_by, row.changed_at = "organisation", at
    if not came:
        row.minutes = None
    _tell(session, application, row, at)
    return {"outcome": "came" if came else "absent", **told}


def _tell(session: Session, application: Application, row: Participation, at: datetime) -> None:
    """He is asked for his hours, or hears that he was missed, and may say otherwise."""
    person, mission = application.person, application.mission
    if person.blocked_at is not None:
        return
    register, on = person.register, row.took_place_on
    named = f'"mission": "{mission.id}", "date": "{on.isoformat()}"'
    if row.state == "attended":
        body = text(register, "participation_hours", title=mission.title)
        choices = hours_choices(mission.id, on)
    else:
        body = text(register, "missed", organisation=mission.initiative.organisation.name, title=mission.title, day=cards.day(on, register))
        choices = [
            Choice(text(register, "button_took_part"), f'/report_participation{{{named}, "answer": "yes"}}'),
            Choice(text(register, "button_was_absent"), f'/report_participation{{{named}, "answer": "absent"}}'),
        ]
    origin = f"came_told:{application.id}:{on}:{int(at.timestamp())}"
    outbox.queue(session, person.chat_id, outbox.NOTICE, origin, [Draft(body, choices, solicited=False)], at)


def hours_choices(mission_id: int, on: date | None, most_minutes: int | None = None) -> list[Choice]:
    """Buttons with hours, those that a day of the mission can hold."""
    when = f', "date": "{on.isoformat()}"' if on else ""
    offered = [hours for hours in HOURS_OFFERED if most_minutes is None or hours * 60 <= most_minutes]
    return [Choice(str(hours), f'/report_participation{{"mission": "{mission_id}"{when}, "number": "{hours}"}}') for hours in offered]
