"""One turn with Rasa over its REST channel, made safe to repeat.

Stock Rasa answers 200 with what it has, even when an action failed; so the last reply of a whole turn confirms it. A turn that may
have run before is first looked up in the tracker by its update_id: its replies are rebuilt from there, or, where the confirmation
is missing, the turn is rewound and said again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from bot.messages.outbox import Choice, Draft

Reply = dict[str, Any]


class Unavailable(Exception):
    """Rasa cannot be reached or answers with an error: wait and try again."""


class HalfTurn(Exception):
    """The turn was not whole (the action server failed); it was rewound and can be said again."""


class Dialogue:
    """A client of one Rasa server. Open it as an async context."""

    def __init__(self, rasa_url: str) -> None:
        # A first turn after Rasa's start may take a while on a busy machine.
        self._http = httpx.AsyncClient(base_url=rasa_url, timeout=httpx.Timeout(60, connect=3))

    async def close(self) -> None:
        await self._http.aclose()

    async def turn(self, chat_id: int, text: str, metadata: dict[str, Any], repeated: bool) -> list[Draft]:
        """The messages that answer a text or payload.

        Args:
            metadata: holds update_id, by which a repeated turn is recognised.
            repeated: whether this turn may have reached Rasa before.

        Raises Unavailable or HalfTurn.
        """
        if repeated:
            recorded = await self._recorded(chat_id, int(metadata["update_id"]))
            if recorded is not None:
                if is_whole(recorded):
                    return drafts(recorded)
                await self._rewind(chat_id)
        replies = await self._call("POST", "/webhooks/rest/webhook", {"sender": str(chat_id), "message": text, "metadata": metadata})
        if not is_whole(replies):
            await self._rewind(chat_id)
            raise HalfTurn
        return drafts(replies)

    async def _recorded(self, chat_id: int, update_id: int) -> list[Reply] | None:
        """The replies that the tracker holds for an update; None where it does not know the update."""
        tracker = await self._call("GET", f"/conversations/{chat_id}/tracker?include_events=APPLIED")
        found: list[Reply] | None = None
        for event in tracker.get("events") or []:
            if event["event"] == "user":
                if found is not None:
                    break
                if (event.get("metadata") or {}).get("update_id") == update_id:
                    found = []
            elif event["event"] == "bot" and found is not None:
                data = event.get("data") or {}
                found.append({"text": event.get("text"), "buttons": data.get("buttons"), "custom": data.get("custom")})
        return found

    async def _rewind(self, chat_id: int) -> None:
        """Take the last turn back. Rasa's rewind takes the listening before the turn too, which is put in place again: without it
        the next message would be met by a form that believes it has just spoken."""
        events = [{"event": "rewind"}, {"event": "action", "name": "action_listen"}]
        await self._call("POST", f"/conversations/{chat_id}/tracker/events", events)

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        try:
            answer = await self._http.request(method, path, json=body)
            answer.raise_for_status()
            return answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(type(error).__name__) from None


def is_whole(replies: Sequence[Reply]) -> bool:
    """Whether a turn's last reply confirms it."""
    return bool(replies) and (replies[-1].get("custom") or {}).get("turn") == "done"


def drafts(replies: Sequence[Reply]) -> list[Draft]:
    """Rasa's replies as messages: each text with its buttons, the keyboard of the confirmation under the last one."""
    texts = [reply for reply in replies if reply.get("text")]
    keyboard = (replies[-1].get("custom") or {}).get("keyboard") or ()
    return [
        Draft(
            text=reply["text"],
            choices=[Choice(button["title"], button["payload"]) for button in reply.get("buttons") or ()],
            keyboard=keyboard if number == len(texts) and not reply.get("buttons") else (),
        )
        for number, reply in enumerate(texts, start=1)
    ]
