"""Which register a message is in: its script first, then the letters of its words. Knows no Rasa."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.vocabulary.registers import script_of
from nlu.linear import LinearModel, views_of_spelling

OF_SCRIPT = {"arabic": ("ar", "ary-Arab"), "latin": ("fr", "ary-Latn")}
LONGEST_TEXT = 1000
"""More says nothing new of how somebody writes."""
_RUNS = re.compile(r"(.)\1{2,}", re.DOTALL)
_DIGITS_ALONE = re.compile(r"(?<!\w)\d+(?!\w)")


def as_read(text: str) -> str:
    """The text in small letters, hamza and accents kept, since they tell; elongation tamed; a number by itself is nobody's."""
    return _DIGITS_ALONE.sub(" ", _RUNS.sub(r"\1\1", text[:LONGEST_TEXT].lower()))


class RegisterModel:
    """One small model a script."""

    def __init__(self) -> None:
        self._models: dict[str, LinearModel] = {}

    def fit(self, texts: Sequence[str], registers: Sequence[str]) -> RegisterModel:
        """Learn from texts of known registers; a text in the script of the other ones is left out."""
        for script, known in OF_SCRIPT.items():
            rows = [(as_read(text), r) for text, r in zip(texts, registers, strict=True) if r in known and script_of(text) == script]
            if len({register for _, register in rows}) == len(known):
                self._models[script] = LinearModel(views_of_spelling()).fit(*zip(*rows, strict=True))
        return self

    def detect(self, text: str) -> tuple[str | None, float]:
        """The register and how sure it is, 0 to 1; (None, 0.0) where the text has no letters or is a payload ("/…")."""
        script = None if text.startswith("/") else script_of(text)
        if script is None:
            return None, 0.0
        if script not in self._models:
            return OF_SCRIPT[script][1], 0.5
        [(name, confidence), *_] = self._models[script].ranking(as_read(text))
        return name, confidence
