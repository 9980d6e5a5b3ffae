"""What each policy puts first, and that all are given the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.matching.fairness import LIST_LENGTH
from bot.simulation.policies import NONE, POLICIES, Week, greedy, novelty, part, popularity
from bot.simulation.world import Run
from tests.simulation.worlds import played, small


@pytest.fixture(scope="module")
def week() -> Week:
    return Run(small()).view(0)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_list_has_what_fits_without_repeating_and_nothing_behind_its_end(week: Week, policy: str) -> None:
    lists = POLICIES[policy](week)
    assert lists.rows.shape == (len(week.people), LIST_LENGTH)
    for rows, feasible in zip(lists.rows.tolist(), lists.feasible, strict=True):
        found = [row for row in rows if row != NONE]
        assert rows == found + [NONE] * (LIST_LENGTH - len(found))
        assert len(set(found)) == len(found) and bool(found) == feasible


def test_all_policies_send_to_the_same_people_and_fill_lists_alike(week: Week) -> None:
    lengths = [(POLICIES[name](week).rows != NONE).sum(axis=1).tolist() for name in POLICIES]
    assert all(found == lengths[0] for found in lengths)


def test_greedy_is_by_points(week: Week) -> None:
    lists = greedy(week)
    assert all((np.diff(points[rows != NONE]) <= 0).all() for rows, points in zip(lists.rows, lists.points, strict=True))


def test_popularity_is_by_applications_first(week: Week) -> None:
    applied = np.arange(len(week.live)) % 7
    lists = popularity(replace(week, applied=applied))
    assert all((np.diff(applied[rows[rows != NONE]]) <= 0).all() for rows in lists.rows)
    assert lists.rows.tolist() != greedy(week).rows.tolist()


def test_novelty_makes_room_for_what_was_not_shown(week: Week) -> None:
    best = greedy(week).rows[:, 0]
    shown = np.zeros_like(week.shown_before)
    shown[np.flatnonzero(best != NONE), best[best != NONE]] = 3
    moved = novelty(replace(week, shown_before=shown)).rows[:, 0]
    assert (moved != best).any() and novelty(week).rows.tolist() == greedy(week).rows.tolist()


def test_policies_differ_in_what_comes_of_them() -> None:
    assert len({tuple(played(name).seen.tolist()) for name in POLICIES}) == len(POLICIES)


def test_a_part_of_the_people_has_what_is_theirs() -> None:
    run = Run(small())
    run.closed[5, :3] = run.closed[9, 2] = True
    volunteers = run.view(0).volunteers
    cut = part(volunteers, slice(100, 300))
    assert len(cut) == 200 and cut.person_id.tolist() == volunteers.person_id[100:300].tolist()
    for row in range(200):
        there = slice(volunteers.closed_from[100 + row], volunteers.closed_from[101 + row])
        assert cut.closed[cut.closed_from[row] : cut.closed_from[row + 1]].tolist() == volunteers.closed[there].tolist()
