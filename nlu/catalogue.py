"""Rasa's replies from the catalogues: an importer that turns keys named ``utter_…`` into conditional responses by register.

domain.yml holds no text, a translator touches no domain, and since responses of the domain are not part of the NLU's fingerprint a
wording never retrains it.
"""

from __future__ import annotations

from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter

from bot.texts import DEFAULT_REGISTER, REGISTERS, catalogue, in_one_piece

# Stock Rasa answers 200 with what it has: a reply that is rendered by a rule says itself that the turn is whole.
_TURN_DONE = {"turn": "done"}


class CatalogueImporter(RasaFileImporter):
    """RasaFileImporter with the responses of data/locales in its domain."""

    def get_domain(self) -> Domain:
        return super().get_domain().merge(Domain.from_dict({"responses": responses()}))


def responses() -> dict[str, list[dict[str, Any]]]:
    """Each key with one variation a register, and the default register's text without condition, so that nothing is silence."""
    found: dict[str, list[dict[str, Any]]] = {}
    for key in catalogue(DEFAULT_REGISTER):
        if not key.startswith("utter_"):
            continue
        variations: list[dict[str, Any]] = [
            {
                "text": in_one_piece(catalogue(register)[key]),
                "custom": dict(_TURN_DONE),
                "condition": [{"type": "slot", "name": "register", "value": register}],
            }
            for register in REGISTERS
        ]
        found[key] = [*variations, {"text": in_one_piece(catalogue(DEFAULT_REGISTER)[key]), "custom": dict(_TURN_DONE)}]
    return found
