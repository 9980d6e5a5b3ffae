"""What a match is, said again in plain Python from docs and design, without a line of bot.matching: slots are pairs of a day
and a time, distances come from the angle between two vectors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import acos, cos, radians, sin

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIMES = ("morning", "afternoon", "evening", "night")
Slot = tuple[str, str]
WEEK: list[Slot] = [(day, time) for day in DAYS for time in TIMES]


@dataclass(frozen=True)
class Busy:
    """Slots in which somebody has promised to be elsewhere, from a day to another or, without days, every week."""

    slots: frozenset[Slot]
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class Giver:
    number: int
    point: tuple[float, float] | None
    radius_km: int
    mode: str | None
    causes: tuple[str, ...]
    skills: frozenset[str]
    skills_known: bool
    languages: frozenset[str]
    slots: frozenset[Slot]
    paused: bool
    closed: frozenset[int]
    own: frozenset[int]
    ages: tuple[int, ...] = (18,)
    """Those that he may have: who is 16 or 17 did not say which."""
    blocked: frozenset[int] = frozenset()
    busy: tuple[Busy, ...] = ()


@dataclass(frozen=True)
class Task:
    number: int
    organisation: int
    point: tuple[float, float]
    mode: str
    cause: str
    required: tuple[str, ...]
    welcome: tuple[str, ...]
    languages: frozenset[str]
    slots: frozenset[Slot]
    capacity: int
    taken: int
    starts_on: date | None
    ends_on: date | None
    minimum_age: int = 0


def bits(slots: frozenset[Slot]) -> int:
    return sum(2 ** WEEK.index(slot) for slot in slots)


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """From the angle between the two points as seen from the middle of the earth."""

    def vector(latitude: float, longitude: float) -> tuple[float, float, float]:
        a, b = radians(latitude), radians(longitude)
        return cos(a) * cos(b), cos(a) * sin(b), sin(a)

    cosine = sum(x * y for x, y in zip(vector(*one), vector(*other), strict=True))
    return 6371.0 * acos(max(-1.0, min(1.0, cosine)))


def days(starts_on: date | None, ends_on: date | None) -> set[date] | None:
    """Each day from the first to the last; None: any."""
    if starts_on is None:
        return None
    return {starts_on + timedelta(days=n) for n in range(((ends_on or starts_on) - starts_on).days + 1)}


def free(giver: Giver, task: Task) -> set[Slot]:
    """The slots in common that are promised to nobody else on these days."""
    left = set(giver.slots & task.slots)
    for busy in giver.busy:
        these, those = days(busy.starts_on, busy.ends_on), days(task.starts_on, task.ends_on)
        if these is None or those is None or these & those:
            left -= busy.slots
    return left


def fits(giver: Giver, task: Task, today: date) -> bool:
    """Every hard constraint, one after the other."""
    near = (
        task.mode == "remote"
        or giver.point is None
        or kilometres(giver.point, task.point) <= giver.radius_km + 1e-4  # acos is coarse for near points
    )
    return all(
        (
            not giver.paused,
            task.organisation not in giver.own,
            task.organisation not in giver.blocked,
            task.number not in giver.closed,
            task.starts_on is None or (task.ends_on or task.starts_on) >= today,
            task.taken < task.capacity,
            giver.mode in (None, task.mode),
            not giver.languages or not task.languages or not giver.languages.isdisjoint(task.languages),
            not giver.skills_known or giver.skills.issuperset(task.required),
            all(age >= task.minimum_age for age in giver.ages),
            free(giver, task) != set(),
            near,
        )
    )
