"""Whatever is sent, in whatever state of the dialogue: an answer, no exception, nothing stored that was not agreed to.

Messages go the way they go in the product, from Telegram's update to the outbox: read at the door, their values found in the words,
answered by the real actions and services on a real database. Only the intent is thrown by dice, which is worse than any classifier.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.messages import outbox
from bot.messages.lengths import LONGEST_MESSAGE
from bot.messages.outbox import Choice, Draft
from bot.sandbox.markup import plain_text
from bot.services import applications
from bot.store.engine import Database
from bot.store.models import Application, Consent, Mission, OrganisationMember, Person, Subscription, Volunteer
from bot.telegram.incoming import read
from bot.texts import REGISTERS, catalogue
from tests.actions.chat import RULES, Chat
from tests.actions.worlds import mission, speaker_for, volunteer
from tests.conftest import NOW
from tests.security import surface
from tests.telegram.updates import message

SEED = int(os.environ.get("TADAMON_SEED") or 20261124)
STRANGE = [
    "\u202e<b>مرحبا</b>\u202c",
    "\u2066\u2067\u2068\u2069" * 20,
    "<script>alert(1)</script> & <b>x</i>",
    '/delete_my_data{"mission": "1"}',
    "／delete_my_data",
    "{title} {name} %s {0}",
    "🙂" * 300,
    "a" * 4096,
    "ا" * 4000,
    "\x00\x07\ud7ff",
    "' OR 1=1 --",
    "١٢٣٤٥٦٧٨٩٠" * 9,
    "-1",
    "1e309",
    "31/02/2026",
    "99:99",
    "\n\n\n",
    "ｆｕｌｌ ｗｉｄｔｈ",
    "zͩ̏a̷̛l̴͝g̶̀o̵͘ ṫ̵ë̴x̴̋t̸̕",
]
SENSIBLE = [
    "je peux aider à Maârif le samedi matin",
    "بغيت نعاون فعين الشق",
    "la machi maarif, ain chock",
    "pas le dimanche",
    "oui",
    "لا",
    "1",
    "la deuxième",
    "3 heures",
    "ghedda f sba7",
    "le 20 décembre de 9h à 12h",
    "20 bénévoles",
    "association Al Amal",
    "j'ai 17 ans",
    "في الدار البيضاء",
    "Rabat",
    "l9raya o lbi2a",
    "à distance",
    "صافي",
    "passer",
]
INTENTS = sorted(surface.intents() - {"start", "share_location", "unsupported", "faq"}) + [
    "faq/insurance",
    "nlu_fallback",
    "inform",
    "affirm",
]
PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
SALMA, KARIM, STRANGER = 501, 601, 701


@pytest.fixture
def world(database: Database) -> Iterator[Database]:
    owner = speaker_for(database, KARIM, "Jossour")
    volunteer(database, SALMA)
    number = mission(database, KARIM, owner, "Soutien scolaire")
    mission(database, KARIM, owner, "Plage propre", cause="environment")
    with database.write() as session:
        applications.apply(session, SALMA, number, NOW)
    return database  # type: ignore[return-value]


def letters(dice: random.Random) -> str:
    """Any characters of Unicode, as Telegram might hand them over."""
    return "".join(chr(code) for code in (dice.randrange(1, 0x2FFFF) for _ in range(dice.randint(1, 60))) if not 0xD800 <= code < 0xE000)


def words(dice: random.Random) -> str:
    pick = dice.random()
    if pick < 0.45:
        return dice.choice(SENSIBLE)
    if pick < 0.7:
        return dice.choice(STRANGE)
    if pick < 0.85:
        return f"{dice.choice(SENSIBLE)} {dice.choice(STRANGE)} {dice.choice(SENSIBLE)}"
    return letters(dice)


async def one_turn(chat: Chat, dice: random.Random, number: int) -> None:
    """A message, a tap or a location, as the gateway would pass it on."""
    pick = dice.random()
    if pick < 0.3 and chat.buttons:
        await tap(chat, dice.choice(sorted(chat.buttons.values())))
        return
    if pick < 0.36:
        where = {"latitude": dice.uniform(-91, 91), "longitude": dice.uniform(-181, 181)}
        found = read(message(update_id=number, location=where))
    else:
        found = read(message(update_id=number, text=words(dice)))
    if found.kind == "payload":
        await tap(chat, found.text)
    elif found.kind == "words":
        assert not found.text.startswith("/"), "what people type is never a payload"
        intents = [intent for intent in INTENTS if chat.loop or is_ours(intent)]
        await chat.say(found.text, dice.choice(intents), dice.choice([0.2, 0.5, 0.6, 0.9, 0.99]))


def is_ours(intent: str) -> bool:
    """Whether an action of ours serves an intent outside forms; others are answered by Rasa itself with a fixed text."""
    return not RULES[intent.split("/")[0]].startswith("utter_")


async def tap(chat: Chat, payload: str) -> None:
    if chat.loop or is_ours(payload.removeprefix("/").partition("{")[0]):
        await chat.tap(payload)


def check_answers(chat: Chat, database: Database, number: int) -> None:
    """Each answer can be sent as it is: markup that Telegram takes, no open placeholder, buttons that fit."""
    texts = set(catalogue(chat.register).values())
    for html in chat.heard:
        assert plain_text(html).strip()
        for placeholder in PLACEHOLDER.findall(html):
            assert placeholder in "".join(STRANGE) or not any(placeholder in words for words in texts), (placeholder, html[:200])
    assert all(title and len(payload) <= 512 for title, payload in chat.buttons.items())
    with database.write() as session:
        drafts = [Draft(html) for html in chat.heard[:-1]]
        drafts.append(Draft(chat.heard[-1], [Choice(title, payload) for title, payload in chat.buttons.items()]))
        rows = outbox.queue(session, chat.chat_id, outbox.REPLY, f"fuzz:{chat.chat_id}:{number}", drafts, NOW)
        assert all(len(row.body["text"]) <= LONGEST_MESSAGE for row in rows)


def check_stored(database: Database) -> None:
    """What is kept was agreed to, and belongs to somebody."""
    with database.read() as session:
        agreed = select(Consent.person_id).where(Consent.purpose == "profile")
        for model, column in ((Person, Person.id), (Volunteer, Volunteer.person_id), (Subscription, Subscription.person_id)):
            strays = session.execute(select(func.count()).select_from(model).where(column.not_in(agreed))).scalar_one()
            assert strays == 0, model.__name__
        assert {owner for (owner,) in session.execute(select(OrganisationMember.organisation_id))}
        assert not session.execute(select(Mission.id).where(Mission.capacity < 1)).all()
        doubled = select(Application.mission_id).group_by(Application.mission_id, Application.person_id).having(func.count() > 1)
        assert not session.execute(doubled).all()


async def walk(database: Database, seed: int, turns: int) -> None:
    dice = random.Random(seed)
    chats = [Chat(dice.choice(REGISTERS), chat_id) for chat_id in (SALMA, KARIM, STRANGER + seed)]
    for number in range(turns):
        chat = dice.choice(chats)
        state: Any = (chat.loop, chat.slots)
        try:
            await one_turn(chat, dice, number + 1)
            if chat.heard:
                check_answers(chat, database, number)
        except Exception as error:
            raise AssertionError(f"seed {seed}, turn {number}, state {state}") from error


@pytest.mark.parametrize("seed", range(SEED, SEED + 10))
async def test_random_turns_in_random_states(world: Database, seed: int) -> None:
    """Ten dialogues of thirty turns."""
    await walk(world, seed, 30)
    check_stored(world)


@pytest.mark.conversation
@pytest.mark.heavy
def test_ten_thousand_messages(world: Database) -> None:
    """Two hundred dialogues of fifty turns."""
    for seed in range(SEED, SEED + 200):
        asyncio.run(walk(world, seed, 50))
    check_stored(world)


def test_the_dice_throw_every_kind(world: Database) -> None:
    """So that a wrong generator cannot make the tests above easy."""
    dice, kinds = random.Random(SEED), set()
    for number in count(1):
        kinds.add(read(message(update_id=number, text=words(dice))).kind)
        if kinds >= {"words", "payload"}:
            return
        assert number < 1000
