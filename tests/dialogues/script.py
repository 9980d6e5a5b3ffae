"""Plays a dialogue: each YAML file is one conversation, its folder and name say what the people do.

A step is ``who: what``: words, or ``{tap: key of the button}``, or ``{send: content}``, or ``{letters: so many, of: word}``, or
``{say: words with {}, after: role, found: pattern}``, which repeats what somebody read last, with ``altered: true`` one sign wrong. ``bot``
lists the keys of the answers ("a + b": joined in one message; "a | b": either; "a…": it starts so; "a*": any key that starts so);
``contains`` and ``lacks`` look into their texts. ``hears`` names a person to whom something comes unasked; ``digest`` is an instant at
which the periodic lists are sent, ``aid`` one at which the requests for help are looked at, ``promises`` one for what is kept by the clock.
``given`` is what was there before, as ``python -m bot seed`` takes it; a person of the dialogue is named by the role as the key. ``core:
true`` lets it run with each change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.texts import catalogue, text
from tests.dialogues.expectations import says
from tests.dialogues.product import Chatter, Product

CLOCKS = ("digest", "aid", "promises")
"""Steps at which time goes on: commands that take an instant."""


@dataclass(frozen=True)
class Line:
    """One thing said in a dialogue that was played: by a role, or by the bot to a role; with the buttons under it."""

    role: str
    words: str
    is_bots: bool
    buttons: tuple[str, ...] = ()


def play(product: Product, file: Path, told: list[Line] | None = None) -> None:
    """Play a dialogue with the running product, and see that nothing more is said at its end. What was said is added to ``told``."""
    script = yaml.safe_load(file.read_text(encoding="utf-8"))
    people = {role: product.person(**given) for role, given in script["people"].items()}
    if "given" in script:
        _seed(product, script["given"], people, file.stem)
    for number, step in enumerate(script["steps"], start=1):
        _play(product, people, dict(step), script["register"], f"step {number}: {step}", [] if told is None else told)
    for person in people.values():
        person.silence()


def _seed(product: Product, given: dict[str, Any], people: dict[str, Chatter], name: str) -> None:
    # Nobody's list is due before a dialogue asks for it.
    later = {"next_due_at": "2026-12-15T10:00:00"}
    rows = [
        {**later, **row, **({"telegram_id": people[row["key"]].chat_id} if row["key"] in people else {})} for row in given.get("people", ())
    ]
    organisations = [{**later, **row} for row in given.get("organisations", ())]
    path = product.folder / f"given_{name}.yml"
    path.write_text(yaml.safe_dump({**given, "people": rows, "organisations": organisations}, allow_unicode=True), encoding="utf-8")
    product.command("seed", str(path))


def turns_of(file: Path, role: str) -> int:
    """How many turns a person takes in a dialogue up to the summary that is accepted, the acceptance included."""
    script = yaml.safe_load(file.read_text(encoding="utf-8"))
    taken = 0
    for step in script["steps"]:
        if role in step:
            taken += 1
            if any(key.startswith("offer_saved") for key in step["bot"]):
                return taken
    raise ValueError(f"{file.name}: {role} saves no offer")


def _play(product: Product, people: dict[str, Chatter], step: dict[str, Any], register: str, where: str, told: list[Line]) -> None:
    if any(one in step for one in CLOCKS):
        _at(product, step, where)
        return
    register = step.get("register", register)
    role = step["hears"] if "hears" in step else next(role for role in people if role in step)
    person = people[role]
    if "hears" not in step:
        told.append(Line(role, _do(person, step[role], register, people), False))
    try:
        heard = person.hear(len(step["bot"]))
    except AssertionError as error:
        raise AssertionError(f"{where}: {error}") from None
    told += [Line(role, message["plain"], True, _buttons(message)) for message in heard]
    for keys, message in zip(step["bot"], heard, strict=True):
        assert says(register, keys, message["text"]), f"{where}\nexpected {keys}, heard:\n{message['text']}"
    whole = "\n".join(message["plain"] for message in heard)
    for part in step.get("contains", ()):
        assert part in whole, f"{where}\n{part!r} is not in:\n{whole}"
    for part in step.get("lacks", ()):
        assert part not in whole, f"{where}\n{part!r} is in:\n{whole}"


def _buttons(message: dict[str, Any]) -> tuple[str, ...]:
    return tuple(button["text"] for row in message.get("buttons") or message.get("keyboard") or () for button in row)


def _do(person: Chatter, what: Any, register: str, people: dict[str, Chatter]) -> str:
    """Let a person do something; returns it in words."""
    if isinstance(what, str):
        person.say(what)
        return what
    if "say" in what:
        words = str(what["say"]).format(_read(people[what["after"]], what["found"], what.get("altered", False)))
        person.say(words)
        return words
    if "tap" in what:
        title = text(register, what["tap"]) if what["tap"] in catalogue(register) else what["tap"]
        person.tap(title)
        return f"[{title}]"
    if "letters" in what:
        # What Telegram's apps do with a very long text: several messages of 4,096 letters.
        person.say(what["of"] * (what["letters"] // len(what["of"])))
        return f"{what['of']} …"
    person.send(what["send"])
    return f"({next(iter(what['send']))})"


def _read(person: Chatter, pattern: str, is_altered: bool) -> str:
    """What somebody read last that looks so; altered: with another sign at its end."""
    found = next(match.group() for message in reversed(person.messages) if (match := re.search(pattern, message["plain"])))
    return found[:-1] + ("7" if found[-1] != "7" else "8") if is_altered else found


def _at(product: Product, step: dict[str, Any], where: str) -> None:
    command = next(one for one in CLOCKS if one in step)
    said = product.command(command, "--at", str(step[command]))
    assert step.get("says", "") in said, f"{where}\n{said}"
