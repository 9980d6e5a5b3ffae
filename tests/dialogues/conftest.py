"""One trained model, one running product, for all conversations."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dialogues.machines import machines
from tests.dialogues.product import Product

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # All that plays with the whole product; the heavy ones start one of their own.
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.conversation)


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """What ``make run`` starts; with ``TADAMON_MACHINES=1`` (make test-machines) what several machines run, here on one."""
    folder = tmp_path_factory.mktemp("product")
    if os.environ.get("TADAMON_MACHINES"):
        with machines(folder) as many:
            yield many
        return
    running = Product(folder)
    running.start()
    yield running
    running.stop()
