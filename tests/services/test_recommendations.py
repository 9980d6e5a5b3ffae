"""The record against the oracle of tests/matching: a small town, matched through the database, both ways."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bot import vocabulary
from bot.matching.fairness import LIST_LENGTH
from bot.matching.model import Match, VolunteerProfile
from bot.services import applications, recommendations, record
from bot.store.engine import Database
from bot.store.models import Organisation, Person
from tests.matching import oracle
from tests.matching.oracle import WEEK, Giver, Task
from tests.worlds import AMINA, BRAHIM, NOW, OTHER_OWNER, OWNER, SALMA, mission, organisation, person_id, small_world, volunteer

PLACES = ["Aïn-Chock", "Maârif", "Anfa", "Sidi Moumen", "Mohammadia", "Settat"]
CAUSES = ["education", "health", "environment"]
SKILLS = ["teaching", "driving", "cooking"]
TODAY = NOW.date()


@dataclass
class Town:
    givers: list[Giver]
    tasks: list[Task]


def point(place: str) -> tuple[float, float]:
    found = vocabulary.place(place)
    assert found is not None
    return found.latitude, found.longitude


def town(session: Session, chance: random.Random) -> Town:
    """Thirty volunteers, four organisations of which one is not validated, and twenty-four missions."""
    owners = [organisation(session, OWNER + number, f"O{number}") for number in range(3)]
    hidden = organisation(session, OWNER + 3, "Hidden")
    hidden.state = "pending"
    tasks = [task(session, chance, chance.choice([*owners, hidden]), number) for number in range(24)]
    givers = [giver(session, chance, number, tasks) for number in range(30)]
    return Town(givers, [made for made in tasks if made.organisation != hidden.id])


def task(session: Session, chance: random.Random, owner: Organisation, number: int) -> Task:
    place, slots = chance.choice(PLACES), frozenset(chance.sample(WEEK, 6))
    starts_on = chance.choice([None, None, TODAY + timedelta(days=chance.randint(-3, 9))])
    made = Task(
        number=0,
        organisation=owner.id,
        point=point(place),
        mode=chance.choice(["onsite", "onsite", "remote"]),
        cause=chance.choice(CAUSES),
        required=tuple(chance.sample(SKILLS, chance.choice([0, 0, 1]))),
        welcome=(),
        languages=frozenset(chance.sample(["darija", "french"], chance.choice([0, 0, 1]))),
        slots=slots,
        capacity=3,
        taken=0,
        starts_on=starts_on,
        ends_on=starts_on and starts_on + timedelta(days=1),
    )
    row = mission(
        session,
        owner,
        title=f"M{number}",
        place=place,
        mode=made.mode,
        cause=made.cause,
        skills=made.required,
        slots=oracle.bits(slots),
        capacity=made.capacity,
        starts_on=made.starts_on,
        ends_on=made.ends_on,
    )
    row.spoken_languages = sorted(made.languages)
    return Task(**{**made.__dict__, "number": row.id})


def giver(session: Session, chance: random.Random, number: int, tasks: list[Task]) -> Giver:
    place, slots = chance.choice(PLACES), frozenset(chance.sample(WEEK, 6))
    made = Giver(
        number=0,
        point=point(place),
        radius_km=chance.choice([3, 10, 40]),
        mode=chance.choice([None, None, "onsite", "remote"]),
        causes=tuple(chance.sample(CAUSES, 2)),
        skills=frozenset(chance.sample(SKILLS, chance.choice([0, 1, 3]))),
        skills_known=True,
        languages=frozenset(chance.sample(["darija", "french"], chance.choice([0, 1]))),
        slots=slots,
        paused=chance.random() < 0.1,
        closed=frozenset(),
        own=frozenset(),
    )
    row = volunteer(
        session,
        1000 + number,
        f"V{number}",
        place=place,
        causes=made.causes,
        skills=sorted(made.skills),
        spoken_languages=sorted(made.languages),
        mode=made.mode,
        radius_km=made.radius_km,
        slots=oracle.bits(slots),
    )
    row.paused = made.paused
    closed = {
        wish.number
        for wish in chance.sample(tasks, 4)
        if applications.apply(session, 1000 + number, wish.number, NOW)["outcome"] == "applied"
    }
    return Giver(**{**made.__dict__, "number": row.person_id, "closed": frozenset(closed)})


def every_mission(session: Session, profile: VolunteerProfile) -> list[Match]:
    """The list page by page, as somebody reads it to its end."""
    found: list[Match] = []
    while True:
        page = recommendations.select_missions(session, profile, NOW, len(found) // LIST_LENGTH + 1, [m.mission.mission_id for m in found])
        found += page.matches
        if len(found) >= page.total:
            return found


@pytest.mark.parametrize("chance", [1, 2])
def test_the_database_knows_what_the_oracle_knows(store: Database, chance: int) -> None:
    with store.write() as session:
        made = town(session, random.Random(chance))
        profiles = {found.person_id: found for found in record.volunteer_profiles(session)}
        expected = {(g.number, t.number) for g in made.givers for t in made.tasks if oracle.fits(g, t, TODAY)}
        assert len(expected) > 30
        seen = {(g.number, match.mission.mission_id) for g in made.givers for match in every_mission(session, profiles[g.number])}
        assert seen == expected
        for owner in {made_task.organisation for made_task in made.tasks}:
            theirs = {
                number for number, task_number in expected if task_number in {t.number for t in made.tasks if t.organisation == owner}
            }
            pages = [recommendations.volunteers_for(session, owner, NOW, page) for page in range(1, len(theirs) // LIST_LENGTH + 2)]
            found = [match.volunteer.person_id for page in pages[: -(-len(theirs) // LIST_LENGTH)] for match in page.matches]
            assert set(found) == theirs
            assert len(found) == len(theirs) == pages[0].total


def test_a_place_is_taken_by_whoever_was_accepted_and_nobody_else(store: Database) -> None:
    world = small_world(store)
    with store.write() as session:
        for chat_id, accepted in ((AMINA, True), (BRAHIM, False), (SALMA, None)):
            volunteer(session, chat_id, "V")
            applications.apply(session, chat_id, world.mission_id, NOW)
            number = applications.of_person(session, chat_id)[0][0].id
            if accepted is not None:
                applications.answer(session, OWNER, number, accepted, NOW)
        assert [need.taken for need in record.open_missions(session)] == [1]


def test_everybody_appears_once_with_his_best_mission(database: Database) -> None:
    world = small_world(database)
    with database.write() as session:
        owner = session.get(Organisation, world.organisation_id)
        mission(session, owner, title="Autre chose", cause="sport")
        [match] = recommendations.volunteers_for(session, owner.id, NOW).matches
        assert match.mission.mission_id == world.mission_id


def test_profiles_of_some_are_those_of_all(database: Database) -> None:
    small_world(database)
    with database.write() as session:
        volunteer(session, BRAHIM, "Brahim")
        volunteer(session, OWNER, "Karim")
        everybody = record.volunteer_profiles(session)
        for found in everybody:
            assert record.volunteer_profiles(session, [found.person_id or 0]) == [found]
        assert {found.person_id: bool(found.own_organisation_ids) for found in everybody}[person_id(session, OWNER)] is True
        session.get(Person, person_id(session, BRAHIM)).blocked_at = NOW
        session.flush()
        assert len(record.volunteer_profiles(session)) == len(everybody) - 1


def test_organisations_of_a_shared_cause_come_best_cause_first(database: Database) -> None:
    with database.write() as session:
        volunteer(session, AMINA, causes=["health", "education"])
        first = organisation(session, OWNER, "Ecole", ("education",))
        second = organisation(session, OTHER_OWNER, "Santé", ("sport", "health"))
        organisation(session, 903, "Sport", ("sport",))
        organisation(session, 904, "Pas encore", ("health",)).state = "pending"
        [amina] = record.volunteer_profiles(session)
        assert recommendations.fitting_organisations(session, amina, set()) == [second, first]
        assert recommendations.fitting_organisations(session, amina, {second.id}) == [first]
        assert recommendations.fitting_organisations(session, VolunteerProfile(), set()) == []


def test_a_mission_is_named_by_its_position_or_else_its_number(database: Database) -> None:
    world = small_world(database)
    with database.write() as session:
        owner = session.get(Organisation, world.organisation_id)
        numbers = [mission(session, owner, title=f"M{n}").id for n in range(8)]
        recommendations.remember_list(session, AMINA, "missions", [numbers[4], numbers[1]], NOW)
        recommendations.remember_list(session, BRAHIM, "volunteers", [7, 8], NOW)

        def named(chat_id: int, reference: str) -> int | None:
            return recommendations.mission_named(session, chat_id, reference)

        assert [named(AMINA, "1"), named(AMINA, "2")] == [numbers[4], numbers[1]]
        assert named(AMINA, "3") == 3  # beyond the list: a public number
        assert [named(chat_id, str(numbers[6])) for chat_id in (AMINA, BRAHIM, 999)] == [numbers[6]] * 3
        assert named(BRAHIM, "1") == 1  # a list of people names no mission
        assert [named(AMINA, wrong) for wrong in ("0", "-1", "99", "x", "", "9" * 30)] == [None] * 6


def test_a_list_shown_later_replaces_the_one_before(database: Database) -> None:
    world = small_world(database)
    with database.write() as session:
        for entries in ([5, 6], [world.mission_id]):
            recommendations.remember_list(session, AMINA, "missions", entries, NOW)
        assert recommendations.mission_named(session, AMINA, "1") == world.mission_id
