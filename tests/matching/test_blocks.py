"""Whole blocks of pairs have the points that the judge gives each pair, and the same lists."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.matching import blocks, judge
from bot.matching.blocks import NO_MATCH, NOBODY
from bot.matching.columns import MissionColumns, VolunteerColumns
from bot.matching.model import Commitment, MissionNeed, VolunteerProfile
from tests.matching.crowds import TODAY, crowd


@pytest.mark.parametrize("seed", range(4))
def test_every_pair_has_the_points_of_the_judge(seed: int) -> None:
    people, needs = crowd(seed, 150, 120)
    found = blocks.points(VolunteerColumns.of(people), slice(0, len(people)), MissionColumns.of(needs), TODAY)
    said = [[match.points if (match := judge.judge(one, need, TODAY)) else NO_MATCH for need in needs] for one in people]
    assert found.tolist() == said
    assert 0.02 < np.mean(found != NO_MATCH) < 0.5


@pytest.mark.parametrize("length", [1, 7, 500])
def test_lists_are_those_of_an_exhaustive_search(length: int) -> None:
    people, needs = crowd(11, 60, 90)
    volunteers, missions = VolunteerColumns.of(people), MissionColumns.of(needs)
    rows, worth = blocks.best_missions(volunteers, missions, TODAY, length)
    for n, one in enumerate(people):
        wanted = judge.missions_for(one, needs, TODAY)[:length]
        assert [missions.mission_id[row] for row in rows[n] if row != NOBODY] == [match.mission.mission_id for match in wanted]
        assert [points for points in worth[n] if points != NO_MATCH] == [match.points for match in wanted]
    rows, worth = blocks.best_volunteers(volunteers, missions, TODAY, length)
    for n, need in enumerate(needs):
        wanted = judge.volunteers_for(need, people, TODAY)[:length]
        assert [volunteers.person_id[row] for row in rows[n] if row != NOBODY] == [match.volunteer.person_id for match in wanted]
        assert [points for points in worth[n] if points != NO_MATCH] == [match.points for match in wanted]


def test_a_price_moves_a_mission_back_and_never_lets_one_in() -> None:
    people, needs = crowd(5, 80, 100)
    volunteers, missions = VolunteerColumns.of(people), MissionColumns.of(needs)
    price = np.arange(len(needs)) * 7 % 400 - 60
    rows, _ = blocks.best_missions(volunteers, missions, TODAY, 10, price)
    for n, one in enumerate(people):
        matches = judge.missions_for(one, needs, TODAY)
        wanted = sorted(matches, key=lambda match: (price[match.mission.mission_id - 1] - match.points, match.mission.mission_id))
        assert [missions.mission_id[row] for row in rows[n] if row != NOBODY] == [match.mission.mission_id for match in wanted[:10]]


def test_blocks_of_any_size_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    people, needs = crowd(6, 90, 40)
    volunteers, missions = VolunteerColumns.of(people), MissionColumns.of(needs)
    whole = [blocks.best_missions(volunteers, missions, TODAY, 5), blocks.best_volunteers(volunteers, missions, TODAY, 5)]
    monkeypatch.setattr(blocks, "PAIRS_AT_ONCE", 300)
    parts = [blocks.best_missions(volunteers, missions, TODAY, 5), blocks.best_volunteers(volunteers, missions, TODAY, 5)]
    for one, other in zip(whole, parts, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_nobody_and_nothing() -> None:
    people, needs = crowd(7, 3, 3)
    nobody, nothing = VolunteerColumns.of([]), MissionColumns.of([])
    rows, worth = blocks.best_missions(VolunteerColumns.of(people), nothing, TODAY, 5)
    assert (rows == NOBODY).all() and (worth == NO_MATCH).all() and rows.shape == (3, 5)
    rows, worth = blocks.best_volunteers(nobody, MissionColumns.of(needs), TODAY, 5)
    assert (rows == NOBODY).all() and (worth == NO_MATCH).all() and rows.shape == (3, 5)


def test_a_commitment_keeps_its_time() -> None:
    """On a Saturday morning that is given away nothing else is shown; a commitment of another day is no hindrance."""
    saturday_morning, sunday_morning = 1 << 20, 1 << 24
    need = MissionNeed(1, 1, 33.57, -7.63, "education", saturday_morning, 5)
    one = VolunteerProfile(1, 33.57, -7.63, slots=saturday_morning | sunday_morning)
    taken = replace(one, commitments=(Commitment(saturday_morning),))
    elsewhere = replace(one, commitments=(Commitment(sunday_morning),))
    found = blocks.points(VolunteerColumns.of([one, taken, elsewhere]), slice(0, 3), MissionColumns.of([need]), TODAY)
    assert (found[:, 0] == NO_MATCH).tolist() == [False, True, False]
    assert list(judge.obstacles(taken, need, TODAY)) == ["clash"]


def test_two_missions_of_one_number_are_refused() -> None:
    _, needs = crowd(8, 1, 1)
    with pytest.raises(ValueError, match="same id"):
        MissionColumns.of(needs * 2)
