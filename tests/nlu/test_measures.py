"""Measures against values worked out by hand."""

from __future__ import annotations

import pytest

from nlu.evaluation import measures

PAIRS = [("a", "a"), ("a", "b"), ("b", "b"), ("b", "b"), ("c", "a")]


def test_f1() -> None:
    assert measures.f1_by_label(PAIRS) == {"a": pytest.approx(0.5), "b": pytest.approx(0.8), "c": 0.0}
    assert measures.macro_f1(PAIRS) == pytest.approx(1.3 / 3)
    assert measures.accuracy(PAIRS) == pytest.approx(0.6)
    assert measures.macro_f1([]) == measures.accuracy([]) == 0


def test_confusions_name_the_most_frequent_first() -> None:
    assert measures.confusions([*PAIRS, ("a", "b")]) == [("a", "b", 2), ("c", "a", 1)]


def test_f1_of_multisets() -> None:
    scored = measures.f1_of_sets([["x", "x", "y"], []], [["x", "z"], ["y"]])
    assert scored["precision"] == pytest.approx(1 / 3)
    assert scored["recall"] == pytest.approx(1 / 3)
    assert scored["f1"] == pytest.approx(1 / 3)
    assert measures.f1_of_sets([[]], [[]])["f1"] == 1


@pytest.mark.parametrize(
    ("positive", "negative", "area"),
    [([3, 4], [1, 2], 1), ([1, 2], [3, 4], 0), ([1], [1], 0.5), ([2, 3], [1, 3], 0.625), ([], [1], 0)],
)
def test_auroc(positive: list[float], negative: list[float], area: float) -> None:
    assert measures.auroc(positive, negative) == pytest.approx(area)


def test_calibration() -> None:
    error, bins = measures.calibration([0.95, 0.95, 0.25, 1.0], [True, False, False, True])
    assert [row["count"] for row in bins] == [1, 3]
    assert error == pytest.approx((0.25 + 3 * abs(2.9 / 3 - 2 / 3)) / 4)


def test_quantile() -> None:
    assert measures.quantile([3, 1, 2, 4], 0.5) == 3
    assert measures.quantile([5], 0.95) == 5
    assert measures.quantile([], 0.5) == 0
