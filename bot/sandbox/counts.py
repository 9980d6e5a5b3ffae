"""What became of the bot's calls, in numbers: the other side of what the bot's own books say."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

NAMES = (
    "429_injected",
    "429_earned",
    "429_early",
    "400",
    "403",
    "404",
    "409",
    "5xx",
    "dropped",
    "dropped_after_accept",
    "timeouts",
    "timeouts_after_accept",
    "slow",
    "updates_shown",
    "updates_repeated",
)
"""429_injected: refusals by a fault. 429_earned: by exceeding the limits. 429_early: messages sent while the bot was still told to wait,
whether they were refused or, with limits off, let through. updates_shown: deliveries; updates_repeated: those of them that were copies.
"""


class Counts:
    """Since the start or the last reset."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.since = time.time()
        self.accepted: Counter[str] = Counter()
        self._others: Counter[str] = Counter()

    def add(self, name: str, count: int = 1) -> None:
        if name not in NAMES:
            raise KeyError(name)
        self._others[name] += count

    def refused(self, code: int) -> None:
        """Count an answer that was not ok and is no 429."""
        name = "5xx" if code >= 500 else str(code)
        self._others[name] += 1

    def shown(self) -> dict[str, Any]:
        """As the sandbox's API shows it: every name is there, also where nothing was counted."""
        return {"since": self.since, "accepted": dict(self.accepted), **{name: self._others[name] for name in NAMES}}
