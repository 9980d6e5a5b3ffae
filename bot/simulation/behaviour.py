"""How people and organisations act on lists: chances and delays. Chosen from the figures of others, with greedy lists on seeds 101 and 102.

Where nobody publishes a figure the constant is an assumption and says so; docs/matching.md has them in a table. None was changed to
make a policy look better.
"""

from __future__ import annotations

import numpy as np

from bot.matching.columns import Vector
from bot.simulation.dice import Purpose, exponential, normal, uniform

POSITION_READ = (1.0, 0.85, 0.72, 0.61, 0.52)
"""How many of those who read the first of a list come to the others. Assumption: each line loses a seventh."""
READING_TOP = 0.95
"""A person reads a digest with a chance of his own, anything up to this: some nearly always, some hardly ever. With it nearly
half of those whom something fits ever apply in eight weeks; others see 45–60 % of the registered engage (domain notes)."""
TASTE_POINTS = 120
"""Standard deviation of what a person likes or dislikes in a mission and no profile tells. Assumption: as much as half a cause."""
HIGHEST_CHANCE, MIDDLE_POINTS, SCALE_POINTS = 0.6, 520, 120
"""Chance to apply to what is read: logistic in points and taste, half of the highest at the middle. A good match without a skill has 550
points; about one in eight of those who are sent their first list applies to what stands first. Assumption."""
MOST_APPLICATIONS = 2
"""Of one list. Assumption."""
WITH_A_PLACE = 0.3
"""Whoever has a place applies so much less often. Assumption."""
ONCE_ONLY_SHARE = 0.4
"""One volunteering volunteer in two or three comes once only (domain notes): they apply no more after their first place."""
NO_SHOW_SHARE = 0.15
"""Accepted, and not there. Complained of everywhere, measured nowhere: an assumption."""

FATIGUE = 0.95
"""What a list without an application leaves of the attention. Each notification risks a period of silence (Manshadi and Rodilitz 2022)."""
DISAPPOINTMENT = 0.8
"""What a refusal or a silence leaves: silence is what people of other platforms complain of first (domain notes)."""
LEAST_ATTENTION = 0.2
UNSUBSCRIBES, UNSUBSCRIBES_TIRED = 0.004, 0.02
TIRED_AFTER = 3
"""Chance to unsubscribe at a list, and once so many lists in a row brought no application. Assumption."""

ORGANISATIONS = ((0.50, 0.95, 1.5), (0.30, 0.70, 4.0), (0.20, 0.10, 4.0))
"""Share of organisations, chance that an application is answered, mean delay in days: prompt, late, silent. Together two applications in
five have no answer in time: the outcome is unknown for 40 % at Do-it, and half were silent in a self-test (domain notes)."""
KIND_SHARES = tuple(share for share, _, _ in ORGANISATIONS)
DAYS_TO_APPLY = 3.0
"""A list is answered within so many days, evenly. Assumption."""
EXPIRES_AFTER_DAYS = 7
"""As in the product."""


def reading_habit(seed: int, people: Vector) -> Vector:
    """The chance of each person to read a digest while he is fresh."""
    found: Vector = READING_TOP * uniform(seed, Purpose.READING_HABIT, people)
    return found


def taste(seed: int, people: Vector, missions: Vector) -> Vector:
    """What each person sees in each mission beyond its points, in points."""
    return TASTE_POINTS * normal(seed, Purpose.TASTE, people, missions)


def chance(utility: Vector) -> Vector:
    """The chance to apply to a mission that was read, by its true utility in points."""
    found: Vector = HIGHEST_CHANCE / (1 + np.exp((MIDDLE_POINTS - utility) / SCALE_POINTS))
    return found


def application_day(seed: int, people: Vector, missions: Vector, week: int) -> Vector:
    """Days after the list at which each applies."""
    return DAYS_TO_APPLY * uniform(seed, Purpose.APPLICATION_DAY, people, missions, week)


def answer_delay(seed: int, people: Vector, missions: Vector, kinds: Vector) -> Vector:
    """Days until an application is answered; infinite where it never is."""
    answered = np.array([share for _, share, _ in ORGANISATIONS])[kinds]
    mean = np.array([days for _, _, days in ORGANISATIONS])[kinds]
    delay = mean * exponential(seed, Purpose.ANSWER_DELAY, people, missions)
    return np.where(uniform(seed, Purpose.ANSWERS, people, missions) < answered, delay, np.inf)
