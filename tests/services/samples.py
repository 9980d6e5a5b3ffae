"""Annotated sentences as people here write, in all registers, with what trips programs up: emoji, marks of direction, brackets, quotes."""

from __future__ import annotations

import random

from bot.services.lessons import spelled
from bot.services.training_files import Lesson, Span

_PLACES = {
    "fr": [("Maârif", "Maârif"), ("maarif", "Maârif"), ("Hay Mohammadi", "Hay-Mohammadi"), ("ben m'sick", "Ben-M'sick")],
    "ar": [("المعاريف", "Maârif"), ("الحي المحمدي", "Hay-Mohammadi"), ("الْمَعَارِيفُ", "Maârif")],
    "ary-Arab": [("لمعاريف", "Maârif"), ("فلمعاريف", "Maârif"), ("حي المحمدي", "Hay-Mohammadi")],
    "ary-Latn": [("lm3arif", "Maârif"), ("7ay mohammadi", "Hay-Mohammadi"), ("Ma3arif", "Maârif")],
}
_DAYS = {
    "fr": [("samedi", "sat"), ("le dimanche", "sun")],
    "ar": [("السبت", "sat"), ("يوم الأحد", "sun")],
    "ary-Arab": [("نهار السبت", "sat"), ("لحد", "sun")],
    "ary-Latn": [("nhar sebt", "sat"), ("l7ed", "sun")],
}
_FRAMES = {
    "fr": [
        "je cherche une mission à {place}",
        "{place}, {day} svp ?",
        '« {place} » c\'est "près" de chez moi',
        "{day}: oui [peut-être] – non",
        "j'ai rien compris",
        "chui dispo {day}... à {place}!!",
    ],
    "ar": ["أريد التطوع في {place} {day}", "{place}؟", "هل توجد مهمة {day}، في «{place}»؟", "لم أفهم شيئًا", "أُرِيدُ أَنْ أُسَاعِدَ {day}"],
    "ary-Arab": ["بغيت نعاون ف{place}", "واش كاين شي حاجة {day} ف {place} ؟", "ما فهمتش والو", "{day} أو {place} بجوج (ولا غير وحدة)"],
    "ary-Latn": [
        "bghit n3awen f {place} {day}",
        "wach kayn chi 7aja f {place}?",
        "mafhemtch walo",
        "{day} {place} {day} \\o/",
        "3afak {place} {{hh}}",
    ],
}
_INTENTS = ("offer_volunteering", "search_missions", "inform", "faq/what_is", "apply_to_mission")
_BEFORE = (
    "",
    "",
    "",
    "🙏 ",
    "👩🏽‍🤝‍👨🏻 ",
    "\u200f",
    "\u200e",
    "- ",
    "# ",
    "...",
    "\u2067",
    "‼️ ",
    "1) ",
    "'",
    '"',
    "\\n ",
    "\\u0041 ",
    "* ",
    "🇲🇦",
)
_AFTER = (
    "",
    "",
    "",
    " 🙂",
    " ❤️",
    "\u200f",
    "\u2069",
    " :",
    " #casa",
    " \\",
    " %",
    "'",
    '"',
    "ـــ",
    " [ok]",
    " {x}",
    " (?)",
    "🧕🏾",
    " | > &",
)


def samples(count: int, seed: int = 8) -> list[tuple[str, Lesson]]:
    """So many sentences that differ in more than signs, each with its register; the same for the same seed."""
    chance = random.Random(seed)
    found: dict[str, tuple[str, Lesson]] = {}
    while len(found) < count:
        register = chance.choice(list(_FRAMES))
        lesson = _made(chance, register)
        found.setdefault(spelled(lesson.words), (register, lesson))
    return list(found.values())


def _made(chance: random.Random, register: str) -> Lesson:
    frame = chance.choice(_FRAMES[register])
    text, spans = chance.choice(_BEFORE), []
    while frame:
        kind = next((kind for kind in ("place", "day") if frame.startswith(f"{{{kind}}}")), None)
        if kind is None:
            step = 2 if frame[:2] in ("{{", "}}") else 1
            text += frame[0]
            frame = frame[step:]
            continue
        words, value = chance.choice((_PLACES if kind == "place" else _DAYS)[register])
        spans.append(Span(kind, value, len(text), len(text) + len(words)))
        text += words
        frame = frame[len(kind) + 2 :]
    text += chance.choice(_AFTER)
    if chance.random() < 0.7:
        text += f" {chance.randint(1, 999)}"
    return Lesson(text, chance.choice(_INTENTS), tuple(spans))
