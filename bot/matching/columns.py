"""People and missions as columns of numbers, so that millions of pairs can be judged by whole rows at once.

One column a property, one row a person or mission; closed lists are bits in the order of the vocabulary. Lists of unknown length
(missions never to be shown again, organisations left out, commitments) lie behind each other in one array, and ``…_from[row]`` to
``…_from[row + 1]`` are those of a row.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np

from bot import vocabulary
from bot.matching.geometry import point
from bot.matching.judge import CAUSE_POINTS, TEENS_FROM
from bot.matching.model import MissionNeed, VolunteerProfile

ONSITE, REMOTE = 1, 2
_MODES = {"onsite": ONSITE, "remote": REMOTE, None: ONSITE | REMOTE}
FIRST_DAY, LAST_DAY = 0, 2**31 - 1
"""Days are counted as date.toordinal does; what has no date reaches from the first day to the last."""
NOWHERE = 0
"""The radius of whoever is not bound to a place."""
_UNKNOWN_BIT = 1 << 31
"""Of a mission's value that no list holds (any more): nobody has it."""
Vector = Any
"""A one-dimensional numpy array; its type of number stands at the column."""


@lru_cache(maxsize=8)
def _bits(kind: str) -> Mapping[str, int]:
    return {term.id: 1 << n for n, term in enumerate(vocabulary.terms(kind))}


@lru_cache(maxsize=1)
def cause_numbers() -> Mapping[str, int]:
    """The position of each cause in the vocabulary."""
    return {term.id: n for n, term in enumerate(vocabulary.terms("cause"))}


def _mask(kind: str, values: Iterable[str], unknown: int = 0) -> int:
    bits, mask = _bits(kind), 0
    for value in values:
        mask |= bits.get(value, unknown)
    return mask


@dataclass(frozen=True)
class VolunteerColumns:
    """Volunteers, one a row, in the order in which they came."""

    person_id: Vector
    """int64; -1: a search without a profile."""
    x: Vector
    y: Vector
    z: Vector
    """float64 that hold whole metres from the middle of the earth (bot.matching.geometry)."""
    radius_m: Vector
    """int64; 0: bound to no place."""
    modes: Vector
    """uint8: ONSITE | REMOTE."""
    cause_points: Vector
    """int16 of rows × causes: what a mission of that cause is worth to the person."""
    skills: Vector
    """uint32; all bits set: never asked, so that nothing required is missing."""
    own_skills: Vector
    """uint32: those that count in favour."""
    languages: Vector
    """uint32; 0: not said."""
    slots: Vector
    """uint32: the 28 weekly slots."""
    teen: Vector
    paused: Vector
    """bool"""
    closed_from: Vector
    closed: Vector
    """int64: ids of missions never to be shown again, sorted within a row."""
    excluded_from: Vector
    excluded: Vector
    """int64: ids of own and blocked organisations."""
    busy_from: Vector
    busy_slots: Vector
    busy_first: Vector
    busy_last: Vector
    """Commitments: uint32 slots, int64 days."""

    def __len__(self) -> int:
        return len(self.person_id)

    @classmethod
    def of(cls, volunteers: Iterable[VolunteerProfile]) -> VolunteerColumns:
        """Read profiles one after the other, so that they need not all be there at once."""
        numbers = cause_numbers()
        person_id, radius_m, slots, modes = array("q"), array("q"), array("I"), array("B")
        x, y, z = array("d"), array("d"), array("d")
        cause_points, skills, own_skills, languages = array("h"), array("I"), array("I"), array("I")
        teen, paused = array("B"), array("B")
        closed_from, closed, excluded_from, excluded = array("q", [0]), array("q"), array("q", [0]), array("q")
        busy_from, busy_slots, busy_first, busy_last = array("q", [0]), array("I"), array("q"), array("q")
        for one in volunteers:
            person_id.append(-1 if one.person_id is None else one.person_id)
            placed = one.latitude is not None and one.longitude is not None
            where = point(one.latitude, one.longitude) if placed else (0, 0, 0)
            x.append(where[0])
            y.append(where[1])
            z.append(where[2])
            radius_m.append(one.radius_km * 1000 if placed else NOWHERE)
            modes.append(_MODES[one.mode])
            wishes = [0] * len(numbers)
            for rank, cause in reversed(list(enumerate(one.causes))):
                if cause in numbers:
                    wishes[numbers[cause]] = CAUSE_POINTS[min(rank, len(CAUSE_POINTS) - 1)]
            cause_points.extend(wishes)
            own = _mask("skill", one.skills)
            own_skills.append(own)
            skills.append(own if one.skills_known else 2**32 - 1)
            languages.append(_mask("spoken_language", one.spoken_languages, _UNKNOWN_BIT >> 1))
            slots.append(one.slots)
            teen.append(one.age_band == "teen")
            paused.append(one.paused)
            closed.extend(sorted(one.closed_mission_ids))
            closed_from.append(len(closed))
            excluded.extend(sorted(one.own_organisation_ids | one.blocked_organisation_ids))
            excluded_from.append(len(excluded))
            for commitment in one.commitments:
                busy_slots.append(commitment.slots)
                busy_first.append(_first(commitment.starts_on))
                busy_last.append(_last(commitment.starts_on, commitment.ends_on))
            busy_from.append(len(busy_slots))
        return cls(
            person_id=np.array(person_id, np.int64),
            x=np.array(x, np.float64),
            y=np.array(y, np.float64),
            z=np.array(z, np.float64),
            radius_m=np.array(radius_m, np.int64),
            modes=np.array(modes, np.uint8),
            cause_points=np.array(cause_points, np.int16).reshape(-1, len(numbers)),
            skills=np.array(skills, np.uint32),
            own_skills=np.array(own_skills, np.uint32),
            languages=np.array(languages, np.uint32),
            slots=np.array(slots, np.uint32),
            teen=np.array(teen, np.bool_),
            paused=np.array(paused, np.bool_),
            closed_from=np.array(closed_from, np.int64),
            closed=np.array(closed, np.int64),
            excluded_from=np.array(excluded_from, np.int64),
            excluded=np.array(excluded, np.int64),
            busy_from=np.array(busy_from, np.int64),
            busy_slots=np.array(busy_slots, np.uint32),
            busy_first=np.array(busy_first, np.int64),
            busy_last=np.array(busy_last, np.int64),
        )

    def followed_by(self, others: VolunteerColumns) -> VolunteerColumns:
        """These and then the others, as one."""
        joined: dict[str, Vector] = {}
        for column in fields(self):
            own, theirs = getattr(self, column.name), getattr(others, column.name)
            # Where a row's entries begin moves on by the entries that stand before.
            joined[column.name] = np.concatenate([own, theirs[1:] + own[-1]] if column.name.endswith("_from") else [own, theirs])
        return VolunteerColumns(**joined)


@dataclass(frozen=True)
class MissionColumns:
    """Missions, one a row, by ascending id."""

    mission_id: Vector
    organisation_id: Vector
    """int64"""
    x: Vector
    y: Vector
    z: Vector
    """float64, as of volunteers."""
    mode: Vector
    """uint8: ONSITE or REMOTE."""
    cause: Vector
    """int64: its position in the vocabulary; -1: of no cause that is known."""
    required: Vector
    wanted: Vector
    """uint32: required skills; required and welcome ones."""
    wanted_count: Vector
    """int64: how many are wanted; 1 where none are, for it divides."""
    languages: Vector
    """uint32; 0: any."""
    slots: Vector
    """uint32"""
    capacity: Vector
    taken: Vector
    first_day: Vector
    last_day: Vector
    minimum_age: Vector
    """int64"""
    dated: Vector
    """bool: False where it goes on every week."""

    def __len__(self) -> int:
        return len(self.mission_id)

    @classmethod
    def of(cls, missions: Iterable[MissionNeed]) -> MissionColumns:
        """Raises ValueError where two have the same id."""
        ordered = sorted(missions, key=lambda mission: mission.mission_id)
        ids = [mission.mission_id for mission in ordered]
        if len(set(ids)) != len(ids):
            raise ValueError("two missions of the same id")
        points = np.array([point(mission.latitude, mission.longitude) for mission in ordered], np.float64).reshape(-1, 3)
        wanted = [tuple(dict.fromkeys((*mission.skills_required, *mission.skills_welcome))) for mission in ordered]

        def numbers(values: Iterable[int], kind: Any = np.int64) -> Vector:
            return np.array(list(values), kind)

        return cls(
            mission_id=numbers(ids),
            organisation_id=numbers(mission.organisation_id for mission in ordered),
            x=points[:, 0].copy(),
            y=points[:, 1].copy(),
            z=points[:, 2].copy(),
            mode=numbers((_MODES[mission.mode] for mission in ordered), np.uint8),
            cause=numbers(cause_numbers().get(mission.cause, -1) for mission in ordered),
            required=numbers((_mask("skill", mission.skills_required, _UNKNOWN_BIT) for mission in ordered), np.uint32),
            wanted=numbers((_mask("skill", values) for values in wanted), np.uint32),
            wanted_count=numbers(max(len(values), 1) for values in wanted),
            languages=numbers((_mask("spoken_language", mission.spoken_languages, _UNKNOWN_BIT) for mission in ordered), np.uint32),
            slots=numbers((mission.slots for mission in ordered), np.uint32),
            capacity=numbers(mission.capacity for mission in ordered),
            taken=numbers(mission.taken for mission in ordered),
            first_day=numbers(_first(mission.starts_on) for mission in ordered),
            last_day=numbers(_last(mission.starts_on, mission.ends_on) for mission in ordered),
            minimum_age=numbers(mission.minimum_age for mission in ordered),
            dated=numbers((mission.starts_on is not None for mission in ordered), np.bool_),
        )


def _first(starts_on: date | None) -> int:
    return FIRST_DAY if starts_on is None else starts_on.toordinal()


def _last(starts_on: date | None, ends_on: date | None) -> int:
    if starts_on is None:
        return LAST_DAY if ends_on is None else ends_on.toordinal()
    return (ends_on or starts_on).toordinal()


def is_for_adults(minimum_age: Vector) -> Vector:
    """Which missions are not open to all who are 16 or 17."""
    return minimum_age > TEENS_FROM
