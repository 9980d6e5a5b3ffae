"""Who receives a periodic list, how often, and when the next one is due."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.store.models import Person, Subscription

FREQUENCIES = {"daily": 1, "weekly": 7, "monthly": 28}
"""Days between two lists; a month is four weeks, so that the list keeps its weekday."""
DIGEST_HOUR = 10
"""Legal time at which lists go out: after the quiet hours, before noon."""


def next_due(frequency: str, after: datetime) -> datetime:
    """The instant of the next list: so many days after, at ten o'clock legal time, whatever the clock did in between."""
    day = after.astimezone(CASABLANCA).date() + timedelta(days=FREQUENCIES[frequency])
    return datetime.combine(day, time(DIGEST_HOUR), CASABLANCA)


def audience_of(organisation_id: int | None) -> str:
    return "volunteer" if organisation_id is None else f"organisation:{organisation_id}"


def subscribe(session: Session, person_id: int, organisation_id: int | None, frequency: str, at: datetime) -> Subscription:
    """Start a periodic list, or change its rhythm."""
    audience = audience_of(organisation_id)
    row: Subscription | None = session.execute(
        select(Subscription).where(Subscription.person_id == person_id, Subscription.audience == audience)
    ).scalar_one_or_none()
    if row is None:
        row = Subscription(person_id=person_id, audience=audience, organisation_id=organisation_id)
        session.add(row)
    row.frequency = frequency
    row.next_due_at = next_due(frequency, at)
    row.ended_at = None
    row.ended_reason = None
    session.flush()
    return row


def change_rhythm(session: Session, chat_id: int, frequency: str, at: datetime) -> int:
    """Set the rhythm of all lists of a person, ended ones too; returns how many there are (0: nothing is kept of him)."""
    rows = _of_chat(session, chat_id)
    for row in rows:
        subscribe(session, row.person_id, row.organisation_id, frequency, at)
    return len(rows)


def end(session: Session, chat_id: int, reason: str | None, at: datetime) -> int:
    """Stop all lists of a person at once; returns how many were running."""
    rows = running(session, chat_id)
    for row in rows:
        row.ended_at = at
        row.ended_reason = reason
    return len(rows)


def give_reason(session: Session, chat_id: int, reason: str) -> None:
    """Note why a person stopped his lists."""
    ids = [row.id for row in _of_chat(session, chat_id) if row.ended_at is not None]
    session.execute(update(Subscription).where(Subscription.id.in_(ids)).values(ended_reason=reason))


def block(session: Session, chat_id: int, at: datetime) -> None:
    """The person blocked the bot: nothing is sent any more."""
    _set_blocked(session, chat_id, at)
    end(session, chat_id, "blocked", at)


def unblock(session: Session, chat_id: int, at: datetime) -> None:
    """The person let the bot in again: the lists that the block had ended go on."""
    _set_blocked(session, chat_id, None)
    for row in _of_chat(session, chat_id):
        if row.ended_reason == "blocked":
            subscribe(session, row.person_id, row.organisation_id, row.frequency, at)


def _set_blocked(session: Session, chat_id: int, at: datetime | None) -> None:
    person: Person | None = session.execute(select(Person).where(Person.chat_id == chat_id)).scalar_one_or_none()
    if person is not None:
        person.blocked_at = at


def running(session: Session, chat_id: int) -> list[Subscription]:
    """The lists that a person receives."""
    return [row for row in _of_chat(session, chat_id) if row.ended_at is None]


def _of_chat(session: Session, chat_id: int) -> list[Subscription]:
    query = select(Subscription).join(Person).where(Person.chat_id == chat_id).order_by(Subscription.id)
    return list(session.execute(query).scalars())
