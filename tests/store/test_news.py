"""Whoever watches hears of what others commit, once it is there; of what is rolled back, nothing. A database that is away is waited for."""

from __future__ import annotations

import threading
import time

import pytest

from bot.messages import outbox
from bot.messages.outbox import Draft
from bot.store import news
from bot.store.engine import Database
from tests.postgres import PostgresServer
from tests.worlds import AMINA, NOW, count
from tests.worlds import store as store


def queue(store: Database, origin: str) -> None:
    with store.write() as session:
        outbox.queue(session, AMINA, outbox.REPLY, origin, [Draft("x")], NOW)


def test_a_queued_message_is_heard_of_sooner_than_anybody_looks(store: Database) -> None:
    heard = threading.Event()
    with news.watched(store.url, news.OUTBOX, heard.set):
        time.sleep(0.5)
        for number in range(3):
            heard.clear()
            queue(store, f"update:{number}")
            assert heard.wait(5), number


def test_what_is_rolled_back_or_known_is_no_news(postgres: Database) -> None:
    heard = threading.Event()
    queue(postgres, "update:1")
    with news.watched(postgres.url, news.OUTBOX, heard.set):
        assert heard.wait(5), "once at first: what was told before is not told again"
        heard.clear()
        queue(postgres, "update:1")
        with postgres.write() as session:
            outbox.queue(session, AMINA, outbox.REPLY, "update:2", [Draft("x")], NOW)
            session.flush()
            session.rollback()
        assert not heard.wait(0.5)
    assert count(postgres, outbox.OutboxMessage) == 1


def test_the_watch_ends_with_its_block(store: Database) -> None:
    heard = threading.Event()
    with news.watched(store.url, news.OUTBOX, heard.set):
        time.sleep(0.3)
    heard.clear()
    queue(store, "update:1")
    assert not heard.wait(0.3)
    assert not [thread for thread in threading.enumerate() if thread.name == "news"]


@pytest.mark.postgres
def test_a_server_that_was_away_is_listened_to_again(breakable_postgres: PostgresServer) -> None:
    from bot.store import migrate

    made = Database(breakable_postgres.url)
    migrate.upgrade(made)
    heard = threading.Event()
    with news.watched(made.url, news.OUTBOX, heard.set):
        assert heard.wait(5)
        breakable_postgres.stop()
        breakable_postgres.start()
        heard.clear()
        assert heard.wait(10), "whatever was told meanwhile is looked for"
        heard.clear()
        queue(made, "update:1")
        assert heard.wait(5)
    made.close()
