"""Where a text may be cut without parting what people see as one character: a letter and its harakat, an emoji of several parts.

The rules of Unicode's UAX 29 for what people here write; Hangul and Indic conjuncts are left out.
"""

from __future__ import annotations

import itertools
import unicodedata

_JOINER, _NON_JOINER = "\u200d", "\u200c"


def is_boundary(text: str, place: int) -> bool:
    """Whether the code points before and after a place belong to two characters. The ends of a text are boundaries."""
    if place <= 0 or place >= len(text):
        return 0 <= place <= len(text)
    before, after = text[place - 1], text[place]
    if before == "\r" and after == "\n":
        return False
    if _extends(after):
        return False
    if before == _JOINER:
        return not _is_pictograph(after)
    if _is_regional(before) and _is_regional(after):
        run = place
        while run > 0 and _is_regional(text[run - 1]):
            run -= 1
        return (place - run) % 2 == 0
    return True


def _extends(character: str) -> bool:
    """Whether it belongs to what stands before: marks, joiners, variations and skin tones, tags of flags."""
    return (
        unicodedata.category(character) in ("Mn", "Me", "Mc")
        or character in (_JOINER, _NON_JOINER)
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _is_pictograph(character: str) -> bool:
    return unicodedata.category(character) in ("So", "Sk") or character in "‼⁉" or "\U0001f000" <= character <= "\U0001faff"


def clusters(text: str) -> list[tuple[int, int]]:
    """The characters of a text as people see them: code points [start, end)."""
    cuts = [place for place in range(len(text) + 1) if is_boundary(text, place)]
    return list(itertools.pairwise(cuts))
