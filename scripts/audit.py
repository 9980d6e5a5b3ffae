"""Asks pip-audit for the weaknesses of the locked packages and judges its answer by deploy/audit.toml. ``scripts/audit`` runs it.

pip-audit has an option to ignore a weakness. It is not used: what is ignored is not told, and an exception that nothing needs any more
would stay for ever.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

PROJECT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-newer.lock")
REVIEWED = PROJECT / "deploy" / "audit.toml"

Report = list[dict[str, Any]]
"""What pip-audit says of each package: its name, and version and vulns or skip_reason."""


class Unanswered(Exception):
    """pip-audit gave no report. Its words are one line."""


def exceptions(text: str) -> list[dict[str, Any]]:
    """The exceptions of deploy/audit.toml, each with what it shares with the others of its package."""
    packages = tomllib.loads(text)["package"]
    shared = ({key: value for key, value in package.items() if key != "exception"} for package in packages)
    return [{**common, **one} for common, package in zip(shared, packages, strict=True) for one in package["exception"]]


def questions(lock: str) -> list[str]:
    """A lock as requirements without markers, by which pip-audit would leave out what only another Python gets. It takes one version of a
    package at a time: what is locked in two for two Pythons makes a second text."""
    texts: list[dict[str, str]] = []
    for block in re.findall(r"^[\w.-]+==.*(?:\n[ \t].*)*", lock, re.MULTILINE):
        name = block.partition("==")[0]
        place = next((text for text in texts if name not in text), None)
        if place is None:
            texts.append(place := {})
        place[name] = re.sub(r"^(\S+) ;[^\\\n]*", r"\1 ", block)
    return ["\n".join(text.values()) + "\n" for text in texts]


def ask(command: Sequence[str], lock: str) -> Report:
    """Raises Unanswered."""
    found: Report = []
    for text in questions(lock):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(text)
            file.flush()
            options = ["--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off", "-r", file.name]
            done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)  # noqa: S603
        try:
            # It ends with 1 where it finds something, and where it breaks.
            found += json.loads(done.stdout)["dependencies"]
        except (ValueError, KeyError, TypeError):
            said = done.stderr.strip().splitlines() or ["without a word"]
            raise Unanswered(f"Nothing was audited, pip-audit ended with {done.returncode}: {said[-1].strip()}") from None
    # It leaves out a package that its service does not know, and ends well.
    if all("skip_reason" in one for one in found):
        raise Unanswered(
            "Nothing was audited: the service of the advisories knows no package. It is out of reach, or a mirror answers for it."
        )
    return found


def names_of(weakness: Mapping[str, Any]) -> set[str]:
    return {weakness["id"], *weakness.get("aliases", [])}


def complaints(reports: Mapping[str, Report], excepted: Sequence[Mapping[str, Any]], today: date) -> Iterator[str]:
    """What is to be done before all is well, a line each."""
    used = set()
    for lock, report in reports.items():
        if left_out := sorted(package["name"] for package in report if "skip_reason" in package):
            yield f"{lock}: {len(left_out)} of {len(report)} packages were not audited: {', '.join(left_out)}"
        for package in report:
            for weakness in package.get("vulns", []):
                place = (package["name"], package.get("version"))
                hits = [
                    number
                    for number, one in enumerate(excepted)
                    if (one["name"], one["version"]) == place and lock in one["locks"] and names_of(one) & names_of(weakness)
                ]
                used.update((lock, number) for number in hits)
                if not hits:
                    fixed = ", ".join(weakness.get("fix_versions", [])) or "nowhere"
                    yield f"{lock}: {' '.join(map(str, place))} has {' = '.join(sorted(names_of(weakness)))}, fixed in: {fixed}"
    for number, one in enumerate(excepted):
        told = f"{one['id']} of {one['name']} {one['version']}"
        for lock in one["locks"]:
            # Of a package that was left out nobody knows.
            is_open = lock not in reports or one["name"] in {package["name"] for package in reports[lock] if "skip_reason" in package}
            if not is_open and (lock, number) not in used:
                yield f"{lock}: {told} is not told any more: take the exception out of {REVIEWED.relative_to(PROJECT)}"
        if one["review_by"] < today:
            yield f"{told} was to be looked at again by {one['review_by']}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--today", type=date.fromisoformat, default=date.today())  # noqa: DTZ011 - a review has a day of the calendar
    parser.add_argument("command", nargs="+", help="how pip-audit is started")
    given = parser.parse_args(arguments)
    excepted = exceptions(REVIEWED.read_text(encoding="utf-8"))
    reports, wrong = {}, []
    try:
        reports = {lock: ask(given.command, (PROJECT / lock).read_text(encoding="utf-8")) for lock in LOCKS}
    except Unanswered as silence:
        wrong.append(str(silence))
    # It tells some weaknesses twice.
    wrong += dict.fromkeys(complaints(reports, excepted, given.today))
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    if not wrong:
        asked = sum(map(len, reports.values()))
        sys.stdout.write(f"{asked} locked packages audited; {len(excepted)} known weaknesses, each with its reason in {REVIEWED.name}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
