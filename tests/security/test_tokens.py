"""Stolen, old, used and made-up tokens of buttons: none leads anywhere, and all are answered alike."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot import clock
from bot.messages import buttons
from bot.messages.buttons import LIFETIME_DAYS, SINGLE_USE_INTENTS
from bot.store.engine import Database
from bot.store.models import Button
from bot.telegram.turns import OLD_BUTTON
from bot.texts import text
from tests.conftest import NOW
from tests.security import surface
from tests.security.ids import NAMES_ROWS
from tests.security.worlds import changes, dump
from tests.telegram.desk import Desk
from tests.telegram.updates import CHAT, message, tap
from tests.worlds import store as store

OTHER = CHAT + 1
PAYLOADS = sorted(
    f"/{intent}" + (json.dumps(dict.fromkeys(sorted(names - {"*"}), "7")) if names - {"*"} else "")
    for intent, names in surface.payloads().items()
)
"""One of each kind that a button may carry."""
FORGERIES = {
    "truncated": lambda token: token[:-1],
    "longer": lambda token: token + "A",
    "doubled": lambda token: token * 2,
    "one letter off": lambda token: ("A" if token[0] != "A" else "B") + token[1:],
    "in other case": lambda token: token.swapcase(),
    "with a blank": lambda token: token + " ",
    "with a line": lambda token: token + "\n",
    "with NUL": lambda token: token[:-1] + "\0",
    "half a character": lambda token: token[:-1] + "\ud800",
    "in full width": lambda token: chr(ord("！") + ord(token[0]) - ord("!")) + token[1:],
    "the payload itself": lambda _: "/affirm",
    "a payload with an id": lambda _: '/answer_application{"application": "1", "answer": "accepted"}',
    "a pattern": lambda _: "%" * 24,
    "SQL": lambda _: "' OR '1'='1' --          ",
    "nothing": lambda _: "",
    "very long": lambda _: "A" * 10_000,
}


def issued(database: Database, chat_id: int, payload: str, age_days: float = 0) -> str:
    with database.write() as session:
        return buttons.issue(session, chat_id, payload, clock.now() - timedelta(days=age_days))


async def answered(desk: Desk, update_id: int, token: str) -> tuple[list[str], list[Any], list[str]]:
    """What the dialogue is asked, what the tap shows and what is answered, for one tap."""
    desk.dialogue.turns.clear()
    desk.bot.toasts.clear()
    before = len(desk.answers())
    desk.receive(tap(update_id, data=token))
    async with desk.open():
        await desk.closed(update_id)
    return [turn[1] for turn in desk.dialogue.turns], [toast for _, toast in desk.bot.toasts], desk.answers()[before:]


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_no_token_but_ones_own_leads_anywhere(desk: Desk, payload: str) -> None:
    tokens = {
        "another chat's": issued(desk.database, OTHER, payload),
        "expired": issued(desk.database, CHAT, payload, LIFETIME_DAYS + 0.01),
        "another chat's, expired": issued(desk.database, OTHER, payload, LIFETIME_DAYS + 1),
        "forged": "F" * 24,
    }
    before = dump(desk.database)
    expected = ([OLD_BUTTON], [text("fr", "button_expired")], [f"re: {OLD_BUTTON}"])
    for update_id, (kind, token) in enumerate(tokens.items(), start=10):
        assert await answered(desk, update_id, token) == expected, kind
    changed = {table for table, _ in changes(before, dump(desk.database))}
    assert changed <= {"inbox", "outbox"}, "another's button is not used up by whoever steals it"


@pytest.mark.parametrize("kind", FORGERIES)
async def test_a_token_that_is_almost_one_is_none(desk: Desk, kind: str) -> None:
    token = FORGERIES[kind](issued(desk.database, CHAT, "/delete_my_data"))
    turns, toasts, _ = await answered(desk, 10, token)
    assert (turns, toasts) == ([OLD_BUTTON], [text("fr", "button_expired")])
    with desk.database.read() as session:
        assert session.execute(select(Button.used_by)).scalars().all() == [None]


def test_both_databases_take_a_forgery_for_what_it_is(store: Database) -> None:
    own = issued(store, CHAT, "/delete_my_data")
    for kind, forge in FORGERIES.items():
        with store.write() as session:
            assert buttons.redeem(session, CHAT, forge(own), 5, clock.now()) is None, kind


@pytest.mark.parametrize("intent", SINGLE_USE_INTENTS)
async def test_what_cannot_be_undone_works_once(desk: Desk, intent: str) -> None:
    token = issued(desk.database, CHAT, intent)
    assert (await answered(desk, 10, token))[0] == [intent]
    assert (await answered(desk, 11, token))[0] == [OLD_BUTTON]


REPEATABLE = {
    "/apply_to_mission": "a second time it says so",
    "/certificate": "it hands out the same one again",
    "/counter_offer": "it opens a form",
    "/dismiss_mission": "it is put aside once, and can be taken back",
    "/invite_volunteer": "a second time it says so",
    "/calendar": "it sends the same file",
    "/end_thread": "a block and a report are once, whoever often",
    "/my_initiatives": "it shows",
    "/write_message": "it opens a form",
    "/publish_initiative": "it opens a form",
    "/report_participation": "the last word counts",
    "/update_initiative": "it opens a form",
    "/verify_certificate": "it shows",
    "/show_code": "shows the code of the day once more",
    "/reflect": "the last word on a day counts",
}
"""Buttons that name a row and may be tapped again, and why."""


def test_a_button_that_answers_or_ends_something_is_of_single_use() -> None:
    named = {f"/{intent}" for intent, names in surface.payloads().items() if names & set(NAMES_ROWS)} - {"/inform", "/start"}
    assert named - set(REPEATABLE) <= set(SINGLE_USE_INTENTS)


def test_tokens_cannot_be_guessed(store: Database) -> None:
    with store.write() as session:
        tokens = {buttons.issue(session, CHAT, "/affirm", NOW) for _ in range(500)}
    assert len(tokens) == 500
    assert all(len(token) == 24 for token in tokens)
    assert len({token[:4] for token in tokens}) > 450, "no common beginning"


async def test_a_title_that_is_typed_opens_no_button_of_another_chat(desk: Desk) -> None:
    from bot.messages import outbox
    from bot.messages.outbox import Choice, Draft

    with desk.database.write() as session:
        outbox.queue(session, OTHER, outbox.REPLY, "update:1", [Draft("?", [Choice("Tout effacer", "/delete_my_data")])], clock.now())
    desk.receive(message(10, text="Tout effacer"))
    async with desk.open():
        await desk.closed(10)
    assert [turn[1] for turn in desk.dialogue.turns] == ["Tout effacer"]
