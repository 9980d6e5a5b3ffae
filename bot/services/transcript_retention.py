"""Forgetting what was said: of a person who wishes it, and of everybody after a while. Examples stay: they are redacted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot import clock
from bot.services import transcript_index
from bot.services.transcript_index import WRITE
from bot.store.models import Conversation, Sentence, SentenceKey
from bot.store.tracker import Tracker

AT_ONCE = 2000
"""Rows that one transaction deletes."""


def forget(session: Session, chat_id: int) -> None:
    """Delete all that was read of a chat, in the transaction that erases the rest; its events must be gone by then.

    Under the lock of the indexer: what that reads afterwards holds nothing of the chat any more.
    """
    transcript_index.lock(session)
    for table in (SentenceKey, Sentence, Conversation):
        _run(session, delete(table).where(table.chat_id == chat_id))


def run(write: WRITE, tracker: Tracker, at: datetime, days: int) -> int:
    """Delete what is older than so many days, in Rasa's tracker and here, a transaction at a time; returns how many sentences.

    Args:
        at: business time; Rasa's events carry real time, of which as many days are counted.
    """
    tracker.forget_before(clock.real_now() - timedelta(days=days))
    since = at - timedelta(days=days)
    gone = 0
    while True:
        with write() as session:
            batch = _forget_sentences(session, since)
        gone += batch
        if batch < AT_ONCE:
            break
    while True:
        with write() as session:
            # Whoever reads may be about to write into one of them.
            transcript_index.lock(session)
            old = select(Conversation.chat_id).where(Conversation.last_at < since).limit(AT_ONCE)
            chats = list(session.execute(old).scalars())
            _run(session, delete(Conversation).where(Conversation.chat_id.in_(chats)))
        if len(chats) < AT_ONCE:
            return gone


def _forget_sentences(session: Session, since: datetime) -> int:
    transcript_index.lock(session)
    old = session.execute(select(Sentence.id, Sentence.chat_id).where(Sentence.said_at < since).limit(AT_ONCE)).all()
    if old:
        numbers = [row.id for row in old]
        _run(session, delete(SentenceKey).where(SentenceKey.sentence_id.in_(numbers)))
        _run(session, delete(Sentence).where(Sentence.id.in_(numbers)))
        transcript_index.recount(session, {row.chat_id for row in old})
    return len(old)


def _run(session: Session, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))
