"""Made-up people and missions as columns, by the million in seconds: spread over the region's places as people are, with the few hours a
week that people offer. About one pair in fifty fits."""

from __future__ import annotations

from datetime import date
from math import exp

import numpy as np

from bot import vocabulary
from bot.matching.columns import FIRST_DAY, LAST_DAY, NOWHERE, ONSITE, REMOTE, MissionColumns, Vector, VolunteerColumns, cause_numbers
from bot.matching.geometry import point
from bot.matching.judge import CAUSE_POINTS

TODAY = date(2026, 11, 24)
CENTRE = "Casablanca"
TOWN_KM = 12.0
"""Over so many kilometres from the centre places become three times as rare."""
COUNTRY_SHARE = 0.02
"""What a place far from it still has, against one in the middle."""
STREET_M = 900
"""Somebody of a place lives about so far from its middle."""
ORGANISATION_MISSIONS = 4
"""So many missions an organisation has."""
SLOT_WEIGHTS = np.array([1, 2, 3, 0.1] * 5 + [4, 4, 2, 0.1] + [3, 3, 2, 0.1])
"""How often the weekly slots are offered and needed, Monday morning first: evenings, and the end of the week."""
LANGUAGE_SHARES = {"darija": 0.95, "arabic": 0.8, "french": 0.6, "english": 0.15, "amazigh": 0.2}


def _where(dice: np.random.Generator, size: int) -> tuple[Vector, Vector, Vector]:
    """Whole metres from the middle of the earth."""
    places = list(vocabulary.places())
    centre = next(place for place in places if place.id == CENTRE)
    apart = (vocabulary.distance_km(centre.latitude, centre.longitude, one.latitude, one.longitude) for one in places)
    weights = np.array([exp(-km / TOWN_KM) + COUNTRY_SHARE for km in apart])
    points = np.array([point(place.latitude, place.longitude) for place in places], np.float64)
    chosen = points[dice.choice(len(places), size, p=weights / weights.sum())]
    chosen += np.rint(dice.normal(0, STREET_M, chosen.shape))
    return chosen[:, 0].copy(), chosen[:, 1].copy(), chosen[:, 2].copy()


def _some(dice: np.random.Generator, size: int, shares: Vector) -> Vector:
    """Sets as bits, uint32: the bit n with the n-th share."""
    bits = np.zeros(size, np.uint32)
    for place, share in enumerate(shares):
        bits |= (dice.random(size) < share).astype(np.uint32) << np.uint32(place)
    return bits


def _slots(dice: np.random.Generator, size: int, most: int) -> Vector:
    """One to ``most`` weekly slots each, as uint32."""
    weights = SLOT_WEIGHTS / SLOT_WEIGHTS.sum()
    wanted = dice.integers(1, most + 1, size)
    bits = np.zeros(size, np.uint32)
    for turn in range(most):
        drawn = np.uint32(1) << dice.choice(len(weights), size, p=weights).astype(np.uint32)
        bits |= np.where(turn < wanted, drawn, 0).astype(np.uint32)
    return bits


def _lists(dice: np.random.Generator, size: int, share: float, length: int, upto: int) -> tuple[Vector, Vector]:
    """Sorted lists of ids from 1 to ``upto`` behind each other, for a share of the rows: (where each begins, the ids)."""
    counts = np.where(dice.random(size) < share, length, 0)
    begins = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    ids = np.sort(dice.integers(1, upto + 1, (int(begins[-1]) // max(length, 1), length)), axis=1)
    return begins, ids.reshape(-1).astype(np.int64)


def _languages(dice: np.random.Generator, size: int, factor: float) -> Vector:
    shares = [LANGUAGE_SHARES.get(term.id, 0.01) * factor for term in vocabulary.terms("spoken_language")]
    return _some(dice, size, np.array(shares))


def volunteers(seed: int, size: int, missions: int) -> VolunteerColumns:
    """People, some of whom know some of as many missions."""
    dice = np.random.default_rng(seed)
    x, y, z = _where(dice, size)
    causes, skills = len(cause_numbers()), len(list(vocabulary.terms("skill")))
    cause_points = np.zeros((size, causes), np.int16)
    ranks = dice.integers(1, len(CAUSE_POINTS) + 1, size)
    for rank in reversed(range(len(CAUSE_POINTS))):
        people = np.flatnonzero(ranks > rank)
        cause_points[people, dice.integers(0, causes, len(people))] = CAUSE_POINTS[rank]
    own = _some(dice, size, np.full(skills, 0.09))
    closed_from, closed = _lists(dice, size, 0.2, 5, missions)
    excluded_from, excluded = _lists(dice, size, 0.03, 1, missions // ORGANISATION_MISSIONS + 1)
    busy_from, busy = _lists(dice, size, 0.1, 1, 1)
    busy_first = dice.integers(-3, 12, len(busy)) + TODAY.toordinal()
    return VolunteerColumns(
        person_id=np.arange(1, size + 1),
        x=x,
        y=y,
        z=z,
        radius_m=np.where(dice.random(size) < 0.02, NOWHERE, dice.choice([2, 3, 5, 5, 10, 20], size) * 1000),
        modes=dice.choice([ONSITE, ONSITE | REMOTE, REMOTE], size, p=[0.4, 0.55, 0.05]).astype(np.uint8),
        cause_points=cause_points,
        skills=own,
        own_skills=own,
        languages=_languages(dice, size, 1.0),
        slots=_slots(dice, size, 3),
        teen=dice.random(size) < 0.05,
        paused=dice.random(size) < 0.03,
        closed_from=closed_from,
        closed=closed,
        excluded_from=excluded_from,
        excluded=excluded,
        busy_from=busy_from,
        busy_slots=_slots(dice, len(busy), 2),
        busy_first=busy_first,
        busy_last=busy_first + dice.integers(0, 30, len(busy)),
    )


def missions(seed: int, size: int) -> MissionColumns:
    dice = np.random.default_rng(seed)
    x, y, z = _where(dice, size)
    skills = len(list(vocabulary.terms("skill")))
    required = np.where(dice.random(size) < 0.35, np.uint32(1) << dice.integers(0, skills, size).astype(np.uint32), 0).astype(np.uint32)
    wanted = required | np.where(dice.random(size) < 0.5, np.uint32(1) << dice.integers(0, skills, size).astype(np.uint32), 0)
    capacity = dice.choice([1, 2, 3, 5, 10, 30], size)
    dated = dice.random(size) < 0.5
    first = dice.integers(-2, 30, size) + TODAY.toordinal()
    return MissionColumns(
        mission_id=np.arange(1, size + 1),
        organisation_id=np.arange(size) // ORGANISATION_MISSIONS + 1,
        x=x,
        y=y,
        z=z,
        mode=np.where(dice.random(size) < 0.1, REMOTE, ONSITE).astype(np.uint8),
        cause=dice.integers(0, len(cause_numbers()), size),
        required=required,
        wanted=wanted.astype(np.uint32),
        wanted_count=np.maximum((required != 0).astype(np.int64) + (wanted != required), 1),
        languages=_languages(dice, size, 0.3),
        slots=_slots(dice, size, 2),
        capacity=capacity,
        taken=(capacity * dice.random(size) * 1.05).astype(np.int64),
        first_day=np.where(dated, first, FIRST_DAY),
        last_day=np.where(dated, first + dice.integers(0, 3, size), LAST_DAY),
        minimum_age=dice.choice([0, 16, 18], size, p=[0.3, 0.2, 0.5]),
        dated=dated,
    )
