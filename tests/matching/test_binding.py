"""Why nothing was found: the one thing that the person could change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.matching import judge
from bot.matching.model import MissionNeed, VolunteerProfile

TODAY = date(2026, 11, 24)
VOLUNTEER = VolunteerProfile(
    person_id=1, latitude=33.53, longitude=-7.6, mode="onsite", skills=("teaching",), spoken_languages=("darija",), slots=0b1
)
FITS = MissionNeed(1, 1, 33.573, -7.633, "education", 0b1, capacity=4)
OUT_OF_REACH = {
    "time": replace(FITS, slots=0b10),
    "distance": replace(FITS, latitude=33.0),
    "mode": replace(FITS, mode="remote"),
    "skill": replace(FITS, skills_required=("medical",)),
    "language": replace(FITS, spoken_languages=("english",)),
}


@pytest.mark.parametrize("constraint", list(OUT_OF_REACH))
def test_the_constraint_that_stands_between_is_named(constraint: str) -> None:
    assert judge.binding(VOLUNTEER, [OUT_OF_REACH[constraint]], TODAY) == constraint


@pytest.mark.parametrize("constraint", list(OUT_OF_REACH))
def test_the_one_that_stands_between_most_missions_wins(constraint: str) -> None:
    missions = [*OUT_OF_REACH.values(), OUT_OF_REACH[constraint]]
    assert judge.binding(VOLUNTEER, missions, TODAY) == constraint
    assert judge.binding(VOLUNTEER, reversed(missions), TODAY) == constraint


def test_what_alone_is_in_the_way_counts_before_what_is_so_among_others() -> None:
    """One mission lacks the time only; three are too far, and at other times, too."""
    far_and_late = replace(FITS, slots=0b10, latitude=33.0)
    assert judge.binding(VOLUNTEER, [far_and_late] * 3 + [OUT_OF_REACH["skill"]], TODAY) == "skill"
    assert judge.binding(VOLUNTEER, [far_and_late, replace(far_and_late, slots=0b1, skills_required=("medical",))], TODAY) == "distance"


def test_without_missions_nothing_binds() -> None:
    assert judge.binding(VOLUNTEER, [], TODAY) is None


@pytest.mark.parametrize(
    "mission",
    [
        replace(FITS, taken=4),
        replace(FITS, starts_on=date(2026, 11, 1), ends_on=date(2026, 11, 2)),
        replace(FITS, organisation_id=7),
        replace(FITS, mission_id=9),
        FITS,
    ],
)
def test_what_the_person_cannot_change_is_not_named(mission: MissionNeed) -> None:
    volunteer = replace(VOLUNTEER, own_organisation_ids=frozenset({7}), closed_mission_ids=frozenset({9}))
    assert judge.binding(volunteer, [mission], TODAY) is None
    assert judge.binding(volunteer, [mission, mission, OUT_OF_REACH["skill"]], TODAY) == "skill"


def test_a_tie_is_settled_the_same_way_in_any_order() -> None:
    missions = list(OUT_OF_REACH.values())
    assert len({judge.binding(VOLUNTEER, order, TODAY) for order in (missions, missions[::-1], missions[2:] + missions[:2])}) == 1
