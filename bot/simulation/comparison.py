"""What the seeds say together: means of each policy, and how ours differs from each other, pair by pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bot.matching import fairness
from bot.simulation.intervals import Interval, difference, growth, interval
from bot.simulation.measure import MEASURES
from bot.simulation.policies import POLICIES
from bot.simulation.runs import Plan, SeedResult

OURS = "ours"
BASELINES = tuple(name for name in POLICIES if name != OURS)
CONSTANTS = (
    *("EXPECTED_PERMILLE", "EXPECTED_FOR_DAYS", "FREE_LOAD_PERMILLE", "PRICE_AT_FULL_LOAD", "HIGHEST_PRICE", "PRICE_IN_ORDER"),
    *("UNSEEN_POINTS", "SEEN_ENOUGH", "REPETITION_POINTS", "MOST_REPETITIONS", "NEAR_EQUAL_POINTS"),
)
"""Of bot.matching.fairness: what a report was made with."""


def of_policy(results: Sequence[SeedResult], policy: str, measure: str) -> list[float]:
    """One figure of a policy, a value a seed."""
    return [result.figures[policy][measure] for result in results]


def compared(results: Sequence[SeedResult], baseline: str, measure: str) -> Interval | None:
    """How ours differs: a share of the baseline for numbers, percentage points for shares; None where it cannot be said."""
    ours, theirs = of_policy(results, OURS, measure), of_policy(results, baseline, measure)
    return difference(ours, theirs) if MEASURES[measure].is_share else growth(ours, theirs)


def report(plan: Plan, results: Sequence[SeedResult]) -> dict[str, Any]:
    """Everything for report.json: the plan, the constants, means, differences, and each seed's figures."""
    return {
        "plan": asdict(plan),
        "constants": {name: getattr(fairness, name) for name in CONSTANTS},
        "policies": {
            policy: {measure: asdict(interval(of_policy(results, policy, measure))) for measure in MEASURES} for policy in POLICIES
        },
        "ours_against": {
            baseline: {measure: _asdict(compared(results, baseline, measure)) for measure in MEASURES} for baseline in BASELINES
        },
        "filled_by_week": {
            policy: [sum(weeks) / len(results) for weeks in zip(*(result.filled_by_week[policy] for result in results), strict=True)]
            for policy in POLICIES
        },
        "seeds": {str(result.seed): result.figures for result in results},
    }


def _asdict(found: Interval | None) -> dict[str, Any] | None:
    return None if found is None else asdict(found)
