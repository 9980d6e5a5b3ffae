"""Missions in buckets of one cause, one mode and one piece of ground, so that a whole bucket can be left out at once.

What is said of a bucket holds for each of its missions: none is nearer, has another slot, wants another skill or is worth more. Leaving
a bucket out therefore changes no list.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import numpy as np

from bot.matching.blocks import need_points, open_missions
from bot.matching.columns import REMOTE, MissionColumns, Vector, is_for_adults
from bot.matching.kernels import (
    ADULTS_ONLY,
    CAUSE,
    FIRST_DAY,
    LANGUAGES,
    LAST_DAY,
    MISSION_ID,
    MODE,
    NEED,
    ORGANISATION_ID,
    PRICE,
    REQUIRED,
    ROW,
    SLOTS,
    WANTED,
    WANTED_COUNT,
    X,
    Y,
    Z,
)

CELL_M = 6000
"""The edge of a piece of ground. A town has several, and a bucket still a handful of missions."""
_CELLS = 4096
"""More than there are along an axis of the earth."""
SLACK_M = 2.0
"""Added to what is computed of distances, for they are rounded."""


class Buckets(NamedTuple):
    """Buckets in the order of their causes; the missions of bucket b are ``start[b]`` to ``start[b + 1]`` of the table."""

    start: Vector
    """int64 of buckets + 1."""
    middle: Vector
    """float64 of buckets × 3, in metres."""
    wide: Vector
    """float64: metres from the middle to the farthest mission, and the slack."""
    mode: Vector
    slots: Vector
    wanted: Vector
    """int64: bits that any of its missions has."""
    gain: Vector
    """int64: the most that one of its missions has of points for its need less price."""
    of_cause: Vector
    """int64 of causes + 2: the buckets of cause c are ``of_cause[c]`` to ``of_cause[c + 1]``; the last cause stands for no known one."""
    hours: Vector
    """uint32 of missions: the slots of each mission of the table."""


def table(missions: MissionColumns, today: date, rows: Vector, price: Vector | None = None) -> Vector:
    """Some rows of the missions as int64 of missions × 18, so that what is asked of a mission lies close together.

    The columns are named in ``bot.matching.kernels``; NEED is its points for its need, PRICE what is taken from its points when lists are
    ordered.
    """
    cost = np.zeros(len(missions), np.int64) if price is None else price
    columns = {
        SLOTS: missions.slots,
        MODE: missions.mode,
        X: missions.x,
        Y: missions.y,
        Z: missions.z,
        REQUIRED: missions.required,
        LANGUAGES: missions.languages,
        ADULTS_ONLY: is_for_adults(missions.minimum_age),
        WANTED: missions.wanted,
        WANTED_COUNT: missions.wanted_count,
        CAUSE: missions.cause,
        FIRST_DAY: missions.first_day,
        LAST_DAY: missions.last_day,
        NEED: need_points(missions, today),
        PRICE: cost,
        MISSION_ID: missions.mission_id,
        ORGANISATION_ID: missions.organisation_id,
        ROW: np.arange(len(missions)),
    }
    made = np.empty((len(rows), len(columns)), np.int64)
    for place, values in columns.items():
        made[:, place] = values[rows]
    return made


def bucketed(missions: MissionColumns, today: date, price: Vector, causes: int) -> tuple[Vector, Buckets]:
    """The table of the open missions, bucket by bucket, and the buckets.

    Args:
        causes: how many there are in the vocabulary.
    """
    rows = np.flatnonzero(open_missions(missions, today))
    key = np.where(missions.cause[rows] < 0, causes, missions.cause[rows])
    remote = missions.mode[rows] == REMOTE
    key = key * 2 + remote
    for values in (missions.x, missions.y, missions.z):
        # Where a remote mission is plays no part: all of a cause are one bucket.
        cells = np.floor_divide(values[rows], CELL_M).astype(np.int64) + _CELLS // 2
        key = key * _CELLS + np.where(remote, 0, cells)
    order = np.argsort(key, kind="stable")
    ordered = table(missions, today, rows[order], price)
    return ordered, _buckets(ordered, key[order], causes)


def _buckets(ordered: Vector, keys: Vector, causes: int) -> Buckets:
    """
    Args:
        keys: int64, ascending; where it changes, a bucket begins.
    """
    size = len(ordered)
    begins = np.ones(size, np.bool_)
    begins[1:] = keys[1:] != keys[:-1]
    first = np.flatnonzero(begins)
    count = np.diff(np.append(first, size))

    def over(operation: Any, values: Vector) -> Vector:
        return operation.reduceat(values, first) if size else values

    where = ordered[:, [X, Y, Z]].astype(np.float64)
    middle = np.stack([over(np.add, where[:, axis]) / count for axis in range(3)], axis=1)
    apart = np.sqrt(((where - np.repeat(middle, count, axis=0)) ** 2).sum(axis=1))
    return Buckets(
        start=np.append(first, size),
        middle=middle,
        wide=over(np.maximum, apart) + SLACK_M,
        mode=ordered[first, MODE],
        slots=over(np.bitwise_or, ordered[:, SLOTS]),
        wanted=over(np.bitwise_or, ordered[:, WANTED]),
        gain=over(np.maximum, ordered[:, NEED] - ordered[:, PRICE]),
        of_cause=np.searchsorted(keys[first], np.arange(causes + 2) * 2 * _CELLS**3),
        hours=ordered[:, SLOTS].astype(np.uint32),
    )
