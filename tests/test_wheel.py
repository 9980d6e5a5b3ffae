"""The wheel: what is in it, what it says of itself, and that it works where there is no checkout."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any, NoReturn

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from bot.layout import PARTS, LayoutError, lay_out
from bot.settings import PROJECT, SETTINGS
from bot.supervise import NO_PROJECT, model_fingerprint
from bot.version import version

PACKAGES = ("bot/", "actions/", "nlu/")
OF_THE_PROJECT = (
    "config.yml",
    "domain.yml",
    "endpoints.yml",
    "credentials.yml",
    "requirements.lock",
    "data/",
    "tests/evaluation/",
)
PACKED = "bot/project"
# What a build must leave out, though it lies where the build looks.
LITTER = (".env", "var/tadamon.db", "models/tadamon.tar.gz", "bot/__pycache__/cli.cpython-310.pyc", "nlu/__pycache__/x.pyc", "dist/old.whl")
PATHS = "import json, bot; from bot import settings, version; print(json.dumps([bot.__file__, str(settings.PROJECT), version.version()]))"


def _lacking(reason: str) -> NoReturn:
    if os.environ.get("TADAMON_SKIP_NOTHING"):
        pytest.fail(reason)
    pytest.skip(reason)


def uv() -> str:
    own = PROJECT / ".tools" / "bin" / "uv"
    return (str(own) if own.exists() else shutil.which("uv")) or _lacking("uv is not here (make setup)")


@pytest.fixture(scope="session")
def listed() -> list[str]:
    """The paths that git knows or would take up, as they are now."""
    command = ["git", "-C", str(PROJECT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        _lacking("git is not installed")
    if asked.returncode:
        _lacking("this is no clone of git")
    return [name for name in asked.stdout.split("\0") if name and (PROJECT / name).is_file()]


@pytest.fixture(scope="session")
def of_the_project(listed: list[str]) -> set[str]:
    return {name for name in listed if name.startswith(OF_THE_PROJECT)}


@pytest.fixture(scope="session")
def wheel(listed: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the files as they are, built once: beside the sources, with litter among them."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in listed:
        target = folder / "sources" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PROJECT / name, target)
    for name in LITTER:
        target = folder / "sources" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"litter")
    command = [uv(), "build", "--quiet", "--wheel", "--python", sys.executable, "--out-dir", str(folder / "out"), str(folder / "sources")]
    built = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if "build-system.requires" in built.stderr:
        _lacking(f"What builds the wheel cannot be had from the registry: {built.stderr}")
    assert built.returncode == 0, built.stderr
    [made] = (folder / "out").glob("*.whl")
    return made


@pytest.fixture(scope="session")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        [name] = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return BytesParser().parsebytes(archive.read(name))


class Installed:
    """The wheel, unpacked where an interpreter finds it. After each call it is looked whether anything was written there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = self._listing()

    def _listing(self) -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in self.folder.rglob("*")}

    def run(self, folder: Path, *arguments: str, timeout: int = 120, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run the interpreter in a folder, with no setting of whoever runs the tests."""
        ours = {name for setting in SETTINGS for name in (setting.name, f"{setting.name}_FILE")}
        environment = {name: value for name, value in os.environ.items() if name not in ours}
        environment.update(PYTHONPATH=str(self.folder), PYTHONDONTWRITEBYTECODE="1", PYTHONWARNINGS="ignore", **changes)
        ran = subprocess.run(
            [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=timeout
        )
        assert self._listing() == self._files, "written among the installed packages"
        return ran

    def bot(self, folder: Path, *arguments: str, **changes: Any) -> str:
        """Run a command that must end well; what it printed."""
        ran = self.run(folder, "-m", "bot", *arguments, **changes)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def paths(self, folder: Path) -> list[str]:
        """Where the package is, which project it found, and which version it takes itself for."""
        ran = self.run(folder, "-c", PATHS)
        assert ran.returncode == 0, ran.stderr
        found: list[str] = json.loads(ran.stdout)
        return found

    @property
    def own(self) -> list[str]:
        return [str(self.folder / "bot" / "__init__.py"), str(self.folder / PACKED), version()]


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("packages").resolve()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return Installed(folder)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """An empty folder that has nothing to do with the checkout."""
    made = tmp_path.resolve() / "elsewhere"
    made.mkdir()
    return made


@pytest.fixture
def project(installed: Installed, elsewhere: Path) -> Path:
    assert "proj" in installed.bot(elsewhere, "init", "proj")
    return elsewhere / "proj"


def required(line: str) -> tuple[str, tuple[str, ...], str]:
    """A requirement's name with its extras, its versions in any order, and the extra that it belongs to."""
    package, _, marker = line.partition(";")
    found = re.fullmatch(r"([\w.-]+(?:\[[\w,]+\])?)\s*(.*)", package.strip())
    assert found, line
    return found[1], tuple(sorted(found[2].replace(" ", "").split(","))), marker.strip().replace('"', "'")


def files_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# ---- what is in it


def test_the_code_and_the_project_are_in_it_and_nothing_else(wheel: Path, listed: list[str], of_the_project: set[str]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    found = {name for name in names if ".dist-info/" not in name}
    expected = {name for name in listed if name.startswith(PACKAGES)} | {f"{PACKED}/{name}" for name in of_the_project}
    assert (found - expected, expected - found) == (set(), set())
    # What is no Python is lost most easily.
    for needed in (
        "bot/console/pages/base.html",
        "bot/console/static/htmx.min.js",
        "bot/console/vendored/htmx.LICENSE",
        "bot/certificates/fonts/NotoNaskhArabic-Regular.ttf",
        "bot/sandbox/page/index.html",
        "bot/store/migrations/versions/0001_first_tables.py",
        "nlu/endpoints.yml",
        "nlu/evaluation/pipelines/diet.yml",
        "bot/project/data/locales/fr/common.yml",
        "bot/project/tests/evaluation/fr/talk.yml",
    ):
        assert needed in found
    assert len(names) == len(set(names))


def test_every_file_is_as_it_is_in_the_sources(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if ".dist-info/" not in name:
                assert archive.read(name) == (PROJECT / name.removeprefix(f"{PACKED}/")).read_bytes(), name


def test_what_init_copies_is_what_the_wheel_holds() -> None:
    assert {part.removesuffix("/") for part in OF_THE_PROJECT} == set(PARTS)


def test_it_says_what_it_is(wheel: Path, metadata: Message) -> None:
    told = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert wheel.name == f"tadamon-{version()}-py3-none-any.whl"
    assert (metadata["Name"], metadata["Version"], metadata["License-Expression"]) == ("tadamon", version(), "Apache-2.0")
    assert metadata.get_all("License-File") == ["LICENSE"]
    with zipfile.ZipFile(wheel) as archive:
        [licence] = (name for name in archive.namelist() if name.endswith(".dist-info/licenses/LICENSE"))
        assert archive.read(licence) == (PROJECT / "LICENSE").read_bytes()
    assert metadata["Requires-Python"] == told["requires-python"]
    extras = told["optional-dependencies"]
    expected = [required(line) for line in told["dependencies"]]
    expected += [required(f"{line}; extra == '{extra}'") for extra, lines in extras.items() for line in lines]
    needed = [required(line) for line in metadata.get_all("Requires-Dist") or []]
    assert len(expected) > 25 and sorted(needed) == sorted(expected)
    assert set(metadata.get_all("Provides-Extra") or []) == set(extras)


# ---- where there is no project


def test_without_a_project_what_only_reads_works(installed: Installed, elsewhere: Path) -> None:
    assert installed.paths(elsewhere) == installed.own
    assert "TELEGRAM_TOKEN" in installed.bot(elsewhere, "settings")
    assert installed.bot(elsewhere, "migrate", DATABASE_URL=f"sqlite:///{elsewhere}/own.db").startswith("database at ")
    assert files_of(elsewhere) >= {"own.db"} and not (elsewhere / "var").exists()
    # Reads the vocabulary, and writes below the current folder.
    installed.bot(elsewhere, "migrate")
    made = installed.bot(elsewhere, "seed", str(installed.folder / PACKED / "data" / "seed" / "sandbox.yml"))
    assert re.search(r"\b[1-9]\d* organisations, ", made), made
    assert (elsewhere / "var" / "tadamon.db").is_file()
    pages = installed.run(elsewhere, "-c", "import bot.app, bot.console.app, bot.sandbox.server, bot.site.app")
    assert pages.returncode == 0, pages.stderr


@pytest.mark.parametrize("command", [["run"], ["train"], ["retrain", "1"], ["rasa"], ["actions"]], ids=" ".join)
def test_what_writes_there_says_that_there_is_no_project(installed: Installed, elsewhere: Path, command: list[str]) -> None:
    ran = installed.run(elsewhere, "-m", "bot", *command)
    assert (ran.returncode, ran.stdout, ran.stderr.splitlines()) == (1, "", [NO_PROJECT])
    assert files_of(elsewhere) == set()


@pytest.mark.parametrize("here", [["config.yml"], ["config.yml", "domain.yml"], ["data/vocabulary/causes.yml"]], ids=str)
def test_another_project_of_rasa_is_not_taken_for_ours(installed: Installed, elsewhere: Path, here: list[str]) -> None:
    for name in here:
        (elsewhere / name).parent.mkdir(parents=True, exist_ok=True)
        (elsewhere / name).write_text("language: ar\n", encoding="utf-8")
    assert installed.paths(elsewhere) == installed.own


# ---- a project that init laid out


def test_a_project_is_laid_out_and_found(installed: Installed, project: Path, of_the_project: set[str]) -> None:
    assert files_of(project) == of_the_project
    assert all((project / name).read_bytes() == (PROJECT / name).read_bytes() for name in of_the_project)
    assert installed.paths(project) == [installed.own[0], str(project), version()]
    assert "TELEGRAM_TOKEN" in installed.bot(project, "settings")
    installed.bot(project, "migrate")
    assert (project / "var" / "tadamon.db").is_file()


def test_its_pyproject_and_repository_are_somebody_elses(installed: Installed, project: Path) -> None:
    (project / "pyproject.toml").write_text('version = "99"\n', encoding="utf-8")
    (project / ".git").mkdir()
    assert installed.paths(project)[2] == version()


def test_the_model_of_a_project_is_that_of_the_checkout(installed: Installed, project: Path) -> None:
    told = installed.run(project, "-c", "from bot.supervise import model_fingerprint; print(model_fingerprint())")
    assert told.stdout.strip() == model_fingerprint()
    (project / "data" / "rules" / "care.yml").write_text("rules: []\n", encoding="utf-8")
    changed = installed.run(project, "-c", "from bot.supervise import model_fingerprint; print(model_fingerprint())")
    assert changed.stdout.strip() not in ("", model_fingerprint())


def test_its_processes_are_started_in_it_with_the_wheels_endpoints(installed: Installed, project: Path) -> None:
    program = "from bot import settings, supervise; print(supervise.supervisor_configuration(settings.settings()))"
    told = installed.run(project, "-c", program).stdout
    assert f"directory={project}\n" in told and f"directory={installed.folder}" not in told
    assert f"--endpoints {installed.folder / 'nlu' / 'endpoints.yml'}" in told
    assert f"-m {project / 'models' / 'tadamon.tar.gz'}" in told


def test_a_folder_in_use_is_left_as_it_is(installed: Installed, project: Path) -> None:
    (project / "config.yml").write_text("language: fr\n", encoding="utf-8")
    before = files_of(project)
    again = installed.run(project.parent, "-m", "bot", "init", "proj")
    assert (again.returncode, again.stdout, len(again.stderr.splitlines())) == (1, "", 1)
    assert again.stderr.startswith("proj is not empty")
    assert files_of(project) == before and (project / "config.yml").read_text(encoding="utf-8") == "language: fr\n"


def test_a_checkout_lays_out_the_same(of_the_project: set[str], tmp_path: Path) -> None:
    empty = tmp_path / "below" / "empty"
    empty.mkdir(parents=True)
    lay_out(empty)
    assert files_of(empty) >= of_the_project
    lay_out(tmp_path / "not" / "there")
    assert files_of(tmp_path / "not" / "there") == files_of(empty)
    for name in ("config.yml", "data/locales/fr/common.yml"):
        assert (empty / name).read_bytes() == (PROJECT / name).read_bytes()


def test_a_file_is_no_folder_to_lay_out_a_project_in(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(LayoutError, match=r"^[^\n]*Not a directory\.$"):
        lay_out(tmp_path / "file")


@pytest.mark.heavy
@pytest.mark.rasa
def test_a_model_is_trained_in_it(installed: Installed, project: Path) -> None:
    told = installed.bot(project, "train", timeout=540)
    assert "model: trained in" in told, told
    assert (project / "models" / "tadamon.tar.gz").is_file()
    assert (project / "models" / "tadamon.tar.inputs").read_text(encoding="utf-8") == model_fingerprint()
    assert installed.bot(project, "train") == "model: up to date\n"
