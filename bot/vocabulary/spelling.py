"""One spelling for many: normalised words, and a script-free consonant skeleton.

Normalisation: NFKC; no harakat, tatweel or Latin accents; أإآٱ→ا, ى ئ→ي, ؤ→و, ة→ه, گ→ك, ڤ→ف; Arabic-Indic digits→ASCII; runs of
three and more letters→two; lower case; apostrophes part words. The skeleton maps digraphs and digits to one consonant alphabet and
drops vowels and glides, so that بغيت = bghit, نتطوع = ntatawa3, جمعية = jam3iya. It is a matching key, not a spelling: keys of one or
two consonants mean too much. The tables are ours, after how Moroccans write Darija with Latin letters and digits
(2 ء, 3 ع, 5/kh خ, 6 ط, 7 ح, 8/gh غ, 9 ق).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_LETTERS = str.maketrans(
    {
        **dict.fromkeys("أإآٱ", "ا"),
        **dict.fromkeys("ىئی", "ي"),
        "ؤ": "و",
        "ة": "ه",
        "گ": "ك",
        "ک": "ك",
        "ڭ": "ك",
        "ڤ": "ف",
        "پ": "ب",
        "ـ": None,
        "œ": "oe",
        "æ": "ae",
    }
)
_RUNS = re.compile(r"([^\W\d_])\1{2,}")
# Times (15h30, 10:00), dates (20/12/2026), negative and grouped numbers stay one word; else letters with their digits.
_WORD = re.compile(
    r"\d{1,2}\s?[hH]\s?\d{2}\b|\d{1,2}:\d{2}"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}-\d{1,2}-\d{4}|\d{1,2}[/.]\d{1,2}(?:[/.]\d{2,4})?(?!\d)"
    r"|(?<![\w-])-\d+|\w+"
)

_ARABIC = {
    **dict(zip("بتثجحخدذرزسشصضطظعغفقكلمنه", "bttjHxddrzscsdtzEGfqklmnh", strict=True)),
}
# Digraphs become letters that are keys already: capitals and Arabic letters stand for themselves below.
_DIGRAPHS = {
    "sch": "ش", "tch": "تش", "sh": "ش", "ch": "ش", "kh": "خ", "gh": "غ", "dh": "د", "th": "ت", "ph": "ف", "qu": "ك",
}  # fmt: skip
_DIGRAPH = re.compile("|".join(_DIGRAPHS))
_LATIN = {
    **{letter: letter for letter in "bdfhjklmnqrstz"},
    "g": "k",
    "c": "k",
    "p": "b",
    "v": "f",
    "x": "ks",
    "2": "",
    "3": "E",
    "5": "x",
    "6": "t",
    "7": "H",
    "8": "G",
    "9": "q",
}
_KEYS = {**_ARABIC, **_LATIN}
_NUMBER = re.compile(r"-?\d{1,2}h\d{0,2}|-?[\d/.:-]+")
_FINAL_H = re.compile(r"(?:ه|(?<![cskgtdp])h)$")
"""A final h is a vowel in both scripts (جمعية, jam3iyah), unless it is half of a letter: wach, ma3reftch."""
_DOUBLED = re.compile(r"(.)\1+")


@dataclass(frozen=True)
class Word:
    """A word of a text: as typed, normalised, its skeleton, and its code points [start, end) in the text as typed."""

    text: str
    normal: str
    skeleton: str
    start: int
    end: int


def _plain(character: str) -> str:
    """One character without marks; several where NFKC makes several of it; nothing for a mark."""
    decomposed = unicodedata.normalize("NFKD", character)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_LETTERS).lower()


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    # Hamza and madda carriers would lose their seat in NFKD: they are mapped first.
    folded = character.lower().translate(_LETTERS)
    if folded != character.lower():
        return folded
    digit = unicodedata.decimal(character, None)
    plain = str(digit) if digit is not None else _plain(character)
    # One character that stands for several words (¼, ﷺ) parts them and is none: a word has offsets of its own.
    return plain if len(plain) < 2 or plain.isalnum() else " "


def normalise(text: str) -> str:
    """The text in one spelling: normalised words, single spaces. Normalising twice changes nothing more."""
    return " ".join(word.normal for word in words(text))


def words(text: str) -> list[Word]:
    """The words of a text with their true offsets. Emoji, punctuation and marks are no words; any Unicode is accepted."""
    folded: list[str] = []
    origin: list[int] = []
    for position, character in enumerate(text):
        for letter in _folded(character):
            folded.append(letter)
            origin.append(position)
    flat = "".join(folded)
    found = []
    for match in _WORD.finditer(flat):
        start, end = origin[match.start()], origin[match.end() - 1] + 1
        # Marks after the last letter belong to the word.
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        normal = _RUNS.sub(r"\1\1", match.group().replace("_", "").replace(" ", ""))
        if normal:
            found.append(Word(text[start:end], normal, skeleton(normal), start, end))
    return found


@lru_cache(maxsize=65536)
def skeleton(word: str) -> str:
    """The consonants of a normalised word in one alphabet for both scripts; numbers and vowel-only words have none."""
    if _NUMBER.fullmatch(word):
        return ""
    flat = _DIGRAPH.sub(lambda found: _DIGRAPHS[found.group()], _FINAL_H.sub("", word))
    return _DOUBLED.sub(r"\1", "".join(_KEYS.get(letter, "") for letter in flat))
