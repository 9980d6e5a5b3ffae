"""What the bot should say, named by the keys of the catalogues: a dialogue test does not change when a wording does."""

from __future__ import annotations

import re
from functools import cache

from bot.texts import catalogue

_PLURALS = ("zero", "one", "two", "few", "many", "other")
_MARKS = re.compile("[\u2066-\u2069\u200e\u200f]")


@cache
def pattern(register: str, keys: str) -> re.Pattern[str]:
    """A pattern of the message that one key gives, or several joined by " + " as forms join them."""
    return re.compile(r"\n\n".join(_one(register, key.strip()) for key in keys.split("+")), re.DOTALL)


def _one(register: str, key: str) -> str:
    texts = catalogue(register)
    if key.endswith("*"):
        variants = [words for name, words in texts.items() if name.startswith(key[:-1])]
        assert variants, f"no text {key} in {register}"
        return "(?:" + "|".join(_template(variant) for variant in variants) + ")"
    variants = [texts[name] for name in (key, *(f"{key}_{plural}" for plural in _PLURALS)) if name in texts]
    assert variants, f"no text {key} in {register}"
    return "(?:" + "|".join(_template(variant) for variant in variants) + ")"


def _template(text: str) -> str:
    parts = re.split(r"\{\w+\}", _MARKS.sub("", text))
    return ".*?".join(re.escape(part) for part in parts)


def says(register: str, keys: str, text: str) -> bool:
    """Whether a message is what the keys say in a register.

    "|" parts keys either of which will do, "…" after a key lets more follow, "*" stands for any ending of a key.
    """
    bare = _MARKS.sub("", text)
    return any(_is_said(register, either.strip(), bare) for either in keys.split("|"))


def _is_said(register: str, keys: str, bare: str) -> bool:
    if keys.endswith("…"):
        return bool(pattern(register, keys.rstrip("…")).match(bare))
    return bool(pattern(register, keys).fullmatch(bare))


def starts(register: str, key: str, text: str) -> bool:
    """Whether a message starts with the text of a key."""
    return bool(pattern(register, key).match(_MARKS.sub("", text)))
