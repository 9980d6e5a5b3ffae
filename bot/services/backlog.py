"""What waits in the database, how long already, and who holds the leases of what works it off. Counts and ages; no rows of anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import clock
from bot.messages import leases
from bot.messages.outbox import DIGEST
from bot.services.digests import in_quiet_hours
from bot.services.promises import ANSWER_DAYS
from bot.store.models import Application, Handoff, InboxUpdate, OutboxMessage

LEASES = {"scheduler": ("job:digests", 60), "sender": ("sender", 30)}
"""What a worker that lives renews all the time: the lease's name, and for how many seconds it is taken."""


@dataclass(frozen=True)
class Held:
    """A lease that has not run out."""

    holder: str
    until: datetime
    renewed_seconds_ago: float


@dataclass(frozen=True)
class Backlog:
    """What waits. Ages are in seconds; None: nothing waits."""

    inbox: dict[str, int]
    """Updates by state."""
    inbox_age: float | None
    """Of the oldest update that is not answered yet."""
    outbox: dict[str, int]
    """Messages by state."""
    outbox_age: float | None
    """For how long the oldest answer or notice that may leave has been due: quiet hours hold a message back, and are not counted."""
    lists_age: float | None
    """The same of lists, which leave after those: a night's take their time."""
    handoffs_waiting: int
    handoff_age: float | None
    overdue_applications: int
    """Unanswered for more than seven days: the worker ends them, when it works."""
    leases: dict[str, Held | None]
    """By the names of LEASES; None: nobody holds it."""


def look(session: Session, quiet_hours: tuple[int, int] | None) -> Backlog:
    """What waits now. Some queries, which go by indexes.

    Args:
        quiet_hours: two hours of legal time, or None, as in QUIET_HOURS.
    """
    now, real_now = clock.now(), clock.real_now()
    received_at = session.execute(
        select(func.min(InboxUpdate.received_at)).where(InboxUpdate.state.in_(("waiting", "working")))
    ).scalar_one()
    handoffs, opened_at = session.execute(select(func.count(), func.min(Handoff.opened_at)).where(Handoff.state == "waiting")).one()
    since = func.coalesce(Application.countered_at, Application.created_at)
    overdue = select(func.count()).where(Application.state == "pending", since < now - timedelta(days=ANSWER_DAYS))
    return Backlog(
        inbox=dict(session.execute(select(InboxUpdate.state, func.count()).group_by(InboxUpdate.state)).all()),
        inbox_age=_age(received_at, real_now),
        outbox=dict(session.execute(select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)).all()),
        outbox_age=_age(_due_since(session, OutboxMessage.kind != DIGEST, now, real_now, quiet_hours), now),
        lists_age=_age(_due_since(session, OutboxMessage.kind == DIGEST, now, real_now, quiet_hours), now),
        handoffs_waiting=handoffs,
        handoff_age=_age(opened_at, now),
        overdue_applications=session.execute(overdue).scalar_one(),
        leases={name: _held(session, *lease, real_now) for name, lease in LEASES.items()},
    )


def _age(since: datetime | None, now: datetime) -> float | None:
    return max(0.0, (now - since).total_seconds()) if since else None


def _due_since(session: Session, which: Any, now: datetime, real_now: datetime, quiet_hours: tuple[int, int] | None) -> datetime | None:
    """From when on the oldest of the messages that may leave now might have left."""
    is_due = OutboxMessage.not_before.is_(None) | (OutboxMessage.not_before <= real_now)
    query = select(OutboxMessage.solicited, func.min(OutboxMessage.created_at)).where(OutboxMessage.state == "queued", which, is_due)
    oldest: dict[bool, datetime] = dict(session.execute(query.group_by(OutboxMessage.solicited)).all())
    if quiet_hours is not None and False in oldest:
        if in_quiet_hours(now, quiet_hours):
            del oldest[False]
        else:
            oldest[False] = max(oldest[False], _quiet_ended_at(now, quiet_hours))
    return min(oldest.values(), default=None)


def _quiet_ended_at(at: datetime, quiet_hours: tuple[int, int]) -> datetime:
    """When the last quiet hours before an instant ended."""
    local = at.astimezone(clock.CASABLANCA)
    end = local.replace(hour=quiet_hours[1], minute=0, second=0, microsecond=0)
    return end if end <= local else end - timedelta(days=1)


def _held(session: Session, name: str, seconds: float, real_now: datetime) -> Held | None:
    found = leases.find(session, name)
    if found is None or found.expires_at <= real_now:
        return None
    return Held(found.holder, found.expires_at, max(0.0, seconds - (found.expires_at - real_now).total_seconds()))
