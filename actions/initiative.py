"""An organisation publishes an initiative and the mission in it."""

from __future__ import annotations

from datetime import date
from typing import Any

from actions.form import CONFIRM, DraftForm, Problem, Question, confirm_choices, merge, take_text
from actions.places import keyboard, whereabouts
from actions.schedule import add_dates, mission_slots
from actions.turn import Answer, Turn
from bot import clock
from bot.messages import effects
from bot.messages.outbox import Choice
from bot.services import cards, door, organisations, recommendations
from bot.services.organisations import Need
from bot.texts import Html, text

MAX_CAPACITY = 5000
SKILLS_OFFERED = ("teaching", "driving", "cooking", "medical", "it", "events", "communication", "handyman")


class InitiativeForm(DraftForm):
    """title → place → when → how many → skills → summary → published, with how many volunteers fit."""

    action = "initiative_form"
    slot = "initiative"
    intent = "publish_initiative"
    steps = ("title", "place", "when", "capacity", "skills")
    optional = frozenset({"skills"})
    free_text = frozenset({"title"})

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
        if asked == "title":
            return take_text(turn, draft, "title")
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
        merge(turn, draft, "skills", "skill")
        past = add_dates(turn, draft)
        count = _add_capacity(turn, draft)
        if past:
            return Problem(past)
        if count:
            return count
        return Problem(where.problem) if where.problem and not draft.get("place") else None

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
        if step in ("title", "when"):
            return Question(f"ask_mission_{step}")
        return self._summary(draft, turn)

    def _summary(self, draft: dict[str, Any], turn: Turn) -> Question:
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
        return Question(
            "initiative_summary",
            confirm_choices(Answer(register), with_consent=False),
            arguments=(("lines", Html("\n".join(lines))),),
        )

    def save(self, turn: Turn, draft: dict[str, Any], answer: Answer) -> None:
        at = clock.now()
        organisation_id = int(draft["organisation"]["id"])

        def keep() -> dict[str, Any]:
            mission = organisations.publish(session, turn.chat_id, organisation_id, _need(draft), at)
            return {"mission_id": mission.id}

        with door.opened() as session:
            outcome = effects.once(session, turn.update_id, self.action, keep)
            fitting = len(recommendations.volunteers_for(session, organisation_id, at))
            validated = organisations.is_validated(session, organisation_id)
        answer.loop = None
        answer.slots[self.slot] = None
        answer.say(
            "initiative_published" if validated else "initiative_waits",
            answer.choice("button_volunteers", "/show_volunteers"),
            answer.choice("button_publish_another", "/publish_initiative"),
            title=draft["title"],
            number=outcome["mission_id"],
            fitting=Html(text(turn.register, "volunteers_fit", count=fitting)),
        )


def _add_capacity(turn: Turn, draft: dict[str, Any]) -> Problem | None:
    number = turn.said.number()
    if number is None:
        return None
    if not 0 < number <= MAX_CAPACITY:
        return Problem("number_impossible", (("number", number), ("most", MAX_CAPACITY)))
    draft["capacity"] = number
    return None


def _need(draft: dict[str, Any]) -> Need:
    """The draft as the service takes it."""
    starts_on, ends_on = draft.get("starts_on"), draft.get("ends_on")
    return Need(
        title=draft["title"],
        cause=draft.get("cause") or draft["organisation"]["cause"],
        place=draft["place"],
        slots=mission_slots(draft),
        capacity=draft["capacity"],
        starts_on=date.fromisoformat(starts_on) if starts_on else None,
        ends_on=date.fromisoformat(ends_on) if ends_on else None,
        time_from=draft.get("time_from"),
        time_to=draft.get("time_to"),
        mode=draft.get("mode") or "onsite",
        skills=draft.get("skills", ()),
    )
