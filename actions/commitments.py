"""What a volunteer is committed to: seeing it, taking it back, saying that it took place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from actions.turn import Answer, Turn, TurnAction
from bot import clock
from bot.messages import effects
from bot.messages.outbox import Choice
from bot.services import appointments, attendance, cards, commitments, door, paths, presence, recommendations, states
from bot.services.commitments import Commitment
from bot.texts import Html, text

MOST_SHOWN = 8
"""Commitments named in one message or as buttons, the newest first."""
MOST_HOURS = 24
MINUTES = 60


def named(session: Any, turn: Turn, among: Sequence[Commitment]) -> Commitment | None:
    """The commitment that is meant: by a button, by its place in the last list, by its number, or because there is only one."""
    if turn.said.last("mission"):
        wanted = turn.said.row_id("mission")
    elif reference := turn.said.last("mission_ref"):
        wanted = recommendations.mission_named(session, turn.chat_id, reference)
    else:
        return among[0] if len(among) == 1 else None
    return next((one for one in among if one.mission.id == wanted), None)


def ask_which(answer: Answer, key: str, intent: str, among: Sequence[Commitment]) -> Answer:
    """Ask which commitment is meant, with a button for each."""
    choices = [Choice(cards.short(one.mission.title), f'/{intent}{{"mission": "{one.mission.id}"}}') for one in among[:MOST_SHOWN]]
    return answer.say(key, *choices)


def duration(minutes: int, register: str) -> Html:
    """A duration in words: "3 heures", "1 h 30"."""
    hours, rest = divmod(minutes, MINUTES)
    if rest:
        return Html(text(register, "hours_and_minutes", hours=str(hours), minutes=f"{rest:02}"))
    return Html(text(register, "hours", count=hours))


class MyCommitments(TurnAction):
    """What a volunteer applied to, how it stands, and what he did."""

    action = "action_my_commitments"

    def answer(self, turn: Turn) -> Answer:
        answer, at = Answer(turn.register), clock.now()
        today = clock.local_now().date()
        with door.opened() as session:
            found = commitments.of_chat(session, turn.chat_id)[:MOST_SHOWN]
            done = commitments.participations(session, turn.chat_id)
            path = paths.of_chat(session, turn.chat_id)
            recommendations.remember_list(session, turn.chat_id, "commitments", [one.mission.id for one in found], at)
            lines = [self._line(position, one, done, path.learned, turn.register) for position, one in enumerate(found, start=1)]
            ahead, begun = commitments.still_ahead(found, today), commitments.begun(found, today)
            can_write = any(one.application.state == "accepted" for one in ahead)
        if not lines:
            return answer.say("commitments_none", answer.choice("button_search", "/search_missions"))
        if path.missions:
            lines.append(text(turn.register, "path_missions", count=path.missions))
        if path.minutes:
            lines.append(text(turn.register, "commitments_total", hours=duration(path.minutes, turn.register)))
        choices = []
        if can_write:
            choices.append(answer.choice("button_write", "/write_message"))
        if begun:
            choices.append(answer.choice("button_took_part", "/report_participation"))
        if path.minutes:
            choices.append(answer.choice("button_certificate", "/certificate"))
        if ahead:
            choices.append(answer.choice("button_withdraw", "/withdraw_application"))
        return answer.say("commitments", *choices, lines=Html("\n\n".join(lines)))

    @staticmethod
    def _line(position: int, one: Commitment, done: dict[int, list[Any]], learned: dict[int, str], register: str) -> str:
        rows = done.get(one.application.id, ())
        state = text(register, f"state_{one.application.state}")
        attended = [row for row in rows if row.state == "attended"]
        if rows and rows[-1].state == states.DISPUTED:
            state = text(register, "state_disputed")
        elif attended:
            days = ", ".join(cards.day(row.took_place_on, register) for row in attended[-3:])
            minutes = sum(row.minutes or 0 for row in attended)
            state = text(register, "state_attended", days=days) + (f" · {duration(minutes, register)}" if minutes else "")
        if words := learned.get(one.application.id):
            state = Html("\n".join([state, text(register, "path_learned", words=words)]))
        return text(
            register,
            "commitment",
            position=position,
            title=one.mission.title,
            organisation=one.organisation.name,
            when=cards.when(one.mission, register),
            state=Html(state),
        )


class Calendar(TurnAction):
    """A mission as a file for calendars, by button."""

    action = "action_calendar"

    def answer(self, turn: Turn) -> Answer:
        answer, number = Answer(turn.register), turn.said.row_id("mission")
        ways = answer.choice("button_commitments", "/my_commitments")
        if number is None:
            return answer.say("calendar_unknown", ways)
        at, origin = clock.now(), f"calendar:{turn.update_id}"
        with door.opened() as session:
            outcome = effects.once(
                session, turn.update_id, self.action, lambda: appointments.send(session, turn.chat_id, number, origin, at)
            )
        return answer.say(f"calendar_{outcome.pop('outcome')}", ways, **outcome)


class WithdrawApplication(TurnAction):
    """Take an application back: which, surely?, done, and why in one tap."""

    action = "action_withdraw_application"

    def answer(self, turn: Turn) -> Answer:
        answer, at = Answer(turn.register), clock.now()
        with door.opened() as session:
            if reason := turn.said.last("reason"):
                return self._reason(session, turn, reason, answer)
            ahead = commitments.still_ahead(commitments.of_chat(session, turn.chat_id), clock.local_now().date())
            if turn.said.last("answer") == "yes" and (mission_id := turn.said.row_id("mission")):
                outcome = effects.once(
                    session, turn.update_id, self.action, lambda: commitments.withdraw(session, turn.chat_id, mission_id, at)
                )
                return self._told(answer, outcome, mission_id)
            if not ahead:
                return answer.say("withdraw_none", answer.choice("button_search", "/search_missions"))
            one = named(session, turn, ahead)
            if one is None:
                return ask_which(answer, "withdraw_which", "withdraw_application", ahead)
            yes = answer.choice("button_withdraw_yes", f'/withdraw_application{{"mission": "{one.mission.id}", "answer": "yes"}}')
            keep = answer.choice("button_withdraw_no", '/my_commitments{"answer": "no"}')
            return answer.say("withdraw_confirm", yes, keep, title=one.mission.title, organisation=one.organisation.name)

    @staticmethod
    def _told(answer: Answer, outcome: dict[str, Any], mission_id: int) -> Answer:
        result = outcome.pop("outcome")
        if result != "withdrawn":
            return answer.say(f"withdraw_{result}", answer.choice("button_commitments", "/my_commitments"), **outcome)
        reasons = [
            answer.choice(f"reason_withdraw_{reason}", f'/withdraw_application{{"mission": "{mission_id}", "reason": "{reason}"}}')
            for reason in commitments.WITHDRAW_REASONS
        ]
        return answer.say("withdraw_withdrawn", *reasons, **outcome)

    @staticmethod
    def _reason(session: Any, turn: Turn, reason: str, answer: Answer) -> Answer:
        mission_id = turn.said.row_id("mission")
        if reason in commitments.WITHDRAW_REASONS and mission_id:
            commitments.give_reason(session, turn.chat_id, mission_id, reason)
        return answer.say("withdraw_thanks", answer.choice("button_search", "/search_missions"))


class ReportParticipation(TurnAction):
    """A volunteer says that he took part, when and how long; only what was not said is asked."""

    action = "action_report_participation"

    def answer(self, turn: Turn) -> Answer:
        answer, at = Answer(turn.register), clock.now()
        with door.opened() as session:
            begun = commitments.begun(commitments.of_chat(session, turn.chat_id), clock.local_now().date())
            if not begun:
                return answer.say("participation_none", answer.choice("button_commitments", "/my_commitments"))
            one = named(session, turn, begun)
            if one is None:
                return ask_which(answer, "participation_which", "report_participation", begun)
            if turn.said.last("answer") == "absent":
                return self._absent(session, turn, answer, one)
            minutes = said_minutes(turn)
            if minutes is not None and not 0 < minutes <= MOST_HOURS * MINUTES:
                return self._ask_hours(answer, one, impossible=True)
            outcome = effects.once(
                session,
                turn.update_id,
                self.action,
                lambda: commitments.report(session, turn.chat_id, one.mission.id, said_day(turn), minutes, at),
            )
            title, mission_id = one.mission.title, one.mission.id
            if outcome["outcome"] == "window":
                return self._beyond(turn, answer, title, mission_id, outcome)
            if outcome["outcome"] == "settled":
                return answer.say("participation_settled", answer.choice("button_handoff", "/human_handoff"), title=title)
            if outcome["outcome"] != "reported":
                commitments_button = answer.choice("button_commitments", "/my_commitments")
                return answer.say(f"participation_{outcome['outcome']}", commitments_button, title=title)
            if minutes is None and turn.said.last("answer") != "no":
                return self._ask_hours(answer, one, on=date.fromisoformat(outcome["on"]))
        reflect = answer.choice("button_reflect", f'/reflect{{"mission": "{mission_id}"}}')
        next_steps = (reflect, answer.choice("button_feedback", "/give_feedback"), answer.choice("button_search", "/search_missions"))
        total = outcome["total_minutes"]
        if not total:
            return answer.say("participation_reported", *next_steps, title=title)
        certificate = answer.choice("button_certificate", f'/certificate{{"mission": "{mission_id}"}}')
        thanks = text(turn.register, "participation_thanks", title=title, hours=duration(total, turn.register))
        if outcome["is_vouched"]:
            thanks = Html("\n".join([thanks, text(turn.register, "participation_vouched")]))
        return answer.add(thanks, certificate, *next_steps)

    @staticmethod
    def _beyond(turn: Turn, answer: Answer, title: str, mission_id: int, outcome: dict[str, Any]) -> Answer:
        """More hours than the mission has: how many it can be, asked once more."""
        most, on = outcome["most_minutes"], date.fromisoformat(outcome["on"])
        choices = attendance.hours_choices(mission_id, on, most)
        return answer.say("participation_window", *choices, title=title, hours=duration(most, turn.register))

    def _absent(self, session: Any, turn: Turn, answer: Answer, one: Commitment) -> Answer:
        def note() -> dict[str, Any]:
            return commitments.report_absence(session, turn.chat_id, one.mission.id, said_day(turn), clock.now())

        outcome = effects.once(session, turn.update_id, f"{self.action}:absent", note)
        return answer.say(
            f"participation_{outcome['outcome']}", answer.choice("button_search", "/search_missions"), title=one.mission.title
        )

    @staticmethod
    def _ask_hours(answer: Answer, one: Commitment, impossible: bool = False, on: date | None = None) -> Answer:
        choices = attendance.hours_choices(one.mission.id, on, presence.longest_minutes(one.mission, on) if on else None)
        choices.append(answer.choice("button_skip", f'/report_participation{{"mission": "{one.mission.id}", "answer": "no"}}'))
        return answer.say("participation_hours_impossible" if impossible else "participation_hours", *choices, title=one.mission.title)


def said_minutes(turn: Turn) -> int | None:
    """How long: a number of hours, or from when to when; None where neither was said."""
    first, last = turn.said.last("time_from"), turn.said.last("time_to")
    if first and last:
        return (_minute_of_day(last) - _minute_of_day(first)) % (MOST_HOURS * MINUTES) or None
    hours = turn.said.number()
    return None if hours is None else hours * MINUTES


def _minute_of_day(hour: str) -> int:
    hours, minutes = hour.split(":")
    return int(hours) * MINUTES + int(minutes)


def said_day(turn: Turn) -> date | None:
    """The day that was named, the last of a range."""
    value = turn.said.last("date")
    return date.fromisoformat(value.partition("/")[2] or value.partition("/")[0]) if value else None
