"""Who fits what: bot.matching against an oracle of its own, over random worlds; and the order of what fits."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching import judge
from bot.matching.model import Match, MissionNeed, VolunteerProfile
from tests.matching import oracle
from tests.matching.oracle import Busy, Giver, Slot, Task
from tests.matching.translated import need, profile

TODAY = date(2026, 11, 24)
POINTS = [(33.53, -7.6), (33.573, -7.633), (33.587, -7.512), (33.686, -7.383), (33.001, -7.617)]
CAUSES = ["education", "health", "environment", "elderly", "sport"]
SKILLS = ["teaching", "driving", "cooking"]
LANGUAGES = ["arabic", "darija", "french"]
DAYS = st.integers(-3, 10).map(lambda days: TODAY + timedelta(days=days))


def few(values: list[str], size: int = 2) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values), max_size=size)


def mostly(usual: object, *others: object) -> st.SearchStrategy[object]:
    """So that a random pair does not break some constraint nearly always."""
    return st.sampled_from([usual] * 5 + list(others))


# Slots of three days only, so that many pairs have one in common and many have none.
SLOTS: st.SearchStrategy[frozenset[Slot]] = st.frozensets(st.sampled_from(oracle.WEEK[:3] + oracle.WEEK[-4:]), min_size=1, max_size=4)
BUSY = st.builds(Busy, SLOTS).flatmap(
    lambda busy: st.one_of(st.just(busy), DAYS.map(lambda day: replace(busy, starts_on=day, ends_on=day + timedelta(days=2))))
)
GIVERS = st.builds(
    Giver,
    number=st.integers(1, 50),
    point=st.sampled_from([*POINTS, None]),
    radius_km=st.sampled_from([1, 6, 12, 30, 100]),
    mode=mostly(None, "onsite", "remote"),
    causes=st.lists(st.sampled_from(CAUSES), unique=True, max_size=5).map(tuple),
    skills=few(SKILLS, 3),
    skills_known=mostly(True, False),
    languages=few(LANGUAGES),
    slots=SLOTS,
    paused=mostly(False, True),
    closed=mostly(frozenset(), frozenset({1, 2})),
    own=mostly(frozenset(), frozenset({1})),
    ages=mostly((18,), (16, 17)),
    blocked=mostly(frozenset(), frozenset({2}), frozenset({3})),
    busy=st.lists(BUSY, max_size=2).map(tuple),
)
TASKS = st.builds(
    Task,
    number=st.integers(1, 20),
    organisation=st.integers(1, 3),
    point=st.sampled_from(POINTS),
    mode=mostly("onsite", "remote"),
    cause=st.sampled_from(CAUSES),
    required=mostly((), ("teaching",), ("driving", "cooking")),
    welcome=mostly((), ("cooking",)),
    languages=few(LANGUAGES),
    slots=SLOTS,
    capacity=st.sampled_from([1, 5, 20]),
    taken=mostly(0, 1, 5, 20),
    starts_on=st.none(),
    ends_on=st.none(),
    minimum_age=mostly(0, 16, 17, 18),
).flatmap(lambda task: st.one_of(st.just(task), DAYS.map(lambda day: replace(task, starts_on=day, ends_on=day + timedelta(days=1)))))


@settings(max_examples=150, deadline=None)
@given(st.lists(GIVERS, min_size=1, max_size=4), st.lists(TASKS, max_size=8, unique_by=lambda task: task.number))
def test_exactly_what_the_oracle_allows_is_found(givers: list[Giver], tasks: list[Task]) -> None:
    for giver in givers:
        found = judge.missions_for(profile(giver), map(need, tasks), TODAY)
        assert {match.mission.mission_id for match in found} == {task.number for task in tasks if oracle.fits(giver, task, TODAY)}
        assert len(found) == len({match.mission.mission_id for match in found})


@settings(max_examples=100, deadline=None)
@given(st.lists(GIVERS, max_size=8, unique_by=lambda giver: giver.number), TASKS)
def test_both_sides_see_the_same_matches(givers: list[Giver], task: Task) -> None:
    found = judge.volunteers_for(need(task), map(profile, givers), TODAY)
    seen = [match for giver in givers for match in judge.missions_for(profile(giver), [need(task)], TODAY)]
    assert sorted(found, key=lambda match: match.volunteer.person_id or 0) == sorted(seen, key=lambda match: match.volunteer.person_id or 0)


@settings(max_examples=150, deadline=None)
@given(GIVERS, st.lists(TASKS, max_size=8, unique_by=lambda task: task.number))
def test_points_are_the_sum_of_reasons_and_every_reason_is_true(giver: Giver, tasks: list[Task]) -> None:
    by_number = {task.number: task for task in tasks}
    for match in judge.missions_for(profile(giver), map(need, tasks), TODAY):
        assert match.points == sum(reason.points for reason in match.reasons)
        assert [reason.points for reason in match.reasons] == sorted((reason.points for reason in match.reasons), reverse=True)
        check_reasons(match, giver, by_number[match.mission.mission_id])


def check_reasons(match: Match, giver: Giver, task: Task) -> None:
    for reason in match.reasons:
        if reason.kind == "cause":
            assert reason.value == task.cause and task.cause in giver.causes
        elif reason.kind == "skill":
            assert reason.value in giver.skills and reason.value in (*task.required, *task.welcome)
        elif reason.kind == "distance":
            assert giver.point is not None and task.mode == "onsite"
            assert abs(int(reason.value) - oracle.kilometres(giver.point, task.point)) <= 0.51
        elif reason.kind == "remote":
            assert task.mode == "remote"
        elif reason.kind == "availability":
            assert int(reason.value) == oracle.bits(frozenset(oracle.free(giver, task))) > 0
        else:
            assert (reason.kind, int(reason.value)) == ("need", task.capacity - task.taken)
        # A reason speaks for a match: it never takes points away.
        assert reason.points >= 0
    kinds = [reason.kind for reason in match.reasons]
    assert ("cause" in kinds) == (task.cause in giver.causes)
    assert ("skill" in kinds) == bool(giver.skills & {*task.required, *task.welcome})
    assert all(kinds.count(kind) <= 1 for kind in set(kinds) - {"skill"})


@settings(max_examples=100, deadline=None)
@given(GIVERS, st.lists(TASKS, max_size=8, unique_by=lambda task: task.number), st.randoms(use_true_random=False))
def test_the_order_depends_on_nothing_but_points_and_number(giver: Giver, tasks: list[Task], shuffler: random.Random) -> None:
    first = judge.missions_for(profile(giver), map(need, tasks), TODAY)
    shuffler.shuffle(tasks)
    assert judge.missions_for(profile(giver), map(need, tasks), TODAY) == first
    keys = [(-match.points, match.mission.mission_id) for match in first]
    assert keys == sorted(keys)


NEAR = VolunteerProfile(person_id=1, latitude=33.53, longitude=-7.6, causes=("education",), skills=("teaching",), slots=0b111)
LESSONS = MissionNeed(1, 1, 33.573, -7.633, "education", 0b110, capacity=4)


def points(volunteer: VolunteerProfile = NEAR, mission: MissionNeed = LESSONS) -> int:
    match = judge.judge(volunteer, mission, TODAY)
    assert match is not None
    return match.points


def test_equals_stand_in_the_order_of_their_numbers() -> None:
    missions = [replace(LESSONS, mission_id=number) for number in (12, 3, 7)]
    people = [replace(NEAR, person_id=number) for number in (12, 3, 7)]
    for turn in range(3):
        found = judge.missions_for(NEAR, missions[turn:] + missions[:turn], TODAY)
        assert [match.mission.mission_id for match in found] == [3, 7, 12]
        others = judge.volunteers_for(LESSONS, people[turn:] + people[:turn], TODAY)
        assert [match.volunteer.person_id for match in others] == [3, 7, 12]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (replace(NEAR, causes=("education", "health")), replace(NEAR, causes=("health", "education"))),
        (replace(NEAR, causes=("health", "education")), replace(NEAR, causes=("health", "sport", "education"))),
        (replace(NEAR, causes=("health", "sport", "elderly", "education")), replace(NEAR, causes=("health",))),
        (NEAR, replace(NEAR, latitude=33.5)),
        (NEAR, replace(NEAR, slots=0b100)),
    ],
)
def test_what_suits_a_volunteer_better_counts_more(better: VolunteerProfile, worse: VolunteerProfile) -> None:
    assert points(better) > points(worse)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (replace(LESSONS, skills_required=("teaching",)), LESSONS),
        (replace(LESSONS, skills_welcome=("teaching",)), replace(LESSONS, skills_welcome=("teaching", "driving"))),
        (LESSONS, replace(LESSONS, taken=3)),
        (replace(LESSONS, starts_on=TODAY, ends_on=TODAY), LESSONS),
        (replace(LESSONS, starts_on=TODAY + timedelta(7), ends_on=TODAY + timedelta(9)), LESSONS),
    ],
)
def test_what_needs_a_volunteer_more_counts_more(better: MissionNeed, worse: MissionNeed) -> None:
    assert points(mission=better) > points(mission=worse)


@pytest.mark.parametrize(
    ("volunteer", "mission", "weakness"),
    [
        (NEAR, LESSONS, None),
        (NEAR, replace(LESSONS, cause="sport"), "other_cause"),
        (replace(NEAR, causes=()), replace(LESSONS, cause="sport"), None),
        (replace(NEAR, skills=(), skills_known=False), replace(LESSONS, skills_required=("driving",)), "skill_missing"),
        (replace(NEAR, radius_km=6), LESSONS, "far"),
        (replace(NEAR, radius_km=6), replace(LESSONS, mode="remote"), None),
        (replace(NEAR, slots=0b100), LESSONS, "one_slot"),
        (replace(NEAR, slots=0b100), replace(LESSONS, slots=0b100), None),
    ],
)
def test_the_weakness_is_named(volunteer: VolunteerProfile, mission: MissionNeed, weakness: str | None) -> None:
    match = judge.judge(volunteer, mission, TODAY)
    assert match is not None
    assert match.weakness == weakness


def test_a_mission_of_today_is_not_past_and_one_of_yesterday_is() -> None:
    yesterday = TODAY - timedelta(days=1)
    assert judge.obstacle(NEAR, replace(LESSONS, starts_on=yesterday, ends_on=TODAY), TODAY) is None
    assert judge.obstacle(NEAR, replace(LESSONS, starts_on=yesterday, ends_on=yesterday), TODAY) == "past"


@pytest.mark.parametrize(
    ("band", "minimum_age", "fits"), [("teen", 16, True), ("teen", 17, False), ("teen", 18, False), ("adult", 18, True)]
)
def test_a_mission_is_open_from_an_age_on(band: str, minimum_age: int, fits: bool) -> None:
    """A teen is 16 or 17: what is open from 17 on is not open to all of them."""
    mission = MissionNeed(1, 1, 33.58, -7.63, "education", slots=1, capacity=1, minimum_age=minimum_age)
    assert list(judge.obstacles(VolunteerProfile(age_band=band), mission, TODAY)) == ([] if fits else ["age"])
