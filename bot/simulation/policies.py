"""The policies that are compared. Each sees the same, shows only what fits, and fills lists of the same length."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date

import numpy as np

from bot.matching import engine, fairness
from bot.matching.columns import MissionColumns, Vector, VolunteerColumns

NONE = -1
"""Instead of a row, behind the end of a list; the same as blocks.NOBODY."""
MORE_THAN_ALL_POINTS = 10_000
"""One application more weighs more than all points: those only order what is equally popular."""
PEOPLE_AT_ONCE = 500
"""So many lists are built from candidates of the same prices; within them prices still move from list to list."""
APPLICATION_PERMILLE = 1000
"""An application that waits takes one place, if it is answered."""


@dataclass(frozen=True)
class Week:
    """What a policy may know at a digest. People and live missions are numbered from 0 here."""

    number: int
    today: date
    people: Vector
    """int64: the rows of all people who get lists, in the order in which lists are built."""
    volunteers: VolunteerColumns
    live: Vector
    """int64: the rows of all missions that can be seen."""
    missions: MissionColumns
    applied: Vector
    pending: Vector
    seen: Vector
    """int64 of live missions: applications so far, those without an answer, times shown."""
    shown_before: Vector
    """uint8 of people × live missions."""
    last: Vector
    """int64 of people × list: live missions shown last; NONE where fewer were, or they live no more."""


@dataclass(frozen=True)
class Lists:
    """The lists of a week."""

    rows: Vector
    """int64 of people × list: live missions, the best first; NONE behind the end."""
    points: Vector
    """int64 of people × list."""
    feasible: Vector
    """bool of people: whether any mission fits."""


Policy = Callable[[Week], Lists]


def popularity(week: Week) -> Lists:
    """What most have applied to comes first."""
    return _cut(*best_missions(week, fairness.LIST_LENGTH, -MORE_THAN_ALL_POINTS * week.applied))


def greedy(week: Week) -> Lists:
    """The most points come first, whoever else is shown the same."""
    return _cut(*best_missions(week, fairness.LIST_LENGTH, None))


def novelty(week: Week) -> Lists:
    """The most points come first, less what a person was shown before."""
    rows, points = best_missions(week, fairness.CANDIDATES, None)
    times = np.take_along_axis(week.shown_before, np.maximum(rows, 0), axis=1).astype(np.int64)
    score = points - fairness.REPETITION_POINTS * np.minimum(times, fairness.MOST_REPETITIONS)
    order = np.argsort(np.where(rows == NONE, 2**31, -score), axis=1, kind="stable")
    return _cut(np.take_along_axis(rows, order, axis=1), np.take_along_axis(points, order, axis=1))


def ours(week: Week) -> Lists:
    """As the product: points less the price of congestion and repetition, varied, prices moving while lists are built."""
    demand = fairness.Demand(week.missions, APPLICATION_PERMILLE * week.pending, week.seen)
    size = (len(week.people), fairness.LIST_LENGTH)
    lists = Lists(np.full(size, NONE, np.int64), np.zeros(size, np.int64), np.zeros(len(week.people), np.bool_))
    for start in range(0, len(week.people), PEOPLE_AT_ONCE):
        rows, points = best_missions(week, fairness.CANDIDATES, demand.prices(), slice(start, start + PEOPLE_AT_ONCE))
        for place in np.flatnonzero(rows[:, 0] != NONE):
            person, fitting = start + int(place), rows[place] != NONE
            lists.feasible[person] = True
            chosen = _picked(week, person, rows[place][fitting], points[place][fitting], demand)
            for position, found in enumerate(chosen):
                lists.rows[person, position], lists.points[person, position] = found.row, found.points
                demand.show(found.row, position + 1)
    return lists


def _picked(week: Week, person: int, candidates: Vector, points: Vector, demand: fairness.Demand) -> list[fairness.Pick]:
    times = week.shown_before[person, candidates]
    before = dict(zip(candidates[times > 0].tolist(), times[times > 0].tolist(), strict=True))
    last = [row for row in week.last[person].tolist() if row != NONE]
    return fairness.pick(candidates.tolist(), points.tolist(), week.missions, demand, before, last)


POLICIES: Mapping[str, Policy] = {"popularity": popularity, "greedy": greedy, "novelty": novelty, "ours": ours}


def best_missions(week: Week, length: int, price: Vector | None, people: slice | None = None) -> tuple[Vector, Vector]:
    """The best of points less price: (live missions, points), people × length; NONE and NO_MATCH behind the end."""
    volunteers = week.volunteers if people is None else part(week.volunteers, people)
    rows, points = engine.best_missions(volunteers, week.missions, week.today, length, price)
    return rows, points.astype(np.int64)


def part(volunteers: VolunteerColumns, rows: slice) -> VolunteerColumns:
    """Some volunteers in a row."""
    start, stop, _ = rows.indices(len(volunteers))
    cut = {}
    for column in fields(volunteers):
        values = getattr(volunteers, column.name)
        if column.name.endswith("_from"):
            cut[column.name] = values[start : stop + 1] - values[start]
        elif column.name.startswith(("closed", "excluded", "busy")):
            bounds = getattr(volunteers, column.name.split("_")[0] + "_from")
            cut[column.name] = values[bounds[start] : bounds[stop]]
        else:
            cut[column.name] = values[start:stop]
    return replace(volunteers, **cut)


def _cut(rows: Vector, points: Vector) -> Lists:
    return Lists(rows[:, : fairness.LIST_LENGTH], np.maximum(points[:, : fairness.LIST_LENGTH], 0), rows[:, 0] != NONE)
