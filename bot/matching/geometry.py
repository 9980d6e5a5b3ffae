"""Distances in whole metres, the same in every engine: no engine rounds on its own.

A point is three whole numbers of metres from the middle of the earth. The distance is the straight line between two points, which is
shorter than the way over the ground by 0.2 m in 60 km and by 28 m in 300 km; places are known to a kilometre.
"""

from __future__ import annotations

from functools import lru_cache
from math import cos, isqrt, radians, sin

EARTH_M = 6_371_000
"""The mean radius of the earth (IUGG)."""
Point = tuple[int, int, int]


@lru_cache(maxsize=4096)
def point(latitude: float, longitude: float) -> Point:
    """A position in degrees as whole metres from the middle of the earth."""
    north, east = radians(latitude), radians(longitude)
    return round(EARTH_M * cos(north) * cos(east)), round(EARTH_M * cos(north) * sin(east)), round(EARTH_M * sin(north))


def metres(one: Point, other: Point) -> int:
    """The straight line between two points, rounded down."""
    return isqrt(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)))
