"""What a message wants, and for a question of the FAQ which one: one model for both.

It stands for Rasa's classifier and for its ResponseSelector, whose standard field it fills.
"""

from __future__ import annotations

from typing import Any

import joblib
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    INTENT_RESPONSE_KEY,
    METADATA,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.catalogue import REGISTER
from nlu.counting import spelled
from nlu.fingerprint import tables_fingerprint
from nlu.linear import LinearModel, views_of_wishes
from nlu.scripts import DARIJA, in_other_script

FAQ = "faq"
_FILE = "intents.joblib"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(GraphComponent):
    """Sets intent and intent_ranking, and for the FAQ response_selector.faq with the ranking of its questions."""

    def __init__(self, model_storage: ModelStorage, resource: Resource, model: LinearModel | None = None) -> None:
        self._storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> IntentClassifier:
        return cls(model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        return tables_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        rows = [row for message in training_data.intent_examples if message.get(TEXT) for row in lessons(message)]
        if len({label for _, label in rows}) > 1:
            self._model = LinearModel(views_of_wishes()).fit([spelled(text) for text, _ in rows], [label for _, label in rows])
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
    ) -> IntentClassifier:
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, joblib.load(folder / _FILE))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if self._model is None or not message.get(TEXT):
                continue
            intents, questions = sorted_out(self._model.ranking(spelled(message.get(TEXT))))
            message.set(INTENT, _named(*intents[0]), add_to_output=True)
            message.set(INTENT_RANKING_KEY, [_named(*pair) for pair in intents], add_to_output=True)
            if intents[0][0] == FAQ:
                message.set("response_selector", _selected(questions), add_to_output=True)
        return messages


def lessons(message: Message) -> list[tuple[str, str]]:
    """What a training sentence teaches: (text, label), and for Darija the same in the other script."""
    text, label = message.get(TEXT), str(message.get(INTENT_RESPONSE_KEY) or message.get(INTENT))
    is_darija = (message.get(METADATA) or {}).get(REGISTER) in DARIJA
    return [(text, label), *([(in_other_script(text), label)] if is_darija else [])]


def sorted_out(ranking: list[tuple[str, float]]) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """A ranking of labels as one of intents, with all questions of the FAQ as one, and one of the questions among themselves."""
    questions = [(label, confidence) for label, confidence in ranking if label.startswith(f"{FAQ}/")]
    whole = sum(confidence for _, confidence in questions)
    intents = [pair for pair in ranking if not pair[0].startswith(f"{FAQ}/")]
    if questions:
        intents.append((FAQ, whole))
    return (
        sorted(intents, key=lambda pair: -pair[1]),
        [(label, confidence / whole if whole else 0.0) for label, confidence in questions],
    )


def _named(name: str, confidence: float) -> dict[str, Any]:
    return {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence}


def _selected(questions: list[tuple[str, float]]) -> dict[str, Any]:
    ranking = [{"confidence": confidence, "intent_response_key": label} for label, confidence in questions]
    best = {**ranking[0], "responses": [], "utter_action": f"utter_{FAQ}"}
    return {"all_retrieval_intents": [FAQ], FAQ: {"response": best, "ranking": ranking}}
