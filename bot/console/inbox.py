"""The list of conversations: the latest first, searched and filtered by what stands in the address."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from starlette.responses import Response

from bot.clock import CASABLANCA
from bot.console.frame import Problem, Visit, page, whole
from bot.services import conversation_marks, masking, transcripts
from bot.services.staff_accounts import folded
from bot.services.staff_sessions import Staff
from bot.services.transcripts import ConversationRow, Cursor, Wanted
from bot.store.engine import Database
from bot.texts import REGISTERS, text, unmarked

ROWS = 40
LONGEST = 100
BELOW = ("90", "70", "55", "40")
"""Percent."""
HANDOFFS = ("open", "waiting", "taken", "closed")
YES_NO = ("yes", "no")


@dataclass(frozen=True)
class Line:
    """A conversation as the list shows it."""

    number: int
    row: ConversationRow
    words: str | None
    """The beginning of what was said last, masked; None: all of it is covered, or nothing was typed."""
    is_private: bool


def _day(value: str) -> datetime:
    """The beginning of a day, legal time."""
    return datetime.combine(date.fromisoformat(value), time(), CASABLANCA)


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in choices:
            raise ValueError(value)
        return value

    return read


def _short(value: str) -> str:
    if len(value) > LONGEST:
        raise ValueError(value)
    return value


def _account(value: str) -> int:
    found = whole(value)
    if found is None:
        raise ValueError(value)
    return found


READ: Mapping[str, Callable[[str], Any]] = {
    "q": _short,
    "intent": _short,
    "below": lambda value: int(_one_of(*BELOW)(value)) / 100,
    "fallback": lambda value: _one_of(*YES_NO)(value) == "yes",
    "register": _one_of(*REGISTERS),
    "handoff": _one_of(*HANDOFFS),
    "since": _day,
    "until": lambda value: _day(value) + timedelta(days=1),
    "tag": lambda value: folded(_short(value)),
    "assignee": _account,
    "reviewed": lambda value: _one_of(*YES_NO)(value) == "yes",
}
"""Every filter as it is read. ``until`` is a day that is still looked at."""


def asked(query: Mapping[str, str]) -> tuple[dict[str, str], Wanted]:
    """The filters as they were typed, and as they are wanted. Raises Problem where one makes no sense."""
    given = {name: value.strip() for name, value in query.items() if name in READ and value.strip()}
    try:
        read = {name: READ[name](value) for name, value in given.items()}
    except (ValueError, OverflowError):
        raise Problem(400, "console_bad_filter", "/conversations") from None
    return given, Wanted(**{("words" if name == "q" else name): value for name, value in read.items()})


def register_names() -> dict[str, str]:
    """Each register by its own name."""
    return {register: unmarked(text(register, "register_name")) for register in REGISTERS}


def inbox(visit: Visit) -> Response:
    """A page of conversations; htmx gets the further rows alone."""
    query = visit.request.query_params
    given, wanted = asked(query)
    try:
        after = Cursor.read(query["after"]) if query.get("after") else None
    except (ValueError, OverflowError):
        raise Problem(400, "console_bad_filter", "/conversations") from None
    with visit.database.read() as session:
        shelf = transcripts.conversations(session, wanted, after, ROWS)
        colleagues = conversation_marks.colleagues(session)
    context = {
        "lines": lines(visit.database, shelf.rows),
        "after": str(shelf.after) if shelf.after else None,
        "asked": given,
        "colleagues": colleagues,
        "names": dict(colleagues),
        "registers": list(register_names().items()),
        "register_names": register_names(),
        "is_first": after is None,
        "views": [(f"console_view_{key}", view) for key, view in views(visit.who)],
    }
    return page(visit, "conversation_rows.html" if visit.is_partial else "conversations.html", context)


def views(staff: Staff) -> list[tuple[str, dict[str, str]]]:
    """What is looked at every day: (key, filters)."""
    return [
        ("all", {}),
        ("open", {"handoff": "open"}),
        ("mine", {"assignee": str(staff.account_id)}),
        ("doubtful", {"fallback": "yes", "reviewed": "no"}),
        ("unreviewed", {"reviewed": "no"}),
    ]


def numbered(database: Database, chats: Collection[int]) -> dict[int, int]:
    """The numbers of conversations by chat; written only where one of them has none yet."""
    with database.read() as session:
        known = conversation_marks.known_numbers(session, chats)
    if len(known) == len(chats):
        return known
    with database.write() as session:
        return conversation_marks.numbers(session, chats)


def lines(database: Database, rows: list[ConversationRow]) -> list[Line]:
    """The rows with their numbers, and with words that may be shown. Those that never stood in a list get their number now."""
    chats = [row.chat_id for row in rows]
    with database.read() as session:
        names = masking.names_of(session, chats)
        loops = masking.last_loops(session, chats)
    numbers = numbered(database, chats)
    found = []
    for row in rows:
        if row.chat_id not in numbers:
            continue  # erased since the list was read
        is_private = loops.get(row.chat_id) in masking.PRIVATE_FORMS
        words = row.last_words and not is_private and masking.Mask(names.get(row.chat_id, [])).covered(row.last_words)
        found.append(Line(numbers[row.chat_id], row, words or None, bool(row.last_words) and is_private))
    return found
