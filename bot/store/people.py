"""Volunteers, consents and subscriptions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Float, ForeignKey, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import relationship

from bot.store.base import Base, Ids, Instant

REGISTERS = ("ar", "fr", "ary-Arab", "ary-Latn")


class Person(Base):
    """Somebody who agreed to be kept: a volunteer, somebody who speaks for an organisation, or both."""

    __tablename__ = "persons"

    id = Column(Integer, primary_key=True)
    chat_id = Column(BigInteger, nullable=False, unique=True)
    """Telegram's id of the private chat, which is the account's id too. 64 bits."""
    first_name = Column(String(64), nullable=False)
    register = Column(String(8), nullable=False)
    """The register of the last message, in which digests and notices are written."""
    created_at = Column(Instant, nullable=False)
    blocked_at = Column(Instant)
    """When the person blocked the bot; None while messages arrive."""

    volunteer = relationship("Volunteer", back_populates="person", uselist=False)

    @property
    def known_as(self) -> str:
        """The name that organisations read: that of the offer; Telegram's where there is none any more."""
        return str(self.volunteer.first_name if self.volunteer else self.first_name)


class Volunteer(Base):
    """What a person offers. One a person."""

    __tablename__ = "volunteers"
    __table_args__ = (CheckConstraint("radius_km > 0", name="radius_positive"),)

    person_id = Column(Integer, ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True)
    first_name = Column(String(64), nullable=False)
    """The name shown to an organisation once the volunteer applied."""
    place = Column(String(64), nullable=False)
    """Canonical place; the coordinates are the place's own, or those of a location shared, rounded to about 1 km."""
    latitude = Column(Float, nullable=False)
    longitude = Column(Float, nullable=False)
    radius_km = Column(Integer, nullable=False)
    mode = Column(String(8))
    """onsite or remote; None when both suit."""
    causes = Column(Ids, nullable=False)
    """In the order of preference."""
    skills = Column(Ids, nullable=False)
    means = Column(Ids, nullable=False)
    spoken_languages = Column(Ids, nullable=False)
    slots = Column(Integer, nullable=False)
    """The 28 weekly slots that suit, as bits (bot.matching.slots)."""
    age_band = Column(String(8), nullable=False, server_default=text("'adult'"))
    """adult (18 and older), teen (16 and 17) or child (younger); a birthday is nobody's business."""
    paused = Column(Boolean, nullable=False, default=False)
    created_at = Column(Instant, nullable=False)
    changed_at = Column(Instant, nullable=False)

    person = relationship("Person", back_populates="volunteer")


class Consent(Base):
    """A yes of a person: to what, when, after which notice, to whom and until when."""

    __tablename__ = "consents"

    id = Column(Integer, primary_key=True)
    person_id = Column(Integer, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False, index=True)
    purpose = Column(String(32), nullable=False)
    """profile: keeping what was said. application: showing first name and area to the organisation. aid: showing need and area of a
    help request to people nearby, and first name and address to the one who helps."""
    organisation_id = Column(Integer, ForeignKey("organisations.id", ondelete="CASCADE"))
    """To whom; None means the service itself."""
    notice_version = Column(String(16), nullable=False)
    given_at = Column(Instant, nullable=False)
    withdrawn_at = Column(Instant)
    expires_at = Column(Instant)
    """None: until withdrawn."""


class Subscription(Base):
    """A periodic list that a person receives: missions for a volunteer, volunteers for an organisation."""

    __tablename__ = "subscriptions"
    __table_args__ = (UniqueConstraint("person_id", "audience"),)

    id = Column(Integer, primary_key=True)
    person_id = Column(Integer, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False)
    audience = Column(String(32), nullable=False)
    """"volunteer", or "organisation:ID"."""
    organisation_id = Column(Integer, ForeignKey("organisations.id", ondelete="CASCADE"))
    frequency = Column(String(8), nullable=False)
    """daily, weekly or monthly."""
    next_due_at = Column(Instant, index=True)
    """From when the next list is due; None: at the next run."""
    ended_at = Column(Instant)
    told_nothing_at = Column(Instant)
    """When the person was told that nothing fits and why; None: not since the last list that held something."""
    ended_reason = Column(String(32))
    """too_many, nothing_fits, no_time, inconvenient, blocked, other."""

    person = relationship("Person")
