"""Dice depend on what they are thrown for, and on nothing else."""

from __future__ import annotations

import numpy as np

from bot.simulation.dice import Purpose, exponential, normal, uniform

MANY = np.arange(50_000)


def test_the_same_throw_is_the_same_number_in_any_company_and_order() -> None:
    together = uniform(3, Purpose.APPLIES, MANY, 2 * MANY, 5)
    assert uniform(3, Purpose.APPLIES, MANY[::-1], 2 * MANY[::-1], 5)[::-1].tolist() == together.tolist()
    assert uniform(3, Purpose.APPLIES, np.array([17]), np.array([34]), 5)[0] == together[17]


def test_seed_purpose_and_each_key_count() -> None:
    throws = [
        uniform(3, Purpose.APPLIES, MANY, 5),
        uniform(4, Purpose.APPLIES, MANY, 5),
        uniform(3, Purpose.READS, MANY, 5),
        uniform(3, Purpose.APPLIES, MANY, 6),
        uniform(3, Purpose.APPLIES, 5, MANY),
    ]
    correlation = np.corrcoef(throws)
    assert np.abs(correlation - np.eye(len(throws))).max() < 0.03


def test_they_are_as_even_normal_and_exponential_as_they_say() -> None:
    even = uniform(1, Purpose.READS, MANY)
    assert even.min() >= 0 and even.max() < 1
    assert np.abs(np.histogram(even, 10, (0, 1))[0] / len(MANY) - 0.1).max() < 0.01
    bell = normal(1, Purpose.TASTE, MANY)
    assert abs(bell.mean()) < 0.02 and abs(bell.std() - 1) < 0.02
    delay = exponential(1, Purpose.ANSWER_DELAY, MANY)
    assert delay.min() >= 0 and abs(delay.mean() - 1) < 0.02
