"""Who offers help: volunteers of a region, as sparse as people answer. What is no figure of others is an assumption and says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bot import vocabulary
from bot.matching.columns import Vector
from bot.matching.model import VolunteerProfile
from bot.matching.slots import DAYS, TIMES
from bot.simulation.places import ground

# How much each cause draws; the rest draws 1. An assumption, in the order in which Moroccan youth surveys and associations name them:
# school support and children first, rights and migrants last.
CAUSE_DRAW = {"education": 8, "children": 7, "relief": 5, "environment": 5, "health": 4, "food": 4, "elderly": 3, "women": 3, "culture": 2}
SKILL_DRAW = {"teaching": 5, "it": 4, "languages": 4, "communication": 3, "events": 3, "driving": 3, "cooking": 3, "listening": 2}
# People give one to three causes, few skills and few times: what nearly all questionnaires of volunteering sites find. Assumptions.
CAUSE_COUNTS = (0.0, 0.35, 0.35, 0.30)
SKILL_COUNTS = (0.30, 0.35, 0.25, 0.10)
SLOT_COUNTS = (0.0, 0.35, 0.35, 0.20, 0.07, 0.03)
# Working week Monday to Friday (domain notes), so that weekends and evenings are what is left. Weights are assumptions.
WEEKDAY_TIMES = {"morning": 0.6, "afternoon": 0.8, "evening": 2.5, "night": 0.1}
WEEKEND_TIMES = {"morning": 5.0, "afternoon": 6.0, "evening": 2.0, "night": 0.2}
# The product proposes 10 km; people of a big city without a car go less far. Assumption.
RADII_KM, RADIUS_SHARES = (3, 5, 10, 20, 50), (0.14, 0.45, 0.33, 0.06, 0.02)
MODES, MODE_SHARES = ("onsite", None, "remote"), (0.80, 0.17, 0.03)
TEEN_SHARE = 0.05
"""16 and 17 of those who are 16 or older: 15–19 are 8 % of the region's people in the census, two of these five years count."""
SPEAKS = {"darija": 0.95, "arabic": 0.6, "french": 0.6, "english": 0.25, "amazigh": 0.1, "spanish": 0.03}
LANGUAGES_SAID = 0.5
"""How many say what they speak; the rest are shown everything. Assumption."""


def draw_weights(kind: str, draw: Mapping[str, float]) -> Vector:
    """The share of each value of a closed list, in its order; 1 where ``draw`` says nothing."""
    weights = np.array([draw.get(term.id, 1.0) for term in vocabulary.terms(kind)], np.float64)
    return weights / weights.sum()


def slot_weights(weekday: Mapping[str, float], weekend: Mapping[str, float]) -> Vector:
    """The share of each of the 28 slots, in the order of their bits."""
    weights = np.array([(weekend if day in ("sat", "sun") else weekday)[time] for day in DAYS for time in TIMES], np.float64)
    return weights / weights.sum()


def several(dice: np.random.Generator, rows: int, weights: Vector, counts: Sequence[float]) -> list[Vector]:
    """For each row some different positions of the weights, the heavier ones more often; ``counts`` are the shares of 0, 1, 2 … of them."""
    sizes = dice.choice(len(counts), rows, p=counts)
    # The largest u^(1/w) are a draw without putting back (Efraimidis and Spirakis 2006), for all rows at once.
    order = np.argsort(-np.log(dice.random((rows, len(weights)))) / weights, axis=1)
    return [order[row, :size] for row, size in enumerate(sizes)]


def named(kind: str, positions: Vector) -> tuple[str, ...]:
    """The values at some positions of a closed list."""
    terms = vocabulary.terms(kind)
    return tuple(terms[position].id for position in positions)


def mask(positions: Vector) -> int:
    """The slots at some positions as one number."""
    return sum(1 << int(position) for position in positions)


def volunteers(seed: int, count: int) -> list[VolunteerProfile]:
    """So many volunteers of the region, with ids from 1; the same for the same seed."""
    dice = np.random.default_rng([seed, 1])
    places = ground().draw(dice, count, ground().people)
    causes = several(dice, count, draw_weights("cause", CAUSE_DRAW), CAUSE_COUNTS)
    skills = several(dice, count, draw_weights("skill", SKILL_DRAW), SKILL_COUNTS)
    slots = several(dice, count, slot_weights(WEEKDAY_TIMES, WEEKEND_TIMES), SLOT_COUNTS)
    radii = dice.choice(RADII_KM, count, p=RADIUS_SHARES)
    modes = dice.choice(len(MODES), count, p=MODE_SHARES)
    teens = dice.random(count) < TEEN_SHARE
    said, speaks = dice.random(count) < LANGUAGES_SAID, dice.random((count, len(SPEAKS)))
    return [
        VolunteerProfile(
            person_id=row + 1,
            latitude=places[row][0],
            longitude=places[row][1],
            radius_km=int(radii[row]),
            mode=MODES[modes[row]],
            causes=named("cause", causes[row]),
            skills=named("skill", skills[row]),
            spoken_languages=tuple(
                language for language, share, luck in zip(SPEAKS, SPEAKS.values(), speaks[row], strict=True) if said[row] and luck < share
            ),
            slots=mask(slots[row]),
            age_band="teen" if teens[row] else "adult",
        )
        for row in range(count)
    ]
