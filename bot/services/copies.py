"""The copy of one's data in words, for whoever would rather read than look into a file for programs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.services import cards
from bot.texts import plain, text

Row = dict[str, Any]


def readable(kept: Mapping[str, Any], register: str, day: str) -> str:
    """The copy in words: a heading for each part of which something is kept."""
    parts = [plain(text(register, "export_head", day=day))]
    for key, lines in _lines(kept, register):
        if lines:
            parts.append("\n".join([plain(text(register, key)).upper(), *(f"- {line}" for line in lines)]))
    return "\n\n".join([*parts, plain(text(register, "export_foot"))]) + "\n"


def _lines(kept: Mapping[str, Any], register: str) -> Iterable[tuple[str, Sequence[str]]]:
    """The parts of the copy: the key of the heading, and lines."""
    person = kept.get("person")
    yield "export_person", [_line(person["first_name"], person["known_since"])] if person else []
    yield "export_offer", _offer_lines(kept["offer"], register) if kept.get("offer") else []
    yield (
        "export_consents",
        [_line(row["given"], plain(text(register, f"consent_{row['purpose']}")), row["organisation"]) for row in kept.get("consents", ())],
    )
    yield (
        "export_lists",
        [
            _line(plain(text(register, f"button_{row['frequency']}")), row["organisation"], row["ended"] and f"→ {row['ended']}")
            for row in kept.get("lists", ())
        ],
    )
    yield "export_speaks_for", [_line(row["organisation"], row["services"]) for row in kept.get("speaks_for", ())]
    yield "export_applications", [line for row in kept.get("applications", ()) for line in _application_lines(row, register)]
    yield (
        "export_certificates",
        [
            _line(row["issued"], row["number"], row["mission"], f"{row['minutes']} min", row["revoked"] and f"→ {row['revoked']}")
            for row in kept.get("certificates", ())
        ],
    )
    yield "export_links", [_line(row["at"], row["used"] and f"→ {row['used']}") for row in kept.get("links_handed_on", ())]
    yield (
        "export_help_asked",
        [_line(row["at"], row["need"], cards.place(row["place"], register), row["address"]) for row in kept.get("help_asked_for", ())],
    )
    yield "export_help_calls", [_line(row["asked"]) for row in kept.get("asked_to_help", ())]
    yield (
        "export_invitations",
        [_line(row["at"], row["mission"], row["answered"] and f"→ {row['answered']}") for row in kept.get("invitations_to_missions", ())],
    )
    yield "export_put_aside", [_line(row["at"], row["mission"]) for row in kept.get("missions_put_aside", ())]
    yield "export_left_out", [_line(row["at"], row["organisation"]) for row in kept.get("organisations_left_out", ())]
    yield "export_matches", [_line(row["at"], row["mission"]) for row in kept.get("matches_shown", ())]
    yield "export_to_team", [_line(row["at"], row["words"]) for row in kept["messages_to_the_team"]]
    yield (
        "export_bans",
        [
            _line(row["from"], plain(text(register, f"ban_told_{row['reason']}")), row["lifted"] and f"→ {row['lifted']}")
            for row in kept["closed_by_the_team"]
        ],
    )
    yield "export_notes", [_line(row["at"], row["words"]) for row in kept["notes_of_the_team"]]
    yield "export_handoffs", [_line(row["from"], row["to"] and f"→ {row['to']}") for row in kept["conversations_for_a_person"]]
    yield "export_written", [_line(row["at"], row["words"]) for row in kept["written"]]
    yield "export_received", [_line(row["at"]) for row in kept["sent_to_you"]]


def _offer_lines(offer: Row, register: str) -> list[str]:
    lines = [
        text(register, "summary_name", name=offer["first_name"]),
        text(register, "summary_place", place=cards.place(offer["place"], register), count=offer["radius_km"]),
    ]
    for kind, key in (("cause", "causes"), ("skill", "skills"), ("means", "means")):
        if offer[key]:
            lines.append(text(register, f"summary_{key}", None, **{key: cards.labels(kind, offer[key], register)}))
    lines.append(text(register, "summary_when", slots=cards.week(offer["slots"], register)))
    lines.append(text(register, f"summary_mode_{offer['mode'] or 'both'}"))
    lines.append(text(register, f"age_{offer['age_band']}"))
    return [plain(line) for line in lines]


def _application_lines(row: Row, register: str) -> list[str]:
    lines = [_line(row["at"], row["mission"], row["organisation"], plain(text(register, f"state_{row['state']}")), row["note"])]
    for part in row["took_part"]:
        lines.append(_line(part["on"], row["mission"], part["minutes"] and f"{part['minutes']} min", part["learned"]))
    return lines


def _line(*parts: object) -> str:
    """Parts of a line, those that are there; instants without their T."""
    return " · ".join(re.sub(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[+-]\d\d:\d\d$", r"\1 \2", str(part)) for part in parts if part)
