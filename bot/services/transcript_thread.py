"""A conversation as it went: what both sides said, what was understood, and what the bot sent of its own accord, by time."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services.transcript_index import sentence_of
from bot.store.models import OutboxMessage, Sentence
from bot.store.tracker import Event, Tracker
from bot.texts import plain

PAGE = 200
"""Rows of both tables in one page, those that show nothing included."""
PERSON, BOT, SLOT, ACTION, FORM, SESSION, SENT = "person", "bot", "slot", "action", "form", "session", "sent"
_UPDATE = "update:"
_TOLD = re.compile(r"update:\d+|edited:.*")
"""Origins of answers that Rasa's table tells, too; not of what a person is told whose turn was given up."""
_SILENT_ACTIONS = ("action_listen", "action_session_start")
_SILENT_SLOTS = ("session_started_metadata", "requested_slot")
_WORST = ("failed", "unknown", "sending", "queued", "sent")
"""Delivery states of several messages as one: the first that any of them has."""


@dataclass(frozen=True)
class Entry:
    """One thing in a thread. What does not belong to its kind keeps its default."""

    kind: str
    """person (typed or tapped), bot (an answer), slot, action, form, session (a new one began), or sent (a digest, a notice, an answer
    of staff: anything that left without the bot being asked)."""
    at: datetime
    words: str = ""
    """Plain text, as it was typed or as it is read. Of slot, action and form the name; form: empty where one ended."""
    payload: str = ""
    """person: what was tapped, "/intent{…}"; the words are empty then."""
    event_id: int | None = None
    sentence_id: int | None = None
    register: str | None = None
    intent: str | None = None
    confidence: float | None = None
    ranking: tuple[tuple[str, float], ...] = ()
    entities: tuple[Mapping[str, Any], ...] = ()
    """{"entity", "value", "start", "end"}, by code points of the words."""
    is_fallback: bool = False
    is_undone: bool = False
    """person: the turn was taken back and said again."""
    judged: str | None = None
    """person: kept or skipped by staff; None: not yet, or not a sentence."""
    right_intent: str | None = None
    buttons: tuple[str, ...] = ()
    value: Any = None
    """slot: its new value."""
    outbox_kind: str | None = None
    """sent: reply, notice or digest."""
    origin: str | None = None
    delivery: str | None = None
    """bot and sent: queued, sending, sent, failed or unknown; None: not known any more."""
    delivered_at: datetime | None = None


@dataclass(frozen=True)
class Thread:
    """A part of a thread, the oldest entry first. ``before``: where the part before it goes on; None: it begins here."""

    entries: list[Entry] = field(default_factory=list)
    before: str | None = None


def thread(session: Session, tracker: Tracker, chat_id: int, before: str | None = None, limit: int = PAGE) -> Thread:
    """The last part of a conversation before a place in it. Two queries on Rasa's table at most, three on ours.

    Args:
        before: as :attr:`Thread.before` of the part after it; None: the newest part. ValueError where it is none.
    """
    event_id, message_id = _place(before)
    events = tracker.before(chat_id, event_id, limit) if event_id != 0 else []
    query = select(OutboxMessage).where(OutboxMessage.chat_id == chat_id).order_by(OutboxMessage.id.desc()).limit(limit)
    if message_id is not None:
        query = query.where(OutboxMessage.id < message_id)
    messages = session.execute(query).scalars().all() if message_id != 0 else []
    part = _whole_turns(_newest(events, messages, limit), limit)
    shown_events = sorted((one for one in part if isinstance(one, Event)), key=lambda event: event.id)
    shown_messages = [one for one in part if not isinstance(one, Event)]
    if not part:
        return Thread()
    entries = _entries(session, chat_id, shown_events, shown_messages)
    return Thread(entries, _next_place(event_id, message_id, events, messages, shown_events, shown_messages, limit))


def _place(before: str | None) -> tuple[int | None, int | None]:
    """(event, message) before which a part ends; None: none, 0: there are no more."""
    if before is None:
        return None, None
    event, _, message = before.partition(".")
    found = int(event) if event else None, int(message) if message else None
    if any(number is not None and not 0 <= number < 2**63 for number in found):
        raise ValueError("no place in the thread")
    return found


def _next_place(
    event_id: int | None,
    message_id: int | None,
    events: Sequence[Event],
    messages: Sequence[OutboxMessage],
    shown_events: Sequence[Event],
    shown_messages: Sequence[OutboxMessage],
    limit: int,
) -> str | None:
    """The place where the part ended in each of the two tables."""

    def end(begin: int | None, read: int, shown: list[int]) -> int | None:
        if len(shown) == read and read < limit:
            return 0
        return min(shown) if shown else begin

    event = end(event_id, len(events), [one.id for one in shown_events])
    message = end(message_id, len(messages), [one.id for one in shown_messages])
    if event == 0 and message == 0:
        return None
    return f"{'' if event is None else event}.{'' if message is None else message}"


def _newest(events: Sequence[Event], messages: Sequence[OutboxMessage], limit: int) -> list[Any]:
    """The newest of both, the newest first; each keeps the order of its own table, whatever the clocks say."""
    merged: list[Any] = []
    left, right = list(events), list(messages)
    while len(merged) < limit and (left or right):
        takes_event = bool(left) and (not right or left[0].at >= right[0].created_at)
        merged.append((left if takes_event else right).pop(0))
    return merged


def _whole_turns(part: list[Any], limit: int) -> list[Any]:
    """The part without the end of a turn whose beginning does not fit in; a turn longer than the part is cut."""
    if len(part) < limit:
        return part
    begins = [place for place, one in enumerate(part) if isinstance(one, Event) and one.kind == "user"]
    return part[: begins[-1] + 1] if begins else part


# ---- what is shown


def _entries(session: Session, chat_id: int, events: Sequence[Event], messages: Sequence[OutboxMessage]) -> list[Entry]:
    sentences = _sentences(session, chat_id, events)
    delivery = _delivery(session, chat_id, {named for event in events if event.kind == "user" and (named := _origin_of(event))})
    told: list[Entry] = []
    origin: str | None = None
    loop: str | None = None
    for event in events:
        if event.kind == "user":
            origin = _origin_of(event)
        if event.kind == "active_loop":
            loop = event.content.get("name")
        if (entry := _entry_of(event, sentences, delivery.get(origin), loop)) is not None:
            told.append(entry)
    sent = [_sent(message) for message in sorted(messages, key=lambda one: one.id) if not _TOLD.fullmatch(message.origin)]
    # Both are in order; a stable sort keeps each one's.
    return sorted([*told, *sent], key=lambda entry: entry.at)


def _update_of(event: Event) -> int | None:
    update = (event.content.get("metadata") or {}).get("update_id")
    return update if isinstance(update, int) else None


def _origin_of(event: Event) -> str | None:
    """The origin of the answers to what a person said: the gateway names it, where it is not the update."""
    named = (event.content.get("metadata") or {}).get("origin")
    update = _update_of(event)
    return str(named) if named else f"{_UPDATE}{update}" if update is not None else None


def _updates(events: Iterable[Event]) -> list[int]:
    return [update for update in map(_update_of, events) if update is not None]


def _sentences(session: Session, chat_id: int, events: Iterable[Event]) -> dict[Any, Sentence]:
    """The sentences of events, by event and by update."""
    users = [event for event in events if event.kind == "user"]
    updates = _updates(users)
    if not users:
        return {}
    mine = Sentence.event_id.in_([event.id for event in users]) | Sentence.update_id.in_(updates)
    found: dict[Any, Sentence] = {}
    for row in session.execute(select(Sentence).where(Sentence.chat_id == chat_id, mine)).scalars():
        found[row.event_id] = row
        found["update", row.update_id] = row
    return found


def _delivery(session: Session, chat_id: int, origins: Collection[str]) -> dict[str | None, tuple[str, datetime | None]]:
    """How answers arrived, by origin: the state of the worst off, and when the last one was sent."""
    if not origins:
        return {}
    columns = (OutboxMessage.origin, OutboxMessage.state, OutboxMessage.sent_at)
    states: dict[str, list[tuple[str, datetime | None]]] = {}
    query = select(*columns).where(OutboxMessage.origin.in_(sorted(origins)), OutboxMessage.chat_id == chat_id)
    for row in session.execute(query):
        states.setdefault(row.origin, []).append((row.state, row.sent_at))
    return {
        origin: (min((state for state, _ in rows), key=_WORST.index), max((at for _, at in rows if at), default=None))
        for origin, rows in states.items()
    }


def _entry_of(
    event: Event, sentences: Mapping[Any, Sentence], delivery: tuple[str, datetime | None] | None, loop: str | None
) -> Entry | None:
    """What an event shows; None: nothing."""
    content = event.content
    name = str(content.get("name") or "")
    if event.kind == "user":
        return _said(event, sentences, loop)
    if event.kind == "bot" and content.get("text"):
        extra = content.get("data") or {}
        buttons = tuple(str(button.get("title") or "") for button in extra.get("buttons") or ())
        state, at = delivery or (None, None)
        return Entry(BOT, event.at, plain(str(content["text"])), event_id=event.id, buttons=buttons, delivery=state, delivered_at=at)
    if event.kind == "slot" and name not in _SILENT_SLOTS:
        return Entry(SLOT, event.at, name, event_id=event.id, value=content.get("value"))
    if event.kind == "action" and name not in _SILENT_ACTIONS:
        return Entry(ACTION, event.at, name, event_id=event.id)
    if event.kind == "active_loop":
        return Entry(FORM, event.at, name, event_id=event.id)
    if event.kind == "session_started":
        return Entry(SESSION, event.at, event_id=event.id)
    return None


def _said(event: Event, sentences: Mapping[Any, Sentence], loop: str | None) -> Entry:
    text = str(event.content.get("text") or "")
    understood = sentence_of(event, loop)
    is_payload = text.startswith("/")
    update = understood["update_id"]
    row = sentences.get(event.id)
    later = sentences.get(("update", update)) if update is not None else None
    return Entry(
        PERSON,
        event.at,
        "" if is_payload else text,
        payload=text if is_payload else "",
        event_id=event.id,
        sentence_id=row.id if row else None,
        register=understood["register"],
        intent=understood["intent"],
        confidence=understood["confidence"],
        ranking=tuple((name, confidence) for name, confidence in understood["ranking"]),
        entities=() if is_payload else tuple(understood["entities"]),
        is_fallback=row.is_fallback if row else understood["is_fallback"],
        is_undone=row is None and later is not None and later.event_id > event.id,
        judged=row.state if row and row.state != "new" else None,
        right_intent=row.right_intent if row else None,
    )


def _sent(message: OutboxMessage) -> Entry:
    body = message.body or {}
    buttons = tuple(str(button.get("text") or "") for row in body.get("buttons") or () for button in row)
    return Entry(
        SENT,
        message.created_at,
        plain(str(body.get("text") or "")),
        buttons=buttons,
        outbox_kind=message.kind,
        origin=message.origin,
        delivery=message.state,
        delivered_at=message.sent_at,
    )
