"""Whatever arrives as an update: no payload but ours reaches Rasa, nothing raises, and every update comes to an end."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.messages.outbox import Draft
from bot.store.engine import Database
from bot.telegram.gateway import LARGEST_BODY, SECRET_HEADER, Receiver, webhook_app
from bot.telegram.incoming import COMMANDS, LONGEST_NAME, Incoming, chat_of, neutralised, read, update_id_of
from bot.vocabulary.registers import starting_register
from tests.security import surface
from tests.telegram.desk import Desk
from tests.telegram.updates import CHAT, PERSON, message, tap
from tests.worlds import store as store

INTENTS = sorted(surface.intents())
SLASHES = (
    "/",
    "//",
    "/ ",
    " /",
    "\u200f/",
    "\u202e/",
    "\u2066/\u2069",
    "\ufeff/",
    "\u00a0/",
    "\u2003/",
    "\x1c/",
    "\x85/",
    "\u2028/",
    "\x00/",
)
LOOKALIKES = ("／", "⁄", "∕", "\u0338/", "\u115f/", "\ufe0f/", "\\/", "%2F", "&#47;")
BRACES = ("", "{}", '{"mission": "1"}', '@1.0{"application": "1"}', "/insurance", '{"a": ', " {", "｛｝")

payloads = st.builds("{}{}{}".format, st.sampled_from(SLASHES + LOOKALIKES), st.sampled_from(INTENTS), st.sampled_from(BRACES))
words = st.one_of(payloads, st.builds("{}{}".format, payloads, st.text()), st.text())

nonsense = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | words,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "text", "chat", "from", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)
PARTS = ("message", "edited_message", "callback_query", "my_chat_member", "channel_post", "inline_query")
FIELDS = (
    "chat from text caption data id message location sticker photo new_chat_member first_name language_code latitude longitude type status"
).split()
ids = st.one_of(st.integers(), st.sampled_from([0, 2**31, 2**63 - 1, 2**63, -(2**63), 10**30, CHAT]), nonsense)
chats = st.one_of(st.fixed_dictionaries({"id": ids}, optional={"type": st.sampled_from(["private", "group", ""]) | nonsense}), nonsense)
people = st.one_of(
    st.fixed_dictionaries({"id": ids}, optional={"first_name": words | nonsense, "language_code": st.text() | nonsense}), nonsense
)
places = st.one_of(st.fixed_dictionaries({"latitude": st.floats() | nonsense, "longitude": st.floats() | nonsense}), nonsense)
parts = st.dictionaries(st.sampled_from(FIELDS), nonsense, max_size=6).flatmap(
    lambda rest: st.fixed_dictionaries(
        {}, optional={"chat": chats, "from": people, "text": words | nonsense, "location": places, "data": words | nonsense}
    ).map(lambda part: {**rest, **part})
)
updates = st.dictionaries(st.sampled_from(PARTS), parts | nonsense, max_size=3).flatmap(
    lambda update: ids.map(lambda number: {**update, "update_id": number})
)

OURS = re.compile(
    "|".join(
        (
            *map(re.escape, sorted(set(COMMANDS.values()))),
            r'/start\{"payload": "[\w-]{1,64}"\}',
            r'/start\{"payload": "(?:\\u[0-9a-f]{4}|[\w-])+"\}',
            r'/share_location\{"latitude": "-?\d+\.\d\d", "longitude": "-?\d+\.\d\d"\}',
            r'/unsupported\{"kind": "[a-z_]+"\}',
        )
    )
)


def is_safe(incoming: Incoming) -> bool:
    """Whether Rasa, which takes what starts with a slash for a payload once it has stripped it, is told nothing but ours."""
    if incoming.kind == "words":
        return bool(incoming.text) and not incoming.text.strip().startswith("/")
    if incoming.kind == "payload":
        return bool(OURS.fullmatch(incoming.text))
    return incoming.kind in ("tap", "blocked", "unblocked", "group", "nothing")


@settings(max_examples=300, deadline=None)
@given(words)
@pytest.mark.parametrize("field", ["text", "caption"])
def test_no_words_become_a_payload(field: str, said: str) -> None:
    update = message(**{field: said, "photo": [{}]})
    assert is_safe(read(update))


@pytest.mark.parametrize("intent", INTENTS)
def test_no_intent_can_be_typed(intent: str) -> None:
    allowed = set(COMMANDS.values())
    for slash in SLASHES:
        for braces in BRACES:
            incoming = read(message(text=f"{slash}{intent}{braces}"))
            if incoming.kind == "payload" and not incoming.text.startswith("/unsupported"):
                assert incoming.text in allowed, (slash, intent, braces)
                assert intent in COMMANDS, "only what the menu offers"
            assert is_safe(incoming)


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_what_is_neutralised_holds_nothing_that_hides(said: str) -> None:
    kept = neutralised(said)
    assert not kept.strip().startswith("/")
    assert all(unicodedata.category(c)[0] != "C" or c in "\n\t" for c in kept), "no control, no mark of direction, no half character"
    kept.encode()


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(updates | nonsense.filter(lambda found: isinstance(found, dict)))
def test_no_update_raises(update: dict[str, Any]) -> None:
    incoming = read(update)
    assert is_safe(incoming)
    assert incoming.chat_id == chat_of(update)
    assert -(2**63) < incoming.chat_id < 2**63
    number = update_id_of(update)
    assert number is None or 0 <= number < 2**63
    if incoming.kind in ("words", "payload", "tap"):
        assert incoming.chat_id
    assert starting_register(incoming.language_code) in ("ar", "fr", "ary-Arab")
    json.dumps({"first_name": incoming.first_name, "language_code": incoming.language_code}, ensure_ascii=False).encode()


@settings(max_examples=400, deadline=None)
@given(st.text() | words)
def test_a_first_name_is_one_short_line_without_marks(name: str) -> None:
    update = message(text="bonjour")
    update["message"]["from"] = {**PERSON, "first_name": name}
    found = read(update).first_name
    assert len(found) <= LONGEST_NAME and found == found.strip()
    assert all(c.isprintable() for c in found)


@pytest.mark.parametrize("code", ["fr", "ar", "en", "zh-hans", "pt-br"])
def test_languages_that_telegram_sends_arrive(code: str) -> None:
    update = message(text="bonjour")
    update["message"]["from"] = {**PERSON, "language_code": code}
    assert read(update).language_code == code


@pytest.mark.parametrize("code", ["", "fr\n", "<b>", "a" * 100, 7, None, {"a": 1}, "français", "../.."])
def test_languages_that_are_none_do_not(code: Any) -> None:
    update = message(text="bonjour")
    update["message"]["from"] = {**PERSON, "language_code": code}
    assert read(update).language_code is None


@pytest.mark.parametrize("number", [CHAT, -100_200, 1, 2**63 - 1])
def test_ids_of_chats_arrive(number: int) -> None:
    assert chat_of(message(chat_id=number, text="x")) == number


@pytest.mark.parametrize("number", [str(CHAT), 2**63, -(2**63), 1.5, float("nan"), True, None, [CHAT], {"id": CHAT}, "", "x"])
def test_ids_that_are_none_belong_to_nobody(number: Any) -> None:
    update = message(chat_id=number, text="bonjour")
    assert (chat_of(update), read(update).kind) == (0, "nothing")


def test_an_update_that_says_two_things_is_read_as_one() -> None:
    """The chat it is filed under is the chat whose tap it is."""
    both = {**message(chat_id=CHAT, text="bonjour"), "callback_query": tap(chat_id=CHAT + 1, data="x")["callback_query"]}
    assert (read(both).kind, read(both).chat_id) == ("tap", CHAT + 1) and chat_of(both) == CHAT + 1


# ---- as far as the inbox and through it


STRANGE = (
    {"message": None},
    {"message": []},
    {"message": {"chat": {"id": CHAT}}},
    {"message": {"chat": {"id": str(CHAT), "type": "private"}, "from": PERSON, "text": "x"}},
    {"message": {"chat": {"id": 2**70, "type": "private"}, "from": PERSON, "text": "x"}},
    {"message": {"chat": {"id": CHAT, "type": ["private"]}, "from": PERSON, "text": "x"}},
    {"message": {"chat": {"id": CHAT, "type": "private"}, "from": PERSON, "text": {"a": 1}}},
    {"message": {"chat": {"id": CHAT, "type": "private"}, "from": PERSON, "location": {"latitude": "x"}}},
    {"message": {"chat": {"id": CHAT, "type": "private"}, "from": PERSON, "location": {"latitude": 1e308, "longitude": -1e308}}},
    {"message": {"chat": {"id": CHAT, "type": "private"}, "from": {**PERSON, "first_name": "\ud800\0\u202e"}, "text": "\ud800"}},
    {"message": {"chat": {"id": CHAT, "type": "private"}, "from": {**PERSON, "language_code": 5}, "text": "bonjour"}},
    {"callback_query": {"id": 5, "from": {"id": CHAT}, "data": ["x"]}},
    {"callback_query": {"from": {"id": CHAT}, "data": "\0"}},
    {"callback_query": {"id": "q", "from": None, "data": "x"}},
    {"my_chat_member": {"chat": {"id": CHAT, "type": "private"}, "from": PERSON}},
    {"my_chat_member": {"chat": {"id": CHAT, "type": "private"}, "from": PERSON, "new_chat_member": "kicked"}},
)


async def test_strange_updates_come_to_an_end_and_the_next_is_served(desk: Desk) -> None:
    numbered = [{"update_id": number, **update} for number, update in enumerate(STRANGE, start=1)]
    last = message(500, text="bonjour")
    desk.receive(*numbered, last)
    async with desk.open():
        states = await desk.closed(*(update["update_id"] for update in [*numbered, last]))
    assert set(states.values()) <= {"done", "refused"}
    assert desk.answers()[-1] == "re: bonjour"


async def posted(database: Database, body: bytes, secret: str | None = "right") -> int:
    app = webhook_app(Receiver(database, lambda: None), "right")
    headers = {} if secret is None else {SECRET_HEADER: secret}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bot") as client:
        return (await client.post("/updates", content=body, headers=headers)).status_code


async def test_the_webhook_takes_a_strange_update_once_and_for_all(store: Database) -> None:
    """Anything but 200 and Telegram sends it again, for a day, before all others."""
    for number, update in enumerate(STRANGE, start=1):
        assert await posted(store, json.dumps({"update_id": number, **update}).encode()) == 200, update


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"7",
        b'{"update_id": null}',
        b'{"update_id": "7"}',
        b'{"update_id": 1e400}',
        b'{"update_id": Infinity}',
        b'{"update_id": 1.5}',
        b'{"update_id": true}',
        b'{"update_id": -1}',
        b'{"update_id": 9223372036854775808}',
        b'{"update_id": 7, "message": NaN}',
        b'{"update_id": ' + b"9" * 10_000 + b"}",
        b'{"update_id": 7, "message": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a": ' * 50_000,
    ],
    ids=range(17),
)
async def test_what_is_no_update_is_refused(database: Database, body: bytes) -> None:
    assert await posted(database, body) == 400


async def test_a_body_beyond_all_measure_is_refused(database: Database) -> None:
    assert await posted(database, b'{"update_id": 7, "x": "' + b"a" * LARGEST_BODY + b'"}') == 413


@pytest.mark.parametrize("secret", [None, "", "wrong", "righ", "right ", "RIGHT", "rightright"])
async def test_without_the_secret_nothing_is_taken(database: Database, secret: str | None) -> None:
    assert await posted(database, json.dumps(message(7, text="bonjour")).encode(), secret) == 403


async def test_a_dialogue_gets_metadata_that_can_be_sent(desk: Desk) -> None:
    """A name that no JSON can carry would keep its chat waiting for ever."""
    seen: list[dict[str, Any]] = []

    async def turn(_chat: int, words_: str, metadata: dict[str, Any], repeated: bool) -> list[Draft]:
        seen.append(metadata)
        return [Draft("re")]

    desk.dialogue.turn = turn  # type: ignore[method-assign]
    update = message(7, text="bonjour")
    update["message"]["from"] = {**PERSON, "first_name": "Sal\ud800ma\u202e\n<b>", "language_code": ["fr"]}
    desk.receive(update)
    async with desk.open():
        await desk.closed(7)
    [metadata] = seen
    assert (metadata["first_name"], metadata["language_code"]) == ("Salma<b>", None)
    json.dumps(metadata, ensure_ascii=False).encode()
