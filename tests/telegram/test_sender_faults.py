"""Sending while Telegram or the line to it fails: an answer may be doubled, never lost; a list may be lost, never doubled."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from bot import metrics
from bot.messages.outbox import DIGEST, NOTICE, REPLY
from bot.settings import read
from bot.store.models import OutboxMessage
from bot.telegram import sender
from bot.telegram.client import make_bot
from tests.loopback import until
from tests.telegram.post_office import PostOffice

SALMA, KARIM, MANY = 501, 502, 600


@pytest.fixture(autouse=True)
def _people(office: PostOffice) -> None:
    office.telegram.meet(SALMA, KARIM)


async def test_retry_after_of_one_chat_stops_no_other(office: PostOffice) -> None:
    office.telegram.fault("429", seconds=1)
    waiting = office.queue(SALMA, REPLY, "un", "deux")
    async with office.open():
        await until("the refusal", lambda: office.rows()[waiting[0]].not_before)
        others = office.queue(KARIM, REPLY, "a") + office.queue(KARIM, DIGEST, "b")
        assert await office.settled(others) == ["sent", "sent"]
        assert office.states(waiting) == ["queued", "queued"], "the later message must not overtake"
        assert await office.settled(waiting) == ["sent", "sent"]
    assert office.telegram.read(SALMA) == ["un", "deux"]


async def test_many_chats_that_wait_stop_no_other(office: PostOffice) -> None:
    chats = range(MANY, MANY + 2 * sender.PARALLEL)
    office.telegram.meet(*chats)
    office.telegram.fault("429", times=len(chats), seconds=30)
    waiting = [queued for chat in chats for queued in office.queue(chat, REPLY, "un")]
    async with office.open():
        await until("all refusals", lambda: all(office.rows()[queued].not_before for queued in waiting))
        assert await office.settled(office.queue(SALMA, DIGEST, "liste")) == ["sent"]


async def test_retry_after_is_waited_out(office: PostOffice) -> None:
    office.telegram.fault("429", seconds=1)
    (queued,) = office.queue(SALMA, REPLY, "un")
    async with office.open():
        await office.settled([queued])
    refused, taken = office.telegram.calls("sendMessage")
    assert (refused["status"], taken["status"]) == (429, 200)
    assert taken["at"] - refused["at"] >= 1


@pytest.mark.parametrize(
    ("fault", "kind", "counted"),
    [
        (None, REPLY, {("reply", "sent"): 1}),
        ("429", REPLY, {("reply", "429"): 1, ("reply", "sent"): 1}),
        ("502", DIGEST, {("digest", "later"): 1, ("digest", "sent"): 1}),
        ("drop", DIGEST, {("digest", "unknown"): 1}),
    ],
)
async def test_sends_are_counted_by_outcome(
    office: PostOffice, fault: str | None, kind: str, counted: dict[tuple[str, str], float]
) -> None:
    def sends() -> dict[tuple[str, str], float]:
        [family] = metrics.SENDS.collect()
        return {(s.labels["kind"], s.labels["outcome"]): s.value for s in family.samples if s.name.endswith("_total")}

    before = sends()
    if fault:
        office.telegram.fault(fault, seconds=1)
    async with office.open():
        await office.settled(office.queue(SALMA, kind, "un"))
    assert {key: value - before.get(key, 0) for key, value in sends().items() if value != before.get(key, 0)} == counted


@pytest.mark.parametrize(("origin", "told"), [("update:7", {"update_id": 7}), ("flood:501:7", {}), ("edited:501:7", {}), ("digest:7", {})])
def test_a_line_about_a_message_tells_its_update_and_no_chat(origin: str, told: dict[str, int]) -> None:
    assert sender._turn_of(OutboxMessage(origin=origin)) == told


@pytest.mark.parametrize("fault", ["drop_after_accept", "drop", "500"])
async def test_a_list_of_unknown_fate_is_not_sent_twice(office: PostOffice, fault: str) -> None:
    office.telegram.fault(fault)
    (queued,) = office.queue(SALMA, DIGEST, "liste")
    async with office.open():
        assert await office.settled([queued]) == ["unknown"]
        await asyncio.sleep(0.1)
    assert len(office.telegram.calls("sendMessage")) == 1
    assert office.telegram.read(SALMA) == (["liste"] if fault == "drop_after_accept" else [])


@pytest.mark.parametrize("kind", [REPLY, NOTICE])
@pytest.mark.parametrize("fault", ["drop_after_accept", "drop", "500"])
async def test_an_answer_of_unknown_fate_is_sent_again(office: PostOffice, monkeypatch: pytest.MonkeyPatch, kind: str, fault: str) -> None:
    _at_once(monkeypatch)
    office.telegram.fault(fault)
    ids = office.queue(SALMA, kind, "un", "deux")
    async with office.open():
        assert await office.settled(ids) == ["sent", "sent"]
    assert office.telegram.read(SALMA) == (["un", "un", "deux"] if fault == "drop_after_accept" else ["un", "deux"])


async def test_a_dropped_connection_is_really_broken(office: PostOffice) -> None:
    """What the faults of the sandbox are for: the client must see no HTTP answer."""
    office.telegram.fault("drop_after_accept")
    with pytest.raises(httpx.TransportError):
        async with httpx.AsyncClient() as http:
            await http.post(f"{office.telegram.bot.base_url}/sendMessage", data={"chat_id": SALMA, "text": "x"})
    assert office.telegram.read(SALMA) == ["x"]


async def test_a_list_waits_for_a_telegram_that_is_away(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    _at_once(monkeypatch)
    away = make_bot(read({"TELEGRAM_BASE_URL": "http://127.0.0.1:1/bot"}))
    here, office.telegram.bot = office.telegram.bot, away
    (queued,) = office.queue(SALMA, DIGEST, "liste")
    await away._request[1].initialize()
    async with office.open():
        await until("a vain attempt", lambda: office.rows()[queued].attempts >= 2)
    await away._request[1].shutdown()
    assert office.rows()[queued].state in ("queued", "sending")
    office.telegram.bot = here
    with office.database.write() as session:
        session.merge(office.rows()[queued]).state = "queued"
    async with office.open():
        assert await office.settled([queued]) == ["sent"]


@pytest.mark.parametrize("kind", [REPLY, DIGEST])
async def test_attempts_wait_longer_each_time(office: PostOffice, kind: str) -> None:
    waits = []
    for attempts in range(1, 12):
        (queued,) = office.queue(SALMA, kind, "x")
        row = office.rows()[queued]
        row.attempts = attempts
        outcome = sender.Sender._later(row, "NetworkError")
        assert outcome.state == "queued", "age ends it, not attempts"
        waits.append(outcome.wait_seconds)
    assert waits == sorted(waits) and waits[0] == 0.5 and waits[-1] == 60


def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next attempt follow at once."""
    later = sender.Sender._later

    def soon(row: object, error: str) -> sender.Outcome:
        outcome = later(row, error)  # type: ignore[arg-type]
        return sender.Outcome(outcome.state, error=outcome.error, wait_seconds=0.01)

    monkeypatch.setattr(sender.Sender, "_later", staticmethod(soon))
