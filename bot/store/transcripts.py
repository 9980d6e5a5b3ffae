"""What people said, as staff read and correct it: copied from Rasa's table of events, which knows no search and no judgement."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint

from bot.store.base import Base, Instant

KEY_LENGTH = 32
"""Of a key of search; longer words are cut."""


class Sentence(Base):
    """Something typed by a person, with what was understood. Deleted with its age and with the person."""

    __tablename__ = "sentences"
    __table_args__ = (
        UniqueConstraint("chat_id", "update_id"),
        Index("ix_sentences_chat_id_id", "chat_id", "id"),
        Index("ix_sentences_state_id", "state", "id"),
        Index("ix_sentences_is_doubtful_state_id", "is_doubtful", "state", "id"),
    )

    id = Column(Integer, primary_key=True)
    chat_id = Column(BigInteger, nullable=False)
    event_id = Column(BigInteger, nullable=False, unique=True)
    """Its number in Rasa's table."""
    update_id = Column(BigInteger)
    """Of Telegram: a turn that was undone and said again is one sentence. None: it did not come through the gateway."""
    said_at = Column(Instant, nullable=False, index=True)
    """By business time."""
    words = Column(Text, nullable=False)
    """As typed; entities count its code points."""
    register = Column(String(8))
    """In which it was written, as the understanding has it; None: it has no letters."""
    intent = Column(String(64))
    """The likeliest one, for the FAQ with its question, also where the bot asked back; None: nothing was understood."""
    confidence = Column(Float)
    ranking = Column(JSON, nullable=False)
    """[[intent, confidence]], the likeliest first, five at most."""
    entities = Column(JSON, nullable=False)
    """[{"entity", "value", "start", "end"}]: what was found, by code points of the words."""
    is_fallback = Column(Boolean, nullable=False)
    """Whether the bot asked back."""
    is_doubtful = Column(Boolean, nullable=False)
    """Whether it asked back, was unsure, or was corrected by a tap: what staff look at first."""
    loop = Column(String(64))
    """The form that was open; None: none."""
    chosen_intent = Column(String(64))
    """What the person then tapped, where the bot had asked back."""
    state = Column(String(8), nullable=False)
    """new, kept (it became an example) or skipped."""
    right_intent = Column(String(64))
    right_entities = Column(JSON)
    """As staff have it, by code points of the words; None: not judged."""
    annotated_by = Column(Integer, ForeignKey("staff_accounts.id", ondelete="SET NULL"))
    annotated_at = Column(Instant)
    version = Column(Integer, nullable=False)
    """Counts judgements: a form made before the last of them changes nothing."""


class SentenceKey(Base):
    """What a sentence is found by: its words in one spelling, ~ and a skeleton, # and an intent, @ and a register."""

    __tablename__ = "sentence_keys"
    __table_args__ = {"sqlite_with_rowid": False}

    key = Column(String(KEY_LENGTH), primary_key=True)
    chat_id = Column(BigInteger, primary_key=True, autoincrement=False)
    sentence_id = Column(Integer, ForeignKey("sentences.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True)


class Conversation(Base):
    """A chat at a glance, kept up by the indexer: what a list shows and filters by."""

    __tablename__ = "conversations"
    __table_args__ = (Index("ix_conversations_last_at_chat_id", "last_at", "chat_id"),)

    chat_id = Column(BigInteger, primary_key=True, autoincrement=False)
    last_at = Column(Instant, nullable=False)
    """When the person last wrote or tapped, by business time."""
    last_words = Column(String(200))
    """The beginning of what was typed last; None: nothing was, or it is too old to be kept."""
    register = Column(String(8))
    last_intent = Column(String(64))
    lowest_confidence = Column(Float, index=True)
    """Of its sentences outside a form that were said to the bot; None: there is none."""
    fallbacks = Column(Integer, nullable=False, index=True)
    """How often the bot asked back."""
    sentences = Column(Integer, nullable=False)
    last_event_id = Column(BigInteger, nullable=False)
    """The newest event of Rasa's that is told here."""
    loop = Column(String(64))
    """The form that is open now."""


class TranscriptMark(Base):
    """How far Rasa's table of events has been read. One row."""

    __tablename__ = "transcript_marks"

    id = Column(Integer, primary_key=True)
    settled_id = Column(BigInteger, nullable=False)
    """Up to here nothing new can appear; each pass begins here."""


class Example(Base):
    """A sentence for training or for measuring, without anything personal: it stays when the sentence and the person are gone."""

    __tablename__ = "examples"
    __table_args__ = (Index("ix_examples_state_id", "state", "id"),)

    id = Column(Integer, primary_key=True)
    sentence_id = Column(Integer, ForeignKey("sentences.id", ondelete="SET NULL"), unique=True)
    words = Column(Text, nullable=False)
    """One line, redacted; entities count its code points."""
    register = Column(String(8), nullable=False)
    intent = Column(String(64), nullable=False)
    entities = Column(JSON, nullable=False)
    split = Column(String(8), nullable=False)
    """train or held_out."""
    state = Column(String(8), nullable=False)
    """kept, or revoked: it goes out of the files with the next export, and then itself."""
    kept_by = Column(Integer, ForeignKey("staff_accounts.id", ondelete="SET NULL"))
    kept_at = Column(Instant, nullable=False)
    exported_at = Column(Instant)
    """When it was written to a file, or is about to be; None: it is in none."""


class TrainingRun(Base):
    """A model made from the console: how far it is, and how it compares with the one that runs."""

    __tablename__ = "training_runs"

    id = Column(Integer, primary_key=True)
    state = Column(String(12), nullable=False)
    """queued, exporting, training, evaluating, done (it may be promoted), failed, promoted or rolled_back."""
    is_open = Column(Boolean, unique=True)
    """True while it is neither finished nor failed, else None: so that there is one at a time."""
    progress = Column(Integer, nullable=False)
    """Percent."""
    report = Column(JSON)
    """As bot.services.retraining makes it; None: not measured."""
    inputs = Column(String(64))
    """Fingerprint of what the candidate was made from."""
    model_sha = Column(String(64))
    """SHA-256 of the candidate."""
    replaced_sha = Column(String(64))
    """SHA-256 of the model that it took the place of."""
    started_by = Column(Integer, ForeignKey("staff_accounts.id", ondelete="SET NULL"))
    created_at = Column(Instant, nullable=False)
    finished_at = Column(Instant)
    error = Column(String(32))
    """Why it failed: a key of bot.services.retraining, no message; None: it did not."""
