"""Looks into logs for what must not stand there: secrets, phone numbers, and what people said."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

LETTERS = 12
"""Fewer letters are found in a log by chance ("bonjour", a name, a place)."""
PIECE = 24
"""A log may hold a part of what was said: it is looked for piece by piece, in characters."""
SHORTEST_SECRET = 6
_PHONE = re.compile(r"(?<![\w.])(?:\+212|00212|0)[ .-]?[5-7](?:[ .-]?\d){8}(?![\w.])")


def secrets_of(environment: Mapping[str, str]) -> list[str]:
    """Tokens, secrets and passwords among the settings of a run."""
    found = [environment.get(name, "") for name in ("TELEGRAM_TOKEN", "WEBHOOK_SECRET")]
    for name in ("DATABASE_URL", "TRACKER_DATABASE_URL"):
        password = urlsplit(environment.get(name, "")).password or ""
        found += [password, unquote(password)]
    return sorted({secret for secret in found if len(secret) >= SHORTEST_SECRET})


def pieces(said: str) -> list[str]:
    """Parts of what was said that are long enough to be told from chance."""
    parts = [said[start : start + PIECE] for start in range(0, len(said), PIECE)]
    return [part for part in parts if sum(letter.isalpha() for letter in part) >= LETTERS]


def _spellings(words: str) -> set[str]:
    """As a log may show it: as it is, in JSON of either kind, as Python shows it."""
    return {words, json.dumps(words)[1:-1], json.dumps(words, ensure_ascii=False)[1:-1], repr(words)[1:-1]}


def findings(log: str, secrets: Iterable[str] = (), said: Iterable[str] = ()) -> list[str]:
    """What was found, one line each with the line of the log; secrets themselves are not repeated."""
    found = []
    lines = log.splitlines()
    for number, secret in enumerate(secrets):
        found += [f"secret {number} in: {line.replace(secret, '***')[:300]}" for line in lines if secret in line]
    found += [f"phone number in: {line[:300]}" for line in lines if _PHONE.search(line)]
    for piece in {piece for words in said for piece in pieces(words)}:
        shown = _spellings(piece)
        if any(spelling in log for spelling in shown):
            found += [f"{piece!r} in: {line[:300]}" for line in lines if any(spelling in line for spelling in shown)] or [f"{piece!r}"]
    return found


def scan(folder: Path, environment: Mapping[str, str], said: Iterable[str]) -> list[str]:
    """Findings in all logs that a run left in its folder. What the training logs are sentences of ours, not of people's."""
    words = list(said)
    found = []
    for path in sorted(folder.rglob("*.log")):
        log = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.name}: {what}" for what in findings(log, secrets_of(environment), () if path.name == "train.log" else words)]
    return found
