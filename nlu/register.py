"""The register of each message, at the top level of what /model/parse answers."""

from __future__ import annotations

from typing import Any

import joblib
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.catalogue import REGISTER
from nlu.fingerprint import tables_fingerprint
from nlu.register_model import RegisterModel

_FILE = "registers.joblib"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class RegisterDetector(GraphComponent):
    """Sets ``register: {name, confidence}``; name is None where nothing can be told."""

    def __init__(self, model_storage: ModelStorage, resource: Resource, model: RegisterModel | None = None) -> None:
        self._storage = model_storage
        self._resource = resource
        self._model = model or RegisterModel()

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> RegisterDetector:
        return cls(model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        return tables_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        rows = [(message.get(TEXT), (message.get(METADATA) or {}).get(REGISTER)) for message in training_data.intent_examples]
        known = [(text, register) for text, register in rows if text and register]
        self._model.fit([text for text, _ in known], [register for _, register in known])
        with self._storage.write_to(self._resource) as folder:
            joblib.dump(self._model, folder / _FILE, compress=3)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> RegisterDetector:
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, joblib.load(folder / _FILE))

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            name, confidence = self._model.detect(message.get(TEXT) or "")
            message.set("register", {"name": name, "confidence": confidence}, add_to_output=True)
        return messages
