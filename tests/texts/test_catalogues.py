"""The catalogues: the same keys and placeholders in all registers, right letters, valid markup, nothing too long."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
import yaml
from babel import Locale

from bot.sandbox.markup import plain_text
from bot.texts import DEFAULT_REGISTER, LOCALES, REGISTERS, RIGHT_TO_LEFT, catalogue, placeholders, text

PLURALS = ("zero", "one", "two", "few", "many", "other")
NEEDED_PLURALS = {"ar": Locale("ar"), "fr": Locale("fr"), "ary-Arab": Locale("ar"), "ary-Latn": Locale("fr")}
LATIN, ARABIC = re.compile(r"[A-Za-zÀ-ɏ]"), re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]")
LATIN_NAMES = re.compile(r"Telegram|Tadamon|WhatsApp")
"""Names that are written in Latin letters wherever they stand."""
STAFF = "console_"
"""Begins the keys of the files console*.yml: staff read French or Arabic, and nothing of the console is said in Darija."""


def _is_plural(key: str) -> bool:
    """Whether a key is one of a family that is chosen by a number: commitments_one, beside commitments_other."""
    family, _, ending = key.rpartition("_")
    others = [other for other in PLURALS if other != ending]
    return ending in PLURALS and any(f"{family}_{other}" in catalogue(register) for register in REGISTERS for other in others)


def stem(key: str) -> str:
    return key.rpartition("_")[0] if _is_plural(key) else key


def stems(register: str) -> set[str]:
    return {stem(key) for key in catalogue(register)}


def without_console(found: Iterable[str]) -> set[str]:
    return {key for key in found if not key.startswith(STAFF)}


def peer(register: str) -> str:
    """The register with which another one is compared; the two that staff read are compared whole, with each other."""
    return {"fr": "ar", "ar": "fr"}.get(register, DEFAULT_REGISTER)


def words(register: str, key: str) -> str:
    """A text without tags and placeholders."""
    return re.sub(r"<[^>]*>|\{\w+\}", " ", catalogue(register)[key])


@pytest.mark.parametrize("register", REGISTERS)
def test_every_register_says_the_same_things(register: str) -> None:
    assert without_console(stems(register)) == without_console(stems(DEFAULT_REGISTER))
    assert register not in ("fr", "ar") or stems(register) == stems(peer(register))


def test_the_console_has_files_of_its_own_and_no_darija() -> None:
    for path in LOCALES.rglob("*.yml"):
        keys = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert {key.startswith(STAFF) for key in keys} == {path.name.startswith("console")}, path
        assert path.parent.name in ("fr", "ar") or not path.name.startswith("console")


@pytest.mark.parametrize("register", REGISTERS)
def test_every_register_has_the_same_files(register: str) -> None:
    names, others = ({path.name for path in (LOCALES / of).iterdir()} for of in (register, peer(register)))
    assert names == others
    assert without_console(name.replace("console", STAFF) for name in names) == {
        path.name for path in (LOCALES / DEFAULT_REGISTER).iterdir()
    }


@pytest.mark.parametrize("register", REGISTERS)
def test_every_text_takes_the_same_arguments_in_all_registers(register: str) -> None:
    def wanted(of: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for key, template in catalogue(of).items():
            # A singular may say "one" in words: the number itself is no argument that can be missed.
            found.setdefault(stem(key), set()).update(placeholders(template) - {"count"})
        return found

    assert wanted(register) == wanted(peer(register))


@pytest.mark.parametrize("register", REGISTERS)
def test_every_number_has_its_plural(register: str) -> None:
    form = NEEDED_PLURALS[register].plural_form
    for family in {stem(key) for key in catalogue(register) if _is_plural(key)}:
        missing = (
            {form(number) for number in range(200)} - {"other"} - {k.rpartition("_")[2] for k in catalogue(register) if stem(k) == family}
        )
        # Arabic's zero may be said as other; French's zero is one.
        assert missing <= {"zero"}, f"{family} lacks {missing}"
        assert f"{family}_other" in catalogue(register)


@pytest.mark.parametrize("register", REGISTERS)
def test_a_text_that_shows_a_count_shows_it_in_all_registers(register: str) -> None:
    """The code asks for a key with a count or without one, whatever the register."""

    def counting(of: str) -> set[str]:
        return {stem(key) for key, template in catalogue(of).items() if "count" in placeholders(template)}

    assert counting(register) == counting(peer(register))


@pytest.mark.parametrize("register", REGISTERS)
def test_texts_are_telegram_html(register: str) -> None:
    for key, template in catalogue(register).items():
        assert plain_text(template).strip(), key


@pytest.mark.parametrize("register", REGISTERS)
def test_texts_render_with_whatever_people_type(register: str) -> None:
    nasty = "<b>A & B</i> {x} « 1 < 2"
    for key, template in catalogue(register).items():
        arguments = dict.fromkeys(placeholders(template) - {"count"}, nasty)
        shown = plain_text(text(register, key, 7 if "count" in placeholders(template) else None, **arguments))
        assert len(shown) < 4096, key
        assert nasty in shown or not arguments, key


@pytest.mark.parametrize("register", RIGHT_TO_LEFT)
def test_arabic_registers_have_no_latin_letters(register: str) -> None:
    mixed = {key: words(register, key) for key in catalogue(register) if LATIN.search(LATIN_NAMES.sub("", words(register, key)))}
    assert not mixed


@pytest.mark.parametrize("register", ["fr", "ary-Latn"])
def test_latin_registers_have_no_arabic_letters(register: str) -> None:
    assert not {key: words(register, key) for key in catalogue(register) if ARABIC.search(words(register, key))}


@pytest.mark.parametrize("register", REGISTERS)
def test_texts_hold_no_payloads_and_no_direction_marks(register: str) -> None:
    for key, template in catalogue(register).items():
        assert not re.search(r"(?:^|\s)/[a-z_]+", template), f"{key} holds a payload"
        assert not re.search("[\u200e\u200f\u2066-\u2069\u202a-\u202e]", template), f"{key}: marks are set when it is rendered"


@pytest.mark.parametrize("register", REGISTERS)
def test_what_rasa_renders_has_no_placeholders(register: str) -> None:
    spoken = {key: placeholders(template) for key, template in catalogue(register).items() if key.startswith("utter_")}
    assert spoken and not any(spoken.values())


@pytest.mark.parametrize("register", REGISTERS)
def test_buttons_fit_on_a_phone(register: str) -> None:
    for key, template in catalogue(register).items():
        if key.startswith(("button_", "reason_end_", "register_name")):
            assert len(template) <= 40 and "\n" not in template, key


@pytest.mark.parametrize("register", REGISTERS)
def test_the_menu_fits_telegram(register: str) -> None:
    shown = {key: template for key, template in catalogue(register).items() if key.startswith("command_")}
    assert shown and all(len(template) <= 256 for template in shown.values())


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize(("key", "longest"), [("about_description", 512), ("about_short", 120)])
def test_what_telegram_shows_of_the_bot_fits(register: str, key: str, longest: int) -> None:
    shown = text(register, key)
    assert len(shown) <= longest
    assert plain_text(shown) == shown, "it is no HTML there"


@pytest.mark.parametrize("register", REGISTERS)
def test_the_toast_fits_telegram(register: str) -> None:
    assert len(text(register, "button_expired")) <= 200


@pytest.mark.parametrize("register", REGISTERS)
def test_tags_are_closed_in_the_line_that_opens_them(register: str) -> None:
    """Long messages are parted between lines."""
    for template in catalogue(register).values():
        for line in template.splitlines():
            assert plain_text(line or "-")
