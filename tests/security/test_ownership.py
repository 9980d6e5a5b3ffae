"""Every action with every kind of id: what is somebody else's is not read, not changed, and not known to exist."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.sandbox.markup import plain_text
from bot.store.engine import Database
from bot.texts import text
from tests.actions.chat import RULES, Chat
from tests.dialogues.expectations import says
from tests.security import surface
from tests.security.ids import FOREIGN, NAMES_ROWS, NAMES_VALUES, NONSENSE, READ_IDS, SERVED, companions
from tests.security.worlds import (
    APPLICATION,
    ATTACKER_MANAGER,
    ATTACKER_VOLUNTEER,
    ATTACKERS,
    CANARY,
    NOBODYS,
    PRIVATE_MISSIONS,
    PUBLIC,
    PUBLISHED,
    UNVALIDATED,
    VALIDATED,
    VICTIM,
    VICTIM_MANAGER,
    changes,
    dump,
    not_allowed,
)

FORMS = ("offer_volunteering", "register_association", "publish_initiative")


def payload(intent: str, values: dict[str, Any]) -> str:
    return f"/{intent}{json.dumps(values)}"


def private(told: object) -> list[str]:
    """What of the victims' stands in something that was told."""
    shown = str(told)
    return [word for word in (CANARY, str(VICTIM), str(VICTIM_MANAGER)) if word in shown]


async def tapped(chat: Chat, words: str, given: Any = None) -> str:
    """What a chat tells after a payload: answers, buttons, and where the dialogue stands; an id that was given in shows as "ID"."""
    heard = await chat.tap(words)
    for answer in heard:
        plain_text(answer)
    slots = {name: value for name, value in chat.slots.items() if value is not None}
    told = json.dumps([heard, chat.buttons, chat.loop, slots], ensure_ascii=False)
    return told.replace(str(given), "ID") if given else told


class Watch:
    """Sees after each turn of a chat that nothing of anybody else's has changed."""

    def __init__(self, database: Database, chat_id: int) -> None:
        self.database, self.chat_id = database, chat_id
        self.seen = dump(database)

    def nothing_of_others(self, what: str) -> None:
        now = dump(self.database)
        changed = changes(self.seen, now)
        assert not not_allowed(self.database, self.chat_id, changed), what
        told = {key: new for key, (_, new) in changed.items() if key[0] in ("effects", "outbox", "buttons", "last_lists")}
        assert not private([row for row in told.values() if row]), f"{what} keeps what is not his"
        self.seen = now


@pytest.mark.parametrize("role", ATTACKERS)
@pytest.mark.parametrize("intent", SERVED)
async def test_a_foreign_id_is_like_one_that_nobody_has(world: Database, intent: str, role: str) -> None:
    watch = Watch(world, ATTACKERS[role])
    # What is told once (that a person is asked for now) is told before.
    await tapped(Chat(chat_id=watch.chat_id), f"/{intent}")
    for entity, forms in NAMES_ROWS.items():
        if entity == "payload" and intent != "start":
            continue
        for others in companions(intent):
            expected = [await tapped(Chat(chat_id=watch.chat_id), payload(intent, {entity: v, **others}), NOBODYS) for v in forms(NOBODYS)]
            for what, number in FOREIGN.items():
                words = [payload(intent, {entity: value, **others}) for value in forms(number)]
                told = [await tapped(Chat(chat_id=watch.chat_id), word, number) for word in words]
                assert told == expected, f"{intent} {entity}: the answer tells that {what} exists"
                assert not private(told), f"{intent} {entity} shows {what}"
        watch.nothing_of_others(f"{intent} {entity}")


@pytest.mark.parametrize("intent", SERVED)
async def test_nonsense_is_answered_and_changes_nothing(world: Database, intent: str) -> None:
    for chat_id in (ATTACKER_MANAGER, ATTACKER_VOLUNTEER) if intent in READ_IDS else (ATTACKER_MANAGER,):
        watch = Watch(world, chat_id)
        others = companions(intent)[-1]
        for entities in [[entity] for entity in NAMES_ROWS] if intent in READ_IDS else [list(NAMES_ROWS)]:
            for value in NONSENSE:
                for shape in [value, *([] if isinstance(value, str) else NAMES_ROWS[entities[0]](value))]:
                    told = await tapped(Chat(chat_id=chat_id), payload(intent, {**others, **dict.fromkeys(entities, shape)}))
                    assert not private(told)
            watch.nothing_of_others(f"{intent} {entities}")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("intent", sorted(READ_IDS))
async def test_the_same_holds_inside_a_form(world: Database, form: str, intent: str) -> None:
    for role, chat_id in ATTACKERS.items():
        watch = Watch(world, chat_id)

        async def told(value: Any, chat_id: int = chat_id) -> str:
            chat = Chat(chat_id=chat_id)
            await chat.tap(f"/{form}")
            values = {**companions(intent)[-1], **dict.fromkeys(NAMES_ROWS, str(value))}
            return await tapped(chat, payload(intent, values), value)

        expected = await told(NOBODYS)
        for what, number in FOREIGN.items():
            found = await told(number)
            assert found == expected, f"{role} in {form}: {what}"
            assert not private(found)
        watch.nothing_of_others(f"{role} in {form}: {intent}")


@pytest.mark.parametrize("intent", {action: intent for intent, action in surface.rules().items() if intent in SERVED}.values())
async def test_values_that_are_none_are_not_taken(world: Database, intent: str) -> None:
    """A payload of somebody else's making, should one ever come so far: markup and nonsense where a value of a closed list belongs."""
    for entity in sorted(NAMES_VALUES):
        for value in ("<b>x</b>", "9999-99-99/nonsense", "25:99", "nan", "-1e400", "١", None, [], {"a": 1}):
            told = await tapped(Chat(chat_id=ATTACKER_VOLUNTEER), payload(intent, {entity: value}))
            assert "<b>x" not in told
            assert not private(told)


@pytest.mark.parametrize("what", PRIVATE_MISSIONS)
async def test_a_wish_for_a_foreign_mission_is_forgotten_once_the_offer_is_there(world: Database, what: str) -> None:
    """Without a profile the mission is noted first, and applied to when the offer is saved."""

    async def told(chat_id: int, mission_id: int) -> list[str]:
        chat = Chat(chat_id=chat_id)
        await chat.tap(payload("apply_to_mission", {"mission": str(mission_id)}))
        await chat.say("à Maârif, soutien scolaire, samedi matin")
        while chat.offer.get("asked") != "confirm":
            await chat.tap("/skip")
        return await chat.tap("/affirm")

    seen = dump(world)
    for_nobody = await told(6_900_001, NOBODYS)
    for_foreign = await told(6_900_002, PRIVATE_MISSIONS[what])
    assert for_foreign == for_nobody
    assert not private(for_foreign)
    assert not [key for key in changes(seen, dump(world)) if key[0] == "applications"]


@pytest.mark.parametrize("role", ATTACKERS)
@pytest.mark.parametrize("organisation_id", [VALIDATED, UNVALIDATED, NOBODYS])
async def test_nobody_publishes_for_an_organisation_that_he_does_not_speak_for(world: Database, role: str, organisation_id: int) -> None:
    """As when the right to speak was taken away after the form had begun."""
    chat = Chat(chat_id=ATTACKERS[role])
    chat.loop = "initiative_form"
    chat.slots["initiative"] = {
        "title": "Annonce",
        "place": "Maârif",
        "cause": "education",
        "days": ["sat"],
        "times": ["morning"],
        "when": True,
        "capacity": 2,
        "skipped": ["skills"],
        "asked": "confirm",
        "organisation": {"id": organisation_id, "name": "x", "place": "Maârif", "cause": "education"},
    }
    watch = Watch(world, chat.chat_id)
    await chat.tap("/affirm")
    assert chat.heard_keys("no_organisation")
    assert chat.loop is None
    assert chat.initiative["title"] == "Annonce", "his words stay his"
    watch.nothing_of_others(f"{role} publishes")


@pytest.mark.parametrize("intent", sorted(i for i in RULES if i in SERVED))
@pytest.mark.parametrize("role", ATTACKERS)
async def test_what_names_nothing_shows_nothing_of_others_either(world: Database, role: str, intent: str) -> None:
    """Lists, profile, commitments: everything that is asked for without an id."""
    watch = Watch(world, ATTACKERS[role])
    assert not private(await tapped(Chat(chat_id=watch.chat_id), f"/{intent}"))
    watch.nothing_of_others(f"{role}: {intent}")


# ---- that the guards let through what they should


async def test_what_is_published_can_be_applied_to(world: Database) -> None:
    chat = Chat(chat_id=ATTACKER_VOLUNTEER)
    before = dump(world)
    [heard] = await chat.tap(payload("apply_to_mission", {"mission": str(PUBLISHED)}))
    assert says("fr", "apply_applied…", heard) and PUBLIC in heard
    after = changes(before, dump(world))
    told = [new for (table, _), (_, new) in after.items() if table in ("outbox", "buttons")]
    assert {row["chat_id"] for row in told} == {VICTIM_MANAGER}, "whoever speaks for it hears of it, and nobody else"
    assert {key[0] for key in after} == {"applications", "consents", "effects", "outbox", "buttons"}


async def test_whoever_speaks_for_the_organisation_answers(world: Database) -> None:
    chat = Chat(chat_id=VICTIM_MANAGER)
    await chat.tap(payload("answer_application", {"application": str(APPLICATION), "answer": "accepted"}))
    assert chat.heard_keys("answer_accepted")


@pytest.mark.parametrize("answer", ["", "perhaps", "ACCEPTED", None])
async def test_only_a_clear_answer_is_one(world: Database, answer: str | None) -> None:
    before = dump(world)
    chat = Chat(chat_id=VICTIM_MANAGER)
    await chat.tap(payload("answer_application", {"application": str(APPLICATION), "answer": answer}))
    assert chat.heard == [text("fr", "answer_unknown")]
    assert not changes(before, dump(world))
