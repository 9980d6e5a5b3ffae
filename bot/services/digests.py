"""The periodic lists: who is due, what goes in, once and only once."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import CASABLANCA
from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import lists, recommendations
from bot.services.subscriptions import next_due
from bot.store.models import Digest, Organisation, Person, Subscription
from bot.texts import text

LONGEST_REST_SECONDS = 0.1
WRITE = Callable[[], AbstractContextManager[Session]]


@dataclass
class Run:
    """What a run did: lists queued, and people for whom nothing fitted."""

    queued: int = 0
    empty: int = 0


def in_quiet_hours(at: datetime, quiet_hours: tuple[int, int] | None) -> bool:
    """Whether an instant lies in the quiet hours (from, to: hours of legal time, over midnight where from > to)."""
    if quiet_hours is None:
        return False
    start, end = quiet_hours
    hour = at.astimezone(CASABLANCA).hour
    return start <= hour or hour < end if start > end else start <= hour < end


def due(session: Session, at: datetime) -> list[int]:
    """The ids of the subscriptions whose list is due."""
    query = (
        select(Subscription.id)
        .join(Person)
        .where(
            Subscription.ended_at.is_(None),
            Person.blocked_at.is_(None),
            (Subscription.next_due_at.is_(None)) | (Subscription.next_due_at <= at),
        )
        .order_by(Subscription.id)
    )
    return list(session.execute(query).scalars())


def run(write: WRITE, at: datetime, solicited: bool = False) -> Run:
    """One digest run as at an instant: every due subscription gets its list, in a transaction of its own.

    Killed in the middle, it is run again: what was queued is not due any more. After a long downtime a subscription gets one
    list, not one for each it missed. ``solicited`` marks lists that an operator asked for, which quiet hours do not hold back.
    Between two lists it rests for as long as the last one took: others write too, and on SQLite one at a time.
    """
    done = Run()
    with write() as session:
        ids = due(session, at)
    for subscription_id in ids:
        began = time.monotonic()
        with write() as session:
            _one(session, subscription_id, at, solicited, done)
        time.sleep(min(time.monotonic() - began, LONGEST_REST_SECONDS))
    return done


def _one(session: Session, subscription_id: int, at: datetime, solicited: bool, done: Run) -> None:
    query = select(Subscription).where(Subscription.id == subscription_id).with_for_update()
    subscription: Subscription | None = session.execute(query).scalar_one_or_none()
    # Read again under the lock: another worker may have been faster, or the person have stopped his lists meanwhile.
    if subscription is None or subscription.ended_at is not None:
        return
    if subscription.next_due_at is not None and subscription.next_due_at > at:
        return
    period = at.astimezone(CASABLANCA).date().isoformat()
    known = session.execute(select(Digest.id).where(Digest.subscription_id == subscription_id, Digest.period == period)).first()
    subscription.next_due_at = next_due(subscription.frequency, at)
    if known:
        return
    digest = Digest(subscription_id=subscription_id, period=period, state="queued", created_at=at)
    session.add(digest)
    session.flush()
    draft = _draft(session, subscription, digest.id, at)
    if draft is None:
        digest.state = "empty"
        done.empty += 1
        return
    body = replace(draft, solicited=solicited)
    outbox.queue(session, subscription.person.chat_id, outbox.DIGEST, f"digest:{digest.id}", [body], at)
    done.queued += 1


def _draft(session: Session, subscription: Subscription, digest_id: int, at: datetime) -> Draft | None:
    person = subscription.person
    rhythm = Choice(text(person.register, "button_rhythm"), "/subscribe")
    if subscription.organisation_id is None:
        profiles = recommendations.volunteer_profiles(session, [person.id])
        if not profiles or profiles[0].paused:
            return None
        draft = lists.missions(session, person.chat_id, profiles[0], person.register, "digest_missions", at, digest_id)
    else:
        organisation = session.get(Organisation, subscription.organisation_id)
        if organisation is None or organisation.state != "validated":
            return None
        draft = lists.volunteers(session, person.chat_id, organisation.id, person.register, "digest_volunteers", at, digest_id)
    return replace(draft, choices=[*draft.choices, rhythm]) if draft else None
