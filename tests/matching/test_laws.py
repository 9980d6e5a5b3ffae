"""What must hold whatever the weights are: a better offer is never worth less, both sides see the same, input order plays no part."""

from __future__ import annotations

import random
from dataclasses import replace
from types import ModuleType

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.matching import judge
from bot.matching.blocks import NO_MATCH, NOBODY
from bot.matching.columns import MissionColumns, VolunteerColumns
from bot.matching.geometry import metres, point
from bot.matching.model import MissionNeed, VolunteerProfile
from bot.matching.slots import ALL, SLOTS_OF_A_WEEK
from tests.matching.crowds import CAUSES, SKILLS, TODAY, crowd, mission, volunteer

BOTH_ENGINES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SEEDS = st.integers(0, 10**9)
Pair = tuple[VolunteerProfile, MissionNeed]


def fitting(seed: int) -> Pair:
    """A random pair, freed of what keeps it apart: only what gives points is left to chance."""
    dice = random.Random(seed)
    one, other = volunteer(dice, 1), mission(dice, 1)
    one = replace(
        one, mode=None, radius_km=300, spoken_languages=(), age_band="adult", paused=False, slots=one.slots | other.slots & -other.slots
    )
    one = replace(
        one, closed_mission_ids=frozenset(), own_organisation_ids=frozenset(), blocked_organisation_ids=frozenset(), commitments=()
    )
    return replace(one, skills_known=False), replace(other, taken=0, starts_on=None, ends_on=None)


def points(either: ModuleType, one: VolunteerProfile, other: MissionNeed) -> int:
    found = int(either.points_of_one(VolunteerColumns.of([one]), 0, MissionColumns.of([other]), TODAY)[0])
    match = judge.judge(one, other, TODAY)
    assert match is not None
    assert found == match.points == sum(reason.points for reason in match.reasons)
    return found


@BOTH_ENGINES
@given(seed=SEEDS)
def test_one_more_wanted_skill_is_never_worth_less(either: ModuleType, seed: int) -> None:
    one, other = fitting(seed)
    other = replace(other, skills_welcome=tuple(SKILLS[seed % len(SKILLS)] for seed in (seed, seed // 100, seed // 10_000)))
    before = points(either, one, other)
    for skill in (*other.skills_required, *other.skills_welcome):
        one = replace(one, skills=(*one.skills, skill) if skill not in one.skills else one.skills)
        after = points(either, one, other)
        assert after >= before
        before = after


@BOTH_ENGINES
@given(seed=SEEDS, causes=st.lists(st.sampled_from(CAUSES), min_size=1, max_size=5, unique=True))
def test_a_cause_that_ranks_higher_is_never_worth_less(either: ModuleType, seed: int, causes: list[str]) -> None:
    one, other = fitting(seed)
    ranked = [points(either, replace(one, causes=tuple(causes)), replace(other, cause=cause)) for cause in causes]
    assert ranked == sorted(ranked, reverse=True)
    strange = next(cause for cause in CAUSES if cause not in causes)
    assert points(either, replace(one, causes=tuple(causes)), replace(other, cause=strange)) < ranked[-1]


@BOTH_ENGINES
@given(seed=SEEDS, steps=st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0]), min_size=2, max_size=4))
def test_nearer_is_never_worth_less(either: ModuleType, seed: int, steps: list[float]) -> None:
    one, other = fitting(seed)
    other = replace(other, mode="onsite")
    start = (33.0 + seed % 97 / 100, -8.5 + seed % 89 / 70)
    found = []
    for step in steps:
        latitude, longitude = (there + step * (here - there) for here, there in zip(start, (other.latitude, other.longitude), strict=True))
        apart = metres(point(latitude, longitude), point(other.latitude, other.longitude))
        found.append((apart, -points(either, replace(one, latitude=latitude, longitude=longitude), other)))
    # By distance, then points: those of the nearer ones are the higher.
    lowered = [less for _, less in sorted(found)]
    assert lowered == sorted(lowered)


@BOTH_ENGINES
@given(seed=SEEDS, bits=st.lists(st.integers(0, SLOTS_OF_A_WEEK - 1), min_size=1, max_size=6))
def test_one_more_common_slot_is_never_worth_less(either: ModuleType, seed: int, bits: list[int]) -> None:
    one, other = fitting(seed)
    other = replace(other, slots=ALL)
    before = points(either, one, other)
    for bit in bits:
        one = replace(one, slots=one.slots | 1 << bit)
        after = points(either, one, other)
        assert after >= before
        before = after


@BOTH_ENGINES
@given(seed=SEEDS, people=st.integers(1, 25), needs=st.integers(1, 25))
def test_both_sides_see_the_same_pairs_for_the_same_points(either: ModuleType, seed: int, people: int, needs: int) -> None:
    some_people, some_needs = crowd(seed, people, needs)
    volunteers, missions = VolunteerColumns.of(some_people), MissionColumns.of(some_needs)
    rows, worth = either.best_missions(volunteers, missions, TODAY, needs)
    here = {(n, int(rows[n, k]), int(worth[n, k])) for n, k in np.argwhere(rows != NOBODY)}
    rows, worth = either.best_volunteers(volunteers, missions, TODAY, people)
    there = {(int(rows[n, k]), int(n), int(worth[n, k])) for n, k in np.argwhere(rows != NOBODY)}
    assert here == there
    each = [either.points_of_one(volunteers, n, missions, TODAY) for n in range(people)]
    assert here == {(n, int(k), int(found[k])) for n, found in enumerate(each) for k in np.flatnonzero(found != NO_MATCH)}


@BOTH_ENGINES
@given(seed=SEEDS, length=st.integers(1, 8))
def test_the_order_of_what_comes_in_plays_no_part(either: ModuleType, seed: int, length: int) -> None:
    people, needs = crowd(seed, 20, 30)

    def lists() -> list[tuple[int, list[int], list[int]]]:
        """By person: the missions of his list and their points."""
        volunteers, missions = VolunteerColumns.of(people), MissionColumns.of(needs)
        rows, worth = either.best_missions(volunteers, missions, TODAY, length)
        ids = np.where(rows == NOBODY, NOBODY, missions.mission_id[rows])
        return sorted(zip(volunteers.person_id.tolist(), ids.tolist(), worth.tolist(), strict=True))

    def other_lists() -> list[list[int]]:
        """The points of each mission's list. Among equals people stand as they came in, so that only all of them are the same."""
        volunteers, missions = VolunteerColumns.of(people), MissionColumns.of(needs)
        worth: list[list[int]] = either.best_volunteers(volunteers, missions, TODAY, length)[1].tolist()
        return worth

    first = lists(), other_lists()
    dice = random.Random(seed)
    dice.shuffle(people)
    dice.shuffle(needs)
    assert (lists(), other_lists()) == first
    people.sort(key=lambda one: one.person_id or 0)
    assert lists() == first[0]
