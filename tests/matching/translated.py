"""The oracle's people and tasks as the product knows them."""

from __future__ import annotations

from bot.matching.model import Commitment, MissionNeed, VolunteerProfile
from tests.matching.oracle import Giver, Task, bits


def profile(giver: Giver) -> VolunteerProfile:
    return VolunteerProfile(
        person_id=giver.number,
        latitude=giver.point[0] if giver.point else None,
        longitude=giver.point[1] if giver.point else None,
        radius_km=giver.radius_km,
        mode=giver.mode,
        causes=giver.causes,
        skills=tuple(sorted(giver.skills)),
        skills_known=giver.skills_known,
        spoken_languages=tuple(sorted(giver.languages)),
        slots=bits(giver.slots),
        age_band="adult" if min(giver.ages) >= 18 else "teen",
        paused=giver.paused,
        closed_mission_ids=giver.closed,
        own_organisation_ids=giver.own,
        blocked_organisation_ids=giver.blocked,
        commitments=tuple(Commitment(bits(busy.slots), busy.starts_on, busy.ends_on) for busy in giver.busy),
    )


def need(task: Task) -> MissionNeed:
    return MissionNeed(
        mission_id=task.number,
        organisation_id=task.organisation,
        latitude=task.point[0],
        longitude=task.point[1],
        cause=task.cause,
        slots=bits(task.slots),
        capacity=task.capacity,
        taken=task.taken,
        mode=task.mode,
        skills_required=task.required,
        skills_welcome=task.welcome,
        spoken_languages=tuple(sorted(task.languages)),
        starts_on=task.starts_on,
        ends_on=task.ends_on,
        minimum_age=task.minimum_age,
    )
