"""Waits between attempts to sign in, that grow: of one name and from one address, whether the name exists or not.

An attempt is counted before it is looked at, so that many at once get no further than one after the other.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.store.models import LoginThrottle

FREE = {"name": 4, "address": 12}
"""Attempts in a row without a wait; many of the staff may share an address."""
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 5, 900
FORGET_HOURS = 24


def keys(name: str, address: str) -> tuple[str, str]:
    """What is counted: the name as folded, the address; neither is kept as it is."""
    return f"name:{_digest(name)}", f"address:{_digest(address)}"


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def wait_seconds(key: str, failures: int) -> int:
    """How long nothing is looked at after so many failures in a row: 0, then 5 s, doubled each time, 15 minutes at most."""
    beyond = failures - FREE[key.partition(":")[0]]
    return 0 if beyond < 0 else min(FIRST_WAIT_SECONDS * 2 ** min(beyond, 20), LONGEST_WAIT_SECONDS)


def take(session: Session, wanted: tuple[str, ...], at: datetime) -> int:
    """Count an attempt as failed until :func:`forgive` says otherwise. Returns 0, or for how many seconds it must wait: then it is not
    counted either. Locks the rows: attempts at once come one after the other."""
    rows = [_row(session, key, at) for key in sorted(wanted)]
    longest = max((row.not_before - at).total_seconds() for row in rows)
    if longest > 0:
        return int(longest) + 1
    for row in rows:
        row.failures = 1 if at - row.last_at > timedelta(hours=FORGET_HOURS) else row.failures + 1
        row.last_at = at
        row.not_before = at + timedelta(seconds=wait_seconds(row.key, row.failures))
    session.flush()
    return 0


def forgive(session: Session, name_key: str, address_key: str) -> None:
    """The attempt was right: the name begins anew, and of the address that one attempt is taken back."""
    wanted = select(LoginThrottle).where(LoginThrottle.key.in_((name_key, address_key)))
    # In the order of take(): two who lock in two orders would wait for each other.
    for row in session.execute(wanted.order_by(LoginThrottle.key).with_for_update()).scalars():
        row.failures = 0 if row.key == name_key else max(0, row.failures - 1)
        row.not_before = row.last_at


def forget_old(session: Session, at: datetime) -> int:
    """Delete what is a day old; returns how many rows."""
    old = delete(LoginThrottle).where(LoginThrottle.last_at < at - timedelta(hours=FORGET_HOURS))
    return int(session.execute(old.execution_options(synchronize_session=False)).rowcount)


def _row(session: Session, key: str, at: datetime) -> Any:
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    new = dialect.insert(LoginThrottle).values(key=key, failures=0, last_at=at, not_before=at)
    # Touched, a row that was there is locked: whoever forgets old ones cannot delete it in between.
    session.execute(new.on_conflict_do_update(index_elements=["key"], set_={"key": new.excluded.key}))
    return session.execute(select(LoginThrottle).where(LoginThrottle.key == key).with_for_update()).scalar_one()
