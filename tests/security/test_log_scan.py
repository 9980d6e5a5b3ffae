"""The scanner of logs finds what it should, however it is written there, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.dialogues.product import Product
from tests.security.log_scan import findings, pieces, scan, secrets_of

SAID = "je m'appelle Zoulikha et j'habite derrière la mosquée"
ARABIC = "سميتي زليخة وساكنة حدا الجامع"


@pytest.mark.parametrize("said", [SAID, ARABIC, 'le "lundi"\nou mardi, si c\'est possible'])
@pytest.mark.parametrize("write", [str, json.dumps, lambda s: json.dumps(s, ensure_ascii=False), repr, lambda s: s[:30], lambda s: s[-40:]])
def test_what_was_said_is_found(said: str, write: object) -> None:
    log = f"started\nfailed on {write(said)}\nstopped"  # type: ignore[operator]
    assert findings(log, said=[said]) or len(pieces(said)) * 24 > len(said) + 24


@pytest.mark.parametrize("said", ["bonjour", "salam 3likom", "12345678901234567890", "oui", ""])
def test_what_is_said_by_chance_is_not(said: str) -> None:
    assert findings(f"started\n{said}\nstopped", said=[said]) == []


@pytest.mark.parametrize("phone", ["0612345678", "+212 6 12 34 56 78", "06.12.34.56.78", "00212712345678", "0522-12-34-56"])
def test_phone_numbers_are_found(phone: str) -> None:
    assert findings(f'{{"event": "x", "error": "{phone}"}}')


@pytest.mark.parametrize(
    "line", ["2026-11-24T10:00:00.123456Z", "update_id 7100000001", "0x7f0612345678", "http://127.0.0.1:50555", "0.0612345678"]
)
def test_other_numbers_are_none(line: str) -> None:
    assert findings(line) == []


def test_secrets_are_found_and_not_repeated() -> None:
    environment = {
        "TELEGRAM_TOKEN": "700:AAsecret",
        "WEBHOOK_SECRET": "hush-hush",
        "DATABASE_URL": "postgresql://bot:p%40ssw0rd@db/t",
        "TRACKER_DATABASE_URL": "sqlite:///x.db",
    }
    assert set(secrets_of(environment)) == {"700:AAsecret", "hush-hush", "p%40ssw0rd", "p@ssw0rd"}
    found = findings("GET https://api.telegram.org/bot700:AAsecret/getMe\nhush-hush\np@ssw0rd", secrets_of(environment))
    assert len(found) == 3
    assert not any(secret in line for line in found for secret in secrets_of(environment))


def test_all_logs_of_a_folder_are_read(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "run.log").write_text(f"x {SAID}", encoding="utf-8")
    (tmp_path / "sub" / "rasa.log").write_bytes(b"\xff token700 \xfe")
    (tmp_path / "train.log").write_text(f"example: {SAID}", encoding="utf-8")
    found = scan(tmp_path, {"TELEGRAM_TOKEN": "token700"}, [SAID])
    assert {line.split(":")[0] for line in found} == {"run.log", "rasa.log"}


def test_a_product_that_tells_fails_its_tests(tmp_path: Path) -> None:
    """Without starting it: a run that is over is scanned like one that never was."""
    product = Product(tmp_path)
    product.said.append(SAID)
    product.log.write_text("all is well\n", encoding="utf-8")
    product.stop()
    product.log.write_text(f"could not understand {SAID}\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="Zoulikha"):
        product.stop()
