"""Who needs help: organisations of uneven size and their missions, which come and go. What has no source is an assumption and says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from bot.matching.columns import Vector
from bot.matching.model import MissionNeed
from bot.matching.slots import slots_of_dates
from bot.simulation.behaviour import KIND_SHARES
from bot.simulation.places import ground
from bot.simulation.population import draw_weights, mask, named, several, slot_weights

FIRST_DIGEST = date(2026, 11, 30)
"""The day of the first lists, a Monday; the dates of missions count from here."""
MISSIONS_OF_ORGANISATION = 4
SIZE_EXPONENT = 0.8
"""Organisations are uneven: the n-th has missions as n^-0.8. Assumption."""
CENTRE_FACTOR, ARRONDISSEMENT_FACTOR = 5.0, 1.5
"""Seats of associations crowd in the centre of Casablanca: so much more than its inhabitants would have. Assumption."""
AT_SEAT_SHARE = 0.7
DATED_SHARE = 0.45
"""Of those open at a time. Assumption."""
DAYS_AHEAD = (5, 40)
"""How long before its day a dated mission is published. Assumption, as the next three."""
WEEKEND_SHARE = 0.65
LONGER_SHARE = 0.2
DATED_DIGESTS = 4.0
"""At so many digests a dated mission is seen on average: what the constants above come to."""
WEEKS_OF_WEEKLY = (6, 26)
CAPACITIES = ((1, 2), (3, 5), (6, 10), (11, 30))
CAPACITY_SHARES = (0.50, 0.32, 0.13, 0.05)
"""1 to 30 places, mostly few. What is short is missions: 22,000 people applied for 5,000 places of one programme (domain notes)."""
CAUSE_NEED = {
    "children": 6,
    "education": 6,
    "health": 5,
    "relief": 4,
    "food": 4,
    "women": 4,
    "disability": 3,
    "elderly": 3,
    "environment": 3,
}
REQUIRED_COUNTS, WELCOME_COUNTS = (0.88, 0.12), (0.70, 0.22, 0.08)
SLOT_COUNTS = (0.0, 0.70, 0.22, 0.08)
WEEKDAY_TIMES = {"morning": 1.6, "afternoon": 1.6, "evening": 1.0, "night": 0.05}
WEEKEND_TIMES = {"morning": 5.0, "afternoon": 4.0, "evening": 1.0, "night": 0.1}
LANGUAGES, LANGUAGE_SHARES = ((), ("french",), ("darija", "arabic"), ("english",)), (0.85, 0.08, 0.05, 0.02)
REMOTE_SHARE = 0.04
MINIMUM_AGES, MINIMUM_AGE_SHARES = (0, 16, 18), (0.2, 0.2, 0.6)
"""Contract missions are for adults, a minor only where the mission allows it (loi 06-18); the shares are an assumption."""


@dataclass(frozen=True)
class Supply:
    """All missions that there will be, by ascending id, and when each is to be seen."""

    needs: tuple[MissionNeed, ...]
    published: Vector
    ended: Vector
    """int64: the digest at which it is shown first; from which on it is no more (a dated one may be past before)."""
    kind: Vector
    """int64: how its organisation answers, as a row of behaviour.ORGANISATIONS."""


def arrivals(missions: int, weeks: int) -> list[tuple[int, float]]:
    """How many are published before each digest and the share of dated ones, so that about as many are open, and dated, at any time."""
    dated, weekly = DATED_SHARE / DATED_DIGESTS, (1 - DATED_SHARE) / (sum(WEEKS_OF_WEEKLY) / 2)
    a_week = missions * (dated + weekly)
    later = [(round(a_week * (week + 1)) - round(a_week * week), dated / (dated + weekly)) for week in range(weeks - 1)]
    return [(missions, DATED_SHARE), *later]


def supply(seed: int, missions: int, weeks: int) -> Supply:
    """The missions of some weeks, of which about ``missions`` are open at a time; the same for the same seed."""
    dice = np.random.default_rng([seed, 2])
    counts, shares = zip(*arrivals(missions, weeks), strict=True)
    published, dated_share = np.repeat(np.arange(weeks), counts), np.repeat(shares, counts)
    count = len(published)
    size = np.arange(1, max(missions // MISSIONS_OF_ORGANISATION, 1) + 1) ** -SIZE_EXPONENT
    organisation = dice.choice(len(size), count, p=size / size.sum())
    weights = ground().people * np.where(ground().central, CENTRE_FACTOR, 1.0)
    weights = weights * np.where([len(spots) > 1 for spots in ground().positions], ARRONDISSEMENT_FACTOR, 1.0)
    seats, elsewhere = ground().draw(dice, len(size), weights), ground().draw(dice, count, weights)
    at_seat = dice.random(count) < AT_SEAT_SHARE
    causes_of = several(dice, len(size), draw_weights("cause", CAUSE_NEED), (0.0, 0.5, 0.5))
    kinds = dice.choice(len(KIND_SHARES), len(size), p=KIND_SHARES)
    dated, ended = dice.random(count) < dated_share, published + dice.integers(*WEEKS_OF_WEEKLY, count, endpoint=True)
    # What is open at the first digest is anywhere between its beginning and its end.
    old = published == 0
    ended[old] = np.maximum((ended[old] * dice.random(old.sum())).astype(np.int64), 1)
    days = _days(dice, published, old)
    columns = _others(dice, count)
    needs = []
    for row in range(count):
        causes = causes_of[organisation[row]]
        slots, starts_on, ends_on = columns["slots"][row], None, None
        if dated[row]:
            starts_on, ends_on = days[row]
            slots = slots_of_dates(starts_on, ends_on, ("morning", "afternoon") if columns["whole_day"][row] else (columns["time"][row],))
            ended[row] = published[row] + weeks + 1
        needs.append(
            MissionNeed(
                mission_id=row + 1,
                organisation_id=int(organisation[row]) + 1,
                latitude=(seats[organisation[row]] if at_seat[row] else elsewhere[row])[0],
                longitude=(seats[organisation[row]] if at_seat[row] else elsewhere[row])[1],
                cause=named("cause", causes[[int(columns["second"][row] * len(causes))]])[0],
                slots=slots,
                capacity=columns["capacity"][row],
                mode="remote" if columns["remote"][row] else "onsite",
                skills_required=columns["required"][row],
                skills_welcome=columns["welcome"][row],
                spoken_languages=columns["languages"][row],
                starts_on=starts_on,
                ends_on=ends_on,
                minimum_age=columns["minimum_age"][row],
            )
        )
    return Supply(tuple(needs), published, ended, kinds[organisation])


def _days(dice: np.random.Generator, published: Vector, old: Vector) -> list[tuple[date, date]]:
    """First and last day of each mission, as if all were dated."""
    ahead = dice.integers(*DAYS_AHEAD, len(published), endpoint=True)
    ahead[old] = np.maximum(ahead[old] * dice.random(old.sum()), 2).astype(np.int64)
    weekend, longer = dice.random(len(published)) < WEEKEND_SHARE, dice.random(len(published)) < LONGER_SHARE
    found = []
    for week, days, to_weekend, several_days in zip(published, ahead, weekend, longer, strict=True):
        first = FIRST_DIGEST + timedelta(days=int(week) * 7 + int(days))
        if to_weekend:
            first += timedelta(days=max(5 - first.weekday(), 0))
        found.append((first, first + timedelta(days=int(several_days))))
    return found


def _others(dice: np.random.Generator, count: int) -> dict[str, list[Any]]:
    """What does not depend on organisation and dates: one list a property, one value a mission."""
    bounds = [CAPACITIES[kind] for kind in dice.choice(len(CAPACITIES), count, p=CAPACITY_SHARES)]
    slots = several(dice, count, slot_weights(WEEKDAY_TIMES, WEEKEND_TIMES), SLOT_COUNTS)
    required = several(dice, count, draw_weights("skill", {}), REQUIRED_COUNTS)
    welcome = several(dice, count, draw_weights("skill", {}), WELCOME_COUNTS)
    return {
        "slots": [mask(row) for row in slots],
        "capacity": [int(dice.integers(low, high, endpoint=True)) for low, high in bounds],
        "required": [named("skill", row) for row in required],
        "welcome": [named("skill", row) for row in welcome],
        "languages": [LANGUAGES[row] for row in dice.choice(len(LANGUAGES), count, p=LANGUAGE_SHARES)],
        "remote": list(dice.random(count) < REMOTE_SHARE),
        "minimum_age": [int(age) for age in dice.choice(MINIMUM_AGES, count, p=MINIMUM_AGE_SHARES)],
        "second": list(dice.random(count)),
        "whole_day": list(dice.random(count) < 0.3),
        "time": [("morning", "afternoon", "evening")[row] for row in dice.choice(3, count, p=(0.5, 0.4, 0.1))],
    }
