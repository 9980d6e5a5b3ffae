"""Links that somebody hands on: to a colleague who shall speak for an organisation too, to a guardian who must agree.

Whoever opens the link first and agrees uses it up. It is bound to what it is for, not to who opens it: that is what handing on means.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.messages import outbox
from bot.messages.outbox import Draft
from bot.services import organisations
from bot.services.profiles import Speaker, keep_person, person_of
from bot.store.models import Invitation, Organisation, Person
from bot.texts import text

MEMBER, GUARDIAN = "member", "guardian"
LIFETIME_DAYS = 7
TOKEN_BYTES = 15


def create(session: Session, chat_id: int, purpose: str, organisation_id: int | None, at: datetime) -> str | None:
    """A new link's token; None where the person may not hand it on: is not known, or does not speak for the organisation."""
    person = person_of(session, chat_id)
    if person is None or (organisation_id is not None and not organisations.speaks_for(session, chat_id, organisation_id)):
        return None
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        Invitation(
            token=token,
            purpose=purpose,
            person_id=person.id,
            organisation_id=organisation_id,
            created_at=at,
            expires_at=at + timedelta(days=LIFETIME_DAYS),
        )
    )
    return token


def valid(session: Session, token: str, purpose: str, at: datetime) -> Invitation | None:
    """The invitation behind a token, if it can still be used."""
    found: Invitation | None = session.execute(
        select(Invitation).where(Invitation.token == token, Invitation.purpose == purpose, Invitation.used_at.is_(None))
    ).scalar_one_or_none()
    return found if found is not None and found.expires_at > at else None


def names(session: Session, found: Invitation) -> tuple[str, str] | None:
    """Who invites, and into which organisation; None where either is gone."""
    host, organisation = session.get(Person, found.person_id), session.get(Organisation, found.organisation_id)
    return (host.first_name, organisation.name) if host and organisation else None


def use(session: Session, token: str, purpose: str, chat_id: int, at: datetime) -> Invitation | None:
    """Use an invitation up; None where it cannot be used any more. One UPDATE decides between two who open it at once."""
    found = valid(session, token, purpose, at)
    if found is None:
        return None
    taken = session.execute(
        update(Invitation)
        .where(Invitation.token == token, Invitation.used_at.is_(None))
        .values(used_at=at, used_by_chat_id=chat_id)
        .execution_options(synchronize_session=False)
    ).rowcount
    return found if taken else None


def join(session: Session, speaker: Speaker, token: str, at: datetime) -> dict[str, Any]:
    """A colleague agrees to speak for an organisation; whoever invited him is told.

    Returns {"outcome", "organisation"}; outcome is joined, already (he speaks for it) or gone.
    """
    found = valid(session, token, MEMBER, at)
    organisation = session.get(Organisation, found.organisation_id) if found else None
    if found is None or organisation is None:
        return {"outcome": "gone"}
    told = {"organisation": organisation.name}
    if organisations.speaks_for(session, speaker.chat_id, organisation.id):
        return {"outcome": "already", **told}
    if use(session, token, MEMBER, speaker.chat_id, at) is None:
        return {"outcome": "gone"}
    person = keep_person(session, speaker, at)
    organisations.add_member(session, organisation, person, at)
    host = session.get(Person, found.person_id)
    if host is not None and host.blocked_at is None:
        body = text(host.register, "colleague_joined", name=person.first_name, organisation=organisation.name)
        outbox.queue(session, host.chat_id, outbox.NOTICE, f"joined:{token}", [Draft(body)], at)
    return {"outcome": "joined", **told}
