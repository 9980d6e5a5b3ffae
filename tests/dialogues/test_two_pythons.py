"""Which Python each process of the product runs in: ``make test-conversation-newer`` gives it two."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import httpx

from tests.dialogues.product import PYTHON, Product


def test_rasa_and_the_action_server_have_theirs_and_the_others_the_products(product: Product) -> None:
    used = {name: Path(f"/proc/{pid}/cmdline").read_text().split("\0")[0] for name, pid in product.processes().items()}
    assert {name.split("-")[0] for name in used} == {"sandbox", "actions", "rasa", "web", "worker", "gateway"}
    expected = {name: sys.executable if name.split("-")[0] in ("rasa", "actions") else PYTHON for name in used}
    assert used == expected


def test_the_product_tells_its_python(product: Product) -> None:
    told = {httpx.get(f"{product.web_url}/version").json()["python"], product.condition()["versions"]["python"]}
    [version] = told
    assert (version == platform.python_version()) is (sys.executable == PYTHON)
