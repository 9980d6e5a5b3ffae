"""What an update means: words never pass for a payload, commands and buttons do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.incoming import COMMANDS, LONGEST_TEXT, chat_of, neutralised, read
from tests.telegram.updates import CHAT, PERSON, group_message, membership, message, tap

INVISIBLE = ("\u200b", "\u200e", "\u200f", "\u061c", "\ufeff", "\u2060", "\u00ad", "\x00", "\x1f", "\u2066", "\u00a0", "\u3000")


@pytest.mark.parametrize("text", ["/restart", "//restart", "/ restart", "\n\t /restart", "/delete_my_data", "/nosuchcommand"])
def test_a_typed_payload_loses_its_slash(text: str) -> None:
    incoming = read(message(text=text))
    assert incoming.kind == "words"
    assert not incoming.text.startswith("/")
    assert "restart" in incoming.text or "delete_my_data" in incoming.text or "nosuchcommand" in incoming.text


@pytest.mark.parametrize("text", ['/delete_my_data{"mission_ref":"42"}', "/inform {}", '/faq/insurance{"a":1}', '\u200f/stop{"a":1}'])
def test_a_forged_payload_with_entities_says_nothing(text: str) -> None:
    incoming = read(message(text=text))
    assert (incoming.kind, incoming.text) == ("payload", '/unsupported{"kind": "payload"}')


@pytest.mark.parametrize("text", ["{bonjour}", "je peux : {maths, français}", "« {» est une accolade"])
def test_braces_alone_are_words(text: str) -> None:
    assert (read(message(text=text)).kind, read(message(text=text)).text) == ("words", text)


@pytest.mark.parametrize("invisible", INVISIBLE, ids=lambda c: f"U+{ord(c):04X}")
def test_invisible_characters_hide_no_slash(invisible: str) -> None:
    incoming = read(message(text=f"{invisible}/{invisible}/delete_my_data"))
    assert (incoming.kind, incoming.text) == ("words", "delete_my_data")


@given(st.text())
def test_no_words_ever_start_with_a_slash(text: str) -> None:
    incoming = read(message(text=text))
    if incoming.kind == "words":
        assert incoming.text
        assert not incoming.text.strip().startswith("/")
    else:
        assert incoming.kind in ("payload", "nothing")


@given(st.text(alphabet=[*INVISIBLE, "/", " ", "\n", "a", "ش", "1"]))
def test_what_is_neutralised_twice_stays_the_same(text: str) -> None:
    once = neutralised(text)
    assert not once.startswith("/")
    assert neutralised(once) == once


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200), st.sampled_from(sorted(COMMANDS)))
def test_payloads_made_of_commands_are_known_ones(argument: str, command: str) -> None:
    incoming = read(message(text=f"/{command} {argument}"))
    assert incoming.kind == "payload"
    name, brace, rest = incoming.text.partition("{")
    assert name == COMMANDS[command]
    assert set(json.loads(brace + rest)) == {"payload"} if brace else not rest


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  salam  ", "salam"),
        ("je suis dispo\nle samedi", "je suis dispo\nle samedi"),
        ("50/50", "50/50"),
        ("بغيت نعاون", "بغيت نعاون"),
        ("cours d'arabe 👍", "cours d'arabe 👍"),
    ],
)
def test_words_arrive_as_typed(text: str, kept: str) -> None:
    assert read(message(text=text)).text == kept


def test_words_are_cut_at_the_longest_telegram_sends() -> None:
    assert len(read(message(text="a" * (2 * LONGEST_TEXT))).text) == LONGEST_TEXT


@pytest.mark.parametrize("text", ["/", "///", "\u200b", "/\u200f/"])
def test_nothing_but_signs_is_answered_as_unsupported(text: str) -> None:
    incoming = read(message(text=text))
    assert (incoming.kind, incoming.text) == ("payload", '/unsupported{"kind": "text"}')


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("/start", "/start"),
        ("/START", "/start"),
        ("/help@tadamon_bot", "/help"),
        ("/missions maintenant", "/search_missions"),
        ("  /offer  ", "/offer_volunteering"),
        ("/list", "/subscribe"),
        ("/start affiche_1", '/start{"payload": "affiche_1"}'),
        ("/start qr-42", '/start{"payload": "qr-42"}'),
        ('/start {"a":1}', "/start"),
        ("/start a b", "/start"),
    ],
)
def test_commands_become_their_payload(text: str, payload: str) -> None:
    incoming = read(message(text=text))
    assert (incoming.kind, incoming.text) == ("payload", payload)


def test_a_start_payload_is_cut_at_64_characters() -> None:
    incoming = read(message(text="/start " + "x" * 100))
    assert json.loads(incoming.text.removeprefix("/start")) == {"payload": "x" * 64}


@pytest.mark.parametrize("kind", ["sticker", "voice", "photo", "contact", "document", "video_note", "poll", "dice"])
def test_media_are_named_to_whoever_answers(kind: str) -> None:
    incoming = read(message(**{kind: {"file_id": "x"}}))
    assert (incoming.kind, incoming.text) == ("payload", f'/unsupported{{"kind": "{kind}"}}')


def test_a_caption_is_read_like_words() -> None:
    assert read(message(photo=[{}], caption="notre local")).text == "notre local"
    assert read(message(photo=[{}], caption="/restart")).text == "restart"


@pytest.mark.parametrize(("latitude", "longitude"), [(33.573110, -7.589843), (33.0, -7.0), (-0.004, 0.004)])
def test_a_location_keeps_about_a_kilometre(latitude: float, longitude: float) -> None:
    incoming = read(message(location={"latitude": latitude, "longitude": longitude, "horizontal_accuracy": 3}))
    assert incoming.kind == "payload"
    where = json.loads(incoming.text.removeprefix("/share_location"))
    assert set(where) == {"latitude", "longitude"}
    for key, exact in (("latitude", latitude), ("longitude", longitude)):
        assert len(where[key].split(".")[1]) == 2
        assert abs(float(where[key]) - exact) <= 0.005


def test_who_writes_comes_with_the_words() -> None:
    incoming = read(message(text="salut"))
    assert (incoming.chat_id, incoming.first_name, incoming.language_code) == (CHAT, "Salma", "fr")


def test_a_first_name_is_cut() -> None:
    update = message(text="salut")
    update["message"]["from"] = {**PERSON, "first_name": "x" * 500}
    assert len(read(update).first_name) == 64


@pytest.mark.parametrize(("text", "has_command"), [("/start@tadamon_bot", True), ("bonjour à tous", False)])
def test_groups_are_told_apart(text: str, has_command: bool) -> None:
    incoming = read(group_message(text=text))
    assert (incoming.kind, incoming.chat_id, incoming.has_command) == ("group", -100_200, has_command)


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 1, "channel_post": {"chat": {"id": -5, "type": "channel"}, "text": "annonce"}},
        {"update_id": 1, "poll_answer": {}},
        {"update_id": 1},
        message(new_chat_title="x"),
        {"update_id": 1, "message": {"chat": {"id": CHAT, "type": "private"}, "text": "sans auteur"}},
    ],
    ids=["channel", "poll", "empty", "service", "anonymous"],
)
def test_nothing_to_answer(update: dict[str, Any]) -> None:
    assert read(update).kind == "nothing"


@pytest.mark.parametrize(("status", "kind"), [("kicked", "blocked"), ("member", "unblocked")])
def test_blocking_and_letting_in_again(status: str, kind: str) -> None:
    incoming = read(membership(status=status))
    assert (incoming.kind, incoming.chat_id) == (kind, CHAT)


def test_leaving_a_group_blocks_nobody() -> None:
    assert read(membership(chat_id=-7, chat_type="group")).kind == "nothing"


def test_a_tap_carries_its_token() -> None:
    incoming = read(tap(data="abc", update_id=9))
    assert (incoming.kind, incoming.text, incoming.callback_id, incoming.chat_id) == ("tap", "abc", "q9", CHAT)


@pytest.mark.parametrize(
    "under",
    [None, {"message_id": 4, "date": 0, "chat": {"id": CHAT, "type": "private"}}, {"message_id": 4, "date": 0, "chat": {"id": CHAT}}],
    ids=["none", "inaccessible", "inaccessible-without-type"],
)
def test_a_tap_under_a_message_that_is_gone_still_counts(under: dict[str, Any] | None) -> None:
    incoming = read(tap(message=under))
    assert (incoming.kind, incoming.chat_id) == ("tap", CHAT)


def test_a_tap_without_data_has_no_token() -> None:
    update = tap()
    del update["callback_query"]["data"]
    assert (read(update).kind, read(update).text) == ("tap", "")


def test_a_tap_in_a_group_is_nothing() -> None:
    assert read(tap(message={"message_id": 4, "date": 1, "chat": {"id": -9, "type": "group"}})).kind == "nothing"


@pytest.mark.parametrize(
    ("update", "chat_id"),
    [
        (message(text="x"), CHAT),
        (group_message(text="x"), -100_200),
        (membership(), CHAT),
        (tap(), CHAT),
        (tap(message=None), CHAT),
        ({"update_id": 1, "edited_message": message(text="x")["message"]}, CHAT),
        ({"update_id": 1, "inline_query": {}}, 0),
    ],
)
def test_every_update_belongs_to_one_chat_or_none(update: dict[str, Any], chat_id: int) -> None:
    assert chat_of(update) == chat_id
