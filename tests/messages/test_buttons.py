"""Buttons: a token means something in its own chat, for a while, and once where it destroys."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.messages import buttons, outbox
from bot.messages.outbox import Choice, Draft
from bot.store.engine import Database
from bot.store.models import Button
from tests.worlds import NOW, count

APPLY = '/apply_to_mission{"mission": "41"}'
ANSWER = '/answer_application{"application": "1", "answer": "accepted"}'
LAST = NOW + timedelta(days=buttons.LIFETIME_DAYS)


def issued(store: Database, payload: str = APPLY, chat_id: int = 10) -> str:
    with store.write() as session:
        return buttons.issue(session, chat_id, payload, NOW)


def redeemed(store: Database, token: str, chat_id: int = 10, update_id: int = 1, at: datetime = NOW) -> str | None:
    with store.write() as session:
        return buttons.redeem(session, chat_id, token, update_id, at)


def test_a_token_stands_for_its_payload(store: Database) -> None:
    assert redeemed(store, issued(store)) == APPLY


def test_a_token_fits_telegram_and_tells_nothing(database: Database) -> None:
    tokens = {issued(database) for _ in range(20)}
    assert len(tokens) == 20
    assert all(len(token.encode()) <= 64 for token in tokens)
    assert not any("mission" in token or token == "41" for token in tokens)


def test_another_chat_cannot_use_it(store: Database) -> None:
    token = issued(store, chat_id=10)
    assert redeemed(store, token, chat_id=11) is None
    assert redeemed(store, token, chat_id=10) == APPLY


def test_another_chat_does_not_use_up_a_single_use(store: Database) -> None:
    token = issued(store, ANSWER)
    assert redeemed(store, token, chat_id=11, update_id=1) is None
    assert redeemed(store, token, chat_id=10, update_id=2) == ANSWER


@pytest.mark.parametrize("forged", ["", "x" * 24, APPLY, ANSWER, "%", "a" * 5000])
def test_a_forged_token_means_nothing(database: Database, forged: str) -> None:
    issued(database)
    assert redeemed(database, forged) is None


@pytest.mark.parametrize("tail", ["x", "/restart", " "])
def test_a_token_with_something_behind_it_is_forged(database: Database, tail: str) -> None:
    assert redeemed(database, issued(database) + tail) is None


@pytest.mark.parametrize("payload", [APPLY, ANSWER])
def test_an_old_button_means_nothing_any_more(store: Database, payload: str) -> None:
    token = issued(store, payload)
    assert redeemed(store, token, at=LAST + timedelta(seconds=1)) is None
    assert redeemed(store, token, at=LAST) == payload


def test_what_destroys_nothing_may_be_tapped_again(store: Database) -> None:
    token = issued(store, APPLY)
    assert [redeemed(store, token, update_id=number) for number in (1, 2)] == [APPLY, APPLY]


@pytest.mark.parametrize("payload", [ANSWER, "/delete_my_data", '/withdraw_application{"application": "1"}', "/close_initiative"])
def test_what_destroys_is_used_up_by_one_tap(database: Database, payload: str) -> None:
    token = issued(database, payload)
    assert [redeemed(database, token, update_id=number) for number in (1, 2)] == [payload, None]


def test_the_same_tap_worked_on_again_is_the_same_tap(store: Database) -> None:
    token = issued(store, ANSWER)
    assert [redeemed(store, token, update_id=7) for _ in range(3)] == [ANSWER] * 3
    assert redeemed(store, token, update_id=8) is None


def test_expired_buttons_are_forgotten_and_no_others(store: Database) -> None:
    token = issued(store)
    with store.write() as session:
        assert buttons.forget_expired(session, LAST) == 0
        assert buttons.forget_expired(session, LAST + timedelta(seconds=1)) == 1
    assert count(store, Button) == 0
    assert redeemed(store, token) is None


TITLES = ("✅ J'accepte, enregistrer", "✏️ Corriger", "1", "12", "العيالات", "Passer", "Passer au suivant")


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("j'accepte", TITLES[0]),
        ("J ACCEPTE ENREGISTRER !", TITLES[0]),
        ("corriger", TITLES[1]),
        ("1", "1"),
        ("العيالات", "العيالات"),
        ("passer", "Passer"),
        ("passer au", "Passer au suivant"),
        ("j", None),
        ("corriger le lieu", None),
        ("2", None),
        ("✅", None),
        ("corriger " * 500, None),
    ],
)
def test_a_title_that_is_typed_means_its_button(store: Database, typed: str, title: str | None) -> None:
    with store.write() as session:
        outbox.queue(session, 10, outbox.REPLY, "update:1", [Draft("?", [Choice(t, f'/inform{{"kind": "{t}"}}') for t in TITLES])], NOW)
    with store.read() as session:
        token = buttons.typed(session, 10, typed)
        assert buttons.typed(session, 11, typed) is None
    assert (redeemed(store, token) if token else None) == (f'/inform{{"kind": "{title}"}}' if title else None)


def test_only_the_buttons_under_the_last_message_can_be_typed(store: Database) -> None:
    with store.write() as session:
        outbox.queue(session, 10, outbox.REPLY, "update:1", [Draft("?", [Choice("Passer", "/skip")]), Draft("!")], NOW)
    with store.read() as session:
        assert buttons.typed(session, 10, "Passer") is None
