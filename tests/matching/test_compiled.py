"""What numba compiles gives what numpy gives, to the last point and in the same order; and the door to both."""

from __future__ import annotations

import ast
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import bot.matching
from bot.matching import blocks, engine, judge
from bot.matching.blocks import NO_MATCH, NOBODY
from bot.matching.columns import MissionColumns, VolunteerColumns
from bot.matching.model import MissionNeed, VolunteerProfile
from bot.settings import PROJECT
from tests.matching.crowds import TODAY, crowd

Lists = tuple[Any, Any]
LENGTHS = [1, 5, 40, 400]
"""The last is more than there are."""


def same(one: Lists, other: Lists) -> bool:
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.fixture(params=range(4))
def world(request: pytest.FixtureRequest) -> tuple[list[VolunteerProfile], list[MissionNeed]]:
    return crowd(100 + request.param, 250, 180)


@pytest.mark.parametrize("length", LENGTHS)
def test_lists_of_missions_are_the_same(compiled: ModuleType, world: Any, length: int) -> None:
    volunteers, missions = VolunteerColumns.of(world[0]), MissionColumns.of(world[1])
    dice = np.random.default_rng(length)
    for price in (None, dice.integers(-60, 400, len(missions)), np.full(len(missions), 5000)):
        wanted = blocks.best_missions(volunteers, missions, TODAY, length, price)
        assert same(compiled.best_missions(volunteers, missions, TODAY, length, price), wanted)


@pytest.mark.parametrize("length", LENGTHS)
def test_lists_of_volunteers_are_the_same(compiled: ModuleType, world: Any, length: int) -> None:
    volunteers, missions = VolunteerColumns.of(world[0]), MissionColumns.of(world[1])
    wanted = blocks.best_volunteers(volunteers, missions, TODAY, length)
    assert same(compiled.best_volunteers(volunteers, missions, TODAY, length), wanted)
    for row in range(0, len(missions), 20):
        alone = compiled.best_volunteers(volunteers, MissionColumns.of([world[1][row]]), TODAY, length)
        assert same(alone, (wanted[0][row : row + 1], wanted[1][row : row + 1]))


def test_every_pair_has_the_points_of_the_judge(compiled: ModuleType, world: Any) -> None:
    people, needs = world
    volunteers, missions = VolunteerColumns.of(people), MissionColumns.of(needs)
    for row, one in enumerate(people):
        said = [match.points if (match := judge.judge(one, need, TODAY)) else NO_MATCH for need in needs]
        found = compiled.points_of_one(volunteers, row, missions, TODAY)
        assert found.dtype == np.int32
        assert found.tolist() == said == blocks.points_of_one(volunteers, row, missions, TODAY).tolist()


def test_equal_points_stand_in_the_same_order(compiled: ModuleType) -> None:
    """Everybody and everything in one place: many pairs are worth the same, and lists are cut among them."""
    people, needs = crowd(9, 120, 120)
    people = [replace(one, latitude=33.57, longitude=-7.63, causes=("education",), skills=(), skills_known=False) for one in people]
    needs = [replace(one, latitude=33.57, longitude=-7.63, cause="education", slots=1 << one.mission_id % 3) for one in needs]
    volunteers, missions = VolunteerColumns.of(people), MissionColumns.of(needs)
    for length in (1, 3, 10):
        assert same(compiled.best_missions(volunteers, missions, TODAY, length), blocks.best_missions(volunteers, missions, TODAY, length))
        wanted = blocks.best_volunteers(volunteers, missions, TODAY, length)
        assert same(compiled.best_volunteers(volunteers, missions, TODAY, length), wanted)


def test_what_the_vocabulary_does_not_know_is_the_same_too(compiled: ModuleType) -> None:
    people, needs = crowd(12, 80, 80)
    needs = [replace(one, cause="juggling") if one.mission_id % 2 else replace(one, skills_required=("juggling",)) for one in needs]
    volunteers, missions = VolunteerColumns.of(people), MissionColumns.of(needs)
    wanted = blocks.best_missions(volunteers, missions, TODAY, 40)
    assert same(compiled.best_missions(volunteers, missions, TODAY, 40), wanted)
    assert (wanted[0] != NOBODY).any()


def test_a_place_that_cannot_be_written_to_is_no_hindrance(compiled: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    import numba

    from bot.matching import kernels

    compile_for_this_process = numba.njit

    def read_only(cache: bool = False, **options: Any) -> Any:
        if cache:
            raise RuntimeError("cannot cache function: no locator available for file")
        return compile_for_this_process(**options)

    monkeypatch.setattr(numba, "njit", read_only)
    assert kernels._kernel(lambda number: number + 1)(1) == 2


def test_kernels_take_no_number_from_another_file() -> None:
    """numba keeps what it compiled until that file changes: a weight that changes elsewhere must not be compiled into it."""
    tree = ast.parse((PROJECT / "bot" / "matching" / "kernels.py").read_text(encoding="utf-8"))
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert set(imported) == {"annotations", "Callable", "Any", "NamedTuple"}


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine as a process finds it when it starts."""
    monkeypatch.setattr(engine, "_in_use", blocks)


@pytest.mark.usefixtures("cold")
def test_without_numba_numpy_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    for module in ("compiled", "kernels"):
        monkeypatch.delitem(sys.modules, f"bot.matching.{module}", raising=False)
        monkeypatch.delattr(bot.matching, module, raising=False)
    assert engine.warm() is False
    assert engine.name() == "numpy"
    assert_answers_as_numpy()


@pytest.mark.usefixtures("cold")
def test_a_compiler_that_fails_stops_nobody(compiled: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(compiled, "warm", fail)
    assert engine.warm() is False
    assert engine.name() == "numpy"


@pytest.mark.usefixtures("cold", "compiled")
def test_what_is_warm_is_used() -> None:
    assert engine.name() == "numpy"
    assert engine.warm() is True
    assert engine.name() == "numba"
    assert engine.warm() is True
    assert_answers_as_numpy()


@pytest.mark.usefixtures("cold")
def test_what_is_warm_compiles_nothing_more(compiled: ModuleType) -> None:
    """Whoever writes to the bot does not wait for a compiler."""
    assert engine.warm()
    from bot.matching import kernels

    before = [len(kernel.signatures) for kernel in (kernels.lists, kernels.people_for, kernels.each)]
    assert_answers_as_numpy()
    assert [len(kernel.signatures) for kernel in (kernels.lists, kernels.people_for, kernels.each)] == before


def assert_answers_as_numpy() -> None:
    people, needs = crowd(3, 40, 30)
    volunteers, missions = VolunteerColumns.of(people), MissionColumns.of(needs)
    price = np.arange(len(needs))
    wanted = blocks.best_missions(volunteers, missions, TODAY, 5, price)
    assert same(engine.best_missions(volunteers, missions, TODAY, 5, price), wanted)
    assert same(engine.best_volunteers(volunteers, missions, TODAY, 5), blocks.best_volunteers(volunteers, missions, TODAY, 5))
    assert engine.points_of_one(volunteers, 7, missions, TODAY).tolist() == blocks.points_of_one(volunteers, 7, missions, TODAY).tolist()


def test_threads_share_the_work(compiled: ModuleType) -> None:
    people, needs = crowd(6, 200, 100)
    missions = MissionColumns.of(needs)
    parts = [VolunteerColumns.of(people[start : start + 50]) for start in range(0, 200, 50)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda part: compiled.best_missions(part, missions, TODAY, 10), parts))
    wanted = blocks.best_missions(VolunteerColumns.of(people), missions, TODAY, 10)
    assert same(tuple(np.concatenate(side) for side in zip(*found, strict=True)), wanted)


def test_columns_are_only_read(compiled: ModuleType) -> None:
    people, needs = crowd(4, 60, 60)
    volunteers, missions = VolunteerColumns.of(people), MissionColumns.of(needs)
    price = np.arange(len(needs))
    everything = [getattr(side, column.name) for side in (volunteers, missions) for column in fields(side)] + [price]
    before = [values.copy() for values in everything]
    compiled.best_missions(volunteers, missions, TODAY, 5, price)
    compiled.best_volunteers(volunteers, missions, TODAY, 5)
    compiled.points_of_one(volunteers, 0, missions, TODAY)
    assert all(np.array_equal(one, other) for one, other in zip(before, everything, strict=True))
