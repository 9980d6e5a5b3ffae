"""What happened in a run: every application, and what was shown. All figures are sums of it."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from bot.matching.columns import Vector
from bot.simulation.policies import NONE, Lists

PENDING, ACCEPTED, REFUSED, EXPIRED = 0, 1, 2, 3
"""Refused: not chosen, for the places were gone. Expired: no answer within the time, or the mission was over before."""


@dataclass
class Applications:
    """One row an application, in the order in which they were made."""

    person: Vector
    mission: Vector
    week: Vector
    position: Vector
    """int64; the position in the list counts from 0."""
    points: Vector
    utility: Vector
    """float64: as the policy saw it; with the person's own taste."""
    settled: Vector
    """float64: the day, from the first digest, on which it is answered or expires."""
    answered: Vector
    """bool: whether the organisation answers in time."""
    state: Vector
    """int8: PENDING, ACCEPTED, REFUSED, EXPIRED."""
    shows_up: Vector
    """bool: whether the person comes, once accepted."""

    @classmethod
    def none(cls) -> Applications:
        whole, real, either = np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_)
        return cls(whole, whole, whole, whole, real, real, real, either, np.zeros(0, np.int8), either)

    def add(self, others: Applications) -> None:
        for column in fields(self):
            setattr(self, column.name, np.concatenate([getattr(self, column.name), getattr(others, column.name)]))


@dataclass
class Log:
    """The record of a run."""

    capacity: Vector
    """int64 of missions."""
    applications: Applications
    seen: Vector
    """int64 of missions: how often each was shown."""
    lists: Vector
    shown: Vector
    points: Vector
    """int64 of weeks: lists with something in them, missions in them, the sum of their points."""
    feasible: Vector
    listed: Vector
    """int64 of people: digests at which a mission fitted, and at which a list had one."""
    waits: Vector
    longest_wait: Vector
    """int64 of people: digests in a row, up to now and at most, at which a mission fitted and the list was empty."""
    unsubscribed: Vector
    """bool of people"""
    fitted_at_first: float = 0.0
    """The share of people whom a mission fitted at the first digest."""

    @classmethod
    def empty(cls, people: int, capacity: Vector, weeks: int) -> Log:
        def zeros(size: int) -> Vector:
            return np.zeros(size, np.int64)

        return cls(
            capacity=capacity,
            applications=Applications.none(),
            seen=zeros(len(capacity)),
            lists=zeros(weeks),
            shown=zeros(weeks),
            points=zeros(weeks),
            feasible=zeros(people),
            listed=zeros(people),
            waits=zeros(people),
            longest_wait=zeros(people),
            unsubscribed=np.zeros(people, np.bool_),
        )

    def note_lists(self, week: int, people: Vector, lists: Lists, missions: Vector) -> None:
        """Count what was shown. ``missions`` are those of the lists, by row of all; NONE behind their end."""
        there = missions != NONE
        self.seen += np.bincount(missions[there], minlength=len(self.seen))
        self.lists[week] += there.any(axis=1).sum()
        self.shown[week] += there.sum()
        self.points[week] += lists.points[there].sum()
        self.feasible[people] += lists.feasible
        self.listed[people] += there.any(axis=1)
        self.waits[people] = np.where(lists.feasible & ~there.any(axis=1), self.waits[people] + 1, 0)
        self.longest_wait = np.maximum(self.longest_wait, self.waits)
        if week == 0:
            self.fitted_at_first = float(lists.feasible.mean())

    def places_filled(self) -> Vector:
        """How many were accepted for each mission, as int64."""
        applications = self.applications
        return np.bincount(applications.mission[applications.state == ACCEPTED], minlength=len(self.capacity))
