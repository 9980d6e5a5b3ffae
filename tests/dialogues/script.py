"""Plays a dialogue: each YAML file is one conversation, its folder and name say what the people do.

A step is ``who: what``: words, or ``{tap: key of the button}``, or ``{send: content}``, or ``{letters: so many, of: word}``. ``bot``
lists the keys of the answers ("a + b": joined in one message; "a | b": either; "a…": it starts so); ``contains`` and ``lacks`` look into
their texts. ``hears`` names a person to whom something comes unasked; ``digest`` is an instant at which the periodic lists are sent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot.texts import catalogue, text
from tests.dialogues.expectations import says, starts
from tests.dialogues.product import Chatter, Product


def play(product: Product, file: Path) -> None:
    """Play a dialogue with the running product, and see that nothing more is said at its end."""
    script = yaml.safe_load(file.read_text(encoding="utf-8"))
    people = {role: product.person(**given) for role, given in script["people"].items()}
    for number, step in enumerate(script["steps"], start=1):
        _play(product, people, dict(step), script["register"], f"step {number}: {step}")
    for person in people.values():
        person.silence()


def _play(product: Product, people: dict[str, Chatter], step: dict[str, Any], register: str, where: str) -> None:
    if "digest" in step:
        _digest(product, step, where)
        return
    register = step.get("register", register)
    if "hears" in step:
        person = people[step["hears"]]
    else:
        role = next(role for role in people if role in step)
        person = people[role]
        _do(person, step[role], register)
    heard = person.hear(len(step["bot"]))
    for keys, message in zip(step["bot"], heard, strict=True):
        matches = starts(register, keys.rstrip("…"), message["text"]) if keys.endswith("…") else says(register, keys, message["text"])
        assert matches, f"{where}\nexpected {keys}, heard:\n{message['text']}"
    whole = "\n".join(message["plain"] for message in heard)
    for part in step.get("contains", ()):
        assert part in whole, f"{where}\n{part!r} is not in:\n{whole}"
    for part in step.get("lacks", ()):
        assert part not in whole, f"{where}\n{part!r} is in:\n{whole}"


def _do(person: Chatter, what: Any, register: str) -> None:
    if isinstance(what, str):
        person.say(what)
    elif "tap" in what:
        title = what["tap"]
        person.tap(text(register, title) if title in catalogue(register) else title)
    elif "letters" in what:
        # What Telegram's apps do with a very long text: several messages of 4,096 letters.
        person.say(what["of"] * (what["letters"] // len(what["of"])))
    else:
        person.send(what["send"])


def _digest(product: Product, step: dict[str, Any], where: str) -> None:
    said = product.command("digest", "--at", str(step["digest"]))
    assert step.get("says", "") in said, f"{where}\n{said}"
