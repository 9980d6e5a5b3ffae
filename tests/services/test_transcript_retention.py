"""What was said goes: with the person, and with its age; redacted examples stay. On both databases."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import transcript_index, transcript_retention, transcripts
from bot.services.transcripts import Wanted
from bot.store.engine import Database
from bot.store.models import Conversation, Example, Sentence, SentenceKey
from tests.services.talk import say, user
from tests.services.tracker_file import Events
from tests.worlds import AMINA, BRAHIM, NOW, count

NOON = datetime(2026, 11, 27, 12, tzinfo=timezone.utc)


@pytest.fixture
def events(store: Database, tmp_path: Path) -> Events:
    return Events(store, tmp_path)


def keep(store: Database, chat_id: int) -> None:
    """Keep one sentence of a chat as an example."""
    with store.write() as session:
        row = session.execute(select(Sentence).where(Sentence.chat_id == chat_id).limit(1)).scalar_one()
        row.state = "kept"
        redacted = {"words": "ana Amine", "register": "ary-Latn", "intent": "greet", "entities": [], "split": "train", "state": "kept"}
        session.add(Example(sentence_id=row.id, kept_at=NOW, **redacted))


def test_of_a_person_everything_goes_but_what_tells_nothing_of_him(store: Database, events: Events) -> None:
    say(events, AMINA, "ana Amina", "merci")
    say(events, BRAHIM, "salut", first_update=10)
    transcripts.run(store.write, events.tracker)
    keep(store, AMINA)
    events.tracker.forget(AMINA)
    with store.write() as session:
        transcript_retention.forget(session, AMINA)
    with store.read() as session:
        assert list(session.execute(select(Sentence.chat_id)).scalars()) == [BRAHIM]
        assert set(session.execute(select(SentenceKey.chat_id)).scalars()) == {BRAHIM}
        assert list(session.execute(select(Conversation.chat_id)).scalars()) == [BRAHIM]
        example = session.execute(select(Example)).scalar_one()
        assert (example.words, example.sentence_id) == ("ana Amine", None)
    assert transcripts.run(store.write, events.tracker) == 0


def test_what_is_old_goes_and_conversations_are_counted_anew(store: Database, events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcript_retention, "AT_ONCE", 2)
    monkeypatch.setattr("bot.clock.real_now", lambda: NOON)
    days = [(NOON - timedelta(days=number)).timestamp() for number in (120, 100, 91, 89, 1)]
    events.add_many([user(AMINA, f"mot{n}", n, "nlu_fallback", 0.1 + n / 10, at=at) for n, at in enumerate(days)])
    events.add_many([user(BRAHIM, f"vieux{n}", 10 + n, at=days[0]) for n in range(5)])
    transcripts.run(store.write, events.tracker)
    keep(store, AMINA)
    assert transcript_retention.run(store.write, events.tracker, NOON, days=90) == 8
    with store.read() as session:
        assert list(session.execute(select(Sentence.words).order_by(Sentence.id)).scalars()) == ["mot3", "mot4"]
        [row] = session.execute(select(Conversation)).scalars()
        assert (row.chat_id, row.sentences, row.fallbacks, row.lowest_confidence) == (AMINA, 2, 2, pytest.approx(0.4))
        assert not transcripts.conversations(session, Wanted(words="vieux1")).rows
        assert not transcripts.conversations(session, Wanted(words="mot1")).rows
        assert [one.chat_id for one in transcripts.conversations(session, Wanted(words="mot4")).rows] == [AMINA]
    assert [content["text"] for _, _, content in events.all()] == ["mot3", "mot4"]
    assert count(store, Example) == 1
    assert transcript_retention.run(store.write, events.tracker, NOON, days=90) == 0
    # What remains is not read again.
    assert transcripts.run(store.write, events.tracker) == 0


def test_a_conversation_whose_words_are_old_but_whose_taps_are_not_keeps_its_place(
    store: Database, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.clock.real_now", lambda: NOON)
    old = (NOON - timedelta(days=100)).timestamp()
    events.add_many([user(AMINA, "secret", 1, at=old), user(AMINA, "/greet", 2, at=NOON.timestamp())])
    transcripts.run(store.write, events.tracker)
    transcript_retention.run(store.write, events.tracker, NOON, days=90)
    with store.read() as session:
        row = session.execute(select(Conversation)).scalar_one()
        assert (row.last_words, row.last_intent, row.sentences) == (None, None, 0)


@pytest.mark.postgres
def test_an_erasure_and_the_indexer_wait_for_each_other(postgres: Database, tmp_path: Path) -> None:
    """A page that was read before the events went must not be written after the erasure."""
    import threading

    events = Events(postgres, tmp_path)
    say(events, AMINA, "ana Amina")
    began, done = threading.Event(), threading.Event()

    def index() -> None:
        with postgres.write() as session:
            transcript_index.read_page(session, events.tracker, None)
            began.set()
            done.wait(0.5)

    def erase() -> None:
        with postgres.write() as session:
            transcript_retention.forget(session, AMINA)
        done.set()

    reader = threading.Thread(target=index)
    reader.start()
    assert began.wait(10)
    events.tracker.forget(AMINA)
    eraser = threading.Thread(target=erase)
    eraser.start()
    reader.join(10)
    eraser.join(10)
    assert count(postgres, Sentence) == count(postgres, Conversation) == 0


@pytest.mark.postgres
def test_what_is_old_and_the_indexer_wait_for_each_other(postgres: Database, tmp_path: Path) -> None:
    """A conversation that is being written into is not deleted from under its new words."""
    import threading

    events = Events(postgres, tmp_path)
    events.add_many([user(AMINA, "/greet", 1, at=(NOON - timedelta(days=100)).timestamp())])
    transcripts.run(postgres.write, events.tracker)
    say(events, AMINA, "me revoilà", first_update=2)
    began = threading.Event()

    def index() -> None:
        with postgres.write() as session:
            transcript_index.read_page(session, events.tracker, None)
            began.set()
            time.sleep(0.5)

    reader = threading.Thread(target=index)
    transactions = []

    @contextmanager
    def write() -> Iterator[Session]:
        transactions.append(1)
        if len(transactions) == 2:  # the one that deletes conversations
            reader.start()
            assert began.wait(10)
        with postgres.write() as session:
            yield session

    transcript_retention.run(write, events.tracker, NOON, days=90)
    reader.join(10)
    assert count(postgres, Sentence) == count(postgres, Conversation) == 1
