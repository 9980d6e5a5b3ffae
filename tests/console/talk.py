"""Conversations to look at: Rasa's events as they come of turns, read into the console's tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot import clock
from bot.services import conversation_marks, transcripts
from bot.store.engine import Database
from bot.store.tracker import Tracker
from tests.services.tracker_file import Events


class Talk:
    """Turns of several chats, a minute apart, an hour before now."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._events = Events(database, folder)
        self._at = clock.real_now().timestamp() - 86_400
        self._update = 100

    @property
    def tracker(self) -> Tracker:
        return self._events.tracker

    def says(self, chat_id: int, text: str, intent: str = "greet", confidence: float = 0.9, **more: Any) -> None:
        """Somebody types; ``entities``, ``register``, ``ranking`` as Rasa has them."""
        self._update += 1
        ranking = [{"name": intent, "confidence": confidence}, *more.get("ranking", [])]
        parsed = {
            "intent": ranking[0],
            "intent_ranking": ranking,
            "entities": more.get("entities", []),
            "register": {"name": more.get("register", "fr"), "confidence": 1.0},
        }
        self.event(chat_id, "user", text=text, parse_data=parsed, metadata={"update_id": self._update})

    def answers(self, chat_id: int, text: str, *buttons: str) -> None:
        self.event(chat_id, "bot", text=text, data={"buttons": [{"title": title, "payload": "/x"} for title in buttons]})

    def event(self, chat_id: int, kind: str, **content: Any) -> None:
        self._at += 60
        self._events.add(chat_id, kind, self._at, **content)

    def read(self) -> None:
        """Let the indexer read what was said."""
        transcripts.run(self._database.write, self.tracker)

    def number(self, chat_id: int) -> int:
        """The number of a conversation in the console."""
        with self._database.write() as session:
            return conversation_marks.numbers(session, [chat_id])[chat_id]
