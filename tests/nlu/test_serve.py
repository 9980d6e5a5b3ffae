"""What our launcher changes of Rasa: the same answers are taken and refused as by Rasa itself, and its tracker's file stays open."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nlu import serve

RIGHT = {"events": [{"event": "slot", "timestamp": None, "name": "offer", "value": {"place": "maarif"}}], "responses": [{"text": "x"}]}
WRONG = [{"events": "none"}, {"events": [{"event": "slot"}]}, {"events": [], "responses": ["x"]}, []]


def test_a_tracker_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match="tracker cannot be written"):
        serve.keep_tracker_open(f"sqlite:///{tmp_path}/file/tracker.db")


def test_a_tracker_that_is_no_file_is_left_alone() -> None:
    serve.keep_tracker_open("postgresql://nobody@127.0.0.1/nowhere")


@pytest.fixture
def rasas_own() -> Iterator[tuple[Any, Any]]:
    """The two places of Rasa that the launcher changes, put back afterwards."""
    from rasa.core import tracker_store
    from rasa.core.actions.action import RemoteAction

    kept = RemoteAction._validate_action_result, tracker_store.create_engine_kwargs
    yield RemoteAction, tracker_store
    RemoteAction._validate_action_result, tracker_store.create_engine_kwargs = kept


@pytest.mark.heavy
@pytest.mark.rasa
def test_answers_are_checked_as_by_rasa(rasas_own: tuple[Any, Any]) -> None:
    remote = rasas_own[0]("offer_form", None)

    def verdict(answer: Any) -> str:
        try:
            return str(remote._validate_action_result(answer))
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    before = [verdict(answer) for answer in (RIGHT, *WRONG)]
    serve.compile_answers_once()
    assert [verdict(answer) for answer in (RIGHT, *WRONG)] == before
    assert before[0] == "True" and all("Failed to validate" in told for told in before[1:])


@pytest.mark.heavy
@pytest.mark.rasa
@pytest.mark.filterwarnings("ignore")
async def test_the_trackers_file_is_written_ahead_and_stays_open(rasas_own: tuple[Any, Any], tmp_path: Path) -> None:
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.events import UserUttered

    path = tmp_path / "missing" / "tracker.db"
    serve.keep_tracker_open(f"sqlite:///{path}")
    store = rasas_own[1].SQLTrackerStore(Domain.empty(), dialect="sqlite", db=str(path))
    for said in ("salam", "labas"):
        tracker = await store.get_or_create_tracker("7")
        tracker.update(UserUttered(said))
        await store.save(tracker)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("SELECT count(*) FROM events WHERE type_name = 'user'").fetchone() == (2,)
    connection.close()
    assert path.with_name("tracker.db-wal").exists(), "the last connection was closed, which puts the log away"
    store.engine.dispose()
