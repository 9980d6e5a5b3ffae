"""Ages in words: "à partir de 16 ans", "من 16 عام لفوق", "3ndi 17 3am"."""

from __future__ import annotations

import re

from bot.vocabulary.spelling import normalise

OLDEST = 120
_AGE = re.compile(r"(?<![\d/:.,])(\d{1,3})\s*(?:ans?|عام|سنه|سنوات|سنين|3am|snin|sna)(?!\w)")
_OWN = re.compile(
    r"\b(?:j ai|jai|g|agee? de|moi c est|3endi|3ndi|3andi|(?:f )?3o?mri)\s+(?:ghir\s+|que\s+)?(\d{1,2})\s*(?:ans?|3am|snin|sna)\b"
    r"|(?<!\w)(?:عندي|عمري|فعمري|سني|ابلغ)\s+(?:غير\s+|فقط\s+|من العمر\s+)?(\d{1,2})\s*(?:عام|سنه|سنوات|سنين)(?!\w)"
)
_BARE = re.compile(r"(\d{1,2})\s*(?:ans?|عام|سنه|سنوات|سنين|3am|snin|sna)?")
ADULT, TEEN = 18, 16
BANDS = ("adult", "teen", "child")


def find_own_age(text: str, asked: bool = False) -> int | None:
    """The age that somebody says to have: "j'ai 17 ans", «عندي 17 عام»; a number alone only where it was asked for."""
    plain = normalise(text)
    found = _OWN.search(plain)
    if found is None and asked:
        found = _BARE.fullmatch(plain.strip())
    age = next((int(group) for group in found.groups() if group), 0) if found else 0
    return age if 0 < age <= OLDEST else None


def band_of(age: int) -> str:
    """adult (18 and older), teen (16 and 17) or child (younger)."""
    return "adult" if age >= ADULT else "teen" if age >= TEEN else "child"


def find_age(text: str) -> int | None:
    """The first age in years that a text names, or None."""
    found = _AGE.search(normalise(text))
    return int(found[1]) if found and 0 < int(found[1]) <= OLDEST else None
