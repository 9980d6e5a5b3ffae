"""Keeping somebody out who does harm: what others wait for is resolved, nothing is sent to him any more, and what he asks for is refused.

in force ─► lifted: he may take part again, and begins with nothing promised

He keeps what the law gives everybody (a copy, being forgotten) and a way to the team, who may have been wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.messages import outbox
from bot.messages.outbox import Choice, Draft
from bot.services import admission, audit, farewell, moderation, subscriptions, takeovers
from bot.services.audit import Author
from bot.services.moderation import Stale, Unfit
from bot.services.profiles import person_of
from bot.store.models import Ban, OrganisationReview, Volunteer
from bot.texts import text

REASONS = ("harassment", "danger", "fraud", "identity", "misuse")
"""What is told: the texts ban_told_…."""
KEPT = timedelta(days=365)
"""So long a ban outlives its end, or all else that was kept of the person: whoever is forgotten does not begin anew the day after."""
PAGE = 40
ENDED = "banned"
"""Why lists ended."""


def ban(session: Session, author: Author, chat_id: int, subject: tuple[str, int], reason: str, at: datetime) -> int:
    """Let somebody take part no more; returns the number of the ban.

    Args:
        subject: what the audit log names instead of the chat.
        reason: of :data:`REASONS`.

    Raises Stale where he is banned already, Unfit for no reason.
    """
    if reason not in REASONS:
        raise Unfit(reason)
    if admission.ban_of(session, chat_id) is not None:
        raise Stale
    # As long as he may act for himself: what he promised is given back as by his own farewell.
    alone = [one.id for one in farewell.alone_for(session, chat_id) if one.state in moderation.DECISIONS]
    farewell.say(session, chat_id, at)
    row = Ban(chat_id=chat_id, reason=reason, account_id=author.account_id, created_at=at)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Stale from None
    person = person_of(session, chat_id)
    volunteer = session.get(Volunteer, person.id) if person else None
    if volunteer is not None:
        volunteer.paused = True
    subscriptions.end(session, chat_id, ENDED, at)
    _suspend(session, author, alone, at)
    audit.record(session, author, "banned", at, subject, reason=reason)
    _tell(session, chat_id, f"ban_told_{reason}", f"ban:{row.id}", at)
    return int(row.id)


def _suspend(session: Session, author: Author, organisation_ids: Sequence[int], at: datetime) -> None:
    """Nobody else speaks for these organisations: they are hidden until the team has looked."""
    for organisation in moderation.by_id(session, organisation_ids):
        organisation.state = moderation.FLAGGED
        session.add(
            OrganisationReview(
                organisation_id=organisation.id,
                account_id=author.account_id,
                decision=moderation.FLAGGED,
                reason="safety",
                snapshot=moderation.snapshot(organisation),
                created_at=at,
            )
        )
        audit.record(session, author, "organisation_flagged", at, ("organisation", organisation.id), reason="safety")


def lift(session: Session, author: Author, ban_id: int, at: datetime) -> None:
    """Let somebody take part again. His offer stays paused until he says otherwise. Raises Stale where the ban is not in force."""
    lifted = update(Ban).where(Ban.id == ban_id, Ban.lifted_at.is_(None)).values(lifted_at=at)
    if not session.execute(lifted.execution_options(synchronize_session=False)).rowcount:
        raise Stale
    row = session.execute(select(Ban).where(Ban.id == ban_id)).scalar_one()
    audit.record(session, author, "ban_lifted", at, ("ban", ban_id))
    if row.erased_at is None:
        _tell(session, row.chat_id, "ban_lifted", f"ban:{ban_id}:lifted", at)


def _tell(session: Session, chat_id: int, key: str, origin: str, at: datetime) -> None:
    register = takeovers.register_of(session, chat_id)
    choice = Choice(text(register, "button_handoff"), "/human_handoff")
    outbox.queue(session, chat_id, outbox.NOTICE, origin, [Draft(text(register, key), [choice], solicited=False)], at)


def listed(session: Session, in_force: bool, before: int | None = None) -> list[Ban]:
    """Bans, the newest first, one more than a page where there is another one.

    Args:
        before: the number with which the page before ended.
    """
    query = select(Ban).where(Ban.lifted_at.is_(None) if in_force else Ban.lifted_at.is_not(None))
    if before is not None:
        query = query.where(Ban.id < before)
    return list(session.execute(query.order_by(Ban.id.desc()).limit(PAGE + 1)).scalars())


def note_erased(session: Session, chat_id: int, at: datetime) -> None:
    """All else that was kept of the person goes now."""
    session.execute(update(Ban).where(Ban.chat_id == chat_id).values(erased_at=at).execution_options(synchronize_session=False))


def forget_old(session: Session, at: datetime) -> int:
    """Delete bans a year after they were lifted, or after their person was forgotten; returns how many."""
    old = delete(Ban).where((Ban.lifted_at <= at - KEPT) | (Ban.erased_at <= at - KEPT))
    return int(session.execute(old.execution_options(synchronize_session=False)).rowcount)
