"""A person of the team takes a conversation: the bot is silent, what is said is kept for the thread, and both hear when it ends.

    handoff waiting ─► taken: "somebody is here" ─► answers, through the outbox ─► handed back: "the bot is back"
                                                                                ─► half an hour of silence: the same, and it waits again

The table alone decides who answers: the gateway looks into it before each turn, so that not even a second passes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.messages import outbox
from bot.messages.outbox import Draft
from bot.services.profiles import person_of
from bot.store.models import Conversation, Handoff, StaffAccount, Takeover
from bot.texts import DEFAULT_REGISTER, REGISTERS, Html, text

WORDS_LENGTH = 2000
SILENCE = timedelta(minutes=30)
"""So long without a word of the team, and the bot answers again."""
ORIGIN = "staff:"
"""Begins the origin of what the team wrote."""
CANNED = ("hello", "which", "noted", "settled", "urgent")
"""Answers that are ready in each register."""
MOST_WAITING = 200
"""Conversations on the page of those who wait: nobody answers more before he looks again."""
STAFF, QUIET = "staff", "silence"


class NotYours(Exception):
    """Somebody else has taken the conversation, or it was handed back: nothing was changed."""


class Unfit(ValueError):
    """What was written cannot be sent: nothing, or too much."""


@dataclass(frozen=True)
class Waiting:
    """A conversation for which a person was asked, or that one has taken."""

    chat_id: int
    reason: str
    opened_at: datetime
    state: str
    """waiting or taken."""
    account: str | None
    """Who has taken it; None: nobody."""


def running(session: Session, chat_id: int) -> Takeover | None:
    """The takeover of a chat that goes on now; None: the bot answers."""
    found: Takeover | None = session.execute(
        select(Takeover).where(Takeover.chat_id == chat_id, Takeover.ended_at.is_(None))
    ).scalar_one_or_none()
    return found


def register_of(session: Session, chat_id: int) -> str:
    """In which register a chat is written to: the person's, that of the last sentence, or Darija."""
    person, conversation = person_of(session, chat_id), session.get(Conversation, chat_id)
    found = person.register if person else (conversation.register if conversation else None)
    return found if found in REGISTERS else DEFAULT_REGISTER


def take(session: Session, account_id: int, chat_id: int, at: datetime) -> bool:
    """Take a conversation; the person in the chat is told. False: the same colleague has it already, and nothing is changed.

    Raises NotYours where another one has it.
    """
    known = running(session, chat_id)
    if known is not None:
        _own(known, account_id)
        return False
    row = Takeover(chat_id=chat_id, account_id=account_id, began_at=at, last_reply_at=at, was_overheard=False)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        # A colleague pressed the same button a moment before.
        found = running(session, chat_id)
        if found is None:
            raise NotYours from None
        _own(found, account_id)
        return False
    session.execute(
        update(Handoff).where(Handoff.chat_id == chat_id, Handoff.state == "waiting").values(state="taken").execution_options(**_QUIET)
    )
    return _say(session, row, "began", text(register_of(session, chat_id), "takeover_began"), at)


_QUIET = {"synchronize_session": False}


def _own(row: Takeover, account_id: int) -> Takeover:
    if row.account_id != account_id:
        raise NotYours
    return row


def _locked(session: Session, account_id: int, chat_id: int) -> Takeover:
    row = session.execute(
        select(Takeover).where(Takeover.chat_id == chat_id, Takeover.ended_at.is_(None)).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotYours
    return _own(row, account_id)


def reply(session: Session, account_id: int, chat_id: int, words: str, form: str, at: datetime) -> bool:
    """Write to the person in the chat. False: these words of this form are there already.

    Args:
        words: plain text, as typed; every sign is shown as it is.
        form: a name of the form that was sent. The same words of it, sent twice, are one message; from a page that was gone back to, other
            words are another one.

    Raises NotYours, or Unfit.
    """
    said = "\n".join(line.rstrip() for line in words.strip().splitlines())
    if not said or len(said) > WORDS_LENGTH:
        raise Unfit
    row = _locked(session, account_id, chat_id)
    row.last_reply_at = at
    digest = hashlib.sha256(said.encode()).hexdigest()[:16]
    return _say(session, row, f"{form}:{digest}", Html(escape(said, quote=False)), at)


def hand_back(session: Session, account_id: int, chat_id: int, at: datetime) -> bool:
    """Let the bot answer again; the person in the chat is told, and nobody is waited for any more. True. Raises NotYours."""
    _end(session, _locked(session, account_id, chat_id), STAFF, at)
    return True


def _silent(at: datetime) -> Any:
    return select(Takeover).where(Takeover.ended_at.is_(None), Takeover.last_reply_at <= at - SILENCE)


def are_silent(session: Session, at: datetime) -> bool:
    """Whether there is anything to end: a look that locks nothing."""
    return session.execute(_silent(at).limit(1)).first() is not None


def end_silent(session: Session, at: datetime) -> int:
    """End what the team has said nothing in for half an hour; returns how many."""
    rows = list(session.execute(_silent(at).with_for_update()).scalars())
    for row in rows:
        _end(session, row, QUIET, at)
    return len(rows)


def _end(session: Session, row: Takeover, by: str, at: datetime) -> None:
    row.ended_at, row.ended_by = at, by
    # Left in silence, whoever had asked for a person still waits for one.
    values = {"state": "closed", "closed_at": at} if by == STAFF else {"state": "waiting"}
    taken = update(Handoff).where(Handoff.chat_id == row.chat_id, Handoff.state == "taken").values(**values)
    is_asked_for = session.execute(taken.execution_options(**_QUIET)).rowcount > 0
    told = by if is_asked_for or by == STAFF else "unasked"
    _say(session, row, "ended", text(register_of(session, row.chat_id), f"takeover_ended_{told}"), at)


def _say(session: Session, row: Takeover, name: str, words: str, at: datetime) -> bool:
    """Whether it was not said before."""
    session.flush()
    return bool(outbox.queue(session, row.chat_id, outbox.REPLY, f"{ORIGIN}{row.id}:{name}", [Draft(words)], at))


# ---- the gateway


def who_answers(session: Session, chat_id: int) -> tuple[bool, bool]:
    """Whether a person answers in a chat now, and whether one did until lately, so that Rasa must be told. One query."""
    open_or_heard = Takeover.ended_at.is_(None) | Takeover.was_overheard.is_(True)
    query = select(Takeover.ended_at.is_(None)).where(Takeover.chat_id == chat_id, open_or_heard)
    rows = session.execute(query).all()
    is_taken = any(goes_on for (goes_on,) in rows)
    return is_taken, not is_taken and bool(rows)


def note_overheard(session: Session, chat_id: int) -> None:
    """Note that Rasa listens without answering."""
    running_now = (Takeover.chat_id == chat_id, Takeover.ended_at.is_(None))
    session.execute(update(Takeover).where(*running_now).values(was_overheard=True).execution_options(**_QUIET))


def note_resumed(session: Session, chat_id: int) -> None:
    """Rasa was told that it may answer again."""
    ended = (Takeover.chat_id == chat_id, Takeover.ended_at.is_not(None))
    session.execute(update(Takeover).where(*ended).values(was_overheard=False).execution_options(**_QUIET))


# ---- the queue


def queue(session: Session) -> list[Waiting]:
    """The conversations in which a person is waited for, the longest first, at most :data:`MOST_WAITING`. One query."""
    query = (
        select(Handoff, StaffAccount.name)
        .outerjoin(Takeover, (Takeover.chat_id == Handoff.chat_id) & Takeover.ended_at.is_(None))
        .outerjoin(StaffAccount, StaffAccount.id == Takeover.account_id)
        .where(Handoff.state != "closed")
        .order_by(Handoff.opened_at, Handoff.id)
        .limit(MOST_WAITING)
    )
    return [Waiting(row.chat_id, row.reason, row.opened_at, row.state, name) for row, name in session.execute(query)]


def canned(register: str) -> list[tuple[str, str]]:
    """Answers that are ready in a register: name and text."""
    return [(name, text(register, f"canned_{name}")) for name in CANNED]
