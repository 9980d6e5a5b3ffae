"""What two sides want of each other: missions put aside, organisations left out, invitations to a mission."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, UniqueConstraint, text

from bot.store.base import Base, Instant


class Dismissal(Base):
    """A mission that a volunteer does not want to see again."""

    __tablename__ = "dismissals"
    __table_args__ = (UniqueConstraint("person_id", "mission_id"),)

    id = Column(Integer, primary_key=True)
    person_id = Column(Integer, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False)
    mission_id = Column(Integer, ForeignKey("missions.id", ondelete="CASCADE"), nullable=False, index=True)
    reason = Column(String(16))
    """too_far, not_my_cause, not_my_time, organisation or other; None: not said."""
    created_at = Column(Instant, nullable=False)


class Block(Base):
    """Two who shall not be matched any more, whoever of them wished it."""

    __tablename__ = "blocks"
    __table_args__ = (UniqueConstraint("person_id", "organisation_id", "wished_by"),)

    id = Column(Integer, primary_key=True)
    person_id = Column(Integer, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False)
    organisation_id = Column(Integer, ForeignKey("organisations.id", ondelete="CASCADE"), nullable=False, index=True)
    wished_by = Column(String(16), nullable=False)
    """volunteer or organisation."""
    created_at = Column(Instant, nullable=False)


class Proposal(Base):
    """An organisation asks a volunteer, whom it knows as an anonymous card, to a mission. One a volunteer and mission, for good."""

    __tablename__ = "proposals"
    __table_args__ = (UniqueConstraint("mission_id", "person_id"), Index("ix_proposals_state_created_at", "state", "created_at"))

    id = Column(Integer, primary_key=True)
    mission_id = Column(Integer, ForeignKey("missions.id", ondelete="CASCADE"), nullable=False)
    person_id = Column(Integer, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False, index=True)
    """The volunteer."""
    kind = Column(String(8), nullable=False, server_default=text("'invite'"))
    """invite: the organisation chose him. cover: somebody fell out shortly before, and those who fit are asked in small waves."""
    state = Column(String(16), nullable=False)
    """open, accepted, declined or expired."""
    created_at = Column(Instant, nullable=False)
    answered_at = Column(Instant)
    """When the volunteer answered, or it expired."""


class RelayMessage(Base):
    """What two who are committed to each other wrote through the bot; neither learns the other's account or number."""

    __tablename__ = "relay_messages"

    id = Column(Integer, primary_key=True)
    application_id = Column(Integer, ForeignKey("applications.id", ondelete="CASCADE"), nullable=False, index=True)
    person_id = Column(Integer, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False, index=True)
    """Whose words they are."""
    written_by = Column(String(16), nullable=False)
    """For which side: volunteer or organisation."""
    words = Column(String(1000), nullable=False)
    """Forgotten after 30 days, unless the thread was reported and waits for the team."""
    created_at = Column(Instant, nullable=False)
