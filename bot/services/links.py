"""Links into the conversation: https://t.me/NAME?start=m_12 opens a mission, o_3 an organisation; j_… and g_… are invitations, c_… is the
code of a spot."""

from __future__ import annotations

import re
from dataclasses import dataclass

LARGEST_ID = 2**31 - 1
_PAYLOAD = re.compile(r"([mo])_([1-9][0-9]{0,9})", re.ASCII)
_INVITATION = re.compile(r"([jg])_([A-Za-z0-9_-]{16,32})", re.ASCII)
_CODE = re.compile(r"c_([0-9]{6})", re.ASCII)
_KINDS = {"m": "mission", "o": "organisation", "j": "member", "g": "guardian"}
LETTERS = {kind: letter for letter, kind in _KINDS.items()}


@dataclass(frozen=True)
class Target:
    """What a link opens. It need not exist, nor be anybody's to see.

    kind: mission or organisation (number is its public number), member or guardian (token is an invitation's), presence (token is the
    code of a spot).
    """

    kind: str
    number: int = 0
    token: str = ""


def target_of(payload: str) -> Target | None:
    """What the payload of /start names; None where it is none of ours, whoever made it."""
    if invitation := _INVITATION.fullmatch(payload):
        return Target(_KINDS[invitation[1]], token=invitation[2])
    if code := _CODE.fullmatch(payload):
        return Target("presence", token=code[1])
    found = _PAYLOAD.fullmatch(payload)
    if found is None or int(found[2]) > LARGEST_ID:
        return None
    return Target(_KINDS[found[1]], int(found[2]))


def start_link(username: str, payload: str) -> str:
    """The link that opens the bot of this name with a payload. Raises ValueError for a payload that opens nothing."""
    if target_of(payload) is None:
        raise ValueError("a link opens a mission, m_12, or an organisation, o_3")
    return f"https://t.me/{username}?start={payload}"
