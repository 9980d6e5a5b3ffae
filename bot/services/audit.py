"""The audit log: who did what in the console. It is only added to; the database itself refuses anything else.

No message text, no chat id, no name of a person outside the staff: an entry outlives whoever was erased.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.models import AuditEntry

MOST_DETAIL = 300
"""Characters of one value of an entry."""
PAGE = 50


@dataclass(frozen=True)
class Author:
    """Who did it: an account, or nobody who was signed in (None, None: the command line, or somebody at the door)."""

    account_id: int | None = None
    name: str | None = None


COMMAND_LINE = Author(None, None)


def record(
    session: Session,
    author: Author,
    action: str,
    at: datetime,
    subject: tuple[str, int | str] | None = None,
    **detail: str | int | bool | None,
) -> None:
    """Add an entry, in the transaction of what it tells.

    Args:
        action: such as login, unmask, organisation_refused.
        subject: (kind, id), such as ("conversation", 12); None: nothing in particular.
        detail: short values; long ones are cut.
    """
    kind, number = subject or (None, None)
    session.add(
        AuditEntry(
            at=at,
            account_id=author.account_id,
            account_name=author.name,
            action=action,
            subject_kind=kind,
            subject_id=None if number is None else str(number),
            detail={name: value[:MOST_DETAIL] if isinstance(value, str) else value for name, value in detail.items()},
        )
    )


def entries(session: Session, before: int | None = None, account: str | None = None, action: str | None = None) -> list[Any]:
    """A page of the log, the newest first, and one entry more where there is another page.

    Args:
        before: entries older than this one; None: from the newest.
        account: of this name alone; None: of everybody.
        action: of this kind alone; None: of every kind.
    """
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(PAGE + 1)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    if account:
        query = query.where(AuditEntry.account_name == account)
    if action:
        query = query.where(AuditEntry.action == action)
    return list(session.execute(query).scalars())
