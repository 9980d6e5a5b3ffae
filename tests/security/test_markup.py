"""What a person or an organisation wrote is words wherever it is shown: no tag, no entity, no mark that turns the text around it."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from functools import cache
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from bot.matching.slots import slots_of
from bot.messages.lengths import split
from bot.sandbox.markup import plain_text
from bot.services import digests
from bot.settings import PROJECT, settings
from bot.site.app import create_app
from bot.store.engine import Database
from bot.store.models import Mission, Organisation
from bot.telegram.incoming import read
from bot.texts import REGISTERS, catalogue, placeholders, text
from tests.actions.chat import Chat
from tests.actions.worlds import mission, speaker_for, volunteer
from tests.conftest import NOW
from tests.security.worlds import columns_of_words
from tests.telegram.updates import PERSON, message
from tests.worlds import outbox_rows

WRITTEN = "<b>&\"'</i>&lt;{0}%s"
"""What is written into every field: an open tag, a stray end, quotes, an entity, a hole of a format."""
MANAGER, VOLUNTEER, SECOND, THIRD = 901, 501, 502, 503


class Heard:
    """Everything that anybody was told."""

    def __init__(self, database: Database, register: str) -> None:
        self.database, self.register = database, register
        self.texts: list[str] = []
        self.buttons: list[str] = []

    def chat(self, chat_id: int) -> Chat:
        return Chat(register=self.register, chat_id=chat_id, first_name=WRITTEN)

    def note(self, chat: Chat) -> None:
        self.texts += chat.heard
        self.buttons += [*chat.buttons, *chat.keyboard]

    async def tap(self, chat: Chat, payload: str) -> None:
        await chat.tap(payload)
        self.note(chat)

    async def say(self, chat: Chat, words: str, intent: str = "inform") -> None:
        await chat.say(words, intent)
        self.note(chat)

    def everything(self) -> list[str]:
        return [*self.texts, *(row.body["text"] for row in outbox_rows(self.database) if row.body.get("text"))]


async def a_whole_life(database: Database, register: str) -> Heard:
    """Every dialogue in which words of somebody's are shown to him or to others."""
    heard = Heard(database, register)
    await _organisation(heard)
    await _volunteers(heard)
    await _answers(heard)
    digests.run(database, NOW + timedelta(days=60))
    return heard


async def _registration(heard: Heard, manager: Chat) -> None:
    await heard.tap(manager, "/register_association")
    await heard.tap(manager, '/inform{"organisation_kind": "association"}')
    await heard.say(manager, WRITTEN)
    await heard.say(manager, "Maârif")
    await heard.tap(manager, '/inform{"cause": "education"}')
    await heard.say(manager, WRITTEN)
    await heard.tap(manager, "/affirm")


async def _organisation(heard: Heard) -> None:
    manager = heard.chat(MANAGER)
    await _registration(heard, manager)
    for _ in range(2):
        await heard.tap(manager, "/publish_initiative")
        await heard.say(manager, WRITTEN)
        await heard.say(manager, "Maârif")
        await heard.tap(manager, '/inform{"day": "sat", "time_of_day": "morning"}')
        await heard.tap(manager, '/inform{"number": "1"}')
        await heard.tap(manager, "/skip")
        await heard.tap(manager, "/affirm")
        # The first one waits for staff; from here on the organisation is validated.
        with heard.database.write() as session:
            session.execute(update(Organisation).values(state="validated", validated_at=NOW))
    await _registration(heard, manager)
    other = speaker_for(heard.database, MANAGER + 1, WRITTEN, heard.register)
    mission(heard.database, MANAGER + 1, other, WRITTEN)


async def _volunteers(heard: Heard) -> None:
    for chat_id in (SECOND, THIRD):
        volunteer(heard.database, chat_id, WRITTEN, heard.register)
    person = heard.chat(VOLUNTEER)
    await heard.tap(person, "/offer_volunteering")
    await heard.say(person, "Maârif")
    await heard.tap(person, '/inform{"cause": "education"}')
    await heard.tap(person, '/inform{"skill": "teaching"}')
    await heard.tap(person, '/inform{"day": "sat", "time_of_day": "morning"}')
    await heard.tap(person, "/affirm")
    for number in (1, 2, 3):
        for payload in (f'/start{{"payload": "m_{number}"}}', f'/start{{"payload": "o_{number}"}}'):
            await heard.tap(person, payload)
    for chat_id in (VOLUNTEER, SECOND, THIRD):
        applying = heard.chat(chat_id)
        for number in (1, 1, 2):
            await heard.tap(applying, f'/apply_to_mission{{"mission": "{number}"}}')
    await heard.tap(heard.chat(MANAGER), '/apply_to_mission{"mission": "1"}')
    volunteer(heard.database, MANAGER, WRITTEN, heard.register)
    await heard.tap(heard.chat(MANAGER), '/apply_to_mission{"mission": "1"}')
    for payload in ("/show_profile", "/my_commitments", "/search_missions"):
        await heard.tap(person, payload)


async def _answers(heard: Heard) -> None:
    manager = heard.chat(MANAGER)
    answers = {1: "accepted", 2: "declined", 3: "accepted", 4: "declined"}
    for number, answer in answers.items():
        for _ in range(2):
            await heard.tap(manager, f'/answer_application{{"application": "{number}", "answer": "{answer}"}}')
    # One place, taken by the first: who accepts a third time hears that it is full, and so does who applies.
    await heard.tap(manager, '/answer_application{"application": "5", "answer": "accepted"}')
    volunteer(heard.database, VOLUNTEER + 99, WRITTEN, heard.register)
    await heard.tap(heard.chat(VOLUNTEER + 99), '/apply_to_mission{"mission": "1"}')
    for payload in ("/my_initiatives", "/show_volunteers"):
        await heard.tap(manager, payload)


@pytest.fixture
async def heard(database: Database, standing_still: None, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Heard:
    monkeypatch.setenv("ORGANISATION_VALIDATION", "staff")
    settings.cache_clear()
    return await a_whole_life(database, request.param)


@pytest.mark.parametrize("heard", REGISTERS, indirect=True)
def test_what_was_written_is_shown_as_it_was_written(heard: Heard) -> None:
    for html in heard.everything():
        shown = plain_text(html)
        assert WRITTEN not in html
        assert "&amp;lt;b" not in html and "&amp;amp;" not in html, "escaped once is enough"
        assert shown.count("<b>") == shown.count(WRITTEN), html


@pytest.mark.parametrize("register", REGISTERS)
def test_every_text_escapes_whatever_stands_in_it(register: str) -> None:
    for key, template in catalogue(register).items():
        holes = placeholders(template) - {"count"}
        shown = plain_text(text(register, key, 3, **dict.fromkeys(holes, WRITTEN)))
        assert shown.count(WRITTEN) == len([hole for hole in re.findall(r"\{(\w+)\}", template) if hole != "count"]), key


WORDS = {name.partition(".")[2] for name in columns_of_words()} - {"need", "id"}
"""Names of attributes that hold people's words; a Need is no text, and an id no word, though some are letters."""


@pytest.mark.parametrize("source", sorted([*PROJECT.glob("actions/*.py"), *PROJECT.glob("bot/**/*.py")]), ids=lambda p: p.stem)
def test_what_people_wrote_is_never_called_html(source: Path) -> None:
    """Html(…) is not escaped: of people's words only what went through text(…) may stand in it, and in lines joined for it."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Html") or isinstance(node, ast.JoinedStr):
            bare = _bare_words(node)
            assert not bare or not _is_markup(node), f"{source.name}:{node.lineno}: {bare} unescaped"


def _bare_words(node: ast.AST) -> set[str]:
    """Attributes of people's words in an expression, those passed to text(…) left out."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("text", "escape"):
        return set()
    found = {node.attr} & WORDS if isinstance(node, ast.Attribute) else set()
    return found.union(*(_bare_words(child) for child in ast.iter_child_nodes(node)))


def _is_markup(node: ast.AST) -> bool:
    """Whether an expression makes HTML: a call of Html, or an f-string with a tag."""
    return isinstance(node, ast.Call) or any(
        isinstance(part, ast.Constant) and re.search(r"</?[a-z]+>", str(part.value)) for part in ast.walk(node)
    )


@pytest.mark.parametrize("heard", ["fr"], indirect=True)
async def test_the_public_page_shows_it_as_words_too(heard: Heard) -> None:
    with heard.database.write() as session:
        session.execute(update(Mission).values(slots=slots_of(["sat"], ["morning"])))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=create_app(heard.database, None)), base_url="http://bot") as client:
        page = (await client.get("/")).text
    assert "&lt;b&gt;&amp;" in page
    assert "<b>&" not in page and "</i>" not in page


@cache
def _directions() -> str:
    return "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


@pytest.mark.parametrize("mark", list(_directions()), ids=lambda c: f"U+{ord(c):04X}")
def test_no_mark_of_direction_comes_from_outside(mark: str) -> None:
    """One that ends the isolation around a name, or turns what follows it, would let a name write the bot's own words."""
    update_ = message(text=f"asso{mark}ciation{mark}")
    update_["message"]["from"] = {**PERSON, "first_name": f"Sal{mark}ma{mark}"}
    assert (read(update_).text, read(update_).first_name) == ("association", "Salma")


@pytest.mark.parametrize("register", ["ar", "ary-Arab"])
def test_what_was_written_is_kept_apart_in_arabic(register: str) -> None:
    assert f"\u2068{WRITTEN.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')}\u2069" in text(
        register, "plain", value=WRITTEN
    )


@pytest.mark.parametrize("letters", ["&", "<", "\"'", "<b>", "&amp;"])
def test_the_longest_that_can_be_written_is_parted_where_it_may(letters: str) -> None:
    """Escaped, a letter is up to five: a message may outgrow what Telegram takes."""
    whole = "\n".join(f"<b>{text('fr', 'plain', value=letters * 160)}</b>" for _ in range(20))
    parts = split(whole)
    assert "".join(plain_text(part) for part in parts).replace("\n", "") == plain_text(whole).replace("\n", "")
