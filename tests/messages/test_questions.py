"""A question that stands open is answered in words as by its button: the same payload, once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.messages import buttons, outbox, questions
from bot.messages.outbox import Choice, Draft
from bot.store.engine import Database
from tests.worlds import NOW

CHAT = 10
YES = '/answer_application{{"application": "{}", "answer": "accepted"}}'
NO = '/answer_application{{"application": "{}", "answer": "declined"}}'
TERMS = '/counter_offer{{"application": "{}"}}'
Answered = tuple[str | None, str | None]


def card(store: Database, number: int, chat_id: int = CHAT, state: str = "sent", origin: str = "") -> None:
    """The card of an application, as everybody who speaks for the organisation reads it."""
    choices = [Choice("Accepter", YES.format(number)), Choice("Refuser", NO.format(number)), Choice("Oui, mais…", TERMS.format(number))]
    say(store, f"<b>Manal {number}</b>\nveut venir", choices, chat_id, state, origin or f"application:{number}", outbox.NOTICE)


def say(
    store: Database,
    words: str,
    choices: list[Choice],
    chat_id: int = CHAT,
    state: str = "sent",
    origin: str = "update:1",
    kind: str = outbox.REPLY,
) -> None:
    with store.write() as session:
        for row in outbox.queue(session, chat_id, kind, origin, [Draft(words, choices)], NOW):
            row.state = state


def answered(store: Database, words: str, chat_id: int = CHAT, at: datetime = NOW, update_id: int = 8) -> Answered:
    with store.read() as session:
        return questions.answered_by(session, chat_id, words, update_id, at)


def payload_behind(store: Database, words: str) -> str | None:
    token, payload = answered(store, words)
    if token is None:
        return payload
    with store.write() as session:
        return buttons.redeem(session, CHAT, token, 7, NOW)


@pytest.mark.parametrize(
    ("words", "meant"), [("oui avec plaisir", YES), ("واخا مرحبا بيها", YES), ("désolé, complet", NO), ("للأسف مكتمل", NO)]
)
def test_words_are_the_button(store: Database, words: str, meant: str) -> None:
    card(store, 5)
    assert payload_behind(store, words) == meant.format(5)
    assert answered(store, words) == (None, None), "what was answered stands open no more"


def test_terms_are_put_in_the_words_in_which_they_came(store: Database) -> None:
    card(store, 5)
    assert payload_behind(store, 'oui  mais "pas avant"\n15h {sûr}') == (
        '/counter_offer{"application": "5", "words": "oui mais \\"pas avant\\" 15h {sûr}"}'
    )


@pytest.mark.parametrize("words", ["bonjour", "je cherche une mission", "5", ""])
def test_whatever_else_is_said_answers_nothing(store: Database, words: str) -> None:
    card(store, 5)
    assert answered(store, words) == (None, None)


def test_of_several_it_is_asked_which(store: Database) -> None:
    card(store, 5)
    card(store, 6)
    assert answered(store, "oui") == (None, '/which_question{"answer": "yes"}')
    assert answered(store, "oui mais à partir de 15h") == (None, None), "nobody knows whose terms these are"
    with store.read() as session:
        assert [one.payloads["no"] for one in questions.unanswered(session, CHAT, NOW)] == [NO.format(6), NO.format(5)]


def test_what_was_asked_before_the_last_turn_is_not_meant(store: Database) -> None:
    card(store, 5)
    say(store, "Voici vos missions", [Choice("1", '/apply_to_mission{"mission": "1"}')])
    assert answered(store, "oui") == (None, None)


def test_what_the_last_turn_itself_asked_is_meant(store: Database) -> None:
    ask = [Choice("Oui", '/withdraw_application{"mission": "3", "answer": "yes"}'), Choice("Non", '/my_commitments{"answer": "no"}')]
    say(store, "Vous ne pourrez pas y aller ?", ask)
    assert payload_behind(store, "oui") == '/withdraw_application{"mission": "3", "answer": "yes"}'


@pytest.mark.parametrize(
    "choices",
    [
        [Choice("😕", '/withdraw_application{"mission": "3", "answer": "yes"}'), Choice("Écrire", "/write_message")],
        [Choice("1", YES.format(1)), Choice("2", YES.format(2)), Choice("Non", NO.format(1))],
        [Choice("Carte", url="https://example.org")],
    ],
    ids=["a-yes-alone", "several-yeses", "no-payload"],
)
def test_what_asks_no_plain_yes_or_no_is_no_question(store: Database, choices: list[Choice]) -> None:
    """ "Oui, je viens" under a reminder must not take the place back."""
    say(store, "Demain : Soutien scolaire", choices, origin="reminder:1", kind=outbox.NOTICE)
    assert answered(store, "oui") == (None, None)


def test_a_form_keeps_its_own_yes(store: Database) -> None:
    summary = [Choice("Confirmer", "/affirm"), Choice("Corriger", "/deny")]
    say(store, "C'est juste ?", summary)
    assert answered(store, "oui") == (None, None)
    card(store, 5)
    assert answered(store, "oui") == (None, '/which_question{"answer": "yes"}'), "the form asks too"


def test_nobody_answers_what_he_has_not_read_or_what_another_was_asked(store: Database) -> None:
    card(store, 5, state="queued")
    card(store, 6, chat_id=11)
    assert answered(store, "oui") == (None, None)


def test_an_old_question_stands_open_no_more(store: Database) -> None:
    card(store, 5)
    assert answered(store, "oui", at=NOW + timedelta(days=buttons.LIFETIME_DAYS, seconds=1)) == (None, None)


def test_an_invitation_of_a_colleague_has_a_no_of_its_own(store: Database) -> None:
    say(store, "Parler pour Jossour ?", [Choice("Oui", '/start{"payload": "j_x", "answer": "yes"}'), Choice("Non", "/decline_consent")])
    assert payload_behind(store, "non merci") == "/decline_consent"


def test_the_same_words_worked_on_again_are_the_same_answer(store: Database) -> None:
    card(store, 5)
    first, _ = answered(store, "oui", update_id=7)
    assert payload_behind(store, "oui") == YES.format(5), "used up by update 7, which is then killed"
    assert answered(store, "oui", update_id=7) == (first, None)
    assert answered(store, "oui", update_id=8) == (None, None)
