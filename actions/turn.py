"""One turn as an action sees it, and the answer it gives: the file that knows how Rasa carries both."""

from __future__ import annotations

import asyncio
import re
import zlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, ActiveLoop, EventType, FollowupAction, SessionStarted, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.said import Said, is_canonical, said_in
from bot import logs
from bot.certificates import numbers
from bot.messages.outbox import Choice
from bot.services import admission, door, presence
from bot.services.profiles import Speaker
from bot.texts import DEFAULT_REGISTER, REGISTERS, in_one_piece, text
from bot.vocabulary import codes, moods

TURN_DONE = {"turn": "done"}
"""The last reply of every turn. Stock Rasa answers 200 with what it has when an action fails; the gateway believes only this."""
ACTION_LISTEN = "action_listen"
LONG_EVENTS = 80
"""About 8 turns. Rasa reads all events of a session in each turn; beyond, a new one begins, or whoever never rests would be answered more
and more slowly."""
_OF_RASA = "session_started_metadata"
"""A slot that Rasa fills by itself."""
LIKELY = 0.12
"""Below this an intent is not even worth the question whether it was meant."""
PATIENCE = 3
"""So many messages in a row that were not understood, and a person is offered."""
SURE = 0.55
"""From this confidence on, an intent may interrupt a question. docs/evaluation.md holds how it was chosen."""


class Turn:
    """What was said, by whom, in which state of the dialogue."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        message = tracker.latest_message or {}
        self._metadata: dict[str, Any] = message.get("metadata") or {}
        self.text: str = message.get("text") or ""
        self.intent: str = (message.get("intent") or {}).get("name") or ""
        self.confidence: float = (message.get("intent") or {}).get("confidence") or 0.0
        self._entities: list[dict[str, Any]] = [
            entity for entity in message.get("entities") or [] if is_canonical(str(entity["entity"]), str(entity["value"]))
        ]
        self.said: Said = said_in(self._entities)
        self.is_payload = self.text.startswith("/")
        """Whether a button or command was sent, not words."""
        self.faq: str | None = _faq(message)

    @cached_property
    def chat_id(self) -> int:
        """The private chat; a stable negative number for Rasa's own shell, whose senders are no numbers."""
        sender = str(self._tracker.sender_id)
        return int(sender) if sender.lstrip("-").isdecimal() else -zlib.crc32(sender.encode())

    @property
    def update_id(self) -> int | None:
        found = self._metadata.get("update_id")
        return int(found) if found is not None else None

    @property
    def bot_name(self) -> str | None:
        """The bot's name on Telegram, for links; None where nobody said it (rasa shell)."""
        return self._metadata.get("bot_name") or None

    @cached_property
    def register(self) -> str:
        found = self._tracker.get_slot("register")
        return found if found in REGISTERS else DEFAULT_REGISTER

    @property
    def speaker(self) -> Speaker:
        return Speaker(self.chat_id, str(self._metadata.get("first_name") or "").strip(), self.register)

    @property
    def loop(self) -> str | None:
        """The form that is being filled, or None."""
        return (self._tracker.active_loop or {}).get("name")

    def slot(self, name: str) -> Any:
        return self._tracker.get_slot(name)

    def meant(self) -> list[str]:
        """The intents that a message which was not understood might have, the likeliest first."""
        ranking = (self._tracker.latest_message or {}).get("intent_ranking") or []
        return [row["name"] for row in ranking if row["confidence"] >= LIKELY]

    @cached_property
    def loose_words(self) -> int:
        """How many words are no part of a value: "deux ou trois", "le 31 février" are answers, whatever wish they sound like."""
        spans = [(entity.get("start") or 0, entity.get("end") or 0) for entity in self._entities]
        return sum(
            not any(start < word.end() and word.start() < end for start, end in spans) for word in re.finditer(r"[^\W\d]+(?!\d)", self.text)
        )

    def wants(self, *intents: str) -> bool:
        """Whether the message surely has one of these intents."""
        return self.intent in intents and (self.is_payload or self.confidence >= SURE)


def _faq(message: dict[str, Any]) -> str | None:
    """The question of the FAQ that was meant, such as insurance; None where none was."""
    name = (message.get("intent") or {}).get("name") or ""
    if name.startswith("faq/"):
        return str(name.removeprefix("faq/"))
    if name != "faq":
        return None
    response = ((message.get("response_selector") or {}).get("faq") or {}).get("response") or {}
    key = str(response.get("intent_response_key") or "")
    return key.removeprefix("faq/") or None


def chosen_register(turn: Turn) -> str | None:
    """The register a message asks for; Darija in the script in which it was asked for. None where none is named."""
    if turn.intent != "change_language":
        return None
    direct = turn.said.last("register")
    if direct in REGISTERS:
        return direct
    named = turn.said.last("language")
    if named in ("ar", "fr"):
        return named
    if named == "ary":
        return "ary-Latn" if any("a" <= letter <= "z" for letter in turn.text.lower()) else "ary-Arab"
    return None


@dataclass
class Answer:
    """What an action says and remembers. Texts are Telegram HTML."""

    register: str
    messages: list[tuple[str, Sequence[Choice]]] = field(default_factory=list)
    keyboard: Sequence[Sequence[dict[str, Any]]] = ()
    """A reply keyboard under the last message, as rows of {"text", "location"}."""
    edits: bool = False
    """Whether the last message takes the place of the one whose button was tapped."""
    slots: dict[str, Any] = field(default_factory=dict)
    loop: str | None = None
    """The form that goes on after this turn. Every action says so anew."""
    then: str | None = None
    """Another action that takes over in this turn; it confirms the turn in our place."""

    def say(self, key: str, *choices: Choice, count: int | None = None, **arguments: object) -> Answer:
        """Add a message of the catalogue."""
        return self.add(text(self.register, key, count, **arguments), *choices)

    def add(self, html: str, *choices: Choice) -> Answer:
        """Add a message that is rendered already."""
        self.messages.append((html, choices))
        return self

    def choice(self, key: str, payload: str) -> Choice:
        """A button of the catalogue."""
        return Choice(text(self.register, key), payload)


def main_choices(answer: Answer) -> list[Choice]:
    """The ways on that are always open."""
    return [
        answer.choice("button_offer", "/offer_volunteering"),
        answer.choice("button_search", "/search_missions"),
        answer.choice("button_register", "/register_association"),
    ]


def misunderstood(turn: Turn, answer: Answer, key: str, *choices: Choice) -> Answer:
    """Say that a message was not understood; the third time in a row with the ways on, and a person."""
    count = (turn.slot("misunderstood") or 0) + 1
    answer.slots["misunderstood"] = count
    if count < PATIENCE:
        return answer.say(key, *choices)
    person = answer.choice("button_handoff", '/human_handoff{"reason": "not_understood"}')
    return answer.say("not_understood_again", *main_choices(answer), person)


def _is_code(digits: str) -> bool:
    """Whether digits that nobody called a code are one: they might be the number of a mission."""
    with door.reading() as session:
        return presence.knows(session, digits)


def _is_banned(chat_id: int) -> bool:
    with door.reading() as session:
        return admission.ban_of(session, chat_id) is not None


def _heard(turn: Turn) -> Answer | None:
    """An answer to what lies under the words, where that is more than what they ask for: despair; outside a form, an insult."""
    if turn.is_payload:
        return None
    answer = Answer(turn.register, loop=turn.loop)
    if moods.is_despair(turn.text):
        return answer.say("despair", answer.choice("button_handoff", "/human_handoff"))
    if turn.loop is None and numbers.find(turn.text):
        # Before anything else is made of its digits: "2026-…" is no mission to apply to.
        return Answer(turn.register, then="action_verify_certificate")
    if turn.loop is None and (code := codes.find(turn.text)) and (code[1] or _is_code(code[0])):
        return Answer(turn.register, then="action_check_in")
    if turn.loop is None and moods.is_insult(turn.text):
        ways_on = [answer.choice("button_report", "/report_problem"), answer.choice("button_handoff", "/human_handoff")]
        return answer.say("calm", answer.choice("button_search", "/search_missions"), *ways_on)
    return None


class TurnAction(Action, ABC):
    """An action that ends the turn: subclasses set ``action`` and write :meth:`answer`, which may block."""

    action: str
    is_for_all = False
    """Whether somebody whom the team keeps out may do it, too: what the law gives everybody, and ways to the team."""

    def name(self) -> str:
        return self.action

    @abstractmethod
    def answer(self, turn: Turn) -> Answer:
        """Do what the turn asks for and say so."""

    def _answer(self, turn: Turn) -> Answer:
        return _heard(turn) or self._kept_out(turn) or self.answer(turn)

    def _kept_out(self, turn: Turn) -> Answer | None:
        if self.is_for_all or not _is_banned(turn.chat_id):
            return None
        answer = Answer(turn.register)
        rights = (answer.choice("button_export", "/export_my_data"), answer.choice("button_erase", "/delete_my_data"))
        return answer.say("banned", answer.choice("button_handoff", "/human_handoff"), *rights)

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(tracker)
        # The server takes several requests in one task: each names its own.
        logs.in_turn(turn.update_id)
        # The database blocks: in a thread, the action server's loop stays free for other chats.
        answer = await asyncio.to_thread(self._answer, turn)
        for html, choices in answer.messages:
            dispatcher.utter_message(text=in_one_piece(html), buttons=[{"title": c.title, "payload": c.payload} for c in choices])
        events: list[EventType] = [SlotSet(name, value) for name, value in answer.slots.items()]
        if turn.slot("misunderstood") and "misunderstood" not in answer.slots:
            events.append(SlotSet("misunderstood", None))
        if answer.loop != turn.loop:
            events.append(ActiveLoop(answer.loop))
        if answer.then:
            return [*events, FollowupAction(answer.then)]
        done: dict[str, Any] = dict(TURN_DONE)
        if answer.keyboard:
            done["keyboard"] = answer.keyboard
        if answer.edits:
            done["edits"] = True
        if answer.slots.get("misunderstood"):
            done["understood"] = False
        dispatcher.utter_message(json_message=done)
        if len(tracker.events) > LONG_EVENTS:
            changed = {event["name"]: event["value"] for event in events if event["event"] == "slot"}
            events += new_session({**tracker.slots, **changed}, answer.loop)
        # The turn is over: naming what follows spares Rasa a prediction, and no rule has to describe how each form may end.
        return [*events, FollowupAction(ACTION_LISTEN)]


def new_session(slots: dict[str, Any], loop: str | None) -> list[EventType]:
    """Events that begin a session with the slots and the form of the one before, as Rasa does it by itself after a silence."""
    kept = [SlotSet(name, value) for name, value in slots.items() if value is not None and name != _OF_RASA]
    return [ActionExecuted("action_session_start"), SessionStarted(), *kept, *([ActiveLoop(loop)] if loop else [])]
