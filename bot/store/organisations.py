"""Organisations, what they run and whom they look for."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import relationship

from bot.store.base import Base, Ids, Instant


class Organisation(Base):
    """An association, cooperative or institution."""

    __tablename__ = "organisations"

    id = Column(Integer, primary_key=True)
    kind = Column(String(16), nullable=False)
    name = Column(String(120), nullable=False)
    place = Column(String(64), nullable=False)
    latitude = Column(Float, nullable=False)
    longitude = Column(Float, nullable=False)
    causes = Column(Ids, nullable=False)
    services = Column(Text, nullable=False)
    """What it does for people, in its own words."""
    representative = Column(String(80))
    """Who represents it by law, as written on its papers; None: not said. For staff alone."""
    receipt = Column(String(80))
    """Number and date of the association's receipt (Dahir 1-58-376), or number in the register of cooperatives (law 112-12); None: not
    said. For staff alone."""
    state = Column(String(16), nullable=False)
    """draft, pending, validated, refused, flagged, withdrawn."""
    created_at = Column(Instant, nullable=False)
    validated_at = Column(Instant)

    members = relationship("OrganisationMember", back_populates="organisation")


class OrganisationMember(Base):
    """Somebody who may speak and decide for an organisation."""

    __tablename__ = "organisation_members"
    __table_args__ = (UniqueConstraint("organisation_id", "person_id"),)

    id = Column(Integer, primary_key=True)
    organisation_id = Column(Integer, ForeignKey("organisations.id", ondelete="CASCADE"), nullable=False)
    person_id = Column(Integer, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False, index=True)
    created_at = Column(Instant, nullable=False)

    organisation = relationship("Organisation", back_populates="members")
    person = relationship("Person")


class Initiative(Base):
    """What an organisation runs: a cause, a place, a story. Its needs are missions."""

    __tablename__ = "initiatives"

    id = Column(Integer, primary_key=True)
    organisation_id = Column(Integer, ForeignKey("organisations.id", ondelete="CASCADE"), nullable=False, index=True)
    title = Column(String(160), nullable=False)
    cause = Column(String(16), nullable=False)
    place = Column(String(64), nullable=False)
    state = Column(String(16), nullable=False)
    """draft, pending, published, full, finished, cancelled, flagged."""
    created_at = Column(Instant, nullable=False)

    organisation = relationship("Organisation")


class Mission(Base):
    """A need inside an initiative. Its id is its public number."""

    __tablename__ = "missions"
    __table_args__ = (
        CheckConstraint("capacity > 0", name="capacity_positive"),
        CheckConstraint("minimum_age >= 0", name="age_not_negative"),
    )

    id = Column(Integer, primary_key=True)
    initiative_id = Column(Integer, ForeignKey("initiatives.id", ondelete="CASCADE"), nullable=False, index=True)
    title = Column(String(160), nullable=False)
    place = Column(String(64), nullable=False)
    latitude = Column(Float, nullable=False)
    longitude = Column(Float, nullable=False)
    mode = Column(String(8), nullable=False)
    """onsite or remote."""
    skills_required = Column(Ids, nullable=False)
    skills_welcome = Column(Ids, nullable=False)
    spoken_languages = Column(Ids, nullable=False)
    """One of these is needed; empty: any."""
    capacity = Column(Integer, nullable=False)
    minimum_age = Column(Integer, nullable=False)
    framework = Column(String(16), nullable=False)
    """informal, or contract_06_18 (law 06-18: written contract, 18 or older)."""
    authorisation = Column(String(80))
    """Where money is collected or aid distributed to the public: the prior authorisation (law 18-18); None: none is needed, or not said."""
    slots = Column(Integer, nullable=False)
    """Weekly slots as bits (bot.matching.slots); for dated missions those of its dates."""
    starts_on = Column(Date)
    """First day, legal time; None: every week, without an end."""
    ends_on = Column(Date)
    """Last day, included; None where starts_on is None."""
    time_from = Column(String(5))
    time_to = Column(String(5))
    """HH:MM, legal time; None: not said."""
    state = Column(String(16), nullable=False, index=True)
    """draft, pending, published, full, finished, cancelled, flagged."""
    created_at = Column(Instant, nullable=False)
    changed_at = Column(Instant, nullable=False)

    initiative = relationship("Initiative")


class Application(Base):
    """A volunteer's wish to join a mission. One a volunteer and mission, for good."""

    __tablename__ = "applications"
    __table_args__ = (UniqueConstraint("mission_id", "person_id"),)

    id = Column(Integer, primary_key=True)
    mission_id = Column(Integer, ForeignKey("missions.id", ondelete="CASCADE"), nullable=False)
    person_id = Column(Integer, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False, index=True)
    state = Column(String(16), nullable=False, index=True)
    """pending, waiting, offered, accepted, declined, withdrawn, expired (bot.services.states)."""
    note = Column(String(200))
    """On what terms the volunteer would come, in his words ("only from three o'clock"); None: on the mission's own."""
    closed_reason = Column(String(16))
    """Why it was withdrawn (no_answer, not_expected, not_available, other) or declined without a look (mission_closed), or expired
    (mission_over: the organisation still owed an answer; waited, terms: it did not); None: not said."""
    created_at = Column(Instant, nullable=False)
    answered_at = Column(Instant)
    """When the organisation answered, the volunteer took it back, or it expired."""
    counter = Column(String(200))
    """On what terms the organisation would take him, in its words, while his answer to that is waited for; and kept where he agreed."""
    countered_at = Column(Instant)
    """When it said so; None: it did not."""
    nudged_at = Column(Instant)
    """When the organisation was reminded that somebody waits for its answer."""
    offered_until = Column(Instant)
    """Until when a place that fell free is kept for whoever waited for it; None: none is."""
    reminded_on = Column(Date)
    """The day of the mission of which the volunteer was reminded, legal time."""
    asked_on = Column(Date)
    """The day of the mission of which was asked whether he took part, legal time."""

    mission = relationship("Mission")
    person = relationship("Person")
