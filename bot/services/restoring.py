"""What must be put right in a database that was brought back from a backup: it stands as it stood then, and the world went on."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.messages import outbox
from bot.store.base import metadata
from bot.store.models import OutboxMessage, StaffSession

RESTORED = "restored"
"""The error of a list of which nobody knows whether it was sent."""


def settle(session: Session) -> int:
    """Bring what was under way to a state that holds now; returns how many lists were left unsent.

    Lists that waited may have left since, and never come twice; answers and notices are sent again, rather twice than never. Whoever was
    signed in signs in again: he may have been signed out, or his account closed.
    """
    waiting = (OutboxMessage.kind == outbox.DIGEST) & OutboxMessage.state.in_(("queued", "sending"))
    left = session.execute(
        update(OutboxMessage).where(waiting).values(state="unknown", error=RESTORED).execution_options(synchronize_session=False)
    ).rowcount
    outbox.recover(session)
    session.execute(delete(StaffSession).execution_options(synchronize_session=False))
    return int(left)


def known_chats(session: Session) -> set[int]:
    """Every chat that any table names."""
    found: set[int] = set()
    for table in metadata.sorted_tables:
        if "chat_id" in table.columns:
            found |= {chat_id for chat_id in session.execute(select(table.c.chat_id).distinct()).scalars() if chat_id}
    return found
