"""What a person said in one message, as the understanding handed it over: values by kind, with what was negated kept apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot import vocabulary
from bot.vocabulary import values

LARGEST_ID = 2**31 - 1
"""Of a row in the database; PostgreSQL refuses to look for a larger one."""
_COUNTED = ("number", "mission_ref")
"""Kinds that a button of ours may carry in another sense; whoever reads them looks."""


@dataclass(frozen=True)
class Said:
    """Canonical values of one message by entity name, in the order said."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    negated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def all(self, kind: str) -> tuple[str, ...]:
        """The values of a kind that were wanted, each once."""
        return tuple(dict.fromkeys(self.values.get(kind, ())))

    def last(self, kind: str) -> str | None:
        """The last value of a kind that was wanted: in "not Maârif, Aïn Chock" and in "Maârif, sorry, Aïn Chock" alike."""
        found = self.values.get(kind, ())
        return found[-1] if found else None

    def without(self, kind: str) -> tuple[str, ...]:
        """The values of a kind that were refused ("not on Sundays")."""
        return tuple(dict.fromkeys(self.negated.get(kind, ())))

    def number(self) -> int | None:
        """The first number, or None."""
        found = self.values.get("number", ())
        try:
            return int(found[0]) if found else None
        except ValueError:
            return None

    def row_id(self, kind: str) -> int | None:
        """The id of a row that was named, whoever's it is; None where the value is none or can be nobody's."""
        found = self.last(kind) or ""
        number = int(found) if re.fullmatch(r"\d{1,10}", found, re.ASCII) else 0
        return number if 0 < number <= LARGEST_ID else None

    def merged(self, before: Iterable[str], kind: str) -> tuple[str, ...]:
        """A list of values after this message: what it adds is added at the end, what it refuses is taken out."""
        out = set(self.without(kind))
        return tuple(value for value in dict.fromkeys((*before, *self.all(kind))) if value not in out)


def said_in(entities: Iterable[Mapping[str, Any]]) -> Said:
    """Sort Rasa's entities by name."""
    wanted: dict[str, list[str]] = {}
    refused: dict[str, list[str]] = {}
    for entity in entities:
        side = refused if entity.get("negated") else wanted
        side.setdefault(str(entity["entity"]), []).append(str(entity["value"]))
    return Said({k: tuple(v) for k, v in wanted.items()}, {k: tuple(v) for k, v in refused.items()})


def is_canonical(kind: str, value: str) -> bool:
    """Whether a value is one that the understanding or a button of ours may carry.

    A payload that somebody else made may hold anything: what is no value of its kind is taken for not said.
    """
    if kind in values.ENTITIES and kind not in _COUNTED:
        return values.is_canonical(kind, value)
    return kind not in vocabulary.kinds() or vocabulary.term(kind, value) is not None
