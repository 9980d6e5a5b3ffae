"""Sentences as tired thumbs type them: misspelled, without vowels, in the other script. The same seed gives the same noise."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_VOWELS = re.compile(r"(?<=\w)[aeiouyéèêàâùûîïôاويى](?=\w)")
# How Moroccans spell the letters of the other script; digraphs first. Written for this test alone: the skeleton has tables of its own.
_TO_ARABIC = [
    ("sch", "ش"), ("ch", "ش"), ("sh", "ش"), ("kh", "خ"), ("gh", "غ"), ("ou", "و"), ("oo", "و"), ("ee", "ي"), ("th", "ت"), ("dh", "د"),
    ("2", "ء"), ("3", "ع"), ("5", "خ"), ("6", "ط"), ("7", "ح"), ("8", "غ"), ("9", "ق"), ("a", "ا"), ("b", "ب"), ("c", "س"), ("d", "د"),
    ("e", ""), ("f", "ف"), ("g", "ك"), ("h", "ه"), ("i", "ي"), ("j", "ج"), ("k", "ك"), ("l", "ل"), ("m", "م"), ("n", "ن"), ("o", "و"),
    ("p", "ب"), ("q", "ق"), ("r", "ر"), ("s", "س"), ("t", "ت"), ("u", "و"), ("v", "ف"), ("w", "و"), ("x", "كس"), ("y", "ي"), ("z", "ز"),
]  # fmt: skip
_TO_LATIN = {
    "ا": "a", "أ": "a", "إ": "i", "آ": "a", "ب": "b", "ت": "t", "ث": "t", "ج": "j", "ح": "7", "خ": "kh", "د": "d", "ذ": "d", "ر": "r",
    "ز": "z", "س": "s", "ش": "ch", "ص": "s", "ض": "d", "ط": "t", "ظ": "d", "ع": "3", "غ": "gh", "ف": "f", "ق": "9", "ك": "k", "گ": "g",
    "ل": "l", "م": "m", "ن": "n", "ه": "h", "و": "o", "ي": "i", "ى": "a", "ة": "a", "ء": "2", "ئ": "2", "ؤ": "2", "؟": "?", "،": ",",
}  # fmt: skip


def typos(text: str, chance: random.Random) -> str:
    """In one word of three of four letters and more: two letters swapped, one dropped, or one doubled."""
    return " ".join(_mistyped(word, chance) if len(word) > 3 and chance.random() < 1 / 3 else word for word in text.split(" "))


def _mistyped(word: str, chance: random.Random) -> str:
    place = chance.randrange(len(word) - 1)
    return chance.choice(
        (
            word[:place] + word[place + 1] + word[place] + word[place + 2 :],
            word[:place] + word[place + 1 :],
            word[: place + 1] + word[place:],
        )
    )


def without_vowels(text: str, chance: random.Random) -> str:
    """Half of the vowels inside words dropped."""
    return _VOWELS.sub(lambda found: "" if chance.random() < 0.5 else found[0], text)


def other_script(text: str, _chance: random.Random) -> str:
    """Latin letters as Arabic ones, or the other way round."""
    if re.search(r"[\u0600-\u06ff]", text):
        return "".join(_TO_LATIN.get(letter, letter) for letter in text)
    written = text.lower()
    for latin, arabic in _TO_ARABIC:
        written = written.replace(latin, arabic)
    return written


NOISES: dict[str, Callable[[str, random.Random], str]] = {
    "typos": typos,
    "dropped vowels": without_vowels,
    "other script": other_script,
}
