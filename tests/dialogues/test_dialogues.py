"""Every dialogue beside this file, with the whole product running."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dialogues.product import Product
from tests.dialogues.script import play

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*/*.yml"))


@pytest.mark.parametrize("file", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_dialogue(product: Product, file: Path) -> None:
    play(product, file)


@pytest.mark.heavy
@pytest.mark.postgres
def test_the_whole_path_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    """One database for everything, Rasa's tracker too."""
    product = Product(tmp_path, DATABASE_URL=postgres_url)
    product.start()
    play(product, HERE / "happy_path" / "whole_path_ary_latn.yml")
    assert product.condition()["healthy"]
    product.stop()
