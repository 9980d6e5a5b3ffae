"""Lists of matches, for whoever asks or is due: the record is read here, judged by bot.matching, and what was shown is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import vocabulary
from bot.clock import CASABLANCA
from bot.matching import fairness, judge
from bot.matching.model import Forecast, Match, MissionNeed, VolunteerProfile
from bot.services.organisations import ADULT, Need
from bot.store.models import (
    Application,
    Initiative,
    LastList,
    Mission,
    Organisation,
    OrganisationMember,
    Person,
    Recommendation,
    Volunteer,
)

LIST_LENGTH = 5
ORGANISATIONS_SHOWN = 2


def open_missions(session: Session, organisation_id: int | None = None) -> list[MissionNeed]:
    """Published missions of validated organisations, with the places taken; of one organisation where it is given."""
    taken = (
        select(Application.mission_id, func.count().label("taken"))
        .where(Application.state == "accepted")
        .group_by(Application.mission_id)
        .subquery()
    )
    query = (
        select(Mission, Initiative.cause, Initiative.organisation_id, func.coalesce(taken.c.taken, 0))
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .join(Organisation, Organisation.id == Initiative.organisation_id)
        .outerjoin(taken, taken.c.mission_id == Mission.id)
        .where(Mission.state == "published")
        .order_by(Mission.id)
    )
    query = query.where(Organisation.state == "validated" if organisation_id is None else Organisation.id == organisation_id)
    return [
        MissionNeed(
            mission_id=mission.id,
            organisation_id=owner,
            latitude=mission.latitude,
            longitude=mission.longitude,
            cause=cause,
            slots=mission.slots,
            capacity=mission.capacity,
            taken=count,
            mode=mission.mode,
            skills_required=mission.skills_required,
            skills_welcome=mission.skills_welcome,
            spoken_languages=mission.spoken_languages,
            starts_on=mission.starts_on,
            ends_on=mission.ends_on,
            # Law 06-18: a contract takes an adult, whatever the mission says.
            minimum_age=mission.minimum_age if mission.framework == "informal" else max(mission.minimum_age, ADULT),
        )
        for mission, cause, owner, count in session.execute(query)
    ]


def volunteer_profiles(session: Session, person_ids: Sequence[int] | None = None) -> list[VolunteerProfile]:
    """What matching knows of volunteers who can be reached; of some only where their ids are given. Three queries."""
    query = select(Volunteer).join(Person).where(Person.blocked_at.is_(None)).order_by(Volunteer.person_id)
    applied = select(Application.person_id, Application.mission_id)
    memberships = select(OrganisationMember.person_id, OrganisationMember.organisation_id)
    if person_ids is not None:
        query = query.where(Volunteer.person_id.in_(person_ids))
        applied = applied.where(Application.person_id.in_(person_ids))
        memberships = memberships.where(OrganisationMember.person_id.in_(person_ids))
    closed = _grouped(session.execute(applied))
    own = _grouped(session.execute(memberships))
    return [
        VolunteerProfile(
            person_id=row.person_id,
            latitude=row.latitude,
            longitude=row.longitude,
            radius_km=row.radius_km,
            mode=row.mode,
            causes=row.causes,
            skills=row.skills,
            spoken_languages=row.spoken_languages,
            slots=row.slots,
            age_band=row.age_band,
            paused=row.paused,
            closed_mission_ids=frozenset(closed.get(row.person_id, ())),
            own_organisation_ids=frozenset(own.get(row.person_id, ())),
        )
        for row in session.execute(query).scalars()
    ]


def _grouped(pairs: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def missions_for(session: Session, volunteer: VolunteerProfile, at: datetime) -> list[Match]:
    """Every mission that fits a volunteer or a search, best first."""
    return judge.missions_for(volunteer, open_missions(session), at.astimezone(CASABLANCA).date())


def binding(session: Session, volunteer: VolunteerProfile, at: datetime) -> str | None:
    """Why nothing was found: the constraint that binds, or None where there is no open mission."""
    return judge.binding(volunteer, open_missions(session), at.astimezone(CASABLANCA).date())


def just_outside(session: Session, volunteer: VolunteerProfile, kind: str, at: datetime) -> list[Match]:
    """The missions that nothing but one constraint keeps from a volunteer or a search, the best first."""
    return judge.just_outside(volunteer, open_missions(session), kind, at.astimezone(CASABLANCA).date())


def obstacles(session: Session, volunteer: VolunteerProfile, mission_id: int, at: datetime) -> list[str] | None:
    """What keeps a mission from a volunteer's list; empty: nothing does. None where there is no such open mission for anybody."""
    today = at.astimezone(CASABLANCA).date()
    mission = next((one for one in open_missions(session) if one.mission_id == mission_id), None)
    return None if mission is None else list(judge.obstacles(volunteer, mission, today))


def volunteers_for(session: Session, organisation_id: int, at: datetime) -> list[Match]:
    """The volunteers who fit an organisation's missions, each once with his best mission, best first."""
    today = at.astimezone(CASABLANCA).date()
    profiles = volunteer_profiles(session)
    best: dict[int | None, Match] = {}
    for mission in open_missions(session, organisation_id):
        for match in judge.volunteers_for(mission, profiles, today):
            known = best.get(match.volunteer.person_id)
            if known is None or match.points > known.points:
                best[match.volunteer.person_id] = match
    return judge.rank(best.values())


def forecast(session: Session, organisation_id: int, need: Need, at: datetime) -> Forecast:
    """Whom a need would suit if it were published as it stands. Raises ValueError for an unknown place."""
    place = vocabulary.place(need.place)
    if place is None:
        raise ValueError(f"unknown place {need.place}")
    mission = MissionNeed(
        mission_id=0,
        organisation_id=organisation_id,
        latitude=place.latitude,
        longitude=place.longitude,
        cause=need.cause,
        slots=need.slots,
        capacity=need.capacity,
        mode=need.mode,
        skills_required=tuple(need.skills),
        skills_welcome=tuple(need.skills_welcome),
        starts_on=need.starts_on,
        ends_on=need.ends_on,
        minimum_age=need.minimum_age,
    )
    return judge.forecast(mission, volunteer_profiles(session), at.astimezone(CASABLANCA).date())


def fitting_organisations(session: Session, volunteer: VolunteerProfile, leave_out: set[int]) -> list[Organisation]:
    """Validated organisations that share a cause with the volunteer, mission or not, the best shared cause first."""
    if not volunteer.causes:
        return []
    query = select(Organisation).where(Organisation.state == "validated").order_by(Organisation.id)
    ranked = []
    for organisation in session.execute(query).scalars():
        shared = [volunteer.causes.index(cause) for cause in organisation.causes if cause in volunteer.causes]
        if shared and organisation.id not in leave_out and organisation.id not in volunteer.own_organisation_ids:
            ranked.append((min(shared), organisation.id, organisation))
    return [organisation for _, _, organisation in sorted(ranked, key=lambda r: r[:2])[:ORGANISATIONS_SHOWN]]


def remember_list(session: Session, chat_id: int, kind: str, entries: Sequence[int], at: datetime) -> None:
    """Keep the list just shown to a chat, so that "the second one" means something, whoever showed it."""
    row = session.get(LastList, chat_id)
    if row is None:
        row = LastList(chat_id=chat_id)
        session.add(row)
    row.kind, row.entries, row.shown_at = kind, [str(entry) for entry in entries], at


def remember_matches(session: Session, matches: Sequence[Match], shown_to: str, digest_id: int | None, at: datetime) -> None:
    """Keep which matches were shown, at which place and for how many points. Searches without a profile leave no trace."""
    session.add_all(
        Recommendation(
            person_id=match.volunteer.person_id,
            mission_id=match.mission.mission_id,
            shown_to=shown_to,
            digest_id=digest_id,
            position=position,
            points=match.points,
            price=0.0,
            policy=fairness.POLICY,
            shown_at=at,
        )
        for position, match in enumerate(matches, start=1)
        if match.volunteer.person_id is not None
    )


def mission_named(session: Session, chat_id: int, reference: str) -> int | None:
    """The mission meant by a reference: its position in the last list shown to the chat, else its public number."""
    if not reference.isdecimal() or len(reference) > 9:
        return None
    shown = session.get(LastList, chat_id)
    if shown is not None and shown.kind in ("missions", "commitments", "initiatives") and 1 <= int(reference) <= len(shown.entries):
        return int(shown.entries[int(reference) - 1])
    shown_to_all = (
        select(Mission.id)
        .join(Initiative, Initiative.id == Mission.initiative_id)
        .join(Organisation, Organisation.id == Initiative.organisation_id)
        .where(Mission.id == int(reference), Mission.state == "published", Organisation.state == "validated")
    )
    known: int | None = session.execute(shown_to_all).scalar_one_or_none()
    return known
