"""Effects that happen once: what was done for an update is recorded with it and answered again, not done again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from bot import clock
from bot.store.models import Effect


def once(session: Session, update_id: int | None, action: str, effect: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run the effect, or return the outcome recorded when the same update ran the same action before.

    The record is written in the transaction of the effect: both happen or none. An update_id of None (rasa shell, a script)
    has no memory. The outcome must be JSON.
    """
    if update_id is None:
        return effect()
    recorded = session.get(Effect, (update_id, action))
    if recorded is not None:
        return dict(recorded.outcome)
    outcome = effect()
    # A copy: what the caller does with the outcome must not change the record.
    session.add(Effect(update_id=update_id, action=action, outcome=dict(outcome), created_at=clock.real_now()))
    return outcome


def was_done(session: Session, update_id: int | None, action: str) -> bool:
    """Whether this update had the effect before: it is a repetition."""
    return update_id is not None and session.get(Effect, (update_id, action)) is not None
