"""Judging sentences: what was meant, kept as an example, skipped, or taken back. Two people at once: the second is told.

What is kept is checked as a whole before anything changes: intent and values are those of the contract, spans lie inside the text and
part no character, nothing private is left, and the files could hold it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.services import masking
from bot.services.lessons import HELD_OUT, TRAIN, Corpus, Like, spelled
from bot.services.redaction import Private, Redacted, redacted
from bot.services.training_files import Lesson, Span, Unwritable, annotated, rows_of, spans_of
from bot.store.models import REGISTERS, Example, Sentence
from bot.vocabulary.graphemes import is_boundary
from bot.vocabulary.values import is_canonical

KEPT, SKIPPED, UNDONE, STALE, UNKNOWN, REFUSED = "kept", "skipped", "undone", "stale", "unknown", "refused"
SURE = 0.85
"""From this confidence on, a sentence that was understood rightly teaches little."""
LOOKED_AT = 2000
_ADDRESS = re.compile(r"\S*(?:@|https?://|www\.|t\.me/)\S*", re.IGNORECASE)


@dataclass(frozen=True)
class Judgement:
    """What one of the staff says that a sentence means."""

    intent: str
    spans: tuple[Span, ...]
    """By code points of the sentence as it was typed."""
    register: str
    split: str = TRAIN
    private: tuple[tuple[int, int], ...] = ()
    """Code points [start, end) of what names somebody and was not found."""


@dataclass(frozen=True)
class Outcome:
    """What came of it: kept, skipped, undone, stale (somebody was faster, nothing changed), unknown, or refused and why.

    Reasons: intent, register, split, value (no canonical one), outside, overlap, cut (inside a character), blank, long, entity (something
    private is part of one), ends, signs, brackets, known (it is an example already), contradicts (it is one with another intent).
    """

    state: str
    reason: str | None = None
    words: str | None = None
    """Of the example, redacted."""
    replaced: tuple[str, ...] = ()
    """What was taken out of it."""


@dataclass(frozen=True)
class Review:
    """A sentence with what helps to judge it."""

    sentence: Sentence
    like: list[Like]
    """Examples that say nearly the same."""
    is_sure: bool
    """Whether the model is sure of what it understood: there is little to learn where it is right."""


def _refused(reason: str) -> Outcome:
    return Outcome(REFUSED, reason)


# ---- what is to be judged


def queue(
    session: Session, register: str | None = None, intent: str | None = None, doubtful: bool = True, limit: int = 20
) -> list[Sentence]:
    """Sentences that nobody judged yet, the newest first. One query; for an intent, of the newest :data:`LOOKED_AT` that fit otherwise.

    What was written for one reader (bot.services.masking) is nobody's to learn from.

    Args:
        register: in which they were written.
        intent: that was understood, or was the next likeliest.
        doubtful: only those that were misunderstood, as far as the bot can tell.
    """
    query = select(Sentence).where(Sentence.state == "new", Sentence.loop.is_(None) | Sentence.loop.not_in(masking.PRIVATE_FORMS))
    if doubtful:
        query = query.where(Sentence.is_doubtful.is_(True))
    if register is not None:
        query = query.where(Sentence.register == register)
    looked = session.execute(query.order_by(Sentence.id.desc()).limit(LOOKED_AT if intent else limit)).scalars()
    return [row for row in looked if intent is None or _may_be(row, intent)][:limit]


def _may_be(row: Sentence, intent: str) -> bool:
    return any(name == intent for name, _ in row.ranking)


def review(session: Session, corpus: Corpus, sentence_id: int) -> Review | None:
    """One sentence with what helps; None where it is not there any more, or nobody's to read."""
    row = session.get(Sentence, sentence_id)
    if row is None or row.loop in masking.PRIVATE_FORMS:
        return None
    is_sure = not row.is_doubtful and row.confidence is not None and row.confidence >= SURE
    return Review(row, corpus.like(row.words), is_sure)


# ---- judging


def keep(
    session: Session, corpus: Corpus, sentence_id: int, version: int, judgement: Judgement, account_id: int | None, at: datetime
) -> Outcome:
    """Make an example of a sentence.

    Args:
        version: of the sentence when it was shown.
        at: business time.
    """
    # Locked: the example of somebody who was faster would be taken for one that contradicts.
    row = session.get(Sentence, sentence_id, populate_existing=True, with_for_update=True)
    if row is None or row.loop in masking.PRIVATE_FORMS:
        return Outcome(UNKNOWN)
    if row.version != version or row.state != "new":
        return Outcome(STALE)
    made = _example(session, corpus, row, judgement, at)
    if isinstance(made, Outcome):
        return made
    values = {"state": KEPT, "right_intent": judgement.intent, "right_entities": rows_of(judgement.spans)}
    if not _judge(session, row, version, account_id, at, values):
        return Outcome(STALE)
    session.add(
        Example(
            sentence_id=row.id,
            words=made.words,
            register=judgement.register,
            intent=judgement.intent,
            entities=rows_of(made.spans),
            split=judgement.split,
            state=KEPT,
            kept_by=account_id,
            kept_at=at,
        )
    )
    session.flush()
    return Outcome(KEPT, words=made.words, replaced=made.replaced)


def skip(session: Session, sentence_id: int, version: int, account_id: int | None, at: datetime) -> Outcome:
    """Nothing is to be learnt from a sentence."""
    row = session.get(Sentence, sentence_id, populate_existing=True)
    if row is None:
        return Outcome(UNKNOWN)
    if row.version != version or row.state != "new" or not _judge(session, row, version, account_id, at, {"state": SKIPPED}):
        return Outcome(STALE)
    return Outcome(SKIPPED)


def undo(session: Session, sentence_id: int, version: int, account_id: int | None, at: datetime) -> Outcome:
    """Take a judgement back; an example that was exported goes out of the files with the next export."""
    row = session.get(Sentence, sentence_id, populate_existing=True)
    if row is None:
        return Outcome(UNKNOWN)
    values = {"state": "new", "right_intent": None, "right_entities": None}
    if row.version != version or row.state == "new" or not _judge(session, row, version, account_id, at, values):
        return Outcome(STALE)
    # Locked: an export notes that it writes an example, and one in a file must not be deleted here.
    made = select(Example).where(Example.sentence_id == sentence_id).with_for_update().execution_options(populate_existing=True)
    _withdraw(session, session.execute(made).scalar_one_or_none())
    return Outcome(UNDONE)


def _withdraw(session: Session, example: Example | None) -> None:
    if example is not None and example.exported_at is not None:
        example.state, example.sentence_id = "revoked", None
    elif example is not None:
        session.delete(example)
    session.flush()


def kept_words(session: Session, sentence_id: int) -> str | None:
    """The words of the example that was made of a sentence; None: none was."""
    words: str | None = session.execute(select(Example.words).where(Example.sentence_id == sentence_id)).scalar_one_or_none()
    return words


def _judge(session: Session, row: Sentence, version: int, account_id: int | None, at: datetime, values: dict[str, Any]) -> bool:
    """Write a judgement, unless somebody was faster."""
    # The identity in memory would hide who was faster: the database decides.
    judged: int = session.execute(
        update(Sentence)
        .where(Sentence.id == row.id, Sentence.version == version)
        .values(version=version + 1, annotated_by=account_id, annotated_at=at, **values)
        .execution_options(synchronize_session=False)
    ).rowcount
    session.expire(row)
    return judged == 1


# ---- what makes a good example


def _example(session: Session, corpus: Corpus, row: Sentence, judgement: Judgement, at: datetime) -> Redacted | Outcome:
    """The example that a judgement makes of a sentence, or why it makes none."""
    if (reason := _wrong(corpus, judgement) or wrong_spans(row.words, judgement.spans)) is not None:
        return _refused(reason)
    words, spans, private = one_line(row.words, judgement.spans, judgement.private)
    try:
        made = redacted(words, spans, names_in(session, row.chat_id, words), at, private)
        annotated(Lesson(made.words, judgement.intent, made.spans))
    except (Private, Unwritable) as error:
        return _refused(str(error))
    known = _taught_intents(session, corpus, made.words) | _kept_intents(session, made.words)
    if known:
        return _refused("known" if known == {judgement.intent} else "contradicts")
    return made


def _wrong(corpus: Corpus, judgement: Judgement) -> str | None:
    if judgement.intent not in corpus.intents:
        return "intent"
    if judgement.register not in REGISTERS:
        return "register"
    return None if judgement.split in (TRAIN, HELD_OUT) else "split"


def wrong_spans(words: str, spans: Sequence[Span]) -> str | None:
    """Why spans do not fit a text: outside, cut, blank, overlap or value; None: they do."""
    end = 0
    for span in spans:
        if not 0 <= span.start < span.end <= len(words):
            return "outside"
        if not (is_boundary(words, span.start) and is_boundary(words, span.end)):
            return "cut"
        inside = words[span.start : span.end]
        if inside != inside.strip():
            return "blank"
        if span.start < end:
            return "overlap"
        if not is_canonical(span.entity, span.value):
            return "value"
        end = span.end
    return None


def one_line(
    words: str, spans: Sequence[Span], marked: Sequence[tuple[int, int]] = ()
) -> tuple[str, tuple[Span, ...], tuple[tuple[int, int], ...]]:
    """A text without line breaks, control characters and blanks at its ends; spans and marks move along."""
    flat = "".join(
        " " if len(f"a{letter}b".splitlines()) > 1 or (letter != "\t" and not _is_printable(letter)) else letter for letter in words
    )
    cut = len(flat) - len(flat.lstrip())
    moved = tuple(replace(span, start=span.start - cut, end=span.end - cut) for span in spans)
    length = len(flat.strip())
    marks = tuple((max(start - cut, 0), min(end - cut, length)) for start, end in marked)
    return flat.strip(), moved, tuple((start, end) for start, end in marks if start < end)


def _is_printable(letter: str) -> bool:
    """Whether YAML takes a character as it is."""
    return " " <= letter <= "~" or (letter >= "\xa0" and not "\ud800" <= letter <= "\udfff" and letter not in "\ufffe\uffff")


def names_in(session: Session, chat_id: int, words: str) -> set[str]:
    """What in a text names the person or somebody around him, as far as it is known; parts of addresses are no names. Five queries."""
    words = _ADDRESS.sub(lambda found: " " * len(found[0]), words)
    covered = masking.around(session, chat_id).covered(words)
    named: set[str] = set(masking.names_of(session, [chat_id]).get(chat_id, ()))
    run = ""
    for letter, shown in zip(f"{words} ", f"{covered} ", strict=True):
        if letter != shown and letter.isalpha():
            run += letter
        elif run:
            named.add(run)
            run = ""
    return named


def _taught_intents(session: Session, corpus: Corpus, words: str) -> set[str]:
    """The intents of the sentences in the files that say the same, without what was taken back and goes with the next export."""
    taught = corpus.same(words)
    if not any(one.is_learned for one in taught):
        return {one.lesson.intent for one in taught}
    revoked = set(session.execute(select(Example.words, Example.intent).where(Example.state == "revoked").limit(LOOKED_AT)).all())
    return {one.lesson.intent for one in taught if not (one.is_learned and (one.lesson.words, one.lesson.intent) in revoked)}


def _kept_intents(session: Session, words: str) -> set[str]:
    """The intents of examples that say the same and are in no file yet."""
    wanted = spelled(words)
    waiting = select(Example.words, Example.intent).where(Example.state == KEPT, Example.exported_at.is_(None))
    rows = session.execute(waiting.order_by(Example.id.desc()).limit(LOOKED_AT)).all()
    return {row.intent for row in rows if spelled(row.words) == wanted}


def found_spans(row: Sentence) -> tuple[Span, ...]:
    """What the understanding found in a sentence, as far as it can stand in an example: to begin with."""
    kept: list[Span] = []
    for span in spans_of(row.entities):
        if wrong_spans(row.words, [*kept, span]) is None:
            kept.append(span)
    return tuple(kept)


# ---- examples that were kept


def kept(
    session: Session, register: str | None = None, intent: str | None = None, before: int | None = None, limit: int = 50
) -> list[Example]:
    """Examples, the newest first. One query.

    Args:
        before: the number of an example; None: from the newest on.
    """
    query = select(Example).where(Example.state == KEPT)
    if register is not None:
        query = query.where(Example.register == register)
    if intent is not None:
        query = query.where(Example.intent == intent)
    if before is not None:
        query = query.where(Example.id < before)
    return list(session.execute(query.order_by(Example.id.desc()).limit(limit)).scalars())


def revoke(session: Session, example_id: int, account_id: int | None, at: datetime) -> Outcome:
    """Take back an example, also one whose sentence is gone; one in a file goes out of it with the next export."""
    example = session.get(Example, example_id, populate_existing=True)
    if example is None or example.state != KEPT:
        return Outcome(UNKNOWN)
    if example.sentence_id is not None:
        row = session.get(Sentence, example.sentence_id)
        return undo(session, row.id, row.version, account_id, at)
    example = session.get(Example, example_id, populate_existing=True, with_for_update=True)
    if example is None or example.state != KEPT:
        return Outcome(UNKNOWN)
    _withdraw(session, example)
    return Outcome(UNDONE)
