"""What a match is, said again in plain Python from docs and design, without a line of bot.matching: slots are pairs of a day
and a time, distances come from the angle between two vectors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import acos, cos, radians, sin

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIMES = ("morning", "afternoon", "evening", "night")
Slot = tuple[str, str]
WEEK: list[Slot] = [(day, time) for day in DAYS for time in TIMES]


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


def bits(slots: frozenset[Slot]) -> int:
    return sum(2 ** WEEK.index(slot) for slot in slots)


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """From the angle between the two points as seen from the middle of the earth."""

    def vector(latitude: float, longitude: float) -> tuple[float, float, float]:
        a, b = radians(latitude), radians(longitude)
        return cos(a) * cos(b), cos(a) * sin(b), sin(a)

    cosine = sum(x * y for x, y in zip(vector(*one), vector(*other), strict=True))
    return 6371.0 * acos(max(-1.0, min(1.0, cosine)))


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
            task.number not in giver.closed,
            task.ends_on is None or task.ends_on >= today,
            task.taken < task.capacity,
            giver.mode in (None, task.mode),
            not giver.languages or not task.languages or not giver.languages.isdisjoint(task.languages),
            not giver.skills_known or giver.skills.issuperset(task.required),
            not giver.slots.isdisjoint(task.slots),
            near,
        )
    )
