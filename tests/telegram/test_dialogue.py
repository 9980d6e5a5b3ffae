"""A turn with Rasa: whole, half, repeated, or not to be had; against a small Rasa of the test's own."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest

from bot import metrics
from bot.messages.outbox import Choice
from bot.telegram.dialogue import Dialogue, HalfTurn, Unavailable, drafts, order_of
from bot.texts import in_one_piece

CHAT = 42
DONE = {"custom": {"turn": "done"}}


def slot(name: str, value: Any) -> dict[str, Any]:
    return {"event": "slot", "name": name, "value": value}


def loop(name: str | None) -> dict[str, Any]:
    return {"event": "active_loop", "name": name}


class FakeRasa:
    """Answers with what a test lays ready, and keeps a tracker of it."""

    def __init__(self) -> None:
        self.replies: list[list[dict[str, Any]]] = []
        self.events: list[dict[str, Any]] = []
        self.said: list[dict[str, Any]] = []
        self.appended: list[Any] = []
        self.forgets = False
        self.changes: list[dict[str, Any]] = []
        self.status = 200
        self.body: bytes | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.status != 200 or self.body is not None:
            return httpx.Response(self.status, content=self.body or b"")
        if request.url.path == "/webhooks/rest/webhook":
            said = json.loads(request.content)
            self.said.append(said)
            replies = self.replies.pop(0)
            if not self.forgets:
                self.remembers(said["metadata"]["update_id"], *replies, changes=self.changes)
            return httpx.Response(200, json=replies)
        if request.url.path == f"/conversations/{CHAT}/tracker/events":
            self.appended.append(json.loads(request.content))
            self.events += self.appended[-1]
            return httpx.Response(200, json={})
        assert request.url.path == f"/conversations/{CHAT}/tracker"
        return httpx.Response(200, json={"events": self.events})

    def remembers(self, update_id: int, *replies: dict[str, Any], changes: Sequence[dict[str, Any]] = ()) -> None:
        """Put a turn into the tracker."""
        self.events.append({"event": "user", "text": "x", "metadata": {"update_id": update_id}})
        self.events += changes
        self.events += [{"event": "bot", "text": r.get("text"), "data": {k: v for k, v in r.items() if k != "text"}} for r in replies]
        self.events.append({"event": "action", "name": "action_listen"})

    def state(self) -> tuple[dict[str, Any], str | None, str]:
        """Slots, active form and last action, as Rasa would read them from the events."""
        slots: dict[str, Any] = {}
        loop, action = None, ""
        for event in self.events:
            if event["event"] == "slot":
                slots[event["name"]] = event["value"]
            elif event["event"] == "active_loop":
                loop = event["name"]
            elif event["event"] == "session_started":
                loop = None
            elif event["event"] == "action":
                action = event["name"]
        return {name: value for name, value in slots.items() if value is not None}, loop, action


@pytest.fixture
def rasa() -> FakeRasa:
    return FakeRasa()


@pytest.fixture
async def dialogue(rasa: FakeRasa) -> AsyncIterator[Dialogue]:
    made = Dialogue(["http://rasa"])
    await made._http.aclose()
    made._http = httpx.AsyncClient(transport=httpx.MockTransport(rasa))
    yield made
    await made.close()


async def say(dialogue: Dialogue, update_id: int = 7, repeated: bool = False) -> list[Any]:
    return await dialogue.turn(CHAT, "bonjour", {"update_id": update_id, "first_name": "Salma"}, repeated)


async def test_a_whole_turn_gives_its_messages_in_order(dialogue: Dialogue, rasa: FakeRasa) -> None:
    rasa.replies = [[{"text": "un", "buttons": [{"title": "Oui", "payload": "/affirm"}]}, {"text": "deux"}, DONE]]
    first, second = await say(dialogue)
    assert (first.text, list(first.choices)) == ("un", [Choice("Oui", "/affirm")])
    assert (second.text, list(second.choices)) == ("deux", [])
    assert rasa.said == [{"sender": "42", "message": "bonjour", "metadata": {"update_id": 7, "first_name": "Salma"}}]
    assert not rasa.appended


UNDERSTOOD_NOT = {"custom": {"turn": "done", "understood": False}}


@pytest.mark.parametrize(
    ("status", "replies", "outcome"),
    [
        (200, [{"text": "un"}, DONE], "answered"),
        (200, [{"text": "pardon ?"}, UNDERSTOOD_NOT], "not_understood"),
        (200, [{"text": "un"}], "half"),
        (503, [], "unavailable"),
    ],
)
async def test_turns_are_counted_by_outcome(
    dialogue: Dialogue, rasa: FakeRasa, status: int, replies: list[dict[str, Any]], outcome: str
) -> None:
    def counted() -> tuple[float | None, float | None]:
        read = metrics.REGISTRY.get_sample_value
        return read("tadamon_turns_total", {"outcome": outcome}) or 0, read("tadamon_turn_seconds_count")

    rasa.status, rasa.replies = status, [replies]
    before, timed = counted()
    with contextlib.suppress(HalfTurn, Unavailable):
        await say(dialogue)
    assert counted() == (before + 1, timed + 1)


async def test_a_text_that_confirms_the_turn_itself_is_whole(dialogue: Dialogue, rasa: FakeRasa) -> None:
    rasa.replies = [[{"text": "de rien", "custom": {"turn": "done"}}]]
    assert [draft.text for draft in await say(dialogue)] == ["de rien"]


async def test_the_keyboard_stands_under_the_last_message(dialogue: Dialogue, rasa: FakeRasa) -> None:
    keyboard = [[{"text": "Maârif"}]]
    rasa.replies = [[{"text": "un"}, {"text": "où ?"}, {"custom": {"turn": "done", "keyboard": keyboard}}]]
    first, last = await say(dialogue)
    assert (first.keyboard, last.keyboard) == ((), keyboard)


async def test_buttons_leave_no_room_for_a_keyboard(dialogue: Dialogue, rasa: FakeRasa) -> None:
    buttons = [{"title": "Oui", "payload": "/affirm"}]
    rasa.replies = [[{"text": "où ?", "buttons": buttons}, {"custom": {"turn": "done", "keyboard": [[{"text": "x"}]]}}]]
    (draft,) = await say(dialogue)
    assert draft.choices and not draft.keyboard


async def test_blank_lines_survive_rasa(dialogue: Dialogue, rasa: FakeRasa) -> None:
    whole = "<b>Titre</b>\n\nsuite\n\nfin"
    sent = in_one_piece(whole)
    assert "\n\n" not in sent
    rasa.replies = [[{"text": sent}, DONE]]
    assert [draft.text for draft in await say(dialogue)] == [whole]


@pytest.mark.parametrize(
    "replies", [[], [{"text": "un"}], [DONE, {"text": "après"}], [{"custom": {"turn": "other"}}], [{"text": "un", "custom": None}]]
)
async def test_a_half_turn_leaves_no_trace_in_slots_and_form(dialogue: Dialogue, rasa: FakeRasa, replies: list[dict[str, Any]]) -> None:
    rasa.remembers(6, DONE, changes=[slot("offer", {"place": "Maârif"}), loop("offer_form")])
    before = rasa.state()
    rasa.changes = [slot("offer", {"place": "Sbata"}), slot("offer", None), slot("wanted_mission", "3"), loop(None)]
    rasa.replies = [replies]
    with pytest.raises(HalfTurn):
        await say(dialogue)
    assert rasa.state() == before
    assert before[1:] == ("offer_form", "action_listen"), "the next message must meet a listening bot"


async def test_undoing_brings_no_form_of_an_older_session_back(dialogue: Dialogue, rasa: FakeRasa) -> None:
    rasa.remembers(6, DONE, changes=[loop("offer_form")])
    rasa.events.append({"event": "session_started"})
    rasa.changes = [loop("organisation_form")]
    rasa.replies = [[{"text": "à moitié"}]]
    with pytest.raises(HalfTurn):
        await say(dialogue)
    assert rasa.state()[1] is None


async def test_what_the_tracker_never_saw_is_not_undone(dialogue: Dialogue, rasa: FakeRasa) -> None:
    rasa.remembers(6, DONE, changes=[slot("offer", {"place": "Maârif"})])
    rasa.replies = [[]]
    rasa.forgets = True
    with pytest.raises(HalfTurn):
        await say(dialogue)
    assert not rasa.appended
    assert rasa.state()[0] == {"offer": {"place": "Maârif"}}


async def test_a_repeated_turn_that_was_saved_is_not_said_again(dialogue: Dialogue, rasa: FakeRasa) -> None:
    rasa.remembers(6, {"text": "avant"}, DONE)
    rasa.remembers(7, {"text": in_one_piece("un\n\nun"), "buttons": [{"title": "A", "payload": "/a"}]}, {"text": "deux"}, DONE)
    rasa.remembers(8, {"text": "après"}, DONE)
    drafts = await say(dialogue, repeated=True)
    assert [draft.text for draft in drafts] == ["un\n\nun", "deux"]
    assert list(drafts[0].choices) == [Choice("A", "/a")]
    assert not rasa.said


async def test_a_repeated_turn_that_never_arrived_is_said(dialogue: Dialogue, rasa: FakeRasa) -> None:
    rasa.remembers(6, {"text": "avant"}, DONE)
    rasa.replies = [[{"text": "maintenant"}, DONE]]
    assert [draft.text for draft in await say(dialogue, repeated=True)] == ["maintenant"]
    assert not rasa.appended


async def test_a_repeated_half_turn_is_undone_and_said_again(dialogue: Dialogue, rasa: FakeRasa) -> None:
    rasa.remembers(6, DONE, changes=[slot("offer", {"place": "Maârif"})])
    rasa.remembers(7, {"text": "à moitié"}, changes=[slot("offer", None), loop("offer_form")])
    rasa.replies = [[{"text": "entier"}, DONE]]
    assert [draft.text for draft in await say(dialogue, repeated=True)] == ["entier"]
    assert len(rasa.said) == 1
    assert rasa.state()[:2] == ({"offer": {"place": "Maârif"}}, None)


async def test_the_replies_of_the_last_attempt_count(dialogue: Dialogue, rasa: FakeRasa) -> None:
    rasa.remembers(7, {"text": "à moitié"})
    rasa.remembers(7, {"text": "entier"}, DONE)
    assert [draft.text for draft in await say(dialogue, repeated=True)] == ["entier"]
    assert not rasa.said and not rasa.appended


async def test_a_first_turn_asks_no_tracker(dialogue: Dialogue, rasa: FakeRasa) -> None:
    rasa.remembers(7, {"text": "vieux"}, DONE)
    rasa.replies = [[{"text": "neuf"}, DONE]]
    assert [draft.text for draft in await say(dialogue, repeated=False)] == ["neuf"]


@pytest.mark.parametrize("status", [500, 502, 503, 404, 409])
@pytest.mark.parametrize("repeated", [False, True])
async def test_an_error_of_rasa_means_wait(dialogue: Dialogue, rasa: FakeRasa, status: int, repeated: bool) -> None:
    rasa.status = status
    with pytest.raises(Unavailable):
        await say(dialogue, repeated=repeated)


async def test_an_answer_that_is_no_json_means_wait(dialogue: Dialogue, rasa: FakeRasa) -> None:
    rasa.body = b"<html>proxy</html>"
    with pytest.raises(Unavailable):
        await say(dialogue)


async def test_nobody_listening_means_wait() -> None:
    dialogue = Dialogue(["http://127.0.0.1:1"])
    with pytest.raises(Unavailable):
        await say(dialogue)
    await dialogue.close()


SERVERS = ("http://rasa-1:5005", "http://rasa-2:5005", "http://rasa-3:5005")


def test_each_server_has_its_chats_and_one_more_takes_only_its_own() -> None:
    chats = range(100_000, 103_000)
    first = {chat: order_of(chat, SERVERS)[0] for chat in chats}
    assert all(850 < list(first.values()).count(server) < 1150 for server in SERVERS)
    assert first == {chat: order_of(chat, SERVERS[::-1])[0] for chat in chats}, "in whatever order they are named"
    without = {chat: order_of(chat, SERVERS[:2])[0] for chat in chats}
    assert all(without[chat] == first[chat] for chat in chats if first[chat] != SERVERS[2])


class Servers:
    """Several servers of which some are away, or hang."""

    def __init__(self, rasa: FakeRasa, **states: type[httpx.TransportError]) -> None:
        self._rasa, self._states = rasa, states
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.host)
        if state := self._states.get(request.url.host.replace("-", "_")):
            raise state("x")
        return httpx.Response(200, json={}) if request.url.path == "/status" else self._rasa(request)


async def at(servers: Servers) -> Dialogue:
    made = Dialogue(SERVERS)
    await made._http.aclose()
    made._http = httpx.AsyncClient(transport=httpx.MockTransport(servers))
    return made


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout])
async def test_where_no_connection_comes_about_the_next_server_answers(rasa: FakeRasa, error: type[httpx.TransportError]) -> None:
    first, second, _ = (httpx.URL(url).host for url in order_of(CHAT, SERVERS))
    servers = Servers(rasa, **{first.replace("-", "_"): error})
    rasa.replies = [[{"text": "un"}, DONE]]
    assert [draft.text for draft in await say(await at(servers))] == ["un"]
    assert servers.asked == [first, second]


@pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.PoolTimeout])
async def test_a_server_that_may_have_heard_is_asked_again_later_and_no_other(rasa: FakeRasa, error: type[httpx.TransportError]) -> None:
    first = httpx.URL(order_of(CHAT, SERVERS)[0]).host
    servers = Servers(rasa, **{first.replace("-", "_"): error})
    with pytest.raises(Unavailable):
        await say(await at(servers))
    assert servers.asked == [first]


async def test_a_gateway_is_ready_once_one_server_answers(rasa: FakeRasa) -> None:
    servers = Servers(rasa, rasa_1=httpx.ConnectError, rasa_2=httpx.ReadTimeout)
    await (await at(servers)).until_up()
    assert servers.asked == ["rasa-1", "rasa-2", "rasa-3"]


@pytest.mark.parametrize(("tapped", "method"), [(77, "edit"), (None, "send")])
async def test_a_page_takes_the_place_of_the_message_that_was_tapped(tapped: int | None, method: str) -> None:
    replies = [{"text": "a"}, {"text": "b"}, {"custom": {"turn": "done", "edits": True}}]
    first, last = drafts(replies, tapped)
    assert (first.method, last.method) == ("send", method)
    assert last.extra == ({"message_id": 77} if tapped else {})
