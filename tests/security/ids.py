"""Ids as an attacker would try them, and where."""

from __future__ import annotations

from typing import Any

from bot.services import links
from tests.actions.chat import ACTIONS
from tests.security import surface
from tests.security.worlds import (
    ANSWERED,
    APPLICATION,
    FIRST_OF_OTHERS,
    NOBODYS,
    PERSON_IDS,
    PRIVATE_MISSIONS,
    UNVALIDATED,
    VICTIM,
    VICTIM_MANAGER,
)


def _plain(number: Any) -> list[Any]:
    return [str(number)]


def _in_links(number: Any) -> list[Any]:
    """As a deep link carries it, by each kind of thing that a link may be about."""
    return [f"{kind}_{number}" for kind in links._KINDS]


NAMES_ROWS = {
    "mission": _plain,
    "application": _plain,
    "help_request": _plain,
    "help_call": _plain,
    "volunteer": _plain,
    "proposal": _plain,
    "certificate": _plain,
    "mission_ref": _plain,
    "number": _plain,
    "payload": _in_links,
}
"""Entities whose value may be the id of a row, and how they carry it."""
NAMES_VALUES = {
    "place",
    "cause",
    "skill",
    "day",
    "time_of_day",
    "date",
    "organisation_kind",
    "language",
    "frequency",
    "mode",
    "time_from",
    "time_to",
    "register",
    "answer",
    "urgency",
    "reason",
    "latitude",
    "longitude",
    "kind",
    "page",
    "age_band",
    "words",
    "code",
}
"""Entities whose values are of closed lists, or numbers and dates."""

FOREIGN = {
    **{f"mission {state}": mission_id for state, mission_id in PRIVATE_MISSIONS.items()},
    **{f"initiative {state}": mission_id + 2_000 for state, mission_id in PRIVATE_MISSIONS.items()},
    "application": APPLICATION,
    "application answered": ANSWERED,
    "organisation not validated": UNVALIDATED,
    "proposal": FIRST_OF_OTHERS,
    "person": PERSON_IDS[0],
    "chat": VICTIM,
    "manager's chat": VICTIM_MANAGER,
}
"""Rows that are there and nobody else's business."""

_FIRST = next(iter(PRIVATE_MISSIONS.values()))
NONSENSE: tuple[Any, ...] = (
    NOBODYS,
    0,
    -1,
    -_FIRST,
    -APPLICATION,
    2**31,
    2**63,
    2**64 + APPLICATION,
    10**30,
    float(APPLICATION),
    1e400,
    True,
    None,
    "",
    " ",
    "\0",
    "abc",
    "١٤٠٠١",
    "²",
    f" {APPLICATION}",
    f"{APPLICATION} OR 1=1",
    f"{APPLICATION}; DROP TABLE applications;--",
    "' OR ''='",
    "<b>14001</b>",
    "&#49;",
    "%",
    "../14001",
    "x" * 5_000,
    [],
    [NOBODYS, APPLICATION],
    [[APPLICATION]],
    {"id": APPLICATION},
    {"$gt": 0},
)
"""What no button ever carried."""

SERVED = sorted(intent for intent, action in surface.rules().items() if action in ACTIONS)
"""Intents that an action of ours serves; the rest are answered by fixed texts."""
READ_IDS = {intent for intent, names in surface.payloads().items() if names & set(NAMES_ROWS)} | {"inform", "start", "nlu_fallback"}
"""Intents whose buttons carry ids, and those of messages in which a number may be said."""


def companions(intent: str) -> list[dict[str, str]]:
    """What else stands in a payload, so that only the id is wrong."""
    if intent not in READ_IDS:
        return [{}]
    return [{}, {"reason": "other"}, *({"answer": answer} for answer in sorted(surface.answers()))]
