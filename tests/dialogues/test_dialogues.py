"""Every dialogue beside this file, with the whole product running."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.dialogues.product import Product
from tests.dialogues.script import play

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*/*.yml"))


def _marked(file: Path) -> object:
    """Those that are marked as core run with each change, all with ``make test-all``."""
    is_core = yaml.safe_load(file.read_text(encoding="utf-8")).get("core")
    return pytest.param(file, id=f"{file.parent.name}/{file.stem}", marks=() if is_core else pytest.mark.heavy)


@pytest.mark.parametrize("file", [_marked(file) for file in FILES])
def test_dialogue(product: Product, file: Path) -> None:
    play(product, file)


@pytest.mark.heavy
@pytest.mark.postgres
def test_the_whole_path_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    """One database for everything, Rasa's tracker too."""
    product = Product(tmp_path, DATABASE_URL=postgres_url)
    product.start()
    play(product, HERE / "happy_path" / "user_takes_the_whole_path_ary_latn.yml")
    assert product.condition()["healthy"]
    product.stop()
