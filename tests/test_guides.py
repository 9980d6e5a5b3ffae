"""The guides say what is so: words of buttons as in the catalogues, commands, roles, figures, sections alike in both languages, links."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

import pytest
import typer

from bot.cli import app
from bot.matching.fairness import LIST_LENGTH
from bot.messages.buttons import LIFETIME_DAYS as BUTTON_DAYS
from bot.services import bans, care, invitations, presence, promises, proposals, relay, staff_accounts, takeovers, waiting, waves
from bot.services.profiles import DEFAULT_RADIUS_KM
from bot.services.staff_roles import ROLES
from bot.services.staff_sessions import IDLE, LONGEST
from bot.services.subscriptions import DIGEST_HOUR
from bot.settings import PROJECT, SETTINGS
from bot.telegram.incoming import COMMANDS
from bot.texts import catalogue

FOLDER = PROJECT / "docs" / "guides"
TOPICS = {"volunteer": ("fr", "ar"), "organisation": ("fr", "ar"), "staff": ("fr",)}
GUIDES = [(topic, locale) for topic, locales in TOPICS.items() for locale in locales]
IN_BOTH = [topic for topic, locales in TOPICS.items() if len(locales) > 1]
LATIN_NAMES = {"Telegram", "WhatsApp", "Facebook", "PDF"}
"""What Arabic pages may write in Latin letters."""
SHORTEST_PART = 10
"""Letters of a quotation that may be a part of a text; a shorter one is a whole text, such as the title of a button."""
_GAP = "\0"
"""Where a text of the catalogue is filled in."""
_CODE = re.compile(r"```.*?```|`[^`\n]*`|<code[^>]*>.*?</code>|^>[^\n]*$", re.DOTALL | re.MULTILINE)
_QUOTED = re.compile(r"«(.*?)»", re.DOTALL)


def page(topic: str, locale: str) -> str:
    return (FOLDER / f"{topic}.{locale}.md").read_text(encoding="utf-8")


def prose(words: str) -> str:
    """Without what people type: code and block quotations."""
    return _CODE.sub(" ", words)


def code(words: str) -> list[str]:
    return [one or other for one, other in re.findall(r"`([^`\n]+)`|<code[^>]*>(.*?)</code>", words)]


def plain(words: str) -> str:
    """Without tags, emoji, marks of direction; blanks alike."""
    words = re.sub(r"<[^>]*>", "", words)
    return " ".join("".join(one for one in words if unicodedata.category(one) not in ("So", "Cf", "Mn", "Sk")).split())


def bare(words: str) -> str:
    """As somebody quotes a short text: without its gaps and the signs at its ends."""
    return plain(words.replace(_GAP, " ")).strip(" :،,.…!؟?")


@cache
def texts(locale: str) -> tuple[str, ...]:
    return tuple(plain(re.sub(r"\{\w+\}", _GAP, words)) for words in catalogue(locale).values())


@cache
def whole_texts(locale: str) -> frozenset[str]:
    return frozenset(map(bare, texts(locale))) - {""}


def is_said(quotation: str, locale: str) -> bool:
    """Whether bot or console say it: a whole text, or a part of one with whole words; … leaves something out."""
    if bare(quotation) in whole_texts(locale):
        return True
    parts = [part for part in (plain(part) for part in quotation.split("…")) if part]
    if sum(map(len, parts)) < SHORTEST_PART:
        return False
    looked_for = re.compile(".*".join(rf"(?<!\w){re.escape(part)}(?!\w)" for part in parts))
    return any(looked_for.search(text) for text in texts(locale))


def typed(words: str) -> str:
    """What people type, told apart by its words alone: any number is like another."""
    words = re.sub(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})", r"\1", words)
    return " ".join(re.sub(r"[«»]", " ", re.sub(r"\d+|\{\}", "0", words)).lower().split())


@cache
def known_sentences() -> str:
    """What dialogues play, what the understanding learns and is measured with."""
    patterns = ("tests/dialogues/*/*.yml", "data/nlu/*/*.yml", "tests/evaluation/*/*.yml", "tests/actions/*.py", "tests/nlu/*.py")
    files = sorted(path for pattern in patterns for path in PROJECT.glob(pattern))
    return typed("\n".join(path.read_text(encoding="utf-8") for path in files))


def sections(words: str) -> list[str]:
    return re.findall(r'^## <a id="([\w-]+)"></a>\S', words, re.MULTILINE)


def anchors(words: str) -> set[str]:
    """What a link may lead to: places named by hand, and headings, as a repository's pages name those."""
    headings = re.findall(r"^#+ (.+)$", words, re.MULTILINE)
    return {*re.findall(r'<a id="([\w-]+)">', words), *(re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in headings)}


def test_each_guide_is_there_and_no_other() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(f"{topic}.{locale}.md" for topic, locale in GUIDES)


@pytest.mark.parametrize(("topic", "locale"), GUIDES)
def test_what_is_quoted_is_said(topic: str, locale: str) -> None:
    found = _QUOTED.findall(prose(page(topic, locale)))
    assert len(found) > 20
    assert [one for one in found if not is_said(one, locale)] == []


@pytest.mark.parametrize(
    "words", ["🙋 Proposer son aide", "Clôture", "Non merc", "Je l'accepte", "ni diplôme, ni contrat, ni assurances", "…", ""]
)
def test_what_nobody_says_is_found_out(words: str) -> None:
    assert not is_said(words, "fr")


@pytest.mark.parametrize("words", ["🙋 Proposer mon aide", "🤝 Oui, mais…", "💌 … vous invite", "votre cause", "ni diplôme, ni contrat"])
def test_what_is_said_is_found(words: str) -> None:
    assert is_said(words, "fr")


@pytest.mark.parametrize(("topic", "locale"), GUIDES)
def test_guillemets_are_paired(topic: str, locale: str) -> None:
    words = prose(page(topic, locale))
    assert words.count("«") == words.count("»") == len(_QUOTED.findall(words))
    assert not [one for one in _QUOTED.findall(words) if "«" in one]


@pytest.mark.parametrize(("topic", "locale"), GUIDES)
def test_commands_are_known(topic: str, locale: str) -> None:
    named = {one.split()[0] for one in code(page(topic, locale)) if one.startswith("/")}
    assert named, "a guide says how to begin"
    assert named <= {f"/{command}" for command in COMMANDS} | {"/staff"}


def test_commands_of_the_machine_are_known() -> None:
    group = typer.main.get_command(app).commands["staff"].commands  # type: ignore[attr-defined]
    named = [one.removeprefix("python -m bot staff ").split() for one in code(page("staff", "fr")) if one.startswith("python")]
    assert len(named) > 4
    for command, *arguments in named:
        options = {name for parameter in group[command].params for name in parameter.opts}
        assert {one for one in arguments if one.startswith("--")} <= options, command
    assert {one[one.index("--role") + 1] if "--role" in one else "admin" for one in named} <= set(ROLES)


@pytest.mark.parametrize(("topic", "locale"), [(topic, locale) for topic in IN_BOTH for locale in TOPICS[topic]])
def test_examples_are_what_people_type(topic: str, locale: str) -> None:
    found = re.findall(r"^> (.+)$", page(topic, locale), re.MULTILINE)
    assert len(found) > 8
    assert [one for one in found if typed(one) not in known_sentences()] == []


@pytest.mark.parametrize("topic", IN_BOTH)
def test_sections_are_the_same_in_both_languages(topic: str) -> None:
    first, *others = (sections(page(topic, locale)) for locale in TOPICS[topic])
    assert len(first) == len(set(first)) > 10
    assert others == [first] * len(others)


@pytest.mark.parametrize(("topic", "locale"), [(topic, locale) for topic in IN_BOTH for locale in TOPICS[topic]])
def test_each_section_has_a_name_for_links(topic: str, locale: str) -> None:
    words = page(topic, locale)
    assert len(re.findall(r"^## ", words, re.MULTILINE)) == len(sections(words))


@pytest.mark.parametrize("topic", IN_BOTH)
def test_sections_name_the_same_commands(topic: str) -> None:
    def named(locale: str) -> list[set[str]]:
        parts = re.split(r"^## ", page(topic, locale), flags=re.MULTILINE)[1:]
        return [{one for one in code(part) if one.startswith("/")} for part in parts]

    assert named("fr") == named("ar")


@pytest.mark.parametrize("path", [*sorted(FOLDER.glob("*.md")), PROJECT / "CHANGELOG.md"], ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    found = re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", path.read_text(encoding="utf-8"))
    assert found, "each leads on"
    for target, anchor in found:
        if target.startswith("https://"):
            continue
        other = (path.parent / target).resolve() if target else path
        assert other.exists(), target
        if anchor:
            assert anchor in anchors(other.read_text(encoding="utf-8")), f"{target}#{anchor}"


@pytest.mark.parametrize("topic", IN_BOTH)
def test_arabic_runs_right_to_left(topic: str) -> None:
    words = page(topic, "ar")
    assert words.startswith('<div dir="rtl">\n\n# ')
    assert words.endswith("\n\n</div>\n")
    assert words.count("<div") == words.count("</div>") == 1


@pytest.mark.parametrize("topic", IN_BOTH)
def test_arabic_is_arabic(topic: str) -> None:
    words = re.sub(r"\]\([^)]*\)|<[^>]*>", " ", prose(page(topic, "ar")))
    assert set(re.findall(r"[A-Za-zÀ-ÿ]+", words)) <= LATIN_NAMES


@pytest.mark.parametrize("topic", IN_BOTH)
def test_latin_code_in_arabic_has_its_own_direction(topic: str) -> None:
    """Else the slash of a command stands at its other end."""
    assert [one for one in re.findall(r"`([^`\n]+)`", page(topic, "ar")) if re.search("[A-Za-z/]", one)] == []


def test_the_changelog_is_of_this_version() -> None:
    version = re.search(r'^version = "(.+)"$', (PROJECT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert version
    assert re.findall(r"^## \[(.+?)\]", (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[0] == version[1]


def test_roles_are_those_of_the_console() -> None:
    rows = re.findall(r"^\| `(\w+)` \| « (.*?) » \|", page("staff", "fr"), re.MULTILINE)
    assert rows == [(role, catalogue("fr")[f"console_role_{role}"]) for role in ROLES]


def test_the_words_between_quotations_name_no_other_role() -> None:
    spans = {one for one in code(page("staff", "fr")) if re.fullmatch(r"[a-z]{5,}", one)}
    assert spans - {"jam3iya"} == set(ROLES)


@pytest.mark.parametrize("topic", ["volunteer", "staff"])
def test_numbers_of_an_emergency_are_those_of_the_bot(topic: str) -> None:
    numbers = set(re.findall(r"<b>(\d+)</b>", catalogue("fr")["aid_emergency"]))
    assert numbers >= {"15", "19", "150"}
    for locale in TOPICS[topic]:
        bold = " ".join(re.findall(r"\*\*(.+?)\*\*", page(topic, locale), re.DOTALL))
        assert numbers <= set(re.findall(r"\d+", bold))


_CARE = (care.OPENS, care.CLOSES, care.CLOSES_IN_RAMADAN)
_SOURCE = (PROJECT / "actions" / "initiative.py").read_text(encoding="utf-8")
_ANNOUNCEMENT_WORDS = re.findall(r"^ANNOUNCEMENT_WORDS = (\d+)$", _SOURCE, re.MULTILINE)[0]
"""Read, not imported: guides are checked without Rasa, too."""
_QUIET = next(setting for setting in SETTINGS if setting.name == "QUIET_HOURS").purpose
_FIGURES: dict[tuple[str, str], list[str]] = {
    ("volunteer", "fr"): [
        f"({DEFAULT_RADIUS_KM} km si",
        f"gardée {waiting.OFFER_HOURS} heures",
        f"Après {promises.WAIT_DAYS} jours",
        f"relancée après {promises.NUDGE_DAYS} jours",
        f"Après {promises.ANSWER_DAYS} jours la candidature",
        f"vaut {proposals.ANSWER_DAYS} jours",
        f"pendant {invitations.LIFETIME_DAYS} jours",
        f"chaque semaine à {DIGEST_HOUR}h",
        "de {}h à {}h ({}h pendant le ramadan)".format(*_CARE),
        f"sert {BUTTON_DAYS} jours",
    ],
    ("volunteer", "ar"): [
        f"({DEFAULT_RADIUS_KM} كيلومترات",
        f"{waiting.OFFER_HOURS} ساعة",
        f"وبعد {promises.WAIT_DAYS} يوما",
        f"بعد {promises.NUDGE_DAYS} أيام",
        f"وبعد {promises.ANSWER_DAYS} أيام",
        f"تدوم الدعوة {proposals.ANSWER_DAYS} أيام",
        f"خلال {invitations.LIFETIME_DAYS} أيام",
        f"الزر {BUTTON_DAYS} يوما",
    ],
    ("organisation", "fr"): [
        f"à partir de {_ANNOUNCEMENT_WORDS} mots",
        f"après {promises.NUDGE_DAYS} jours",
        f"Après {promises.ANSWER_DAYS} jours la candidature expire",
        f"gardée {waiting.OFFER_HOURS} heures",
        f"pendant {invitations.LIFETIME_DAYS} jours",
        f"chaque semaine à {DIGEST_HOUR}h",
    ],
    ("organisation", "ar"): [
        f"ابتداء من {_ANNOUNCEMENT_WORDS} كلمة",
        f"بعد {promises.NUDGE_DAYS} أيام",
        f"وبعد {promises.ANSWER_DAYS} أيام",
        f"{waiting.OFFER_HOURS} ساعة",
        f"خلال {invitations.LIFETIME_DAYS} أيام",
    ],
    ("staff", "fr"): [
        f"après {IDLE.seconds // 60} minutes",
        f"après {LONGEST.seconds // 3600} heures",
        f"({staff_accounts.SHORTEST_PASSWORD} caractères au moins)",
        "de {}h à {}h ({}h pendant le ramadan)".format(*_CARE),
    ],
}


@pytest.mark.parametrize(("topic", "locale"), GUIDES)
def test_figures_are_those_of_the_code(topic: str, locale: str) -> None:
    words = " ".join(page(topic, locale).split())
    assert [figure for figure in _FIGURES[topic, locale] if figure not in words] == []


def test_figures_that_are_written_in_words() -> None:
    """Guides say "five", "two weeks", "once a week": whoever changes one of these has words to change, too."""
    assert LIST_LENGTH == 5
    assert relay.OPEN_DAYS == 14
    assert (proposals.MOST_A_WEEK, proposals.MOST_A_MONTH, proposals.MONTH.days) == (1, 2, 30)
    assert (waves.MOST_CALLS, waves.CALLS_DAYS) == (2, 30)
    assert (presence.OPENS_BEFORE.seconds, presence.CLOSES_AFTER.seconds) == (3600, 3 * 3600)
    assert takeovers.SILENCE.seconds == 1800
    assert bans.KEPT.days == 365
    assert "20-9" in _QUIET
