"""What came of an accepted application: who took part, when, for how long."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, String, UniqueConstraint

from bot.store.base import Base, Instant


class Participation(Base):
    """A volunteer's part in a mission on one day. *Accepted* and *done* are two things: this is the second."""

    __tablename__ = "participations"
    __table_args__ = (
        UniqueConstraint("application_id", "took_place_on"),
        CheckConstraint("minutes > 0 AND minutes <= 1440", name="minutes_of_a_day"),
    )

    id = Column(Integer, primary_key=True)
    application_id = Column(Integer, ForeignKey("applications.id", ondelete="CASCADE"), nullable=False)
    took_place_on = Column(Date, nullable=False)
    """Legal time."""
    state = Column(String(16), nullable=False)
    """confirmed, attended, no_show, excused, or disputed: the organisation does not confirm it, and the team decides."""
    minutes = Column(Integer)
    """As the volunteer says; None: not said, or not attended."""
    told_by = Column(String(16), nullable=False)
    """volunteer, organisation, team or nobody: whose word the state is so far."""
    created_at = Column(Instant, nullable=False)
    changed_at = Column(Instant, nullable=False)
    checked_in_at = Column(Instant)
    """When the code of the spot was given; None: it was not."""


class PresenceCode(Base):
    """What an organisation shows on the spot, for one mission and day, so that whoever is there can say so."""

    __tablename__ = "presence_codes"
    __table_args__ = (UniqueConstraint("mission_id", "took_place_on"), UniqueConstraint("code"))

    id = Column(Integer, primary_key=True)
    mission_id = Column(Integer, ForeignKey("missions.id", ondelete="CASCADE"), nullable=False)
    took_place_on = Column(Date, nullable=False)
    """Legal time."""
    code = Column(String(8), nullable=False)
    created_at = Column(Instant, nullable=False)


class Reflection(Base):
    """What somebody took from a day of a mission, and what he would like next: his own, shown to nobody else."""

    __tablename__ = "reflections"
    __table_args__ = (UniqueConstraint("participation_id"),)

    id = Column(Integer, primary_key=True)
    participation_id = Column(Integer, ForeignKey("participations.id", ondelete="CASCADE"), nullable=False)
    learned = Column(String(300))
    """In his words; None: left out."""
    wish = Column(String(8))
    """again (the same), similar (something like it), more (something regular) or pause; None: left out."""
    created_at = Column(Instant, nullable=False)
    changed_at = Column(Instant, nullable=False)
