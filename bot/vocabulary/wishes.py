"""Small wishes inside a sentence that the contract of the understanding has no entity for: near me, now, why not.

Found on normalised text (docs/understanding.md), so that accents, hamza and case make no difference.
"""

from __future__ import annotations

import re

from bot.vocabulary.spelling import normalise

_NEAR = re.compile(
    r"\b(?:(?:pres|autour|a cote|proche|proches|pas loin) de (?:moi|chez moi)|7daya|7da dari|9rib(?:a|in)? (?:mni|liya|3liya|l dari))\b"
    r"|\b(?:حدايا|حدا داري|قربي|قريب\w* (?:مني|ليا|لي|عليا|من بيتي|من داري|من الدار|من المنزل|من البيت))\b"
)
_NOW = re.compile(r"\b(?:maintenant|tout de suite|daba|dab)\b|\b(?:دابا|الان|حالا|في الحال)\b")
_WHY = re.compile(r"\b(?:pourquoi|pk|pq|3lach|3lah)\b|\b(?:علاش|لماذا|علاه)\b")
_TERMS = re.compile(
    r"\b(?:mais|seulement|juste|uniquement|par contre|a condition|sauf|pas avant|pas apres)\b"
    r"|\b(?:walakin|wlkin|walakn|ghir|gher|b chert|bchert|bessa7)\b"
    r"|\b(?:ولكن|لكن|غير|فقط|بشرط|بصح|ماشي قبل|الا في|باستثناء)\b"
)
TERMS_WORDS = 4
"""Shorter sentences set no terms: "juste la première"."""


def is_near(text: str) -> bool:
    """Whether something near the person is wanted."""
    return bool(_NEAR.search(normalise(text)))


def is_now(text: str) -> bool:
    """Whether it is wanted at once."""
    return bool(_NOW.search(normalise(text)))


def asks_why(text: str) -> bool:
    return bool(_WHY.search(normalise(text)))


def sets_terms(text: str) -> bool:
    """Whether a yes comes with a condition: "yes, but only two hours", «واخا، ولكن غير مع 3»."""
    plain = normalise(text)
    return len(plain.split()) >= TERMS_WORDS and bool(_TERMS.search(plain))
