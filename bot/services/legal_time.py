"""Legal time of Morocco for programs that keep calendars.

It went back for Ramadan each year, and on 20 September 2026 for good; the next decree may change it again. icalendar's own zones put some
of these changes at a wrong hour, so they are written here from the time zone data, with each change that those know of.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

from bot.clock import CASABLANCA

YEARS_AHEAD = 4
"""How far the changes of legal time are brought along; a calendar is fetched anew long before."""


@lru_cache(maxsize=4)
def zone(year: int) -> Timezone:
    """The zone as it is at the beginning of the year before, with each change since then."""
    zone = Timezone()
    zone.add("tzid", CASABLANCA.key)
    begin = datetime(year - 1, 1, 1, tzinfo=timezone.utc)
    zone.add_component(_observance(begin, begin))
    for before, after in _changes(begin, datetime(year + YEARS_AHEAD, 1, 1, tzinfo=timezone.utc)):
        zone.add_component(_observance(before, after))
    return zone


def _observance(before: datetime, after: datetime) -> Any:
    """What holds from ``after`` on; its beginning is told by the clock that was right until then."""
    offset_before, offset = _offset(before), _offset(after)
    # In Ramadan the clocks differed from standard time; since 20 September 2026 the same offset is standard time.
    found = TimezoneDaylight() if after.astimezone(CASABLANCA).dst() else TimezoneStandard()
    found.add("dtstart", (after + offset_before).replace(tzinfo=None))
    found.add("tzoffsetfrom", offset_before)
    found.add("tzoffsetto", offset)
    found.add("tzname", after.astimezone(CASABLANCA).tzname() or "")
    return found


def _offset(instant: datetime) -> timedelta:
    return instant.astimezone(CASABLANCA).utcoffset() or timedelta(0)


def _changes(begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Each change of legal time, as the instants an hour before and at it. Looked for by days, then by hours: changes are at full hours."""
    day = begin
    while day < end:
        if _offset(day) != _offset(day + timedelta(days=1)):
            hours = (day + timedelta(hours=hour) for hour in range(24))
            before = next(hour for hour in hours if _offset(hour) != _offset(hour + timedelta(hours=1)))
            yield before, before + timedelta(hours=1)
        day += timedelta(days=1)
