"""Which states follow which: the tables by which applications, participations, invitations and requests for help live.

A change that a table does not know is a mistake of ours and raises; that a person comes too late is seen before, and said kindly.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

RUNNING = ("published", "full", "pending")
"""States of a mission that goes on."""
HELD = "flagged"
"""The team looks at it: nobody sees it meanwhile, and nobody can apply."""
NOT_OVER = (*RUNNING, HELD)
"""States of a mission that its organisation may still change or end."""
APPLICATION: Mapping[str, frozenset[str]] = {
    "pending": frozenset({"accepted", "declined", "withdrawn", "expired"}),
    # On the waiting list of a mission that is full; a place that falls free is offered for a while, and must be confirmed.
    "waiting": frozenset({"offered", "declined", "withdrawn", "expired"}),
    "offered": frozenset({"accepted", "declined", "withdrawn", "expired"}),
    # A place is lost when it is given back, or when the mission ends before it began.
    "accepted": frozenset({"withdrawn", "declined"}),
    "declined": frozenset(),
    # Who took it back, or was left without an answer, may ask again.
    "withdrawn": frozenset({"pending", "waiting", "accepted"}),
    "expired": frozenset({"pending", "waiting", "accepted"}),
}
OPEN = frozenset({"pending", "waiting", "offered", "accepted"})
"""States of an application for which somebody waits, or in which somebody counts on it."""
HOLDS_PLACE = ("accepted", "offered")
"""States in which a place is somebody's, or kept for him."""
UNANSWERED = frozenset({"pending", "waiting", "offered"})

ENDED_BY_VOLUNTEER = ("waited", "terms")
"""Reasons of what expired although the organisation owed no answer: a wait for a place, or its terms, which he did not answer."""

PARTICIPATION: Mapping[str, frozenset[str]] = {
    "confirmed": frozenset({"attended", "no_show", "excused"}),
    # Both sides say what happened; where they differ, the team decides. His own word he may take back.
    "attended": frozenset({"attended", "no_show", "excused", "disputed"}),
    "no_show": frozenset({"attended", "excused", "disputed"}),
    "excused": frozenset({"attended"}),
    "disputed": frozenset({"attended", "no_show", "excused"}),
}
DISPUTED = "disputed"
TEAM = "team"
"""Whose word a day is on which the team has decided: no button undoes it."""
PROPOSAL: Mapping[str, frozenset[str]] = {
    "open": frozenset({"accepted", "declined", "expired"}),
    "accepted": frozenset(),
    "declined": frozenset(),
    "expired": frozenset(),
}
HELP_REQUEST: Mapping[str, frozenset[str]] = {
    "open": frozenset({"searching", "closed"}),
    "searching": frozenset({"helper_found", "closed"}),
    "helper_found": frozenset({"searching", "closed"}),
    "closed": frozenset(),
}


class Impossible(Exception):
    """A state does not follow another."""


def may(table: Mapping[str, frozenset[str]], before: str, after: str) -> bool:
    """Whether a state may follow another. Raises KeyError for a state that the table does not know."""
    if after not in table:
        raise KeyError(after)
    return after in table[before]


def move(row: Any, table: Mapping[str, frozenset[str]], after: str) -> None:
    """Bring a row to another state. Raises Impossible."""
    if not may(table, row.state, after):
        raise Impossible(f"{row.state} → {after}")
    row.state = after


def settle(application: Any, after: str, at: datetime, reason: str | None = None) -> None:
    """Bring an application to a state that answers or ends it, and note when and why. Raises Impossible."""
    move(application, APPLICATION, after)
    application.answered_at, application.offered_until = at, None
    if reason is not None:
        application.closed_reason = reason


def ask(application: Any, after: str, at: datetime) -> None:
    """Let an application wait for an answer, as new: for the first time, or once more. Raises Impossible."""
    if application.state is None:
        application.state = after
    else:
        move(application, APPLICATION, after)
    application.created_at, application.answered_at, application.closed_reason = at, None, None
    application.counter = application.countered_at = application.nudged_at = None
    application.offered_until = application.reminded_on = application.asked_on = None
