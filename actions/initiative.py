"""An organisation publishes an initiative and the mission in it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from actions.form import CONFIRM, DraftForm, Problem, Question, confirm_choices, merge, take_text
from actions.initiatives import ask_which, named
from actions.places import keyboard, whereabouts
from actions.schedule import add_dates, draft_of_slots, mission_slots
from actions.turn import Answer, Turn
from bot import clock
from bot.messages import effects
from bot.messages.outbox import Choice
from bot.services import cards, door, initiatives, organisations, recommendations
from bot.services.organisations import ADULT, Need
from bot.texts import Html, text
from bot.vocabulary.ages import find_age
from bot.vocabulary.spelling import normalise

MAX_CAPACITY = 5000
YOUNGEST, OLDEST_MINIMUM = 12, 60
"""Minimum ages that make sense for a mission; below, somebody speaks of the children it is for."""
AUTHORISED_CAUSES = ("food", "relief")
"""Distributing aid to the public needs prior authorisation (law 18-18)."""
ANNOUNCEMENT_WORDS = 24
"""So many words are no answer to a question: somebody pasted an announcement."""
TITLE_LENGTH = 80
_WELCOME = re.compile(
    r"souhait|bienvenu|\bun plus\b|atout|appreci|facultati|optionnel|preferenc|si possible"
    r"|مستحسن|يفضل|محبذ|مرحبا ب|مزيان الا|حسن الا|7sen ila|mezyan ila",
    re.IGNORECASE,
)
"""Words that make a skill welcome instead of required, on normalised text."""
SKILLS_OFFERED = ("teaching", "driving", "cooking", "medical", "it", "events", "communication", "handyman")


class InitiativeForm(DraftForm):
    """title → place → when → how many → skills → authorisation → summary → published, with how many volunteers fit.

    A pasted announcement gives what it holds, and its first line as the title. With a mission in the payload, that one is done again.
    """

    action = "initiative_form"
    slot = "initiative"
    intent = "publish_initiative"
    steps = ("title", "place", "when", "capacity", "skills", "authorisation")
    optional = frozenset({"skills", "authorisation"})
    free_text = frozenset({"title", "authorisation"})

    def kept(self, turn: Turn) -> dict[str, Any] | None:
        again = turn.loop != self.action and turn.is_payload and turn.said.last("mission")
        return None if again else super().kept(turn)

    def loaded(self, turn: Turn) -> dict[str, Any]:
        """The draft of a mission that is to be done again: all of it but its date."""
        number = turn.said.row_id("mission") if turn.is_payload else None
        if number is None:
            return {}
        with door.opened() as session:
            mission = initiatives.own(session, turn.chat_id, number, ("published", "full", "pending", "finished", "cancelled"))
            draft = draft_of(initiatives.need_of(mission)) if mission else {}
        if draft.get("starts_on"):
            draft.update(starts_on=None, ends_on=None, when=False)
        return draft

    def entrance(self, turn: Turn, draft: dict[str, Any]) -> Answer | None:
        """Only an organisation publishes; what was said of the need is kept until it is registered."""
        with door.reading() as session:
            known = organisations.spoken_for(session, turn.chat_id)
        if known:
            draft["organisation"] = {"id": known[0].id, "name": known[0].name, "place": known[0].place}
            draft["organisation"]["cause"] = known[0].causes[0] if known[0].causes else "rights"
            return None
        answer = Answer(turn.register, then="organisation_form")
        answer.slots[self.slot] = draft
        return answer.say("register_first")

    def absorb(self, turn: Turn, draft: dict[str, Any], asked: str | None) -> Problem | None:
        if asked in self.free_text:
            return take_text(turn, draft, asked)
        if asked is None and not draft.get("title") and is_announcement(turn):
            draft["title"] = headline(turn.text)
        where = whereabouts(turn)
        if where.place:
            draft["place"] = where.place
        if turn.said.last("mode") == "remote":
            draft.update(mode="remote", place=draft.get("place") or (draft.get("organisation") or {}).get("place"))
        elif turn.said.last("mode"):
            draft["mode"] = "onsite"
        causes = turn.said.all("cause")
        # A word may be a skill and a cause: at the question for skills it is no cause.
        if causes and asked != "skills":
            draft["cause"] = causes[-1] if asked == CONFIRM else draft.get("cause") or causes[0]
        _add_skills(turn, draft)
        past = add_dates(turn, draft)
        age = _add_age(turn, draft)
        count = _add_capacity(turn, draft, age)
        if past:
            return Problem(past)
        if count:
            return count
        return Problem(where.problem) if where.problem and not draft.get("place") else None

    def _is_open(self, step: str, draft: dict[str, Any]) -> bool:
        if step == "authorisation":
            return _need_cause(draft) in AUTHORISED_CAUSES and super()._is_open(step, draft)
        if step == "skills":
            return not draft.get("skills_welcome") and super()._is_open(step, draft)
        return super()._is_open(step, draft)

    def question(self, step: str, draft: dict[str, Any], turn: Turn) -> Question:
        register = turn.register
        if step == "place":
            home = draft["organisation"]["place"]
            rows = [[{"text": cards.place(home, register)}], *keyboard(register, with_location=False)]
            return Question("ask_mission_place", keyboard=rows)
        if step == "skills":
            skills = [Choice(cards.labels("skill", [skill], register), f'/inform{{"skill": "{skill}"}}') for skill in SKILLS_OFFERED]
            return Question("ask_mission_skills", skills)
        if step == "capacity":
            choices = [Choice(str(n), f'/inform{{"number": "{n}"}}') for n in (2, 5, 10, 20)]
            return Question("ask_capacity", choices)
        if step in ("title", "when", "authorisation"):
            return Question(f"ask_mission_{step}")
        return self._summary(draft, turn)

    def _summary(self, draft: dict[str, Any], turn: Turn) -> Question:
        return Question(
            "initiative_summary",
            confirm_choices(Answer(turn.register), with_consent=False),
            arguments=(("lines", Html("\n".join(self._lines(draft, turn)))),),
        )

    def _lines(self, draft: dict[str, Any], turn: Turn) -> list[str]:
        register, need = turn.register, _need(draft)
        lines = [
            f"<b>{text(register, 'plain', value=need.title)}</b>",
            text(register, "plain", value=draft["organisation"]["name"]),
            f"❤️ {cards.labels('cause', [need.cause], register)}",
            f"📍 {text(register, 'remote_place') if need.mode == 'remote' else cards.place(need.place, register)}",
            f"🗓 {cards.when(organisations.preview(need), register)}",
            f"👥 {text(register, 'volunteers_wanted', count=need.capacity)}",
        ]
        if need.skills:
            lines.append(f"🛠 {cards.labels('skill', need.skills, register)}")
        if need.skills_welcome:
            lines.append(text(register, "skills_welcome", skills=cards.labels("skill", need.skills_welcome, register)))
        if need.minimum_age != ADULT:
            lines.append(text(register, "minimum_age", age=need.minimum_age))
        if need.authorisation:
            lines.append(text(register, "authorisation", value=need.authorisation))
        with door.reading() as session:
            expected = recommendations.forecast(session, int(draft["organisation"]["id"]), need, clock.now())
        lines.append("🔮 " + text(register, "volunteers_fit", count=expected.fitting))
        if expected.best_slot:
            slots = cards.week(expected.best_slot, register)
            lines.append(text(register, "forecast_better", slots=slots, count=expected.at_best))
        return lines

    def save(self, turn: Turn, draft: dict[str, Any], answer: Answer) -> None:
        at = clock.now()
        organisation_id = int(draft["organisation"]["id"])

        def keep() -> dict[str, Any]:
            mission = organisations.publish(session, turn.chat_id, organisation_id, _need(draft), at)
            return {"mission_id": mission.id}

        answer.loop = None
        try:
            with door.opened() as session:
                outcome = effects.once(session, turn.update_id, self.action, keep)
                fitting = recommendations.volunteers_for(session, organisation_id, at).total
                validated = organisations.is_validated(session, organisation_id)
        except PermissionError:
            # Since the form began somebody else took the right to speak for it; the draft is his own and stays.
            answer.say("no_organisation", answer.choice("button_register", "/register_association"))
            return
        answer.slots[self.slot] = None
        answer.say(
            "initiative_published" if validated else "initiative_waits",
            answer.choice("button_volunteers", "/show_volunteers"),
            answer.choice("button_publish_another", "/publish_initiative"),
            title=draft["title"],
            number=outcome["mission_id"],
            fitting=Html(text(turn.register, "volunteers_fit", count=fitting)),
        )


class InitiativeChangeForm(InitiativeForm):
    """A published mission as a draft, with a summary at once: whatever is said changes it, and nothing is changed before the yes."""

    action = "initiative_change_form"
    slot = "initiative_change"
    intent = "update_initiative"

    def kept(self, turn: Turn) -> dict[str, Any] | None:
        found = DraftForm.kept(self, turn)
        names_another = turn.loop != self.action and (turn.said.last("mission") or turn.said.last("mission_ref"))
        return None if names_another else found

    def loaded(self, turn: Turn) -> dict[str, Any]:
        with door.opened() as session:
            number = named(session, turn, [mission.id for mission in initiatives.of_chat(session, turn.chat_id)])
            mission = initiatives.own(session, turn.chat_id, number) if number else None
            if mission is None:
                return {}
            return {"mission_id": mission.id, "skipped": ["skills", "authorisation"], **draft_of(initiatives.need_of(mission))}

    def entrance(self, turn: Turn, draft: dict[str, Any]) -> Answer | None:
        if "mission_id" not in draft:
            return ask_which(turn, "update_which", self.intent)
        with door.opened() as session:
            mission = initiatives.own(session, turn.chat_id, int(draft["mission_id"]))
            if mission is None:
                return Answer(turn.register, slots={self.slot: None}).say("initiative_unknown")
            owner = mission.initiative.organisation
            draft["organisation"] = {"id": owner.id, "name": owner.name, "place": owner.place, "cause": mission.initiative.cause}
        return None

    def _let_go(self, turn: Turn) -> Answer:
        answer = Answer(turn.register, slots={self.slot: None})
        return answer.say("initiative_unchanged", answer.choice("button_initiatives", "/my_initiatives"))

    def _summary(self, draft: dict[str, Any], turn: Turn) -> Question:
        answer = Answer(turn.register)
        choices = [answer.choice("button_save", "/affirm"), answer.choice("button_leave", "/stop")]
        lines = Html("\n".join(self._lines(draft, turn)))
        return Question("initiative_change_summary", choices, arguments=(("lines", lines), ("number", draft["mission_id"])))

    def save(self, turn: Turn, draft: dict[str, Any], answer: Answer) -> None:
        at, number = clock.now(), int(draft["mission_id"])
        with door.opened() as session:
            outcome = effects.once(
                session, turn.update_id, self.action, lambda: initiatives.change(session, turn.chat_id, number, _need(draft), at)
            )
        if outcome["outcome"] == "fewer":
            draft["asked"] = CONFIRM
            answer.slots[self.slot] = draft
            answer.say("initiative_fewer")
            return
        answer.loop = None
        answer.slots[self.slot] = None
        if outcome["outcome"] == "unknown":
            answer.say("initiative_unknown")
            return
        answer.say("initiative_changed", title=outcome["title"], told=Html(text(turn.register, "people_told", count=outcome["told"])))


def is_announcement(turn: Turn) -> bool:
    """Whether a message is more than the wish to publish: a text from elsewhere, with the need in it."""
    count = len(turn.text.split())
    return not turn.is_payload and (count >= ANNOUNCEMENT_WORDS or ("\n" in turn.text.strip() and count >= ANNOUNCEMENT_WORDS // 3))


def headline(announcement: str) -> str:
    """The first line that has words, without ornaments, cut at a sentence or a word."""
    lines = [re.sub(r"^[^\w«\"'(]+|[^\w»\"')!?؟]+$", "", line) for line in announcement.splitlines()]
    first = next((" ".join(line.split()) for line in lines if any(letter.isalpha() for letter in line)), "")
    if len(first) > TITLE_LENGTH:
        first = re.split(r"(?<=\w)[.!?؟:;،]\s", first, maxsplit=1)[0]
    return first if len(first) <= TITLE_LENGTH else first[: TITLE_LENGTH - 1].rsplit(" ", 1)[0] + "…"


def _add_skills(turn: Turn, draft: dict[str, Any]) -> None:
    is_welcome = not turn.is_payload and bool(_WELCOME.search(normalise(turn.text)))
    merge(turn, draft, "skills_welcome" if is_welcome else "skills", "skill")


def _add_age(turn: Turn, draft: dict[str, Any]) -> int | None:
    """Take a minimum age; returns it, so that its number is taken for nothing else."""
    age = None if turn.is_payload else find_age(turn.text)
    if age is not None and YOUNGEST <= age <= OLDEST_MINIMUM:
        draft["minimum_age"] = age
    return age


def _add_capacity(turn: Turn, draft: dict[str, Any], age: int | None) -> Problem | None:
    numbers = [int(number) for number in turn.said.all("number") if number.lstrip("-").isdecimal()]
    number = next((number for number in numbers if number != age), None)
    if number is None:
        return None
    if not 0 < number <= MAX_CAPACITY:
        return Problem("number_impossible", (("number", number), ("most", MAX_CAPACITY)))
    draft["capacity"] = number
    return None


def _need_cause(draft: dict[str, Any]) -> str:
    return str(draft.get("cause") or (draft.get("organisation") or {}).get("cause") or "")


def draft_of(need: Need) -> dict[str, Any]:
    """A saved need as the form's draft."""
    draft: dict[str, Any] = {
        "title": need.title,
        "cause": need.cause,
        "place": need.place,
        "mode": need.mode,
        "capacity": need.capacity,
        "skills": list(need.skills),
        "skills_welcome": list(need.skills_welcome),
        "minimum_age": need.minimum_age,
        "authorisation": need.authorisation,
        "time_from": need.time_from,
        "time_to": need.time_to,
        **draft_of_slots(need.slots),
    }
    if need.starts_on is not None:
        draft.update(starts_on=need.starts_on.isoformat(), ends_on=(need.ends_on or need.starts_on).isoformat(), days=[])
    return draft


def _need(draft: dict[str, Any]) -> Need:
    """The draft as the service takes it."""
    starts_on, ends_on = draft.get("starts_on"), draft.get("ends_on")
    return Need(
        title=draft["title"],
        cause=_need_cause(draft),
        place=draft["place"],
        slots=mission_slots(draft),
        capacity=draft["capacity"],
        starts_on=date.fromisoformat(starts_on) if starts_on else None,
        ends_on=date.fromisoformat(ends_on) if ends_on else None,
        time_from=draft.get("time_from"),
        time_to=draft.get("time_to"),
        mode=draft.get("mode") or "onsite",
        skills=draft.get("skills", ()),
        skills_welcome=draft.get("skills_welcome", ()),
        minimum_age=draft.get("minimum_age") or ADULT,
        authorisation=draft.get("authorisation"),
    )
