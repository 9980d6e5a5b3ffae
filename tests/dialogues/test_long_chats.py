"""Somebody who never rests: Rasa reads no more of his past in each turn than of anybody's, and no answer he gave is lost for it."""

from __future__ import annotations

from typing import Any

import httpx

from tests.dialogues.expectations import says
from tests.dialogues.product import Chatter, Product

LONG_EVENTS = 80
"""As in actions/turn.py, which would bring rasa_sdk with it: unit tests are collected without."""
PAST = [{"event": "action", "name": "action_listen"}] * (4 * LONG_EVENTS)


def session(product: Product, person: Chatter) -> list[dict[str, Any]]:
    """The events of the last session: those that Rasa reads in a turn."""
    url = f"{product.rasa_url}/conversations/{person.chat_id}/tracker?include_events=ALL"
    events: list[dict[str, Any]] = httpx.get(url, timeout=60).json()["events"]
    begins = max(place for place, event in enumerate(events) if event["event"] == "session_started")
    return events[begins:]


def test_a_chat_without_a_rest_begins_anew_and_keeps_its_draft(product: Product) -> None:
    person = product.person(first_name="Nisrine", language_code="fr")
    for said, key in (("je voudrais être bénévole", "ask_place"), ("à Maârif", "ask_causes")):
        person.say(said)
        assert says("fr", key, person.hear()[0]["text"])
    url = f"{product.rasa_url}/conversations/{person.chat_id}/tracker/events"
    httpx.post(url, json=PAST, timeout=60).raise_for_status()
    assert len(session(product, person)) > len(PAST)
    for said, key in (("l'éducation", "ask_skills"), ("soutien scolaire", "ask_when"), ("le samedi matin", "offer_summary")):
        person.say(said)
        assert says("fr", key, person.hear()[0]["text"])
        assert len(session(product, person)) < LONG_EVENTS
    slots = {event["name"]: event["value"] for event in session(product, person) if event["event"] == "slot"}
    assert (slots["offer"]["place"], slots["offer"]["causes"], slots["register"]) == ("Maârif", ["education"], "fr")
    person.silence()
