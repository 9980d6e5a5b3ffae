"""What staff do with a conversation: give it to somebody, tag, note, review it, see its personal details for a while.

Each conversation has a number of its own, drawn by lot: chat ids stand in no address and in no log, and the number of somebody who was
erased is nobody's. Changes by hand carry the version that the form was made from; an older one changes nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.services import audit
from bot.services.staff_accounts import folded
from bot.services.staff_sessions import Staff
from bot.store.models import Conversation, ConversationMark, ConversationNote, ConversationTag, StaffAccount, Unmasking

UNMASKED = timedelta(minutes=15)
MOST_TAGS, LONGEST_TAG, LONGEST_NOTE, MOST_NOTES = 10, 32, 2000, 100
REASONS = ("report", "handoff", "dispute", "duplicate", "request")
"""Why somebody looks at personal details: a report, an answer that is waited for, hours that are disputed, a double, the person's wish."""
_SMALLEST, _COUNT = 1_000_000, 9_000_000


class Stale(Exception):
    """A form was made before somebody else's change, or was sent before: nothing was changed."""


class Unfit(ValueError):
    """What a form holds cannot be kept; the message is a key: tags, note, account, reason."""


def numbers(session: Session, chat_ids: Collection[int]) -> dict[int, int]:
    """The numbers of conversations by chat; those that have none are given one, in a transaction that writes.

    A conversation that was erased meanwhile gets none, and is left out.
    """
    known = known_numbers(session, chat_ids)
    for _ in range(10):
        missing = _there(session, [chat_id for chat_id in chat_ids if chat_id not in known])
        if not missing:
            return known
        dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        drawn = [{"id": _SMALLEST + secrets.randbelow(_COUNT), "chat_id": chat_id, "version": 0} for chat_id in missing]
        session.execute(dialect.insert(ConversationMark).values(drawn).on_conflict_do_nothing())
        known = known_numbers(session, chat_ids)
    raise RuntimeError("no number is free")


def _there(session: Session, chat_ids: Sequence[int]) -> list[int]:
    """Those of the chats whose conversation is there, and stays until this transaction ends: whoever erases takes it first."""
    query = select(Conversation.chat_id).where(Conversation.chat_id.in_(chat_ids)).with_for_update(read=True)
    return list(session.execute(query).scalars()) if chat_ids else []


def known_numbers(session: Session, chat_ids: Collection[int]) -> dict[int, int]:
    """The numbers of those conversations that have one, by chat."""
    query = select(ConversationMark.chat_id, ConversationMark.id).where(ConversationMark.chat_id.in_(list(chat_ids)))
    return dict(session.execute(query).all())


def of_number(session: Session, number: int, locks: bool = False) -> ConversationMark | None:
    """The mark of a number; None: no conversation has it.

    Args:
        locks: keep it from being changed or erased until the transaction ends: before anything is written beside it.
    """
    found: ConversationMark | None = session.get(ConversationMark, number, with_for_update=locks or None)
    return found


_QUIET = {"synchronize_session": False}


def see(session: Session, number: int, at: datetime) -> None:
    """Somebody opened it: what came until now is read."""
    session.execute(update(ConversationMark).where(ConversationMark.id == number).values(seen_at=at).execution_options(**_QUIET))


def _change(session: Session, number: int, version: int, **values: Any) -> None:
    """Change a mark if it is as the form knew it. Raises Stale."""
    one = update(ConversationMark).where(ConversationMark.id == number, ConversationMark.version == version)
    if not session.execute(one.values(version=version + 1, **values).execution_options(**_QUIET)).rowcount:
        raise Stale


def assign(session: Session, staff: Staff, mark: ConversationMark, version: int, account_id: int | None, at: datetime) -> None:
    """Let somebody look after it; None: nobody. Raises Stale, Unfit."""
    if account_id is not None:
        account = session.get(StaffAccount, account_id)
        if account is None or account.disabled_at is not None:
            raise Unfit("account")
    _change(session, mark.id, version, assignee_id=account_id)
    audit.record(session, staff.author, "assign", at, ("conversation", mark.id), to=account_id)


def review(session: Session, staff: Staff, mark: ConversationMark, version: int, seen_until: datetime | None, at: datetime) -> None:
    """It was read and judged, up to what the page showed; None: it was not, after all. Raises Stale."""
    until = min(seen_until, at) if seen_until else None
    _change(session, mark.id, version, reviewed_at=until, reviewed_by=staff.account_id if until else None)
    audit.record(session, staff.author, "review", at, ("conversation", mark.id), reviewed=until is not None)


def tag(session: Session, staff: Staff, mark: ConversationMark, version: int, tags: Sequence[str], at: datetime) -> None:
    """Replace the tags. Raises Stale, Unfit."""
    wanted = sorted({folded(word) for word in tags} - {""})
    if len(wanted) > MOST_TAGS or any(len(word) > LONGEST_TAG for word in wanted):
        raise Unfit("tags")
    chat_id = mark.chat_id
    _change(session, mark.id, version)
    session.execute(delete(ConversationTag).where(ConversationTag.chat_id == chat_id).execution_options(**_QUIET))
    session.add_all(ConversationTag(chat_id=chat_id, tag=word) for word in wanted)
    audit.record(session, staff.author, "tag", at, ("conversation", mark.id), count=len(wanted))


def note(session: Session, staff: Staff, mark: ConversationMark, version: int, words: str, at: datetime) -> None:
    """Write something for the others. Raises Stale, Unfit."""
    words = words.strip()
    if not 0 < len(words) <= LONGEST_NOTE:
        raise Unfit("note")
    _change(session, mark.id, version)
    session.add(ConversationNote(chat_id=mark.chat_id, account_id=staff.account_id, words=words, created_at=at))
    audit.record(session, staff.author, "note", at, ("conversation", mark.id))


def notes(session: Session, chat_id: int) -> list[tuple[ConversationNote, str]]:
    """The last notes with the names of their authors, the oldest first."""
    query = (
        select(ConversationNote, StaffAccount.name)
        .join(StaffAccount, StaffAccount.id == ConversationNote.account_id)
        .where(ConversationNote.chat_id == chat_id)
        .order_by(ConversationNote.id.desc())
        .limit(MOST_NOTES)
    )
    return [(row, name) for row, name in session.execute(query)][::-1]


def tags(session: Session, chat_id: int) -> list[str]:
    query = select(ConversationTag.tag).where(ConversationTag.chat_id == chat_id).order_by(ConversationTag.tag)
    return list(session.execute(query).scalars())


def colleagues(session: Session) -> list[tuple[int, str]]:
    """Accounts that may be given a conversation, by name."""
    query = select(StaffAccount.id, StaffAccount.name).where(StaffAccount.disabled_at.is_(None)).order_by(StaffAccount.name)
    return [(account_id, name) for account_id, name in session.execute(query)]


# ---- personal details


def unmask(session: Session, staff: Staff, mark: ConversationMark, reason: str, at: datetime) -> None:
    """Show personal details to this session for a quarter of an hour. Shown already, nothing changes. Raises Unfit for no reason."""
    if reason not in REASONS:
        raise Unfit("reason")
    if unmasked_until(session, staff, mark.chat_id, at):
        return
    session.execute(
        delete(Unmasking).where(Unmasking.session_id == staff.session_id, Unmasking.chat_id == mark.chat_id).execution_options(**_QUIET)
    )
    session.add(Unmasking(session_id=staff.session_id, chat_id=mark.chat_id, until_at=at + UNMASKED))
    audit.record(session, staff.author, "unmask", at, ("conversation", mark.id), reason=reason)


def unmasked_until(session: Session, staff: Staff, chat_id: int, at: datetime) -> datetime | None:
    """Until when this session sees the personal details of a chat; None: it does not."""
    row = session.get(Unmasking, (staff.session_id, chat_id))
    return row.until_at if row is not None and row.until_at > at else None


# ---- forgetting


def forget(session: Session, chat_id: int) -> None:
    """All that staff kept about a chat goes with the person: the mark first, for whose lock whoever writes beside it has waited."""
    for table in (ConversationMark, ConversationNote, ConversationTag, Unmasking):
        session.execute(delete(table).where(table.chat_id == chat_id).execution_options(**_QUIET))


def forget_old(session: Session, at: datetime) -> int:
    """Delete unmaskings that are over; returns how many."""
    return int(session.execute(delete(Unmasking).where(Unmasking.until_at <= at).execution_options(**_QUIET)).rowcount)
