"""``python -m nlu.benchmark`` on files of anybody's."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu import benchmark

TRAIN = 'label,text\nhi,bonjour\nhi,"bonjour, toi"\nhi,salam\nbye,au revoir\nbye,bslama\nbye,"à bientôt, merci"\nempty,\n'
TEST = "\ufefftext,label\nbonjour toi,hi\nau revoir,bye\n"


def test_it_learns_and_prints_macro_f1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "train.csv").write_text(TRAIN, encoding="utf-8")
    (tmp_path / "test.csv").write_text(TEST, encoding="utf-8")
    assert benchmark.main([str(tmp_path / "train.csv"), str(tmp_path / "test.csv")]) == 0
    said = capsys.readouterr().out
    assert "6 sentences learnt, 2 asked, 2 labels" in said
    assert "macro-F1 1.000" in said


@pytest.mark.parametrize("content", [None, "", "text\nbonjour\n", "label,text\nhi,bonjour\n", "\xff\xfe"])
def test_a_file_that_will_not_do_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None) -> None:
    (tmp_path / "test.csv").write_text(TEST, encoding="utf-8")
    if content is not None:
        (tmp_path / "train.csv").write_bytes(content.encode("latin-1"))
    assert benchmark.main([str(tmp_path / "train.csv"), str(tmp_path / "test.csv")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
