"""Keeps the slot ``register`` true before anything is said in a turn.

A policy may hand events to the tracker with each prediction; this one predicts nothing and hands over the register. So replies that
Rasa renders itself and actions alike see the register of the message they answer, and no call to the action server is spent on it.
"""

from __future__ import annotations

from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from bot.vocabulary.registers import next_register, starting_register


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class RegisterPolicy(Policy):
    """Trained in name only: Rasa runs trainable policies, and there is nothing to learn."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"priority": 0}

    def train(self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **_: Any) -> Resource:
        self.persist()
        return self._resource

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: dict[str, Any] | None = None, **_: Any
    ) -> PolicyPrediction:
        register = register_of(tracker)
        events = [SlotSet("register", register)] if register != tracker.get_slot("register") else []
        return self._prediction(self._default_predictions(domain), events=events)

    def persist(self) -> None:
        with self._model_storage.write_to(self._resource):
            pass

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> RegisterPolicy:
        return cls(config, model_storage, resource, execution_context)


def register_of(tracker: DialogueStateTracker) -> str:
    """The register that answers the latest message."""
    message = tracker.latest_message
    current = tracker.get_slot("register")
    if message is None:
        return current or starting_register(None)
    if not current:
        # Who is known is answered as before, though Rasa may not remember the conversation; notices came in that register too.
        metadata = message.metadata or {}
        current = metadata.get("register") or starting_register(metadata.get("language_code"))
    detected = (message.parse_data or {}).get("register") or {}
    return next_register(
        message.text or "",
        current,
        bool(tracker.get_slot("register_held")),
        detected.get("name"),
        float(detected.get("confidence") or 0.0),
    )
