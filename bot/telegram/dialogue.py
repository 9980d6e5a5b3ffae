"""One turn with Rasa over its REST channel, made safe to repeat.

Stock Rasa answers 200 with what it has, even when an action failed; so the last reply of a whole turn confirms it. A turn that may
have run before is first looked up in the tracker by its update_id: its replies are rebuilt from there, or, where the confirmation
is missing, what it changed is undone and it is said again.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx

from bot import metrics
from bot.messages.outbox import EDIT, Choice, Draft
from bot.texts import with_blank_lines

Reply = dict[str, Any]
Event = dict[str, Any]


class Unavailable(Exception):
    """Rasa cannot be reached or answers with an error: wait and try again."""


class Unreached(Unavailable):
    """No connection came about: whatever was to be said was not heard."""


class HalfTurn(Exception):
    """The turn was not whole (the action server failed); it was undone and can be said again."""


def order_of(chat_id: int, urls: Sequence[str]) -> list[str]:
    """Which servers serve a chat, the first that can be reached: the same for every gateway, and each server has as many chats (rendezvous
    hashing: where one is added or taken away, only its own chats move)."""
    return sorted(urls, key=lambda url: hashlib.blake2b(f"{chat_id} {url}".encode(), digest_size=8).digest())


class Dialogue:
    """A client of one Rasa server or of several, which share tracker store and locks."""

    def __init__(self, rasa_urls: Sequence[str]) -> None:
        self._urls = rasa_urls
        # A first turn after Rasa's start may take a while on a busy machine.
        self._http = httpx.AsyncClient(timeout=httpx.Timeout(60, connect=3))

    async def close(self) -> None:
        await self._http.aclose()

    async def until_up(self) -> None:
        """Wait until a server has its model and answers."""
        while True:
            for url in self._urls:
                try:
                    await self._ask(url, "GET", "/status")
                    return
                except Unavailable:
                    continue
            await asyncio.sleep(1)

    async def turn(self, chat_id: int, text: str, metadata: dict[str, Any], repeated: bool) -> list[Draft]:
        """The messages that answer a text or payload.

        Args:
            metadata: holds update_id, by which a repeated turn is recognised.
            repeated: whether this turn may have reached Rasa before.

        Raises Unavailable or HalfTurn.
        """
        began, outcome = time.monotonic(), "failed"
        try:
            replies = await self._replies(chat_id, text, metadata, repeated)
            outcome = "answered" if is_understood(replies) else "not_understood"
            return drafts(replies, metadata.get("message_id"))
        except (Unavailable, HalfTurn) as error:
            outcome = "half" if isinstance(error, HalfTurn) else "unavailable"
            raise
        finally:
            metrics.TURNS.labels(outcome).inc()
            metrics.TURN_SECONDS.observe(time.monotonic() - began)

    async def _replies(self, chat_id: int, text: str, metadata: dict[str, Any], repeated: bool) -> list[Reply]:
        """The replies of a whole turn; as :meth:`turn`."""
        update_id = int(metadata["update_id"])
        if repeated and (recorded := await self._recorded(chat_id, update_id)) is not None:
            before, turn = recorded
            if is_whole(kept := replies_of(turn)):
                return kept
            await self._undo(chat_id, before, turn)
        said = {"sender": str(chat_id), "message": text, "metadata": metadata}
        replies: list[Reply] = await self._call(chat_id, "POST", "/webhooks/rest/webhook", said)
        if not is_whole(replies):
            if (recorded := await self._recorded(chat_id, update_id)) is not None:
                await self._undo(chat_id, *recorded)
            raise HalfTurn
        return replies

    async def overhear(self, chat_id: int, text: str, metadata: dict[str, Any], repeated: bool) -> None:
        """Let Rasa note what was said to a person of the team, and answer nothing: its tracker is paused, as it calls that.

        Args and errors as for :meth:`turn`; nothing here is ever half.
        """
        if repeated and await self._recorded(chat_id, int(metadata["update_id"])) is not None:
            return
        # Each time: a session that begins anew forgets it.
        await self._call(chat_id, "POST", f"/conversations/{chat_id}/tracker/events", [{"event": "pause"}])
        await self._call(chat_id, "POST", "/webhooks/rest/webhook", {"sender": str(chat_id), "message": text, "metadata": metadata})

    async def resume(self, chat_id: int) -> None:
        """Let Rasa answer again. Raises Unavailable."""
        resuming: list[Event] = [{"event": "resume"}, {"event": "action", "name": "action_listen"}]
        await self._call(chat_id, "POST", f"/conversations/{chat_id}/tracker/events", resuming)

    async def _recorded(self, chat_id: int, update_id: int) -> tuple[list[Event], list[Event]] | None:
        """The events before and of an update's last turn; None where the tracker does not know the update.

        All events are asked for: those that Rasa counts as applied leave out what people answered to a form.
        """
        tracker = await self._call(chat_id, "GET", f"/conversations/{chat_id}/tracker?include_events=ALL")
        events: list[Event] = tracker.get("events") or []
        users = [place for place, event in enumerate(events) if event["event"] == "user"]
        starts = [place for place in users if (events[place].get("metadata") or {}).get("update_id") == update_id]
        if not starts:
            return None
        end = next((place for place in users if place > starts[-1]), len(events))
        return events[: starts[-1]], events[starts[-1] : end]

    async def _undo(self, chat_id: int, before: Sequence[Event], turn: Sequence[Event]) -> None:
        """Put slots and form back to where they were before a turn, and let Rasa listen again.

        Rasa's own rewind is no way back: where a form is filled it goes back further than the last message.
        """
        slots = dict.fromkeys(event["name"] for event in turn if event["event"] == "slot")
        values = {event["name"]: event["value"] for event in before if event["event"] == "slot"}
        undoing: list[Event] = [{"event": "slot", "name": name, "value": values.get(name)} for name in slots]
        if any(event["event"] == "active_loop" for event in turn):
            # A session that starts anew ends the form of the one before.
            loops = [event.get("name") for event in before if event["event"] in ("active_loop", "session_started")]
            undoing.append({"event": "active_loop", "name": loops[-1] if loops else None})
        undoing.append({"event": "action", "name": "action_listen"})
        await self._call(chat_id, "POST", f"/conversations/{chat_id}/tracker/events", undoing)

    async def _call(self, chat_id: int, method: str, path: str, body: Any = None) -> Any:
        """Ask the chat's server; the next one only where it cannot have heard anything."""
        *others, last = order_of(chat_id, self._urls)
        for url in others:
            try:
                return await self._ask(url, method, path, body)
            except Unreached:
                continue
        return await self._ask(last, method, path, body)

    async def _ask(self, url: str, method: str, path: str, body: Any = None) -> Any:
        try:
            answer = await self._http.request(method, url + path, json=body)
            answer.raise_for_status()
            return answer.json()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Unreached(type(error).__name__) from None
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(type(error).__name__) from None


def replies_of(turn: Sequence[Event]) -> list[Reply]:
    """What the bot said in a turn, as the REST channel gave it out."""
    said = [(event.get("text"), event.get("data") or {}) for event in turn if event["event"] == "bot"]
    return [{"text": text, "buttons": extra.get("buttons"), "custom": extra.get("custom")} for text, extra in said]


def is_whole(replies: Sequence[Reply]) -> bool:
    """Whether a turn's last reply confirms it."""
    return bool(replies) and (replies[-1].get("custom") or {}).get("turn") == "done"


def is_understood(replies: Sequence[Reply]) -> bool:
    """Whether a whole turn knew what was meant; its confirmation says so where it did not."""
    return (replies[-1].get("custom") or {}).get("understood") is not False


def drafts(replies: Sequence[Reply], tapped_message_id: int | None = None) -> list[Draft]:
    """Rasa's replies as messages: each text with its buttons, the keyboard of the confirmation under the last one.

    Where the confirmation asks for it, the last one takes the place of the message whose button was tapped.
    """
    texts = [reply for reply in replies if reply.get("text")]
    confirmation = replies[-1].get("custom") or {}
    keyboard = confirmation.get("keyboard") or ()
    made = [
        Draft(
            text=with_blank_lines(reply["text"]),
            choices=[Choice(button["title"], button["payload"]) for button in reply.get("buttons") or ()],
            keyboard=keyboard if number == len(texts) and not reply.get("buttons") else (),
        )
        for number, reply in enumerate(texts, start=1)
    ]
    if made and confirmation.get("edits") and tapped_message_id is not None:
        made[-1] = replace(made[-1], method=EDIT, extra={"message_id": tapped_message_id})
    return made
