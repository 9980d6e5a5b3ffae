"""Backups: made while others write, whole or not at all, and brought back without those who were erased since; on both databases."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest
import sqlalchemy
from sqlalchemy import select
from typer.testing import CliRunner

from bot import backup, clock
from bot.cli import app
from bot.messages import inbox, outbox
from bot.messages.outbox import Draft
from bot.services import erased, erasure, readiness, staff_accounts, staff_sessions, transcripts
from bot.settings import Settings, read, settings
from bot.store import migrate
from bot.store.backup import BackupError
from bot.store.base import metadata
from bot.store.engine import Database
from bot.store.models import Erasure, InboxUpdate, Person, StaffSession
from bot.store.tracker import Tracker
from tests.services.tracker_file import Events
from tests.worlds import AMINA, BRAHIM, NOW, OWNER, SALMA, count, outbox_rows, small_world, volunteer
from tests.worlds import store as store

SOON = NOW + timedelta(minutes=3)


@pytest.fixture
def events(store: Database, tmp_path: Path) -> Events:
    return Events(store, tmp_path)


@pytest.fixture
def found(store: Database, events: Events, tmp_path: Path) -> Settings:
    """The settings of the product whose backup is made."""
    return read({"DATABASE_URL": store.url, "TRACKER_DATABASE_URL": events.url, "VAR_DIR": str(tmp_path / "var")})


@pytest.fixture
def elsewhere(found: Settings, tmp_path: Path) -> Iterator[Settings]:
    """The settings of where it is brought back: nothing is there yet."""
    if found.database_url.startswith("sqlite"):
        folder = tmp_path / "elsewhere"
        yield replace(found, database_url=f"sqlite:///{folder}/ours.db", tracker_database_url=f"sqlite:///{folder}/tracker.db")
        return
    with as_postgres(found.database_url) as run:
        run("DROP DATABASE IF EXISTS elsewhere")
        run("CREATE DATABASE elsewhere")
    url = found.database_url.replace("/postgres", "/elsewhere")
    yield replace(found, database_url=url, tracker_database_url=url)


class as_postgres:  # noqa: N801
    """Statements that no transaction may hold."""

    def __init__(self, url: str) -> None:
        self._engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.pool.NullPool)

    def __enter__(self) -> Callable[[str], object]:
        self._connection = self._engine.connect()
        return self._connection.exec_driver_sql

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def killed(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def make(found: Settings, folder: Path, keep: int | None = None) -> Path:
    return backup.make(found, migrate.newest_revision(), folder, keep)


def bring_back(elsewhere: Settings, made: Path, *records: Path) -> backup.Restored:
    return backup.bring_back(elsewhere, made, records, lambda _line: None)


def erase(store: Database, events: Events, chat_id: int, record: Path) -> None:
    with store.write() as session:
        erasure.wish(session, chat_id, "fr", NOW)
    assert erasure.run(store.write, events.tracker, SOON, record) == 1


def rows(database: Database) -> dict[str, list[str]]:
    with database.read() as session:
        return {table.name: sorted(map(repr, session.execute(select(table)).all())) for table in metadata.sorted_tables}


def test_what_is_brought_back_is_what_was_there(
    store: Database, events: Events, found: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    small_world(store)
    events.add(AMINA, "user", text="salam")
    before = rows(store)
    made = make(found, tmp_path / "backups")
    with store.write() as session:
        volunteer(session, BRAHIM, "Brahim")
    assert bring_back(elsewhere, made).erased_again == 0
    again = Database(elsewhere.database_url)
    assert rows(again) == before
    assert readiness.look(again).is_ready
    with sqlalchemy.create_engine(elsewhere.tracker_database_url, future=True).connect() as connection:
        assert "salam" in connection.exec_driver_sql("SELECT data FROM events").scalar_one()
    again.close()


def test_whoever_was_erased_since_is_absent_and_the_others_are_there(
    store: Database, events: Events, found: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    small_world(store)
    record = tmp_path / "record"
    with store.write() as session:
        volunteer(session, BRAHIM, "Kanari")
        volunteer(session, SALMA, "Salma")
        inbox.store(session, [(7, BRAHIM, {"message": {"text": "Kanari bghit"}})], NOW)
        outbox.queue(session, BRAHIM, outbox.NOTICE, "x:1", [Draft("salut Kanari")], NOW)
    for chat_id, words in ((BRAHIM, "ana Kanari"), (SALMA, "salut")):
        events.add(chat_id, "user", text=words, metadata={"first_name": words})
    transcripts.run(store.write, events.tracker)
    # Who came back after being erased is not erased a second time.
    erase(store, events, SALMA, record)
    with store.write() as session:
        volunteer(session, SALMA, "Salma")
    made = make(found, tmp_path / "backups")
    with store.write() as session:
        inbox.finish(session, 7, "done")
    erase(store, events, BRAHIM, record)

    assert bring_back(elsewhere, made, record).erased_again == 1
    again = Database(elsewhere.database_url)
    told = json.dumps(rows(again), ensure_ascii=False)
    assert "Kanari" not in told and str(BRAHIM) not in told
    with again.read() as session:
        assert set(session.execute(select(Person.chat_id)).scalars()) == {AMINA, OWNER, SALMA}
        assert session.execute(select(InboxUpdate.state).where(InboxUpdate.update_id == 7)).scalar_one() == "refused"
        assert not session.execute(select(Erasure.id).where(Erasure.done_at.is_(None))).first()
    with sqlalchemy.create_engine(elsewhere.tracker_database_url, future=True).connect() as connection:
        assert "Kanari" not in str(connection.exec_driver_sql("SELECT sender_id, data FROM events").all())
    again.close()
    if elsewhere.database_url.startswith("sqlite"):
        for path in Path(elsewhere.database_url.removeprefix("sqlite:///")).parent.iterdir():
            assert b"Kanari" not in path.read_bytes(), f"{path.name} still holds the words, deleted or not"


def test_a_wish_that_waited_is_fulfilled_then(
    store: Database, events: Events, found: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    small_world(store)
    with store.write() as session:
        erasure.wish(session, AMINA, "fr", NOW)
    made = make(found, tmp_path / "backups")
    assert bring_back(elsewhere, made).erased_again == 0
    again = Database(elsewhere.database_url)
    assert erasure.run(again.write, Tracker(elsewhere.tracker_database_url), SOON) == 1
    assert count(again, Person) == 1
    again.close()


def test_lists_are_not_sent_twice_answers_are_sent_again_and_everybody_signs_in_anew(
    store: Database, found: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    with store.write() as session:
        for kind, state in (("digest", "queued"), ("digest", "sending"), ("reply", "sending"), ("notice", "queued"), ("digest", "sent")):
            [row] = outbox.queue(session, AMINA, kind, f"{kind}:{state}", [Draft("x")], NOW)
            row.state = state
        account = staff_accounts.add(session, "salma", "a long enough phrase 9", "admin", "fr", NOW)
        session.flush()
        staff_sessions.begin(session, account.id, NOW)
    made = make(found, tmp_path / "backups")
    assert bring_back(elsewhere, made).lists_left == 2
    again = Database(elsewhere.database_url)
    assert [(row.origin, row.state) for row in outbox_rows(again)] == [
        ("digest:queued", "unknown"),
        ("digest:sending", "unknown"),
        ("reply:sending", "queued"),
        ("notice:queued", "queued"),
        ("digest:sent", "sent"),
    ]
    assert count(again, StaffSession) == 0 and count(store, StaffSession) == 1
    again.close()


def test_a_backup_is_whole_or_has_no_name(store: Database, found: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "backups"
    small_world(store)
    with monkeypatch.context() as patched:
        patched.setattr(backup, "sha_of", killed)
        with pytest.raises(KeyboardInterrupt):
            make(found, folder)
    assert [path.name.startswith(".unfinished-") for path in folder.iterdir()] == [True]
    made = make(found, folder)
    assert list(folder.iterdir()) == [made], "what was left is gone"
    assert {path.stat().st_mode & 0o077 for path in [made, *made.iterdir()] if path.name != "manifest.json"} == {0}


def test_only_so_many_are_kept(store: Database, found: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, made = tmp_path / "backups", []
    for minutes in range(4):
        monkeypatch.setattr(clock, "real_now", lambda minutes=minutes: NOW + timedelta(minutes=minutes))
        made.append(make(found, folder, keep=2))
    (folder / "not-ours").touch()
    assert sorted(folder.glob("tadamon-*")) == made[-2:]


def test_what_is_there_already_is_left_alone(store: Database, found: Settings, elsewhere: Settings, tmp_path: Path) -> None:
    made = make(found, tmp_path / "backups")
    small_world(store)
    before = rows(store)
    with pytest.raises(BackupError, match=r"is there already|not empty"):
        bring_back(found, made)
    assert rows(store) == before


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda made: next(made.glob("tadamon.*")).write_bytes(b"x"), "damaged"),
        (lambda made: next(made.glob("tadamon.*")).unlink(), "no backup"),
        (lambda made: (made / "manifest.json").write_text("[]"), "no backup"),
        (lambda made: change(made, schema="9999"), "newer"),
        (lambda made: change(made, format=2), "newer"),
        (lambda made: change(made, database="oracle"), "another kind"),
        (lambda made: change(made, made_at="2020-01-01T00:00:00+00:00"), "older than 365 days"),
    ],
)
def test_a_backup_that_is_none_brings_nothing(harm: Callable[[Path], object], said: str, database: Database, tmp_path: Path) -> None:
    found = read({"DATABASE_URL": database.url, "VAR_DIR": str(tmp_path / "var")})
    made = make(found, tmp_path / "backups")
    harm(made)
    (tmp_path / "record").mkdir()
    target = replace(found, database_url=f"sqlite:///{tmp_path}/new/ours.db", tracker_database_url=f"sqlite:///{tmp_path}/new/tracker.db")
    with pytest.raises(BackupError, match=said):
        bring_back(target, made, tmp_path / "record")
    assert not (tmp_path / "new").exists()


def change(made: Path, **values: object) -> None:
    path = made / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_without_a_record_nothing_is_brought_back_unless_that_is_said(database: Database, tmp_path: Path) -> None:
    found = read({"DATABASE_URL": database.url, "VAR_DIR": str(tmp_path / "var")})
    made = make(found, tmp_path / "backups")
    target = replace(found, database_url=f"sqlite:///{tmp_path}/new/ours.db", tracker_database_url=f"sqlite:///{tmp_path}/new/tracker.db")
    with pytest.raises(BackupError, match="--nobody-was-erased"):
        bring_back(target, made, tmp_path / "record")
    bring_back(target, made)
    assert (tmp_path / "new" / "ours.db").exists()


def test_killed_on_the_way_nothing_starts_and_it_can_be_done_again(
    store: Database, found: Settings, elsewhere: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_world(store)
    made = make(found, tmp_path / "backups")
    with monkeypatch.context() as patched:
        patched.setattr(backup, "_finish", killed)
        with pytest.raises(KeyboardInterrupt):
            bring_back(elsewhere, made)
    if store.is_sqlite:
        assert not Path(elsewhere.database_url.removeprefix("sqlite:///")).exists()
    else:
        half = Database(elsewhere.database_url)
        standing = readiness.look(half)
        assert not standing.is_ready and not standing.may_migrate and "is not whole" in (standing.obstacle or "")
        with half.engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        half.close()
    bring_back(elsewhere, made)
    again = Database(elsewhere.database_url)
    assert readiness.look(again).is_ready and count(again, Person) == 2
    again.close()


def test_the_record_names_nobody_and_goes_after_a_year(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = tmp_path / "record"
    with database.read() as session:
        key = erased.key_of(session)
        for month in (1, 2, 12):
            monkeypatch.setattr(clock, "real_now", lambda month=month: NOW.replace(year=2025, month=month))
            erased.note(record, session, AMINA)
    assert len(key) == 64
    told = "".join(path.read_text() for path in record.iterdir())
    assert str(AMINA) not in told and key not in told
    assert {path.stat().st_mode & 0o777 for path in record.iterdir()} == {0o600}
    assert erased.since(record, NOW.replace(year=2025, month=12)) == {erased.name_of(key, AMINA)}
    assert erased.since(record, NOW) == set()
    cut_off = record / "2025-12.jsonl"
    cut_off.write_text(cut_off.read_text() + '\n{"at": "2025-12-0')
    with database.read() as session:
        erased.note(record, session, BRAHIM)
    both = {erased.name_of(key, AMINA), erased.name_of(key, BRAHIM)}
    assert erased.since(record, NOW.replace(year=2025, month=12)) == both, "half a line is no line, and spoils no other"
    assert erased.forget_old(record, NOW.replace(year=2026, month=4)) == 2
    assert [path.name for path in record.iterdir()] == ["2025-12.jsonl"]


def test_nobody_is_erased_without_a_line(store: Database, events: Events, tmp_path: Path) -> None:
    small_world(store)
    (tmp_path / "record").write_text("a file where the folder should be")
    with store.write() as session:
        erasure.wish(session, AMINA, "fr", NOW)
    with pytest.raises(OSError):
        erasure.run(store.write, events.tracker, SOON, tmp_path / "record")
    assert count(store, Person) == 2
    (tmp_path / "record").unlink()
    assert erasure.run(store.write, events.tracker, SOON, tmp_path / "record") == 1
    assert count(store, Person) == 1


def test_by_the_commands(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_world(database)
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    settings.cache_clear()
    run = CliRunner()
    said = run.invoke(app, ["backup", str(tmp_path / "backups"), "--keep", "3"])
    assert said.exit_code == 0, said.output
    made = said.output.strip()
    assert Path(made).is_dir()
    said = run.invoke(app, ["restore", made, "--erased", str(tmp_path)])
    assert said.exit_code == 1 and "tadamon.db is there already" in said.output
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/new.db")
    settings.cache_clear()
    said = run.invoke(app, ["restore", made])
    assert said.exit_code == 1 and "--nobody-was-erased" in said.output
    said = run.invoke(app, ["restore", made, "--nobody-was-erased"])
    assert said.exit_code == 0 and "0 erased again" in said.output, said.output
    assert (tmp_path / "new.db").stat().st_mode & 0o077 == 0
    shutil.rmtree(made)
