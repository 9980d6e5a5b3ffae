"""A Telegram that fails three calls in ten, and a broadcast at the same time: all ends, answers come, no list comes twice."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.torture.rig import FINAL, Rig, dose, quantile, report, running, seeded

KINDS = ("429", "500", "timeout", "timeout_after_accept", "drop_after_accept")
CHANCE = 0.07
"""Of each kind: seven calls in ten come through untouched."""
AMBIGUOUS = ("timeout_after_accept", "drop_after_accept")


class Talker(threading.Thread):
    """Somebody who says one thing, waits for the answer, and says the next."""

    def __init__(self, rig: Rig, chat_id: int, turns: int, goes_on: Callable[[], bool]) -> None:
        super().__init__(daemon=True)
        self._goes_on = goes_on
        self._chat_id, self._turns = chat_id, turns
        # A client of its own: one shared by threads breaks now and then.
        self._api = httpx.Client(base_url=rig.api.base_url, timeout=60)
        self.waited: list[float] = []

    def run(self) -> None:
        with self._api as api:
            for number in range(self._turns):
                if number and not self._goes_on():
                    return
                words = f"{self._turns}.{number}"
                began = time.monotonic()
                assert api.post(f"/chats/{self._chat_id}/messages", json={"text": words}).is_success
                while not self._has_heard(api, f"re: {words}"):
                    time.sleep(0.05)
                self.waited.append(time.monotonic() - began)

    def _has_heard(self, api: httpx.Client, words: str) -> bool:
        found = api.get(f"/chats/{self._chat_id}/messages", params={"after": 0}).json()
        return any(message["plain"] == words for message in found["messages"])


def talk(rig: Rig, chats: range, turns: int, goes_on: Callable[[], bool] = lambda: True) -> list[float]:
    """Let people take so many turns, or fewer where what they talk beside is over; returns the seconds that each answer took."""
    talkers = [Talker(rig, chat_id, turns, goes_on) for chat_id in chats]
    for talker in talkers:
        talker.start()
    for talker in talkers:
        talker.join()
    return [seconds for talker in talkers for seconds in talker.waited]


def test_a_storm_during_a_broadcast(tmp_path: Path) -> None:
    chance = seeded("storm")
    people, audience = range(7000, 7000 + dose(4, 12)), range(100_000, 100_000 + dose(400, 10_000))
    rig = Rig(tmp_path, "sandbox", "bare-rasa", "gateway", "worker", SENDS_PER_SECOND=str(dose(50, 100)), TELEGRAM_TIMEOUT="1")
    rig.meet([*people, *audience])
    with running(rig):
        for kind in KINDS:
            rig.fault(kind, method="sendMessage", chance=CHANCE, seed=chance.randrange(1000), seconds=2 if "timeout" in kind else 1)
        alone = talk(rig, people, dose(4, 8))
        rig.broadcast(audience)
        beside = talk(rig, people, dose(5, 9), lambda: "queued" in rig.outbox_states("digest"))
        rig.until_quiet()
        ratio = quantile(beside, 0.95) / quantile(alone, 0.95)
        report(f"answers in the storm: p95 {quantile(alone, 0.95):.2f} s, with the broadcast {quantile(beside, 0.95):.2f} s: {ratio:.2f}")

        hits = Counter({fault["kind"]: fault["hits"] for fault in rig.faults()})
        rows = rig.api.get("/accepted").json()
        lists = Counter({row["chat_id"]: row["count"] for row in rows if row["text"] == "liste"})
        doubled = sum(row["count"] - 1 for row in rows)
        states = rig.outbox_states()
        report(f"outbox {dict(states)}, faults {dict(hits)}, answers that came twice {doubled}")
        assert set(states) <= set(FINAL)
        assert all(hits[kind] for kind in KINDS)
        assert max(lists.values()) == 1, "no list comes twice"
        assert len(lists) >= rig.outbox_states("digest")["sent"]
        assert doubled <= sum(hits[kind] for kind in AMBIGUOUS)
        assert rig.outbox_states("reply") == {"sent": len(alone) + len(beside)}, "no answer is lost"
