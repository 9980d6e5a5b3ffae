"""The whole way with Rasa itself, in a copy of the project: examples, a candidate, both measured, swapped under load, and back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.services import retraining
from bot.services.training_files import rows_of
from bot.settings import PROJECT
from bot.store import migrate
from bot.store.engine import Database
from bot.store.models import Example, TrainingRun
from tests.postgres import free_port
from tests.services.samples import samples
from tests.worlds import NOW

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(2400)]
_PARTS = ("actions", "bot", "data", "nlu", "tests")
_FILES = ("config.yml", "credentials.yml", "domain.yml", "endpoints.yml", "requirements.lock")


@dataclass
class Copy:
    """A copy of the project with a database and ports of its own, and a Rasa server that runs the model of it."""

    folder: Path
    database: Database
    environment: dict[str, str]
    rasa_url: str

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, *command], cwd=self.folder, env=self.environment, capture_output=True, text=True)

    def retrain(self, number: int) -> TrainingRun:
        """Let one step of a run be done, as the worker would."""
        done = self.run("-m", "bot", "retrain", str(number))
        assert done.returncode == 0, done.stderr[-2000:]
        with self.database.read() as session:
            return session.get(TrainingRun, number)

    def is_current(self) -> bool:
        """Whether a start would not train."""
        program = "from bot import supervise as s; print(s.MODEL.with_suffix('.inputs').read_text() == s.model_fingerprint())"
        return self.run("-c", program).stdout.strip() == "True"

    def stamp(self) -> None:
        self.run("-c", "from bot import supervise as s; s.MODEL.with_suffix('.inputs').write_text(s.model_fingerprint())")

    def model_id(self) -> str:
        return str(httpx.get(f"{self.rasa_url}/status").json()["model_id"])


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    if not (PROJECT / "models" / "tadamon.tar.gz").exists():
        pytest.skip("there is no model: make train")
    folder = tmp_path / "project"
    for part in (*_PARTS, "models"):
        shutil.copytree(PROJECT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in _FILES:
        shutil.copy(PROJECT / name, folder / name)
    port = free_port()
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/var/t.db", "RASA_PORT": str(port), "PYTHONWARNINGS": "ignore"}
    database = Database(environment["DATABASE_URL"])
    migrate.upgrade(database)
    made = Copy(folder, database, environment, f"http://127.0.0.1:{port}")
    made.stamp()
    with (folder / "rasa.log").open("w") as log:
        rasa = subprocess.Popen([sys.executable, "-m", "bot", "rasa"], cwd=folder, env=environment, stdout=log, stderr=log)
        yield made
        rasa.terminate()
        rasa.wait()
    database.close()


def until_up(url: str) -> None:
    deadline = time.monotonic() + 300
    while True:
        try:
            if httpx.get(f"{url}/status").status_code == 200:
                return
        except httpx.HTTPError:
            assert time.monotonic() < deadline
        time.sleep(1)


class Load:
    """People who go on talking meanwhile."""

    def __init__(self, url: str, people: int = 4) -> None:
        self.answers: Counter[Any] = Counter()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._talk, args=(url,)) for _ in range(people)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _talk(self, url: str) -> None:
        while not self._over.is_set():
            answer = httpx.post(f"{url}/model/parse", json={"text": "bghit n3awen f lm3arif"}, timeout=60)
            self.answers[answer.status_code] += 1
            time.sleep(0.05)


def test_from_a_thousand_examples_to_a_model_and_back(copy: Copy) -> None:
    given = samples(1000)
    with copy.database.write() as session:
        for register, lesson in given:
            kept = {"words": lesson.words, "intent": lesson.intent, "entities": rows_of(lesson.spans), "register": register}
            session.add(Example(**kept, split="train", state="kept", kept_at=NOW))
        number = retraining.start(session, None, NOW)
    assert number is not None
    run = copy.retrain(number)
    assert (run.state, run.error) == ("done", None)
    assert run.report["count"] > 1500 and run.report["examples"]["added"] > 980
    # Their intents are chance: the candidate must not look better than it is.
    assert run.report["all"]["candidate"] <= run.report["all"]["running"] + retraining.NOTICEABLE
    assert copy.is_current()
    until_up(copy.rasa_url)
    before = copy.model_id()
    with Load(copy.rasa_url) as load:
        for ask, state in ((retraining.ask_promotion, "promoted"), (retraining.ask_rollback, "rolled_back")):
            with copy.database.write() as session:
                more = {"anyway": True} if ask is retraining.ask_promotion else {}
                assert ask(session, number, **more) == "asked"
            run = copy.retrain(number)
            assert (run.state, run.error, run.report["rasa"]) == (state, None, "told")
            assert (copy.model_id() == before) is (state == "rolled_back")
            assert copy.is_current()
    assert set(load.answers) == {200}
    assert load.answers[200] > 20
    validated = copy.run("-m", "rasa", "data", "validate")
    assert validated.returncode == 0, validated.stderr[-2000:]
