"""The copy as files: in each register, of a stranger too; the contents of it, tests/services/test_erasure.py looks into."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.messages import outbox
from bot.services import applications, rights
from bot.store.engine import Database
from bot.store.tracker import Tracker
from bot.texts import REGISTERS
from tests.services.tracker_file import Events
from tests.worlds import AMINA, NOW, SALMA, outbox_rows, small_world


@pytest.mark.parametrize("register", REGISTERS)
def test_two_files_leave_once(store: Database, tmp_path: Path, register: str) -> None:
    events = Events(store, tmp_path)
    events.add(AMINA, "user", text="salam, bghit n3awen")
    events.add(AMINA, "user", text="/affirm")
    made = small_world(store)
    with store.write() as session:
        applications.apply(session, AMINA, made.mission_id, NOW, "le matin & pas plus")
        for _ in range(2):
            rights.send_copy(session, events.tracker, AMINA, register, "export:1", NOW)
    words, machine = outbox_rows(store, AMINA)
    assert (words.method, machine.method) == (outbox.DOCUMENT, outbox.DOCUMENT)
    assert (words.body["file_name"], machine.body["file_name"]) == ("tadamon-2026-11-24.txt", "tadamon-2026-11-24.json")
    readable = words.body["content"]
    for part in ("Amina", "Soutien scolaire", "Jossour", "le matin & pas plus", "salam, bghit n3awen", "2026-11-24 10:00"):
        assert part in readable, part
    assert "<" not in readable and "&amp;" not in readable and "/affirm" not in readable
    kept = json.loads(machine.body["content"])
    assert kept["offer"]["place"] == "Aïn-Chock"
    assert [row["words"] for row in kept["written"]] == ["salam, bghit n3awen"]
    assert {row["purpose"] for row in kept["consents"]} == {"profile", "application"}


@pytest.mark.parametrize("register", REGISTERS)
def test_a_stranger_gets_a_copy_too(store: Database, tmp_path: Path, register: str) -> None:
    with store.write() as session:
        rights.send_copy(session, Tracker(f"sqlite:///{tmp_path}/none.db"), SALMA, register, "export:2", NOW)
    words, machine = outbox_rows(store, SALMA)
    assert words.body["content"].strip()
    assert json.loads(machine.body["content"])["telegram_chat"] == SALMA
