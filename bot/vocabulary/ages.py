"""Ages in words: "à partir de 16 ans", "من 16 عام لفوق", "3ndi 17 3am"."""

from __future__ import annotations

import re

from bot.vocabulary.spelling import normalise

OLDEST = 120
_AGE = re.compile(r"(?<![\d/:.,])(\d{1,3})\s*(?:ans?|عام|سنه|سنوات|سنين|3am|snin|sna)(?!\w)")


def find_age(text: str) -> int | None:
    """The first age in years that a text names, or None."""
    found = _AGE.search(normalise(text))
    return int(found[1]) if found and 0 < int(found[1]) <= OLDEST else None
