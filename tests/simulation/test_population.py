"""The made-up region: who lives where, how sparse offers are, how missions come and go."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from bot import vocabulary
from bot.matching import blocks
from bot.simulation.places import census, ground
from bot.simulation.population import volunteers
from bot.simulation.supply import CAPACITIES, FIRST_DIGEST, supply
from bot.simulation.world import Run, world


def test_every_commune_and_arrondissement_of_the_census_has_its_place() -> None:
    assert set(ground().names) == set(census()) and len(census()) == 168
    assert ground().people.sum() == 7_688_967
    assert all(vocabulary.place(name) for name in census())


def test_people_live_where_the_census_says() -> None:
    drawn = Counter((one.latitude, one.longitude) for one in volunteers(1, 20_000))
    place = ground().names.index("Sidi Moumen")
    share = sum(drawn[spot] for spot in ground().positions[place]) / 20_000
    assert share == pytest.approx(ground().people[place] / ground().people.sum(), abs=0.005)


def test_equal_seeds_make_equal_people_and_missions_and_others_others() -> None:
    assert volunteers(5, 50) == volunteers(5, 50) != volunteers(6, 50)
    assert supply(5, 30, 4).needs == supply(5, 30, 4).needs != supply(6, 30, 4).needs


def test_offers_are_sparse() -> None:
    people = volunteers(1, 2000)
    assert {len(one.causes) for one in people} == {1, 2, 3}
    assert max(len(one.skills) for one in people) == 3
    assert {bin(one.slots).count("1") for one in people} == {1, 2, 3, 4, 5}
    assert 0.01 < np.mean([one.mode == "remote" for one in people]) < 0.06


def test_about_as_many_missions_are_open_at_any_time() -> None:
    made = world(1, 10, 500, 8)
    run = Run(made)
    open_then = [len(run.view(week).live) for week in range(8)]
    assert open_then[0] > 490 and all(400 < count < 600 for count in open_then)
    assert len(set(run.view(7).live) - set(run.view(0).live)) > 200


def test_missions_are_possible() -> None:
    made = supply(1, 300, 6)
    for need, week in zip(made.needs, made.published, strict=True):
        assert need.slots and CAPACITIES[0][0] <= need.capacity <= CAPACITIES[-1][1]
        if need.starts_on:
            assert (need.starts_on - FIRST_DIGEST).days >= 7 * week and need.ends_on and need.ends_on >= need.starts_on
    assert (made.ended > made.published).all()


def test_few_pairs_fit_and_some_people_have_nothing() -> None:
    view = Run(world(2, 3000, 500, 1)).view(0)
    fits = blocks.points(view.volunteers, slice(0, 3000), view.missions, view.today) != blocks.NO_MATCH
    assert 0.015 < fits.mean() < 0.035
    assert 0.10 < (~fits.any(axis=1)).mean() < 0.25
