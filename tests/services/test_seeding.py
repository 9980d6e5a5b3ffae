"""Filling a database from a file: what the schema says, nothing twice, and bad files told in one line."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from bot.matching.slots import slots_of
from bot.services import organisations, profiles, subscriptions
from bot.services.seeding import SeedError, seed
from bot.settings import PROJECT
from bot.store.engine import Database
from bot.store.models import Application, Mission, Organisation, OrganisationMember, Person, Subscription, Volunteer, metadata
from tests.worlds import AMINA, NOW, OWNER, count, local

CONTENT = """
people:
  - key: amina
    telegram_id: 7000000501
    first_name: Amina
    register: ary-Latn
    place: ain chock
    causes: [education, health]
    skills: [teaching]
    means: [car]
    spoken_languages: [darija]
    days: [weekend]
    times: [morning]
    mode: onsite
    radius_km: 25
    frequency: daily
    next_due_at: 2026-11-27T10:00:00
  - {key: karim, telegram_id: 7000000901, first_name: Karim}
  - {first_name: Silent, place: Anfa, causes: [sport]}
organisations:
  - name: Jossour
    kind: institution
    place: Maârif
    causes: [education]
    services: Soutien scolaire
    members: [karim]
    missions:
      - key: beach
        title: Plage
        cause: environment
        place: Aïn Diab
        starts_on: 2026-12-05
        ends_on: 2026-12-06
        times: [morning]
        time_from: "10:00"
        capacity: 40
        skills_welcome: [first_aid]
        spoken_languages: [french]
      - {title: Photos, days: [sat], mode: remote, skills: [photography]}
applications:
  - {person: amina, mission: Jossour/2}
"""


def fill(store: Database, tmp_path: Path, content: str | dict[str, Any] = CONTENT) -> dict[str, int]:
    path = tmp_path / "seed.yml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with store.write() as session:
        return seed(session, path, NOW)


def changed(part: str, key: str, value: Any) -> dict[str, Any]:
    """The content with one key of one row changed; part is a path such as organisations/0/missions/1."""
    content: Any = yaml.safe_load(CONTENT)
    row = content
    for step in part.split("/"):
        row = row[int(step)] if step.isdigit() else row[step]
    if value is None:
        del row[key]
    else:
        row[key] = value
    return dict(content)


def test_everything_of_the_file_is_there(store: Database, tmp_path: Path) -> None:
    assert fill(store, tmp_path) == {"people": 3, "organisations": 1, "missions": 2, "applications": 1}
    with store.read() as session:
        offer = profiles.offer_of(session, AMINA)
        assert offer is not None
        assert (offer.first_name, offer.place, offer.causes, offer.skills) == ("Amina", "Aïn-Chock", ("education", "health"), ("teaching",))
        assert (offer.means, offer.spoken_languages, offer.mode, offer.radius_km) == (("car",), ("darija",), "onsite", 25)
        assert offer.slots == slots_of(["sat", "sun"], ["morning"])
        person = profiles.person_of(session, AMINA)
        assert person is not None
        assert person.register == "ary-Latn"
        [owner] = organisations.spoken_for(session, OWNER)
        assert (owner.name, owner.kind, owner.state, owner.place) == ("Jossour", "institution", "validated", "Maârif")
        photos, beach = organisations.missions_of(session, owner.id)
        assert (beach.title, beach.place, beach.starts_on, beach.ends_on) == ("Plage", "Aïn Diab", date(2026, 12, 5), date(2026, 12, 6))
        assert (beach.capacity, beach.time_from, beach.skills_welcome, beach.spoken_languages) == (40, "10:00", ("first_aid",), ("french",))
        assert (beach.initiative.cause, photos.initiative.cause) == ("environment", "education")
        assert (photos.mode, photos.skills_required, photos.place) == ("remote", ("photography",), "Maârif")


def test_lists_are_due_when_the_file_says_or_at_the_next_run(store: Database, tmp_path: Path) -> None:
    fill(store, tmp_path)
    with store.read() as session:
        query = select(Person.chat_id, Subscription.frequency, Subscription.next_due_at).join(Person).order_by(Person.chat_id)
        rows = {chat_id: (frequency, due) for chat_id, frequency, due in session.execute(query)}
    assert rows[AMINA] == ("daily", local(2026, 11, 27, 10))
    assert rows[OWNER] == ("weekly", None)


def test_people_without_a_telegram_id_cannot_be_written_to(store: Database, tmp_path: Path) -> None:
    fill(store, tmp_path)
    with store.read() as session:
        [chat_id] = session.execute(select(Person.chat_id).where(Person.first_name == "Silent")).scalars()
    assert chat_id < 0


def test_applications_are_made(store: Database, tmp_path: Path) -> None:
    assert fill(store, tmp_path)["applications"] == 1
    with store.read() as session:
        [row] = session.execute(select(Application)).scalars()
        assert (row.state, row.mission.title, row.person.chat_id) == ("pending", "Photos", AMINA)


def test_seeding_again_makes_nothing_and_changes_nothing(store: Database, tmp_path: Path) -> None:
    fill(store, tmp_path)
    with store.write() as session:
        subscriptions.end(session, OWNER, "too_many", NOW)
        subscriptions.change_rhythm(session, AMINA, "monthly", NOW)

    def everything() -> dict[str, list[tuple[Any, ...]]]:
        with store.engine.connect() as connection:
            return {
                name: sorted((tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {name}")), key=repr)
                for name in metadata.tables
            }

    before = everything()
    assert set(fill(store, tmp_path).values()) == {0}
    assert everything() == before


def test_a_file_may_add_to_what_is_there(store: Database, tmp_path: Path) -> None:
    fill(store, tmp_path)
    content = changed("organisations/0", "members", ["karim", "amina"])
    content["organisations"][0]["missions"].append({"title": "Contes", "days": ["wed"]})
    assert fill(store, tmp_path, content) == {"people": 0, "organisations": 0, "missions": 1, "applications": 0}
    assert count(store, OrganisationMember) == 2


@pytest.mark.parametrize("content", ["", "people: []\n", "organisations:\n"])
def test_an_empty_file_makes_nothing(database: Database, tmp_path: Path, content: str) -> None:
    assert set(fill(database, tmp_path, content).values()) == {0}


@pytest.mark.parametrize(
    ("part", "key", "value", "told"),
    [
        ("people/0", "first_name", None, "first_name is missing"),
        ("people/0", "first_name", "", "first_name is missing"),
        ("people/0", "place", None, "place is missing"),
        ("people/0", "place", "Atlantis", "Atlantis is not known"),
        ("people/0", "causes", ["education", "gardens"], "gardens is not known"),
        ("people/0", "causes", "education", "causes"),
        ("people/0", "skills", ["flying"], "flying is not known"),
        ("people/0", "means", ["boat"], "boat is not known"),
        ("people/0", "spoken_languages", ["latin"], "latin is not known"),
        ("people/0", "days", ["someday"], "someday is not known"),
        ("people/0", "times", ["noon"], "noon is not known"),
        ("people/0", "mode", "by phone", "by phone is not known"),
        ("people/0", "register", "latin", "latin is not known"),
        ("people/0", "radius_km", "far", "far"),
        ("people/0", "telegram_id", "@amina", "@amina"),
        ("people/0", "frequency", "hourly", "hourly is not known"),
        ("people/0", "next_due_at", "friday", "friday"),
        ("organisations/0", "name", None, "name is missing"),
        ("organisations/0", "place", "Atlantis", "Atlantis is not known"),
        ("organisations/0", "kind", "company", "company is not known"),
        ("organisations/0", "state", "fine", "fine is not known"),
        ("organisations/0", "causes", ["gardens"], "gardens is not known"),
        ("organisations/0", "members", ["nobody"], "nobody"),
        ("organisations/0/missions/0", "title", None, "title is missing"),
        ("organisations/0/missions/0", "cause", "gardens", "gardens is not known"),
        ("organisations/0/missions/0", "starts_on", "soon", "soon"),
        ("organisations/0/missions/0", "capacity", -1, "capacity"),
        ("organisations/0/missions/0", "capacity", "many", "many"),
        ("organisations/0/missions/0", "time_from", 600, "time_from 600"),  # 10:00 without quotes is a number in YAML
        ("organisations/0/missions/0", "mode", "by phone", "by phone is not known"),
        ("organisations/0/missions/0", "times", ["noon"], "noon is not known"),
        ("organisations/0/missions/1", "days", ["someday"], "someday is not known"),
        ("organisations/0/missions/1", "skills", ["flying"], "flying is not known"),
        ("applications/0", "person", "nobody", "nobody"),
        ("applications/0", "mission", "nothing", "nothing"),
        ("applications/0", "mission", None, "mission is missing"),
    ],
)
def test_a_wrong_value_is_told_in_one_line_and_nothing_is_kept(
    database: Database, tmp_path: Path, part: str, key: str, value: Any, told: str
) -> None:
    with pytest.raises(SeedError) as caught:
        fill(database, tmp_path, changed(part, key, value))
    assert told in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert [count(database, model) for model in (Person, Volunteer, Organisation, Mission)] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "content", ["people: [", "a: b: c", "- people", "just words", "people: words", "people: [words]", "people: {a: b}"]
)
def test_what_is_no_seed_is_told_in_one_line(database: Database, tmp_path: Path, content: str) -> None:
    with pytest.raises(SeedError) as caught:
        fill(database, tmp_path, content)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xfa"])
def test_a_file_that_cannot_be_read_is_told(database: Database, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "seed.yml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SeedError, match=r"seed\.yml cannot be read"), database.write() as session:
        seed(session, path, NOW)


def test_the_sandbox_starts_with_missions_to_show(database: Database) -> None:
    with database.write() as session:
        made = seed(session, PROJECT / "data" / "seed" / "sandbox.yml", NOW)
    assert made["organisations"] > 1
    assert made["missions"] > made["organisations"]
    assert count(database, Organisation) == made["organisations"]
