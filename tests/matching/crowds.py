"""Random people and missions in which every constraint is broken now and then, and kept often enough."""

from __future__ import annotations

import random
from datetime import date, timedelta

from bot import vocabulary
from bot.matching.model import Commitment, MissionNeed, VolunteerProfile
from bot.matching.slots import SLOTS_OF_A_WEEK

TODAY = date(2026, 11, 26)
CAUSES = [term.id for term in vocabulary.terms("cause")]
SKILLS = [term.id for term in vocabulary.terms("skill")]
LANGUAGES = [term.id for term in vocabulary.terms("spoken_language")]
PLACES = list(vocabulary.places())
MISSIONS, ORGANISATIONS = 200, 50
"""Ids go up to here, so that what is closed or excluded is often there."""


def some(dice: random.Random, values: list[str], *sizes: int) -> tuple[str, ...]:
    return tuple(dice.sample(values, dice.choice(sizes)))


def slots(dice: random.Random, *sizes: int) -> int:
    return sum(1 << bit for bit in dice.sample(range(SLOTS_OF_A_WEEK), dice.choice(sizes)))


def days(dice: random.Random) -> tuple[date | None, date | None]:
    if dice.random() < 0.4:
        return None, None
    first = TODAY + timedelta(days=dice.randrange(-3, 12))
    return first, dice.choice([None, first, first, first + timedelta(days=2)])


def commitment(dice: random.Random) -> Commitment:
    return Commitment(slots(dice, 1, 2), *days(dice))


def volunteer(dice: random.Random, number: int) -> VolunteerProfile:
    place = dice.choice(PLACES)
    anywhere = dice.random() < 0.05
    return VolunteerProfile(
        person_id=number,
        latitude=None if anywhere else place.latitude,
        longitude=None if anywhere else place.longitude,
        radius_km=dice.choice([3, 5, 10, 20, 50, 300]),
        mode=dice.choice([None, None, None, "onsite", "remote"]),
        causes=some(dice, CAUSES, 0, 1, 2, 3, 4),
        skills=some(dice, SKILLS, 0, 0, 1, 2, 3),
        skills_known=dice.random() < 0.9,
        spoken_languages=some(dice, LANGUAGES, 0, 1, 2),
        slots=slots(dice, 2, 4, 8, 20),
        age_band=dice.choice(["adult"] * 9 + ["teen"]),
        paused=dice.random() < 0.03,
        closed_mission_ids=frozenset(dice.sample(range(1, MISSIONS + 1), dice.choice([0, 0, 0, 5]))),
        own_organisation_ids=frozenset(dice.sample(range(1, ORGANISATIONS + 1), dice.choice([0, 0, 0, 1]))),
        blocked_organisation_ids=frozenset(dice.sample(range(1, ORGANISATIONS + 1), dice.choice([0, 0, 0, 2]))),
        commitments=tuple(commitment(dice) for _ in range(dice.choice([0, 0, 0, 1, 2]))),
    )


def mission(dice: random.Random, number: int) -> MissionNeed:
    place = dice.choice(PLACES)
    capacity = dice.choice([1, 3, 10, 30])
    starts_on, ends_on = days(dice)
    return MissionNeed(
        mission_id=number,
        organisation_id=dice.randint(1, ORGANISATIONS),
        latitude=place.latitude,
        longitude=place.longitude,
        cause=dice.choice(CAUSES),
        slots=slots(dice, 1, 2, 3),
        capacity=capacity,
        taken=dice.choice([0, 0, 0, 1, capacity]),
        mode=dice.choice(["onsite"] * 4 + ["remote"]),
        skills_required=some(dice, SKILLS, 0, 0, 0, 0, 1, 2),
        skills_welcome=some(dice, SKILLS, 0, 0, 1),
        spoken_languages=some(dice, LANGUAGES, 0, 0, 1),
        starts_on=starts_on,
        ends_on=ends_on,
        minimum_age=dice.choice([0, 0, 16, 18]),
    )


def crowd(seed: int, volunteers: int, missions: int) -> tuple[list[VolunteerProfile], list[MissionNeed]]:
    dice = random.Random(seed)
    return [volunteer(dice, n + 1) for n in range(volunteers)], [mission(dice, n + 1) for n in range(missions)]
