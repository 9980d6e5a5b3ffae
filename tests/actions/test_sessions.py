"""Whoever never rests: a long session ends with its turn, and the next begins with all that was known."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.account import Help
from actions.turn import LONG_EVENTS, new_session

SLOTS = {"register": "fr", "offer": {"place": "Anfa"}, "misunderstood": 2, "session_started_metadata": {"a": 1}, "initiative": None}


async def answered(events: int, loop: str | None = None) -> list[dict[str, Any]]:
    said = {"text": "aide", "intent": {"name": "help", "confidence": 1.0}, "entities": [], "metadata": {"update_id": 1}}
    tracker = Tracker("501", dict(SLOTS), said, [{"event": "user"}] * events, False, None, {"name": loop} if loop else {}, "action_listen")
    return [dict(event) for event in await Help().run(CollectingDispatcher(), tracker, {})]


async def test_a_short_session_goes_on() -> None:
    assert not [event for event in await answered(LONG_EVENTS) if event["event"] == "session_started"]


@pytest.mark.parametrize("loop", [None, "offer_form"])
async def test_a_long_one_begins_anew_with_slots_as_this_turn_leaves_them(loop: str | None) -> None:
    events = await answered(LONG_EVENTS + 1, loop)
    begins = next(place for place, event in enumerate(events) if event["event"] == "session_started")
    assert (events[begins - 1]["event"], events[begins - 1]["name"]) == ("action", "action_session_start")
    kept = {event["name"]: event["value"] for event in events[begins:] if event["event"] == "slot"}
    assert kept == {"register": "fr", "offer": {"place": "Anfa"}}, "what was understood is no misunderstanding any more"
    assert events[-1] == {"event": "followup", "timestamp": None, "name": "action_listen"}


def test_the_form_that_is_open_stays_open() -> None:
    assert [event["name"] for event in new_session({}, "offer_form") if event["event"] == "active_loop"] == ["offer_form"]
    assert [event["event"] for event in new_session({}, None)] == ["action", "session_started"]
