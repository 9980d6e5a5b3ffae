"""What ``doctor`` reports: rows by state, duplicates, versions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import clock
from bot.services import shards
from bot.store.models import (
    Application,
    Digest,
    DigestShard,
    Handoff,
    HelpRequest,
    InboxUpdate,
    Mission,
    Organisation,
    OutboxMessage,
    Person,
    Proposal,
    Subscription,
    Volunteer,
)

_BY_STATE = {
    "organisations": Organisation.state,
    "missions": Mission.state,
    "applications": Application.state,
    "inbox": InboxUpdate.state,
    "outbox": OutboxMessage.state,
    "digests": Digest.state,
    "shards": DigestShard.state,
    "proposals": Proposal.state,
    "help_requests": HelpRequest.state,
    "handoffs": Handoff.state,
}


def examine(session: Session) -> dict[str, Any]:
    """Counts by state, what stands twice, and the age in seconds of the oldest message that waits (None: none waits)."""
    rows = {name: dict(session.execute(select(column, func.count()).group_by(column)).all()) for name, column in _BY_STATE.items()}
    oldest = session.execute(select(func.min(OutboxMessage.created_at)).where(OutboxMessage.state == "queued")).scalar_one()
    return {
        "rows": rows,
        "people": session.execute(select(func.count(Person.id))).scalar_one(),
        "volunteers": session.execute(select(func.count(Volunteer.person_id))).scalar_one(),
        "subscriptions": session.execute(select(func.count(Subscription.id)).where(Subscription.ended_at.is_(None))).scalar_one(),
        "open_applications": rows["applications"].get("pending", 0),
        "duplicates": {
            "applications": _doubled(session, Application.mission_id, Application.person_id),
            "digests": _doubled(session, Digest.subscription_id, Digest.period),
            "outbox": _doubled(session, OutboxMessage.origin, OutboxMessage.position),
        },
        "last_digest_run": _last_run(session),
        "outbox_age_seconds": (clock.now() - oldest).total_seconds() if oldest else None,
    }


def _last_run(session: Session) -> dict[str, Any] | None:
    """How far the last run of digests is; None: there was none."""
    found = shards.progress(session)
    if found is None:
        return None
    return {"at": found.at.isoformat(), "shards": found.states, **vars(found.made)}


def _doubled(session: Session, *columns: Any) -> int:
    groups = select(*columns).group_by(*columns).having(func.count() > 1).subquery()
    count: int = session.execute(select(func.count()).select_from(groups)).scalar_one()
    return count
