"""Mutual aid: somebody asks for help, people nearby are asked in small waves, one of them helps."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import relationship

from bot.store.base import Base, Instant


class HelpRequest(Base):
    """What somebody needs. Only the area is shown, until one person is assigned; then that person sees the address too."""

    __tablename__ = "help_requests"
    __table_args__ = (Index("ix_help_requests_state_next_step_at", "state", "next_step_at"),)

    id = Column(Integer, primary_key=True)
    person_id = Column(Integer, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False, index=True)
    need = Column(String(300), nullable=False)
    """What is needed, in the person's own words; empty once it is forgotten."""
    place = Column(String(64), nullable=False)
    """Canonical place: the area, never the door."""
    latitude = Column(Float, nullable=False)
    longitude = Column(Float, nullable=False)
    urgency = Column(String(8), nullable=False)
    """now, today or week."""
    address = Column(String(200))
    """For the assigned helper alone; forgotten when the request is closed. None: not given."""
    state = Column(String(16), nullable=False)
    """searching, helper_found, closed."""
    outcome = Column(String(16))
    """fulfilled, failed or irrelevant; None until closed."""
    helper_id = Column(Integer, ForeignKey("persons.id", ondelete="SET NULL"), index=True)
    wave = Column(Integer, nullable=False)
    """How many waves of people were asked."""
    next_step_at = Column(Instant)
    """When the next wave leaves, "did it arrive?" is asked, or the request ends by itself; None: nothing is due."""
    reminded_at = Column(Instant)
    """When the asker was told the one thing that is told once in a state: that nobody is left to be asked (searching), or the
    question whether help arrived (helper_found). None: not yet."""
    created_at = Column(Instant, nullable=False)
    closed_at = Column(Instant)

    person = relationship("Person", foreign_keys=[person_id])


class HelpCall(Base):
    """One person asked to help with one request."""

    __tablename__ = "help_calls"
    __table_args__ = (UniqueConstraint("help_request_id", "person_id"),)

    id = Column(Integer, primary_key=True)
    help_request_id = Column(Integer, ForeignKey("help_requests.id", ondelete="CASCADE"), nullable=False)
    person_id = Column(Integer, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False, index=True)
    wave = Column(Integer, nullable=False)
    state = Column(String(16), nullable=False)
    """asked, accepted, declined (or given back later), or too_late (somebody else was faster, or the request is closed)."""
    asked_at = Column(Instant, nullable=False)
    answered_at = Column(Instant)
