"""Organisations and the initiatives they publish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import vocabulary
from bot.services import subscriptions
from bot.services.profiles import Speaker, keep_person, person_of
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


def register(session: Session, speaker: Speaker, registration: Registration, at: datetime) -> Organisation:
    """Register an organisation; whoever does it speaks for it and receives its weekly list of volunteers.

    It is pending until staff validates it, or validated at once where ``ORGANISATION_VALIDATION`` is auto. The same name
    registered again by the same person is the same organisation, brought up to date.
    """
    person = keep_person(session, speaker, at)
    place = vocabulary.place(registration.place)
    if place is None:
        raise ValueError(f"unknown place {registration.place}")
    organisation = next((known for known in spoken_for(session, speaker.chat_id) if known.name == registration.name), None)
    if organisation is None:
        organisation = Organisation(state="pending", created_at=at)
        session.add(organisation)
    organisation.kind = registration.kind
    organisation.name = registration.name
    organisation.place = place.id
    organisation.latitude = place.latitude
    organisation.longitude = place.longitude
    organisation.causes = registration.causes
    organisation.services = registration.services
    session.flush()
    if settings().organisation_validation == "auto" and organisation.state == "pending":
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


def validate(session: Session, organisation_id: int, at: datetime) -> Organisation | None:
    """Staff's yes: the organisation's missions may be shown. Returns None where there is no such organisation."""
    organisation: Organisation | None = session.get(Organisation, organisation_id)
    if organisation is not None and organisation.state != "validated":
        organisation.state = "validated"
        organisation.validated_at = at
    return organisation


def spoken_for(session: Session, chat_id: int) -> list[Organisation]:
    """The organisations for which the person of a chat may act, the newest first."""
    query = (
        select(Organisation)
        .join(OrganisationMember)
        .join(Person, Person.id == OrganisationMember.person_id)
        .where(Person.chat_id == chat_id)
        .order_by(Organisation.id.desc())
    )
    return list(session.execute(query).scalars())


def speaks_for(session: Session, chat_id: int, organisation_id: int) -> bool:
    """Whether the person of a chat may act for an organisation: asked of the database before every action."""
    return any(organisation.id == organisation_id for organisation in spoken_for(session, chat_id))


def publish(session: Session, chat_id: int, organisation_id: int, need: Need, at: datetime) -> Mission:
    """Publish an initiative with its mission for an organisation.

    Raises PermissionError where the person does not speak for it, ValueError for an unknown place.
    """
    if person_of(session, chat_id) is None or not speaks_for(session, chat_id, organisation_id):
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
    mission = Mission(
        initiative_id=initiative.id,
        title=need.title,
        place=place.id,
        latitude=place.latitude,
        longitude=place.longitude,
        mode=need.mode,
        skills_required=need.skills,
        skills_welcome=(),
        spoken_languages=(),
        capacity=need.capacity,
        minimum_age=ADULT,
        framework="informal",
        slots=need.slots,
        starts_on=need.starts_on,
        ends_on=need.ends_on,
        time_from=need.time_from,
        time_to=need.time_to,
        state="published",
        created_at=at,
        changed_at=at,
    )
    session.add(mission)
    session.flush()
    return mission


def missions_of(session: Session, organisation_id: int) -> list[Mission]:
    """The missions of an organisation that are not over, the newest first."""
    query = (
        select(Mission)
        .join(Initiative)
        .where(Initiative.organisation_id == organisation_id, Mission.state.in_(("published", "full", "pending")))
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
