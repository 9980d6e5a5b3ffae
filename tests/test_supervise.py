"""The supervisor: which processes run, with which environment, and when the model is trained anew."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import sys
from pathlib import Path

import pytest

from bot import supervise
from bot.settings import PROJECT, Settings, read
from bot.store.engine import Database
from bot.texts import catalogue

TOKEN = "123456:ABC-def"


def settings_of(tmp_path: Path, **environment: str) -> Settings:
    return read({"VAR_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/t.db", **environment})


def programs(found: Settings) -> dict[str, configparser.SectionProxy]:
    """The processes of the configuration, read as supervisord reads it."""
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.read_string(supervise.supervisor_configuration(found))
    assert parser["supervisord"]["nodaemon"] == "true"
    return {section.removeprefix("program:"): parser[section] for section in parser.sections() if section.startswith("program:")}


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project of which a model could be made."""
    for name in ("config.yml", "domain.yml", "data/nlu/fr/faq.yml", "data/rules/rhythm.yml", "nlu/intent.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a", encoding="utf-8")
    monkeypatch.setattr(supervise, "PROJECT", tmp_path)
    monkeypatch.setattr(supervise, "CODE", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["config.yml", "domain.yml", "data/nlu/fr/faq.yml", "data/rules/rhythm.yml", "nlu/intent.py"])
def test_a_changed_input_asks_for_a_new_model(inputs: Path, name: str) -> None:
    before = supervise.model_fingerprint()
    assert supervise.model_fingerprint() == before
    (inputs / name).write_text("b", encoding="utf-8")
    assert supervise.model_fingerprint() != before


@pytest.mark.parametrize(("key", "asks"), [("utter_thank", True), ("greet", False)])
def test_only_what_rasa_says_by_itself_is_part_of_the_model(monkeypatch: pytest.MonkeyPatch, key: str, asks: bool) -> None:
    before = supervise.model_fingerprint()
    monkeypatch.setattr(supervise, "catalogue", lambda register: {**catalogue(register), key: "Autrement"})
    assert (supervise.model_fingerprint() != before) is asks


def test_a_new_or_renamed_input_asks_for_a_new_model(inputs: Path) -> None:
    before = supervise.model_fingerprint()
    (inputs / "data/nlu/ar").mkdir()
    (inputs / "data/nlu/ar/faq.yml").write_text("a", encoding="utf-8")
    added = supervise.model_fingerprint()
    (inputs / "data/nlu/ar/faq.yml").rename(inputs / "data/nlu/ar/talk.yml")
    assert len({before, added, supervise.model_fingerprint()}) == 3


def test_what_is_no_input_asks_for_none(inputs: Path) -> None:
    before = supervise.model_fingerprint()
    (inputs / "README.md").write_text("x", encoding="utf-8")
    (inputs / "data" / "seed").mkdir()
    (inputs / "data" / "seed" / "sandbox.yml").write_text("x", encoding="utf-8")
    assert supervise.model_fingerprint() == before


def test_every_kind_of_input_exists_in_the_project() -> None:
    patterns = (*supervise._MODEL_INPUTS, *supervise._MODEL_CODE)
    missing = [pattern for pattern in patterns if not list(PROJECT.glob(pattern)) and "stories" not in pattern]
    assert not missing


def test_a_model_of_the_same_inputs_is_kept(inputs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = tmp_path / "models" / "tadamon.tar.gz"
    model.parent.mkdir()
    model.write_bytes(b"model")
    monkeypatch.setattr(supervise, "MODEL", model)
    monkeypatch.setattr(supervise, "need_rasa", lambda _: None)
    model.with_suffix(".inputs").write_text(supervise.model_fingerprint(), encoding="utf-8")

    def no_training(*_: object, **__: object) -> None:
        raise AssertionError("trained")

    monkeypatch.setattr(supervise.subprocess, "Popen", no_training)
    supervise.train_if_changed(settings_of(tmp_path))
    (inputs / "config.yml").write_text("b", encoding="utf-8")
    with pytest.raises(AssertionError, match="trained"):
        supervise.train_if_changed(settings_of(tmp_path))


def test_nothing_is_trained_or_run_among_the_installed_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "PROJECT", supervise.PACKED)
    monkeypatch.setattr(supervise, "need_rasa", lambda _: None)
    found = settings_of(tmp_path / "var")
    for begin in (supervise.start, supervise.train_if_changed, lambda found: supervise.become(found, "rasa")):
        with pytest.raises(supervise.Unprepared, match="There is no project here"):
            begin(found)
    assert not (tmp_path / "var").exists()


def test_without_a_token_the_sandbox_runs_too(tmp_path: Path) -> None:
    assert set(programs(settings_of(tmp_path))) == {"sandbox", "actions", "rasa", "web", "worker", "gateway"}


def test_with_a_token_no_sandbox_runs(tmp_path: Path) -> None:
    assert set(programs(settings_of(tmp_path, TELEGRAM_TOKEN=TOKEN))) == {"actions", "rasa", "web", "worker", "gateway"}


def test_every_process_is_restarted_and_ended_with_its_children(tmp_path: Path) -> None:
    for name, program in programs(settings_of(tmp_path)).items():
        assert program["autorestart"] == program["stopasgroup"] == program["killasgroup"] == "true", name
        assert program["directory"] == str(PROJECT)


def test_command_lines_survive_a_folder_with_spaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "PROJECT", tmp_path / "My 100% project")
    monkeypatch.setattr(supervise, "MODEL", tmp_path / "My 100% project" / "models" / "tadamon.tar.gz")
    found = settings_of(tmp_path)
    for name, program in programs(found).items():
        # supervisord expands %-formats, then parts the line as a shell would.
        assert shlex.split(program["command"].replace("%%", "%")) == supervise.commands(found)[name]


def test_rasa_and_the_action_server_run_in_the_python_that_is_named_the_others_in_this_one(tmp_path: Path) -> None:
    old = str(tmp_path / "old" / "bin" / "python")
    commands = supervise.commands(settings_of(tmp_path, RASA_PYTHON=old))
    assert {name for name, command in commands.items() if command[0] == old} == {"rasa", "actions"}
    assert {command[0] for command in commands.values()} == {old, sys.executable}


def test_nothing_begins_where_that_python_has_no_rasa(tmp_path: Path) -> None:
    found = settings_of(tmp_path / "var", RASA_PYTHON=str(tmp_path / "python"))
    for begin in (supervise.start, lambda found: supervise.become(found, "rasa")):
        with pytest.raises(supervise.Unprepared, match=re.escape(f"Rasa is not installed for {tmp_path / 'python'}")):
            begin(found)
    assert list(tmp_path.iterdir()) == []


def test_ports_are_those_of_the_settings(tmp_path: Path) -> None:
    found = settings_of(tmp_path, RASA_PORT="6005", ACTIONS_PORT="6055")
    assert re.search(r"-p 6005\b", programs(found)["rasa"]["command"])
    assert re.search(r"-p 6055\b", programs(found)["actions"]["command"])
    assert supervise.environment(found)["ACTIONS_WEBHOOK"] == "http://127.0.0.1:6055/webhook"


def test_what_acts_for_anybody_listens_on_loopback_only(tmp_path: Path) -> None:
    found = settings_of(tmp_path)
    assert "-i 127.0.0.1" in programs(found)["rasa"]["command"]
    assert supervise.environment(found)["SANIC_HOST"] == "127.0.0.1"


LISTENING = {
    "rasa": lambda found, command, environment: command[command.index("-i") + 1],
    "actions": lambda found, command, environment: environment["SANIC_HOST"],
    "web": lambda found, command, environment: found.web_host,
    "gateway": lambda found, command, environment: found.webhook_host,
    "sandbox": lambda found, command, environment: "127.0.0.1",  # its own tests see that it refuses any other
    "worker": lambda found, command, environment: "127.0.0.1",  # listens nowhere
}


def test_every_process_listens_on_loopback_unless_the_operator_says_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANIC_HOST", "0.0.0.0")
    found = settings_of(tmp_path)
    commands, environment = supervise.commands(found), supervise.environment(found)
    assert set(commands) == set(LISTENING), "a new process: say where it listens"
    for name, command in commands.items():
        assert LISTENING[name](found, command, environment) == "127.0.0.1", name
        assert "0.0.0.0" not in command


def test_opening_the_web_page_to_others_opens_nothing_else(tmp_path: Path) -> None:
    found = settings_of(tmp_path, WEB_HOST="0.0.0.0", WEBHOOK_HOST="0.0.0.0")
    commands, environment = supervise.commands(found), supervise.environment(found)
    for name in ("rasa", "actions", "sandbox"):
        assert LISTENING[name](found, commands[name], environment) == "127.0.0.1"
    assert "127.0.0.1" in environment["ACTIONS_WEBHOOK"] and "127.0.0.1" in found.rasa_urls[0]


def test_what_a_run_writes_is_read_by_its_own_account_alone(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[object] = []
    monkeypatch.setattr(supervise, "need_rasa", lambda _: None)
    monkeypatch.setattr(supervise, "_stage", lambda *_: None)
    monkeypatch.setattr(supervise, "train_if_changed", lambda _: None)
    monkeypatch.setattr(supervise.os, "execve", lambda *given: started.append(given))
    before = os.umask(0o022)
    try:
        supervise.start(settings_of(tmp_path / "var"))
        assert os.umask(0o022) == 0o077
    finally:
        os.umask(before)
    assert started
    assert (tmp_path / "var").stat().st_mode & 0o077 == 0
    assert (tmp_path / "var" / "supervisord.conf").stat().st_mode & 0o077 == 0


def test_no_secret_stands_in_the_configuration(tmp_path: Path) -> None:
    found = settings_of(tmp_path, TELEGRAM_TOKEN=TOKEN, TRACKER_DATABASE_URL="postgresql://bot:hidden@db/tracker")
    configuration = supervise.supervisor_configuration(found)
    assert TOKEN not in configuration and "hidden" not in configuration


def test_the_tracker_goes_where_the_settings_say(tmp_path: Path) -> None:
    assert supervise.environment(settings_of(tmp_path))["TRACKER_DATABASE_URL"] == f"sqlite:///{tmp_path}/t-tracker.db"


def test_several_rasa_servers_keep_their_locks_in_redis() -> None:
    found = read({"REDIS_URL": "redis://:p%40ss@10.0.0.7:6380/2", "RASA_HOST": "10.0.0.5", "ACTIONS_URL": "http://actions:5055"})
    told = supervise.environment(found)
    assert [told[f"REDIS_{name}"] for name in ("HOST", "PORT", "DB", "PASSWORD")] == ["10.0.0.7", "6380", "2", "p@ss"]
    assert told["ACTIONS_WEBHOOK"] == "http://actions:5055/webhook"
    line = supervise.commands(found)["rasa"]
    assert line[line.index("-i") + 1] == "10.0.0.5" and line[-1].endswith("nlu/endpoints-redis.yml")
    alone = supervise.commands(read({}))["rasa"]
    assert alone[alone.index("-i") + 1] == "127.0.0.1" and alone[-1].endswith("nlu/endpoints.yml")
    assert "REDIS_HOST" not in supervise.environment(read({}))
