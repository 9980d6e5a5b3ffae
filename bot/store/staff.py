"""Those who work in the console: accounts, sessions, what they did, and what they noted about conversations."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String, Text, text

from bot.store.base import Base, Instant


class StaffAccount(Base):
    """Somebody who may sign in. Never deleted, only disabled: what was done keeps its author."""

    __tablename__ = "staff_accounts"

    id = Column(Integer, primary_key=True)
    name = Column(String(64), nullable=False, unique=True)
    """Folded: what is typed in capitals is the same name."""
    password_hash = Column(String(160), nullable=False)
    """Argon2id with its parameters."""
    totp_secret = Column(String(64), nullable=False)
    """Base32, as the authenticator knows it."""
    totp_last_step = Column(BigInteger)
    """The last step of 30 s whose code was used, real time; this and earlier ones are not taken again. None: none was."""
    role = Column(String(16), nullable=False)
    """viewer, annotator, moderator, agent or admin (bot.services.staff_roles)."""
    locale = Column(String(2), nullable=False)
    """fr or ar."""
    created_at = Column(Instant, nullable=False)
    disabled_at = Column(Instant)
    """None: may sign in."""


class StaffSession(Base):
    """A browser that is signed in. Nothing tells where it stands."""

    __tablename__ = "staff_sessions"

    id = Column(String(64), primary_key=True)
    """SHA-256 of the token in the cookie: who reads this table cannot sign in with it."""
    account_id = Column(Integer, ForeignKey("staff_accounts.id", ondelete="CASCADE"), nullable=False, index=True)
    csrf = Column(String(64), nullable=False)
    """What each form of this session must bring along."""
    created_at = Column(Instant, nullable=False)
    seen_at = Column(Instant, nullable=False)
    """Moved on once a minute at most."""
    expires_at = Column(Instant, nullable=False, index=True)
    """The absolute end, however busy it is."""


class LoginThrottle(Base):
    """Failed attempts to sign in, of one name or from one address, whether the name exists or not."""

    __tablename__ = "login_throttles"

    key = Column(String(80), primary_key=True)
    """"name:" or "address:" and a SHA-256."""
    failures = Column(Integer, nullable=False)
    """In a row; a success or a day without one forgets them."""
    last_at = Column(Instant, nullable=False, index=True)
    not_before = Column(Instant, nullable=False)
    """Until then nothing is looked at, right or wrong."""


class AuditEntry(Base):
    """What was done in the console. Triggers refuse to change or delete one, on both databases; a migration that makes this table
    anew must make them anew."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject_kind_subject_id", "subject_kind", "subject_id"),)

    id = Column(Integer, primary_key=True)
    at = Column(Instant, nullable=False)
    account_id = Column(Integer)
    """No reference: the entry outlives everything. None: nobody was signed in, or it was the command line."""
    account_name = Column(String(64))
    action = Column(String(32), nullable=False)
    subject_kind = Column(String(16))
    subject_id = Column(String(32))
    """Never a chat id: a conversation is named by the number of its mark, which says nothing once the person is erased."""
    detail = Column(JSON, nullable=False)
    """A few short values; no message text."""


class ConversationMark(Base):
    """What staff keep about a conversation. Its id is the conversation's number in the console, so that chat ids stand in no address."""

    __tablename__ = "conversation_marks"

    id = Column(Integer, primary_key=True)
    chat_id = Column(BigInteger, nullable=False, unique=True)
    assignee_id = Column(Integer, ForeignKey("staff_accounts.id", ondelete="SET NULL"), index=True)
    """Who looks after it; None: nobody."""
    reviewed_at = Column(Instant, index=True)
    """Up to when it was read and judged; None: never."""
    reviewed_by = Column(Integer, ForeignKey("staff_accounts.id", ondelete="SET NULL"))
    seen_at = Column(Instant)
    """When somebody of the staff opened it last; what came later is unread. None: never."""
    version = Column(Integer, nullable=False, server_default=text("0"))
    """Counts changes by hand: a form made before the last of them changes nothing."""


class ConversationTag(Base):
    """A word that staff put on a conversation."""

    __tablename__ = "conversation_tags"

    chat_id = Column(BigInteger, primary_key=True, autoincrement=False)
    tag = Column(String(32), primary_key=True)
    """Folded, without a space at its ends."""

    __table_args__ = (Index("ix_conversation_tags_tag_chat_id", "tag", "chat_id"),)


class ConversationNote(Base):
    """What one of the staff wrote about a conversation, for the others."""

    __tablename__ = "conversation_notes"

    id = Column(Integer, primary_key=True)
    chat_id = Column(BigInteger, nullable=False, index=True)
    account_id = Column(Integer, ForeignKey("staff_accounts.id"), nullable=False)
    words = Column(Text, nullable=False)
    created_at = Column(Instant, nullable=False)


class Unmasking(Base):
    """One session sees one conversation's personal details for a while; why is in the audit log."""

    __tablename__ = "unmaskings"

    session_id = Column(String(64), ForeignKey("staff_sessions.id", ondelete="CASCADE"), primary_key=True)
    chat_id = Column(BigInteger, primary_key=True, autoincrement=False)
    until_at = Column(Instant, nullable=False)


class OrganisationReview(Base):
    """A decision of the staff about an organisation, with what it looked like then."""

    __tablename__ = "organisation_reviews"

    id = Column(Integer, primary_key=True)
    organisation_id = Column(Integer, ForeignKey("organisations.id", ondelete="CASCADE"), nullable=False, index=True)
    account_id = Column(Integer, ForeignKey("staff_accounts.id", ondelete="SET NULL"))
    """None: the command line."""
    decision = Column(String(16), nullable=False)
    """validated, refused or flagged."""
    reason = Column(String(32))
    """Key of the template that was sent; None: validated."""
    snapshot = Column(JSON, nullable=False)
    """{column: value} of what staff looked at, to tell what changed since."""
    created_at = Column(Instant, nullable=False)


class MissionReview(Base):
    """A decision of the staff about a mission, with what it looked like then."""

    __tablename__ = "mission_reviews"

    id = Column(Integer, primary_key=True)
    mission_id = Column(Integer, ForeignKey("missions.id", ondelete="CASCADE"), nullable=False, index=True)
    account_id = Column(Integer, ForeignKey("staff_accounts.id", ondelete="SET NULL"))
    decision = Column(String(16), nullable=False)
    """flagged, published (again) or cancelled."""
    reason = Column(String(32))
    """Key of what was told; None: published again."""
    snapshot = Column(JSON, nullable=False)
    """{column: value} of what staff looked at, to tell what changed since."""
    created_at = Column(Instant, nullable=False)


_IN_FORCE = text("lifted_at IS NULL")


class Ban(Base):
    """Somebody who may not take part any more. It outlives what is kept of him for a while: else whoever is forgotten could begin anew."""

    __tablename__ = "bans"
    __table_args__ = (Index("uq_bans_in_force", "chat_id", unique=True, sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE),)

    id = Column(Integer, primary_key=True)
    chat_id = Column(BigInteger, nullable=False, index=True)
    reason = Column(String(16), nullable=False)
    """Key of what was told."""
    account_id = Column(Integer, ForeignKey("staff_accounts.id", ondelete="SET NULL"))
    created_at = Column(Instant, nullable=False)
    lifted_at = Column(Instant)
    """None: it is in force."""
    erased_at = Column(Instant)
    """When all else that was kept of the person went; None: it did not."""
