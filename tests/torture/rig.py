"""Chosen processes of the product, started anew when they die, beside the sandbox and a stand-in for Rasa."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
from sqlalchemy import func, select

from bot.messages import outbox
from bot.messages.outbox import Draft
from bot.sandbox.state import State
from bot.settings import PROJECT
from bot.store.engine import Database
from bot.store.models import InboxUpdate, OutboxMessage
from tests.dialogues.product import PYTHON, Product, answers, until

FULL = os.environ.get("TADAMON_TORTURE") == "full"
"""``make torture``: the whole dose. Otherwise a small one, for each change."""
PATIENCE_SECONDS = 900.0 if FULL else 240.0
FINAL = ("sent", "failed", "unknown")


def dose(small: int, full: int) -> int:
    return full if FULL else small


REPORT: list[str] = []
"""What the tests measured, printed when all have run."""


def report(line: str) -> None:
    REPORT.append(line)


def seeded(name: str) -> random.Random:
    """A generator whose seed is printed; ``TADAMON_SEED`` repeats a run."""
    seed = int(os.environ.get("TADAMON_SEED") or random.SystemRandom().randrange(1_000_000))
    report(f"{name}: seed {seed} (TADAMON_SEED={seed} repeats it)")
    return random.Random(seed)


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Rig(Product):
    """A product of chosen processes: sandbox, rasa (the stand-in), gateway, worker, web."""

    def __init__(self, folder: Path, *names: str, **settings: str) -> None:
        super().__init__(folder, **{"CLOCK_START": "", **settings})
        self._names = names
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._ending = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._log = self.log.open("ab")
        self.database = Database(self.environment["DATABASE_URL"])
        self.api = httpx.Client(base_url=self.telegram_url + "/sandbox/api", timeout=60)

    def _command(self, name: str) -> list[str]:
        if name in ("rasa", "bare-rasa"):
            bare = ["bare"] if name == "bare-rasa" else []
            return [sys.executable, "-m", "tests.torture.fake_rasa", self.environment["RASA_PORT"], *bare]
        return [PYTHON, "-m", "bot", name]

    def _launch(self, name: str) -> None:
        self._children[name] = subprocess.Popen(
            self._command(name), cwd=PROJECT, env=self.environment, stdout=self._log, stderr=subprocess.STDOUT
        )

    def _keep(self) -> None:
        while not self._ending.wait(0.05):
            for name, child in list(self._children.items()):
                if child.poll() is not None and not self._ending.is_set():
                    self._launch(name)

    def start(self) -> None:
        self.command("migrate")
        for name in self._names:
            self._launch(name)
        self._keeper.start()
        until("the sandbox", lambda: answers(self.telegram_url + "/sandbox/api/chats"))
        if {"rasa", "bare-rasa"} & set(self._names):
            until("the stand-in for Rasa", lambda: answers(self.rasa_url + "/status"))
        # Who polls or pushes shows that the gateway is up.
        if "gateway" in self._names:
            until("the gateway", lambda: b'"ready' in self.log.read_bytes() or b"ready: Rasa" in self.log.read_bytes())

    def stop(self) -> None:
        self._ending.set()
        self._keeper.join()
        for person in self._people:
            person.close()
        for child in self._children.values():
            child.send_signal(signal.SIGTERM)
        for child in self._children.values():
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(20)
        self.api.close()
        self.database.close()
        self._log.close()

    def processes(self) -> dict[str, int]:
        return {name: child.pid for name, child in self._children.items() if child.poll() is None}

    # ---- Telegram

    def meet(self, chat_ids: Sequence[int]) -> None:
        """Make chats directly in the sandbox's file: thousands are asked for at once."""
        state = State(self.folder / "sandbox.db")
        with contextlib.closing(state), state.together():
            for chat_id in chat_ids:
                person = {"id": chat_id, "is_bot": False, "first_name": f"P{chat_id}", "language_code": "fr"}
                state.put_chat({"id": chat_id, "type": "private", "first_name": f"P{chat_id}", "person": person, "is_blocked": False})

    def write(self, chat_id: int, words: str) -> int:
        """A person writes; returns the update."""
        answer = self.api.post(f"/chats/{chat_id}/messages", json={"text": words})
        assert answer.is_success, answer.text
        return int(answer.json()["update_id"])

    def fault(self, kind: str, **given: Any) -> None:
        answer = self.api.post("/faults", json={"kind": kind, **given})
        assert answer.is_success, answer.text

    def faults(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api.get("/faults").json()
        return found

    def counts(self) -> dict[str, Any]:
        found: dict[str, Any] = self.api.get("/counts").json()
        return found

    def heard(self, chat_id: int) -> list[str]:
        """What the bot said in a chat, in order."""
        found = self.api.get(f"/chats/{chat_id}/messages", params={"after": 0}).json()
        return [message["plain"] for message in found["messages"] if message["sender"] == "bot"]

    def accepted(self) -> Counter[int]:
        """How many messages of the bot each chat has."""
        by_chat: Counter[int] = Counter()
        for row in self.api.get("/accepted").json():
            by_chat[row["chat_id"]] += row["count"]
        return by_chat

    # ---- the database

    def broadcast(self, chat_ids: Sequence[int], words: str = "liste") -> None:
        """Queue one list for each chat, as a digest run does."""
        with self.database.write() as session:
            for chat_id in chat_ids:
                outbox.queue(session, chat_id, outbox.DIGEST, f"digest:torture:{chat_id}", [Draft(words)], _now())

    def outbox_states(self, kind: str | None = None) -> Counter[str]:
        with self.database.read() as session:
            query = select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)
            return Counter(dict(session.execute(query.where(OutboxMessage.kind == kind) if kind else query).all()))

    def inbox_states(self) -> Counter[str]:
        with self.database.read() as session:
            return Counter(dict(session.execute(select(InboxUpdate.state, func.count()).group_by(InboxUpdate.state)).all()))

    def quiet(self) -> bool:
        """Whether nothing waits any more, neither to be understood nor to be sent."""
        return not set(self.inbox_states()) & {"waiting", "working"} and not set(self.outbox_states()) - set(FINAL)

    def until_quiet(self, seconds: float = PATIENCE_SECONDS) -> None:
        until("everything to come to its end", self.quiet, seconds)


def _now() -> Any:
    from bot import clock

    return clock.now()


P = TypeVar("P", bound=Product)


@contextmanager
def running(product: P) -> Iterator[P]:
    try:
        product.start()
        yield product
    finally:
        product.stop()


class Killer(threading.Thread):
    """kill -9 at random moments, each process as often as it was asked for."""

    def __init__(self, product: Product, kills: Mapping[str, int], chance: random.Random, longest_pause: float) -> None:
        super().__init__(daemon=True)
        self._product = product
        self._left = Counter(kills)
        self._chance = chance
        self._longest_pause = longest_pause
        self.killed: Counter[str] = Counter()
        self.enough = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            while +self._left and not self.enough.is_set():
                time.sleep(self._chance.uniform(0, self._longest_pause))
                name = self._chance.choice(sorted((+self._left).elements()))
                self._product.kill(name)
                self._left[name] -= 1
                self.killed[name] += 1
        except BaseException as error:  # shown by the test, which waits for us
            self.error = error

    def finish(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until all kills were done."""
        self.join(seconds)
        assert self.error is None, self.error
        assert not self.is_alive(), f"kills left: {+self._left}"
