"""What changed, in the order in which it was committed: so that whoever holds people and missions in memory reads only that anew.

Each transaction that changes what matching knows adds rows here just before it commits. On PostgreSQL an advisory lock, held from there
to the commit, makes the order of the numbers that of the commits: a reader that saw number n will never find a smaller one later.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Integer, String, delete, event, func, inspect, select
from sqlalchemy import text as sql
from sqlalchemy.orm import ORMExecuteState, Session

from bot.store.base import Base, Instant
from bot.store.organisations import Application, Initiative, Mission, Organisation, OrganisationMember
from bot.store.people import Person, Volunteer
from bot.store.relation import Block, Dismissal, Proposal

VOLUNTEER, MISSION, INITIATIVE, ORGANISATION = "volunteer", "mission", "initiative", "organisation"
EVERYTHING = 0
"""Instead of a row's id: any number of rows may have changed."""
NOTED = "noted"
"""Execution option of a statement of which is known, and said by :func:`note`, which rows it changes."""
KEEP_DAYS = 1
_LOCK = 0x7AD4
"""The number of the advisory lock; any that nobody else takes."""
_PENDING = "changes"

Change = tuple[str, int]


class ChangeRow(Base):
    """A row that matching knows was made, changed or deleted. Old ones go, the newest never: numbers are not used again."""

    __tablename__ = "changes"

    id = Column(Integer, primary_key=True)
    kind = Column(String(16), nullable=False)
    """volunteer, mission, initiative or organisation: what is to be read anew."""
    row_id = Column(Integer, nullable=False)
    """Its id; 0: all of them."""
    created_at = Column(Instant, nullable=False)
    """Real time."""


def _of(row: Any) -> Iterable[Change]:
    """What is to be read anew after a row was made, changed or deleted."""
    if isinstance(row, (Volunteer, OrganisationMember, Block, Dismissal, Proposal)):
        yield VOLUNTEER, row.person_id
    elif isinstance(row, Application):
        yield VOLUNTEER, row.person_id
        yield MISSION, row.mission_id
    elif isinstance(row, Person) and inspect(row).attrs.blocked_at.history.has_changes():
        yield VOLUNTEER, row.id
    elif isinstance(row, Mission):
        yield MISSION, row.id
    elif isinstance(row, Initiative):
        yield INITIATIVE, row.id
    elif isinstance(row, Organisation):
        yield ORGANISATION, row.id


_TABLES: dict[str, tuple[str, ...]] = {
    "volunteers": (VOLUNTEER,),
    "persons": (VOLUNTEER,),
    "organisation_members": (VOLUNTEER,),
    "blocks": (VOLUNTEER,),
    "dismissals": (VOLUNTEER,),
    "proposals": (VOLUNTEER,),
    "applications": (VOLUNTEER, MISSION),
    "missions": (MISSION, VOLUNTEER),
    "initiatives": (MISSION,),
    "organisations": (MISSION, VOLUNTEER),
}
"""What a statement without rows in hand may change, deletions that follow from it included."""


def pending(session: Session) -> set[Change]:
    """What this transaction has changed so far and others do not know yet."""
    session.flush()
    found: set[Change] = session.info.setdefault(_PENDING, set())
    return found


@event.listens_for(Session, "before_flush")
def _note_rows(session: Session, _context: Any, _instances: Any) -> None:
    changes = session.info.setdefault(_PENDING, set())
    for row in session.dirty:
        if session.is_modified(row):
            changes.update(_of(row))
    for row in session.deleted:
        # With a person goes what hangs on him.
        changes.update([(VOLUNTEER, row.id)] if isinstance(row, Person) else _of(row))


@event.listens_for(Session, "after_flush")
def _note_new_rows(session: Session, _context: Any) -> None:
    # Only now do new rows have their numbers.
    for row in session.new:
        session.info.setdefault(_PENDING, set()).update(_of(row))


@event.listens_for(Session, "do_orm_execute")
def _note_statement(state: ORMExecuteState) -> None:
    statement = state.statement
    if not (state.is_update or state.is_delete) or state.execution_options.get(NOTED):
        return
    for kind in _TABLES.get(statement.table.name, ()):
        state.session.info.setdefault(_PENDING, set()).add((kind, EVERYTHING))


def note(session: Session, kind: str, row_id: int) -> None:
    """Say what a statement changes whose execution option NOTED is set."""
    session.info.setdefault(_PENDING, set()).add((kind, row_id))


def write_down(session: Session, at: datetime) -> None:
    """Tell others what this transaction changed; the last thing before it commits.

    Args:
        at: real time, for housekeeping.
    """
    if not session.in_transaction():
        return  # rolled back on purpose
    found = pending(session)
    if not found:
        return
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sql("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    session.add_all(ChangeRow(kind=kind, row_id=row_id, created_at=at) for kind, row_id in sorted(found))
    session.flush()
    found.clear()


def forget_old(session: Session, at: datetime) -> None:
    """Delete what everybody who is alive has read; who was away for longer reads everything anew."""
    newest = select(func.max(ChangeRow.id)).scalar_subquery()
    old = delete(ChangeRow).where(ChangeRow.created_at < at - timedelta(days=KEEP_DAYS), ChangeRow.id < newest)
    session.execute(old.execution_options(synchronize_session=False))
