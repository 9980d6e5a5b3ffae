"""Organisations and the initiatives they publish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import vocabulary
from bot.services import subscriptions
from bot.services.admission import is_admitted
from bot.services.profiles import Speaker, keep_person
from bot.services.states import RUNNING
from bot.settings import settings
from bot.store.models import Initiative, Mission, Organisation, OrganisationMember, Person

ADULT = 18


@dataclass(frozen=True)
class Registration:
    """What an organisation says of itself."""

    kind: str
    name: str
    place: str
    causes: Sequence[str]
    services: str
    representative: str | None = None
    receipt: str | None = None


@dataclass(frozen=True)
class Need:
    """An initiative with its one mission, as drafted. ``starts_on`` None: every week in ``slots``."""

    title: str
    cause: str
    place: str
    slots: int
    capacity: int
    starts_on: date | None = None
    ends_on: date | None = None
    time_from: str | None = None
    time_to: str | None = None
    mode: str = "onsite"
    skills: Sequence[str] = ()
    """Without these nobody is asked."""
    skills_welcome: Sequence[str] = ()
    minimum_age: int = ADULT
    authorisation: str | None = None


def register(session: Session, speaker: Speaker, registration: Registration, at: datetime) -> Organisation:
    """Register an organisation; whoever does it speaks for it and receives its weekly list of volunteers.

    It is pending until staff validates it, or validated at once where ``ORGANISATION_VALIDATION`` is auto. The same name
    registered again by the same person is the same organisation, brought up to date; one that staff refused waits for them again.
    """
    person = keep_person(session, speaker, at)
    place = vocabulary.place(registration.place)
    if place is None:
        raise ValueError(f"unknown place {registration.place}")
    organisation = next((known for known in spoken_for(session, speaker.chat_id) if known.name == registration.name), None)
    was_refused = organisation is not None and organisation.state == "refused"
    if organisation is None:
        organisation = Organisation(state="pending", created_at=at)
        session.add(organisation)
    elif was_refused:
        organisation.state = "pending"
    organisation.kind = registration.kind
    organisation.name = registration.name
    organisation.place = place.id
    organisation.latitude = place.latitude
    organisation.longitude = place.longitude
    organisation.causes = registration.causes
    organisation.services = registration.services
    organisation.representative = registration.representative
    organisation.receipt = registration.receipt
    session.flush()
    if settings().organisation_validation == "auto" and organisation.state == "pending" and not was_refused:
        validate(session, organisation.id, at)
    add_member(session, organisation, person, at)
    return organisation


def add_member(session: Session, organisation: Organisation, person: Person, at: datetime) -> None:
    """Let a person speak for an organisation, and send him its list of volunteers."""
    known = session.execute(
        select(OrganisationMember.id).where(
            OrganisationMember.organisation_id == organisation.id, OrganisationMember.person_id == person.id
        )
    ).first()
    if known is None:
        session.add(OrganisationMember(organisation_id=organisation.id, person_id=person.id, created_at=at))
        subscriptions.subscribe(session, person.id, organisation.id, "weekly", at)


def members(session: Session, organisation_id: int) -> list[Person]:
    """Everybody who speaks for an organisation, and can and may be told."""
    query = (
        select(Person)
        .join(OrganisationMember, OrganisationMember.person_id == Person.id)
        .where(OrganisationMember.organisation_id == organisation_id, Person.blocked_at.is_(None), is_admitted(Person.chat_id))
        .order_by(Person.id)
    )
    return list(session.execute(query).scalars())


def validate(session: Session, organisation_id: int, at: datetime) -> Organisation | None:
    """Staff's yes: the organisation's missions may be shown. Returns None where there is no such organisation."""
    organisation: Organisation | None = session.get(Organisation, organisation_id)
    if organisation is not None and organisation.state != "validated":
        organisation.state = "validated"
        organisation.validated_at = at
    return organisation


def spoken_for(session: Session, chat_id: int) -> list[Organisation]:
    """The organisations for which the person of a chat may act, the newest first; none for somebody who is banned."""
    query = (
        select(Organisation)
        .join(OrganisationMember)
        .join(Person, Person.id == OrganisationMember.person_id)
        .where(Person.chat_id == chat_id, is_admitted(Person.chat_id))
        .order_by(Organisation.id.desc())
    )
    return list(session.execute(query).scalars())


def ids_spoken_for(chat_id: int) -> Any:
    """The ids of the organisations for which the person of a chat may act, as a subquery: ``Initiative.organisation_id.in_(…)``."""
    return (
        select(OrganisationMember.organisation_id)
        .join(Person, Person.id == OrganisationMember.person_id)
        .where(Person.chat_id == chat_id, is_admitted(Person.chat_id))
        .scalar_subquery()
    )


def speaks_for(session: Session, chat_id: int, organisation_id: int) -> bool:
    """Whether the person of a chat may act for an organisation: asked of the database before every action.

    The answer holds to the end of the transaction: on PostgreSQL the membership is locked against being taken away meanwhile.
    """
    query = (
        select(OrganisationMember.id)
        .join(Person, Person.id == OrganisationMember.person_id)
        .where(Person.chat_id == chat_id, OrganisationMember.organisation_id == organisation_id, is_admitted(Person.chat_id))
        .with_for_update(read=True, of=OrganisationMember)
    )
    return session.execute(query).first() is not None


def publish(session: Session, chat_id: int, organisation_id: int, need: Need, at: datetime) -> Mission:
    """Publish an initiative with its mission for an organisation.

    Raises PermissionError where the person does not speak for it, ValueError for an unknown place.
    """
    if not speaks_for(session, chat_id, organisation_id):
        raise PermissionError("not a member of this organisation")
    return insert(session, organisation_id, need, at)


def insert(session: Session, organisation_id: int, need: Need, at: datetime) -> Mission:
    """Write an initiative and its mission, without asking who does it. Raises ValueError for an unknown place."""
    place = vocabulary.place(need.place)
    if place is None:
        raise ValueError(f"unknown place {need.place}")
    initiative = Initiative(
        organisation_id=organisation_id,
        title=need.title,
        cause=need.cause,
        place=place.id,
        state="published",
        created_at=at,
    )
    session.add(initiative)
    session.flush()
    mission = Mission(initiative_id=initiative.id, spoken_languages=(), framework="informal", state="published", created_at=at)
    write(mission, need, at)
    session.add(mission)
    session.flush()
    return mission


def write(mission: Mission, need: Need, at: datetime) -> None:
    """Put a need into a mission, new or known. Raises ValueError for an unknown place."""
    place = vocabulary.place(need.place)
    if place is None:
        raise ValueError(f"unknown place {need.place}")
    mission.title = need.title
    mission.place, mission.latitude, mission.longitude = place.id, place.latitude, place.longitude
    mission.mode = need.mode
    mission.skills_required, mission.skills_welcome = need.skills, need.skills_welcome
    mission.capacity = need.capacity
    mission.minimum_age = need.minimum_age
    mission.authorisation = need.authorisation
    mission.slots = need.slots
    mission.starts_on, mission.ends_on = need.starts_on, need.ends_on
    mission.time_from, mission.time_to = need.time_from, need.time_to
    mission.changed_at = at


def missions_of(session: Session, organisation_id: int) -> list[Mission]:
    """The missions of an organisation that are not over, the newest first."""
    query = (
        select(Mission)
        .join(Initiative)
        .where(Initiative.organisation_id == organisation_id, Mission.state.in_(RUNNING))
        .order_by(Mission.id.desc())
    )
    return list(session.execute(query).scalars())


def is_validated(session: Session, organisation_id: int) -> bool:
    organisation = session.get(Organisation, organisation_id)
    return organisation is not None and organisation.state == "validated"


def preview(need: Need) -> Mission:
    """A need as a mission that is never saved, so that a summary and a card name its time in the same words."""
    return Mission(
        slots=need.slots,
        starts_on=need.starts_on,
        ends_on=need.ends_on,
        time_from=need.time_from,
        time_to=need.time_to,
    )
