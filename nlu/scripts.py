"""Darija in the other of its two scripts, for the classifier to learn from: one language, of which people choose the letters."""

from __future__ import annotations

from bot.vocabulary.registers import script_of

DARIJA = ("ary-Arab", "ary-Latn")
# How Moroccans write each sound with the other letters, the most usual way of it; digraphs before single letters.
_ARABIC_OF = {
    "tch": "تش", "ch": "ش", "sh": "ش", "kh": "خ", "gh": "غ", "ou": "و", "oo": "و", "ee": "ي",
    "2": "ء", "3": "ع", "5": "خ", "6": "ط", "7": "ح", "8": "غ", "9": "ق",
    "a": "ا", "b": "ب", "c": "ك", "d": "د", "e": "", "f": "ف", "g": "گ", "h": "ه", "i": "ي", "j": "ج", "k": "ك", "l": "ل", "m": "م",
    "n": "ن", "o": "و", "p": "ب", "q": "ق", "r": "ر", "s": "س", "t": "ت", "u": "و", "v": "ف", "w": "و", "x": "كس", "y": "ي", "z": "ز",
}  # fmt: skip
_LATIN_OF = {
    "ا": "a", "أ": "a", "إ": "i", "آ": "a", "ى": "a", "ة": "a", "ب": "b", "ت": "t", "ث": "t", "ج": "j", "ح": "7", "خ": "kh", "د": "d",
    "ذ": "d", "ر": "r", "ز": "z", "س": "s", "ش": "ch", "ص": "s", "ض": "d", "ط": "t", "ظ": "d", "ع": "3", "غ": "gh", "ف": "f", "ڤ": "v",
    "ق": "9", "ك": "k", "گ": "g", "ڭ": "g", "ل": "l", "م": "m", "ن": "n", "ه": "h", "و": "o", "ي": "i", "ء": "2", "ئ": "2", "ؤ": "2",
}  # fmt: skip
_LONGEST = max(map(len, _ARABIC_OF))


def in_other_script(text: str) -> str:
    """The text in the other script, letter by letter; what belongs to neither script stays."""
    if script_of(text) == "arabic":
        return "".join(_LATIN_OF.get(letter, letter) for letter in text)
    lower, written, place = text.lower(), [], 0
    while place < len(lower):
        part = next((lower[place : place + n] for n in range(_LONGEST, 0, -1) if lower[place : place + n] in _ARABIC_OF), lower[place])
        written.append(_ARABIC_OF.get(part, part))
        place += len(part)
    return "".join(written)
