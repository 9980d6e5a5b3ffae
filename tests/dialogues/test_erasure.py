"""Somebody is forgotten by the running product: afterwards no table of either database and no log holds a word of his."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy.pool import NullPool

from bot.settings import read
from bot.texts import text
from tests.dialogues.expectations import starts
from tests.dialogues.product import Chatter, Product, until

CANARY = "Kanariya"
SAID = {
    "fr": ("je peux donner des cours de maths chaque samedi matin à Aïn Chock, pour l'éducation", "ils ont demandé 735 dh d'argent", "fr"),
    "ary-Latn": ("bghit n9erri lmat nhar sebt f sba7 f 3in cho9, 3la wed ta3lim", "telbo menni lflous", "fr"),
    "ary-Arab": ("بغيت نقري الماط كل نهار سبت فالصباح فعين الشق، على ود التعليم", "طلبو مني الفلوس", "en"),
    "ar": ("أريد تدريس الرياضيات صباح السبت في عين الشق من أجل التعليم", "طلبوا مني المال", "ar"),
}
WISH = {"fr": "supprimez mes données", "ary-Latn": "mes7o lma3loumat dyali", "ary-Arab": "مسحو المعلومات ديالي", "ar": "أريد حذف حسابي"}


def cells(url: str) -> Iterator[tuple[str, object]]:
    """Every value of every table of a database, named by table and column."""
    engine = sqlalchemy.create_engine(url, future=True, poolclass=NullPool)
    with engine.connect() as connection:
        for table in sqlalchemy.inspect(connection).get_table_names():
            rows = connection.execute(sqlalchemy.text(f'SELECT * FROM "{table}"'))
            for row in rows.mappings():
                yield from ((f"{table}.{name}", value) for name, value in row.items())


def left(product: Product, person: Chatter, words: list[str]) -> list[str]:
    """Where something of a person still stands."""
    told = []
    # Rasa and the JSON of ours write letters that are not ASCII by their numbers.
    words = [form for word in words for form in (word, json.dumps(word)[1:-1])]
    found = read(product.environment)
    for url in {found.database_url, found.tracker_database_url}:
        for where, value in cells(url):
            if str(value) == str(person.chat_id) or any(word in str(value) for word in words):
                told.append(where)
    return told


def say(person: Chatter, register: str, words: str, *keys: str) -> None:
    person.say(words)
    for key, message in zip(keys, person.hear(len(keys)), strict=True):
        assert key == "*" or starts(register, key, message["text"]), f"{words}: {message['text']}"


def test_nobody_else_says_the_same() -> None:
    """All talk to one product: what another says is rightly still there."""
    others = "\n".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*/*.yml"))
    assert others and not [words for offer, report, _ in SAID.values() for words in (offer, report) if words in others]


@pytest.mark.parametrize("register", SAID)
def test_nothing_of_a_person_is_left(product: Product, register: str) -> None:
    offer, report, language_code = SAID[register]
    person = product.person(first_name=f"{CANARY} {register}", language_code=language_code)
    words = [f"{CANARY} {register}", offer, report]
    say(person, register, offer, "offer_summary")
    person.tap(text(register, "button_consent"))
    person.hear(2)
    say(person, register, report, "report_summary")
    person.tap(text(register, "button_send"))
    person.hear()
    assert left(product, person, words), "there was something to forget"
    say(person, register, WISH[register], "erasure_confirm")
    person.tap(text(register, "button_erase_yes"))
    begun, done = person.hear(2)
    assert begun["text"] == text(register, "erasure_begun") and done["text"] == text(register, "erasure_done")
    try:
        until("the last word's row to go", lambda: not left(product, person, words), 60)
    except AssertionError:
        raise AssertionError(f"still there: {left(product, person, words)}") from None
    assert CANARY not in product.log.read_text(encoding="utf-8", errors="replace")
    person.silence()
