"""Which script a message is in, and which register answers it. Which register it is in, nlu.register_model learns."""

from __future__ import annotations

import re

from bot.vocabulary.spelling import normalise, words

_ARABIC = re.compile(r"[\u0600-\u06FF\u0750-\u077F\uFB50-\uFDFF\uFE70-\uFEFC]")
CONFIDENT = 0.85
"""Names of places and things are the same in both registers of a script: what holds little else is no change of register."""
_NUMBER = re.compile(r"\b(?=[A-Z-]*[0-9])[0-9A-Z]{4}(?:-[0-9A-Z]{1,4}){2,}\b", re.IGNORECASE)
"""Of a certificate, as it may be typed: its letters are Latin wherever it is written. Words with hyphens have no digits."""
_FORMULAS = frozenset(
    normalise(word)
    for word in """
    السلام سلام عليكم عليك ورحمة رحمة الله وبركاته وبركات تعالى صباح مساء الخير النور شكرا جزيلا إن شاء انشاء الحمد لله
    بارك فيك فيكم بسم و
    """.split()
)
"""What is said the same in Standard Arabic and in Darija: a greeting or thanks says nothing of either."""
_LATIN = re.compile(r"[A-Za-z\u00C0-\u024F]")


def script_of(text: str) -> str | None:
    """arabic or latin, whichever has more letters; None where there are none of either."""
    arabic, latin = len(_ARABIC.findall(text)), len(_LATIN.findall(text))
    if not arabic and not latin:
        return None
    return "arabic" if arabic >= latin else "latin"


def next_register(text: str, current: str, held: bool, detected: str | None, confidence: float) -> str:
    """The register that answers a message.

    A change of script counts at once, even in one word, the number of a certificate left out; within a script each confident message of
    three words and more decides, and shorter ones change nothing, nor does a greeting that all share. A register that was chosen
    (``held``) stays.
    """
    if held or detected is None or not any(letter.isalpha() for letter in _NUMBER.sub("", text)):
        return current
    arabic = ("ar", "ary-Arab")
    if (detected in arabic) != (current in arabic):
        return detected
    said = [word.normal for word in words(text[:1000])]
    tells = len(said) >= 3 and not all(word in _FORMULAS for word in said)
    return detected if confidence >= CONFIDENT and tells else current


def starting_register(language_code: str | None) -> str:
    """The register before anything was said, from Telegram's language: ar, fr, else Darija in Arabic letters."""
    code = (language_code or "").split("-")[0].lower()
    return code if code in ("ar", "fr") else "ary-Arab"
