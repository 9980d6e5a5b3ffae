"""A backup is taken while people talk, ask to be forgotten, and processes are killed; then the disk is lost, and it is brought back."""

from __future__ import annotations

import json
import random
import shutil
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import select

from bot.clock import now
from bot.services import erasure
from bot.store.base import metadata
from bot.store.models import InboxUpdate, OutboxMessage, Person
from tests.dialogues.product import until
from tests.postgres import PostgresServer
from tests.torture.rig import FINAL, Rig, dose, report, running, seeded
from tests.worlds import volunteer

CANARY = "Kanari"


@pytest.fixture(params=["sqlite", "postgres"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The database that is lost, and an empty one."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/tadamon.db", f"sqlite:///{tmp_path}/new/tadamon.db"
        return
    server: PostgresServer = request.getfixturevalue("breakable_postgres")
    engine = sqlalchemy.create_engine(server.url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.pool.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE new")
    yield server.url, server.url.replace("/postgres", "/new")


def talk(rig: Rig, chats: Sequence[int], words: str, over: threading.Event, chance: random.Random, said: list[int]) -> None:
    """People write until it is over, one after the other; a gateway that was just killed changes nothing for them."""
    number = 0
    while not over.wait(0.02):
        number += 1
        said.append(rig.write(chance.choice(chats), f"{words} {number}"))


def forget(rig: Rig, chats: Sequence[int]) -> None:
    """Ask to be forgotten, and wait for it."""
    with rig.database.write() as session:
        for chat_id in chats:
            erasure.wish(session, chat_id, "fr", now())
    until("everybody to be forgotten", lambda: not set(known(rig)) & set(chats))


def known(rig: Rig) -> list[int]:
    with rig.database.read() as session:
        return list(session.execute(select(Person.chat_id)).scalars())


def test_a_backup_under_load_is_brought_back_without_those_who_left(tmp_path: Path, urls: tuple[str, str]) -> None:
    chance = seeded("backup")
    lost, new = urls
    count = dose(12, 60)
    staying, before, after = (range(start, start + count) for start in (9000, 9200, 9400))
    record, backups = tmp_path / "record", tmp_path / "backups"
    old, said = tmp_path / "old", list[int]()
    old.mkdir()
    names = ("sandbox", "rasa", "gateway", "worker")
    settings = {"SENDS_PER_SECOND": "1000", "ERASED_DIR": str(record), "QUIET_HOURS": "off"}
    rig = Rig(old, *names, DATABASE_URL=lost, **settings)
    rig.meet([*staying, *before, *after])
    with running(rig):
        with rig.database.write() as session:
            for chat_id in (*before, *after):
                volunteer(session, chat_id, CANARY)
            for chat_id in staying:
                volunteer(session, chat_id, "Salma")
        for chat_id in (*before, *after):
            rig.write(chat_id, f"ana {CANARY}")
        forget(rig, before)
        over = threading.Event()
        talking = threading.Thread(target=talk, args=(rig, staying, "salam", over, random.Random(chance.random()), said))
        talking.start()
        try:
            until("people to talk", lambda: len(said) > 20)
            taking = threading.Thread(target=lambda: rig.command("backup", str(backups)))
            taking.start()
            # The second half of those who leave may leave while it is taken; whatever comes of that, they are absent in the end.
            forget(rig, after[: count // 2])
            for name in ("worker", "gateway"):
                rig.kill(name)
            taking.join()
            until("people to talk on", lambda: len(said) > 60)
        finally:
            over.set()
            talking.join()
        forget(rig, after[count // 2 :])
    [made] = backups.iterdir()

    again = tmp_path / "again"
    again.mkdir()
    shutil.copy(old / "sandbox.db", again)
    rig = Rig(again, *names, DATABASE_URL=new, **settings)
    told = rig.command("restore", str(made))
    for chat_id in (*before, *after):
        assert chat_id not in known(rig)
    everything = json.dumps(rows(rig), ensure_ascii=False)
    assert CANARY not in everything, "somebody who was forgotten is back"
    assert set(staying) <= set(known(rig))
    with running(rig):
        rig.until_quiet()
        with rig.database.read() as session:
            updates = dict(session.execute(select(InboxUpdate.update_id, InboxUpdate.state)).all())
            sent = session.execute(select(OutboxMessage.origin, OutboxMessage.state, OutboxMessage.body)).all()
        mine = [update_id for update_id in said if update_id in updates]
        assert {updates[update_id] for update_id in mine} <= {"done"}, "every update that is there is answered"
        assert {state for _, state, _ in sent} <= set(FINAL)
        answers = Counter(origin for origin, _, _ in sent)
        assert {answers[f"update:{update_id}"] for update_id in mine} == {1}, "once"
        effects = Counter(body.get("text") for _, _, body in sent if str(body.get("text", "")).startswith("did: salam"))
        assert effects and set(effects.values()) == {1}, "and with one effect"
        rig.write(staying[0], "labas")
        until("the dialogue to go on", lambda: "re: labas" in rig.heard(staying[0]))
    report(f"backup of {len(mine)} of {len(said)} updates under load, {len(before) + len(after)} people forgotten: {told.splitlines()[-2]}")


def rows(rig: Rig) -> list[object]:
    with rig.database.read() as session:
        return [(table.name, [repr(row) for row in session.execute(select(table)).all()]) for table in metadata.sorted_tables]
