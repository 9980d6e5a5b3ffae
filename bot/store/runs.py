"""Runs of digests, cut into shards that any worker may take: the record of who does what, and how far it is."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, UniqueConstraint

from bot.store.base import Base, Instant


class DigestRun(Base):
    """One run: the lists that were due at an instant. At most one is unfinished at a time."""

    __tablename__ = "digest_runs"

    id = Column(Integer, primary_key=True)
    at = Column(Instant, nullable=False)
    """The instant as at which it is run."""
    solicited = Column(Boolean, nullable=False)
    """Whether an operator asked for it, which quiet hours do not hold back."""
    shards = Column(Integer, nullable=False)
    created_at = Column(Instant, nullable=False)
    """Real time."""
    finished_at = Column(Instant)
    """Real time; None: shards are open."""


class DigestShard(Base):
    """The part of a run of those whose number, divided by the number of shards, leaves this one."""

    __tablename__ = "digest_shards"
    __table_args__ = (UniqueConstraint("run_id", "number"), Index("ix_digest_shards_state_id", "state", "id"))

    id = Column(Integer, primary_key=True)
    run_id = Column(Integer, ForeignKey("digest_runs.id", ondelete="CASCADE"), nullable=False)
    number = Column(Integer, nullable=False)
    state = Column(String(8), nullable=False)
    """queued, working, done, or failed (given up: the lists that could not be made are told as failed)."""
    failures = Column(Integer, nullable=False)
    """How often it ended in an error; a worker that was killed is none."""
    claims = Column(Integer, nullable=False)
    """How often a worker took it."""
    claimed_by = Column(String(64))
    claimed_until = Column(Instant)
    """Real time: from then on another may take it."""
    not_before = Column(Instant)
    """Real time: after an error, when to try again."""
    queued = Column(Integer, nullable=False)
    empty = Column(Integer, nullable=False)
    broken = Column(Integer, nullable=False)
    """Lists written to the outbox, people for whom there was nothing, and lists that could not be made."""
    error = Column(String(64))
    """The kind of the last error."""
