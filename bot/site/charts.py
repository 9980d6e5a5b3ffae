"""Drawings made of numbers alone: the map of open missions and the heat map of free places, as positions for inline SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import cos, radians, sqrt

from bot import vocabulary
from bot.services.figures import REMOTE, Figures
from bot.services.territory import CITY, areas
from bot.vocabulary import Place

WIDTH = 1000.0
SMALLEST, LARGEST = 12.0, 34.0
STEPS = 5
"""Shades of the heat map, beside empty."""
MOST_ROWS = 24
"""Areas that the heat map draws, the neediest; the table has all."""
_MARGIN = 90.0
_LETTER, _LINE = 11.5, 26.0
"""About how wide a letter of a name on the map is, and how high a line, in points."""
_COAST = (
    (-9.30, 32.50), (-9.03, 32.74), (-8.62, 33.13), (-8.51, 33.26), (-8.34, 33.31), (-8.00, 33.47), (-7.83, 33.54), (-7.68, 33.60),
    (-7.62, 33.61), (-7.53, 33.62), (-7.40, 33.71), (-7.30, 33.76), (-7.16, 33.81), (-6.90, 33.97),
)  # fmt: skip
"""The shore from south-west to north-east, longitude and latitude, drawn by hand: it is there to be recognised."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True)
class Frame:
    """Degrees as points of a drawing that is :data:`WIDTH` wide: a plane is near enough for one region."""

    west: float
    south: float
    east: float
    north: float

    @property
    def scale(self) -> float:
        """Points a degree of latitude."""
        return (WIDTH - 2 * _MARGIN) / ((self.east - self.west) * self._narrowing)

    @property
    def _narrowing(self) -> float:
        return cos(radians((self.south + self.north) / 2))

    @property
    def height(self) -> float:
        return round((self.north - self.south) * self.scale + 2 * _MARGIN, 1)

    def point(self, longitude: float, latitude: float) -> tuple[float, float]:
        x = (longitude - self.west) * self._narrowing * self.scale + _MARGIN
        return round(x, 1), round((self.north - latitude) * self.scale + _MARGIN, 1)

    def sea(self) -> str:
        """The points of a polygon of the sea: the shore, then far out."""
        shore = [self.point(*position) for position in _COAST]
        return " ".join(f"{x},{y}" for x, y in [*shore, (shore[-1][0], -9000.0), (-9000.0, -9000.0), (-9000.0, shore[0][1])])


@dataclass(frozen=True)
class Name:
    """Where the name of a place is written: the point under its middle."""

    place: str
    x: float
    y: float


@dataclass(frozen=True)
class Dot:
    """A place on a map with its open missions."""

    place: str
    count: int
    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Drawing:
    """A map: its size in points, its sea, its dots, the largest first so that small ones lie above, and the names of some."""

    height: float
    sea: str
    dots: list[Dot]
    names: list[Name]


def city_map(figures: Figures) -> Drawing:
    """The arrondissements of Casablanca."""
    inside = [place for place in areas() if place.kind == "arrondissement"]
    return _drawing(inside, {place.id: figures.by_area[place.id] for place in inside}, named=lambda _place: True)


def region_map(figures: Figures) -> Drawing:
    """The communes, with the city as one dot. Those whose position is not known stand in the table alone."""
    shown = [place for place in areas() if place.kind in ("city", "commune") and not place.approximate]
    counts = {place.id: figures.by_area[place.id] for place in shown}
    counts[CITY] += sum(figures.by_area[place.id] for place in areas() if place.kind == "arrondissement")
    seats = _seats()
    return _drawing(shown, counts, named=lambda place: place in seats)


def _seats() -> frozenset[str]:
    """The city and the seats of provinces: known by the communes that borrow their position."""
    borrowed = {(place.latitude, place.longitude) for place in areas() if place.approximate}
    return frozenset(
        place.id for place in areas() if place.kind == "city" or (not place.approximate and (place.latitude, place.longitude) in borrowed)
    )


def _drawing(places: Iterable[Place], counts: dict[str, int], named: Callable[[str], bool]) -> Drawing:
    shown = list(places)
    frame = Frame(
        min(place.longitude for place in shown),
        min(place.latitude for place in shown),
        max(place.longitude for place in shown),
        max(place.latitude for place in shown),
    )
    most = max(1, *counts.values())
    dots = []
    for place in shown:
        x, y = frame.point(place.longitude, place.latitude)
        count = counts[place.id]
        dots.append(Dot(place.id, count, x, y, round(SMALLEST + (LARGEST - SMALLEST) * sqrt(count / most), 1) if count else SMALLEST / 2))
    dots.sort(key=lambda dot: -dot.radius)
    return Drawing(frame.height, frame.sea(), dots, _names(dots, [dot for dot in dots if named(dot.place)]))


def _names(dots: list[Dot], named: list[Dot]) -> list[Name]:
    """Each name below, above or beside its dot, where it covers least of what is there already."""
    taken = [(dot.x - dot.radius, dot.y - dot.radius, dot.x + dot.radius, dot.y + dot.radius) for dot in dots if dot.count]
    names = []
    for dot in named:
        half = len(dot.place) * _LETTER / 2
        beside = dot.radius + half + 6
        middles = [(0, dot.radius + _LINE / 2 + 4), (0, -dot.radius - _LINE / 2 - 4), (beside, 0), (-beside, 0)]
        boxes = [(dot.x + x - half, dot.y + y - _LINE / 2, dot.x + x + half, dot.y + y + _LINE / 2) for x, y in middles]
        box = min(boxes, key=lambda box: sum(_common(box, other) for other in taken) + _outside(box))
        taken.append(box)
        names.append(Name(dot.place, round((box[0] + box[2]) / 2, 1), round((box[1] + box[3]) / 2 + _LINE / 3, 1)))
    return names


def _common(box: Box, other: Box) -> float:
    """The area that two boxes share, in square points."""
    return max(0.0, min(box[2], other[2]) - max(box[0], other[0])) * max(0.0, min(box[3], other[3]) - max(box[1], other[1]))


def _outside(box: Box) -> float:
    """The area of a box beyond the sides of the drawing."""
    return (max(0.0, -box[0]) + max(0.0, box[2] - WIDTH)) * _LINE


@dataclass(frozen=True)
class Cell:
    """Free places of one area and cause. ``shade``: 0 for none to :data:`STEPS` for most."""

    cause: str
    count: int
    shade: int


@dataclass(frozen=True)
class Row:
    """An area of the heat map with one cell a cause. ``area``: of the vocabulary, or remote."""

    area: str
    total: int
    cells: list[Cell]


def heat(figures: Figures) -> tuple[list[str], list[Row]]:
    """The causes and areas that have free places, the neediest areas first."""
    causes = [term.id for term in vocabulary.terms("cause") if any(cause == term.id for _, cause in figures.needs)]
    most = max(figures.needs.values(), default=1)
    rows = []
    for area in [*(place.id for place in areas()), REMOTE]:
        cells = [Cell(cause, count, _shade(count, most)) for cause in causes for count in [figures.needs[area, cause]]]
        if total := sum(cell.count for cell in cells):
            rows.append(Row(area, total, cells))
    return causes, sorted(rows, key=lambda row: -row.total)


def _shade(count: int, most: int) -> int:
    """By the square root: one large beach cleaning shall not make everything else look alike."""
    return max(1, round(STEPS * sqrt(count / most))) if count else 0
