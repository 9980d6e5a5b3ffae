"""Browsers that are signed in. The token is in the cookie alone; the database knows its SHA-256.

By business time, like everything whose end people are told; a clock that is moved by ``CLOCK_START`` moves all of it alike.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bot.services.audit import Author
from bot.services.staff_roles import may
from bot.store.models import StaffAccount, StaffSession

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
TOUCH = timedelta(minutes=1)
"""That somebody is there is written down once a minute, not with each page."""
MOST = 10
"""Sessions of one account; the oldest makes room."""


@dataclass(frozen=True)
class Staff:
    """Somebody who is signed in, as one request sees him."""

    account_id: int
    name: str
    role: str
    locale: str
    session_id: str
    csrf: str
    is_stale: bool
    """Whether it is time to write down that he is there."""

    @property
    def author(self) -> Author:
        return Author(self.account_id, self.name)

    def may(self, permission: str) -> bool:
        return may(self.role, permission)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def begin(session: Session, account_id: int, at: datetime) -> str:
    """Sign an account in; returns the token for the cookie, new each time."""
    token = secrets.token_urlsafe(32)
    kept = select(StaffSession.id).where(StaffSession.account_id == account_id).order_by(StaffSession.created_at.desc()).offset(MOST - 1)
    _delete(session, StaffSession.id.in_(list(session.execute(kept).scalars())))
    csrf = secrets.token_urlsafe(32)
    session.add(StaffSession(id=digest(token), account_id=account_id, csrf=csrf, created_at=at, seen_at=at, expires_at=at + LONGEST))
    session.flush()
    return token


def find(session: Session, token: str, at: datetime) -> Staff | None:
    """Who holds a token; None where it is nobody's, was idle for too long, is at its end, or its account was disabled."""
    query = (
        select(StaffSession, StaffAccount)
        .join(StaffAccount, StaffAccount.id == StaffSession.account_id)
        .where(
            StaffSession.id == digest(token),
            StaffSession.expires_at > at,
            StaffSession.seen_at > at - IDLE,
            StaffAccount.disabled_at.is_(None),
        )
    )
    found = session.execute(query).first()
    if found is None:
        return None
    row, account = found
    return Staff(account.id, account.name, account.role, account.locale, row.id, row.csrf, at - row.seen_at >= TOUCH)


def touch(session: Session, session_id: str, at: datetime) -> None:
    """Write down that somebody is there; a session that ended meanwhile stays ended."""
    here = update(StaffSession).where(StaffSession.id == session_id, StaffSession.seen_at > at - IDLE).values(seen_at=at)
    session.execute(here.execution_options(synchronize_session=False))


def end(session: Session, session_id: str) -> None:
    _delete(session, StaffSession.id == session_id)


def end_all(session: Session, account_id: int) -> None:
    """Sign an account out everywhere."""
    _delete(session, StaffSession.account_id == account_id)


def end_others(session: Session, staff: Staff) -> int:
    """Sign an account out everywhere but here; returns how many sessions ended."""
    return _delete(session, (StaffSession.account_id == staff.account_id) & (StaffSession.id != staff.session_id))


def count(session: Session, staff: Staff, at: datetime) -> int:
    """How many sessions an account has, this one included."""
    alive = (StaffSession.account_id == staff.account_id, StaffSession.expires_at > at, StaffSession.seen_at > at - IDLE)
    return int(session.execute(select(func.count()).select_from(StaffSession).where(*alive)).scalar_one())


def forget_old(session: Session, at: datetime) -> int:
    """Delete what is at its end; returns how many."""
    return _delete(session, (StaffSession.expires_at <= at) | (StaffSession.seen_at <= at - IDLE))


def _delete(session: Session, which: object) -> int:
    return int(session.execute(delete(StaffSession).where(which).execution_options(synchronize_session=False)).rowcount)
