"""An association, cooperative or institution registers itself."""

from __future__ import annotations

import re
from typing import Any

from actions.form import DraftForm, Problem, Question, confirm_choices, merge, take_text
from actions.places import keyboard, whereabouts
from actions.turn import Answer, Turn
from bot import clock, vocabulary
from bot.messages import effects
from bot.messages.outbox import Choice
from bot.services import cards, door, organisations, profiles
from bot.services.organisations import Registration
from bot.texts import Html, text
from bot.vocabulary.names import organisation_name

PAPERS_LENGTH = 80
_NUMBERED = re.compile(r"(?:^|(?<=[\s,،:;(]))(?:(?:n°|num[eé]ro|r[eé]c[eé]piss[eé]|ra9m|was[le]l?|رقم|وصل)\W*)*\d", re.IGNORECASE)


class OrganisationForm(DraftForm):
    """kind → name → place → causes → what it does → its papers → summary with consent → saved; then its first initiative."""

    action = "organisation_form"
    slot = "organisation"
    intent = "register_association"
    steps = ("kind", "name", "place", "causes", "services", "papers")
    optional = frozenset({"services", "papers"})
    free_text = frozenset({"name", "services", "papers"})

    def absorb(self, turn: Turn, draft: dict[str, Any], asked: str | None) -> Problem | None:
        named = organisation_name(turn.text) if not turn.is_payload and asked not in ("services", "papers") else None
        if named:
            draft["name"] = named
        elif asked in self.free_text:
            return take_text(turn, draft, asked)
        if kind := turn.said.last("organisation_kind"):
            draft["kind"] = kind
        where = whereabouts(turn)
        if where.place:
            draft["place"] = where.place
        merge(turn, draft, "causes", "cause")
        return Problem(where.problem) if where.problem and not draft.get("place") else None

    def question(self, step: str, draft: dict[str, Any], turn: Turn) -> Question:
        answer, register = Answer(turn.register), turn.register
        if step == "kind":
            return Question("ask_kind", _choices("organisation_kind", register))
        if step == "place":
            return Question("ask_organisation_place", keyboard=keyboard(register))
        if step == "causes":
            return Question("ask_organisation_causes", _choices("cause", register))
        if step == "papers":
            return Question(f"ask_papers_{draft['kind']}")
        if step in ("name", "services"):
            return Question(f"ask_{step}")
        with door.reading() as session:
            agreed = profiles.has_consent(session, turn.chat_id)
        lines = [
            f"<b>{text(register, 'plain', value=draft['name'])}</b>",
            text(register, "plain", value=vocabulary.label("organisation_kind", draft["kind"], register)),
            f"📍 {cards.place(draft['place'], register)}",
            f"❤️ {cards.labels('cause', draft['causes'], register)}",
        ]
        if draft.get("services"):
            lines.append(f"🤝 {text(register, 'plain', value=draft['services'])}")
        representative, receipt = papers(draft.get("papers"))
        lines += [f"{sign} {text(register, 'plain', value=found)}" for sign, found in (("👤", representative), ("📄", receipt)) if found]
        consent = "" if agreed else "\n\n" + text(register, "consent_ask_organisation")
        return Question(
            "organisation_summary",
            confirm_choices(answer, with_consent=not agreed),
            arguments=(("lines", Html("\n".join(lines))), ("consent", Html(consent))),
        )

    def save(self, turn: Turn, draft: dict[str, Any], answer: Answer) -> None:
        representative, receipt = papers(draft.get("papers"))
        registration = Registration(
            kind=draft["kind"],
            name=draft["name"],
            place=draft["place"],
            causes=draft["causes"],
            services=draft.get("services", ""),
            representative=representative,
            receipt=receipt,
        )

        def keep() -> dict[str, Any]:
            organisation = organisations.register(session, turn.speaker, registration, clock.now())
            return {"state": organisation.state, "name": organisation.name}

        with door.opened() as session:
            outcome = effects.once(session, turn.update_id, self.action, keep)
        answer.loop = None
        answer.slots[self.slot] = None
        answer.say(
            "organisation_saved" if outcome["state"] == "validated" else "organisation_pending",
            answer.choice("button_publish", "/publish_initiative"),
            name=outcome["name"],
        )


def papers(words: str | None) -> tuple[str | None, str | None]:
    """Who represents an organisation and the number of its receipt, from one answer: what stands before the first number, and the rest."""
    found = _NUMBERED.search(words or "")
    name, number = (words[: found.start()], words[found.start() :]) if words and found else (words or "", "")
    return name.strip(" ,;:،؛-–")[:PAPERS_LENGTH] or None, number.strip()[:PAPERS_LENGTH] or None


def _choices(kind: str, register: str) -> list[Choice]:
    return [Choice(vocabulary.label(kind, term.id, register), f'/inform{{"{kind}": "{term.id}"}}') for term in vocabulary.terms(kind)]
