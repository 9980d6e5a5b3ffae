"""The closed lists of data/vocabulary: one source for the extractor, labels, filters and keyboards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import Any

import yaml

from bot.settings import PROJECT
from bot.vocabulary.spelling import words

FOLDER = PROJECT / "data" / "vocabulary"
_EARTH_KM = 6371.0


@dataclass(frozen=True)
class Term:
    """A canonical value of a closed list, its labels by register and what people say for it."""

    kind: str
    id: str
    labels: dict[str, str] = field(hash=False)
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """A city, arrondissement, commune or quarter. Its id is the official French name."""

    id: str
    kind: str
    parent: str | None
    """Where a quarter or arrondissement lies; None for communes and the city."""
    latitude: float
    longitude: float
    arabic: str
    darija: str
    """As written in Latin letters by those who do; the French name where nobody writes it otherwise."""
    aliases: tuple[str, ...] = ()
    approximate: bool = False
    """The position is that of the seat of the province."""


def _yaml(name: str) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((FOLDER / name).read_text(encoding="utf-8"), Loader=loader)


@lru_cache(maxsize=1)
def everyday() -> frozenset[str]:
    """Normalised words that are only found letter by letter, whatever their skeleton is like."""
    return frozenset(word for line in _yaml("everyday.yml") for word in line.split())


@lru_cache(maxsize=1)
def first_names() -> frozenset[str]:
    """Usual first names that are nothing else, normalised."""
    return frozenset(word.normal for line in _yaml("first_names.yml") for word in words(line))


@lru_cache(maxsize=1)
def _terms() -> dict[str, dict[str, Term]]:
    lists = {"cause": _yaml("causes.yml"), "skill": _yaml("skills.yml"), **_yaml("closed_lists.yml")}
    return {
        kind: {row["id"]: Term(kind, row["id"], row["labels"], tuple(map(str, row.get("aliases", ())))) for row in rows}
        for kind, rows in lists.items()
    }


@lru_cache(maxsize=1)
def _places() -> dict[str, Place]:
    found = {}
    for path in sorted((FOLDER / "places").glob("*.yml")):
        for row in _yaml(f"places/{path.name}"):
            latitude, longitude = row["position"]
            found[row["id"]] = Place(
                id=row["id"],
                kind=row["kind"],
                parent=row.get("parent"),
                latitude=latitude,
                longitude=longitude,
                arabic=row["ar"],
                darija=row.get("ary_latn", row["id"].replace("-", " ")),
                aliases=tuple(map(str, row.get("aliases", ()))),
                approximate=row.get("approximate", False),
            )
    return found


def terms(kind: str) -> tuple[Term, ...]:
    """All values of a closed list, in its order. Raises KeyError for a list that is not there."""
    return tuple(_terms()[kind].values())


def kinds() -> tuple[str, ...]:
    return tuple(_terms())


def term(kind: str, value: str) -> Term | None:
    return _terms().get(kind, {}).get(value)


def place(value: str) -> Place | None:
    return _places().get(value)


def places() -> Iterator[Place]:
    return iter(_places().values())


def label(kind: str, value: str, register: str) -> str:
    """What a canonical value is called in a register; the value itself where it is not known."""
    if kind == "place":
        found = place(value)
        if found is None:
            return value
        if register in ("ar", "ary-Arab"):
            return found.arabic
        return found.darija if register == "ary-Latn" else found.id.replace("-", " ")
    known = term(kind, value)
    return known.labels.get(register, value) if known else value


def distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """The great-circle distance of two points in kilometres (haversine)."""
    a, b = radians(latitude), radians(other_latitude)
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(other_longitude - longitude) / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(half))


def nearest_place(latitude: float, longitude: float, limit_km: float = 8.0) -> Place | None:
    """The arrondissement, commune or quarter whose position is nearest; None beyond the limit, that is outside the region."""
    known = (p for p in places() if p.kind != "city" and not p.approximate)
    distance, _, found = min((distance_km(latitude, longitude, p.latitude, p.longitude), p.id, p) for p in known)
    return found if distance <= limit_km else None
