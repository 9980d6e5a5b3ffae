"""The register of processing: every table is in it, its periods are those of the code, and no file of it does harm."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

import bot.store.models  # noqa: F401 - the tables
from bot.export_cli import export
from bot.messages import buttons
from bot.scheduler import jobs
from bot.services import aid_clock, bans, presence, processing, relay
from bot.services.processing import COLUMNS, WORDS, RegisterError, as_csv, as_json, as_markdown, periods, rows
from bot.store.base import metadata

ON = date(2026, 11, 27)
OF_NOBODY = {"keys", "digest_runs", "digest_shards", "leases", "training_runs", "transcript_marks"}
"""Tables in which nobody stands: runs, leases, how far something has been read."""
RASAS = {"events"}
FIGURES = periods(90, jobs.KEEP_TEXTS_DAYS, jobs.KEEP_EFFECTS_DAYS)


@pytest.fixture
def treatments() -> list[processing.Treatment]:
    return rows(WORDS, FIGURES)


def about(treatments: list[processing.Treatment], table: str) -> processing.Treatment:
    return next(one for one in treatments if table in one.tables)


def test_every_table_is_told_of_once(treatments: list[processing.Treatment]) -> None:
    named = [table for one in treatments for table in one.tables]
    assert len(named) == len(set(named))
    assert set(named) == (set(metadata.tables) - OF_NOBODY) | RASAS


def test_tables_of_nobody_name_nobody() -> None:
    for name in OF_NOBODY:
        columns = metadata.tables[name].columns
        assert not [one.name for one in columns if one.name.endswith(("chat_id", "person_id")) or one.name in ("words", "first_name")]


def test_every_row_tells_all(treatments: list[processing.Treatment]) -> None:
    assert len(treatments) > 10
    assert len({one.name for one in treatments}) == len(treatments)
    for one in treatments:
        assert all(vars(one).values())
        assert not re.search(r"[{}\n]", " ".join(value for value in vars(one).values() if isinstance(value, str)))
        assert "Telegram" in one.transfers


def test_periods_are_those_of_the_code(treatments: list[processing.Treatment]) -> None:
    kept = {name: about(treatments, name).kept for name in metadata.tables if name not in OF_NOBODY}
    assert f"{jobs.KEEP_TEXTS_DAYS} jours" in kept["outbox"]
    assert f"effets, {jobs.KEEP_EFFECTS_DAYS} jours" in kept["effects"]
    assert f"boutons, {buttons.LIFETIME_DAYS} jours" in kept["buttons"]
    assert f"{relay.KEEP_DAYS} jours" in kept["relay_messages"]
    assert f"{aid_clock.FORGET_NEED_DAYS} jours" in kept["help_requests"]
    assert f"{presence.KEEP_DAYS} jours" in kept["presence_codes"]
    assert f"{bans.KEPT.days} jours" in kept["bans"]


def test_no_period_is_written_by_hand() -> None:
    assert not re.findall(r"\d+ (?:jours?|heures?|minutes?|mois)\b", WORDS.read_text(encoding="utf-8"))


def test_every_period_is_used_and_the_setting_is_told() -> None:
    assert set(re.findall(r"\{(\w+)\}", WORDS.read_text(encoding="utf-8"))) == set(FIGURES)
    told = rows(WORDS, periods(41, 30, 7))
    assert "41 jours" in about(told, "sentences").kept
    assert "90 jours" not in about(told, "sentences").kept


def test_markdown_has_a_table_for_each_and_says_that_it_is_a_draft(treatments: list[processing.Treatment]) -> None:
    made = as_markdown([replace(treatments[0], purpose="a | b <i>"), *treatments[1:]], ON)
    assert len(re.findall(r"^## \d+\. ", made, re.MULTILINE)) == len(treatments)
    assert "Brouillon" in made and "2026-11-27" in made
    assert r"| Finalité | a \| b \<i\> |" in made
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 3 for line in made.splitlines() if line.startswith("|"))


@pytest.mark.parametrize("words", ["=1+1", "+212", "-3", "@SUM(A1)", "\tx", "\rx", "\nx"])
def test_no_spreadsheet_reckons_with_a_cell(treatments: list[processing.Treatment], words: str) -> None:
    made = as_csv([replace(treatments[0], name=words, tables=(words,))])
    [head, row] = list(csv.reader(io.StringIO(made.removeprefix("\ufeff"), newline="")))
    assert head == list(COLUMNS.values())
    assert row[0] == row[-1] == f"'{words}"
    assert row[1] == treatments[0].purpose


def test_json_is_the_same(treatments: list[processing.Treatment]) -> None:
    content = json.loads(as_json(treatments, ON))
    assert content["date"] == "2026-11-27"
    assert [one["name"] for one in content["treatments"]] == [one.name for one in treatments]
    assert set(content["treatments"][0]) == set(COLUMNS)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("treatments: [", "cannot be read"),
        ("treatments: []", "'everywhere' is missing"),
        ("[]", "must hold"),
        ("everywhere: {}\ntreatments: [{name: x, tables: []}]", "x: purpose"),
        ("everywhere: {}\ntreatments: [{name: x, colour: y}]", "colour"),
        (
            f"everywhere: {{}}\ntreatments: [{{{', '.join(f'{name}: x' for name in COLUMNS if name != 'kept')}, kept: '{{years}}'}}]",
            "years",
        ),
    ],
)
def test_what_is_wrong_with_the_words_is_one_line(tmp_path: Path, words: str, told: str) -> None:
    path = tmp_path / "register.yml"
    path.write_text(words, encoding="utf-8")
    with pytest.raises(RegisterError, match=told) as raised:
        rows(path, FIGURES)
    assert len(str(raised.value).splitlines()) == 1


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="cannot be read"):
        rows(tmp_path / "none.yml", FIGURES)


@pytest.mark.parametrize(("name", "begins"), [("r.md", "# Registre"), ("r.csv", "\ufeffTraitement,"), ("r.json", "{")])
def test_the_command_writes_it(tmp_path: Path, name: str, begins: str) -> None:
    out = tmp_path / name
    done = CliRunner().invoke(export, ["register", "--out", str(out)])
    assert (done.exit_code, done.stdout) == (0, f"{len(rows(WORDS, FIGURES))} treatments in {out}\n")
    assert out.read_text(encoding="utf-8").startswith(begins)


def test_the_command_takes_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.settings import settings

    monkeypatch.setenv("TRANSCRIPT_DAYS", "41")
    settings.cache_clear()
    assert CliRunner().invoke(export, ["register", "--out", str(tmp_path / "r.md")]).exit_code == 0
    settings.cache_clear()
    assert "41 jours, ou jusqu'à l'effacement" in (tmp_path / "r.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "told"), [("r.pdf", "must end in"), ("none/r.md", "cannot be written")])
def test_the_command_says_what_is_wrong(tmp_path: Path, name: str, told: str) -> None:
    done = CliRunner().invoke(export, ["register", "--out", str(tmp_path / name)])
    assert done.exit_code == 1
    assert told in done.stderr and len(done.stderr.strip().splitlines()) == 1
