"""What Rasa reads beside its own files: replies from the catalogues, and the register of each training sentence.

Keys named ``utter_…`` become conditional responses by register; a sentence's register is the folder it stands in.

domain.yml holds no text, a translator touches no domain, and since responses of the domain are not part of the NLU's fingerprint a
wording never retrains it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.importers.utils import training_data_from_paths
from rasa.shared.nlu.constants import METADATA
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.texts import DEFAULT_REGISTER, REGISTERS, catalogue, in_one_piece

REGISTER = "register"
"""Key of a sentence's register in its metadata."""
# Stock Rasa answers 200 with what it has: a reply that is rendered by a rule says itself that the turn is whole.
_TURN_DONE = {"turn": "done"}


class CatalogueImporter(RasaFileImporter):
    """RasaFileImporter with the responses of data/locales in its domain, and with registers in the metadata of its sentences."""

    def get_domain(self) -> Domain:
        return super().get_domain().merge(Domain.from_dict({"responses": responses()}))

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        whole = TrainingData()
        by_folder: dict[str, list[str]] = {}
        for path in self._nlu_files:
            by_folder.setdefault(Path(path).parent.name, []).append(path)
        for folder, paths in sorted(by_folder.items()):
            some = training_data_from_paths(sorted(paths), language)
            for message in some.training_examples if folder in REGISTERS else ():
                message.set(METADATA, {**(message.get(METADATA) or {}), REGISTER: folder})
            whole = whole.merge(some)
        return whole


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
