"""When: days, times of day, hours and dates of a message, put into a draft."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from actions.turn import Answer, Turn
from bot import clock
from bot.matching.slots import DAYS, TIMES, days_and_times, expand_days, slots_of, slots_of_dates
from bot.messages.outbox import Choice
from bot.vocabulary.hours import time_of_day
from bot.vocabulary.times import names_impossible_date

ANY_TIME = '/inform{"day": ["weekday", "weekend"]}'


def add_week(turn: Turn, draft: dict[str, Any]) -> None:
    """Merge weekdays and times of day into the draft's ``days`` and ``times``; a date counts as its weekday, a range as all of its."""
    dated = [day for value in turn.said.all("date") for day in _weekdays(value)]
    out = expand_days(turn.said.without("day"))
    days = expand_days((*draft.get("days", ()), *turn.said.all("day"), *dated))
    if out and not days:
        days = DAYS
    draft["days"] = [day for day in days if day not in out]
    times = set(turn.said.merged(draft.get("times", ()), "time_of_day"))
    refused = set(turn.said.without("time_of_day"))
    if refused and not times:
        times = set(TIMES[:3]) - refused
    draft["times"] = [time for time in TIMES if time in times]
    draft["when"] = bool(draft["days"] or draft["times"])


def _weekdays(value: str) -> list[str]:
    """The weekdays of a date or range that is still to come: "hier j'ai vu votre page" offers no Monday."""
    first, _, last = value.partition("/")
    ends_on = date.fromisoformat(last or first)
    starts_on = max(date.fromisoformat(first), clock.local_now().date())
    return [DAYS[(starts_on + timedelta(days=n)).weekday()] for n in range(min((ends_on - starts_on).days + 1, 7))]


def week_slots(draft: dict[str, Any]) -> int:
    return slots_of(draft.get("days", ()), draft.get("times", ()))


def draft_of_slots(slots: int) -> dict[str, Any]:
    """Days and times of a saved offer as a draft holds them. Exact for offers made here, where times are the same on all days."""
    named = list(days_and_times(slots))
    return {"days": [day for day, _ in named], "times": list(named[0][1]) if named else [], "when": bool(named)}


def add_dates(turn: Turn, draft: dict[str, Any]) -> str | None:
    """Put a date, a range or weekly days into the draft of a mission; the last word counts.

    Returns the key of the problem where a date is past or in no calendar.
    """
    dated, days = turn.said.last("date"), turn.said.all("day")
    if dated:
        first, _, last = dated.partition("/")
        if date.fromisoformat(last or first) < clock.local_now().date():
            return "date_past"
        draft.update(starts_on=first, ends_on=last or first, days=[])
    elif names_impossible_date(turn.text, clock.now()):
        return "date_impossible"
    elif days:
        draft.update(starts_on=None, ends_on=None, days=list(expand_days(days)))
    for key in ("time_from", "time_to"):
        if hour := turn.said.last(key):
            draft[key] = hour
    times = turn.said.all("time_of_day")
    if times:
        draft["times"] = list(times)
        if not turn.said.last("time_from"):
            draft.pop("time_from", None)
            draft.pop("time_to", None)
    elif turn.said.last("time_from"):
        draft["times"] = [time_of_day(int(str(draft["time_from"])[:2]))]
    draft["when"] = bool(draft.get("starts_on") or draft.get("days"))
    return None


def mission_slots(draft: dict[str, Any]) -> int:
    times = draft.get("times", ())
    if draft.get("starts_on"):
        first, last = date.fromisoformat(draft["starts_on"]), date.fromisoformat(draft["ends_on"])
        return slots_of_dates(first, last, times)
    return slots_of(draft.get("days", ()), times)


def week_choices(answer: Answer) -> list[Choice]:
    """Common answers to "when can you?"."""
    return [
        answer.choice("button_weekend", '/inform{"day": "weekend"}'),
        answer.choice("button_evenings", '/inform{"day": "weekday", "time_of_day": "evening"}'),
        answer.choice("button_mornings", '/inform{"time_of_day": "morning"}'),
        answer.choice("button_any_time", ANY_TIME),
    ]
