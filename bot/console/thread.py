"""One conversation: what both sides said, what was understood, what was sent; and what staff do with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from bot import vocabulary
from bot.clock import parse_instant
from bot.console import bans, takeover
from bot.console.frame import Problem, Visit, number, page, seen, version
from bot.console.inbox import register_names
from bot.services import audit, conversation_marks, masking, transcripts
from bot.services.conversation_marks import Stale, Unfit
from bot.services.profiles import person_of
from bot.services.staff_sessions import Staff
from bot.services.transcript_thread import ACTION, BOT, FORM, PERSON, SENT, SESSION, SLOT, Entry
from bot.store.models import Conversation, ConversationMark, Handoff

PART = 120
"""Rows of a part of a thread."""
_STEPS = (SLOT, ACTION, FORM, SESSION)
_LABELLED = ("place", "cause", "skill", "organisation_kind", "language")
_LONGEST_VALUE = 200


_NAMES = {
    "step_names": {kind: f"console_step_{kind}" for kind in _STEPS},
    "who_names": {kind: f"console_who_{kind}" for kind in (PERSON, BOT, SENT)},
    "kind_names": {kind: f"console_kind_{kind}" for kind in ("reply", "notice", "digest")},
    "judged_names": {state: f"console_judged_{state}" for state in ("kept", "skipped")},
    "delivery_names": {state: f"console_delivery_{state}" for state in ("queued", "sending", "sent", "failed", "unknown")},
    "handoff_reasons": takeover.REASON_NAMES,
    "unmask_reasons": {reason: f"console_unmask_{reason}" for reason in conversation_marks.REASONS},
}
"""Keys of the texts by what they name."""


@dataclass(frozen=True)
class Piece:
    """A piece of what somebody said. ``entity``: what was found there, as it is labelled; None: nothing."""

    words: str
    entity: str | None = None


@dataclass(frozen=True)
class Bubble:
    """Something that one side said or sent; or a run of steps in between (``kind`` steps)."""

    kind: str
    at: datetime
    entry: Entry | None = None
    pieces: tuple[Piece, ...] = ()
    is_covered: bool = False
    """Whether all of its words are kept back."""
    buttons: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    """(entity, value) of what was found."""
    steps: tuple[tuple[str, str, str], ...] = ()
    """(kind, name, value) of each step."""


def thread(visit: Visit) -> Response:
    """The newest part of a conversation, or with ``before`` an older one; htmx gets the older bubbles alone, and with ``latest`` the newest
    ones, if they are not those that it names."""
    before, latest = visit.request.query_params.get("before") or None, visit.request.query_params.get("latest")
    with visit.database.read() as session:
        mark = _mark(visit, session)
        part = _part(visit, session, mark.chat_id, before)
        until = conversation_marks.unmasked_until(session, visit.who, mark.chat_id, visit.at)
        shown = bubbles(part.entries, _loops(session, part.entries), None if until else masking.around(session, mark.chat_id), visit.locale)
        context: dict[str, Any] = {
            "mark": mark,
            "bubbles": shown,
            "before": part.before,
            "is_newest": before is None,
            "fingerprint": hashlib.sha256(repr(shown).encode()).hexdigest()[:16],
            "until": until,
            **_NAMES,
        }
        context["payload"] = _payload if until is None else str
        if visit.is_partial and latest:
            context |= takeover.beside(visit, session, mark)
        elif not visit.is_partial:
            context |= _beside(visit, session, mark, bool(until))
    if visit.is_partial and latest:
        # What did not change stays as it is, with all that was opened in it.
        return Response(status_code=204) if latest == context["fingerprint"] else page(visit, "latest.html", context)
    if visit.is_partial:
        return page(visit, "part.html", context)
    with visit.database.write() as session:
        audit.record(session, visit.who.author, "view", visit.at, ("conversation", mark.id), unmasked=until is not None)
        if before is None:
            conversation_marks.see(session, mark.id, visit.at)
    return page(visit, "thread.html", context)


def _mark(visit: Visit, session: Session, locks: bool = False) -> ConversationMark:
    found = conversation_marks.of_number(session, number(visit.request.path_params["number"]), locks)
    if found is None:
        raise Problem(404, "console_not_found", "/conversations")
    return found


def _part(visit: Visit, session: Session, chat_id: int, before: str | None) -> transcripts.Thread:
    try:
        return transcripts.thread(session, visit.console.tracker, chat_id, before, PART)
    except (ValueError, OverflowError):
        raise Problem(400, "console_bad_filter", "/conversations") from None


def _beside(visit: Visit, session: Session, mark: ConversationMark, is_open: bool) -> dict[str, Any]:
    """What stands beside the thread."""
    handoff = session.query(Handoff).filter(Handoff.chat_id == mark.chat_id, Handoff.state != "closed").order_by(Handoff.id).first()
    return {
        "conversation": session.get(Conversation, mark.chat_id),
        "handoff": handoff,
        "notes": conversation_marks.notes(session, mark.chat_id),
        "tags": conversation_marks.tags(session, mark.chat_id),
        "colleagues": conversation_marks.colleagues(session),
        "person": person_of(session, mark.chat_id) if is_open else None,
        "reasons": conversation_marks.REASONS,
        "seen_until": visit.at.isoformat(),
        "register_names": register_names(),
        **takeover.beside(visit, session, mark),
        **bans.beside(session, mark.chat_id),
    }


# ---- bubbles


def _loops(session: Session, entries: Sequence[Entry]) -> dict[int, str | None]:
    return masking.loops_of(session, [entry.sentence_id for entry in entries if entry.sentence_id is not None])


def bubbles(entries: Sequence[Entry], loops: Mapping[int, str | None], mask: masking.Mask | None, locale: str) -> list[Bubble]:
    """What a part of a thread shows, steps in a row as one.

    Args:
        loops: the form that was open, by sentence.
        mask: None: everything is shown.
    """
    made: list[Bubble] = []
    steps: list[Entry] = []
    for entry, is_private in _with_privacy(entries, loops):
        if entry.kind in _STEPS:
            steps.append(entry)
            continue
        if steps:
            made.append(_steps(steps, mask))
            steps = []
        made.append(_bubble(entry, is_private, mask, locale))
    return [*made, *([_steps(steps, mask)] if steps else [])]


def _with_privacy(entries: Sequence[Entry], loops: Mapping[int, str | None]) -> Iterator[tuple[Entry, bool]]:
    """Each entry, and whether what it says was meant for one reader. Where nobody knows which form was open, it was."""
    known = (loops[entry.sentence_id] for entry in entries if entry.sentence_id is not None and entry.sentence_id in loops)
    loop = next(known, None)
    for entry in entries:
        if entry.kind == PERSON and entry.words:
            if entry.sentence_id is not None and entry.sentence_id in loops:
                loop = loops[entry.sentence_id]
                yield entry, loop in masking.PRIVATE_FORMS
            else:
                yield entry, True
            continue
        if entry.kind == FORM and entry.words:
            loop = entry.words
        yield entry, loop in masking.PRIVATE_FORMS if entry.kind == BOT else entry.kind == SENT and entry.outbox_kind != "digest"
        if entry.kind == FORM and not entry.words:
            loop = None


def _bubble(entry: Entry, is_private: bool, mask: masking.Mask | None, locale: str) -> Bubble:
    if mask is not None and is_private and entry.words:
        return Bubble(entry.kind, entry.at, entry, is_covered=True)
    words = mask.covered(entry.words) if mask else entry.words
    buttons = tuple(mask.covered(title) if mask else title for title in entry.buttons)
    found = [one for one in entry.entities if masking.is_open(entry.words, words, one["start"], one["end"])]
    labels = tuple((str(one["entity"]), _value(one, locale)) for one in found)
    return Bubble(entry.kind, entry.at, entry, tuple(pieces(words, entry.entities)), buttons=buttons, labels=labels)


def pieces(words: str, entities: Sequence[Mapping[str, Any]]) -> Iterator[Piece]:
    """The words in pieces, by code points, those that were found marked; what overlaps an earlier one, or lies outside, is left out."""
    place = 0
    for one in sorted(entities, key=lambda one: (one["start"], -one["end"])):
        start, end = one["start"], one["end"]
        if not place <= start < end <= len(words):
            continue
        if start > place:
            yield Piece(words[place:start])
        yield Piece(words[start:end], str(one["entity"]))
        place = end
    if place < len(words):
        yield Piece(words[place:])


def _value(entity: Mapping[str, Any], locale: str) -> str:
    value = str(entity.get("value", ""))
    return vocabulary.label(entity["entity"], value, locale) if entity["entity"] in _LABELLED else value


def _steps(entries: Sequence[Entry], mask: masking.Mask | None) -> Bubble:
    steps = tuple((entry.kind, entry.words, _slot(entry.value, mask) if entry.kind == SLOT else "") for entry in entries)
    return Bubble("steps", entries[0].at, steps=steps)


def _slot(value: Any, mask: masking.Mask | None) -> str:
    """A slot's value in a line. Masked, a text is covered whole: it may be a name, an address, a need; so is what a draft holds."""
    if mask is None:
        shown = ", ".join(f"{key}: {one}" for key, one in value.items()) if isinstance(value, dict) else str(value)
        return shown[:_LONGEST_VALUE]
    if isinstance(value, dict):
        return ", ".join(str(key) for key, one in value.items() if one not in (None, [], ""))[:_LONGEST_VALUE]
    return str(value) if value is None or isinstance(value, (bool, float)) else masking.COVER * 3


# ---- what staff do with it


def _payload(payload: str) -> str:
    """What was tapped, without what it held: a token or a name may stand there."""
    return payload.partition("{")[0]


def _changed(visit: Visit, change: Callable[..., None], *given: Any) -> Response:
    """Do something with a conversation; a form that comes too late, or twice, says so.

    Args:
        change: of conversation_marks: (session, staff, mark, version, …, instant).
    """
    path = f"/conversations/{number(visit.request.path_params['number'])}"
    try:
        with visit.database.write() as session:
            change(session, visit.who, _mark(visit, session, locks=True), version(visit.form.get("version")), *given, visit.at)
    except Stale:
        raise Problem(409, "console_stale", path) from None
    except Unfit as error:
        raise Problem(400, f"console_unfit_{error}", path) from None
    return seen(path)


def assign(visit: Visit) -> Response:
    """Give it to somebody, or to nobody."""
    to = visit.form.get("account", "")
    return _changed(visit, conversation_marks.assign, number(to) if to else None)


def review(visit: Visit) -> Response:
    """It was read up to what the page showed, or it was not after all."""
    try:
        until = parse_instant(visit.form["until"]) if visit.form.get("until") else None
    except ValueError:
        raise Problem(400, "console_bad_form", "/conversations") from None
    return _changed(visit, conversation_marks.review, until)


def tag(visit: Visit) -> Response:
    """Replace the tags: words between commas, of either script."""
    return _changed(visit, conversation_marks.tag, visit.form.get("tags", "").replace("،", ",").split(","))


def note(visit: Visit) -> Response:
    """Write something for the others."""
    return _changed(visit, conversation_marks.note, visit.form.get("words", ""))


def _unmask(session: Session, staff: Staff, mark: ConversationMark, _version: int, reason: str, at: datetime) -> None:
    """Whatever others did meanwhile, it holds: the version does not matter."""
    conversation_marks.unmask(session, staff, mark, reason, at)


def unmask(visit: Visit) -> Response:
    """Show personal details to this session for a quarter of an hour; back to the report from where that was asked."""
    done = _changed(visit, _unmask, visit.form.get("reason", ""))
    report = number(visit.form.get("report"))
    return seen(f"/reports/{report}") if report else done
