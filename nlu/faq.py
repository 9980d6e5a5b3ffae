"""Which question of the FAQ is asked: a light model that fills the field of Rasa's stock ResponseSelector, which is a DIET model."""

from __future__ import annotations

from typing import Any

import joblib
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

from bot.vocabulary.spelling import words
from nlu.fingerprint import tables_fingerprint

RETRIEVAL_INTENT = "faq"
_FILE = "faq.joblib"


def both_spellings(text: str) -> str:
    """The normalised words of a text, then their skeletons: one vocabulary for both scripts."""
    found = words(text)
    return " ".join([*(word.normal for word in found), *(f"_{word.skeleton}" for word in found if word.skeleton)])


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FaqSelector(GraphComponent):
    """Trained on the messages of the retrieval intent; answers with the ranking of its questions."""

    def __init__(self, model_storage: ModelStorage, resource: Resource, model: Any = None) -> None:
        self._storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> FaqSelector:
        return cls(model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        return tables_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        examples = [m for m in training_data.intent_examples if m.get(INTENT) == RETRIEVAL_INTENT]
        labels = [str(m.get(INTENT_RESPONSE_KEY)) for m in examples]
        if len(set(labels)) > 1:
            self._model = make_pipeline(
                make_union(
                    TfidfVectorizer(preprocessor=both_spellings, token_pattern=r"\S+", sublinear_tf=True),
                    TfidfVectorizer(preprocessor=both_spellings, analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True),
                ),
                LogisticRegression(C=10, max_iter=2000, class_weight="balanced"),
            )
            self._model.fit([m.get(TEXT) for m in examples], labels)
        with self._storage.write_to(self._resource) as folder:
            joblib.dump(self._model, folder / _FILE)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> FaqSelector:
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, joblib.load(folder / _FILE))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            # Only a question is worth ranking: for all other intents the field is empty and costs nothing.
            if self._model is None or (message.get(INTENT) or {}).get("name") != RETRIEVAL_INTENT:
                continue
            message.set("response_selector", self._select(message.get(TEXT) or ""), add_to_output=True)
        return messages

    def _select(self, text: str) -> dict[str, Any]:
        confidences = self._model.predict_proba([text])[0]
        ranked = sorted(zip(self._model.classes_, confidences, strict=True), key=lambda pair: -pair[1])
        ranking = [{"confidence": float(confidence), "intent_response_key": str(key)} for key, confidence in ranked]
        best = {
            "responses": [],
            "confidence": ranking[0]["confidence"],
            "intent_response_key": ranking[0]["intent_response_key"],
            "utter_action": f"utter_{RETRIEVAL_INTENT}",
        }
        return {"all_retrieval_intents": [RETRIEVAL_INTENT], RETRIEVAL_INTENT: {"response": best, "ranking": ranking}}
