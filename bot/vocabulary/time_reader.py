"""One pass over the words of a text, in which each rule of time claims words. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from bot.vocabulary.mentions import Mention, is_negated
from bot.vocabulary.spelling import words


class Reader:
    """One pass over the words of a text: each rule claims words, and a claimed word means nothing else."""

    def __init__(self, text: str, today: date) -> None:
        self.text = text
        self.words = words(text)
        self.today = today
        self.taken = [False] * len(self.words)
        self.mentions: list[Mention] = []
        self.has_impossible_date = False

    def normal(self, index: int) -> str:
        """The normalised word, or nothing beyond the ends and where it is claimed."""
        return self.words[index].normal if 0 <= index < len(self.words) and not self.taken[index] else ""

    def claim(self, kind: str, value: str, first: int, count: int) -> None:
        self.taken[first : first + count] = [True] * count
        start, end = self.words[first].start, self.words[first + count - 1].end
        self.mentions.append(Mention(kind, value, start, end, is_negated(self.text, self.words, first)))

    def also(self, kind: str, value: str) -> None:
        """A second value of the span claimed last."""
        last = self.mentions[-1]
        self.mentions.append(Mention(kind, value, last.start, last.end, last.negated))

    def each(self, rule: Callable[[Reader, int], None]) -> None:
        for index in range(len(self.words)):
            if not self.taken[index]:
                rule(self, index)


@lru_cache(maxsize=8192)
def stripped(normal: str) -> tuple[str, ...]:
    """A word as it stands and without what may be written to it: f-, b-, l-, و, ف, ب, ل, ال."""
    forms = [normal]
    found = re.match(r"(?:و?[فبلك]?(?:ال|ل)?|(?:w|ou?)?(?:f|b|d)?l?)(?=\w{3})", normal)
    for size in range(1, found.end() + 1 if found else 0):
        forms.append(normal[size:])
    return tuple(forms)


def lookup(table: dict[str, str], normal: str) -> str | None:
    return next((table[form] for form in stripped(normal) if form in table), None) if normal else None
