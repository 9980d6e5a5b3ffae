"""Keeping what a volunteer offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import vocabulary
from bot.services import subscriptions
from bot.store.models import Consent, Person, Volunteer

NOTICE_VERSION = "2026-11"
"""Version of the privacy notice (texts ``consent_ask`` and ``faq_personal_data``); a new one is asked for again."""
DEFAULT_RADIUS_KM = 10
MAX_RADIUS_KM = 150
NAME_LENGTH = 64


@dataclass(frozen=True)
class Speaker:
    """Who talks to us, as the transport knows it: the private chat, the first name shown there, the register spoken."""

    chat_id: int
    first_name: str
    register: str


@dataclass(frozen=True)
class Offer:
    """What a volunteer offers. ``latitude`` and ``longitude`` are those of a location shared; None: the place's own."""

    first_name: str
    place: str
    causes: Sequence[str]
    skills: Sequence[str]
    slots: int
    means: Sequence[str] = ()
    spoken_languages: Sequence[str] = ()
    mode: str | None = None
    radius_km: int = DEFAULT_RADIUS_KM
    latitude: float | None = None
    longitude: float | None = None
    age_band: str = "adult"
    """adult, or teen: 16 or 17. Of younger people nothing is kept."""


def person_of(session: Session, chat_id: int) -> Person | None:
    """The person of a chat, or None while nothing is kept."""
    found: Person | None = session.execute(select(Person).where(Person.chat_id == chat_id)).scalar_one_or_none()
    return found


def keep_person(session: Session, speaker: Speaker, at: datetime) -> Person:
    """The person of a chat, made where none was; the consent just given is kept where none to the notice in force was."""
    person = person_of(session, speaker.chat_id)
    if person is None:
        person = Person(
            chat_id=speaker.chat_id,
            first_name=speaker.first_name[:NAME_LENGTH] or "…",
            register=speaker.register,
            created_at=at,
        )
        session.add(person)
        session.flush()
    if not has_consent(session, speaker.chat_id):
        session.add(Consent(person_id=person.id, purpose="profile", notice_version=NOTICE_VERSION, given_at=at))
    if person.blocked_at is not None:
        # Who speaks to us has let us in again, even where Telegram's word of it never came.
        subscriptions.unblock(session, speaker.chat_id, at)
    person.register = speaker.register
    return person


def has_consent(session: Session, chat_id: int) -> bool:
    """Whether the person agreed to the notice in force."""
    return (
        session.execute(
            select(Consent.id)
            .join(Person, Person.id == Consent.person_id)
            .where(
                Person.chat_id == chat_id,
                Consent.purpose == "profile",
                Consent.notice_version == NOTICE_VERSION,
                Consent.withdrawn_at.is_(None),
            )
        ).first()
        is not None
    )


def consent_of(session: Session, chat_id: int) -> datetime | None:
    """When the person agreed to be kept, the last time; None: not, or not any more."""
    query = (
        select(Consent.given_at)
        .join(Person, Person.id == Consent.person_id)
        .where(Person.chat_id == chat_id, Consent.purpose == "profile", Consent.withdrawn_at.is_(None))
        .order_by(Consent.id.desc())
    )
    given: datetime | None = session.execute(query).scalars().first()
    return given


def offer_of(session: Session, chat_id: int) -> Offer | None:
    """The saved offer of the person of a chat, or None."""
    person = person_of(session, chat_id)
    row = session.get(Volunteer, person.id) if person else None
    if row is None:
        return None
    return Offer(
        first_name=row.first_name,
        place=row.place,
        causes=row.causes,
        skills=row.skills,
        slots=row.slots,
        means=row.means,
        spoken_languages=row.spoken_languages,
        mode=row.mode,
        radius_km=row.radius_km,
        latitude=row.latitude,
        longitude=row.longitude,
        age_band=row.age_band,
    )


def save_offer(session: Session, speaker: Speaker, offer: Offer, at: datetime) -> Volunteer:
    """Keep or replace the offer of a volunteer; the first one subscribes him to the weekly list.

    Raises ValueError where the place is unknown, or the volunteer a child: drafts are checked before.
    """
    if offer.age_band not in ("adult", "teen"):
        raise ValueError(f"nothing is kept of a {offer.age_band}")
    place = vocabulary.place(offer.place)
    if place is None:
        raise ValueError(f"unknown place {offer.place}")
    person = keep_person(session, speaker, at)
    person.first_name = offer.first_name[:NAME_LENGTH]
    known = session.get(Volunteer, person.id)
    volunteer = known or Volunteer(person_id=person.id, created_at=at, paused=False)
    volunteer.first_name = offer.first_name[:NAME_LENGTH]
    volunteer.place = place.id
    volunteer.latitude = place.latitude if offer.latitude is None else offer.latitude
    volunteer.longitude = place.longitude if offer.longitude is None else offer.longitude
    volunteer.radius_km = max(1, min(offer.radius_km, MAX_RADIUS_KM))
    volunteer.mode = offer.mode
    volunteer.causes = offer.causes
    volunteer.skills = offer.skills
    volunteer.means = offer.means
    volunteer.spoken_languages = offer.spoken_languages
    volunteer.slots = offer.slots
    volunteer.age_band = offer.age_band
    volunteer.changed_at = at
    if known is None:
        session.add(volunteer)
        subscriptions.subscribe(session, person.id, None, "weekly", at)
    session.flush()
    return volunteer
