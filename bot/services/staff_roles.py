"""Who of the staff may do what: the one place where it is written."""

from __future__ import annotations

VIEW, MARK, ANNOTATE, TRAIN, MODERATE, UNMASK, REPLY, AUDIT = "view", "mark", "annotate", "train", "moderate", "unmask", "reply", "audit"
"""Permissions: read conversations (masked) and figures; assign, tag, note, review them; correct what was understood; train and promote
models; decide about organisations, reports and hours; see personal details for a while; answer in a person's chat; read the log."""

_VIEWER = frozenset({VIEW})
ROLES: dict[str, frozenset[str]] = {
    "viewer": _VIEWER,
    "annotator": _VIEWER | {MARK, ANNOTATE},
    "moderator": _VIEWER | {MARK, MODERATE, UNMASK},
    "agent": _VIEWER | {MARK, REPLY, UNMASK},
    "admin": _VIEWER | {MARK, ANNOTATE, TRAIN, MODERATE, UNMASK, REPLY, AUDIT},
}


def may(role: str, permission: str) -> bool:
    """Whether a role has a permission; a role or a permission that is unknown has none."""
    return permission in ROLES.get(role, frozenset())
