"""A run of training: one at a time, killed anywhere, never worse without a word, back by one press; on both databases."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError

from bot import retrain
from bot.messages import leases
from bot.retrain import Failed, Workshop
from bot.services import retraining
from bot.services.surroundings import sha_of
from bot.services.training_files import Lesson
from bot.store.engine import Database
from bot.store.models import Example, Lease, TrainingRun
from tests.services.test_annotations import write_files
from tests.services.test_examples import keep
from tests.worlds import NOW, count


def measured(old: dict[str, float] | None = None, new: dict[str, float] | None = None, heard: tuple[str, str] = ("greet", "greet")) -> Any:
    """What a comparison of two models writes: macro-F1 by register, and what each heard of two sentences."""

    def one(scores: dict[str, float], label: str) -> dict[str, Any]:
        return {
            "heard": [{"label": label, "confidence": 0.9}, {"label": "greet", "confidence": 0.9}],
            "figures": {
                "intents": {name: {"macro_f1": score, "accuracy": score, "count": 2} for name, score in scores.items()},
                "f1_by_label": {"thank": 0.5, "greet": 1.0},
                "entities": {"values": {"f1": 0.9, "count": 4}},
            },
        }

    sentences = [{"text": "merci", "label": "thank", "register": "fr"}, {"text": "salut", "label": "greet", "register": "fr"}]
    scores = {"all": 0.9, "fr": 0.9, "ar": 0.9}
    return {"sentences": sentences, "models": [one({**scores, **(old or {})}, heard[0]), one({**scores, **(new or {})}, heard[1])]}


@dataclass
class Tools:
    """Stand-ins for training, measuring and Rasa; ``model`` is what is trained, ``fails`` which of them do not work."""

    model: bytes = b"new"
    comparison: Any = field(default_factory=lambda: measured(new={"all": 0.92}, heard=("greet", "thank")))
    fails: set[str] = field(default_factory=set)
    called: list[str] = field(default_factory=list)
    rasa: list[bytes] = field(default_factory=list)
    rasa_is_away: bool = False
    inputs: str = "inputs"

    def train(self, folder: Path, tell: Callable[[float], None]) -> None:
        self._call("train")
        tell(1.0)
        tell(1000.0)
        (folder / retrain.CANDIDATE).write_bytes(self.model)

    def measure(self, running: Path, candidate: Path, folder: Path) -> dict[str, Any]:
        self._call("measure")
        assert running.read_bytes() and candidate.read_bytes() == self.model
        return self.comparison  # type: ignore[no-any-return]

    def tell_rasa(self, model: Path) -> bool:
        self._call("rasa")
        if self.rasa_is_away:
            return False
        self.rasa.append(model.read_bytes())
        return True

    def _call(self, name: str) -> None:
        self.called.append(name)
        if f"{name} killed" in self.fails:
            raise KeyboardInterrupt
        if name in self.fails:
            raise Failed({"train": "training", "measure": "evaluating", "rasa": "refused"}[name])


@pytest.fixture
def tools() -> Tools:
    return Tools()


@pytest.fixture
def shop(store: Database, tmp_path: Path, tools: Tools) -> Workshop:
    write_files(tmp_path, {"data/nlu/fr/talk": [Lesson("salut", "greet"), Lesson("merci", "thank")]})
    (tmp_path / "models").mkdir()
    made = Workshop(
        database=store,
        project=tmp_path,
        model=tmp_path / "models" / "tadamon.tar.gz",
        folder=tmp_path / "var" / "retraining",
        train=tools.train,
        measure=tools.measure,
        tell_rasa=tools.tell_rasa,
        fingerprint=lambda: sha256(
            f"{tools.inputs}:{sorted(map(Path.read_text, (tmp_path / 'data').rglob('*.yml')))}".encode()
        ).hexdigest(),
    )
    made.model.write_bytes(b"old")
    made.stamp.write_text(made.fingerprint())
    return made


def asked(store: Database) -> int:
    with store.write() as session:
        number = retraining.start(session, None, NOW)
    assert number is not None
    return number


def row(store: Database, number: int) -> TrainingRun:
    with store.read() as session:
        return session.get(TrainingRun, number)


def ask(store: Database, what: Callable[..., str], number: int, **more: Any) -> str:
    with store.write() as session:
        return what(session, number, **more)


def test_from_the_first_press_to_the_last(store: Database, shop: Workshop, tools: Tools) -> None:
    keep(store, Lesson("merci de m'aider", "thank"))
    number = asked(store)
    assert retrain.work(shop, number) == "done"
    run = row(store, number)
    assert (run.state, run.progress, run.error, run.is_open) == ("done", 100, None, None)
    assert run.report["verdict"] == "better" and run.report["examples"] == {"added": 1, "removed": 0, "refused": 0}
    assert run.report["better"] == [{"text": "merci", "label": "thank", "register": "fr", "running": "greet", "candidate": "thank"}]
    assert (run.report["broken"], run.report["better_count"], run.report["broken_count"]) == ([], 1, 0)
    assert run.report["registers"]["fr"] == {"running": 0.9, "candidate": 0.9, "count": 2}
    # Nothing changes for anybody until it is promoted; a restart does not train either.
    assert shop.model.read_bytes() == b"old" and tools.rasa == []
    assert shop.stamp.read_text() == shop.fingerprint()

    assert ask(store, retraining.ask_promotion, number) == "asked"
    assert retrain.work(shop, number) == "promoted"
    assert (shop.model.read_bytes(), shop.previous.read_bytes(), tools.rasa) == (b"new", b"old", [b"new"])
    assert shop.stamp.read_text() == shop.fingerprint()
    assert row(store, number).report["rasa"] == "told"

    assert ask(store, retraining.ask_rollback, number) == "asked"
    assert retrain.work(shop, number) == "rolled_back"
    assert (shop.model.read_bytes(), tools.rasa) == (b"old", [b"new", b"old"])
    assert shop.stamp.read_text() == shop.fingerprint()

    assert ask(store, retraining.ask_promotion, number) == "asked"
    assert retrain.work(shop, number) == "promoted"
    assert shop.model.read_bytes() == b"new"


def test_one_at_a_time(store: Database, shop: Workshop) -> None:
    number = asked(store)
    with store.write() as session:
        assert retraining.start(session, None, NOW) is None
        assert [run.id for run in retraining.runs(session)] == [number]
    with store.write() as session:
        assert retraining.take(session, number, "somebody") is not None
        assert retraining.waiting(session) is None
    assert retrain.work(shop, number) is None
    with store.write() as session:
        leases.release(session, retraining.LEASE, "somebody")
        assert retraining.waiting(session) == number
    assert retrain.work(shop, number) == "done"
    assert retrain.work(shop, number) is None
    assert asked(store) > number


def test_while_one_is_open_none_is_promoted(store: Database, shop: Workshop) -> None:
    first = asked(store)
    retrain.work(shop, first)
    second = asked(store)
    assert ask(store, retraining.ask_promotion, first) == "busy"
    assert ask(store, retraining.ask_promotion, second) == "unready"
    assert ask(store, retraining.ask_rollback, first) == "unready"
    assert ask(store, retraining.ask_promotion, 999) == "unready"


@pytest.mark.parametrize(("tool", "error"), [("train", "training"), ("measure", "evaluating")])
def test_what_fails_leaves_the_model_and_says_so(store: Database, shop: Workshop, tools: Tools, tool: str, error: str) -> None:
    tools.fails = {tool}
    number = asked(store)
    assert retrain.work(shop, number) == "failed"
    run = row(store, number)
    assert (run.state, run.error, run.is_open) == ("failed", error, None) and run.finished_at is not None
    assert shop.model.read_bytes() == b"old" and tools.rasa == []
    assert ask(store, retraining.ask_promotion, number) == "unready"
    tools.fails = set()
    assert retrain.work(shop, asked(store)) == "done"


def exporting(store: Database) -> int:
    with store.write() as session:
        number = retraining.start_export(session, None, NOW)
    assert number is not None
    return number


def test_examples_are_written_without_a_model(store: Database, shop: Workshop, tools: Tools) -> None:
    for number in range(retrain.KEPT_RUNS):
        tools.model = bytes([number])
        retrain.work(shop, asked(store))
    keep(store, Lesson("merci de m'aider", "thank"))
    number = exporting(store)
    with store.write() as session:
        assert retraining.start_export(session, None, NOW) is None
        assert retraining.start(session, None, NOW) is None
        assert retraining.waiting(session) == number
    tools.called.clear()
    assert retrain.work(shop, number) == "done"
    run = row(store, number)
    assert (run.state, run.is_open, run.progress, run.model_sha, run.error, tools.called) == ("done", None, 100, None, None, [])
    assert retraining.is_export(run) and run.report["examples"] == {"added": 1, "removed": 0, "refused": 0}
    assert len(list(shop.project.rglob("learned_*.yml"))) == 1
    # Nothing is trained at the next start, no candidate had to go for it, and there is nothing to promote.
    assert shop.stamp.read_text() == shop.fingerprint()
    assert len(list(shop.folder.iterdir())) == retrain.KEPT_RUNS
    assert ask(store, retraining.ask_promotion, number) == "unready"
    assert not retraining.is_export(row(store, asked(store)))


def test_an_export_without_a_model_that_is_killed_or_fails_stays_one(
    store: Database, shop: Workshop, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, Lesson("merci de m'aider", "thank"))
    number = exporting(store)

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(retrain.examples, "export", dies)
    kill(store, shop, number)
    monkeypatch.undo()
    assert retrain.work(shop, number) == "done"
    assert retraining.is_export(row(store, number)) and tools.called == []
    (shop.project / "data/nlu/fr/broken.yml").write_text("nlu: [", encoding="utf-8")
    number = exporting(store)
    assert retrain.work(shop, number) == "failed"
    assert row(store, number).error == "export" and retraining.is_export(row(store, number))


def test_files_that_cannot_be_read_or_written_are_told(store: Database, shop: Workshop, tools: Tools) -> None:
    (shop.project / "data/nlu/fr/broken.yml").write_text("nlu: [", encoding="utf-8")
    number = asked(store)
    assert retrain.work(shop, number) == "failed"
    assert (row(store, number).error, tools.called) == ("export", [])


def test_a_worse_model_is_not_promoted_without_a_word(store: Database, shop: Workshop, tools: Tools) -> None:
    tools.comparison = measured(new={"all": 0.89})
    number = asked(store)
    assert retrain.work(shop, number) == "done"
    assert row(store, number).report["verdict"] == "worse"
    assert ask(store, retraining.ask_promotion, number) == "worse"
    assert row(store, number).state == "done"
    assert ask(store, retraining.ask_promotion, number, anyway=True) == "asked"
    assert retrain.work(shop, number) == "promoted"


@pytest.mark.parametrize("step", ["train", "measure"])
def test_a_run_whose_worker_is_killed_is_taken_up_once(store: Database, shop: Workshop, tools: Tools, step: str) -> None:
    number = asked(store)
    tools.fails = {f"{step} killed"}
    kill(store, shop, number)
    assert row(store, number).state in ("training", "evaluating")
    with store.read() as session:
        assert retraining.waiting(session) == number
    tools.fails = set()
    assert retrain.work(shop, number) == "done"
    assert row(store, number).report["verdict"] == "better"


def test_killed_twice_it_has_failed(store: Database, shop: Workshop, tools: Tools) -> None:
    number = asked(store)
    tools.fails = {"train killed"}
    kill(store, shop, number)
    kill(store, shop, number)
    assert retrain.work(shop, number) is None
    assert (row(store, number).state, row(store, number).error) == ("failed", "killed")
    assert shop.model.read_bytes() == b"old"
    assert asked(store) > number


def kill(store: Database, shop: Workshop, number: int) -> None:
    """Work until the worker is killed: nothing of it is tidied up but what runs out by itself."""
    with pytest.raises(KeyboardInterrupt):
        retrain.work(shop, number)
    with store.write() as session:
        session.execute(delete(Lease))


def die_at(writes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is killed before it puts one more file in its place."""
    rename, placed = Path.replace, list[Path]()

    def place(self: Path, target: Path) -> Path:
        if len(placed) == writes:
            raise KeyboardInterrupt
        placed.append(target)
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", place)


@pytest.mark.parametrize("writes", range(7))
@pytest.mark.parametrize("way", ["promote", "roll back"])
def test_a_kill_while_the_model_is_swapped_is_made_good(
    store: Database, shop: Workshop, tools: Tools, monkeypatch: pytest.MonkeyPatch, writes: int, way: str
) -> None:
    number = asked(store)
    retrain.work(shop, number)
    ask(store, retraining.ask_promotion, number)
    if way == "roll back":
        retrain.work(shop, number)
        ask(store, retraining.ask_rollback, number)
    die_at(writes, monkeypatch)
    try:
        retrain.work(shop, number)
    except KeyboardInterrupt:
        # Whatever was killed, a whole model is there, and it is one of the two.
        assert shop.model.read_bytes() in (b"old", b"new")
        with store.write() as session:
            session.execute(delete(Lease))
        monkeypatch.undo()
        assert retrain.work(shop, number) == ("promoted" if way == "promote" else "rolled_back")
    assert shop.model.read_bytes() == (b"new" if way == "promote" else b"old")
    assert tools.rasa[-1] == shop.model.read_bytes()
    assert row(store, number).replaced_sha == sha_of(shop.previous)
    assert shop.stamp.read_text() == shop.fingerprint()


def test_where_rasa_refuses_the_old_model_is_there_at_its_next_start(store: Database, shop: Workshop, tools: Tools) -> None:
    number = asked(store)
    retrain.work(shop, number)
    stamp = shop.stamp.read_text()
    ask(store, retraining.ask_promotion, number)
    tools.fails = {"rasa"}
    assert retrain.work(shop, number) == "done"
    assert (row(store, number).error, shop.model.read_bytes(), shop.stamp.read_text()) == ("refused", b"old", stamp)
    tools.fails = set()
    assert ask(store, retraining.ask_promotion, number) == "asked"
    assert retrain.work(shop, number) == "promoted"


def test_where_rasa_is_away_it_takes_the_model_at_its_start(store: Database, shop: Workshop, tools: Tools) -> None:
    tools.rasa_is_away = True
    number = asked(store)
    retrain.work(shop, number)
    ask(store, retraining.ask_promotion, number)
    assert retrain.work(shop, number) == "promoted"
    assert (row(store, number).report["rasa"], shop.model.read_bytes()) == ("away", b"new")


def test_a_candidate_that_is_gone_or_another_is_not_promoted(store: Database, shop: Workshop) -> None:
    number = asked(store)
    retrain.work(shop, number)
    shop.candidate(number).write_bytes(b"another")
    ask(store, retraining.ask_promotion, number)
    assert retrain.work(shop, number) == "done"
    assert (row(store, number).error, shop.model.read_bytes()) == ("gone", b"old")


def test_a_model_that_was_compared_with_another_than_runs_now_is_not_promoted(store: Database, shop: Workshop, tools: Tools) -> None:
    first = asked(store)
    retrain.work(shop, first)
    tools.model = b"newer"
    second = asked(store)
    retrain.work(shop, second)
    ask(store, retraining.ask_promotion, second)
    assert retrain.work(shop, second) == "promoted"
    ask(store, retraining.ask_promotion, first)
    assert retrain.work(shop, first) == "done"
    assert (row(store, first).error, shop.model.read_bytes(), tools.rasa) == ("not_running", b"newer", [b"newer"])
    # Once the one that it was compared with is back, what was measured holds again.
    ask(store, retraining.ask_rollback, second)
    assert retrain.work(shop, second) == "rolled_back"
    ask(store, retraining.ask_promotion, first)
    assert retrain.work(shop, first) == "promoted"
    assert (row(store, first).error, shop.model.read_bytes()) == (None, b"new")


def test_what_is_not_running_is_not_rolled_back(store: Database, shop: Workshop) -> None:
    number = asked(store)
    retrain.work(shop, number)
    ask(store, retraining.ask_promotion, number)
    retrain.work(shop, number)
    shop.model.write_bytes(b"trained by hand")
    ask(store, retraining.ask_rollback, number)
    assert retrain.work(shop, number) == "promoted"
    assert (row(store, number).error, shop.model.read_bytes()) == ("not_running", b"trained by hand")


@pytest.mark.parametrize("writes", range(5))
def test_an_export_that_is_killed_is_no_reason_to_train_at_the_next_start(
    store: Database, shop: Workshop, tools: Tools, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    keep(store, Lesson("merci de m'aider", "thank"))
    keep(store, Lesson("chokran", "thank"), register="ary-Latn")
    number = asked(store)
    die_at(writes, monkeypatch)
    if writes < 4:
        kill(store, shop, number)
        monkeypatch.undo()
    assert retrain.work(shop, number) == "done"
    assert row(store, number).report["examples"]["added"] in range(3) and len(list(shop.project.rglob("learned_*.yml"))) == 2
    assert shop.stamp.read_text() == shop.fingerprint() and not shop.exporting.exists()
    assert shop.model.read_bytes() == b"old"


def test_an_export_that_fails_half_way_is_no_reason_to_train_at_the_next_start(
    store: Database, shop: Workshop, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, Lesson("merci de m'aider", "thank"))
    keep(store, Lesson("chokran", "thank"), register="ary-Latn")
    rename, done = Path.replace, []

    def full(self: Path, target: Path) -> Path:
        done.append(target.name)
        if "learned" in target.name and sum("learned" in name for name in done) == 2:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    number = asked(store)
    monkeypatch.setattr(Path, "replace", full)
    assert retrain.work(shop, number) == "failed"
    monkeypatch.undo()
    assert (row(store, number).error, tools.called) == ("export", [])
    assert shop.stamp.read_text() == shop.fingerprint() and not shop.exporting.exists()
    assert len(list(shop.project.rglob("learned_*.yml"))) == 1


def test_an_older_model_does_not_pass_for_one_that_learnt_what_came_since(store: Database, shop: Workshop, tools: Tools) -> None:
    first = asked(store)
    retrain.work(shop, first)
    learnt = shop.fingerprint()
    keep(store, Lesson("merci de m'aider", "thank"))
    tools.model = b"newer"
    retrain.work(shop, asked(store))
    assert shop.stamp.read_text() == shop.fingerprint() != learnt
    tools.model = b"new"
    ask(store, retraining.ask_promotion, first, anyway=True)
    assert retrain.work(shop, first) == "promoted"
    assert (shop.model.read_bytes(), shop.stamp.read_text()) == (b"new", learnt)
    # Back again, the model before stands for what it stood for.
    ask(store, retraining.ask_rollback, first)
    assert retrain.work(shop, first) == "rolled_back"
    assert shop.stamp.read_text() == shop.fingerprint()


def test_a_model_of_which_nobody_knows_what_it_learnt_is_trained_anew(store: Database, shop: Workshop) -> None:
    number = asked(store)
    retrain.work(shop, number)
    with store.write() as session:
        session.get(TrainingRun, number).inputs = None
    ask(store, retraining.ask_promotion, number)
    assert retrain.work(shop, number) == "promoted"
    assert shop.stamp.read_text() != shop.fingerprint()


def test_what_was_changed_by_hand_is_trained_after_a_way_back_too(store: Database, shop: Workshop, tools: Tools) -> None:
    number = asked(store)
    retrain.work(shop, number)
    ask(store, retraining.ask_promotion, number)
    retrain.work(shop, number)
    tools.inputs = "changed by hand"
    ask(store, retraining.ask_rollback, number)
    assert retrain.work(shop, number) == "rolled_back"
    assert shop.stamp.read_text() != shop.fingerprint()


def test_a_stamp_of_long_ago_does_not_come_back(store: Database, shop: Workshop, tools: Tools) -> None:
    number = asked(store)
    retrain.work(shop, number)
    shop.previous_stamp.write_text(shop.fingerprint())
    shop.stamp.unlink()
    ask(store, retraining.ask_promotion, number)
    tools.fails = {"rasa"}
    assert retrain.work(shop, number) == "done"
    assert shop.model.read_bytes() == b"old" and not shop.stamp.exists()


def test_a_model_that_was_not_current_stays_so(store: Database, shop: Workshop) -> None:
    """Somebody changed the training data by hand: the next start shall train, whatever the console does meanwhile."""
    shop.stamp.write_text("before")
    keep(store, Lesson("merci de m'aider", "thank"))
    retrain.work(shop, asked(store))
    assert shop.stamp.read_text() == "before"


def test_files_that_change_after_training_train_anew_at_the_next_start(store: Database, shop: Workshop, tools: Tools) -> None:
    number = asked(store)
    retrain.work(shop, number)
    tools.inputs = "changed by hand"
    ask(store, retraining.ask_promotion, number)
    retrain.work(shop, number)
    assert shop.stamp.read_text() != shop.fingerprint()


def test_old_candidates_go(store: Database, shop: Workshop, tools: Tools) -> None:
    for number in range(6):
        tools.model = bytes([number])
        retrain.work(shop, asked(store))
    assert len(list(shop.folder.iterdir())) == retrain.KEPT_RUNS
    assert count(store, TrainingRun) == 6 and count(store, Example) == 0


@pytest.mark.parametrize(
    ("new", "verdict"),
    [
        ({"all": 0.92}, "better"),
        ({}, "same"),
        ({"all": 0.9005}, "same"),
        ({"all": 0.895}, "worse"),
        ({"all": 0.92, "ar": 0.87}, "worse"),
        ({"all": 0.92, "ar": 0.89}, "better"),
    ],
)
def test_a_verdict(new: dict[str, float], verdict: str) -> None:
    assert retraining.report_of(measured(new=new))["verdict"] == verdict


def test_progress_never_goes_back(store: Database, shop: Workshop, tools: Tools) -> None:
    seen: list[int] = []
    number = asked(store)

    def watch(folder: Path, tell: Callable[[float], None]) -> None:
        for seconds in (0, 5, 30, 90, 600):
            tell(seconds)
            seen.append(row(store, number).progress)
        tools.train(folder, lambda _: None)

    retrain.work(replace(shop, train=watch), number)
    assert seen == sorted(seen) and seen[0] >= 5 and seen[-1] <= 70


def test_a_lease_that_is_lost_is_not_taken_again_by_whoever_is_late(store: Database) -> None:
    number = asked(store)
    with store.write() as session:
        assert retraining.take(session, number, "first") is not None
        session.execute(select(Lease)).scalar_one().holder = "second"
        session.flush()
        assert retraining.beat(session, "first") is False
        assert retraining.beat(session, "second") is True


def test_whoever_lost_the_lease_while_working_writes_nothing(
    store: Database, shop: Workshop, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrain, "_BEAT_SECONDS", 0.01)
    number = asked(store)

    def slow(folder: Path, tell: Callable[[float], None]) -> None:
        with store.write() as session:
            session.execute(select(Lease)).scalar_one().holder = "second"
        tools.train(folder, tell)
        time.sleep(0.5)

    assert retrain.work(replace(shop, train=slow), number) is None
    assert row(store, number).state == "evaluating"
    with store.write() as session:
        session.execute(delete(Lease))
    assert retrain.work(shop, number) == "done"


def test_a_database_that_is_away_for_a_moment_does_not_end_the_heartbeat(
    store: Database, shop: Workshop, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrain, "_BEAT_SECONDS", 0.01)
    beats, beat = [], retraining.beat

    def shaky(session: Any, holder: str) -> bool:
        beats.append(holder)
        if len(beats) < 3:
            raise OperationalError("beat", {}, Exception())
        return beat(session, holder)

    monkeypatch.setattr(retraining, "beat", shaky)

    def slow(folder: Path, tell: Callable[[float], None]) -> None:
        deadline = time.monotonic() + 20
        while len(beats) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        tools.train(folder, tell)

    assert retrain.work(replace(shop, train=slow), asked(store)) == "done"
    assert len(beats) >= 4
