"""Certificates: what an organisation confirmed of a volunteer's time, as printed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, String

from bot.store.base import Base, Instant


class Certificate(Base):
    """A certificate as it was handed out. What it says is kept as it was said then; only the word that it no longer holds is added."""

    __tablename__ = "certificates"
    __table_args__ = (CheckConstraint("minutes > 0", name="minutes_positive"),)

    id = Column(Integer, primary_key=True)
    number = Column(String(16), nullable=False, unique=True)
    """As bot.certificates.numbers makes it, without hyphens."""
    person_id = Column(Integer, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False, index=True)
    application_id = Column(Integer, ForeignKey("applications.id", ondelete="CASCADE"), nullable=False, index=True)
    name = Column(String(64), nullable=False)
    """The volunteer's, as printed."""
    organisation = Column(String(120), nullable=False)
    mission = Column(String(160), nullable=False)
    place = Column(String(64))
    """Canonical place; None: from home."""
    minutes = Column(Integer, nullable=False)
    """All that the organisation had confirmed of this mission."""
    first_on = Column(Date, nullable=False)
    last_on = Column(Date, nullable=False)
    """First and last day of those, legal time."""
    register = Column(String(8), nullable=False)
    """In which it was printed last."""
    issued_at = Column(Instant, nullable=False)
    confirmed_by = Column(String(16), nullable=False)
    """On whose word: organisation."""
    revoked_at = Column(Instant)
    """None: it holds."""
    revoked_reason = Column(String(200))
    """replaced (by one with more in it), or staff's words; None: it holds."""
