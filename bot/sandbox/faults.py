"""What may go wrong between the bot and Telegram, asked for in advance so that a test can wait for it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

CALL_KINDS = ("drop", "drop_after_accept", "429", "500", "502", "slow", "timeout", "timeout_after_accept")
"""Befall one call of the bot."""
UPDATE_KINDS = ("duplicate", "shuffle")
"""Befall the delivery of updates."""
KINDS = (*CALL_KINDS, *UPDATE_KINDS, "outage")
MOST_SECONDS = 3600.0
MOST_COPIES = 5


@dataclass
class Fault:
    """One thing that goes wrong.

    kind: one of KINDS. method and chat_id: which calls it befalls ("*" and None: all). times: how often still (None: until cleared).
    chance: of befalling a call that it could befall, drawn from a generator of its own with that seed, so that a storm repeats itself.
    seconds: the wait of 429, slow and timeout, the length of an outage. copies: how often a duplicated update comes at most.
    refuses: an outage breaks connections instead of answering 502. hits: how often it has happened.
    """

    kind: str
    method: str = "*"
    chat_id: int | None = None
    times: int | None = 1
    chance: float = 1.0
    seed: int | None = None
    seconds: float = 1.0
    copies: int = MOST_COPIES
    refuses: bool = False
    hits: int = 0
    random: Random = field(default_factory=Random, repr=False)
    ends_at: float = 0.0
    """Of an outage, on the monotonic clock."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}")
        if self.times is not None and self.times < 0:
            raise ValueError("times is not negative")
        if not 0 <= self.chance <= 1:
            raise ValueError("chance lies between 0 and 1")
        if not 0 <= self.seconds <= MOST_SECONDS:
            raise ValueError(f"seconds lie between 0 and {MOST_SECONDS:.0f}")
        if not 1 <= self.copies <= MOST_COPIES:
            raise ValueError(f"copies lie between 1 and {MOST_COPIES}")
        self.random = Random(self.seed)
        if self.kind == "outage":
            self.ends_at = time.monotonic() + self.seconds

    def happens(self) -> bool:
        """Whether it happens now; counts it if so."""
        if self.times == 0 or self.random.random() >= self.chance:
            return False
        if self.times is not None:
            self.times -= 1
        self.hits += 1
        return True

    def befalls(self, method: str, chat_id: int | None) -> bool:
        """Whether a call is of those that it may befall."""
        return self.kind in CALL_KINDS and self.method.lower() in ("*", method.lower()) and self.chat_id in (None, chat_id)

    @property
    def is_over(self) -> bool:
        return self.times == 0 or (self.kind == "outage" and time.monotonic() >= self.ends_at)

    def shown(self) -> dict[str, Any]:
        """As the sandbox's API lists it."""
        shown = {name: value for name, value in asdict(self).items() if name not in ("random", "ends_at")}
        return {**shown, "is_over": self.is_over}


_FIELDS: dict[str, type | tuple[type, ...]] = {
    "kind": (str, int),
    "method": str,
    "chat_id": int,
    "times": int,
    "chance": (int, float),
    "seed": int,
    "seconds": (int, float),
    "copies": int,
    "refuses": bool,
}


def read_fault(body: Mapping[str, Any]) -> Fault:
    """A fault from what was asked for over HTTP; raises ValueError with the reason.

    Without times, what happens by chance, to updates, or as an outage happens until it is cleared; anything else happens once.
    """
    for name, value in body.items():
        if name not in _FIELDS:
            raise ValueError(f"unknown: {name}")
        if value is not None and not isinstance(value, _FIELDS[name]):
            raise ValueError(f"{name} has the wrong type")
    given = {name: value for name, value in body.items() if value is not None}
    given["kind"] = str(given.get("kind", ""))
    lasts = "chance" in given or given["kind"] in (*UPDATE_KINDS, "outage") or ("times" in body and body["times"] is None)
    return Fault(**{"times": None if lasts else 1, **given})


def first(faults: Iterable[Fault], method: str, chat_id: int | None) -> Fault | None:
    """The fault that befalls a call, if one does."""
    return next((fault for fault in faults if fault.befalls(method, chat_id) and fault.happens()), None)


def outage(faults: Iterable[Fault]) -> Fault | None:
    """The outage that is on, if one is."""
    return next((fault for fault in faults if fault.kind == "outage" and not fault.is_over), None)


def copies_of_update(faults: Iterable[Fault]) -> int:
    """How often a new update is to be delivered beyond the first time."""
    fault = next((fault for fault in faults if fault.kind == "duplicate" and fault.happens()), None)
    return fault.random.randint(1, fault.copies) - 1 if fault else 0


def shuffling(faults: Iterable[Fault]) -> Fault | None:
    """The fault that mixes chats in the webhook's deliveries, if there is one."""
    return next((fault for fault in faults if fault.kind == "shuffle" and not fault.is_over), None)
