"""What happens in a world, whoever recommends."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from bot.matching.judge import obstacles
from bot.matching.model import Commitment
from bot.simulation import behaviour
from bot.simulation.log import ACCEPTED, EXPIRED, PENDING, REFUSED, Applications
from bot.simulation.policies import NONE, POLICIES, Lists, Week
from bot.simulation.world import Run, day_of
from tests.simulation.worlds import SEED, played, small


@pytest.mark.parametrize("policy", POLICIES)
def test_no_more_are_accepted_than_there_are_places(policy: str) -> None:
    log = played(policy)
    assert (log.places_filled() <= log.capacity).all() and log.places_filled().sum() > 0


@pytest.mark.parametrize("policy", POLICIES)
def test_nobody_applies_twice_to_a_mission_and_all_is_settled_in_the_end(policy: str) -> None:
    applications = played(policy).applications
    pairs = set(zip(applications.person.tolist(), applications.mission.tolist(), strict=True))
    assert len(pairs) == len(applications.state) > 0
    assert PENDING not in applications.state


@pytest.mark.parametrize("policy", POLICIES)
def test_who_is_refused_came_when_the_places_were_gone(policy: str) -> None:
    log = played(policy)
    applications = log.applications
    for row in np.flatnonzero(applications.state == REFUSED):
        same = (applications.mission == applications.mission[row]) & (applications.state == ACCEPTED)
        before = same & (applications.settled <= applications.settled[row])
        assert before.sum() == log.capacity[applications.mission[row]]


def test_the_luck_of_a_pair_is_the_same_under_every_policy() -> None:
    """An application that two policies both bring in the same week has the same day, answer and taste."""
    common = 0
    logs = [played(name).applications for name in POLICIES]
    for one in logs:
        for other in logs:
            known = {pair: row for row, pair in enumerate(zip(one.person, one.mission, one.week, strict=True))}
            for row, pair in enumerate(zip(other.person, other.mission, other.week, strict=True)):
                if pair in known:
                    common += 1
                    same = known[pair]
                    assert (one.settled[same], one.answered[same], one.shows_up[same]) == (
                        other.settled[row],
                        other.answered[row],
                        other.shows_up[row],
                    )
                    assert one.utility[same] - one.points[same] == pytest.approx(other.utility[row] - other.points[row])
    assert common > 4 * max(len(one.state) for one in logs)


def watching(policy: str) -> tuple[list[tuple[Week, Lists]], Run]:
    """All weeks of the small world under a policy, with what was shown."""
    run, seen = Run(small()), []
    for week in range(small().weeks):
        view = run.view(week)
        lists = POLICIES[policy](view)
        seen.append((view, lists))
        run.show(view, lists)
        run.answer(week)
    return seen, run


@pytest.mark.parametrize("policy", POLICIES)
def test_nothing_is_shown_that_the_judge_would_not_let_through(policy: str) -> None:
    setting, run = small(), Run(small())
    for week in range(setting.weeks):
        view, today = run.view(week), day_of(week)
        lists = POLICIES[policy](view)
        applications = run.log.applications
        for place, person in enumerate(view.people):
            own = applications.person == person
            places = [setting.supply.needs[row] for row in applications.mission[own & (applications.state == ACCEPTED)]]
            over = {
                need.mission_id for need in places if week >= setting.supply.ended[need.mission_id - 1] or (need.last_on or today) < today
            }
            knowing = replace(
                setting.profiles[person],
                closed_mission_ids=frozenset((applications.mission[own] + 1).tolist()),
                commitments=tuple(Commitment(need.slots, need.starts_on, need.ends_on) for need in places if need.mission_id not in over),
            )
            for row in lists.rows[place][lists.rows[place] != NONE]:
                mission = view.live[row]
                need = replace(setting.supply.needs[mission], taken=int(run.taken[mission]))
                assert list(obstacles(knowing, need, today)) == []
        run.show(view, lists)
        run.answer(week)


def test_who_unsubscribed_is_sent_no_more() -> None:
    seen, run = watching("greedy")
    gone: set[int] = set(range(len(small().people))) - set(seen[-1][0].people.tolist())
    assert gone <= set(np.flatnonzero(run.log.unsubscribed).tolist()) and gone
    for (before, _), (after, _) in pairwise(seen):
        assert set(after.people.tolist()) <= set(before.people.tolist())


def test_places_go_to_who_is_answered_first_and_silence_expires() -> None:
    run = Run(small())
    mission = int(np.flatnonzero((small().missions.capacity == 2) & ~small().missions.dated)[0])
    people, settled = np.arange(4), np.array([3.0, 1.0, 2.0, 6.0])
    same = np.full(4, mission)
    answered = np.array([True, True, True, False])
    points = np.full(4, 500.0)
    run.log.applications.add(
        Applications(people, same, np.zeros(4, int), np.zeros(4, int), points, points, settled, answered, np.zeros(4, np.int8), answered)
    )
    run.answer(0)
    assert run.log.applications.state.tolist() == [REFUSED, ACCEPTED, ACCEPTED, EXPIRED]
    assert run.attention[:4].tolist() == [behaviour.DISAPPOINTMENT, 1.0, 1.0, behaviour.DISAPPOINTMENT]


def test_people_like_what_suits_them_more() -> None:
    chances = behaviour.chance(np.array([200.0, 400.0, 600.0, 800.0]))
    assert (np.diff(chances) > 0).all() and chances[-1] < behaviour.HIGHEST_CHANCE


def test_organisations_answer_soon_late_or_never() -> None:
    people = np.arange(20_000)
    in_time = [
        (behaviour.answer_delay(SEED, people, people, np.full(20_000, kind)) <= behaviour.EXPIRES_AFTER_DAYS).mean()
        for kind in range(len(behaviour.ORGANISATIONS))
    ]
    assert in_time[0] > 0.9 > in_time[1] > 0.5 > 0.1 > in_time[2]
