"""Weeks on fast-forward: a list to everybody, what they do with it, what organisations answer. The same luck for every policy.

Ids of people and missions are their rows plus one; here they go by rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta

import numpy as np

from bot.matching.columns import MissionColumns, Vector, VolunteerColumns
from bot.matching.fairness import LIST_LENGTH
from bot.matching.model import VolunteerProfile
from bot.simulation import behaviour
from bot.simulation.dice import Purpose, uniform
from bot.simulation.log import ACCEPTED, EXPIRED, PENDING, REFUSED, Applications, Log
from bot.simulation.policies import NONE, Lists, Policy, Week
from bot.simulation.population import volunteers
from bot.simulation.supply import FIRST_DIGEST, Supply, supply

DAYS = 7


@dataclass(frozen=True)
class World:
    """People and missions of a seed, before anything happens; read by all policies, changed by none."""

    seed: int
    weeks: int
    profiles: tuple[VolunteerProfile, ...]
    people: VolunteerColumns
    supply: Supply
    missions: MissionColumns


def world(seed: int, people: int, missions: int, weeks: int) -> World:
    """So many people, and about so many missions open at any time."""
    profiles, needs = tuple(volunteers(seed, people)), supply(seed, missions, weeks)
    return World(seed, weeks, profiles, VolunteerColumns.of(profiles), needs, MissionColumns.of(needs.needs))


def day_of(week: int) -> date:
    return FIRST_DIGEST + timedelta(days=DAYS * week)


def play(setting: World, policy: Policy) -> Log:
    """All weeks under a policy, and then until every application is settled."""
    run = Run(setting)
    for week in range(setting.weeks):
        view = run.view(week)
        lists = policy(view)
        run.show(view, lists)
        run.answer(week)
    run.answer(setting.weeks)
    return run.log


@dataclass
class Run:
    """What has happened so far in one world under one policy."""

    setting: World
    log: Log = field(init=False)
    taken: Vector = field(init=False)
    """int64 of missions: places given."""
    closed: Vector = field(init=False)
    shown: Vector = field(init=False)
    """bool and uint8 of people × missions: applied to; how often shown."""
    last: Vector = field(init=False)
    """int64 of people × list: what was shown last; NONE behind its end."""
    subscribed: Vector = field(init=False)
    attention: Vector = field(init=False)
    """bool and float64 of people: the share of a fresh person's attention that is left."""
    idle: Vector = field(init=False)
    """int64 of people: lists in a row without an application."""

    def __post_init__(self) -> None:
        people, missions = len(self.setting.people), len(self.setting.missions)
        self.log = Log.empty(people, self.setting.missions.capacity, self.setting.weeks)
        self.taken = np.zeros(missions, np.int64)
        self.closed = np.zeros((people, missions), np.bool_)
        self.shown = np.zeros((people, missions), np.uint8)
        self.last = np.full((people, LIST_LENGTH), NONE, np.int64)
        self.subscribed = np.ones(people, np.bool_)
        self.attention = np.ones(people)
        self.idle = np.zeros(people, np.int64)
        self.habit = behaviour.reading_habit(self.setting.seed, np.arange(people))
        self.once_only = uniform(self.setting.seed, Purpose.ONCE_ONLY, np.arange(people)) < behaviour.ONCE_ONLY_SHARE

    def view(self, week: int) -> Week:
        """What a policy may know at a digest."""
        today, supply_ = day_of(week), self.setting.supply
        open_now = (supply_.published <= week) & (week < supply_.ended) & (self.setting.missions.last_day >= today.toordinal())
        live, people = np.flatnonzero(open_now), np.flatnonzero(self.subscribed)
        # People come in another order each week, so that nobody is always the last.
        people = people[np.argsort(uniform(self.setting.seed, Purpose.ORDER, people, week))]
        applications = self.log.applications
        place = np.full(len(open_now), NONE, np.int64)
        place[live] = np.arange(len(live))
        last = self.last[people]
        last = np.where(last == NONE, NONE, place[last])
        return Week(
            number=week,
            today=today,
            people=people,
            volunteers=self._volunteers(people, live, week),
            live=live,
            missions=_mission_rows(self.setting.missions, live, self.taken),
            applied=np.bincount(applications.mission, minlength=len(open_now))[live],
            pending=np.bincount(applications.mission[applications.state == PENDING], minlength=len(open_now))[live],
            seen=self.log.seen[live],
            shown_before=self.shown[np.ix_(people, live)],
            last=last,
        )

    def _volunteers(self, people: Vector, live: Vector, week: int) -> VolunteerColumns:
        columns = self.setting.people
        row, mission = np.nonzero(self.closed[np.ix_(people, live)])
        busy_person, busy_mission = self._commitments(people, week)
        missions, none = self.setting.missions, np.zeros(len(people) + 1, np.int64)
        simple = ("person_id", "x", "y", "z", "radius_m", "modes", "cause_points", "skills", "own_skills", "languages", "slots", "teen")
        return replace(
            columns,
            **{name: getattr(columns, name)[people] for name in (*simple, "paused")},
            closed_from=np.searchsorted(row, np.arange(len(people) + 1)),
            closed=missions.mission_id[live[mission]],
            excluded_from=none,
            busy_from=np.searchsorted(busy_person, np.arange(len(people) + 1)),
            busy_slots=missions.slots[busy_mission],
            busy_first=missions.first_day[busy_mission],
            busy_last=missions.last_day[busy_mission],
        )

    def _commitments(self, people: Vector, week: int) -> tuple[Vector, Vector]:
        """Places of people in missions that are not over: (their positions among ``people``, missions), by person."""
        applications, missions = self.log.applications, self.setting.missions
        going_on = (missions.last_day >= day_of(week).toordinal()) & (week < self.setting.supply.ended)
        held = (applications.state == ACCEPTED) & going_on[applications.mission]
        position = np.full(len(self.subscribed), NONE, np.int64)
        position[people] = np.arange(len(people))
        person, mission = position[applications.person[held]], applications.mission[held]
        person, mission = person[person != NONE], mission[person != NONE]
        order = np.argsort(person, kind="stable")
        return person[order], mission[order]

    def show(self, week: Week, lists: Lists) -> None:
        """Send the lists, and let people read them and apply."""
        people, rows = week.people, lists.rows
        there = rows != NONE
        missions = np.where(there, week.live[rows], NONE)
        self.last[people[there.any(axis=1)]] = missions[there.any(axis=1)]
        who, position = np.nonzero(there)
        person, mission = people[who], missions[who, position]
        self.shown[person, mission] = np.minimum(self.shown[person, mission].astype(np.int64) + 1, 255)
        self.log.note_lists(week.number, people, lists, missions)
        applies = self._applies(week.number, people, missions, lists.points, there)
        who, position = np.nonzero(applies)
        self._apply(week.number, people[who], missions[who, position], position, lists.points[who, position])
        self._tire(week.number, people[there.any(axis=1)], applies.any(axis=1)[there.any(axis=1)])

    def _applies(self, week: int, people: Vector, missions: Vector, points: Vector, there: Vector) -> Vector:
        """Whether each person applies to each mission of his list, as bool of people × list."""
        seed, person = self.setting.seed, np.broadcast_to(people[:, None], missions.shape)
        attention = self.habit[people] * self.attention[people]
        read = uniform(seed, Purpose.READS, people, week)[:, None] < attention[:, None] * np.array(behaviour.POSITION_READ)[None, :]
        utility = points + behaviour.taste(seed, person, np.maximum(missions, 0))
        chance = behaviour.chance(utility) * np.where(self._placed()[people], behaviour.WITH_A_PLACE, 1.0)[:, None]
        likes = uniform(seed, Purpose.APPLIES, person, np.maximum(missions, 0), week) < chance
        applies = there & read & likes & ~(self.once_only & self._placed())[people][:, None]
        return applies & (np.cumsum(applies, axis=1) <= behaviour.MOST_APPLICATIONS)

    def _placed(self) -> Vector:
        applications = self.log.applications
        return np.bincount(applications.person[applications.state == ACCEPTED], minlength=len(self.subscribed)) > 0

    def _apply(self, week: int, person: Vector, mission: Vector, position: Vector, points: Vector) -> None:
        """Note the applications of a week, with all that luck has in store for them."""
        seed = self.setting.seed
        at = DAYS * week + behaviour.application_day(seed, person, mission, week)
        delay = behaviour.answer_delay(seed, person, mission, self.setting.supply.kind[mission])
        worth = points.astype(np.float64)
        self.closed[person, mission] = True
        self.log.applications.add(
            Applications(
                person=person,
                mission=mission,
                week=np.full(len(person), week),
                position=position,
                points=worth,
                utility=worth + behaviour.taste(seed, person, mission),
                settled=at + np.minimum(delay, behaviour.EXPIRES_AFTER_DAYS),
                answered=delay <= behaviour.EXPIRES_AFTER_DAYS,
                state=np.full(len(person), PENDING, np.int8),
                shows_up=uniform(seed, Purpose.NO_SHOW, person, mission) >= behaviour.NO_SHOW_SHARE,
            )
        )

    def _tire(self, week: int, people: Vector, applied: Vector) -> None:
        """Those who got a list and did not apply read less of the next; some unsubscribe."""
        self.idle[people] = np.where(applied, 0, self.idle[people] + 1)
        kept = np.where(applied, 1.0, behaviour.FATIGUE)
        self.attention[people] = np.maximum(self.attention[people] * kept, behaviour.LEAST_ATTENTION)
        tired = np.where(self.idle[people] >= behaviour.TIRED_AFTER, behaviour.UNSUBSCRIBES_TIRED, behaviour.UNSUBSCRIBES)
        leaving = people[uniform(self.setting.seed, Purpose.UNSUBSCRIBES, people, week) < tired]
        self.subscribed[leaving] = False
        self.log.unsubscribed[leaving] = True

    def answer(self, week: int) -> None:
        """Settle what is settled before the next digest, in the order of time: first come, first served, while places are left."""
        applications = self.log.applications
        due = np.flatnonzero((applications.state == PENDING) & (applications.settled < DAYS * (week + 1)))
        due = due[np.argsort(applications.settled[due], kind="stable")]
        mission = applications.mission[due]
        begins = (self.setting.missions.last_day[mission] - FIRST_DIGEST.toordinal()) + 1
        answered = applications.answered[due] & (applications.settled[due] < begins)
        applications.state[due[~answered]] = EXPIRED
        due, mission = due[answered], mission[answered]
        accepted = _rank_within(mission) < (self.setting.missions.capacity - self.taken)[mission]
        applications.state[due] = np.where(accepted, ACCEPTED, REFUSED)
        np.add.at(self.taken, mission[accepted], 1)
        self._feel(applications, week)

    def _feel(self, applications: Applications, week: int) -> None:
        """A place makes people read again, a refusal or a silence less."""
        new = (applications.settled >= DAYS * week) & (applications.settled < DAYS * (week + 1)) & (applications.state != PENDING)
        sad = applications.person[new & (applications.state != ACCEPTED)]
        np.multiply.at(self.attention, sad, behaviour.DISAPPOINTMENT)
        self.attention = np.maximum(self.attention, behaviour.LEAST_ATTENTION)
        self.attention[applications.person[new & (applications.state == ACCEPTED)]] = 1.0


def _rank_within(groups: Vector) -> Vector:
    """The how-manieth of its group each is, from 0, in the order given."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    first = np.searchsorted(ordered, ordered)
    rank = np.empty(len(groups), np.int64)
    rank[order] = np.arange(len(groups)) - first
    return rank


def _mission_rows(missions: MissionColumns, live: Vector, taken: Vector) -> MissionColumns:
    chosen = {column.name: getattr(missions, column.name)[live] for column in fields(missions)}
    return MissionColumns(**{**chosen, "taken": taken[live]})
