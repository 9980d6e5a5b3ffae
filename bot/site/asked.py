"""What a request asks for: parameters from nowhere, checked before anything is done with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any
from unicodedata import category

from starlette.requests import Request

from bot import vocabulary
from bot.matching.slots import DAYS
from bot.services.links import LARGEST_ID
from bot.services.public import PAGE, Wanted
from bot.texts import REGISTERS

LONGEST_WORDS = 80
MOST_ROWS = 100
MODES = ("onsite", "remote")
FALLBACK = "fr"
_NUMBER = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)
_HEADER_READ = 200
"""Characters of Accept-Language that are looked at."""


class BadRequest(ValueError):
    """A parameter that makes no sense. ``name``: which; the message says what it must be."""

    def __init__(self, name: str, wanted: str) -> None:
        super().__init__(wanted)
        self.name = name


def number(value: str) -> int:
    """A public number, as in paths; 0, which nothing has, where it is none."""
    return int(value) if _NUMBER.fullmatch(value) and int(value) <= LARGEST_ID else 0


def register_of(request: Request) -> str:
    """The register that is asked for, by ``lang`` or, without one, by the browser; French where that says nothing known."""
    asked = request.query_params.get("lang")
    if asked is not None:
        return asked if asked in REGISTERS else FALLBACK
    for tag in request.headers.get("accept-language", "")[:_HEADER_READ].lower().split(","):
        language = tag.split(";")[0].strip().split("-")[0]
        if language in ("fr", "ar", "ary"):
            return "ary-Arab" if language == "ary" else language
    return FALLBACK


def _one_of(choices: Collection[str]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in choices:
            raise ValueError(f"must be one of: {', '.join(choices)}")
        return value

    return read


def _place(value: str) -> str:
    if vocabulary.place(value) is None:
        raise ValueError("must be a known place of the region")
    return value


def _cause(value: str) -> str:
    return _one_of([term.id for term in vocabulary.terms("cause")])(value)


def _words(value: str) -> str:
    if not 0 < len(value) <= LONGEST_WORDS or any(category(character) in ("Cc", "Cs") for character in value):
        raise ValueError(f"must be 1 to {LONGEST_WORDS} characters, none of them a control character")
    return value


def _cursor(value: str) -> int:
    found = number(value)
    if not found:
        raise ValueError(f"must be a whole number, 1 to {LARGEST_ID}")
    return found


def _limit(value: str) -> int:
    found = number(value)
    if not 1 <= found <= MOST_ROWS:
        raise ValueError(f"must be a whole number, 1 to {MOST_ROWS}")
    return found


READERS: Mapping[str, Callable[[str], Any]] = {
    "lang": _one_of(REGISTERS),
    "place": _place,
    "cause": _cause,
    "day": _one_of(DAYS),
    "mode": _one_of(MODES),
    "q": _words,
    "before": _cursor,
    "limit": _limit,
}


def parameters(request: Request, allowed: Collection[str], strict: bool) -> dict[str, Any]:
    """The parameters of a request that are allowed there, read.

    Args:
        strict: for programs: unknown ones, empty ones and an unknown register are refused. A person's form sends empty fields,
            and links gather parameters of others on their way.

    Raises BadRequest for the first that makes no sense, and for one that is given twice.
    """
    found: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name not in allowed:
            if strict:
                raise BadRequest(name[:LONGEST_WORDS], f"is unknown; known are: {', '.join(allowed) or 'none'}")
            continue
        if name in found:
            raise BadRequest(name, "must be given once")
        if not strict and (name == "lang" or not value.strip()):
            continue
        try:
            found[name] = READERS[name](value)
        except ValueError as error:
            raise BadRequest(name, str(error)) from None
    return found


def wanted(found: Mapping[str, Any]) -> Wanted:
    """The filters among parameters that were read."""
    return Wanted(found.get("place"), found.get("cause"), found.get("day"), found.get("mode"), found.get("q"))


def rows(found: Mapping[str, Any]) -> int:
    return int(found.get("limit", PAGE))
