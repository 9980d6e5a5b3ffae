"""Receiving: every update is stored once, before Telegram is told that it arrived, and nothing else is stored."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot import metrics
from bot.messages import inbox
from bot.sandbox import people
from bot.store.engine import Database
from bot.store.models import InboxUpdate
from bot.telegram import gateway
from bot.telegram.gateway import LARGEST_BODY, SECRET_HEADER, Receiver, poll, webhook_app
from tests.loopback import at_work, served, until
from tests.telegram.local_telegram import LocalTelegram
from tests.telegram.updates import CHAT, message

SECRET = "a-secret_1"


def stored(database: Database) -> list[InboxUpdate]:
    with database.read() as session:
        return list(session.execute(select(InboxUpdate).order_by(InboxUpdate.update_id)).scalars())


class Post:
    """Telegram's side of the webhook."""

    def __init__(self, database: Database) -> None:
        self.notices = 0
        app = webhook_app(Receiver(database, self._notice), SECRET)
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot")

    def _notice(self) -> None:
        self.notices += 1

    async def __call__(self, body: Any, secret: str | None = SECRET, path: str = "/") -> int:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = await self._http.post(path, content=content, headers={SECRET_HEADER: secret.encode()} if secret is not None else {})
        return answer.status_code


@pytest.fixture
def post(database: Database) -> Post:
    return Post(database)


async def test_an_update_is_stored_once(post: Post, database: Database) -> None:
    update = message(update_id=9, text="salam")
    assert await post(update) == 200
    assert await post(update) == 200
    (row,) = stored(database)
    assert (row.update_id, row.chat_id, row.state, row.payload) == (9, CHAT, "waiting", update)
    assert post.notices == 1, "a repetition is no news"


def counted() -> dict[str, float]:
    [family] = metrics.UPDATES.collect()
    return {sample.labels["outcome"]: sample.value for sample in family.samples if sample.name.endswith("_total")}


async def test_updates_are_counted_by_what_became_of_them(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    before = counted()
    for update in (message(1), message(2), message(1)):
        assert await post(update) == 200
    monkeypatch.setattr(inbox, "MOST_WAITING", 2)
    assert await post(message(3)) == 503
    assert {name: value - before.get(name, 0) for name, value in counted().items()} == {"stored": 2, "duplicate": 1, "refused": 1}


async def test_a_repetition_brings_no_closed_update_back(post: Post, database: Database) -> None:
    await post(message(update_id=9, text="salam"))
    with database.write() as session:
        row = session.get(InboxUpdate, 9)
        row.state, row.payload = "done", {}
    assert await post(message(update_id=9, text="salam")) == 200
    assert [(row.state, row.payload) for row in stored(database)] == [("done", {})]


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET.upper(), "sécret"])
async def test_without_the_secret_nothing_is_stored(post: Post, database: Database, secret: str | None) -> None:
    assert await post(message(text="salam"), secret=secret) == 403
    assert not stored(database)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b"7", b'"x"', b"{}", b'{"update_id": null}', b'{"update_id": "x"}', b"\xff\xfe", b'{"update_id": [1]}'],
)
async def test_what_is_no_update_is_refused(post: Post, database: Database, body: bytes) -> None:
    assert await post(body) == 400
    assert not stored(database)


async def test_a_body_too_large_is_refused(post: Post, database: Database) -> None:
    assert await post(message(text="a" * LARGEST_BODY)) == 413
    assert not stored(database)


async def test_the_path_is_whatever_the_url_names(post: Post, database: Database) -> None:
    assert await post(message(text="salam"), path="/hooks/tadamon") == 200
    assert len(stored(database)) == 1


async def test_telegram_is_answered_only_once_the_update_is_stored() -> None:
    may_store = asyncio.Event()

    class SlowReceiver:
        async def receive(self, _updates: Any) -> None:
            await may_store.wait()

    app = webhook_app(SlowReceiver(), SECRET)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as http:
        sending = asyncio.create_task(http.post("/", json=message(text="x"), headers={SECRET_HEADER: SECRET}))
        await asyncio.sleep(0.05)
        assert not sending.done()
        may_store.set()
        assert (await sending).status_code == 200


async def test_telegram_is_not_told_ok_where_storing_failed() -> None:
    class FullDisk:
        async def receive(self, _updates: Any) -> None:
            raise OSError("disk full")

    transport = httpx.ASGITransport(webhook_app(FullDisk(), SECRET), raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as http:
        answer = await http.post("/", json=message(text="x"), headers={SECRET_HEADER: SECRET})
    assert answer.status_code == 500


async def test_a_block_of_updates_is_stored_whole_or_not_at_all(database: Database) -> None:
    receiver = Receiver(database, lambda: None)
    with pytest.raises(KeyError):
        await receiver.receive([message(update_id=1, text="a"), {"no": "update"}])
    assert not stored(database)
    await receiver.receive([message(update_id=1, text="a"), message(update_id=2, text="b")])
    assert [row.update_id for row in stored(database)] == [1, 2]


async def test_polling_stores_before_it_confirms(database: Database, telegram: LocalTelegram) -> None:
    telegram.meet(CHAT)
    first = people.write(telegram.state, CHAT, {"text": "un"})["update_id"]
    second = people.write(telegram.state, CHAT, {"text": "deux"})["update_id"]
    async with at_work(poll(telegram.bot, Receiver(database, lambda: None))):
        await until("both updates", lambda: len(stored(database)) == 2)
        await until("their confirmation", lambda: telegram.state.pending_count() == 0)
        third = people.write(telegram.state, CHAT, {"location": {"latitude": 33.5, "longitude": -7.6}})["update_id"]
        await until("a third update", lambda: len(stored(database)) == 3)
    rows = stored(database)
    assert [row.update_id for row in rows] == [first, second, third]
    assert rows[0].payload["message"]["text"] == "un"
    assert rows[2].payload["message"]["location"] == {"latitude": 33.5, "longitude": -7.6}


async def test_polling_confirms_nothing_that_was_not_stored(telegram: LocalTelegram) -> None:
    class FullDisk:
        async def receive(self, _updates: Any) -> None:
            raise OSError("disk full")

    telegram.meet(CHAT)
    people.write(telegram.state, CHAT, {"text": "un"})
    with pytest.raises(OSError, match="disk full"):
        await poll(telegram.bot, FullDisk())  # type: ignore[arg-type]
    assert telegram.state.pending_count() == 1


async def test_the_sandbox_pushes_to_the_webhook(database: Database, telegram: LocalTelegram) -> None:
    telegram.meet(CHAT)
    async with served(webhook_app(Receiver(database, lambda: None), SECRET)) as url:
        await telegram.bot.set_webhook(f"{url}/hook", secret_token=SECRET)
        people.write(telegram.state, CHAT, {"text": "un"})
        people.write(telegram.state, CHAT, {"text": "deux"})
        await until("both updates", lambda: len(stored(database)) == 2)
        await until("both to be taken", lambda: telegram.state.pending_count() == 0)
    assert [row.payload["message"]["text"] for row in stored(database)] == ["un", "deux"]


async def test_while_the_database_is_away_telegram_is_asked_to_come_again(
    post: Post, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = database.write

    def away() -> object:
        raise OperationalError("BEGIN", {}, Exception("server closed the connection"))

    monkeypatch.setattr(database, "write", away)
    assert await post(message(update_id=9, text="salam")) == 503
    monkeypatch.setattr(database, "write", write)
    assert await post(message(update_id=9, text="salam")) == 200
    assert len(stored(database)) == 1


async def test_polling_outlives_a_database_that_is_away(
    database: Database, telegram: LocalTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "RETRY_SECONDS", 0.05)
    write, failures = database.write, 0

    def away() -> object:
        nonlocal failures
        failures += 1
        raise OperationalError("BEGIN", {}, Exception("server closed the connection"))

    telegram.meet(CHAT)
    monkeypatch.setattr(database, "write", away)
    async with at_work(poll(telegram.bot, Receiver(database, lambda: None))):
        people.write(telegram.state, CHAT, {"text": "un"})
        await until("failures", lambda: failures >= 2)
        assert telegram.state.pending_count() == 1
        monkeypatch.setattr(database, "write", write)
        await until("the update", lambda: stored(database))
        await until("its confirmation", lambda: telegram.state.pending_count() == 0)


async def test_where_too_much_waits_telegram_keeps_the_rest(post: Post, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MOST_WAITING", 3)
    assert [await post(message(update_id=number, text="x")) for number in range(1, 6)] == [200, 200, 200, 503, 503]
    with database.write() as session:
        inbox.finish(session, 1, "done")
    assert await post(message(update_id=4, text="x")) == 200
    assert [row.update_id for row in stored(database)] == [1, 2, 3, 4]
