"""Each test in two doses: a small one with the conversations, the whole one by ``make torture``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture.rig import FULL, PATIENCE_SECONDS, REPORT

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.conversation)
            item.add_marker(pytest.mark.torture)
            if FULL:
                item.add_marker(pytest.mark.timeout(4 * PATIENCE_SECONDS))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if REPORT:
        terminalreporter.section("torture")
        for line in REPORT:
            terminalreporter.write_line(line)
