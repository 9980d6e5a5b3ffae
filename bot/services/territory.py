"""The places of the region as areas: an arrondissement or commune with its quarters, and the city that holds them."""

from __future__ import annotations

from functools import lru_cache

from bot import vocabulary
from bot.vocabulary import Place

CITY = "Casablanca"


@lru_cache(maxsize=1)
def _children() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for place in vocabulary.places():
        if place.parent:
            found.setdefault(place.parent, []).append(place.id)
    return {parent: tuple(ids) for parent, ids in found.items()}


def within(place_id: str) -> tuple[str, ...]:
    """A place and all that lies in it: of the city its arrondissements and their quarters."""
    return (place_id, *(deeper for child in _children().get(place_id, ()) for deeper in within(child)))


def area_of(place_id: str) -> str:
    """The arrondissement, commune or city that a place is counted under; the id itself where it is not known."""
    place = vocabulary.place(place_id)
    return place.parent if place is not None and place.kind == "quarter" and place.parent else place_id


@lru_cache(maxsize=1)
def areas() -> tuple[Place, ...]:
    """The city, its arrondissements and all communes, in the order of the vocabulary."""
    return tuple(place for place in vocabulary.places() if place.kind != "quarter")
