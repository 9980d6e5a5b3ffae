"""What holds of both engines: nothing that does not fit, nothing left out, and the edges."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from types import ModuleType

import numpy as np
import pytest

from bot.matching import blocks, judge
from bot.matching.blocks import NO_MATCH, NOBODY
from bot.matching.columns import MissionColumns, VolunteerColumns
from bot.matching.model import MissionNeed, VolunteerProfile
from tests.matching import oracle
from tests.matching.crowds import TODAY, crowd
from tests.matching.oracle import WEEK, Busy, Giver, Slot, Task
from tests.matching.translated import need, profile

POINTS = [(33.53, -7.6), (33.573, -7.633), (33.587, -7.512), (33.686, -7.383), (33.001, -7.617), (33.25, -8.51), (33.606, -7.531)]
RADII = [2, 4, 8, 16, 40, 120]
CAUSES = ["education", "health", "environment", "elderly", "sport"]
SKILLS = ["teaching", "driving", "cooking", "medical"]
LANGUAGES = ["arabic", "darija", "french"]
Dice = random.Random


def some(dice: Dice, values: list[str], most: int) -> frozenset[str]:
    return frozenset(dice.sample(values, dice.randint(0, most)))


def slots(dice: Dice, most: int) -> frozenset[Slot]:
    return frozenset(dice.sample(WEEK, dice.randint(1, most)))


def days(dice: Dice) -> tuple[date | None, date | None]:
    if dice.random() < 0.5:
        return None, None
    first = TODAY + timedelta(days=dice.randint(-4, 10))
    return first, first + timedelta(days=dice.randint(0, 3))


def numbers(dice: Dice, share: float, upto: int) -> frozenset[int]:
    return frozenset(dice.sample(range(1, upto + 1), 4)) if dice.random() < share else frozenset()


def giver(dice: Dice, number: int, tasks: int) -> Giver:
    return Giver(
        number=number,
        point=dice.choice([*POINTS, *POINTS, None]),
        radius_km=dice.choice(RADII),
        mode=dice.choice([None, None, "onsite", "remote"]),
        causes=tuple(dice.sample(CAUSES, dice.randint(0, 4))),
        skills=some(dice, SKILLS, 3),
        skills_known=dice.random() < 0.9,
        languages=some(dice, LANGUAGES, 2),
        slots=slots(dice, 8),
        paused=dice.random() < 0.04,
        closed=numbers(dice, 0.4, tasks),
        own=numbers(dice, 0.05, 60),
        ages=dice.choice([(18,)] * 6 + [(16, 17)]),
        blocked=numbers(dice, 0.2, 60),
        busy=tuple(Busy(slots(dice, 4), *days(dice)) for _ in range(dice.choice([0, 0, 1, 2]))),
    )


def task(dice: Dice, number: int) -> Task:
    capacity = dice.choice([1, 5, 20])
    starts_on, ends_on = days(dice)
    return Task(
        number=number,
        organisation=dice.randint(1, 60),
        point=dice.choice(POINTS),
        mode=dice.choice(["onsite"] * 4 + ["remote"]),
        cause=dice.choice(CAUSES),
        required=tuple(sorted(some(dice, SKILLS, 1))),
        welcome=tuple(sorted(some(dice, SKILLS, 2))),
        languages=some(dice, LANGUAGES, 1),
        slots=slots(dice, 4),
        capacity=capacity,
        taken=dice.choice([0, 0, 0, capacity - 1, capacity]),
        starts_on=starts_on,
        ends_on=ends_on,
        minimum_age=dice.choice([0, 0, 16, 17, 18]),
    )


@lru_cache(maxsize=2)
def world(people: int, missions: int) -> tuple[list[Giver], list[Task], set[tuple[int, int]]]:
    """People, tasks, and the numbers of those that fit, as the oracle has it."""
    dice = Dice(people)
    tasks = [task(dice, n) for n in range(1, missions + 1)]
    givers = [giver(dice, n, missions) for n in range(1, people + 1)]
    return givers, tasks, {(one.number, other.number) for one in givers for other in tasks if oracle.fits(one, other, TODAY)}


@pytest.mark.parametrize(("people", "missions"), [(250, 240), pytest.param(1000, 1000, marks=pytest.mark.heavy)])
def test_of_a_million_pairs_none_is_wrong_and_none_missing(either: ModuleType, people: int, missions: int) -> None:
    givers, tasks, wanted = world(people, missions)
    assert 0.03 < len(wanted) / (people * missions) < 0.2
    volunteers, needs = VolunteerColumns.of(map(profile, givers)), MissionColumns.of(map(need, tasks))
    rows, _ = either.best_missions(volunteers, needs, TODAY, missions)
    assert {(n + 1, int(needs.mission_id[row])) for n, line in enumerate(rows) for row in line[line != NOBODY]} == wanted
    rows, _ = either.best_volunteers(volunteers, needs, TODAY, people)
    assert {(int(volunteers.person_id[row]), n + 1) for n, line in enumerate(rows) for row in line[line != NOBODY]} == wanted
    assert sum(int((either.points_of_one(volunteers, n, needs, TODAY) != NO_MATCH).sum()) for n in range(people)) == len(wanted)


def test_no_two_points_lie_at_the_edge_of_a_radius() -> None:
    """There the oracle's kilometres over the ground and the engines' straight metres might say different things."""
    assert min(abs(oracle.kilometres(one, other) - radius) for one in POINTS for other in POINTS for radius in RADII) > 0.1


@pytest.mark.parametrize("length", [1, 6, 300])
def test_lists_are_those_of_an_exhaustive_search(either: ModuleType, length: int) -> None:
    people, needs = crowd(21, 80, 90)
    volunteers, missions = VolunteerColumns.of(people), MissionColumns.of(needs)
    rows, worth = either.best_missions(volunteers, missions, TODAY, length)
    assert rows.shape == worth.shape == (80, length)
    for n, one in enumerate(people):
        wanted = judge.missions_for(one, needs, TODAY)[:length]
        assert [missions.mission_id[row] for row in rows[n] if row != NOBODY] == [match.mission.mission_id for match in wanted]
        assert [points for points in worth[n] if points != NO_MATCH] == [match.points for match in wanted]
    rows, worth = either.best_volunteers(volunteers, missions, TODAY, length)
    assert rows.shape == worth.shape == (90, length)
    for n, other in enumerate(needs):
        wanted = judge.volunteers_for(other, people, TODAY)[:length]
        assert [volunteers.person_id[row] for row in rows[n] if row != NOBODY] == [match.volunteer.person_id for match in wanted]
        assert [points for points in worth[n] if points != NO_MATCH] == [match.points for match in wanted]


@pytest.mark.parametrize(("people", "needs"), [(3, 0), (0, 3), (0, 0)])
def test_nobody_and_nothing(either: ModuleType, people: int, needs: int) -> None:
    some_people, some_needs = crowd(7, 3, 3)
    volunteers, missions = VolunteerColumns.of(some_people[:people]), MissionColumns.of(some_needs[:needs])
    for (rows, worth), shape in (
        (either.best_missions(volunteers, missions, TODAY, 5), (people, 5)),
        (either.best_volunteers(volunteers, missions, TODAY, 5), (needs, 5)),
    ):
        assert rows.shape == worth.shape == shape
        assert (rows == NOBODY).all() and (worth == NO_MATCH).all()
    if people:
        assert either.points_of_one(volunteers, 0, missions, TODAY).shape == (0,)


NEAR = VolunteerProfile(1, 33.57, -7.63, causes=("education",), slots=0b111)
LESSONS = MissionNeed(1, 1, 33.58, -7.64, "education", 0b1, capacity=4)


def worth_of(either: ModuleType, one: VolunteerProfile, other: MissionNeed, today: date = TODAY) -> int:
    """The points of a pair, which all three questions must agree on."""
    volunteers, missions = VolunteerColumns.of([one]), MissionColumns.of([other])
    points = int(either.points_of_one(volunteers, 0, missions, today)[0])
    for rows, worth in (either.best_missions(volunteers, missions, today, 2), either.best_volunteers(volunteers, missions, today, 2)):
        assert worth.tolist() == [[points, NO_MATCH]]
        assert rows.tolist() == [[NOBODY if points == NO_MATCH else 0, NOBODY]]
    match = judge.judge(one, other, today)
    assert points == (match.points if match else NO_MATCH)
    return points


def test_a_mission_without_slots_fits_nobody(either: ModuleType) -> None:
    assert worth_of(either, NEAR, replace(LESSONS, slots=0)) == NO_MATCH


def test_who_named_no_cause_is_shown_all_and_none_for_its_cause(either: ModuleType) -> None:
    assert 0 < worth_of(either, replace(NEAR, causes=()), LESSONS) == worth_of(either, NEAR, LESSONS) - judge.CAUSE_POINTS[0]


def test_the_last_place_counts_and_none_left_does_not(either: ModuleType) -> None:
    assert worth_of(either, NEAR, replace(LESSONS, taken=3)) > 0
    assert worth_of(either, NEAR, replace(LESSONS, taken=4)) == NO_MATCH
    assert worth_of(either, NEAR, replace(LESSONS, taken=5)) == NO_MATCH


@pytest.mark.parametrize(
    ("starts", "ends", "fits"), [(0, 0, True), (0, None, True), (-3, 0, True), (-3, -1, False), (-1, None, False), (1, 1, True)]
)
def test_the_last_day_counts_and_the_day_after_does_not(either: ModuleType, starts: int, ends: int | None, fits: bool) -> None:
    last = None if ends is None else TODAY + timedelta(days=ends)
    mission = replace(LESSONS, starts_on=TODAY + timedelta(days=starts), ends_on=last)
    assert (worth_of(either, NEAR, mission) != NO_MATCH) == fits


@pytest.mark.parametrize(("days_ahead", "urgent"), [(-1, False), (0, True), (7, True), (8, False)])
def test_what_starts_within_a_week_is_urgent(either: ModuleType, days_ahead: int, urgent: bool) -> None:
    starts = TODAY + timedelta(days=days_ahead)
    dated = replace(LESSONS, starts_on=starts, ends_on=starts + timedelta(days=20))
    assert worth_of(either, NEAR, dated) - worth_of(either, NEAR, LESSONS) == (judge.NEED_POINTS // 2 if urgent else 0)


def test_the_edge_of_the_radius_is_within_it_to_the_metre(either: ModuleType) -> None:
    """Metres are rounded down. These are columns of numbers, for no latitude is so exact."""
    volunteers = VolunteerColumns.of([replace(NEAR, radius_km=5)])
    for metres, aside, fits in ((4999, 0, True), (5000, 0, True), (5000, 100, True), (5000, 101, False), (5001, 0, False)):
        missions = replace(MissionColumns.of([LESSONS]), x=volunteers.x + metres, y=volunteers.y - aside, z=volunteers.z)
        assert (either.points_of_one(volunteers, 0, missions, TODAY)[0] != NO_MATCH) == fits
        assert (either.best_missions(volunteers, missions, TODAY, 1)[0][0, 0] != NOBODY) == fits
        assert (either.best_volunteers(volunteers, missions, TODAY, 1)[0][0, 0] != NOBODY) == fits


def test_a_price_orders_but_points_are_without_it(either: ModuleType) -> None:
    people, needs = crowd(31, 60, 80)
    volunteers, missions = VolunteerColumns.of(people), MissionColumns.of(needs)
    price = np.random.default_rng(1).integers(-60, 400, len(missions))
    rows, worth = either.best_missions(volunteers, missions, TODAY, 10, price)
    for n in range(len(people)):
        points = blocks.points_of_one(volunteers, n, missions, TODAY)
        fitting = np.flatnonzero(points != NO_MATCH)
        wanted = fitting[np.lexsort((fitting, price[fitting] - points[fitting]))][:10]
        assert rows[n][: len(wanted)].tolist() == wanted.tolist()
        assert worth[n][: len(wanted)].tolist() == points[wanted].tolist()
