"""People's words to the team, the team's to people, and rights over what is kept."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Text

from bot.store.base import Base, Instant


class Handoff(Base):
    """A conversation in which a person was asked for; the bot goes on, and says when somebody will read."""

    __tablename__ = "handoffs"
    __table_args__ = (Index("ix_handoffs_state_opened_at", "state", "opened_at"),)

    id = Column(Integer, primary_key=True)
    chat_id = Column(BigInteger, nullable=False, index=True)
    reason = Column(String(16), nullable=False)
    """asked, not_understood (three times in a row), report, or disputed (an organisation does not confirm the hours that were told)."""
    state = Column(String(8), nullable=False)
    """waiting, taken or closed."""
    opened_at = Column(Instant, nullable=False)
    closed_at = Column(Instant)


class Message(Base):
    """What somebody wrote for the team: praise or blame of a mission or the service, or a report."""

    __tablename__ = "messages_to_team"
    __table_args__ = (Index("ix_messages_to_team_state_created_at", "state", "created_at"),)

    id = Column(Integer, primary_key=True)
    kind = Column(String(8), nullable=False)
    """feedback or report."""
    chat_id = Column(BigInteger, nullable=False, index=True)
    mission_id = Column(Integer, ForeignKey("missions.id", ondelete="SET NULL"))
    """What it is about; None: the service, or not said."""
    application_id = Column(Integer, ForeignKey("applications.id", ondelete="SET NULL"))
    """Whose thread was reported: the team may read that one; None: none was."""
    words = Column(Text, nullable=False)
    state = Column(String(8), nullable=False)
    """open or closed."""
    created_at = Column(Instant, nullable=False)


class Invitation(Base):
    """A link that somebody hands on: to a colleague who may speak for an organisation too, or to a guardian who must agree."""

    __tablename__ = "invitations"

    token = Column(String(32), primary_key=True)
    purpose = Column(String(16), nullable=False)
    """member or guardian."""
    person_id = Column(Integer, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False, index=True)
    """Who hands it on; for a guardian's, the minor."""
    organisation_id = Column(Integer, ForeignKey("organisations.id", ondelete="CASCADE"), index=True)
    created_at = Column(Instant, nullable=False)
    expires_at = Column(Instant, nullable=False)
    used_by_chat_id = Column(BigInteger)
    used_at = Column(Instant)


class Erasure(Base):
    """Somebody's wish to be forgotten. What stays once it is done: that there was one."""

    __tablename__ = "erasures"

    id = Column(Integer, primary_key=True)
    chat_id = Column(BigInteger, index=True)
    """None once it is done."""
    register = Column(String(8), nullable=False)
    """In which the last word is said."""
    requested_at = Column(Instant, nullable=False)
    done_at = Column(Instant)


class Key(Base):
    """A secret that only this database holds, and backups of it."""

    __tablename__ = "keys"

    name = Column(String(32), primary_key=True)
    """erasures: under it the record outside the database names who was erased (bot/services/erased.py)."""
    value = Column(String(64), nullable=False)
