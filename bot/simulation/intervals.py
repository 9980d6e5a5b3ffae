"""Means of paired runs with their 95 % confidence intervals (Student's t)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

# The 97.5 % quantiles of Student's t for 1, 2, … 30 degrees of freedom.
_QUANTILES = (
    *(12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281),
    *(2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860),
    *(2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423),
)
_NORMAL = 1.959964


@dataclass(frozen=True)
class Interval:
    """A mean and its 95 % confidence interval; ``low`` and ``high`` are None for a single value."""

    mean: float
    low: float | None = None
    high: float | None = None


def quantile(freedom: int) -> float:
    """The 97.5 % quantile of Student's t for so many degrees of freedom, from 1."""
    if freedom <= len(_QUANTILES):
        return _QUANTILES[freedom - 1]
    # The first two terms of its expansion around the normal one (Abramowitz and Stegun 26.7.5): right to four digits from 30 on.
    first = (_NORMAL**3 + _NORMAL) / 4
    second = (5 * _NORMAL**5 + 16 * _NORMAL**3 + 3 * _NORMAL) / 96
    return _NORMAL + first / freedom + second / freedom**2


def interval(values: Sequence[float]) -> Interval:
    """Of the mean of independent values. Raises ValueError where there are none."""
    if not values:
        raise ValueError("no values")
    mean = fmean(values)
    if len(values) == 1:
        return Interval(mean)
    half = quantile(len(values) - 1) * stdev(values) / sqrt(len(values))
    return Interval(mean, mean - half, mean + half)


def difference(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """Of the mean difference of pairs."""
    return interval([one - other for one, other in zip(ours, theirs, strict=True)])


def growth(ours: Sequence[float], theirs: Sequence[float]) -> Interval | None:
    """Of the mean over pairs of how much larger ours is, as a share of theirs; None where one of theirs is 0."""
    if not all(theirs):
        return None
    return interval([one / other - 1 for one, other in zip(ours, theirs, strict=True)])
