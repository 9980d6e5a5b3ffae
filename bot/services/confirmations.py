"""The organisation's word on what a volunteer says he did: asked once, by button; a certificate needs it.

told by the volunteer ──► confirmed by the organisation (a certificate may be printed) | disputed (the team decides)
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.certificates import page
from bot.messages import outbox
from bot.messages.buttons import LIFETIME_DAYS
from bot.messages.outbox import Choice, Draft
from bot.services import attested, cards, disputes, states
from bot.services.applications import theirs
from bot.services.organisations import members
from bot.store.models import Application, OutboxMessage, Participation
from bot.texts import Html, text


def told(session: Session, application: Application, rows: Sequence[Participation]) -> str:
    """A number that changes with what the organisation is asked: the name, the days, the hours.

    It goes with the buttons, so that a yes is a yes to what was read.
    """
    parts = [f"{row.took_place_on}:{row.minutes}" for row in rows]
    return str(zlib.crc32(" ".join([attested.name_of(application), *parts]).encode()))


def ask(session: Session, application: Application, rows: Sequence[Participation], at: datetime) -> bool:
    """Ask everybody who speaks for the organisation, once while the buttons live. False where nobody can be asked."""
    mission, number = application.mission, told(session, application, rows)
    asked = [one for one in members(session, mission.initiative.organisation_id) if one.id != application.person_id]
    origin = f"took_part:{application.id}:{number}:"
    lately = select(OutboxMessage.id).where(
        OutboxMessage.origin.startswith(origin, autoescape=True), OutboxMessage.created_at > at - timedelta(days=LIFETIME_DAYS)
    )
    if session.execute(lately.limit(1)).first() is not None:
        return bool(asked)
    for member in asked:
        register = member.register
        lines = [_line(row, register) for row in rows]
        body = text(
            register,
            "participation_check",
            name=attested.name_of(application),
            title=mission.title,
            days=Html("\n".join(lines)),
        )
        choices = [
            Choice(text(register, f"button_participation_{answer}"), _payload(application.id, number, answer)) for answer in ("yes", "no")
        ]
        draft = Draft(body, choices, solicited=False)
        outbox.queue(session, member.chat_id, outbox.NOTICE, f"{origin}{at:%y%m%d}:{member.id}", [draft], at)
    return bool(asked)


def _line(row: Participation, register: str) -> str:
    on = cards.day(row.took_place_on, register)
    return f"🗓 {on} · {page.duration(row.minutes, register)}" if row.minutes else f"🗓 {on}"


def _payload(application_id: int, number: str, answer: str) -> str:
    return f'/confirm_participation{{"application": "{application_id}", "number": "{number}", "answer": "{answer}"}}'


def confirm(session: Session, chat_id: int, application_id: int, number: str, agrees: bool, at: datetime) -> dict[str, Any]:
    """An organisation's yes or no to what a volunteer says he did; the volunteer hears of it.

    Args:
        number: of :func:`told`, as the organisation was asked.

    Returns {"outcome", "name", "title"}; outcome is confirmed, disputed (the team decides), answered (nothing waits any more), changed
    (he says something else by now, and it is asked again), own (nobody confirms his own hours) or unknown (no such application, or not
    this person's to answer).
    """
    application = theirs(session, chat_id, application_id)
    if application is None:
        return {"outcome": "unknown"}
    known = {"name": attested.name_of(application), "title": application.mission.title}
    if application.person.chat_id == chat_id:
        return {"outcome": "own", **known}
    rows = attested.unconfirmed(attested.attended(session, application))
    if not rows:
        return {"outcome": "answered", **known}
    if number != told(session, application, rows):
        ask(session, application, rows, at)
        return {"outcome": "changed", **known}
    if agrees:
        for row in rows:
            row.changed_at, row.told_by = at, "organisation"
        session.flush()
        _tell(session, application, at)
    else:
        disputes.begin(session, application, rows, "organisation", at)
        disputes.tell_volunteer(session, application, at)
    return {"outcome": "confirmed" if agrees else states.DISPUTED, **known}


def _tell(session: Session, application: Application, at: datetime) -> None:
    """His hours are confirmed, and the certificate is ready: made now, so that it bears the name which the organisation read."""
    person, mission = application.person, application.mission
    register = person.register
    attested.certify(session, application, register, at)
    if person.blocked_at is None:
        organisation = mission.initiative.organisation.name
        body = text(register, "participation_confirmed_told", None, title=mission.title, organisation=organisation)
        choice = Choice(text(register, "button_certificate"), f'/certificate{{"mission": "{mission.id}"}}')
        origin = f"took_part_told:{application.id}:{int(at.timestamp())}"
        outbox.queue(session, person.chat_id, outbox.NOTICE, origin, [Draft(body, [choice], solicited=False)], at)
