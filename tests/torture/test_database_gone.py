"""The database goes away in the middle of everything: Telegram is asked to come again, health says so, and nothing is lost."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import httpx

from tests.dialogues.product import answers, until
from tests.postgres import PostgresServer
from tests.torture.rig import Rig, dose, report, running
from tests.torture.test_updates import SECRET, webhook


def statuses(rig: Rig, over: threading.Event, found: set[int]) -> None:
    """What Telegram is answered meanwhile; the update is of a kind that is stored and answered by nothing."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    number = 2_000_000_000
    while not over.wait(0.2):
        number += 1
        found.add(httpx.post(rig.environment["WEBHOOK_URL"], json={"update_id": number}, headers=headers, timeout=60).status_code)


def test_the_database_is_gone_for_a_while(tmp_path: Path, breakable_postgres: PostgresServer) -> None:
    chats, seconds = range(8000, 8000 + dose(8, 40)), dose(5, 30)
    settings = {"DATABASE_URL": breakable_postgres.url, "SENDS_PER_SECOND": "1000", **webhook()}
    rig = Rig(tmp_path, "sandbox", "rasa", "gateway", "worker", "web", **settings)
    rig.meet(chats)
    with running(rig):
        ready = rig.web_url + "/health/ready"
        until("health", lambda: answers(ready))
        for chat_id in chats:
            rig.write(chat_id, "avant")
        breakable_postgres.stop()
        began = time.monotonic()
        over, found = threading.Event(), set[int]()
        telegram = threading.Thread(target=statuses, args=(rig, over, found))
        telegram.start()
        try:
            for chat_id in chats:
                rig.write(chat_id, "pendant")
            until("health to say so", lambda: httpx.get(ready, timeout=30).status_code == 503)
            assert httpx.get(rig.web_url + "/health/live").is_success
            assert httpx.get(rig.web_url + "/").status_code == 503
            time.sleep(max(0.0, seconds - (time.monotonic() - began)))
        finally:
            over.set()
            telegram.join()
        assert found and all(500 <= status < 600 for status in found), found
        breakable_postgres.start()
        until("health", lambda: answers(ready))
        for chat_id in chats:
            rig.write(chat_id, "après")
        rig.until_quiet()
        until("every answer", lambda: all(len(rig.heard(chat_id)) >= 6 for chat_id in chats))
        report(f"database gone for {seconds} s: Telegram was answered {sorted(found)}")
        for chat_id in chats:
            heard = rig.heard(chat_id)
            assert [words for words in heard if words.startswith("re: ")] == ["re: avant", "re: pendant", "re: après"], heard
            assert sorted(words for words in heard if words.startswith("did: ")) == ["did: après", "did: avant", "did: pendant"], heard
        assert set(rig.inbox_states()) <= {"done"}
