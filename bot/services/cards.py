"""How missions, volunteers and matches read in a message: Telegram HTML in the register of whoever reads it."""

from __future__ import annotations

from datetime import date
from typing import Any

from babel.dates import format_date

from bot import vocabulary
from bot.matching.model import Match, Reason
from bot.matching.slots import DAYS, TIMES, bit, days_and_times
from bot.messages.outbox import Choice
from bot.store.models import Mission, Organisation, Volunteer
from bot.texts import Html, joined, text

REASONS_SHOWN = 3
# Babel has no ary. ar-MA has the months as Moroccans say them; Darija in Latin letters borrows the French ones, as people do.
_DATE_LOCALES = {"ar": "ar_MA", "fr": "fr_MA", "ary-Arab": "ar_MA", "ary-Latn": "fr_MA"}
BUTTON_LENGTH = 40
MAP = "https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=16/{latitude}/{longitude}"
"""Opens in whatever shows maps on a phone; asks for no account."""


def place(place_id: str, register: str) -> str:
    return vocabulary.label("place", place_id, register)


def short(title: str) -> str:
    """A title as it fits on a button."""
    return title if len(title) <= BUTTON_LENGTH else title[: BUTTON_LENGTH - 1].rstrip() + "…"


def labels(kind: str, ids: Any, register: str) -> str:
    """The labels of several ids in one line."""
    return joined(register, [vocabulary.label(kind, value, register) for value in ids])


def day(day_on: date, register: str) -> str:
    """A date as people say it, with its weekday."""
    return format_date(day_on, "EEEE d MMMM", locale=_DATE_LOCALES[register])


def month(day_on: date, register: str) -> str:
    """The month of a date with its year, as people say it."""
    return format_date(day_on, "LLLL y", locale=_DATE_LOCALES[register])


def week(slots: int, register: str) -> str:
    """Weekly slots in words: whole week, days, times; days with the same times are named together."""
    by_times: dict[tuple[str, ...], list[str]] = {}
    for name, times in days_and_times(slots):
        by_times.setdefault(times, []).append(name)
    parts = []
    for times, days in by_times.items():
        said_days = text(register, "every_day") if len(days) == 7 else labels("day", days, register)
        said_times = "" if set(times) >= set(TIMES[:3]) else " · " + labels("time_of_day", times, register)
        parts.append(said_days + said_times)
    return " ; ".join(parts) if register not in ("ar", "ary-Arab") else "؛ ".join(parts)


def when(mission: Mission, register: str) -> str:
    """When a mission is: its date or dates, or its weekly slots, with the hours where they are known."""
    if mission.starts_on is None:
        said = text(register, "every_week", slots=week(mission.slots, register))
    elif mission.ends_on in (None, mission.starts_on):
        return hours_of(mission, mission.starts_on, register)
    else:
        said = text(register, "from_to_dates", first=day(mission.starts_on, register), last=day(mission.ends_on, register))
    return said + _hours(mission, register)


def hours_of(mission: Mission, day_on: date, register: str) -> str:
    """One day of a mission with its hours, or its times of day."""
    return day(day_on, register) + (_hours(mission, register) or _times_of_day(mission, day_on, register))


def _hours(mission: Mission, register: str) -> str:
    if mission.time_from and mission.time_to:
        return " · " + text(register, "from_to_hours", first=mission.time_from, last=mission.time_to)
    if mission.time_from:
        return " · " + text(register, "from_hour", first=mission.time_from)
    return ""


def _times_of_day(mission: Mission, day_on: date, register: str) -> str:
    times = [t for t in TIMES if mission.slots & bit(DAYS[day_on.weekday()], t)]
    return " · " + labels("time_of_day", times, register) if 0 < len(times) < 3 else ""


def reason(found: Reason, match: Match, register: str, theirs: bool) -> str | None:
    """One reason in words, said to the volunteer ("your cause") or to the organisation (``theirs``: "his cause").

    None where it is not worth any words: what a mission needs is no news to its organisation.
    """
    key = f"reason_{found.kind}" + ("_theirs" if theirs else "")
    if found.kind in ("cause", "skill"):
        return text(register, key, None, **{found.kind: vocabulary.label(found.kind, found.value, register)})
    if found.kind == "distance":
        kilometres = int(found.value)
        near = "reason_near_theirs" if theirs else "reason_near"
        return text(register, key, count=kilometres) if kilometres >= 1 else text(register, near)
    if found.kind == "remote":
        return text(register, key)
    if found.kind == "availability":
        return text(register, key, slots=week(match.common_slots, register))
    return None if theirs else text(register, key, count=int(found.value))


def reasons(match: Match, register: str, theirs: bool = False) -> str:
    """The strongest reasons in one line."""
    said = [line for line in (reason(found, match, register, theirs) for found in match.reasons) if line]
    return joined(register, said[:REASONS_SHOWN])


def weakness(match: Match, register: str) -> str:
    """What speaks most against the match as a line of its own, or nothing."""
    return f"\n⚠️ {text(register, f'weakness_{match.weakness}')}" if match.weakness else ""


def where(mission: Mission, register: str) -> str:
    """Where a mission is: its place, or from home."""
    return text(register, "remote_place") if mission.mode == "remote" else place(mission.place, register)


def map_choice(mission: Mission, register: str) -> list[Choice]:
    """A button that shows where a mission is; none for what is done from home."""
    if mission.mode == "remote":
        return []
    url = MAP.format(latitude=mission.latitude, longitude=mission.longitude)
    return [Choice(text(register, "button_map"), url=url)]


def mission_card(position: int, mission: Mission, match: Match, register: str, answers: str | None = None) -> str:
    """A mission in a list: number, title, organisation, place, time, reasons, weakness, and how the organisation answers.

    Args:
        answers: the key of what is said about that; None: nothing.
    """
    organisation = mission.initiative.organisation
    return text(
        register,
        "mission_card",
        position=position,
        title=mission.title,
        organisation=organisation.name,
        place=where(mission, register),
        when=when(mission, register),
        reasons=Html(reasons(match, register)),
        weakness=Html(weakness(match, register) + (f"\n💬 {text(register, answers)}" if answers else "")),
    )


def outside_line(mission: Mission, match: Match, register: str) -> str:
    """A mission that almost fits, in one line."""
    far = "" if match.distance_km is None else " · " + text(register, "kilometres", count=round(match.distance_km))
    return text(
        register, "outside_line", title=mission.title, place=Html(where(mission, register) + far), when=Html(when(mission, register))
    )


def open_mission(mission: Mission, register: str) -> str:
    """A mission as anybody may see it, who need not have said anything of himself."""
    return text(register, "mission_open", **_facts(mission, register))


def open_mission_line(position: int, mission: Mission, register: str) -> str:
    """A mission in the list of one organisation."""
    return text(register, "mission_open_line", position=position, **_facts(mission, register))


def _facts(mission: Mission, register: str) -> dict[str, Any]:
    return {
        "title": mission.title,
        "organisation": mission.initiative.organisation.name,
        "cause": vocabulary.label("cause", mission.initiative.cause, register),
        "place": where(mission, register),
        "when": when(mission, register),
    }


def volunteer_card(position: int, volunteer: Volunteer, match: Match, mission: Mission, register: str) -> str:
    """A volunteer in an organisation's list: area, causes, skills, times and reasons, and neither name nor contact."""
    return text(
        register,
        "volunteer_card",
        position=position,
        facts=volunteer_facts(volunteer, register),
        title=mission.title,
        reasons=Html(reasons(match, register, theirs=True)),
    )


def volunteer_facts(volunteer: Volunteer, register: str) -> Html:
    """What an organisation may read of a volunteer: area, causes, skills, means, times."""
    lines = [f"📍 {text(register, 'around', place=place(volunteer.place, register))}"]
    if volunteer.causes:
        lines.append(f"❤️ {labels('cause', volunteer.causes, register)}")
    if volunteer.skills:
        lines.append(f"🛠 {labels('skill', volunteer.skills, register)}")
    if volunteer.means:
        lines.append(f"🎒 {labels('means', volunteer.means, register)}")
    lines.append(f"🗓 {week(volunteer.slots, register)}")
    return Html("\n".join(lines))


def organisation_card(organisation: Organisation, register: str) -> str:
    return text(
        register,
        "organisation_card",
        name=organisation.name,
        place=place(organisation.place, register),
        causes=labels("cause", organisation.causes, register),
    )
