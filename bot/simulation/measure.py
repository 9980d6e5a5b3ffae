"""The figures of a run, all of them sums and shares of its log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bot.matching.columns import Vector
from bot.simulation.log import ACCEPTED, EXPIRED, REFUSED, Log

Figures = dict[str, float]


@dataclass(frozen=True)
class Measure:
    """What a figure is called, and whether it is a share (shown in per cent, compared in percentage points) or a number."""

    title: str
    is_share: bool = False


MEASURES: Mapping[str, Measure] = {
    "missions_served": Measure("missions with a volunteer"),
    "places_filled": Measure("places filled"),
    "refused": Measure("refused, of the applications answered", True),
    "refused_of_all": Measure("refused, of all applications", True),
    "expired": Measure("never answered, of all applications", True),
    "points_shown": Measure("utility shown (points)"),
    "utility_accepted": Measure("true utility of those accepted (points)"),
    "never_listed": Measure("people whom something fitted, never sent a list", True),
    "longest_wait": Measure("longest wait (empty lists in a row though something fitted)"),
    "never_accepted": Measure("people whom something fitted, never accepted", True),
    "inequality": Measure("inequality of filled places between missions (Gini)"),
    "applications": Measure("applications"),
    "attended": Measure("places taken up (accepted, and came)"),
    "ever_applied": Measure("people whom something fitted, who ever applied", True),
    "unsubscribed": Measure("people who unsubscribed", True),
    "nothing_fits": Measure("people whom nothing fits at the first digest", True),
}


def figures(log: Log) -> Figures:
    """All of :data:`MEASURES` for one run; shares are between 0 and 1."""
    applications = log.applications
    accepted = applications.state == ACCEPTED
    count = {state: int((applications.state == state).sum()) for state in (ACCEPTED, REFUSED, EXPIRED)}
    filled, fitted = log.places_filled(), log.feasible > 0
    people = len(fitted)

    def share_of_fitted(rows: Vector) -> float:
        return _share(int((rows & fitted).sum()), int(fitted.sum()))

    return {
        "missions_served": float((filled > 0).sum()),
        "places_filled": float(count[ACCEPTED]),
        "refused": _share(count[REFUSED], count[ACCEPTED] + count[REFUSED]),
        "refused_of_all": _share(count[REFUSED], len(applications.state)),
        "expired": _share(count[EXPIRED], len(applications.state)),
        "points_shown": float(log.points.sum()),
        "utility_accepted": float(applications.utility[accepted].sum()),
        "never_listed": share_of_fitted(log.listed == 0),
        "longest_wait": float(log.longest_wait.max(initial=0)),
        "never_accepted": share_of_fitted(np.bincount(applications.person[accepted], minlength=people) == 0),
        "inequality": gini(filled / log.capacity),
        "applications": float(len(applications.state)),
        "attended": float((accepted & applications.shows_up).sum()),
        "ever_applied": share_of_fitted(np.bincount(applications.person, minlength=people) > 0),
        "unsubscribed": float(log.unsubscribed.mean()),
        "nothing_fits": 1 - log.fitted_at_first,
    }


def filled_by_week(log: Log) -> list[int]:
    """Places filled by the applications of each week."""
    applications = log.applications
    return [int(n) for n in np.bincount(applications.week[applications.state == ACCEPTED], minlength=len(log.lists))]


def gini(values: Vector) -> float:
    """0 where all are equal, towards 1 where one has everything; 0 where there is nothing."""
    ordered = np.sort(np.asarray(values, np.float64))
    total = ordered.sum()
    if total == 0:
        return 0.0
    count = len(ordered)
    return float((2 * np.arange(1, count + 1) - count - 1) @ ordered / (count * total))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
