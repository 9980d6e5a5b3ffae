"""The inbox: every update is stored before any work, once, and worked on in the order of its chat.

States: waiting → working → done | refused | failed. A claim is a lease on real time: a gateway that dies gives its work back when
the lease ends, or at once when it starts again under the same name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.store.models import InboxUpdate

LEASE_SECONDS = 120
"""Longer than a turn may take; a turn on a busy machine takes seconds."""
RETRY_SECONDS = (0.5, 1, 2, 5, 10)
"""Waiting before the next attempt; the last one repeats. An update waits for Rasa as long as Rasa needs."""
_OPEN = ("waiting", "working")
MOST_WAITING = 20_000
"""More is not taken in: Telegram keeps updates for a day and delivers them again, when there is room."""


def store(session: Session, updates: Sequence[tuple[int, int, dict[str, Any]]], at: datetime) -> int:
    """Store updates given as (update_id, chat_id, payload); one that is known is left as it is. Returns how many were new."""
    new = 0
    for update_id, chat_id, payload in updates:
        row = InboxUpdate(update_id=update_id, chat_id=chat_id, payload=payload, state="waiting", attempts=0, received_at=at)
        try:
            with session.begin_nested():
                session.add(row)
            new += 1
        except IntegrityError:
            continue
    return new


def has_open(session: Session) -> bool:
    """Whether any update waits or is worked on: a cheap look before claiming."""
    return session.execute(select(InboxUpdate.update_id).where(InboxUpdate.state.in_(_OPEN)).limit(1)).first() is not None


def is_full(session: Session) -> bool:
    """Whether so much waits that more had better wait at Telegram's."""
    last = select(InboxUpdate.update_id).where(InboxUpdate.state == "waiting").order_by(InboxUpdate.update_id).offset(MOST_WAITING - 1)
    return session.execute(last.limit(1)).first() is not None


def count_recent(session: Session, chat_id: int, update_id: int, since: datetime) -> int:
    """How many updates came from a chat since an instant (real time), up to and with this one."""
    query = select(func.count()).where(InboxUpdate.chat_id == chat_id, InboxUpdate.update_id <= update_id, InboxUpdate.received_at >= since)
    count: int = session.execute(query).scalar_one()
    return count


def claim(session: Session, name: str, limit: int, at: datetime, busy_chats: Sequence[int]) -> list[InboxUpdate]:
    """Take the oldest open update of up to ``limit`` chats that nobody works on. Detached rows, attempts counted.

    A chat whose oldest update waits for a later attempt waits whole: the order of a chat is never broken.
    """
    claimed = []
    for row in session.execute(_free(), {"at": at, "busy": list(busy_chats), "limit": limit}).scalars().all():
        # Two gateways may have read the same row: the UPDATE decides.
        taken = session.execute(
            update(InboxUpdate)
            .where(
                InboxUpdate.update_id == row.update_id,
                InboxUpdate.state.in_(_OPEN),
                (InboxUpdate.claimed_until.is_(None)) | (InboxUpdate.claimed_until < at),
            )
            .values(
                state="working",
                claimed_by=name,
                claimed_until=at + timedelta(seconds=LEASE_SECONDS),
                attempts=InboxUpdate.attempts + 1,
            )
            .execution_options(synchronize_session=False)
        ).rowcount
        if taken:
            session.refresh(row)
            session.expunge(row)
            claimed.append(row)
    return claimed


@lru_cache(maxsize=1)
def _free() -> Any:
    """The updates that :func:`claim` may take, with ``at``, ``busy`` and ``limit`` left open: putting it together takes longer than its
    answer."""
    oldest = select(InboxUpdate.chat_id, func.min(InboxUpdate.update_id).label("update_id")).where(
        InboxUpdate.state.in_(_OPEN), InboxUpdate.chat_id.not_in(bindparam("busy", expanding=True))
    )
    heads = oldest.group_by(InboxUpdate.chat_id).subquery()
    return (
        select(InboxUpdate)
        .join(heads, InboxUpdate.update_id == heads.c.update_id)
        .where(
            (InboxUpdate.claimed_until.is_(None)) | (InboxUpdate.claimed_until < bindparam("at")),
            (InboxUpdate.not_before.is_(None)) | (InboxUpdate.not_before <= bindparam("at")),
        )
        .order_by(InboxUpdate.update_id)
        .limit(bindparam("limit"))
    )


def finish(session: Session, update_id: int, state: str) -> None:
    """Close an update (done, refused or failed) and forget its text: the tracker keeps what the dialogue needs."""
    session.execute(
        update(InboxUpdate)
        .where(InboxUpdate.update_id == update_id)
        .values(state=state, payload={}, claimed_by=None, claimed_until=None, not_before=None)
        .execution_options(synchronize_session=False)
    )


def put_back(session: Session, update_id: int, attempts: int, at: datetime) -> None:
    """Give an update back for a later attempt."""
    wait = RETRY_SECONDS[min(attempts, len(RETRY_SECONDS)) - 1]
    session.execute(
        update(InboxUpdate)
        .where(InboxUpdate.update_id == update_id)
        .values(state="waiting", claimed_by=None, claimed_until=None, not_before=at + timedelta(seconds=wait))
    )


def release(session: Session, name: str) -> int:
    """Give back what a dead process of this name had claimed; returns how many."""
    released: int = session.execute(
        update(InboxUpdate)
        .where(InboxUpdate.claimed_by == name, InboxUpdate.state == "working")
        .values(state="waiting", claimed_by=None, claimed_until=None)
    ).rowcount
    return released
