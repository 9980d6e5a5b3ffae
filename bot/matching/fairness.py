"""Who is shown what, when many look at the same missions: prices of congestion, room for the unseen, variety.

A list is built from the missions that fit by ``points − price − repetition``. The price of a mission grows with the applications that
are to be expected for each of its places, so that three popular missions are not shown to everybody while others stay empty and people
are refused (docs/matching.md gives the sources and what the simulation measured). Nothing here ever lets a mission in that does not fit.

Prices, order, repetition and variety were tuned on seeds 101 to 110 of ``python -m bot simulate``; what is reported comes from others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.matching.columns import MissionColumns, Vector

POLICY = "points-2 price-1"
"""Logged with each recommendation, so that policies can be compared later."""
LIST_LENGTH = 5
CANDIDATES = 40
"""So many of the best are looked at for a list of five. Repetition and variety put back at most those of the lists before."""

EXPECTED_PERMILLE = (100, 70, 50, 40, 30)
"""How many of a thousand people apply to the mission at this position of a list; the last counts for all that follow."""
EXPECTED_FOR_DAYS = 7
"""Whoever has not applied to what he was shown after so many days is expected to no more."""
FREE_LOAD_PERMILLE = 100
"""Up to so many expected applications for a thousand places nothing is charged."""
PRICE_AT_FULL_LOAD = 100
"""What one expected application a place above that costs, in points."""
HIGHEST_PRICE = 300
PRICE_IN_ORDER = 5
"""So many times the price counts in the order within a list: what comes first is applied to four times as often as what comes fourth, and
what moves down a list is still on it, so that order steers much and costs nobody a mission that suits."""
UNSEEN_POINTS = 60
"""What a mission that nobody has seen gains."""
SEEN_ENOUGH = 20
"""With so many times shown that is gone."""
REPETITION_POINTS = 20
"""What each time that a person was shown a mission before takes from it."""
MOST_REPETITIONS = 3
NEAR_EQUAL_POINTS = 50
"""Within so many points, another organisation or cause comes first."""
MOST_OF_ORGANISATION, MOST_OF_CAUSE = 1, 2
"""How many of a list may be of one organisation or cause while near-equal alternatives exist."""


@dataclass(frozen=True)
class Pick:
    """A mission chosen for a list."""

    row: int
    """Of the columns it was chosen from."""
    points: int
    price: int
    """What its points were lowered by (negative: raised) when the list was built."""


class Demand:
    """What is to be expected of each mission's applicants; grows while lists are built.

    Args:
        expected_permille: applications on their way, in thousandths: those that wait for an answer, and those that lists shown lately
            will bring.
        seen: how often each was shown so far.
    """

    def __init__(self, missions: MissionColumns, expected_permille: Vector | None = None, seen: Vector | None = None) -> None:
        size = len(missions)
        self._left = np.maximum(missions.capacity - missions.taken, 1)
        self._expected = np.zeros(size, np.int64) if expected_permille is None else np.array(expected_permille, np.int64)
        self._seen = np.zeros(size, np.int64) if seen is None else np.array(seen, np.int64)

    def prices(self) -> Vector:
        """The price of each mission as it stands, in points, as int64."""
        load = self._expected // self._left
        price = np.minimum(PRICE_AT_FULL_LOAD * np.maximum(load - FREE_LOAD_PERMILLE, 0) // 1000, HIGHEST_PRICE)
        return price - UNSEEN_POINTS * np.maximum(SEEN_ENOUGH - self._seen, 0) // SEEN_ENOUGH

    def price(self, row: int) -> int:
        """As :meth:`prices`, of one mission."""
        load = int(self._expected[row]) // int(self._left[row])
        price = min(PRICE_AT_FULL_LOAD * max(load - FREE_LOAD_PERMILLE, 0) // 1000, HIGHEST_PRICE)
        return price - UNSEEN_POINTS * max(SEEN_ENOUGH - int(self._seen[row]), 0) // SEEN_ENOUGH

    def show(self, row: int, position: int) -> None:
        """Note that a mission is shown once more, at a position from 1."""
        self._expected[row] += EXPECTED_PERMILLE[min(position, len(EXPECTED_PERMILLE)) - 1]
        self._seen[row] += 1


def pick(
    rows: Sequence[int],
    points: Sequence[int],
    missions: MissionColumns,
    demand: Demand,
    shown_before: Mapping[int, int] | None = None,
    last_list: Collection[int] = (),
    length: int = LIST_LENGTH,
) -> list[Pick]:
    """Choose a person's list among the missions that fit him; does not change the demand.

    Args:
        rows: the candidates, as rows of the missions.
        points: theirs.
        shown_before: how often the person was shown a mission, by its row.
        last_list: the rows of the list he got last; the new one is another, unless nothing else fits.
    """
    shown_before = shown_before or {}
    scored = []
    for row, worth in zip(rows, points, strict=True):
        price = demand.price(row)
        repeated = REPETITION_POINTS * min(shown_before.get(row, 0), MOST_REPETITIONS)
        scored.append((worth - price - repeated, Pick(row, worth, price)))
    scored.sort(key=_rank)
    chosen = _in_order(_varied(scored, missions, length), missions)
    if chosen and {found.row for _, found in chosen} == set(last_list):
        other = next((one for one in scored if one[1].row not in last_list), None)
        if other is not None:
            chosen[-1] = other
    return [found for _, found in chosen]


def _rank(one: tuple[int, Pick]) -> tuple[int, int]:
    """The higher score first, equal ones by mission."""
    score, found = one
    return -score, found.row


def _in_order(chosen: Sequence[tuple[int, Pick]], missions: MissionColumns) -> list[tuple[int, Pick]]:
    """A list with what is in demand moved down. What nobody has seen has its gain in the score, and none here."""
    moved = sorted(((score - (PRICE_IN_ORDER - 1) * max(found.price, 0), found) for score, found in chosen), key=_rank)
    return _varied(moved, missions, len(moved))


def _varied(scored: Sequence[tuple[int, Pick]], missions: MissionColumns, length: int) -> list[tuple[int, Pick]]:
    """The best of a sorted list, several organisations and causes first where they are nearly as good."""
    rest = list(scored)
    organisations: Counter[int] = Counter()
    causes: Counter[int] = Counter()
    chosen: list[tuple[int, Pick]] = []
    while rest and len(chosen) < length:
        floor = rest[0][0] - NEAR_EQUAL_POINTS
        place = 0
        for n, (score, found) in enumerate(rest):
            if score < floor:
                break
            organisation, cause = int(missions.organisation_id[found.row]), int(missions.cause[found.row])
            if organisations[organisation] < MOST_OF_ORGANISATION and causes[cause] < MOST_OF_CAUSE:
                place = n
                break
        one = rest.pop(place)
        organisations[int(missions.organisation_id[one[1].row])] += 1
        causes[int(missions.cause[one[1].row])] += 1
        chosen.append(one)
    return chosen
