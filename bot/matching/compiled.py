"""The twin of ``bot.matching.blocks``, compiled by numba: the same lists to the last point, pair by pair instead of step by step.

One core judges tens of millions of pairs a second, and ``bot.matching.buckets`` lets most be left out unjudged. Imports numba, which is an
extra: come in through ``bot.matching.engine``.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np

from bot.matching import kernels
from bot.matching.blocks import NO_MATCH, NOBODY, open_missions
from bot.matching.buckets import bucketed, table
from bot.matching.columns import NOWHERE, REMOTE, MissionColumns, Vector, VolunteerColumns
from bot.matching.judge import AVAILABILITY_POINTS, DISTANCE_POINTS, SKILL_POINTS, SLOTS_FOR_ALL_POINTS
from bot.matching.kernels import Rules
from bot.matching.model import MissionNeed, VolunteerProfile


class Simple(NamedTuple):
    """The volunteers' columns that are one number a person, in the order in which ``kernels`` takes them."""

    slots: Vector
    modes: Vector
    x: Vector
    y: Vector
    z: Vector
    skills: Vector
    languages: Vector
    teen: Vector
    own_skills: Vector
    radius_m: Vector
    busy_from: Vector


class Busy(NamedTuple):
    """The volunteers' commitments."""

    busy_slots: Vector
    busy_first: Vector
    busy_last: Vector


class Known(NamedTuple):
    """The missions and organisations that are left out for each volunteer."""

    closed_from: Vector
    closed: Vector
    excluded_from: Vector
    excluded: Vector


_RULES = Rules(
    remote=REMOTE,
    nowhere=NOWHERE,
    skill=SKILL_POINTS,
    distance=DISTANCE_POINTS,
    availability=AVAILABILITY_POINTS,
    enough_slots=SLOTS_FOR_ALL_POINTS,
)


def _split(volunteers: VolunteerColumns) -> tuple[Simple, Busy, Known]:
    """The columns as kernels take them."""
    simple = Simple(*(getattr(volunteers, name) for name in Simple._fields))
    busy = Busy(volunteers.busy_slots, volunteers.busy_first, volunteers.busy_last)
    return simple, busy, Known(volunteers.closed_from, volunteers.closed, volunteers.excluded_from, volunteers.excluded)


def _empty(people: int, length: int) -> tuple[Vector, Vector]:
    return np.full((people, length), NOBODY, np.int64), np.full((people, length), NO_MATCH, np.int32)


def _widen(found: Vector, length: int, missing: int) -> Vector:
    """Add columns of nobody: fewer are there at all than were asked for."""
    missed = length - found.shape[1]
    return np.pad(found, ((0, 0), (0, missed)), constant_values=missing) if missed else found


def best_missions(
    volunteers: VolunteerColumns, missions: MissionColumns, today: date, length: int, price: Vector | None = None
) -> tuple[Vector, Vector]:
    """As :func:`bot.matching.blocks.best_missions`."""
    cost = np.zeros(len(missions), np.int64) if price is None else np.ascontiguousarray(price, np.int64)
    tasks, buckets = bucketed(missions, today, cost, volunteers.cause_points.shape[1])
    rows, worth = _empty(len(volunteers), min(length, len(tasks)))
    if rows.size:
        simple, busy, known = _split(volunteers)
        kernels.lists(_RULES, simple, volunteers.paused, volunteers.cause_points, busy, known, tasks, buckets, cost, rows, worth)
    return _widen(rows, length, NOBODY), _widen(worth, length, NO_MATCH)


def best_volunteers(volunteers: VolunteerColumns, missions: MissionColumns, today: date, length: int) -> tuple[Vector, Vector]:
    """As :func:`bot.matching.blocks.best_volunteers`."""
    rows, worth = _empty(len(missions), min(length, len(volunteers)))
    if rows.size:
        simple, busy, known = _split(volunteers)
        tasks = table(missions, today, np.flatnonzero(open_missions(missions, today)))
        kernels.people_for(_RULES, simple, volunteers.paused, volunteers.cause_points, busy, known, tasks, rows, worth)
    return _widen(rows, length, NOBODY), _widen(worth, length, NO_MATCH)


def points_of_one(volunteers: VolunteerColumns, row: int, missions: MissionColumns, today: date) -> Vector:
    """As :func:`bot.matching.blocks.points_of_one`."""
    points = np.full(len(missions), NO_MATCH, np.int32)
    if not volunteers.paused[row]:
        simple, busy, known = _split(volunteers)
        tasks = table(missions, today, np.flatnonzero(open_missions(missions, today)))
        kernels.each(_RULES, simple, row, volunteers.cause_points, busy, known, tasks, points)
    return points


def warm() -> None:
    """Compile everything, or load what an earlier process compiled. Raises what numba raises where it does not work here."""
    today = date(2000, 1, 1)
    volunteers = VolunteerColumns.of([VolunteerProfile(1)])
    missions = MissionColumns.of([MissionNeed(1, 1, 33.6, -7.6, "", 1, 1)])
    best_missions(volunteers, missions, today, 1)
    best_volunteers(volunteers, missions, today, 1)
    points_of_one(volunteers, 0, missions, today)
