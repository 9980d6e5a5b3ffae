"""The documents say what is so: settings, commands, links, the README's commands, the seed file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
import yaml

from bot import clock
from bot.cli import app
from bot.scheduler.jobs import JOBS, Job
from bot.services.seeding import seed
from bot.settings import PROJECT, SETTINGS, Setting
from bot.store.engine import Database

OPERATING = (PROJECT / "docs" / "operating.md").read_text(encoding="utf-8")
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_documented_as_it_is(setting: Setting) -> None:
    names = f"`{setting.name}`" + (f", `{setting.name}_FILE`" if setting.secret else "")
    default = f"`{setting.default}`" if setting.default else ""
    assert f"| {names} | {default} | {setting.purpose} |" in OPERATING


def _commands() -> list[str]:
    group = typer.main.get_command(app)
    return [*group.commands, *(f"staff {name}" for name in group.commands["staff"].commands)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", [name for name in _commands() if name != "staff"])
def test_every_command_is_documented(command: str) -> None:
    assert re.search(rf"`{command}\b", OPERATING)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("source", [*sorted(PROJECT.glob("*.yml")), *sorted(PROJECT.glob("[abn]*/**/*.py"))], ids=str)
def test_documents_that_sources_name_exist(source: Path) -> None:
    for name in re.findall(r"\bdocs/[\w./-]+\.md", source.read_text(encoding="utf-8")):
        assert (PROJECT / name).exists(), name


def test_the_checks_run_the_readmes_test_command() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"```sh\n(make test)\n```", readme)
    assert commands == ["make test"]
    assert "stage test make test\n" in (PROJECT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_seed_file_that_is_shown_can_be_read(database: Database, tmp_path: Path) -> None:
    shown = next(block for block in re.findall(r"```yaml\n(.*?)```", OPERATING, re.DOTALL) if block.startswith("people:"))
    path = tmp_path / "shown.yml"
    path.write_text(shown, encoding="utf-8")
    assert set(yaml.safe_load(shown)) == {"people", "organisations", "applications"}
    with database.write() as session:
        made = seed(session, path, clock.parse_instant("2026-11-24T10:00:00"))
    assert made == {"people": 1, "organisations": 1, "missions": 1, "applications": 0}


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_every_job_is_documented(job: Job) -> None:
    assert f"| `{job.name}` | {job.every_seconds} s |" in OPERATING


def test_every_documented_job_exists() -> None:
    told = OPERATING.partition("## Jobs")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", told, re.MULTILINE) == [job.name for job in JOBS]
