"""Closed lists and how people say them: places, causes, skills, times, spellings, registers. Pure; no framework."""

from bot.vocabulary.lists import (
    Place,
    Term,
    distance_km,
    kinds,
    label,
    nearest_place,
    place,
    places,
    term,
    terms,
)

__all__ = ["Place", "Term", "distance_km", "kinds", "label", "nearest_place", "place", "places", "term", "terms"]
