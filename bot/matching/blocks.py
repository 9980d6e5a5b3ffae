"""The judge's arithmetic over whole blocks of pairs with numpy: who fits and for how many points, without the words.

``bot.matching.judge`` says what a match is, for one pair and with its reasons; here the same numbers come for many. Every step is whole
numbers (a square root is rounded down, exactly, below 2^52), so that both agree to the last point; tests hold them together.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np

from bot.matching.columns import NOWHERE, REMOTE, MissionColumns, Vector, VolunteerColumns, is_for_adults
from bot.matching.judge import AVAILABILITY_POINTS, DISTANCE_POINTS, NEED_POINTS, SKILL_POINTS, SLOTS_FOR_ALL_POINTS, URGENT_DAYS

NO_MATCH = -1
"""Instead of points, where a hard constraint is broken. A match has at least one point for its time."""
NOBODY = -1
"""Instead of a row, where fewer fit than were asked for."""
PAIRS_AT_ONCE = 2_000_000
"""So many pairs are judged together: about 100 MB of intermediate results."""
_HALF = 14
_LOW = (1 << _HALF) - 1


@lru_cache(maxsize=1)
def _ones() -> Vector:
    """How many bits are set in each number of 14 bits."""
    return np.array([bin(n).count("1") for n in range(1 << _HALF)], np.uint8)


def count_bits(numbers: Vector) -> Vector:
    """How many of the lower 28 bits are set, as uint8."""
    ones = _ones()
    return ones[numbers & _LOW] + ones[(numbers >> _HALF) & _LOW]


def need_points(missions: MissionColumns, today: date) -> Vector:
    """What each mission's need is worth, the same for everybody, as int64."""
    days = missions.first_day - today.toordinal()
    urgent = missions.dated & (days >= 0) & (days <= URGENT_DAYS)
    return NEED_POINTS // 2 * (missions.capacity - missions.taken) // missions.capacity + NEED_POINTS // 2 * urgent


def open_missions(missions: MissionColumns, today: date) -> Vector:
    """Which missions have places and are not past, as bool."""
    return (missions.taken < missions.capacity) & (missions.last_day >= today.toordinal())


def points(volunteers: VolunteerColumns, rows: slice, missions: MissionColumns, today: date) -> Vector:
    """The points of each pair of some volunteers with all missions: int32 of volunteers × missions, NO_MATCH where they do not fit."""
    first, end, _ = rows.indices(len(volunteers))

    def column(values: Vector) -> Vector:
        return values[rows][:, None]

    free = column(volunteers.slots) & missions.slots[None, :]
    _take_out_busy(free, volunteers, first, end, missions)
    spoken = column(volunteers.languages)
    fits = (
        open_missions(missions, today)[None, :]
        & ~column(volunteers.paused)
        & (free != 0)
        & ((column(volunteers.modes) & missions.mode[None, :]) != 0)
        & ~(column(volunteers.teen) & is_for_adults(missions.minimum_age)[None, :])
        & ((missions.required[None, :] & ~column(volunteers.skills)) == 0)
        & ((spoken == 0) | (missions.languages[None, :] == 0) | ((spoken & missions.languages[None, :]) != 0))
    )
    radius = column(volunteers.radius_m)
    remote = (missions.mode == REMOTE)[None, :]
    far = np.zeros(free.shape, np.float64)
    for of_volunteers, of_missions in ((volunteers.x, missions.x), (volunteers.y, missions.y), (volunteers.z, missions.z)):
        apart = column(of_volunteers) - of_missions[None, :]
        far += apart * apart
    far = np.sqrt(far).astype(np.int64)
    bound = (radius != NOWHERE) & ~remote
    fits &= ~bound | (far <= radius)
    _take_out_closed(fits, volunteers, first, end, missions)
    _take_out_excluded(fits, volunteers, first, end, missions)

    own = column(volunteers.own_skills) & missions.wanted[None, :]
    total = volunteers.cause_points[rows][:, missions.cause].astype(np.int32)
    total[:, missions.cause < 0] = 0
    total += SKILL_POINTS * count_bits(own).astype(np.int32) // missions.wanted_count.astype(np.int32)[None, :]
    total += AVAILABILITY_POINTS * np.minimum(count_bits(free), SLOTS_FOR_ALL_POINTS).astype(np.int32) // SLOTS_FOR_ALL_POINTS
    near = DISTANCE_POINTS - DISTANCE_POINTS * 4 * far // np.maximum(radius * 5, 1)
    total += np.where(remote, DISTANCE_POINTS // 2, np.where(bound, near, 0)).astype(np.int32)
    total += need_points(missions, today).astype(np.int32)[None, :]
    total[~fits] = NO_MATCH
    return total


def _take_out_busy(free: Vector, volunteers: VolunteerColumns, first: int, end: int, missions: MissionColumns) -> None:
    """Take the commitments of the volunteers from first to before end out of their free slots: everybody's first one, then second …"""
    begins, counts = volunteers.busy_from[first:end], np.diff(volunteers.busy_from[first : end + 1])
    for turn in range(int(counts.max(initial=0))):
        places = np.flatnonzero(counts > turn)
        entries = begins[places] + turn
        meet = (volunteers.busy_first[entries][:, None] <= missions.last_day) & (
            missions.first_day <= volunteers.busy_last[entries][:, None]
        )
        free[places] &= ~np.where(meet, volunteers.busy_slots[entries][:, None], np.uint32(0))


def _entries(begins: Vector, values: Vector, first: int, end: int) -> tuple[Vector, Vector]:
    """The entries of the rows from first to before end: (how many rows after the first each belongs to, the entries)."""
    return np.repeat(np.arange(end - first), np.diff(begins[first : end + 1])), values[begins[first] : begins[end]]


def _take_out_closed(fits: Vector, volunteers: VolunteerColumns, first: int, end: int, missions: MissionColumns) -> None:
    places, closed = _entries(volunteers.closed_from, volunteers.closed, first, end)
    if len(missions):
        found = np.minimum(np.searchsorted(missions.mission_id, closed), len(missions) - 1)
        there = missions.mission_id[found] == closed
        fits[places[there], found[there]] = False


def _take_out_excluded(fits: Vector, volunteers: VolunteerColumns, first: int, end: int, missions: MissionColumns) -> None:
    places, excluded = _entries(volunteers.excluded_from, volunteers.excluded, first, end)
    there = np.isin(excluded, missions.organisation_id)
    for place, organisation in zip(places[there].tolist(), excluded[there].tolist(), strict=True):
        fits[place, missions.organisation_id == organisation] = False


def best(scores: Vector, fitting: Vector, length: int) -> Vector:
    """The best of each row: rows × length of column numbers, the better first and NOBODY where fewer fit.

    Equal scores are ordered by column, so that the order never depends on chance.

    Args:
        scores: whole numbers of rows × columns, below 2^31.
        fitting: bool, which of them count.
    """
    rows, columns = scores.shape
    chosen = np.full((rows, length), NOBODY, np.int64)
    if columns == 0:
        return chosen
    # Score and column in one number: no two are equal, so that any way of selecting gives the same.
    keys = np.where(fitting, scores.astype(np.int64) * columns + (columns - 1 - np.arange(columns))[None, :], -(2**62))
    size = min(length, columns)
    if size < columns:
        candidates = np.argpartition(keys, columns - size, axis=1)[:, columns - size :]
    else:
        candidates = np.broadcast_to(np.arange(columns), (rows, columns))
    held = np.take_along_axis(keys, candidates, axis=1)
    order = np.argsort(-held, axis=1)
    chosen[:, :size] = np.take_along_axis(candidates, order, axis=1)
    count = np.minimum(fitting.sum(axis=1), size)
    chosen[np.arange(length)[None, :] >= count[:, None]] = NOBODY
    return chosen


def _of_chosen(values: Vector, chosen: Vector, missing: int) -> Vector:
    """What stands in the chosen columns of each row; ``missing`` where NOBODY was."""
    if values.shape[1] == 0:
        return np.full(chosen.shape, missing, values.dtype)
    return np.where(chosen == NOBODY, missing, np.take_along_axis(values, np.maximum(chosen, 0), axis=1))


def best_missions(
    volunteers: VolunteerColumns, missions: MissionColumns, today: date, length: int, price: Vector | None = None
) -> tuple[Vector, Vector]:
    """For each volunteer the missions of the highest points less price: (rows of missions, points), both volunteers × length.

    Args:
        price: int64 of missions, may be negative; None: nothing costs anything.

    Points are without the price; NOBODY and NO_MATCH where fewer fit.
    """
    rows = np.full((len(volunteers), length), NOBODY, np.int64)
    worth = np.full((len(volunteers), length), NO_MATCH, np.int32)
    price = np.zeros(len(missions), np.int64) if price is None else price
    step = max(1, PAIRS_AT_ONCE // max(len(missions), 1))
    for start in range(0, len(volunteers), step):
        block = slice(start, min(start + step, len(volunteers)))
        found = points(volunteers, block, missions, today)
        chosen = best(found - price[None, :], found != NO_MATCH, length)
        rows[block] = chosen
        worth[block] = _of_chosen(found, chosen, NO_MATCH)
    return rows, worth


def best_volunteers(volunteers: VolunteerColumns, missions: MissionColumns, today: date, length: int) -> tuple[Vector, Vector]:
    """For each mission the volunteers of the most points: (rows of volunteers, points), both missions × length; equal points by row."""
    rows = np.full((len(missions), length), NOBODY, np.int64)
    worth = np.full((len(missions), length), NO_MATCH, np.int32)
    step = max(1, PAIRS_AT_ONCE // max(len(missions), 1))
    for start in range(0, len(volunteers), step):
        block = slice(start, min(start + step, len(volunteers)))
        found = points(volunteers, block, missions, today).T
        # Those found before come first: among equal points the lower row stays ahead.
        everybody = np.concatenate([worth, found], axis=1)
        numbers = np.concatenate([rows, np.broadcast_to(np.arange(block.start, block.stop), found.shape)], axis=1)
        chosen = best(everybody, everybody != NO_MATCH, length)
        worth = _of_chosen(everybody, chosen, NO_MATCH)
        rows = _of_chosen(numbers, chosen, NOBODY)
    return rows, worth.astype(np.int32)


def points_of_one(volunteers: VolunteerColumns, row: int, missions: MissionColumns, today: date) -> Vector:
    """The points of one volunteer with every mission, as int32."""
    return points(volunteers, slice(row, row + 1), missions, today)[0]
