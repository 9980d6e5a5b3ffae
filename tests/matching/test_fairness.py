"""How lists are built when many look at the same missions."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.matching import fairness
from bot.matching.columns import MissionColumns
from bot.matching.fairness import LIST_LENGTH, NEAR_EQUAL_POINTS, Demand, pick
from bot.matching.model import MissionNeed

CAUSES = ("education", "health", "environment", "elderly", "sport")


def columns(*organisations_and_causes: tuple[int, str], capacity: int = 2) -> MissionColumns:
    return MissionColumns.of(
        MissionNeed(n, organisation, 33.5, -7.6, cause, 1, capacity)
        for n, (organisation, cause) in enumerate(organisations_and_causes, start=1)
    )


def apart(count: int, capacity: int = 2) -> MissionColumns:
    """Missions of as many organisations, of all causes in turn."""
    return columns(*((n, CAUSES[n % len(CAUSES)]) for n in range(count)), capacity=capacity)


def seen_by_all(missions: MissionColumns) -> Demand:
    return Demand(missions, seen=np.full(len(missions), fairness.SEEN_ENOUGH))


def rows(*arguments: object, **named: object) -> list[int]:
    return [found.row for found in pick(*arguments, **named)]  # type: ignore[arg-type]


def test_the_best_come_first_and_equals_in_their_order() -> None:
    missions = apart(7)
    assert rows(range(7), [5, 9, 5, 7, 1, 2, 3], missions, seen_by_all(missions)) == [1, 3, 0, 2, 6]


def test_what_many_will_apply_to_is_dearer_and_gives_way() -> None:
    missions = apart(6)
    demand = seen_by_all(missions)
    before = demand.price(0)
    for _ in range(100):
        demand.show(0, 1)
    assert before == 0 and demand.price(0) == fairness.HIGHEST_PRICE
    assert rows(range(6), [700, 500, 490, 480, 470, 460], missions, demand)[0] == 1


def test_what_is_in_demand_moves_down_a_list_before_it_leaves_it() -> None:
    missions = apart(6, capacity=1)
    demand = seen_by_all(missions)
    for _ in range(12):
        demand.show(0, 1)
    price = demand.price(0)
    assert 0 < price < 150 < price * fairness.PRICE_IN_ORDER
    assert rows(range(6), [700, 550, 540, 530, 520, 510], missions, demand) == [1, 2, 3, 4, 0]


def test_the_same_interest_weighs_less_where_there_are_more_places() -> None:
    few, many = apart(1, capacity=1), apart(1, capacity=50)
    one, other = seen_by_all(few), seen_by_all(many)
    for _ in range(20):
        one.show(0, 1)
        other.show(0, 1)
    assert one.price(0) > other.price(0) == 0


def test_the_unseen_gains_and_no_more_than_its_bound() -> None:
    missions = apart(2)
    demand = Demand(missions, seen=np.array([0, 1000]))
    assert demand.prices().tolist() == [-fairness.UNSEEN_POINTS, 0]
    assert rows([0, 1], [440, 499], missions, demand) == [0, 1]
    assert rows([0, 1], [440, 501], missions, demand) == [1, 0]


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 40)), min_size=1, max_size=8))
def test_prices_of_all_are_the_price_of_each_and_bounded(state: list[tuple[int, int]]) -> None:
    demand = Demand(apart(len(state)), np.array([load for load, _ in state]), np.array([seen for _, seen in state]))
    assert demand.prices().tolist() == [demand.price(row) for row in range(len(state))]
    assert all(-fairness.UNSEEN_POINTS <= price <= fairness.HIGHEST_PRICE for price in demand.prices())


def test_one_of_an_organisation_while_others_are_nearly_as_good() -> None:
    missions = columns((1, "education"), (1, "health"), (2, "sport"), (3, "elderly"), (4, "environment"), (5, "sport"))
    assert rows(range(6), [600, 590, 580, 570, 560, 550], missions, seen_by_all(missions)) == [0, 2, 3, 4, 5]


def test_two_of_an_organisation_where_nothing_comes_near() -> None:
    missions = columns((1, "education"), (1, "health"), (2, "sport"))
    far = 590 - NEAR_EQUAL_POINTS - 1
    assert rows(range(3), [600, 590, far], missions, seen_by_all(missions)) == [0, 1, 2]


def test_two_of_a_cause_while_others_are_nearly_as_good() -> None:
    missions = columns(*((n, "education") for n in range(4)), (8, "health"), (9, "sport"))
    assert rows(range(6), [600, 595, 590, 585, 580, 575], missions, seen_by_all(missions)) == [0, 1, 4, 5, 2]


def test_not_the_same_list_as_last_time_unless_nothing_else_fits() -> None:
    missions = apart(7)
    demand = seen_by_all(missions)
    first = rows(range(7), [900, 890, 880, 870, 860, 100, 90], missions, demand)
    again = rows(range(7), [900, 890, 880, 870, 860, 100, 90], missions, demand, last_list=first)
    assert set(again) != set(first) and again == [0, 1, 2, 3, 5]
    assert set(rows(first, [900, 890, 880, 870, 860], missions, demand, last_list=first)) == set(first)


def test_what_was_shown_often_makes_room() -> None:
    missions = apart(6)
    demand = seen_by_all(missions)
    assert rows(range(6), [500, 490, 480, 470, 460, 450], missions, demand, shown_before={0: 2})[0] == 1


@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from(CAUSES), st.integers(1, 900)), max_size=12),
    st.sets(st.integers(0, 11)),
)
def test_a_list_holds_what_fits_each_once_and_as_many_as_there_are(found: list[tuple[int, str, int]], last: set[int]) -> None:
    missions = columns(*((organisation, cause) for organisation, cause, _ in found))
    chosen = pick(range(len(found)), [points for *_, points in found], missions, Demand(missions), last_list=last)
    assert len({one.row for one in chosen}) == len(chosen) == min(LIST_LENGTH, len(found))
    assert all(one.points == found[one.row][2] for one in chosen)


def test_choosing_changes_nothing_until_it_is_shown() -> None:
    missions = apart(6)
    demand = Demand(missions)
    before = demand.prices().tolist()
    chosen = pick(range(6), [1] * 6, missions, demand)
    assert demand.prices().tolist() == before
    for position, one in enumerate(chosen, start=1):
        demand.show(one.row, position)
    assert demand.prices().tolist() != before
