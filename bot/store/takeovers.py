"""Conversations in which a person of the team answers instead of the bot."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, text

from bot.store.base import Base, Instant

_RUNNING = text("ended_at IS NULL")


class Takeover(Base):
    """From when to when, by whom. One a chat at a time."""

    __tablename__ = "takeovers"
    __table_args__ = (Index("uq_takeovers_running", "chat_id", unique=True, sqlite_where=_RUNNING, postgresql_where=_RUNNING),)

    id = Column(Integer, primary_key=True)
    chat_id = Column(BigInteger, nullable=False, index=True)
    account_id = Column(Integer, ForeignKey("staff_accounts.id"), nullable=False)
    began_at = Column(Instant, nullable=False)
    last_reply_at = Column(Instant, nullable=False)
    """When the team last wrote, or began."""
    ended_at = Column(Instant)
    """None: it goes on."""
    ended_by = Column(String(8))
    """staff, or silence (the team wrote nothing for a while)."""
    was_overheard = Column(Boolean, nullable=False)
    """Whether Rasa listened without answering, and must be told once that it may answer again."""
