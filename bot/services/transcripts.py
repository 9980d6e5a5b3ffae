"""Conversations as staff see them: the list with its filters, searching in any spelling. The thread is in transcript_thread.

Cost does not grow with the database: where a filter leaves few conversations, those are looked up by an index; where all of them leave
many, the list is walked from the newest on, :data:`LOOKED_AT` conversations a page at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import and_, distinct, exists, literal, or_, select, true, union
from sqlalchemy.orm import Session, aliased

from bot.services.transcript_index import intent_key, is_behind, register_key, run, word_keys
from bot.services.transcript_thread import Entry, Thread, thread
from bot.store.models import Conversation, ConversationMark, ConversationTag, Handoff, SentenceKey
from bot.vocabulary.spelling import words

__all__ = [
    "ConversationRow",
    "Cursor",
    "Entry",
    "Shelf",
    "Thread",
    "Wanted",
    "conversations",
    "is_behind",
    "run",
    "thread",
]

PAGE = 50
LOOKED_AT = 700
"""Conversations that one page walks over at most; the next page goes on where this one ended."""
FEW = 300
"""A filter that leaves no more is the one to begin with."""
MOST_WORDS = 6
"""Of a search; further words are not looked at."""
_OPEN_HANDOFF = ("waiting", "taken")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Wanted:
    """What a list of conversations shows; None: anything."""

    intent: str | None = None
    """Some sentence was understood as this one (for the FAQ with its question)."""
    below: float | None = None
    """Some sentence outside a form has a lower confidence, 0 to 1."""
    fallback: bool | None = None
    """Whether the bot asked back."""
    register: str | None = None
    """Some sentence is in it."""
    handoff: str | None = None
    """State of a handoff: waiting, taken or closed; "open": one of the first two."""
    since: datetime | None = None
    until: datetime | None = None
    """Last activity from … to before …"""
    tag: str | None = None
    assignee: int | None = None
    """Account that looks after it; 0: nobody does."""
    reviewed: bool | None = None
    """Whether it was reviewed since the last activity."""
    words: str | None = None
    """Words of one sentence, whatever their accents, hamza and script; signs alone are no words, and nothing has them."""


@dataclass(frozen=True)
class Cursor:
    """Where a page ended: the next one begins with what comes after it."""

    last_at: datetime
    chat_id: int

    def __str__(self) -> str:
        return f"{(self.last_at - _EPOCH) // timedelta(microseconds=1)}.{self.chat_id}"

    @staticmethod
    def read(written: str) -> Cursor:
        """A cursor as it stands in an address. Raises ValueError where it is none."""
        moment, _, chat_id = written.partition(".")
        microseconds = int(moment)
        if not 0 <= microseconds < 10**17 or abs(int(chat_id)) >= 2**63:
            raise ValueError("no place in the list")
        return Cursor(_EPOCH + timedelta(microseconds=microseconds), int(chat_id))


@dataclass(frozen=True)
class ConversationRow:
    """A conversation in a list."""

    chat_id: int
    last_at: datetime
    last_words: str | None
    register: str | None
    last_intent: str | None
    lowest_confidence: float | None
    fallbacks: int
    sentences: int
    handoff: str | None
    """waiting or taken; None: nobody is waited for."""
    assignee_id: int | None
    reviewed_at: datetime | None
    seen_at: datetime | None
    tags: tuple[str, ...]

    @property
    def is_unread(self) -> bool:
        return self.seen_at is None or self.seen_at < self.last_at


@dataclass(frozen=True)
class Shelf:
    """One page. ``after``: where the next one goes on; None: nothing comes after it. A page may be short, or empty, and still go on."""

    rows: list[ConversationRow]
    after: Cursor | None


def conversations(session: Session, wanted: Wanted, after: Cursor | None = None, limit: int = PAGE) -> Shelf:
    """Conversations, those with the latest activity first. A query for each filter and each word of a search at most, and five more."""
    searched = words(wanted.words)[:MOST_WORDS] if wanted.words is not None else None
    if searched == []:
        return Shelf([], None)
    filters = _filters(wanted, [word_keys(word.normal, word.skeleton) for word in searched or ()])
    few = _few(session, filters)
    window = select(Conversation).order_by(Conversation.last_at.desc(), Conversation.chat_id.desc())
    window = window.where(*_between(wanted, after))
    if few is not None:
        rows = (
            session.execute(window.where(Conversation.chat_id.in_(few), *(one.holds for one in filters)).limit(limit + 1)).scalars().all()
        )
        return _shelf(session, rows, limit, None)
    walked = window.limit(LOOKED_AT).subquery()
    inside = aliased(Conversation, walked)
    on_window = _filters(wanted, [word_keys(word.normal, word.skeleton) for word in searched or ()], inside)
    query = select(inside).where(*(one.holds for one in on_window)).order_by(inside.last_at.desc(), inside.chat_id.desc())
    rows = session.execute(query.limit(limit + 1)).scalars().all()
    end = _end_of_walk(session, window) if (filters or limit >= LOOKED_AT) and len(rows) <= limit else None
    return _shelf(session, rows, limit, end)


def _end_of_walk(session: Session, window: Any) -> Cursor | None:
    """Where a walk that found too little ended; None: at the end of the list."""
    columns = window.with_only_columns(Conversation.last_at, Conversation.chat_id)
    last = session.execute(columns.offset(LOOKED_AT - 1).limit(1)).one_or_none()
    return Cursor(last.last_at, last.chat_id) if last else None


def _shelf(session: Session, found: Sequence[Conversation], limit: int, end: Cursor | None) -> Shelf:
    rows = list(found[:limit])
    after = Cursor(rows[-1].last_at, rows[-1].chat_id) if len(found) > limit else end
    return Shelf(_told(session, rows), after)


def _told(session: Session, rows: Sequence[Conversation]) -> list[ConversationRow]:
    """The rows with what staff noted and whether somebody is waited for. Three queries."""
    if not rows:
        return []
    chats = [row.chat_id for row in rows]
    marks = {mark.chat_id: mark for mark in session.execute(select(ConversationMark).where(ConversationMark.chat_id.in_(chats))).scalars()}
    tags: dict[int, list[str]] = {}
    for tag in session.execute(select(ConversationTag).where(ConversationTag.chat_id.in_(chats)).order_by(ConversationTag.tag)).scalars():
        tags.setdefault(tag.chat_id, []).append(tag.tag)
    query = select(Handoff.chat_id, Handoff.state).where(Handoff.chat_id.in_(chats), Handoff.state.in_(_OPEN_HANDOFF))
    handoffs = dict(session.execute(query.order_by(Handoff.id)).all())
    return [_row(row, marks.get(row.chat_id), tuple(tags.get(row.chat_id, ())), handoffs.get(row.chat_id)) for row in rows]


def _row(row: Conversation, mark: ConversationMark | None, tags: tuple[str, ...], handoff: str | None) -> ConversationRow:
    return ConversationRow(
        chat_id=row.chat_id,
        last_at=row.last_at,
        last_words=row.last_words,
        register=row.register,
        last_intent=row.last_intent,
        lowest_confidence=row.lowest_confidence,
        fallbacks=row.fallbacks,
        sentences=row.sentences,
        handoff=handoff,
        assignee_id=mark.assignee_id if mark else None,
        reviewed_at=mark.reviewed_at if mark else None,
        seen_at=mark.seen_at if mark else None,
        tags=tags,
    )


# ---- filters


@dataclass(frozen=True)
class _Filter:
    """A condition on a conversation, and the chats for which it holds as a query; None: most of the time it holds for many."""

    holds: Any
    chats: Any = None


def _between(wanted: Wanted, after: Cursor | None) -> list[Any]:
    """What the order of the list itself answers."""
    found: list[Any] = []
    if after is not None:
        earlier = and_(Conversation.last_at == after.last_at, Conversation.chat_id < after.chat_id)
        found += [Conversation.last_at <= after.last_at, or_(Conversation.last_at < after.last_at, earlier)]
    if wanted.since is not None:
        found.append(Conversation.last_at >= wanted.since)
    if wanted.until is not None:
        found.append(Conversation.last_at < wanted.until)
    return found


def _filters(wanted: Wanted, searched: Sequence[set[str]], of: Any = Conversation) -> list[_Filter]:
    """The filters that are given, as conditions on a row of conversations or of a part of them.

    Args:
        searched: for each word the keys of which any will do.
    """
    found: list[_Filter] = []
    for key in (*([intent_key(wanted.intent)] if wanted.intent else ()), *([register_key(wanted.register)] if wanted.register else ())):
        found.append(_Filter(_has(SentenceKey.key == key, SentenceKey.chat_id == of.chat_id), _with_key({key})))
    if searched:
        found.append(_Filter(_in_one_sentence(searched, of), None))
        found += [_Filter(true(), _with_key(keys)) for keys in searched]
    if wanted.below is not None:
        chats = select(Conversation.chat_id).where(Conversation.lowest_confidence < wanted.below)
        found.append(_Filter(of.lowest_confidence < wanted.below, chats))
    if wanted.fallback is not None:
        chats = select(Conversation.chat_id).where(Conversation.fallbacks > 0) if wanted.fallback else None
        found.append(_Filter(of.fallbacks > 0 if wanted.fallback else of.fallbacks == 0, chats))
    return [*found, *_filters_of_staff(wanted, of)]


def _filters_of_staff(wanted: Wanted, of: Any) -> list[_Filter]:
    found: list[_Filter] = []
    mark = ConversationMark.chat_id == of.chat_id
    if wanted.handoff is not None:
        state = Handoff.state.in_(_OPEN_HANDOFF) if wanted.handoff == "open" else Handoff.state == wanted.handoff
        found.append(_Filter(exists().where(Handoff.chat_id == of.chat_id, state), select(distinct(Handoff.chat_id)).where(state)))
    if wanted.tag is not None:
        chats = select(ConversationTag.chat_id).where(ConversationTag.tag == wanted.tag)
        found.append(_Filter(exists().where(ConversationTag.chat_id == of.chat_id, ConversationTag.tag == wanted.tag), chats))
    if wanted.assignee == 0:
        found.append(_Filter(~exists().where(mark, ConversationMark.assignee_id.is_not(None))))
    elif wanted.assignee is not None:
        chats = select(ConversationMark.chat_id).where(ConversationMark.assignee_id == wanted.assignee)
        found.append(_Filter(exists().where(mark, ConversationMark.assignee_id == wanted.assignee), chats))
    if wanted.reviewed is not None:
        reviewed = exists().where(mark, ConversationMark.reviewed_at >= of.last_at)
        chats = select(ConversationMark.chat_id).where(ConversationMark.reviewed_at.is_not(None))
        found.append(_Filter(reviewed, chats) if wanted.reviewed else _Filter(~reviewed))
    return found


def _has(*conditions: Any) -> Any:
    """Whether there is a row, looked up for each conversation: an EXISTS PostgreSQL might answer by reading all keys first."""
    return select(literal(1)).where(*conditions).limit(1).scalar_subquery().is_not(None)


def _with_key(keys: set[str]) -> Any:
    """The chats that have any of some keys, as far as it takes to see whether they are few: each key's are read in order."""
    parts = [select(distinct(SentenceKey.chat_id).label("chat_id")).where(SentenceKey.key == key).limit(FEW + 1) for key in sorted(keys)]
    return select(union(*(select(part.subquery().c.chat_id) for part in parts)).subquery().c.chat_id)


def _in_one_sentence(searched: Sequence[set[str]], of: Any) -> Any:
    """Whether one sentence of a conversation has each of the words, in any of its spellings."""
    first = aliased(SentenceKey)
    conditions = [first.chat_id == of.chat_id, first.key.in_(sorted(searched[0]))]
    for keys in searched[1:]:
        other = aliased(SentenceKey)
        conditions.append(_has(other.chat_id == first.chat_id, other.sentence_id == first.sentence_id, other.key.in_(sorted(keys))))
    return _has(*conditions)


def _few(session: Session, filters: Sequence[_Filter]) -> list[int] | None:
    """The chats that a filter leaves, where one leaves few; None where each leaves many. A query for each filter at most."""
    for one in filters:
        if one.chats is None:
            continue
        found = session.execute(one.chats.limit(FEW + 1)).scalars().all()
        if len(found) <= FEW:
            return list(found)
    return None
