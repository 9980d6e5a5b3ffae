"""Messages and what makes them safe: inbox, outbox, buttons, effects, lists shown, digests, leases."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)

from bot.store.base import Base, Ids, Instant


class InboxUpdate(Base):
    """An update of Telegram, stored before any work on it."""

    __tablename__ = "inbox"
    __table_args__ = (Index("ix_inbox_state_update_id", "state", "update_id"),)

    update_id = Column(BigInteger, primary_key=True, autoincrement=False)
    chat_id = Column(BigInteger, nullable=False, index=True)
    payload = Column(JSON, nullable=False)
    """The update as Telegram sent it; emptied when the turn is done."""
    state = Column(String(8), nullable=False)
    """waiting, working, done, refused (nothing to answer), failed (given up, and the person told)."""
    attempts = Column(Integer, nullable=False)
    received_at = Column(Instant, nullable=False)
    not_before = Column(Instant)
    """After a failed attempt: when to try again, real time."""
    claimed_by = Column(String(64))
    claimed_until = Column(Instant)


class OutboxMessage(Base):
    """A message to be sent, written in the same transaction as what it tells."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("origin", "position"),
        Index("ix_outbox_state_urgency_id", "state", "urgency", "id"),
        Index("ix_outbox_chat_id_state_urgency_id", "chat_id", "state", "urgency", "id"),
        Index("ix_outbox_chat_id_id", "chat_id", "id"),
    )

    id = Column(Integer, primary_key=True)
    chat_id = Column(BigInteger, nullable=False)
    origin = Column(String(64), nullable=False)
    """What it comes from, such as "update:123" or "digest:7": with the position, the message is written once."""
    position = Column(Integer, nullable=False)
    kind = Column(String(8), nullable=False)
    """reply, notice or digest; decides order and what happens to a send of unknown outcome."""
    urgency = Column(Integer, nullable=False, server_default=text("0"))
    """The order of kinds: 0 replies, 1 notices, 2 digests."""
    solicited = Column(Boolean, nullable=False)
    """False: quiet hours hold it back."""
    method = Column(String(16), nullable=False)
    """send, edit (an earlier message in place) or document (a file)."""
    body = Column(JSON, nullable=False)
    """{"text": HTML, "buttons": rows of {"text", "token" | "url"} or None, "keyboard": rows of {"text", "location"} or None,
    "message_id": of the message to edit or None; "file_name", and "content" or (no text) "content_base64": of a file, whose caption is
    the text}."""
    state = Column(String(8), nullable=False)
    """queued, sending, sent, failed, unknown."""
    attempts = Column(Integer, nullable=False)
    not_before = Column(Instant)
    created_at = Column(Instant, nullable=False)
    sent_at = Column(Instant)
    message_id = Column(BigInteger)
    error = Column(String(200))


class Button(Base):
    """What stands behind an inline button: Telegram only ever sees the token."""

    __tablename__ = "buttons"

    token = Column(String(24), primary_key=True)
    chat_id = Column(BigInteger, nullable=False)
    payload = Column(String(512), nullable=False)
    """Rasa's own /intent{"entity": "value"}."""
    single_use = Column(Boolean, nullable=False)
    created_at = Column(Instant, nullable=False)
    expires_at = Column(Instant, nullable=False, index=True)
    used_by = Column(BigInteger)
    """The update that used up a button of single use."""


class Effect(Base):
    """What an action did for an update, so that a repeated turn changes nothing and answers the same."""

    __tablename__ = "effects"

    update_id = Column(BigInteger, primary_key=True, autoincrement=False)
    action = Column(String(64), primary_key=True)
    outcome = Column(JSON, nullable=False)
    created_at = Column(Instant, nullable=False)


class LastList(Base):
    """The last list shown to a chat, by a turn or by a digest: "the second one" is looked up here."""

    __tablename__ = "last_lists"

    chat_id = Column(BigInteger, primary_key=True, autoincrement=False)
    kind = Column(String(16), nullable=False)
    """missions or volunteers."""
    entries = Column(Ids, nullable=False)
    """Ids of missions or persons, in the order shown."""
    shown_at = Column(Instant, nullable=False)


class Digest(Base):
    """One periodic list for one subscription; the row is what makes a second run harmless."""

    __tablename__ = "digests"
    __table_args__ = (UniqueConstraint("subscription_id", "period"),)

    id = Column(Integer, primary_key=True)
    subscription_id = Column(Integer, ForeignKey("subscriptions.id", ondelete="CASCADE"), nullable=False)
    period = Column(String(16), nullable=False)
    """The local date on which it was due."""
    state = Column(String(8), nullable=False)
    """queued (in the outbox), empty (nothing fitted), stale (what it held was gone before it left: made anew) or failed (could not be
    made)."""
    created_at = Column(Instant, nullable=False)


class Recommendation(Base):
    """A match that was shown: where, with how many points, by which policy. For fairness now and learning later."""

    __tablename__ = "recommendations"
    __table_args__ = (
        Index("ix_recommendations_shown_at_mission_id_position", "shown_at", "mission_id", "position"),
        Index("ix_recommendations_digest_id", "digest_id"),
    )

    id = Column(Integer, primary_key=True)
    person_id = Column(Integer, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False, index=True)
    """The volunteer of the match."""
    mission_id = Column(Integer, ForeignKey("missions.id", ondelete="CASCADE"), nullable=False, index=True)
    shown_to = Column(String(16), nullable=False)
    """volunteer or organisation."""
    digest_id = Column(Integer, ForeignKey("digests.id", ondelete="CASCADE"))
    """None: a list asked for."""
    position = Column(Integer, nullable=False)
    points = Column(Integer, nullable=False)
    price = Column(Float, nullable=False)
    policy = Column(String(16), nullable=False)
    shown_at = Column(Instant, nullable=False)


class Lease(Base):
    """Which process may do a job now. On real time."""

    __tablename__ = "leases"

    name = Column(String(64), primary_key=True)
    holder = Column(String(64), nullable=False)
    expires_at = Column(Instant, nullable=False)
