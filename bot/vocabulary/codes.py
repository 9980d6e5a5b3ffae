"""The code of a spot in a message: six digits, and at most a word that calls them a code."""

from __future__ import annotations

from bot.vocabulary.spelling import normalise

DIGITS = 6
_NAMED = frozenset(normalise(word) for word in "code lcode lkod kod kode رمز الرمز كود الكود لكود".split())
_AROUND = frozenset(normalise(word) for word in "le l est c mon howa howa hiya rah voici هو هذا هادا راه ها ديال dyal du la".split())


def find(text: str) -> tuple[str, bool] | None:
    """The code that a message says and nothing else, and whether it is called one; None: no code.

    Digits of any script, together or apart: "482913", "le code est 482 913", «الكود ٤٨٢٩١٣».
    """
    said = normalise(text.replace("-", " ")).split()
    digits = "".join(word for word in said if word.isdecimal())
    others = [word for word in said if not word.isdecimal()]
    if len(digits) != DIGITS or any(word not in _NAMED and word not in _AROUND for word in others):
        return None
    return digits, any(word in _NAMED for word in others)


def shown(code: str) -> str:
    """A code as people read it: 482 913."""
    return f"{code[: DIGITS // 2]} {code[DIGITS // 2 :]}"
