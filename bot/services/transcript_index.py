"""Reading Rasa's events into sentences and conversations, a page at a time.

Each page is one transaction, under the lock of the mark; a conversation knows its newest event, so that what is read twice changes
nothing. Whoever erases somebody takes the same lock: a page that was read before the events went is written before, too, and goes
with the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import clock
from bot.services.masking import PRIVATE_FORMS
from bot.store.models import Conversation, Sentence, SentenceKey, TranscriptMark
from bot.store.tracker import Event, Head, Tracker
from bot.store.transcripts import KEY_LENGTH
from bot.vocabulary.spelling import words

PAGE = 2000
"""Events in one transaction."""
SETTLE_SECONDS = 120
"""On PostgreSQL a smaller number may be committed after a larger one: the newest events are looked at again for so long."""
DOUBTFUL = 0.55
"""Below, an intent does not interrupt an open question either (actions/turn.py)."""
RANKED = 5
SHOWN_WORDS = 200
_READ = ("user", "active_loop", "session_started")
_FALLBACK, _FAQ = "nlu_fallback", "faq"
_PAYLOAD = re.compile(r"/([\w/]+)")
_ARTICLE = re.compile(r"و?(?:[بفك]?ال|لل)(?=\w{3})")
_SHORTEST_SKELETON = 2
_FIGURES = re.compile(r"[014]")
"""Digits that write no sound: a word with one is a number of something, and "lot1" is not "lot4"."""
_STUCK = "lfb"
"""Consonants of what Darija and Arabic put before a noun: the, in, with."""
_MOST_KEYS = 400

WRITE = Callable[[], AbstractContextManager[Session]]


# ---- what a sentence is found by


def keys_of(text: str) -> set[str]:
    """The keys under which a text is found: its words as normalised and as skeletons, with and without what is stuck to them."""
    found: set[str] = set()
    for word in words(text):
        found |= word_keys(word.normal, word.skeleton)
        if len(word.skeleton) > 3 and word.skeleton[0] in _STUCK and not _FIGURES.search(word.normal):
            found.add(f"~{word.skeleton[1:]}"[:KEY_LENGTH])
        if len(found) >= _MOST_KEYS:
            break
    return found


def word_keys(normal: str, skeleton: str) -> set[str]:
    """What one word is looked up by; any of them will do."""
    bare = _ARTICLE.sub("", normal, count=1) if _ARTICLE.match(normal) else normal
    bare_skeleton = skeleton.removeprefix("l") if bare != normal and len(skeleton) > _SHORTEST_SKELETON else skeleton
    if _FIGURES.search(normal):
        skeleton = bare_skeleton = ""
    skeletons = {f"~{one}" for one in (skeleton, bare_skeleton) if len(one) >= _SHORTEST_SKELETON}
    return {key[:KEY_LENGTH] for key in ({normal, bare} | skeletons)}


def intent_key(intent: str) -> str:
    return f"#{intent}"[:KEY_LENGTH]


def register_key(register: str) -> str:
    return f"@{register}"


# ---- reading


def run(write: WRITE, tracker: Tracker, limit: int = PAGE) -> int:
    """Read what is new, a transaction a page; returns how many sentences were added. Killed anywhere, the next run goes on."""
    after: int | None = None
    added = 0
    while True:
        with write() as session:
            page = read_page(session, tracker, after, limit)
        added += page.added
        if not page.goes_on:
            return added
        after = page.last_id


def is_behind(session: Session, tracker: Tracker) -> bool:
    """Whether there is anything to read: a look without a writer's lock."""
    settled = session.execute(select(TranscriptMark.settled_id)).scalar_one_or_none() or 0
    return bool(tracker.after(settled, _READ, 1))


@dataclass(frozen=True)
class Page:
    """One page: how many sentences it added, its last event, and whether more may follow."""

    added: int
    last_id: int
    goes_on: bool


def read_page(session: Session, tracker: Tracker, after: int | None, limit: int = PAGE) -> Page:
    """Read the events after a number (None: after what is settled), at most ``limit`` of them. Its number of statements is bounded."""
    mark = lock(session)
    begin = mark.settled_id if after is None else after
    heads = tracker.after(begin, _READ, limit)
    if not heads:
        return Page(0, begin, goes_on=False)
    new = _new(session, [head for head in heads if head.chat_id > 0])
    added = _write_down(session, tracker.events(new)) if new else 0
    settled = heads if tracker.numbers_in_order else _settled(heads)
    if settled and mark.settled_id < settled[-1].id and begin <= mark.settled_id:
        mark.settled_id = settled[-1].id
    session.flush()
    return Page(added, heads[-1].id, goes_on=len(heads) == limit)


def lock(session: Session) -> TranscriptMark:
    """The mark, which no other transaction holds until this one ends."""
    query = select(TranscriptMark).with_for_update()
    mark: TranscriptMark | None = session.execute(query).scalar_one_or_none()
    if mark is not None:
        return mark
    try:
        with session.begin_nested():
            session.add(TranscriptMark(id=1, settled_id=0))
    except IntegrityError:
        pass  # somebody else was faster
    made: TranscriptMark = session.execute(query).scalar_one()
    return made


def _new(session: Session, heads: Sequence[Head]) -> list[int]:
    """The numbers of events that were not read yet.

    While events settle, each look finds those of two minutes: what they hold is fetched once.
    """
    known = select(Conversation.chat_id, Conversation.last_event_id).where(Conversation.chat_id.in_({head.chat_id for head in heads}))
    last = dict(session.execute(known).all())
    return [head.id for head in heads if head.id > last.get(head.chat_id, 0)]


def _settled(heads: Sequence[Head]) -> list[Head]:
    """The first events up to one that is too new to be sure that nothing is missing before it."""
    since = clock.now() - timedelta(seconds=SETTLE_SECONDS)
    old = next((place for place, head in enumerate(heads) if head.at > since), len(heads))
    return list(heads[:old])


@dataclass
class _Chat:
    """A conversation while a page is read."""

    row: Conversation
    last: dict[str, Any] | None
    """The values of its newest sentence, as long as nothing was read after it; None: there is none, or something was."""
    sentences: list[dict[str, Any]] = field(default_factory=list)


def _write_down(session: Session, events: Sequence[Event]) -> int:
    chats = _chats(session, {event.chat_id for event in events})
    chosen: dict[int, str] = {}
    for event in events:
        chat = chats.get(event.chat_id)
        if chat is None:
            chat = chats[event.chat_id] = _Chat(_new_conversation(event), None)
            session.add(chat.row)
        _tell(chat, event, chosen)
    said = [row for chat in chats.values() for row in chat.sentences]
    rows = _once_an_update(said)
    again = _said_again(session, rows)
    rows = [row for row in rows if (row["chat_id"], row["update_id"]) not in again.judged]
    for row in rows:
        row["chosen_intent"] = chosen.pop(row["event_id"], None)
    if again.replaced:
        session.execute(delete(Sentence).where(Sentence.id.in_(again.replaced)).execution_options(synchronize_session=False))
    _insert(session, rows)
    _note_choices(session, chosen)
    session.flush()
    undone = {row["chat_id"] for row in said} if len(rows) < len(said) else set()
    recount(session, again.chats | undone)
    return len(rows)


def _chats(session: Session, chat_ids: Iterable[int]) -> dict[int, _Chat]:
    wanted = list(chat_ids)
    known = session.execute(select(Conversation).where(Conversation.chat_id.in_(wanted))).scalars().all()
    newest = select(func.max(Sentence.id)).where(Sentence.chat_id.in_(wanted)).group_by(Sentence.chat_id)
    columns = (Sentence.chat_id, Sentence.event_id, Sentence.is_fallback, Sentence.ranking)
    last = {row.chat_id: dict(row._mapping) for row in session.execute(select(*columns).where(Sentence.id.in_(newest)))}
    return {row.chat_id: _Chat(row, _still_last(row, last.get(row.chat_id))) for row in known}


def _still_last(row: Conversation, said: dict[str, Any] | None) -> dict[str, Any] | None:
    """The newest sentence of an earlier page, where nothing came after it: a tap in between is no sentence."""
    return said if said is not None and said["event_id"] == row.last_event_id else None


def _new_conversation(event: Event) -> Conversation:
    return Conversation(chat_id=event.chat_id, last_at=event.at, fallbacks=0, sentences=0, last_event_id=0)


def _tell(chat: _Chat, event: Event, chosen: dict[int, str]) -> None:
    """Take one event into a conversation; what is tapped right after the bot asked back is noted under that sentence's event."""
    row, before = chat.row, chat.last
    row.last_event_id, chat.last = event.id, None
    if event.kind != "user":
        row.loop = event.content.get("name") if event.kind == "active_loop" else None
        return
    row.last_at = event.at
    text = str(event.content.get("text") or "")
    if tapped := _PAYLOAD.match(text):
        if before and before["is_fallback"] and any(name == tapped[1] for name, _ in before["ranking"]):
            chosen[before["event_id"]] = tapped[1]
        return
    if not text.strip() or text.startswith("/"):
        return
    said = sentence_of(event, row.loop)
    chat.last = said
    chat.sentences.append(said)
    row.last_words, row.last_intent = text[:SHOWN_WORDS], said["intent"]
    row.register = said["register"] or row.register
    row.sentences += 1
    row.fallbacks += said["is_fallback"]
    if _counts_as_doubt(said):
        row.lowest_confidence = min(said["confidence"], 1.0 if row.lowest_confidence is None else row.lowest_confidence)


def _counts_as_doubt(said: Mapping[str, Any]) -> bool:
    """Whether the confidence of a sentence tells how well the bot understood; below DOUBTFUL what is no doubt was not said to it."""
    confidence = said["confidence"]
    return said["loop"] is None and confidence is not None and (said["is_doubtful"] or confidence >= DOUBTFUL)


def sentence_of(event: Event, loop: str | None) -> dict[str, Any]:
    """The columns of a sentence, of an event of kind user.

    What is said while a person of the team answers is no misunderstanding, whatever is made of it: the bot was not asked.

    Args:
        loop: the form that was open; what is said to one is an answer, in whatever words, and no sign of misunderstanding.
    """
    parsed: Mapping[str, Any] = event.content.get("parse_data") or {}
    metadata = event.content.get("metadata") or {}
    ranking = _ranking(parsed)
    was_asked = loop is None and not metadata.get("overheard")
    is_fallback = was_asked and (parsed.get("intent") or {}).get("name") == _FALLBACK
    intent, confidence = ranking[0] if ranking else (None, None)
    update_id = metadata.get("update_id")
    return {
        "chat_id": event.chat_id,
        "event_id": event.id,
        "update_id": update_id if isinstance(update_id, int) else None,
        "said_at": event.at,
        "words": str(event.content.get("text") or ""),
        "register": (parsed.get("register") or {}).get("name"),
        "intent": intent,
        "confidence": confidence,
        "ranking": ranking,
        "entities": [
            {"entity": str(e["entity"]), "value": str(e["value"]), "start": int(e["start"]), "end": int(e["end"])}
            for e in parsed.get("entities") or ()
            if isinstance(e.get("start"), int) and isinstance(e.get("end"), int)
        ],
        "is_fallback": is_fallback,
        "is_doubtful": was_asked and (is_fallback or confidence is None or confidence < DOUBTFUL),
        "loop": loop,
        "chosen_intent": None,
        "state": "new",
        "version": 0,
    }


def _ranking(parsed: Mapping[str, Any]) -> list[list[Any]]:
    """The likeliest intents with their confidence, a question of the FAQ by its full name."""
    rows = [row for row in parsed.get("intent_ranking") or () if row.get("name") not in (None, _FALLBACK)][:RANKED]
    selected = ((parsed.get("response_selector") or {}).get(_FAQ) or {}).get("response") or {}
    question = selected.get("intent_response_key")
    return [[str(question if row["name"] == _FAQ and question else row["name"]), float(row.get("confidence") or 0.0)] for row in rows]


def _once_an_update(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A turn that was undone stands in Rasa's table, and after it the same words again: the last one counts."""
    last = {(row["chat_id"], row["update_id"]): row for row in rows if row["update_id"] is not None}
    return [row for row in rows if row["update_id"] is None or last[row["chat_id"], row["update_id"]] is row]


@dataclass(frozen=True)
class _Again:
    """Sentences that a page says again: ids to be replaced, those that staff judged already, and chats to count anew."""

    replaced: list[int]
    judged: set[tuple[int, int | None]]
    chats: set[int]


def _said_again(session: Session, rows: Sequence[dict[str, Any]]) -> _Again:
    wanted = {(row["chat_id"], row["update_id"]) for row in rows if row["update_id"] is not None}
    if not wanted:
        return _Again([], set(), set())
    query = select(Sentence.id, Sentence.chat_id, Sentence.update_id, Sentence.state).where(
        Sentence.chat_id.in_({chat for chat, _ in wanted}), Sentence.update_id.in_({update for _, update in wanted})
    )
    known = [row for row in session.execute(query) if (row.chat_id, row.update_id) in wanted]
    return _Again(
        [row.id for row in known if row.state == "new"],
        {(row.chat_id, row.update_id) for row in known if row.state != "new"},
        {row.chat_id for row in known},
    )


def _insert(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    session.execute(insert(Sentence), rows)
    numbers = dict(
        session.execute(select(Sentence.event_id, Sentence.id).where(Sentence.event_id.in_([row["event_id"] for row in rows]))).all()
    )
    keys = [
        {"key": key, "chat_id": row["chat_id"], "sentence_id": numbers[row["event_id"]]} for row in rows for key in sorted(_all_keys(row))
    ]
    if keys:
        session.execute(insert(SentenceKey), keys)


def _all_keys(row: Mapping[str, Any]) -> set[str]:
    # What was written for one reader is found by nobody's search.
    found = set() if row["loop"] in PRIVATE_FORMS else keys_of(row["words"])
    if row["intent"]:
        found.add(intent_key(row["intent"]))
    if row["register"]:
        found.add(register_key(row["register"]))
    return found


def _note_choices(session: Session, chosen: Mapping[int, str]) -> None:
    """What was tapped after sentences of an earlier page."""
    if chosen:
        for row in session.execute(select(Sentence).where(Sentence.event_id.in_(list(chosen)))).scalars():
            row.chosen_intent = chosen[row.event_id]


def recount(session: Session, chat_ids: Iterable[int]) -> None:
    """Count some conversations anew, after sentences went; one of which nothing is left keeps its row, without words. Two queries."""
    wanted = list(chat_ids)
    if not wanted:
        return
    # As _counts_as_doubt has it.
    outside = func.min(Sentence.confidence).filter(
        Sentence.loop.is_(None), Sentence.is_doubtful.is_(True) | (Sentence.confidence >= DOUBTFUL)
    )
    columns = (func.count(), func.count().filter(Sentence.is_fallback.is_(True)), outside, func.max(Sentence.id))
    query = select(Sentence.chat_id, *columns).where(Sentence.chat_id.in_(wanted)).group_by(Sentence.chat_id)
    counted = {row[0]: row[1:] for row in session.execute(query)}
    for row in session.execute(select(Conversation).where(Conversation.chat_id.in_(wanted))).scalars():
        row.sentences, row.fallbacks, row.lowest_confidence, newest = counted.get(row.chat_id, (0, 0, None, None))
        if newest is None:
            row.last_words = row.last_intent = None
