"""The register of what is done with what people tell us, as the CNDP asks for it (law 09-08): rows, and a document of them.

The words stand in ``data/register.fr.yml``, since a lawyer reads and mends them. Periods do not: they are filled in from the code and the
settings, so that the register says what happens.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.messages import buttons
from bot.services import aid_clock, bans, conversation_marks, invitations, login_throttle, presence, proposals, relay, staff_sessions, waves
from bot.services.spreadsheets import harmless
from bot.settings import PROJECT
from bot.store import changes

WORDS = PROJECT / "data" / "register.fr.yml"
COLUMNS: Mapping[str, str] = {
    "name": "Traitement",
    "purpose": "Finalité",
    "basis": "Base légale",
    "people": "Personnes concernées",
    "categories": "Catégories de données",
    "recipients": "Destinataires",
    "transfers": "Transferts à l'étranger",
    "kept": "Durée de conservation",
    "measures": "Mesures de sécurité",
    "tables": "Tables",
}
"""What a row tells, in the order of the register, and what it is called there."""
_OPEN = ("Responsable du traitement", "Adresse", "Contact pour exercer ses droits", "Récépissé ou autorisation de la CNDP")
"""What only whoever operates the service knows."""
_DRAFT = "Brouillon tiré du logiciel, à vérifier et à compléter par qui déclare le traitement ; ce n'est pas un avis juridique."
_SECONDS_AN_HOUR, _SECONDS_A_MINUTE = 3600, 60


class RegisterError(ValueError):
    """The words are not as they must be; the message is one line that says where."""


@dataclass(frozen=True)
class Treatment:
    """One row of the register. ``tables`` names where it is kept; ``events`` is Rasa's."""

    name: str
    purpose: str
    basis: str
    people: str
    categories: str
    recipients: str
    transfers: str
    kept: str
    measures: str
    tables: tuple[str, ...]


def periods(transcript_days: int, texts_days: int, effects_days: int) -> dict[str, int]:
    """What is filled into the words.

    Args:
        transcript_days: the setting ``TRANSCRIPT_DAYS``.
        texts_days, effects_days: as the scheduler forgets, which services do not know.
    """
    return {
        "transcript_days": transcript_days,
        "texts_days": texts_days,
        "effects_days": effects_days,
        "button_days": buttons.LIFETIME_DAYS,
        "changes_days": changes.KEEP_DAYS,
        "code_days": presence.KEEP_DAYS,
        "relay_days": relay.KEEP_DAYS,
        "need_days": aid_clock.FORGET_NEED_DAYS,
        "link_days": invitations.LIFETIME_DAYS,
        "ban_days": bans.KEPT.days,
        "asked_a_month": proposals.MOST_A_MONTH,
        "calls": waves.MOST_CALLS,
        "session_hours": int(staff_sessions.LONGEST.total_seconds()) // _SECONDS_AN_HOUR,
        "unmask_minutes": int(conversation_marks.UNMASKED.total_seconds()) // _SECONDS_A_MINUTE,
        "throttle_hours": login_throttle.FORGET_HOURS,
    }


def rows(path: Path, figures: Mapping[str, int]) -> list[Treatment]:
    """The rows of a file of words, with :func:`periods` filled in. Raises RegisterError."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        shared, found = content["everywhere"], content["treatments"]
        return [_row(treatment, shared, figures) for treatment in found]
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RegisterError(f"{path.name} cannot be read: {error}".splitlines()[0]) from None
    except KeyError as error:
        raise RegisterError(f"{path.name}: {error} is missing or unknown") from None
    except (TypeError, AttributeError):
        raise RegisterError(f"{path.name} must hold everywhere and a list of treatments") from None


def _row(treatment: Mapping[str, Any], shared: Mapping[str, str], figures: Mapping[str, int]) -> Treatment:
    if unknown := treatment.keys() - COLUMNS.keys():
        raise KeyError(", ".join(sorted(unknown)))
    said = {name: _joined(treatment.get(name), shared.get(name)) for name in COLUMNS if name != "tables"}
    if missing := [name for name, words in said.items() if not words]:
        raise KeyError(f"{treatment.get('name')}: {', '.join(missing)}")
    filled = {name: words.format_map(figures) for name, words in said.items()}
    return Treatment(tables=tuple(treatment["tables"]), **filled)


def _joined(own: str | None, everywhere: str | None) -> str:
    return " ".join(" ".join(part.split()) for part in (own, everywhere) if part)


def as_markdown(treatments: Sequence[Treatment], on: date) -> str:
    """A document to read and complete: what is open, then a table for each treatment."""
    lines = ["# Registre des traitements", "", f"Tadamon, état au {on.isoformat()}. {_DRAFT}", "", "| | |", "|---|---|"]
    lines += [f"| {name} | à compléter |" for name in _OPEN]
    for number, treatment in enumerate(treatments, start=1):
        lines += ["", f"## {number}. {_literal(treatment.name)}", "", "| | |", "|---|---|"]
        lines += [f"| {title} | {_literal(words)} |" for title, words in _cells(treatment)[1:]]
    return "\n".join(lines) + "\n"


def as_csv(treatments: Sequence[Treatment]) -> str:
    """A line for each treatment, with the mark that spreadsheets look for; what they would reckon with stands as words."""
    made = io.StringIO()
    out = csv.writer(made)
    out.writerow(COLUMNS.values())
    out.writerows([harmless(words) for _, words in _cells(treatment)] for treatment in treatments)
    return "\ufeff" + made.getvalue()


def as_json(treatments: Sequence[Treatment], on: date) -> str:
    """The same for another program."""
    content = {"date": on.isoformat(), "note": _DRAFT, "treatments": [asdict(treatment) for treatment in treatments]}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _cells(treatment: Treatment) -> list[tuple[str, str]]:
    told = {**asdict(treatment), "tables": ", ".join(treatment.tables)}
    return [(title, told[name]) for name, title in COLUMNS.items()]


def _literal(words: str) -> str:
    """Words that Markdown reads as they are."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", words)
