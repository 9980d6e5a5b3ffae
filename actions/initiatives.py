"""What an organisation does with what it published: looking at it, ending it, asking a colleague in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actions.aid import is_taken_back
from actions.turn import Answer, Turn, TurnAction
from bot import clock
from bot.messages import effects
from bot.messages.outbox import Choice
from bot.services import cards, door, initiatives, invitations, links, organisations, presence, recommendations, states
from bot.store.models import Mission
from bot.texts import Html, text

MOST_SHOWN = 8


def named(session: Any, turn: Turn, among: Sequence[int]) -> int | None:
    """The mission that is meant: by a button, by its place in the last list, by its number, or because there is only one."""
    if turn.said.last("mission"):
        return turn.said.row_id("mission")
    if reference := turn.said.last("mission_ref"):
        return recommendations.mission_named(session, turn.chat_id, reference)
    return among[0] if len(among) == 1 else None


def ask_which(turn: Turn, key: str, intent: str) -> Answer:
    """Ask which of the organisation's missions is meant, with a button for each; or say that there is none."""
    answer = Answer(turn.register)
    with door.reading() as session:
        speaks = bool(organisations.spoken_for(session, turn.chat_id))
        choices = [
            Choice(cards.short(mission.title), f'/{intent}{{"mission": "{mission.id}"}}')
            for mission in initiatives.of_chat(session, turn.chat_id)[:MOST_SHOWN]
        ]
    if not speaks:
        return answer.say("no_organisation", answer.choice("button_register", "/register_association"))
    if not choices:
        return answer.say("initiatives_none", answer.choice("button_publish", "/publish_initiative"))
    return answer.say(key, *choices)


class MyInitiatives(TurnAction):
    """What an organisation has published; one of them with all that can be done with it."""

    action = "action_my_initiatives"

    def answer(self, turn: Turn) -> Answer:
        if turn.is_payload and (number := turn.said.row_id("mission")):
            return self._one(turn, number)
        if turn.is_payload and turn.said.last("kind") == "invite":
            return self._invite(turn)
        answer, at = Answer(turn.register), clock.now()
        with door.opened() as session:
            speaks = bool(organisations.spoken_for(session, turn.chat_id))
            running = initiatives.of_chat(session, turn.chat_id)[:MOST_SHOWN]
            recommendations.remember_list(session, turn.chat_id, "initiatives", [mission.id for mission in running], at)
            lines = [self._line(position, mission, turn.register) for position, mission in enumerate(running, start=1)]
            choices = [
                Choice(str(position), f'/my_initiatives{{"mission": "{mission.id}"}}') for position, mission in enumerate(running, start=1)
            ]
        if not speaks:
            return answer.say("no_organisation", answer.choice("button_register", "/register_association"))
        ways_on = (
            answer.choice("button_publish", "/publish_initiative"),
            answer.choice("button_invite", '/my_initiatives{"kind": "invite"}'),
        )
        if not lines:
            return answer.say("initiatives_none", *ways_on)
        return answer.say("initiatives", *choices, *ways_on, lines=Html("\n".join(lines)))

    @staticmethod
    def _invite(turn: Turn) -> Answer:
        """A link for a colleague; each asks for one of his own."""
        answer, at = Answer(turn.register), clock.now()
        with door.opened() as session:
            known = organisations.spoken_for(session, turn.chat_id)
            if not known:
                return answer.say("no_organisation", answer.choice("button_register", "/register_association"))
            made = effects.once(
                session,
                turn.update_id,
                "invite",
                lambda: {"token": invitations.create(session, turn.chat_id, invitations.MEMBER, known[0].id, at)},
            )
            name = known[0].name
        link = links.start_link(turn.bot_name or "…", f"j_{made['token']}")
        return answer.say("invite_link", organisation=name, link=link)

    @staticmethod
    def _line(position: int, mission: Mission, register: str) -> str:
        line = text(
            register,
            "initiative_line",
            position=position,
            number=mission.id,
            title=mission.title,
            place=cards.place(mission.place, register),
            when=cards.when(mission, register),
        )
        return f"{line}\n{text(register, 'initiative_held')}" if mission.state == states.HELD else line

    @staticmethod
    def _one(turn: Turn, number: int) -> Answer:
        answer, register = Answer(turn.register), turn.register
        with door.opened() as session:
            mission = initiatives.own(session, turn.chat_id, number)
            if mission is None:
                return answer.say("initiative_unknown", answer.choice("button_initiatives", "/my_initiatives"))
            found, is_held = initiatives.standing(session, number), mission.state == states.HELD
            has_code = mission.mode != "remote" and not is_held
            facts = text(
                register,
                "initiative_card",
                title=mission.title,
                number=mission.id,
                place=text(register, "remote_place") if mission.mode == "remote" else cards.place(mission.place, register),
                when=cards.when(mission, register),
                accepted=found.accepted,
                capacity=mission.capacity,
                pending=found.pending,
            )
        if is_held:
            facts = f"{facts}\n{text(register, 'initiative_held')}"
        with_it = f'{{"mission": "{number}"}}'
        return answer.add(
            facts,
            answer.choice("button_change", f"/update_initiative{with_it}"),
            answer.choice("button_again", f"/publish_initiative{with_it}"),
            answer.choice("button_close", f"/close_initiative{with_it}"),
            answer.choice("button_volunteers", "/show_volunteers"),
            *([answer.choice("button_code", presence.show_payload(number))] if has_code else []),
        )


class CloseInitiative(TurnAction):
    """End a mission: which, surely?, done, with everybody concerned told."""

    action = "action_close_initiative"

    def answer(self, turn: Turn) -> Answer:
        if is_taken_back(turn):
            return Answer(turn.register, then="aid_form")
        answer, at = Answer(turn.register), clock.now()
        with door.opened() as session:
            number = named(session, turn, [mission.id for mission in initiatives.of_chat(session, turn.chat_id)])
            if number is not None and turn.is_payload and turn.said.last("mission") and turn.said.last("answer") == "yes":
                outcome = effects.once(session, turn.update_id, self.action, lambda: initiatives.close(session, turn.chat_id, number, at))
                if outcome["outcome"] == "closed":
                    told = Html(text(turn.register, "people_told", count=outcome["told"]))
                    return answer.say(
                        "initiative_closed", answer.choice("button_publish", "/publish_initiative"), title=outcome["title"], told=told
                    )
                return answer.say("initiative_unknown", answer.choice("button_initiatives", "/my_initiatives"))
            mission = initiatives.own(session, turn.chat_id, number) if number is not None else None
            if mission is not None:
                found = initiatives.standing(session, mission.id)
                yes = answer.choice("button_close_yes", f'/close_initiative{{"mission": "{mission.id}", "answer": "yes"}}')
                keep = answer.choice("button_close_no", '/my_initiatives{"answer": "no"}')
                return answer.say("close_confirm", yes, keep, count=found.accepted + found.pending, title=mission.title)
        return ask_which(turn, "close_which", "close_initiative")
