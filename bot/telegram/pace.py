"""How fast messages may leave: so many a second for all chats together, and few at once for one chat."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

CHAT_BURST = 5
"""Messages that one chat takes at once; after those, one a second (Telegram: "avoid sending more than one message per second",
short bursts pass). A turn is answered with up to four."""
CHAT_PER_SECOND = 1.0
REMEMBERED_CHATS = 4096


@dataclass
class Bucket:
    """Tokens that come back with time: ``rate`` a second, never more than ``size``."""

    rate: float
    size: float
    tokens: float
    at: float

    def level(self, now: float) -> float:
        return min(self.size, self.tokens + (now - self.at) * self.rate)

    def take(self, count: int, now: float) -> None:
        self.tokens, self.at = self.level(now) - count, now


@dataclass
class Pace:
    """The sender's pace. ``per_second`` is for all chats together and a tenth of it, at least one, may leave at once."""

    per_second: float
    clock: Callable[[], float] = time.monotonic
    _all: Bucket = field(init=False)
    _chats: dict[int, Bucket] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        burst = max(1.0, self.per_second / 10)
        self._all = Bucket(self.per_second, burst, burst, self.clock())

    def room(self) -> int:
        """How many messages may leave now."""
        # A hair's breadth below a whole token is a token: sums of floats.
        return max(0, int(self._all.level(self.clock()) + 1e-9))

    def seconds_to_room(self) -> float:
        """How long until the next message may leave; 0 where one may now."""
        return max(0.0, (1 - self._all.level(self.clock())) / self.per_second)

    def full_chats(self) -> list[int]:
        """Chats that had their share for now."""
        now = self.clock()
        return [chat_id for chat_id, bucket in self._chats.items() if bucket.level(now) < 1 - 1e-9]

    def left(self, chat_id: int) -> None:
        """A message leaves now."""
        now = self.clock()
        self._all.take(1, now)
        if chat_id not in self._chats and len(self._chats) >= REMEMBERED_CHATS:
            self._chats = {chat: bucket for chat, bucket in self._chats.items() if bucket.level(now) < bucket.size}
        self._chats.setdefault(chat_id, Bucket(CHAT_PER_SECOND, CHAT_BURST, CHAT_BURST, now)).take(1, now)
