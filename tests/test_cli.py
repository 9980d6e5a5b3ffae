"""The command line: what each operation does to the database, and how it fails: one line on stderr and exit code 1."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from bot import cli, clock
from bot.certificates import numbers
from bot.cli import app
from bot.services import aid, applications, care, surroundings
from bot.services.aid import Wanted
from bot.services.profiles import Speaker
from bot.services.surroundings import ModelFile
from bot.settings import NO_MODEL, PROJECT, SETTINGS, settings
from bot.store import migrate
from bot.store.engine import Database
from bot.store.engine import database as own_database
from bot.store.models import Application, AuditEntry, Certificate, Digest, Mission, Organisation, OutboxMessage, Person
from tests import worlds
from tests.worlds import AMINA, NOW, OWNER, count, local, organisation, outbox_rows, small_world, volunteer

SEED = """
people:
  - {key: amina, first_name: Amina, telegram_id: 7000000501, place: Aïn-Chock, causes: [education], days: [sat], register: fr}
  - {key: karim, first_name: Karim, telegram_id: 7000000901, register: fr}
organisations:
  - name: Jossour
    place: Maârif
    causes: [education]
    members: [karim]
    missions:
      - {key: lessons, title: Soutien scolaire, days: [sat], capacity: 5}
applications:
  - {person: amina, mission: lessons}
"""


@pytest.fixture(autouse=True)
def _clock_put_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield
    monkeypatch.delenv("CLOCK_START", raising=False)
    clock.start()


@pytest.fixture(autouse=True)
def _model_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is trained before these tests run."""
    path = tmp_path / "model.tar.gz"
    path.write_bytes(b"model")
    monkeypatch.setattr(surroundings, "model_file", lambda: ModelFile("c7a983f4f5ad", None))
    monkeypatch.setattr(cli, "MODEL", path)


@pytest.fixture
def seed_file(tmp_path: Path) -> Path:
    path = tmp_path / "seed.yml"
    path.write_text(SEED, encoding="utf-8")
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def as_process(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", *arguments]
    return subprocess.run(command, cwd=PROJECT, env={**os.environ, **changes}, capture_output=True, text=True, timeout=60)


PROCESSES = ["gateway", "worker", "web"]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The processes that would have begun their work."""
    begun: list[str] = []
    for name in PROCESSES:
        monkeypatch.setattr(f"bot.app.run_{name}", lambda _settings, name=name: begun.append(name))
    return begun


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_starts_on_the_schema_of_its_version(database: Database, started: list[str], name: str) -> None:
    result = run(name)
    assert (result.exit_code, result.stderr, started) == (0, "", [name])


@pytest.mark.parametrize(("revision", "says"), [("0001", "older than this version"), ("9999", "newer than this version")])
@pytest.mark.parametrize("name", [*PROCESSES, "seed"])
def test_no_process_starts_on_another_schema(database: Database, started: list[str], name: str, revision: str, says: str) -> None:
    with database.engine.execution_options(tadamon_write=True).begin() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
    result = run(name, *(["x.yml"] if name == "seed" else []))
    assert (result.exit_code, started, len(result.stderr.splitlines())) == (1, [], 1)
    assert says in result.stderr


def test_a_newer_schema_is_not_migrated(database: Database) -> None:
    with database.engine.execution_options(tadamon_write=True).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    result = run("migrate")
    assert result.exit_code == 1 and "newer than this version" in result.stderr and len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", PROCESSES)
def test_a_missing_model_is_said_by_who_can_work_without(
    database: Database, started: list[str], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "MODEL", tmp_path / "none.tar.gz")
    result = run(name)
    assert (result.exit_code, result.stderr.splitlines(), started) == (0, [NO_MODEL], [name])
    monkeypatch.setenv("RASA_URL", "http://rasa:5005")
    settings.cache_clear()
    assert run(name).stderr == "", "a Rasa elsewhere has its own"


def test_rasa_ends_without_a_model_before_it_loads_anything(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nlu.serve", "run", "-m", str(tmp_path / "none.tar.gz")]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr.splitlines()) == (1, "", [NO_MODEL])


@pytest.mark.parametrize("module", ["nlu.serve", "actions.serve"])
def test_a_wrong_setting_is_one_line_of_rasas_servers_too(module: str) -> None:
    command = [sys.executable, "-m", module, "run"]
    ended = subprocess.run(command, cwd=PROJECT, env={**os.environ, "WEB_PORT": "eighty"}, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr.splitlines()) == (1, ["WEB_PORT must be a port, 1 to 65535."])


def test_the_action_server_starts_on_no_other_schema(tmp_path: Path) -> None:
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/empty.db"}
    ended = subprocess.run(
        [sys.executable, "-m", "actions.serve"], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout, len(ended.stderr.splitlines())) == (1, "", 1)
    assert "older than this version" in ended.stderr


def test_a_database_that_is_away_is_one_line_and_no_secret(tmp_path: Path) -> None:
    for command in (["doctor"], ["migrate"], ["seed", "x.yml"]):
        ended = as_process(*command, DATABASE_URL="postgresql://tadamon:hidden-word@127.0.0.1:1/tadamon")
        assert ended.returncode == 1
        told = ended.stdout + ended.stderr
        assert "cannot be reached" in told and "hidden-word" not in told and "Traceback" not in told


@pytest.mark.parametrize("url", ["mysql://db/t", "postgresql://tadamon:a/b@localhost/t", "postgresql://tadamon@localhost:many/t"])
def test_a_wrong_database_url_is_one_line(monkeypatch: pytest.MonkeyPatch, started: list[str], url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    settings.cache_clear()
    result = run("worker")
    assert (result.exit_code, started, len(result.stderr.splitlines())) == (1, [], 1)
    assert result.stderr.startswith("DATABASE_URL ") and url not in result.stderr


@pytest.mark.parametrize("command", [["doctor"], ["gateway"], ["seed", "x.yml"], ["staff", "validate", "1"]])
def test_a_wrong_setting_is_one_line_on_stderr(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    monkeypatch.setenv("WEB_PORT", "eighty")
    settings.cache_clear()
    result = run(*command)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == ["WEB_PORT must be a port, 1 to 65535."]


def test_a_secret_set_twice_is_one_line_on_stderr_of_the_process(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("123:abc", encoding="utf-8")
    ended = as_process("doctor", TELEGRAM_TOKEN="123:abc", TELEGRAM_TOKEN_FILE=str(secret))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines() == ["TELEGRAM_TOKEN and TELEGRAM_TOKEN_FILE are both set: keep one."]


def test_settings_lists_every_setting_even_when_one_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_PORT", "eighty")
    settings.cache_clear()
    result = run("settings")
    assert result.exit_code == 0
    assert [line.split(" ")[0] for line in result.stdout.splitlines()] == [setting.name for setting in SETTINGS]


@pytest.mark.parametrize("arguments", [("rasa",), ("actions",), ("run",), ("retrain", "1")])
def test_what_needs_rasa_says_in_one_line_that_it_is_not_there(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("RASA_PYTHON", str(tmp_path / "python"))
    settings.cache_clear()
    result = run(*arguments)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert result.stderr.startswith("Rasa is not installed for ") and "RASA_PYTHON" in result.stderr


def test_two_processes_that_migrate_at_once_both_succeed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/tadamon.db"
    command = [sys.executable, "-m", "bot", "migrate"]
    pair = [
        subprocess.Popen(command, cwd=PROJECT, env={**os.environ, "DATABASE_URL": url}, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    told = [process.communicate(timeout=60)[0].strip() for process in pair]
    assert [process.returncode for process in pair] == [0, 0]
    assert told == [f"database at {migrate.newest_revision()}"] * 2


def test_the_database_url_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "url"
    secret.write_text(f"sqlite:///{tmp_path}/elsewhere.db\n", encoding="utf-8")
    monkeypatch.setenv("DATABASE_URL_FILE", str(secret))
    own_database.cache_clear()
    assert run("migrate").exit_code == 0
    own_database().close()
    own_database.cache_clear()
    assert (tmp_path / "elsewhere.db").exists()


def test_seed_tells_what_it_made_and_makes_nothing_twice(database: Database, seed_file: Path) -> None:
    first, second = run("seed", str(seed_file)), run("seed", str(seed_file))
    assert first.stdout.strip() == "2 people, 1 organisations, 1 missions, 1 applications"
    assert second.stdout.strip() == "0 people, 0 organisations, 0 missions, 0 applications"
    assert [count(database, model) for model in (Person, Organisation, Mission)] == [2, 1, 1]


def test_a_bad_seed_is_one_line_and_keeps_nothing(database: Database, seed_file: Path) -> None:
    seed_file.write_text(SEED.replace("place: Maârif", "place: Atlantis"), encoding="utf-8")
    result = run("seed", str(seed_file))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == ["place Atlantis is not known"]
    assert count(database, Person) == 0


def test_digest_sends_one_list_a_person_and_none_the_second_time(database: Database) -> None:
    small_world(database)
    at = "2026-12-01T10:00:00+00:00"
    assert run("digest", "--at", at).stdout.strip() == "2 queued, 0 with nothing to send"
    assert run("digest", "--at", at).stdout.strip() == "0 queued, 0 with nothing to send"
    lists = [row for row in outbox_rows(database) if row.kind == "digest"]
    assert len(lists) == count(database, Digest) == 2
    assert all(row.solicited for row in lists)


def test_digest_reads_an_instant_without_offset_as_legal_time(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    # Due at ten o'clock legal time, which was nine o'clock UTC in that summer.
    monkeypatch.setattr(worlds, "NOW", local(2026, 7, 21, 10))
    small_world(database)
    assert run("digest", "--at", "2026-07-28T09:59:59").stdout.startswith("0 queued")
    assert run("digest", "--at", "2026-07-28T10:00:00").stdout.startswith("2 queued")


def test_digest_sends_nothing_in_the_quiet_hours(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    small_world(database)
    monkeypatch.setenv("QUIET_HOURS", "20-9")
    settings.cache_clear()
    assert run("digest", "--at", "2026-12-01T20:00:00").stdout.strip() == "quiet hours: nothing is due"
    assert count(database, OutboxMessage) == 0


def test_digest_refuses_what_is_no_instant(database: Database) -> None:
    result = run("digest", "--at", "friday")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "--at" in result.stderr


def test_aid_asks_the_next_people_as_at_an_instant(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.write() as session:
        for number in range(5):
            volunteer(session, 711 + number, f"V{number}")
        aid.ask(session, Speaker(701, "Halima", "fr"), Wanted("des courses", "Aïn-Chock", "now"), NOW, None)
    assert run("aid", "--at", "2026-11-24T10:09:59").stdout.strip() == "0 asked to help, 0 told how it stands, 0 closed"
    assert run("aid", "--at", "2026-11-24T10:10:00").stdout.strip() == "2 asked to help, 0 told how it stands, 0 closed"
    assert run("aid", "--at", "2026-11-24T10:10:00").stdout.startswith("0 asked")
    monkeypatch.setenv("QUIET_HOURS", "20-9")
    settings.cache_clear()
    assert run("aid", "--at", "2026-11-24T22:00:00").stdout.strip() == "0 asked to help, 0 told how it stands, 0 closed"
    assert run("aid", "--at", "2026-11-25T09:00:00").stdout.strip() == "0 asked to help, 1 told how it stands, 0 closed"


def test_aid_refuses_what_is_no_instant(database: Database) -> None:
    result = run("aid", "--at", "friday")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)


def test_doctor_counts_rows_by_state(database: Database, seed_file: Path) -> None:
    run("seed", str(seed_file))
    run("digest", "--at", "2026-12-01T10:00:00")
    result = run("doctor", "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert report["healthy"] is True
    assert report["migrations"] == {"at": migrate.newest_revision(), "wanted": migrate.newest_revision()}
    assert report["open_applications"] == report["rows"]["applications"]["pending"] == 1
    assert report["rows"]["missions"] == {"published": 1}
    # Amina applied to the only mission: she hears of the organisation, and the organisation that nobody fits.
    assert report["rows"]["digests"] == {"queued": 1, "empty": 1}
    assert report["rows"]["outbox"] == {"queued": 3}
    assert report["rows"]["shards"] == {"done": 1}
    assert (report["last_digest_run"]["queued"], report["last_digest_run"]["empty"]) == (1, 1)
    assert set(report["duplicates"].values()) == {0}
    assert report["volunteers"] == 1
    assert report["people"] == 2
    assert set(report["versions"]) == {"tadamon", "python", "tzdata"}
    assert {check["name"]: check["state"] for check in report["checks"]}["database"] == "ok"


def test_doctor_says_a_line_for_each_thing(database: Database) -> None:
    lines = run("doctor").stdout.splitlines()
    assert lines[0] == "ok    database: there, and can be written"
    assert any(line.startswith("look  rasa: away") for line in lines)
    assert "healthy: True" in lines


def test_doctor_fails_where_migrations_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    own_database.cache_clear()
    result = run("doctor", "--json")
    own_database().close()
    own_database.cache_clear()
    assert result.exit_code == 1
    assert json.loads(result.stdout)["healthy"] is False
    assert json.loads(result.stdout)["migrations"]["at"] is None


def test_staff_validate_shows_the_missions_of_an_organisation(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGANISATION_VALIDATION", "staff")
    settings.cache_clear()
    with database.write() as session:
        made = organisation(session, validated=False)
        number, state = made.id, made.state
    result = run("staff", "validate", str(number))
    assert (state, result.stdout.strip()) == ("pending", "Jossour is validated")
    with database.read() as session:
        assert session.get(Organisation, number).state == "validated"


def test_staff_validate_names_what_is_not_there(database: Database) -> None:
    result = run("staff", "validate", "77")
    assert (result.exit_code, result.stderr.splitlines()) == (1, ["There is no organisation 77."])


def test_clock_start_governs_what_is_seeded(database: Database, seed_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOCK_START", "2026-07-06T12:00:00")
    settings.cache_clear()
    run("seed", str(seed_file))
    with database.read() as session:
        person = session.query(Person).filter_by(chat_id=AMINA).one()
    assert timedelta(0) <= person.created_at - local(2026, 7, 6, 12) < timedelta(seconds=30)


def test_link_prints_the_link_and_draws_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def named(_settings: object) -> str:
        return "tadamon_bot"

    monkeypatch.setattr("bot.telegram.links.username", named)
    for name, beginning in (("qr.png", b"\x89PNG"), ("qr.svg", b"<?xml")):
        done = run("link", "m_12", "--qr", str(tmp_path / name))
        assert (done.exit_code, done.stdout) == (0, "https://t.me/tadamon_bot?start=m_12\n")
        assert (tmp_path / name).read_bytes().startswith(beginning)


@pytest.mark.parametrize("arguments", [["m_0"], ["12"], ["m_12", "--qr", "qr.gif"], ["m_12", "--qr", "/nowhere/qr.png"]], ids=str)
def test_link_says_in_a_line_what_is_wrong(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    async def named(_settings: object) -> str:
        return "tadamon_bot"

    monkeypatch.setattr("bot.telegram.links.username", named)
    failed = run("link", *arguments)
    assert failed.exit_code == 1 and not failed.stdout and failed.stderr.count("\n") == 1


def test_link_needs_a_telegram_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BASE_URL", "http://127.0.0.1:1/bot")
    monkeypatch.setenv("SANDBOX_PORT", "1")
    settings.cache_clear()
    failed = run("link", "m_12")
    assert failed.exit_code == 1 and "Telegram cannot be asked" in failed.stderr


def test_staff_handoffs_lists_who_waits_without_a_text(database: Database) -> None:
    with database.write() as session:
        care.hand_over(session, AMINA, "report", NOW)
        care.write_to_team(session, AMINA, "report", "un secret", None, NOW)
    listed = run("staff", "handoffs")
    assert listed.stdout == "1 waiting since 2026-11-24 10:00 (report)\n"
    assert run("staff", "close-handoff", "1").stdout == "1 is closed\n"
    assert run("staff", "handoffs").stdout == ""
    again = run("staff", "close-handoff", "1")
    assert (again.exit_code, again.stderr) == (1, "There is no open conversation 1.\n")


def test_staff_messages_shows_what_was_written_until_it_is_closed(database: Database) -> None:
    with database.write() as session:
        care.write_to_team(session, AMINA, "report", "ils demandent 200 dh", None, NOW)
    assert run("staff", "messages").stdout == "1 report since 2026-11-24 10:00\nils demandent 200 dh\n\n"
    assert run("staff", "close-message", "1").exit_code == 0
    assert run("staff", "messages").stdout == ""
    assert run("staff", "close-message", "1").stderr == "There is no open message 1.\n"


def test_staff_revokes_a_certificate_once(database: Database) -> None:
    made = small_world(database)
    with database.write() as session:
        applications.apply(session, AMINA, made.mission_id, NOW)
        application = session.execute(select(Application)).scalar_one()
        number = numbers.new(2026)
        facts = {"name": "Amina", "organisation": "Jossour", "mission": "Soutien", "minutes": 60, "register": "fr"}
        session.add(
            Certificate(
                number=number,
                person_id=application.person_id,
                application_id=application.id,
                first_on=NOW.date(),
                last_on=NOW.date(),
                issued_at=NOW,
                confirmed_by="organisation",
                **facts,
            )
        )
    shown = numbers.shown(number)
    assert run("staff", "revoke-certificate", shown, "--reason", "erreur").stdout == f"{shown} is revoked\n"
    assert run("staff", "revoke-certificate", shown, "--reason", "erreur").stderr == f"{shown} was revoked before.\n"
    assert run("staff", "revoke-certificate", "x", "--reason", "erreur").stderr == "There is no certificate x.\n"
    with database.read() as session:
        [entry] = session.execute(select(AuditEntry)).scalars()
        assert (entry.action, entry.subject_id, entry.detail) == ("certificate_revoked", shown, {"reason": "erreur"})


def test_what_staff_do_by_hand_is_told_and_written_down_as_in_the_console(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGANISATION_VALIDATION", "staff")
    settings.cache_clear()
    with database.write() as session:
        number = organisation(session, validated=False).id
        care.write_to_team(session, AMINA, "report", "ils demandent 200 dh", None, NOW)
        care.hand_over(session, AMINA, "report", NOW)
    assert [run("staff", "validate", str(number)).exit_code for _ in range(2)] == [0, 0], "validated is validated"
    assert run("staff", "close-message", "1", "--closing", "maybe").exit_code == 1
    assert run("staff", "close-message", "1", "--closing", "acted").exit_code == 0
    with database.read() as session:
        log = [
            (row.action, row.subject_kind, row.account_id) for row in session.execute(select(AuditEntry).order_by(AuditEntry.id)).scalars()
        ]
    assert log == [("organisation_validated", "organisation", None), ("message_closed", "message", None)]
    assert [row.chat_id for row in outbox_rows(database)] == [OWNER, AMINA]
    with database.write() as session:
        session.get(Organisation, number).state = "draft"
    assert "there is nothing to validate" in run("staff", "validate", str(number)).stderr
