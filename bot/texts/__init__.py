"""What people read: catalogues of data/locales, rendered with plurals, escaping and isolation.

A catalogue is a flat YAML file of ``key: text``. A key that depends on a number stands as ``key_one``, ``key_two``,
``key_few``, ``key_many``, ``key_other`` (the categories of Unicode's plural rules, which Babel knows) and is asked for as
``key`` with ``count``. Texts are Telegram's HTML; every argument is escaped, and isolated where the text runs right to left.
"""

from __future__ import annotations

import re
import string
from functools import cache
from html import escape, unescape
from typing import Any

import yaml
from babel import Locale

from bot.settings import PROJECT

LOCALES = PROJECT / "data" / "locales"
REGISTERS = ("ar", "fr", "ary-Arab", "ary-Latn")
DEFAULT_REGISTER = "ary-Arab"
RIGHT_TO_LEFT = ("ar", "ary-Arab")

_ISOLATE, _POP = "\u2068", "\u2069"
_RIGHT_TO_LEFT_MARK = "\u200f"
_MARKS = re.compile("[\u2066-\u2069\u200e\u200f\u202a-\u202e]")
_KEPT_BLANK = "\n \n"
_RUNS_RIGHT = re.compile(r"(?:<[^>]*>|[^<\w\u2068])*[\u0600-\u06ff\u200f]")
"""A line whose first letter, tags and signs left out, is Arabic."""
# Babel knows no ary: Darija in Arabic letters counts like Arabic; in Latin letters it needs one and many only.
_PLURAL_LOCALES = {"ar": "ar", "fr": "fr", "ary-Arab": "ar", "ary-Latn": "fr"}


class Html(str):
    """Text that is Telegram HTML already and is not escaped again."""


@cache
def catalogue(register: str) -> dict[str, str]:
    """All texts of a register by key. Raises ValueError where two files of it define one key."""
    texts: dict[str, str] = {}
    for path in sorted((LOCALES / register).glob("*.yml")):
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for key, text in (loaded or {}).items():
            if key in texts:
                raise ValueError(f"{path.name} defines {key} again")
            texts[key] = str(text).strip()
    return texts


@cache
def _plural(register: str) -> Any:
    return Locale.parse(_PLURAL_LOCALES[register]).plural_form


def has(key: str) -> bool:
    return key in catalogue(DEFAULT_REGISTER)


def text(register: str, key: str, count: int | None = None, **arguments: object) -> str:
    """The text of a key in a register.

    Args:
        register: ar, fr, ary-Arab or ary-Latn; anything else counts as ary-Arab.
        key: as in the catalogues, without a plural's ending.
        count: chooses the plural and fills ``{count}``.
        arguments: fill the placeholders; escaped unless they are Html.

    Raises KeyError where the key or an argument is missing: a test asks for every key.
    """
    register = register if register in REGISTERS else DEFAULT_REGISTER
    texts = catalogue(register)
    if count is not None:
        category = _plural(register)(count)
        # "Nobody yet" is worth words of its own in languages, too, whose grammar counts zero as one.
        categories = (*(["zero"] if count == 0 else []), category, "other")
        key = next((f"{key}_{c}" for c in categories if f"{key}_{c}" in texts), key)
        arguments["count"] = count
    if not arguments and "{" not in texts[key]:
        return texts[key]
    return _directed(register, texts[key].format_map({name: _shown(register, value) for name, value in arguments.items()}))


def _directed(register: str, whole: str) -> str:
    """The text with a mark before each line that would run the wrong way: readers take a line's direction from its first letter."""
    if register not in RIGHT_TO_LEFT:
        return whole
    return "\n".join(line if not line or _RUNS_RIGHT.match(line) else _RIGHT_TO_LEFT_MARK + line for line in whole.split("\n"))


def in_one_piece(shown: str) -> str:
    """The text as it goes through Rasa, whose channels part a text at blank lines into messages of their own."""
    return shown.replace("\n\n", _KEPT_BLANK)


def with_blank_lines(shown: str) -> str:
    """The text again as it was before :func:`in_one_piece`."""
    return shown.replace(_KEPT_BLANK, "\n\n")


def plain(shown: str) -> str:
    """A text of the catalogues for files, where there is no HTML: without tags and entities."""
    return unescape(re.sub(r"<[^>]*>", "", str(shown)))


def unmarked(shown: str) -> str:
    """A text without tags, entities and marks of direction, for what other programs read: calendars, feeds, attributes and titles."""
    return _MARKS.sub("", plain(shown))


def isolate(register: str, value: str) -> str:
    """The value kept apart from the direction of the sentence around it, where that runs right to left."""
    return f"{_ISOLATE}{value}{_POP}" if register in RIGHT_TO_LEFT and value else value


def _shown(register: str, value: object) -> str:
    if isinstance(value, Html):
        return value
    return isolate(register, escape(str(value), quote=False))


def joined(register: str, parts: list[str]) -> str:
    """A list in one line, with the comma of the script."""
    return ("، " if register in RIGHT_TO_LEFT else ", ").join(parts)


def placeholders(template: str) -> set[str]:
    """The names of the placeholders of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}
