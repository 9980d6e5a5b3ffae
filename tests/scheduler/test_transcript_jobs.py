"""The jobs that read what was said, forget it, and start the work on a model."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import clock
from bot.messages import leases
from bot.scheduler import jobs
from bot.services import retraining, surroundings
from bot.settings import Settings, read
from bot.store.engine import Database
from bot.store.models import Conversation, Sentence
from tests.services.talk import user
from tests.services.tracker_file import Events
from tests.worlds import AMINA, BRAHIM, count, statements


@pytest.fixture
def events(store: Database, tmp_path: Path) -> Events:
    return Events(store, tmp_path)


def settings_of(events: Events, store: Database, **more: str) -> Settings:
    return read({"DATABASE_URL": store.url, "TRACKER_DATABASE_URL": events.url, **more})


def test_what_was_said_is_read_and_after_its_days_forgotten(store: Database, events: Events) -> None:
    found = settings_of(events, store, TRANSCRIPT_DAYS="30")
    now = clock.real_now()
    events.add_many([user(AMINA, "vieux", 1, at=(now - timedelta(days=31)).timestamp()), user(BRAHIM, "neuf", 2, at=now.timestamp())])
    jobs.read_transcripts(store, found)
    assert count(store, Sentence) == 2
    jobs.forget_transcripts(store, found)
    assert (count(store, Sentence), count(store, Conversation)) == (1, 1)
    assert [content["text"] for _, _, content in events.all()] == ["neuf"]


def test_where_nothing_was_said_no_lock_is_taken(store: Database, events: Events) -> None:
    with statements(store) as asked:
        jobs.read_transcripts(store, settings_of(events, store))
    assert all(statement.startswith("SELECT") for statement in asked if "events" not in statement)


class Running:
    """A process that goes on until it is told to end."""

    def __init__(self, command: list[str], **_: Any) -> None:
        self.command, self.is_over = command, False

    def poll(self) -> int | None:
        return 0 if self.is_over else None


def test_the_work_on_a_model_is_started_once_and_again_where_it_was_killed(
    store: Database, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Running] = []

    def popen(command: list[str], **options: Any) -> Running:
        started.append(Running(command, **options))
        return started[-1]

    monkeypatch.setattr(jobs.subprocess, "Popen", popen)
    monkeypatch.setattr(jobs, "_retraining", [])
    has_rasa = [True]
    monkeypatch.setattr(surroundings, "is_rasa_installed", lambda _: has_rasa[0])
    found = settings_of(events, store)
    jobs.retrain(store, found)
    assert started == []
    with store.write() as session:
        number = retraining.start(session, None, clock.now())
    has_rasa[0] = False
    jobs.retrain(store, found)
    assert started == [], "another worker has Rasa, and takes it"
    has_rasa[0] = True
    jobs.retrain(store, found)
    jobs.retrain(store, found)
    assert [running.command for running in started] == [[sys.executable, "-m", "bot", "retrain", str(number)]]
    # Another worker's process holds the lease: nothing is to be done here.
    started[0].is_over = True
    with store.write() as session:
        assert leases.acquire(session, retraining.LEASE, "another", 60)
    jobs.retrain(store, found)
    assert len(started) == 1
    with store.write() as session:
        leases.release(session, retraining.LEASE, "another")
    jobs.retrain(store, found)
    assert len(started) == 2
