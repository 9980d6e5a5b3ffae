"""The record as matching knows it: rows of the database read into profiles of volunteers and needs of missions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot import clock
from bot.matching.model import Commitment, MissionNeed, VolunteerProfile
from bot.services.organisations import ADULT
from bot.services.states import HOLDS_PLACE
from bot.store.models import (
    Application,
    Block,
    Dismissal,
    Initiative,
    Mission,
    Organisation,
    OrganisationMember,
    Participation,
    Person,
    Proposal,
    Volunteer,
)

READ_AT_ONCE = 5000
"""Rows fetched together, so that a region's volunteers are never all rows and profiles at once."""


def open_missions(session: Session, organisation_id: int | None = None, only: Any = None) -> list[MissionNeed]:
    """Published missions of validated organisations with the places taken, by id.

    Args:
        organisation_id: of this organisation alone, validated or not.
        only: a condition of SQL on missions, initiatives and organisations; None: all of them.
    """
    taken = (
        select(func.count())
        .where(Application.mission_id == Mission.id, Application.state.in_(HOLDS_PLACE))
        .correlate(Mission)
        .scalar_subquery()
    )
    query = (
        select(Mission, Initiative.cause, Initiative.organisation_id, taken)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .join(Organisation, Organisation.id == Initiative.organisation_id)
        .where(Mission.state == "published")
        .order_by(Mission.id)
    )
    query = query.where(Organisation.state == "validated" if organisation_id is None else Organisation.id == organisation_id)
    if only is not None:
        query = query.where(only)
    return [_need(*row) for row in session.execute(query)]


def open_mission(session: Session, mission_id: int) -> MissionNeed | None:
    """One mission that anybody may be shown, or None."""
    found = open_missions(session, only=Mission.id == mission_id)
    return found[0] if found else None


def _need(mission: Mission, cause: str, owner: int, taken: int) -> MissionNeed:
    return MissionNeed(
        mission_id=mission.id,
        organisation_id=owner,
        latitude=mission.latitude,
        longitude=mission.longitude,
        cause=cause,
        slots=mission.slots,
        capacity=mission.capacity,
        taken=taken,
        mode=mission.mode,
        skills_required=mission.skills_required,
        skills_welcome=mission.skills_welcome,
        spoken_languages=mission.spoken_languages,
        starts_on=mission.starts_on,
        ends_on=mission.ends_on,
        # Law 06-18: a contract takes an adult, whatever the mission says.
        minimum_age=mission.minimum_age if mission.framework == "informal" else max(mission.minimum_age, ADULT),
    )


def volunteer_profiles(session: Session, person_ids: Sequence[int] | None = None, today: date | None = None) -> list[VolunteerProfile]:
    """What matching knows of volunteers who can be reached, by id; of some only where their ids are given. Five queries."""
    return list(each_profile(session, person_ids, today))


def each_profile(session: Session, person_ids: Sequence[int] | None = None, today: date | None = None) -> Iterator[VolunteerProfile]:
    """As :func:`volunteer_profiles`, one after the other.

    Args:
        today: the local date from which on commitments bind; None: today's.
    """

    def of(column: Any) -> Any:
        return column == column if person_ids is None else column.in_(person_ids)

    day = today or clock.local_now().date()
    closed: dict[int, set[int]] = {}
    commitments: dict[int, list[Commitment]] = {}
    applied = (
        select(Application.person_id, Application.mission_id, Application.state, Mission.slots, Mission.starts_on, Mission.ends_on)
        .join(Mission, Mission.id == Application.mission_id)
        .where(of(Application.person_id))
    )
    for person_id, mission_id, state, slots, starts_on, ends_on in session.execute(applied):
        closed.setdefault(person_id, set()).add(mission_id)
        if state in HOLDS_PLACE and (starts_on is None or (ends_on or starts_on) >= day):
            commitments.setdefault(person_id, []).append(Commitment(slots, starts_on, ends_on))
    refused = select(Proposal.person_id, Proposal.mission_id).where(of(Proposal.person_id), Proposal.state == "declined")
    for put_aside in (select(Dismissal.person_id, Dismissal.mission_id).where(of(Dismissal.person_id)), refused):
        for person_id, mission_id in session.execute(put_aside):
            closed.setdefault(person_id, set()).add(mission_id)
    own = _grouped(
        session.execute(select(OrganisationMember.person_id, OrganisationMember.organisation_id).where(of(OrganisationMember.person_id)))
    )
    blocked = _grouped(session.execute(select(Block.person_id, Block.organisation_id).where(of(Block.person_id))))
    query = (
        select(
            Volunteer.person_id,
            Volunteer.latitude,
            Volunteer.longitude,
            Volunteer.radius_km,
            Volunteer.mode,
            Volunteer.causes,
            Volunteer.skills,
            Volunteer.spoken_languages,
            Volunteer.slots,
            Volunteer.age_band,
            Volunteer.paused,
        )
        .join(Person)
        .where(Person.blocked_at.is_(None), of(Volunteer.person_id))
        .order_by(Volunteer.person_id)
    )
    for row in session.execute(query.execution_options(yield_per=READ_AT_ONCE)):
        yield VolunteerProfile(
            **row._mapping,
            closed_mission_ids=frozenset(closed.get(row.person_id, ())),
            own_organisation_ids=frozenset(own.get(row.person_id, ())),
            blocked_organisation_ids=frozenset(blocked.get(row.person_id, ())),
            commitments=tuple(commitments.get(row.person_id, ())),
        )


def _grouped(pairs: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def is_beginning(session: Session, person_id: int) -> bool:
    """Whether somebody has not taken part in anything yet, as far as is known."""
    query = (
        select(Participation.id)
        .join(Application, Application.id == Participation.application_id)
        .where(Application.person_id == person_id, Participation.state == "attended")
        .limit(1)
    )
    return session.execute(query).first() is None


def missions_changed(kind_and_ids: Iterable[tuple[str, int]]) -> Any:
    """The condition of SQL for the missions that changes of missions, initiatives and organisations concern."""
    ids: dict[str, list[int]] = {}
    for kind, row_id in kind_and_ids:
        ids.setdefault(kind, []).append(row_id)
    columns = {"mission": Mission.id, "initiative": Mission.initiative_id, "organisation": Initiative.organisation_id}
    return or_(*(columns[kind].in_(found) for kind, found in ids.items()))
