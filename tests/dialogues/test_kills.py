"""kill -9 of each process in the middle of a dialogue: it goes on, nothing is lost, nothing doubled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.texts import text
from tests.dialogues.expectations import says, starts
from tests.dialogues.product import Chatter, Product, answers, until

OFFER = ["je voudrais être bénévole", "à Sidi Othmane", "l'environnement", "jardinage", "le mercredi matin"]
QUESTIONS = ["ask_place", "ask_causes", "ask_skills", "ask_when", "offer_summary"]
_WHYS = ("open", "time", "time_on", "distance", "distance_to", "mode", "skill", "language")
NOTHING_FOUND = " | ".join(f"nothing_{why} | nothing_{why} + outside" for why in _WHYS)
"""That nothing fits and why; at times with what lies just outside."""


@pytest.fixture
def volunteer(product: Product) -> Iterator[Chatter]:
    chatter = product.person(first_name="Amal", language_code="fr")
    yield chatter
    chatter.silence()


def heard(volunteer: Chatter, key: str) -> None:
    message = volunteer.hear()[0]
    assert says("fr", key, message["text"]), f"expected {key}, heard {message['text']}"


@pytest.mark.parametrize("name", ["gateway", "worker", "actions", "rasa", "sandbox"])
def test_a_kill_after_the_message_was_sent(product: Product, volunteer: Chatter, name: str) -> None:
    """The message is on its way when the process dies."""
    for said, key in zip(OFFER[:2], QUESTIONS[:2], strict=True):
        volunteer.say(said)
        heard(volunteer, key)
    product.settle()
    sent = volunteer.say(OFFER[2]) if name != "sandbox" else None
    product.kill(name)
    if sent is None:
        until("the sandbox", lambda: answers(product.telegram_url + "/sandbox/api/chats"))
        volunteer.say(OFFER[2])
    heard(volunteer, QUESTIONS[2])
    for said, key in zip(OFFER[3:], QUESTIONS[3:], strict=True):
        volunteer.say(said)
        heard(volunteer, key)
    volunteer.tap(text("fr", "button_no_consent"))
    heard(volunteer, "consent_declined")


@pytest.mark.parametrize("name", ["gateway", "actions", "rasa", "worker"])
def test_a_kill_while_an_offer_is_saved(product: Product, volunteer: Chatter, name: str) -> None:
    """An effect that was done is not done again, one that was not is done once."""
    before = product.condition()["volunteers"]
    volunteer.say("je peux faire du jardinage à Sidi Othmane le mercredi matin pour l'environnement")
    heard(volunteer, "offer_summary")
    product.settle()
    volunteer.tap(text("fr", "button_consent"))
    product.kill(name)
    heard(volunteer, "offer_saved")
    listed = volunteer.hear()[0]
    assert starts("fr", "missions_found", listed["text"]) or says("fr", NOTHING_FOUND, listed["text"]), listed["text"]
    after = product.condition()
    assert after["healthy"], after
    assert after["volunteers"] == before + 1


def test_everything_in_a_row(product: Product, volunteer: Chatter) -> None:
    """A whole dialogue while one process after the other dies."""
    victims = ["worker", "actions", "gateway", "rasa", "actions"]
    for said, key, victim in zip(OFFER, QUESTIONS, victims, strict=True):
        volunteer.say(said)
        product.kill(victim)
        heard(volunteer, key)
    volunteer.tap(text("fr", "button_no_consent"))
    heard(volunteer, "consent_declined")


def test_an_update_that_telegram_repeats_is_answered_once(product: Product, volunteer: Chatter) -> None:
    sent = volunteer.say("bonjour")
    heard(volunteer, "greet")
    volunteer.repeat(sent["update_id"])
    volunteer.say("merci")
    heard(volunteer, "utter_thank")


def test_a_button_tapped_twice_and_a_forged_one(product: Product, volunteer: Chatter) -> None:
    volunteer.say("je voudrais être bénévole")
    heard(volunteer, "ask_place")
    volunteer.say("Sbata")
    heard(volunteer, "ask_causes")
    message, data = volunteer.button("Sport")
    volunteer.tap_data(message["message_id"], data)
    heard(volunteer, "ask_skills")
    volunteer.tap_data(message["message_id"], "/affirm")
    heard(volunteer, "button_expired + ask_skills")


def test_many_chats_at_once_each_in_order(product: Product) -> None:
    """Twelve people write three messages each without waiting for answers."""
    people = [product.person(first_name=f"P{number}", language_code="fr") for number in range(12)]
    for said in ("bonjour", "je voudrais être bénévole", "Maârif"):
        for person in people:
            person.say(said)
    for person in people:
        for key in ("greet", "ask_place", "ask_causes"):
            heard(person, key)
    for person in people:
        person.silence(0.1)


def test_a_person_who_blocks_hears_no_more(product: Product) -> None:
    person = product.person(first_name="Bilal", language_code="fr")
    person.say("je peux cuisiner à Anfa le vendredi soir pour l'aide alimentaire")
    heard(person, "offer_summary")
    person.tap(text("fr", "button_consent"))
    person.hear(2)
    running = product.condition()["subscriptions"]
    person.block()
    until("the end of the subscription", lambda: product.condition()["subscriptions"] == running - 1)
    product.command("digest", "--at", "2027-03-02T10:00:00+00:00")
    person.silence()
