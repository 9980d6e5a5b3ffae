"""Whether a volunteer and a mission fit, and how well: the one place that says so, for a chat and for a night's digests.

Hard constraints exclude; points rank what is left. The weights follow docs/matching.md: the wish to serve a cause weighs most, then
what one can do and how near it is, then time and need, so that nothing is invented to please.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from bot.matching.geometry import metres, point
from bot.matching.model import Match, MissionNeed, Reason, VolunteerProfile
from bot.matching.slots import ALL

CAUSE_POINTS = (350, 260, 180)
"""By the rank of the cause among those of the volunteer; the last counts for all that follow."""
SKILL_POINTS = 200
DISTANCE_POINTS = 200
AVAILABILITY_POINTS = 150
NEED_POINTS = 100
SLOTS_FOR_ALL_POINTS = 4
"""So many common slots a week give all points of availability: one more changes little."""
FAR_SHARE = 0.75
"""Beyond this share of the radius, the distance is named as the weakness."""
URGENT_DAYS = 7
ANYWHERE_KM = 300
"""Beyond the region's ends."""
TEENS_FROM = 16
"""The younger of the ages of a teen: what is open from 17 on is not open to all of them."""
CHANGEABLE = frozenset({"time", "distance", "mode", "skill", "language"})
"""Constraints that a volunteer can widen."""


def obstacles(volunteer: VolunteerProfile, mission: MissionNeed, today: date) -> Iterator[str]:
    """The hard constraints that the pair breaks.

    paused, own, blocked, closed, past, full, then age, mode, language, skill, time, clash, distance. None: the pair is feasible.
    ``today`` is the local date.
    """
    yield from _shut(volunteer, mission, today)
    if volunteer.age_band == "teen" and mission.minimum_age > TEENS_FROM:
        yield "age"
    if volunteer.mode is not None and volunteer.mode != mission.mode:
        yield "mode"
    if mission.spoken_languages and volunteer.spoken_languages and not (set(mission.spoken_languages) & set(volunteer.spoken_languages)):
        yield "language"
    if volunteer.skills_known and not set(mission.skills_required) <= set(volunteer.skills):
        yield "skill"
    if not volunteer.slots & mission.slots:
        yield "time"
    elif not volunteer.free(mission):
        yield "clash"
    apart = apart_m(volunteer, mission)
    if apart is not None and apart > volunteer.radius_km * 1000:
        yield "distance"


def _shut(volunteer: VolunteerProfile, mission: MissionNeed, today: date) -> Iterator[str]:
    """What no change of his offer would open."""
    if volunteer.paused:
        yield "paused"
    if mission.organisation_id in volunteer.own_organisation_ids:
        yield "own"
    if mission.organisation_id in volunteer.blocked_organisation_ids:
        yield "blocked"
    if mission.mission_id in volunteer.closed_mission_ids:
        yield "closed"
    if mission.last_on is not None and mission.last_on < today:
        yield "past"
    if mission.taken >= mission.capacity:
        yield "full"


def obstacle(volunteer: VolunteerProfile, mission: MissionNeed, today: date) -> str | None:
    """The first of the :func:`obstacles`; None: the pair is feasible."""
    return next(obstacles(volunteer, mission, today), None)


def judge(volunteer: VolunteerProfile, mission: MissionNeed, today: date) -> Match | None:
    """The match of the pair with its reasons, or None where a hard constraint is broken."""
    if obstacle(volunteer, mission, today):
        return None
    apart = apart_m(volunteer, mission)
    common = volunteer.free(mission)
    reasons = [
        *_cause(volunteer, mission),
        *_skills(volunteer, mission),
        *_nearness(volunteer, mission, apart),
        Reason("availability", _availability_points(common), str(common)),
        *_need(mission, today),
    ]
    return Match(
        volunteer=volunteer,
        mission=mission,
        points=sum(reason.points for reason in reasons),
        reasons=tuple(sorted(reasons, key=lambda reason: -reason.points)),
        weakness=_weakness(volunteer, mission, apart, common),
        distance_km=None if apart is None else apart / 1000,
        common_slots=common,
    )


def just_outside(volunteer: VolunteerProfile, missions: Iterable[MissionNeed], kind: str, today: date) -> list[Match]:
    """The missions that nothing but one constraint (of :data:`CHANGEABLE`) keeps from the volunteer, the best first."""
    relaxed: dict[str, dict[str, Any]] = {
        "time": {"slots": ALL},
        "distance": {"radius_km": ANYWHERE_KM},
        "mode": {"mode": None},
        "skill": {"skills_known": False},
        "language": {"spoken_languages": ()},
    }
    wider = replace(volunteer, **relaxed[kind])
    return rank(judge(wider, mission, today) for mission in missions if list(obstacles(volunteer, mission, today)) == [kind])


def rank(matches: Iterable[Match | None]) -> list[Match]:
    """Feasible matches, best first; equal points by mission then person, so that the order never depends on chance."""
    found = [match for match in matches if match is not None]
    return sorted(found, key=lambda m: (-m.points, m.mission.mission_id, m.volunteer.person_id or 0))


def missions_for(volunteer: VolunteerProfile, missions: Iterable[MissionNeed], today: date) -> list[Match]:
    return rank(judge(volunteer, mission, today) for mission in missions)


def volunteers_for(mission: MissionNeed, volunteers: Iterable[VolunteerProfile], today: date) -> list[Match]:
    return rank(judge(volunteer, mission, today) for volunteer in volunteers)


def binding(volunteer: VolunteerProfile, missions: Iterable[MissionNeed], today: date) -> str | None:
    """The constraint that alone stands between the volunteer and most missions, where any does; else the one most often in the way.

    Only what the person can change is named: time, distance, mode, skill, language. None where no mission could ever suit.
    """
    alone: Counter[str] = Counter()
    among_others: Counter[str] = Counter()
    for mission in missions:
        found = list(obstacles(volunteer, mission, today))
        if set(found) <= CHANGEABLE:
            among_others.update(found)
            if len(found) == 1:
                alone.update(found)
    counts = alone or among_others
    return max(counts, key=lambda kind: (counts[kind], kind)) if counts else None


def apart_m(volunteer: VolunteerProfile, mission: MissionNeed) -> int | None:
    """Metres between the two; None where the distance plays no part."""
    if mission.mode == "remote" or volunteer.latitude is None or volunteer.longitude is None:
        return None
    return metres(point(volunteer.latitude, volunteer.longitude), point(mission.latitude, mission.longitude))


def _cause(volunteer: VolunteerProfile, mission: MissionNeed) -> list[Reason]:
    if mission.cause not in volunteer.causes:
        return []
    position = min(volunteer.causes.index(mission.cause), len(CAUSE_POINTS) - 1)
    return [Reason("cause", CAUSE_POINTS[position], mission.cause)]


def _skills(volunteer: VolunteerProfile, mission: MissionNeed) -> list[Reason]:
    wanted = tuple(dict.fromkeys((*mission.skills_required, *mission.skills_welcome)))
    common = [skill for skill in wanted if skill in volunteer.skills]
    if not common:
        return []
    share, rest = divmod(SKILL_POINTS * len(common) // len(wanted), len(common))
    return [Reason("skill", share + (rest if n == 0 else 0), skill) for n, skill in enumerate(common)]


def _nearness(volunteer: VolunteerProfile, mission: MissionNeed, apart: int | None) -> list[Reason]:
    if mission.mode == "remote":
        return [Reason("remote", DISTANCE_POINTS // 2)]
    if apart is None:
        return []
    # Four fifths of the points are lost on the way to the edge of the radius: what is still within it is still near enough.
    return [Reason("distance", DISTANCE_POINTS - DISTANCE_POINTS * 4 * apart // (volunteer.radius_km * 5000), str((apart + 500) // 1000))]


def _availability_points(common: int) -> int:
    return AVAILABILITY_POINTS * min(bin(common).count("1"), SLOTS_FOR_ALL_POINTS) // SLOTS_FOR_ALL_POINTS


def _need(mission: MissionNeed, today: date) -> list[Reason]:
    left = mission.capacity - mission.taken
    points = NEED_POINTS // 2 * left // mission.capacity
    if mission.starts_on is not None and 0 <= (mission.starts_on - today).days <= URGENT_DAYS:
        points += NEED_POINTS // 2
    return [Reason("need", points, str(left))] if points else []


def _weakness(volunteer: VolunteerProfile, mission: MissionNeed, apart: int | None, common: int) -> str | None:
    if volunteer.causes and mission.cause not in volunteer.causes:
        return "other_cause"
    if set(mission.skills_required) - set(volunteer.skills):
        return "skill_missing"
    if apart is not None and apart > FAR_SHARE * volunteer.radius_km * 1000:
        return "far"
    if bin(common).count("1") == 1 and bin(mission.slots).count("1") > 1:
        return "one_slot"
    return None
