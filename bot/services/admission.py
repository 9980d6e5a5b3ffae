"""Who may take part: everybody but those whom the team has banned."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.models import Ban


def is_admitted(chat_id: Any) -> Any:
    """The condition of a query that no ban is in force for a chat.

    Args:
        chat_id: a column, such as Person.chat_id.
    """
    return ~select(Ban.id).where(Ban.chat_id == chat_id, Ban.lifted_at.is_(None)).exists()


def ban_of(session: Session, chat_id: int) -> Ban | None:
    """The ban that is in force for a chat; None: there is none."""
    found: Ban | None = session.execute(select(Ban).where(Ban.chat_id == chat_id, Ban.lifted_at.is_(None))).scalar_one_or_none()
    return found
