"""The reviewed exceptions of deploy/audit.toml, and what scripts/audit.py makes of pip-audit's answer."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.settings import PROJECT

_spec = importlib.util.spec_from_file_location("audit", PROJECT / "scripts" / "audit.py")
assert _spec and _spec.loader
audit = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(audit)

EXCEPTED = audit.exceptions(audit.REVIEWED.read_text(encoding="utf-8"))
TODAY = date(2026, 11, 27)
KERAS = {
    "name": "keras",
    "version": "2.12.0",
    "locks": ["requirements.lock"],
    "id": "CVE-2024-3660",
    "aliases": ["GHSA-x4wf-678h-2pmq"],
    "review_by": date(2027, 5, 27),
}
LAYER = {"id": "PYSEC-2024-999", "fix_versions": ["2.13.1rc0"], "aliases": ["CVE-2024-3660"], "description": "A layer that runs code."}
"""As pip-audit tells it, which prefers the names of PyPA."""
GET_FILE = {"id": "CVE-2024-55459", "fix_versions": [], "aliases": ["GHSA-cjgq-5qmw-rcj6"], "description": "A path that leads out."}


def package(name: str, version: str, *vulns: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "version": version, "vulns": list(vulns)}


def skipped(name: str, version: str) -> dict[str, Any]:
    return {"name": name, "skip_reason": f"Dependency not found on PyPI and could not be audited: {name} ({version})"}


def judged(*packages: dict[str, Any], excepted: tuple[dict[str, Any], ...] = (), today: date = TODAY) -> list[str]:
    return list(audit.complaints({"requirements.lock": list(packages)}, excepted, today))


# deploy/audit.toml


def pins(lock: str) -> set[str]:
    return set(re.findall(r"^[\w.-]+==[^\s;]+", (PROJECT / lock).read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("one", EXCEPTED, ids=lambda one: one["id"])
def test_an_exception_is_of_a_version_that_is_locked(one: dict[str, Any]) -> None:
    assert one["locks"]
    for lock in one["locks"]:
        assert f"{one['name']}=={one['version']}" in pins(lock), "the version changed: is the exception still needed?"


@pytest.mark.parametrize("one", EXCEPTED, ids=lambda one: one["id"])
def test_an_exception_says_what_was_decided_and_for_how_long(one: dict[str, Any]) -> None:
    assert one["decision"] in ("upgrade", "excepted until Rasa leaves")
    assert 0 < (one["review_by"] - one["reviewed"]).days <= 185
    assert all(re.fullmatch(r"(CVE|GHSA|PYSEC)-[\w-]+", name) for name in audit.names_of(one))
    assert one["needs"].strip() and len(one["reason"].split()) > 4


def test_no_two_exceptions_share_a_reason_or_a_name() -> None:
    reasons = [one["reason"] for one in EXCEPTED]
    assert len(set(reasons)) == len(reasons)
    names = [name for one in EXCEPTED for name in audit.names_of(one)]
    assert len(set(names)) == len(names)


# The judgement


def test_nothing_found_is_well() -> None:
    assert judged(package("keras", "2.12.0"), package("numpy", "1.23.5")) == []


def test_what_is_excepted_is_well_under_any_of_its_names() -> None:
    assert judged(package("keras", "2.12.0", LAYER), excepted=(KERAS,)) == []


def test_what_is_not_excepted_is_told_with_its_names_and_what_closes_it() -> None:
    (line,) = judged(package("keras", "2.12.0", LAYER, GET_FILE), excepted=(KERAS,))
    assert line == "requirements.lock: keras 2.12.0 has CVE-2024-55459 = GHSA-cjgq-5qmw-rcj6, fixed in: nowhere"
    (line,) = judged(package("keras", "2.12.0", LAYER))
    assert line.endswith("fixed in: 2.13.1rc0")


@pytest.mark.parametrize("change", [{"name": "tf-keras"}, {"version": "2.11.0"}, {"locks": ["requirements-newer.lock"]}], ids=str)
def test_an_exception_is_of_one_package_one_version_and_the_sets_it_names(change: dict[str, Any]) -> None:
    assert any(
        "keras 2.12.0 has CVE-2024-3660" in line for line in judged(package("keras", "2.12.0", LAYER), excepted=({**KERAS, **change},))
    )


def test_an_exception_that_nothing_needs_is_told() -> None:
    for report in (package("keras", "2.12.0"), package("numpy", "1.23.5")):
        (line,) = judged(report, excepted=(KERAS,))
        assert "CVE-2024-3660 of keras 2.12.0 is not told any more" in line


def test_a_review_is_due_the_day_after() -> None:
    assert judged(package("keras", "2.12.0", LAYER), excepted=(KERAS,), today=date(2027, 5, 27)) == []
    (line,) = judged(package("keras", "2.12.0", LAYER), excepted=(KERAS,), today=date(2027, 5, 28))
    assert line == "CVE-2024-3660 of keras 2.12.0 was to be looked at again by 2027-05-27"


def test_packages_that_were_left_out_are_told_and_their_exceptions_stay_open() -> None:
    (line,) = judged(skipped("keras", "2.12.0"), package("numpy", "1.23.5"), excepted=(KERAS,))
    assert line == "requirements.lock: 1 of 2 packages were not audited: keras"


# The questions


def test_every_locked_version_is_asked_for_with_its_hashes_on_whatever_python() -> None:
    for lock in audit.LOCKS:
        texts = audit.questions((PROJECT / lock).read_text(encoding="utf-8"))
        asked = [re.findall(r"^[\w.-]+==\S+", text, re.MULTILINE) for text in texts]
        assert {pin for pins_of_text in asked for pin in pins_of_text} == pins(lock)
        for text, pins_of_text in zip(texts, asked, strict=True):
            assert ";" not in text
            assert len({pin.partition("==")[0] for pin in pins_of_text}) == len(pins_of_text)
            assert all("--hash=sha256:" in block for block in re.split(r"\n(?=\S)", text.strip()))


# The whole, with a pip-audit of our own


def played(folder: Path, source: str) -> list[str]:
    program = folder / "pip_audit.py"
    program.write_text(
        f"import json, re, sys\nasked = re.findall(r'^([\\w.-]+)==(\\S+)', open(sys.argv[-1]).read(), re.M)\n{source}\n", "utf-8"
    )
    return ["--today", str(TODAY), "--", sys.executable, str(program)]


def tells(found: dict[str, list[dict[str, Any]]]) -> str:
    return f"""
found = json.loads({json.dumps(json.dumps(found))})
print(json.dumps({{"dependencies": [{{"name": n, "version": v, "vulns": found.get(n + "==" + v, [])}} for n, v in asked], "fixes": []}}))
sys.exit(1 if found else 0)"""


def reviewed() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in EXCEPTED:
        told = {"id": one["id"], "fix_versions": [], "aliases": one.get("aliases", []), "description": ""}
        found.setdefault(f"{one['name']}=={one['version']}", []).append(told)
    return found


def test_all_that_is_known_being_reviewed_it_ends_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main(played(tmp_path, tells(reviewed()))) == 0
    assert f"{len(EXCEPTED)} known weaknesses" in capsys.readouterr().out


def test_one_more_weakness_ends_it_badly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (jinja,) = (pin for pin in pins("requirements.lock") if pin.startswith("jinja2=="))
    new = {"id": "CVE-2099-1", "fix_versions": ["99.0"], "aliases": [], "description": "New."}
    assert audit.main(played(tmp_path, tells({**reviewed(), jinja: [new]}))) == 1
    assert "has CVE-2099-1, fixed in: 99.0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "print(json.dumps({'dependencies': [{'name': n, 'skip_reason': 'Dependency not found on PyPI'} for n, v in asked]}))",
            "out of reach",
        ),
        ("sys.exit('requests.exceptions.ConnectionError: Failed to resolve api.osv.dev')", "ended with 1: requests.exceptions"),
        ("print('[]')", "ended with 0: without a word"),
    ],
    ids=["knows no package", "breaks", "says something else"],
)
def test_a_service_that_does_not_answer_is_one_line_and_no_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str, said: str
) -> None:
    assert audit.main(played(tmp_path, source)) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("Nothing was audited") and said in line


def test_reviews_that_are_due_are_told_without_a_service_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, _, *command = played(tmp_path, "sys.exit('no network')")
    assert audit.main(["--today", "2099-01-01", *command]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1 + len(EXCEPTED)
