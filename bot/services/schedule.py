"""On which days missions take place: the agenda of the coming weeks, and the next time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from bot.clock import CASABLANCA
from bot.matching.slots import DAYS, days_and_times
from bot.store.models import Mission

WEEKS = 4


def weekdays(mission: Mission) -> tuple[str, ...]:
    """The days of the week on which a mission takes place, mon … sun; all of them where none is said."""
    return tuple(day for day, _ in days_and_times(mission.slots)) or DAYS


def days_of(mission: Mission, first: date, last: date) -> Iterator[date]:
    """The days of a mission from first to last, both included, legal time."""
    if mission.starts_on is not None:
        first, last = max(first, mission.starts_on), min(last, mission.ends_on or mission.starts_on)
        wanted: Sequence[str] = DAYS
    else:
        wanted = weekdays(mission)
    for ahead in range((last - first).days + 1):
        day = first + timedelta(days=ahead)
        if DAYS[day.weekday()] in wanted:
            yield day


def agenda(missions: Iterable[Mission], today: date) -> list[tuple[date, list[Mission]]]:
    """The coming four weeks, day by day, without the days on which nothing is; within a day by the hour, those without one first."""
    found: dict[date, list[Mission]] = {}
    for mission in missions:
        for day in days_of(mission, today, today + timedelta(days=7 * WEEKS - 1)):
            found.setdefault(day, []).append(mission)
    return [(day, sorted(found[day], key=lambda one: (one.time_from or "", one.id))) for day in sorted(found)]


def next_day(mission: Mission, today: date) -> date:
    """The day on which a mission takes place next; of one that is running today, today."""
    if mission.starts_on is not None:
        begins: date = mission.starts_on
        return max(today, begins)
    return next(days_of(mission, today, today + timedelta(days=6)))


def hours_of(mission: Mission, day: date) -> tuple[datetime | None, datetime | None]:
    """When a mission begins and ends on a day, legal time; None: not said. What ends before it begins, ends the day after."""
    begins, ends = _hour(mission.time_from), _hour(mission.time_to)
    if begins is None:
        return None, None
    first = datetime.combine(day, begins, CASABLANCA)
    if ends is None:
        return first, None
    return first, datetime.combine(day + timedelta(days=ends <= begins), ends, CASABLANCA)


def _hour(shown: str | None) -> time | None:
    try:
        return time.fromisoformat(shown) if shown else None
    except ValueError:
        return None
