"""What matching knows of people and missions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from bot.matching.slots import ALL


@dataclass(frozen=True)
class Commitment:
    """When a volunteer is taken already: a mission in which he has a place."""

    slots: int
    starts_on: date | None = None
    """First day, legal time; None: every week, without an end."""
    ends_on: date | None = None
    """Last day, included; None where starts_on is None."""

    def meets(self, mission: MissionNeed) -> bool:
        """Whether there are days on which both can take place."""
        if self.starts_on is None or mission.starts_on is None:
            return True
        return self.starts_on <= (mission.last_on or mission.starts_on) and mission.starts_on <= (self.ends_on or self.starts_on)


@dataclass(frozen=True)
class VolunteerProfile:
    """One side of a match. A search without a profile is one too: what was not said binds nothing."""

    person_id: int | None = None
    latitude: float | None = None
    """None: anywhere in the region."""
    longitude: float | None = None
    radius_km: int = 10
    mode: str | None = None
    """onsite or remote; None: both suit."""
    causes: tuple[str, ...] = ()
    """In the order of preference; empty: any."""
    skills: tuple[str, ...] = ()
    skills_known: bool = True
    """False: a search by somebody who never said what he can do; required skills are then shown, not demanded."""
    spoken_languages: tuple[str, ...] = ()
    """Empty: not said, which excludes no mission."""
    slots: int = ALL
    age_band: str = "adult"
    """adult, or teen: 16 or 17."""
    paused: bool = False
    closed_mission_ids: frozenset[int] = field(default_factory=frozenset)
    """Missions applied to, withdrawn from or dismissed: never shown again."""
    own_organisation_ids: frozenset[int] = field(default_factory=frozenset)
    blocked_organisation_ids: frozenset[int] = field(default_factory=frozenset)
    """Organisations of which he wants to hear no more, or that want to hear no more of him."""
    commitments: tuple[Commitment, ...] = ()
    """What he has a place in and is not over."""

    def free(self, mission: MissionNeed) -> int:
        """The slots that he has in common with a mission and did not give away."""
        common = self.slots & mission.slots
        for commitment in self.commitments:
            if commitment.meets(mission):
                common &= ~commitment.slots
        return common


@dataclass(frozen=True)
class MissionNeed:
    """The other side: a mission that is published, by an organisation that may be shown."""

    mission_id: int
    organisation_id: int
    latitude: float
    longitude: float
    cause: str
    slots: int
    capacity: int
    taken: int = 0
    mode: str = "onsite"
    skills_required: tuple[str, ...] = ()
    skills_welcome: tuple[str, ...] = ()
    spoken_languages: tuple[str, ...] = ()
    starts_on: date | None = None
    ends_on: date | None = None
    minimum_age: int = 0

    @property
    def last_on(self) -> date | None:
        """Its last day, legal time; None: it goes on every week."""
        return self.ends_on or self.starts_on


@dataclass(frozen=True)
class Reason:
    """An addend of the points, and what is said about it: kind cause, skill, distance, remote, availability or need."""

    kind: str
    points: int
    value: str = ""
    """A canonical id for cause and skill; whole kilometres for distance; weekly slots for availability; places left for need."""


@dataclass(frozen=True)
class Match:
    """A scored pair: its points are the sum of its reasons."""

    volunteer: VolunteerProfile
    mission: MissionNeed
    points: int
    reasons: tuple[Reason, ...]
    weakness: str | None
    """What speaks most against it: other_cause, skill_missing, far, one_slot; None: nothing worth a word."""
    distance_km: float | None
    common_slots: int


@dataclass(frozen=True)
class Forecast:
    """Whom a mission would suit if it were published as it stands."""

    fitting: int
    best_slot: int = 0
    """The weekly slot, as its bit, at which it would suit more people; 0: there is none."""
    at_best: int = 0
    """How many it would suit then."""
