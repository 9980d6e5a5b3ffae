"""One chat as Rasa would carry it: rules, slots and the active form around the real actions, the intent given by the test."""

from __future__ import annotations

import importlib
import inspect
import itertools
import json
import pkgutil
from typing import Any

import yaml
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

import actions
from actions.turn import TURN_DONE, TurnAction
from bot.settings import PROJECT
from bot.texts import text as catalogue_text
from bot.texts import with_blank_lines
from bot.vocabulary.extraction import extract
from tests.conftest import NOW
from tests.dialogues.expectations import says, starts

ACTIONS = {
    found.action: found()
    for module in pkgutil.iter_modules(actions.__path__, "actions.")
    for _, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
    if issubclass(found, TurnAction) and not inspect.isabstract(found)
}
RULES = {
    rule["steps"][0]["intent"]: rule["steps"][1]["action"]
    for path in sorted((PROJECT / "data" / "rules").glob("*.yml"))
    for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
}
_update_ids = itertools.count(1)


class Chat:
    """What a person says and hears. ``offer``, ``organisation`` and ``initiative`` are the drafts kept in slots."""

    def __init__(self, register: str = "fr", chat_id: int = 501, first_name: str = "Salma") -> None:
        self.register = register
        self.chat_id = chat_id
        self.first_name = first_name
        self.slots: dict[str, Any] = {"register": register}
        self.loop: str | None = None
        self.heard: list[str] = []
        """The answers to the last message."""
        self.buttons: dict[str, str] = {}
        """Payloads by title, of the last answer."""
        self.keyboard: list[str] = []
        self.edits = False
        """Whether the last answer takes the place of the message whose button was tapped."""
        self._last: tuple[dict[str, Any], dict[str, Any], str | None] = ({}, {}, None)

    async def say(self, words: str, intent: str = "inform", confidence: float = 0.95) -> list[str]:
        """Say something in words, understood as this intent; the entities are found in the words."""
        entities = [
            {"entity": m.kind, "value": m.value, "start": m.start, "end": m.end, **({"negated": True} if m.negated else {})}
            for m in extract(words, NOW)
        ]
        return await self._turn(words, intent, confidence, entities)

    async def tap(self, payload: str) -> list[str]:
        """Tap a button, or let the gateway send a payload."""
        intent, brace, rest = payload.removeprefix("/").partition("{")
        values = json.loads(brace + rest) if brace else {}
        entities = [{"entity": k, "value": v} for k, found in values.items() for v in (found if isinstance(found, list) else [found])]
        return await self._turn(payload, intent, 1.0, entities)

    async def press(self, key: str) -> list[str]:
        """Tap the button of the last answer that shows this text of the catalogue."""
        return await self.tap(self.buttons[catalogue_text(self.register, key)])

    async def repeat(self) -> list[str]:
        """The last message once more, as after a kill: same update, and Rasa has forgotten what it led to."""
        message, slots, loop = self._last
        self.slots, self.loop = dict(slots), loop
        return await self._run(message)

    async def _turn(self, words: str, intent: str, confidence: float, entities: list[dict[str, Any]]) -> list[str]:
        message = {
            "text": words,
            "intent": {"name": intent, "confidence": confidence},
            "entities": entities,
            "metadata": {"update_id": next(_update_ids), "first_name": self.first_name, "bot_name": "tadamon_bot"},
        }
        self._last = (message, dict(self.slots), self.loop)
        return await self._run(message)

    async def _run(self, message: dict[str, Any]) -> list[str]:
        dispatcher = CollectingDispatcher()
        intent = message["intent"]["name"]
        name = self.loop or RULES[intent.split("/")[0]]
        while name != "action_listen":
            tracker = Tracker(str(self.chat_id), dict(self.slots), message, [], False, None, {"name": self.loop} if self.loop else {}, None)
            name = self._apply(await ACTIONS[name].run(dispatcher, tracker, {}))
        *replies, last = dispatcher.messages
        self.edits = bool(last["custom"].get("edits"))
        assert {k: v for k, v in last["custom"].items() if k not in ("keyboard", "edits", "understood")} == TURN_DONE, (
            "a turn ends with its confirmation"
        )
        assert not any(reply["custom"] for reply in replies), "and confirms itself once"
        assert replies, "nothing is answered with silence"
        self.heard = [with_blank_lines(reply["text"]) for reply in replies]
        self.buttons = {button["title"]: button["payload"] for reply in replies for button in reply["buttons"]}
        self.keyboard = [key["text"] for row in last["custom"].get("keyboard") or () for key in row]
        return self.heard

    def _apply(self, events: list[dict[str, Any]]) -> str:
        """Take over what an action returned; gives the action that follows."""
        for event in events:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
            elif event["event"] == "active_loop":
                self.loop = event["name"]
        assert events[-1]["event"] == "followup"
        return str(events[-1]["name"])

    # ---- what was heard

    def heard_keys(self, *keys: str) -> bool:
        """Whether the answers are these texts of the catalogue, one each; " + " joins two texts of one message."""
        return len(keys) == len(self.heard) and all(says(self.register, k, t) for k, t in zip(keys, self.heard, strict=True))

    def heard_first(self, key: str) -> bool:
        """Whether the first answer starts with a text of the catalogue."""
        return starts(self.register, key, self.heard[0])

    @property
    def offer(self) -> dict[str, Any]:
        return self.slots.get("offer") or {}

    @property
    def aid(self) -> dict[str, Any]:
        return self.slots.get("aid") or {}

    @property
    def organisation(self) -> dict[str, Any]:
        return self.slots.get("organisation") or {}

    @property
    def initiative(self) -> dict[str, Any]:
        return self.slots.get("initiative") or {}
