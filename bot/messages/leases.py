"""Leases: which of several processes does a job now. On real time, held by name, free again when they run out."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import clock
from bot.store.models import Lease


def acquire(session: Session, name: str, holder: str, seconds: float) -> bool:
    """Take or renew a lease; False while another holds it. A holder that was killed gets its own back at once."""
    now = clock.real_now()
    until = now + timedelta(seconds=seconds)
    renewed = session.execute(
        update(Lease).where(Lease.name == name, (Lease.holder == holder) | (Lease.expires_at < now)).values(holder=holder, expires_at=until)
    ).rowcount
    if renewed:
        return True
    try:
        with session.begin_nested():
            session.add(Lease(name=name, holder=holder, expires_at=until))
        return True
    except IntegrityError:
        return False


def find(session: Session, name: str) -> Lease | None:
    """A lease as it stands, also one that has run out; None: nobody took it, or it was given back."""
    found: Lease | None = session.get(Lease, name)
    return found


def release(session: Session, name: str, holder: str) -> None:
    """Give a lease back, if it is held by this holder: the next one need not wait until it runs out."""
    session.execute(delete(Lease).where(Lease.name == name, Lease.holder == holder))
