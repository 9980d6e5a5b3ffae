"""Volunteers of 16 and 17: a guardian agrees once, in a chat of his own, before the first application."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import invitations
from bot.services.invitations import GUARDIAN
from bot.services.profiles import NOTICE_VERSION, person_of
from bot.store.models import Consent, Invitation, Person, Volunteer
from bot.texts import text


def has_agreed(session: Session, person_id: int) -> bool:
    """Whether a guardian of this person agreed."""
    given = select(Consent.id).where(Consent.person_id == person_id, Consent.purpose == GUARDIAN, Consent.withdrawn_at.is_(None))
    return session.execute(given).first() is not None


def token_for(session: Session, chat_id: int, at: datetime) -> str | None:
    """The token of the link that a teen hands on, the one that is still good where there is one; None for a stranger."""
    person = person_of(session, chat_id)
    if person is None:
        return None
    good = (
        select(Invitation.token)
        .where(
            Invitation.person_id == person.id,
            Invitation.purpose == GUARDIAN,
            Invitation.used_at.is_(None),
            Invitation.expires_at > at,
        )
        .order_by(Invitation.created_at.desc())
    )
    known: str | None = session.execute(good).scalars().first()
    return known or invitations.create(session, chat_id, GUARDIAN, None, at)


def minor_of(session: Session, token: str, at: datetime) -> Person | None:
    """Who asks by a link that can still be used, and is still a teen."""
    found = invitations.valid(session, token, GUARDIAN, at)
    volunteer = session.get(Volunteer, found.person_id) if found else None
    if found is None or volunteer is None or volunteer.age_band != "teen":
        return None
    minor: Person | None = session.get(Person, found.person_id)
    return minor


def may_be_guardian(session: Session, chat_id: int, minor: Person) -> bool:
    """Nobody is his own guardian, and no teen is another's."""
    person = person_of(session, chat_id)
    volunteer = session.get(Volunteer, person.id) if person else None
    return chat_id != minor.chat_id and (volunteer is None or volunteer.age_band == "adult")


def agree(session: Session, chat_id: int, token: str, at: datetime) -> dict[str, Any]:
    """A guardian says yes; the teen is told. Of the guardian nothing is kept but who used the link.

    Returns {"outcome", "name"}; outcome is agreed, self (he may not agree for this one) or gone.
    """
    minor = minor_of(session, token, at)
    if minor is None:
        return {"outcome": "gone"}
    if not may_be_guardian(session, chat_id, minor):
        return {"outcome": "self"}
    if invitations.use(session, token, GUARDIAN, chat_id, at) is None:
        return {"outcome": "gone"}
    session.add(Consent(person_id=minor.id, purpose=GUARDIAN, notice_version=NOTICE_VERSION, given_at=at))
    if minor.blocked_at is None:
        ways_on = [Choice(text(minor.register, "button_search"), "/search_missions")]
        told = Draft(text(minor.register, "guardian_said_yes"), ways_on)
        outbox.queue(session, minor.chat_id, outbox.NOTICE, f"guardian:{token}", [told], at)
    return {"outcome": "agreed", "name": minor.volunteer.first_name}
