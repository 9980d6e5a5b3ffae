"""A volunteer offers help: what, where, when, with which means."""

from __future__ import annotations

import re
from typing import Any

from actions.form import DraftForm, Problem, Question, confirm_choices, merge
from actions.guardian import ask_guardian
from actions.places import keyboard, whereabouts
from actions.schedule import add_week, draft_of_slots, week_choices, week_slots
from actions.turn import Answer, Turn
from bot import clock, vocabulary
from bot.messages import effects
from bot.messages.outbox import Choice
from bot.services import applications, cards, door, lists, profiles, record
from bot.services.profiles import DEFAULT_RADIUS_KM, MAX_RADIUS_KM, Offer
from bot.texts import Html, text
from bot.vocabulary.ages import BANDS, band_of, find_own_age
from bot.vocabulary.gazetteer import find
from bot.vocabulary.times import find_distance_km

SKILLS_OFFERED = ("teaching", "languages", "it", "driving", "cooking", "first_aid", "handyman", "events", "listening", "arts")
_CALLED = re.compile(
    r"(?:je m['’ ]?appell?e|m[oa]i c['’ ]?est|mon pr[eé]nom(?: c)?['’ ]?(?:est)?|smiti|smyti|smi[ty]i|اسمي|إسمي|سميتي|سميتى)"
    r"\s+(\w[\w'’-]{1,30})",
    re.IGNORECASE,
)


class OfferForm(DraftForm):
    """place → causes → skills → when → summary with consent → saved, and the first list at once."""

    action = "offer_form"
    slot = "offer"
    intent = "offer_volunteering"
    steps = ("place", "causes", "skills", "when", "age")
    optional = frozenset({"skills", "when"})

    def loaded(self, turn: Turn) -> dict[str, Any]:
        with door.reading() as session:
            offer = profiles.offer_of(session, turn.chat_id)
        if offer is None:
            return {}
        return {
            "first_name": offer.first_name,
            "place": offer.place,
            "latitude": offer.latitude,
            "longitude": offer.longitude,
            "radius_km": offer.radius_km,
            "mode": offer.mode,
            "causes": list(offer.causes),
            "skills": list(offer.skills),
            "means": list(offer.means),
            "age_band": offer.age_band,
            "skipped": ["skills"],
            **draft_of_slots(offer.slots),
        }

    def absorb(self, turn: Turn, draft: dict[str, Any], asked: str | None) -> Problem | None:
        where = whereabouts(turn)
        if where.place:
            draft.update(place=where.place, latitude=where.latitude, longitude=where.longitude)
        merge(turn, draft, "skills", "skill")
        # "I can cook" at the question for skills says nothing about hunger: one word may be a skill and a cause.
        if asked != "skills" or turn.said.without("cause"):
            merge(turn, draft, "causes", "cause")
        add_week(turn, draft)
        if mode := turn.said.last("mode"):
            draft["mode"] = None if len(turn.said.all("mode")) > 1 else mode
        _add_words(turn, draft)
        _add_age(turn, draft, asked)
        if where.problem and not draft.get("place"):
            return Problem(where.problem)
        return None

    def question(self, step: str, draft: dict[str, Any], turn: Turn) -> Question:
        answer = Answer(turn.register)
        if step == "place":
            return Question("ask_place", keyboard=keyboard(turn.register))
        if step == "causes":
            choices = [
                Choice(vocabulary.label("cause", term.id, turn.register), f'/inform{{"cause": "{term.id}"}}')
                for term in vocabulary.terms("cause")
            ]
            return Question("ask_causes", choices)
        if step == "skills":
            choices = [
                Choice(vocabulary.label("skill", skill, turn.register), f'/inform{{"skill": "{skill}"}}') for skill in SKILLS_OFFERED
            ]
            return Question("ask_skills", choices)
        if step == "when":
            return Question("ask_when", week_choices(answer))
        if step == "age":
            bands = [answer.choice(f"button_{band}", f'/inform{{"age_band": "{band}"}}') for band in ("teen", "child")]
            return Question("ask_age", bands)
        return self._summary(draft, turn, answer)

    def _is_open(self, step: str, draft: dict[str, Any]) -> bool:
        # Whoever says nothing of it confirms by his yes to be an adult; the one button under the summary asks it of all others.
        return draft.get("age_band") == "minor" if step == "age" else super()._is_open(step, draft)

    def _ask(self, turn: Turn, draft: dict[str, Any], answer: Answer) -> Answer:
        if draft.get("age_band") != "child":
            return super()._ask(turn, draft, answer)
        left = Answer(turn.register)
        left.slots.update({self.slot: None, "wanted_mission": None})
        return left.say("minor_child", left.choice("button_search", "/search_missions"))

    def _summary(self, draft: dict[str, Any], turn: Turn, answer: Answer) -> Question:
        with door.reading() as session:
            agreed = profiles.has_consent(session, turn.chat_id)
        register = turn.register
        radius = draft.get("radius_km", DEFAULT_RADIUS_KM)
        lines = [
            text(register, "summary_name", name=_name(turn, draft)),
            text(register, "summary_place", place=cards.place(draft["place"], register), count=radius),
            text(register, "summary_causes", causes=cards.labels("cause", draft["causes"], register)),
        ]
        if draft.get("skills"):
            lines.append(text(register, "summary_skills", skills=cards.labels("skill", draft["skills"], register)))
        if draft.get("means"):
            lines.append(text(register, "summary_means", means=cards.labels("means", draft["means"], register)))
        lines.append(text(register, "summary_when", slots=cards.week(week_slots(draft), register)))
        lines.append(text(register, f"summary_mode_{draft.get('mode') or 'both'}"))
        is_teen = draft.get("age_band") == "teen"
        if is_teen:
            lines.append(text(register, "age_teen"))
        consent = "" if agreed else "\n\n" + text(register, "consent_ask_teen" if is_teen else "consent_ask")
        choices = confirm_choices(answer, with_consent=not agreed)
        if not agreed and not is_teen:
            choices.append(answer.choice("button_minor", '/inform{"age_band": "minor"}'))
        return Question(
            "offer_summary",
            choices,
            arguments=(("lines", Html("\n".join(lines))), ("consent", Html(consent))),
        )

    def save(self, turn: Turn, draft: dict[str, Any], answer: Answer) -> None:
        at = clock.now()
        offer = Offer(
            first_name=_name(turn, draft),
            place=draft["place"],
            latitude=draft.get("latitude"),
            longitude=draft.get("longitude"),
            radius_km=draft.get("radius_km", DEFAULT_RADIUS_KM),
            mode=draft.get("mode"),
            causes=draft["causes"],
            skills=draft.get("skills", ()),
            means=draft.get("means", ()),
            slots=week_slots(draft),
            age_band=draft.get("age_band") or "adult",
        )
        wanted = turn.slot("wanted_mission")

        def keep() -> dict[str, Any]:
            person_id = profiles.save_offer(session, turn.speaker, offer, at).person_id
            applied = applications.apply(session, turn.chat_id, int(wanted), at) if wanted else None
            return {"person_id": person_id, "applied": applied}

        with door.opened() as session:
            outcome = effects.once(session, turn.update_id, self.action, keep)
            profile = record.volunteer_profiles(session, [outcome["person_id"]])[0]
            shown = lists.missions(session, turn.chat_id, profile, turn.register, "missions_found", at)
            nothing = None if shown else lists.nothing_found(session, profile, turn.register, at)
        answer.loop = None
        answer.slots.update({self.slot: None, "wanted_mission": None})
        answer.say("offer_saved", name=offer.first_name)
        applied = outcome["applied"]
        if applied and applied["outcome"] == "guardian":
            ask_guardian(turn, answer, applied)
        elif applied:
            answer.say(f"apply_{applied['outcome']}", **{k: v for k, v in applied.items() if k != "outcome"})
        if told := shown or nothing:
            answer.add(told.text, *told.choices)


def _add_words(turn: Turn, draft: dict[str, Any]) -> None:
    """Means, distance and name: they are said in words only, and are no entities of the contract."""
    if turn.is_payload:
        return
    means = find(turn.text, kinds=("means",))
    out = {mention.value for mention in means if mention.negated}
    kept = [m for m in dict.fromkeys((*draft.get("means", ()), *(m.value for m in means))) if m not in out]
    if kept or "means" in draft:
        draft["means"] = kept
    radius = find_distance_km(turn.text)
    if radius is not None and 0 < radius <= MAX_RADIUS_KM:
        draft["radius_km"] = radius
    if called := _CALLED.search(turn.text):
        draft["first_name"] = called[1]


def _add_age(turn: Turn, draft: dict[str, Any], asked: str | None) -> None:
    """The band of an age that was tapped or told; what a payload of somebody else's making says is none."""
    tapped = turn.said.last("age_band")
    if turn.is_payload:
        draft.update({"age_band": tapped} if tapped in (*BANDS, "minor") else {})
    elif age := find_own_age(turn.text, asked == "age"):
        draft["age_band"] = band_of(age)


def _name(turn: Turn, draft: dict[str, Any]) -> str:
    return str(draft.get("first_name") or turn.speaker.first_name or text(turn.register, "someone"))
