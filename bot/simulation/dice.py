"""Dice that depend on what they are thrown for and not on how many were thrown before.

With them every policy meets the same luck: whether this person likes that mission this week is the same number whatever else was shown,
so that two policies differ by what they did alone (common random numbers).
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from bot.matching.columns import Vector

# SplitMix64 (Steele, Lea, Flood 2014): the constants are theirs.
_STEP, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_FRACTION_BITS = 53


class Purpose(IntEnum):
    """What is thrown for: dice of two purposes have nothing to do with each other."""

    ORDER = 1
    READS = 2
    TASTE = 3
    APPLIES = 4
    APPLICATION_DAY = 5
    ANSWERS = 6
    ANSWER_DELAY = 7
    ONCE_ONLY = 8
    NO_SHOW = 9
    UNSUBSCRIBES = 10
    READING_HABIT = 11


def _mixed(numbers: Vector) -> Vector:
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(_FIRST)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(_SECOND)
    return numbers ^ (numbers >> np.uint64(31))


def uniform(seed: int, purpose: int, *keys: Vector | int) -> Vector:
    """Numbers in [0, 1), one for each row of the keys (whole numbers from 0; arrays of one shape, or single numbers), as float64."""
    with np.errstate(over="ignore"):
        state = _mixed(np.array([seed * 1009 + purpose], np.uint64) * np.uint64(_STEP))
        for key in keys:
            state = _mixed((state + np.asarray(key).astype(np.uint64) + np.uint64(1)) * np.uint64(_STEP))
    found: Vector = (state >> np.uint64(64 - _FRACTION_BITS)) / float(1 << _FRACTION_BITS)
    return found


def normal(seed: int, purpose: int, *keys: Vector | int) -> Vector:
    """Numbers of the standard normal distribution, as :func:`uniform` (Box and Muller)."""
    radius = np.sqrt(-2 * np.log1p(-uniform(seed, purpose, *keys, 0)))
    found: Vector = radius * np.cos(2 * np.pi * uniform(seed, purpose, *keys, 1))
    return found


def exponential(seed: int, purpose: int, *keys: Vector | int) -> Vector:
    """Numbers of the exponential distribution of mean 1, as :func:`uniform`."""
    found: Vector = -np.log1p(-uniform(seed, purpose, *keys))
    return found
