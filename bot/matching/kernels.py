"""The judge's arithmetic pair by pair, for numba: what ``bot.matching.compiled`` calls.

A kernel reads the volunteers' columns in tuples, a table of missions and its buckets (``bot.matching.buckets``). What it writes into is the
caller's, and is left alone where nothing fits. It gives the interpreter's lock away, so that threads can share the work.

Columns are taken out of their tuple before a loop and a person's numbers are laid into one row: a tuple of arrays that is read
within a loop costs more than all the judging (numba counts references).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np

# The columns of a table of missions (``bot.matching.buckets.table``), those that are asked first in front.
SLOTS, MODE, X, Y, Z, REQUIRED, LANGUAGES, ADULTS_ONLY = range(8)
WANTED, WANTED_COUNT, CAUSE, FIRST_DAY, LAST_DAY, NEED, PRICE, MISSION_ID, ORGANISATION_ID, ROW = range(8, 18)
# A person's row has slots, modes, the place and languages where a mission has them, and these in the other places.
MODES, SKILLS, TEEN, OWN_SKILLS, RADIUS, BUSY_FROM, BUSY_END = MODE, REQUIRED, ADULTS_ONLY, WANTED, 9, 10, 11
PERSON_SIZE = 12
_UNFIT = -1
"""Instead of points, where a pair does not fit."""
_LOWEST = -(2**62)
"""Below every key of a match."""


class Rules(NamedTuple):
    """Numbers that are defined elsewhere. They are handed in, for what is compiled is kept until *this* file changes;
    so tuples of other files are taken apart in their order, not by names."""

    remote: int
    """The mode of missions that are anywhere."""
    nowhere: int
    """The radius of whoever is bound to no place."""
    skill: int
    distance: int
    availability: int
    """Points at most."""
    enough_slots: int
    """So many give all points of availability."""


def _kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compiled when it is called first, and kept on the disk for the next process where there is a place to write."""
    options = {"nogil": True, "error_model": "numpy"}
    try:
        compiled: Callable[..., Any] = numba.njit(cache=True, **options)(function)
    except RuntimeError:
        # An install that cannot be written to, and no home either.
        compiled = numba.njit(**options)(function)
    return compiled


@_kernel
def _count(bits: Any) -> Any:
    """How many of the lower 32 bits are set."""
    bits = (bits & 0x55555555) + ((bits >> 1) & 0x55555555)
    bits = (bits & 0x33333333) + ((bits >> 2) & 0x33333333)
    bits = (bits + (bits >> 4)) & 0x0F0F0F0F
    return ((bits * 0x01010101) & 0xFFFFFFFF) >> 24


@_kernel
def _lay(simple: Any, one: Any, person: Any) -> Any:
    """Lay a volunteer's numbers into a row."""
    slots, modes, x, y, z, skills, languages, teen, own_skills, radius_m, busy_from = simple
    person[SLOTS], person[MODES] = slots[one], modes[one]
    person[X], person[Y], person[Z] = np.int64(x[one]), np.int64(y[one]), np.int64(z[one])
    person[SKILLS], person[OWN_SKILLS], person[LANGUAGES] = skills[one], own_skills[one], languages[one]
    person[TEEN], person[RADIUS] = teen[one], radius_m[one]
    person[BUSY_FROM], person[BUSY_END] = busy_from[one], busy_from[one + 1]


@_kernel
def _leaves_out(known: Any, one: Any, task: Any) -> Any:
    """Whether a mission is closed to a volunteer, or its organisation is left out."""
    closed_from, closed, excluded_from, excluded = known
    low, end = closed_from[one], closed_from[one + 1]
    high = end
    while low < high:
        middle = (low + high) // 2
        if closed[middle] < task[MISSION_ID]:
            low = middle + 1
        else:
            high = middle
    left_out = low < end and closed[low] == task[MISSION_ID]
    for entry in range(excluded_from[one], excluded_from[one + 1]):
        left_out |= excluded[entry] == task[ORGANISATION_ID]
    return left_out


@_kernel
def _suits(person: Any, task: Any) -> Any:
    """Whether a time, the mode, age, skills and languages fit; commitments and distance are not asked."""
    if person[SLOTS] & task[SLOTS] == 0 or person[MODES] & task[MODE] == 0:
        return False
    if task[REQUIRED] & ~person[SKILLS] != 0 or person[TEEN] & task[ADULTS_ONLY] != 0:
        return False
    return person[LANGUAGES] == 0 or task[LANGUAGES] == 0 or person[LANGUAGES] & task[LANGUAGES] != 0


@_kernel
def _nearness(rules: Any, person: Any, task: Any) -> Any:
    """The points for where it is; _UNFIT beyond the radius."""
    if task[MODE] == rules.remote:
        return rules.distance // 2
    radius = person[RADIUS]
    if radius == rules.nowhere:
        return 0
    x, y, z = person[X] - task[X], person[Y] - task[Y], person[Z] - task[Z]
    square = x * x + y * y + z * z
    if square >= (radius + 1) * (radius + 1):
        return _UNFIT
    return rules.distance - rules.distance * 4 * np.int64(np.sqrt(np.float64(square))) // (radius * 5)


@_kernel
def _points(rules: Any, person: Any, busy: Any, task: Any, cause_points: Any) -> Any:
    """The points of an open mission and a volunteer who is not paused, as ``blocks.points`` has them; _UNFIT where they do not fit.

    What was closed or left out is not asked here.
    """
    near = _nearness(rules, person, task)
    if near == _UNFIT:
        return _UNFIT
    free = person[SLOTS] & task[SLOTS]
    if person[BUSY_FROM] != person[BUSY_END]:
        busy_slots, busy_first, busy_last = busy
        for entry in range(person[BUSY_FROM], person[BUSY_END]):
            if busy_first[entry] <= task[LAST_DAY] and task[FIRST_DAY] <= busy_last[entry]:
                free &= ~np.int64(busy_slots[entry])
        if free == 0:
            return _UNFIT
    points = near + task[NEED] + rules.availability * min(_count(free), rules.enough_slots) // rules.enough_slots
    own = person[OWN_SKILLS] & task[WANTED]
    if own != 0:
        points += rules.skill * _count(own) // task[WANTED_COUNT]
    if task[CAUSE] >= 0:
        points += cause_points[task[CAUSE]]
    return points


@_kernel
def _put(heap: Any, key: Any) -> Any:
    """Put a key in the place of a heap's lowest, which stands first; returns what is lowest then."""
    place, size = 0, len(heap)
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        if below + 1 < size and heap[below + 1] < heap[below]:
            below += 1
        if heap[below] >= key:
            break
        heap[place] = heap[below]
        place = below
    heap[place] = key
    return heap[0]


@_kernel
def _write(heap: Any, total: Any, rows: Any, worth: Any) -> Any:
    """Take a heap's keys apart, the highest first, into the rows and the worth that are in them; returns how many there were."""
    heap.sort()
    for place in range(len(heap)):
        key = heap[len(heap) - 1 - place]
        if key == _LOWEST:
            return place
        rows[place] = total - 1 - key % total
        worth[place] = key // total
    return len(heap)


@_kernel
def _most(rules: Any, person: Any, middle: Any, wide: Any, mode: Any, common: Any, wanted: Any) -> Any:
    """The most that a mission of a bucket can have for a volunteer beside cause and need; _UNFIT where none can fit."""
    points = rules.availability * min(_count(common), rules.enough_slots) // rules.enough_slots
    if person[OWN_SKILLS] & wanted != 0:
        points += rules.skill
    if mode == rules.remote:
        return points + rules.distance // 2
    radius = person[RADIUS]
    if radius == rules.nowhere:
        return points
    x, y, z = person[X] - middle[0], person[Y] - middle[1], person[Z] - middle[2]
    nearest = np.sqrt(x * x + y * y + z * z) - wide
    if nearest > radius:
        return _UNFIT
    return points + rules.distance - rules.distance * 4 * np.int64(max(nearest, 0.0)) // (radius * 5)


@_kernel
def _by_worth(worth: Any, order: Any) -> Any:
    """Write the causes into ``order``, the one that is worth most to a person first and those of no known cause last."""
    for cause in range(len(worth)):
        place = cause
        while place > 0 and worth[order[place - 1]] < worth[cause]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = cause
    order[len(worth)] = len(worth)


@_kernel
def lists(
    rules: Any, simple: Any, paused: Any, worths: Any, busy: Any, known: Any, tasks: Any, buckets: Any, price: Any, rows: Any, worth: Any
) -> Any:
    """For each volunteer the best missions, into ``rows`` and ``worth``, volunteers × length.

    A key is a mission's points less price, and its row: the higher the better, and no two are equal. The best so far are a heap.

    Args:
        worths: the volunteers' cause_points.
        price: of all missions, in the order of their rows.
    """
    total, causes = len(price), worths.shape[1]
    start, middle, wide, mode, slots, wanted, gain, of_cause, hours = buckets
    order, heap, person = np.zeros(causes + 1, np.int64), np.zeros(rows.shape[1], np.int64), np.zeros(PERSON_SIZE, np.int64)
    for one in range(rows.shape[0]):
        if paused[one]:
            continue
        _lay(simple, one, person)
        heap[:] = _LOWEST
        _by_worth(worths[one], order)
        for cause in order:
            bonus = np.int64(worths[one, cause]) if cause < causes else 0
            for b in range(of_cause[cause], of_cause[cause + 1]):
                common = person[SLOTS] & slots[b]
                if common == 0 or person[MODES] & mode[b] == 0:
                    continue
                most = _most(rules, person, middle[b], wide[b], mode[b], common, wanted[b])
                if most != _UNFIT and (most + bonus + gain[b] + 1) * total > heap[0]:
                    _through(rules, person, one, busy, known, worths[one], tasks, hours, start[b], start[b + 1], total, heap)
        for place in range(_write(heap, total, rows[one], worth[one])):
            worth[one, place] += price[rows[one, place]]


@_kernel
def _through(
    rules: Any,
    person: Any,
    one: Any,
    busy: Any,
    known: Any,
    cause_points: Any,
    tasks: Any,
    hours: Any,
    first: Any,
    end: Any,
    total: Any,
    heap: Any,
) -> Any:
    """Put what fits of the missions from first to before end into a heap."""
    floor, own_hours = heap[0], np.uint32(person[SLOTS])
    for at in range(first, end):
        # Most end here: their hours alone lie closer together than the table's rows.
        if hours[at] & own_hours == 0:
            continue
        task = tasks[at]
        if _suits(person, task):
            points = _points(rules, person, busy, task, cause_points)
            if points != _UNFIT:
                key = (points - task[PRICE]) * total + (total - 1 - task[ROW])
                if key > floor and not _leaves_out(known, one, task):
                    floor = _put(heap, key)


@_kernel
def people_for(rules: Any, simple: Any, paused: Any, worths: Any, busy: Any, known: Any, tasks: Any, rows: Any, worth: Any) -> Any:
    """For each mission of a table the best volunteers, into ``rows`` and ``worth`` at the mission's own row: missions × length."""
    slots, modes = simple[:2]
    total = len(slots)
    heap, person = np.zeros(rows.shape[1], np.int64), np.zeros(PERSON_SIZE, np.int64)
    for at in range(len(tasks)):
        task = tasks[at]
        heap[:] = _LOWEST
        floor = _LOWEST
        for one in range(total):
            if slots[one] & task[SLOTS] == 0 or modes[one] & task[MODE] == 0 or paused[one]:
                continue
            _lay(simple, one, person)
            if _suits(person, task):
                points = _points(rules, person, busy, task, worths[one])
                if points != _UNFIT:
                    key = points * total + (total - 1 - one)
                    if key > floor and not _leaves_out(known, one, task):
                        floor = _put(heap, key)
        _write(heap, total, rows[task[ROW]], worth[task[ROW]])


@_kernel
def each(rules: Any, simple: Any, one: Any, worths: Any, busy: Any, known: Any, tasks: Any, points: Any) -> Any:
    """The points of one volunteer with every mission of a table, into ``points`` at the missions' own rows."""
    person = np.zeros(PERSON_SIZE, np.int64)
    _lay(simple, one, person)
    for at in range(len(tasks)):
        task = tasks[at]
        if _suits(person, task):
            found = _points(rules, person, busy, task, worths[one])
            if found != _UNFIT and not _leaves_out(known, one, task):
                points[task[ROW]] = found
