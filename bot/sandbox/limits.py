"""How much Telegram lets a bot send: about thirty messages a second in all, one a second in a chat, with short bursts.

Off unless asked for, so that nobody who tries the bot by hand waits. The figures are Telegram's FAQ's; it publishes no exact ones.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.errors import too_many

LIMITED = frozenset(("sendmessage", "sendlocation", "sendphoto", "senddocument", "editmessagetext", "editmessagereplymarkup"))
"""Methods, in lower case, that count as messages."""


@dataclass(frozen=True)
class Limits:
    """per_second: messages to all chats within any second. per_chat_per_second: in one chat in the long run. chat_burst: in one chat at
    once. retry_after: the shortest wait, in seconds, that a refusal names. callback_seconds: so long a tap may be answered.
    """

    per_second: int = 30
    per_chat_per_second: float = 1.0
    chat_burst: int = 5
    retry_after: int = 1
    callback_seconds: float = 30.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
                raise ValueError(f"{name} is a positive number")
        for name in ("per_second", "chat_burst", "retry_after"):
            if not isinstance(vars(self)[name], int):
                raise ValueError(f"{name} is a whole number")


def read_limits(body: Mapping[str, Any]) -> Limits:
    """Limits from what was asked for over HTTP, Telegram's own figures where none is given; raises ValueError with the reason."""
    unknown = set(body) - set(Limits.__dataclass_fields__)
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    return Limits(**body)


class Gate:
    """Counts what is sent and refuses what is too much. Instants are seconds on the monotonic clock."""

    def __init__(self) -> None:
        self.limits: Limits | None = None
        self._sent: deque[float] = deque()
        self._credit: dict[int, tuple[float, float]] = {}
        """By chat: how many messages it could take, and as of when."""
        self._closed_until: dict[int | None, float] = {}
        """Until when a chat must be left alone; None stands for the whole bot."""

    def set(self, limits: Limits | None) -> None:
        """Begin anew under other limits."""
        self.limits = limits
        self._sent.clear()
        self._credit.clear()
        self._closed_until.clear()

    def close(self, chat_id: int | None, seconds: float) -> None:
        """Remember that the bot was told to leave a chat, or all of them, alone."""
        until = time.monotonic() + seconds
        self._closed_until[chat_id] = max(until, self._closed_until.get(chat_id, 0.0))

    def wait_left(self, chat_id: int) -> float:
        """Seconds for which the bot was told not to send to this chat; 0 where it may."""
        until = max(self._closed_until.get(chat_id, 0.0), self._closed_until.get(None, 0.0))
        return max(0.0, until - time.monotonic())

    def enter(self, chat_id: int) -> None:
        """Let a message through and count it. Raises ApiError 429 where that is one too many; a refused message counts for nothing."""
        limits = self.limits
        if limits is None:
            return
        now = time.monotonic()
        while self._sent and self._sent[0] <= now - 1:
            self._sent.popleft()
        if len(self._sent) >= limits.per_second:
            self._refuse(None, self._sent[0] + 1 - now, limits)
        credit, as_of = self._credit.get(chat_id, (float(limits.chat_burst), now))
        credit = min(float(limits.chat_burst), credit + (now - as_of) * limits.per_chat_per_second)
        if credit < 1:
            self._refuse(chat_id, (1 - credit) / limits.per_chat_per_second, limits)
        self._credit[chat_id] = (credit - 1, now)
        self._sent.append(now)

    def _refuse(self, chat_id: int | None, seconds: float, limits: Limits) -> None:
        wait = max(limits.retry_after, math.ceil(seconds))
        self.close(chat_id, wait)
        raise too_many(wait)
