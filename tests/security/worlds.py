"""A victim and an attacker in one database: every word of the victim's is a canary, every id stands in a range of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Boolean, Date, Float, Integer, String, insert, select, update
from sqlalchemy.orm import Session

from bot.matching.slots import slots_of
from bot.services import organisations, profiles
from bot.services.organisations import Need, Registration
from bot.services.profiles import Offer, Speaker
from bot.store.base import Base, Ids, Instant
from bot.store.engine import Database
from bot.store.models import (
    Application,
    Button,
    ChangeRow,
    Consent,
    Digest,
    InboxUpdate,
    Initiative,
    LastList,
    Mission,
    Organisation,
    OrganisationMember,
    OutboxMessage,
    Person,
    Recommendation,
    Subscription,
    Volunteer,
)
from tests.conftest import NOW

VICTIM, VICTIM_MANAGER = 7_100_001, 7_100_002
"""Chats of a volunteer and of somebody who speaks for two organisations."""
ATTACKER_VOLUNTEER, ATTACKER_MANAGER, ATTACKER_STRANGER = 6_200_001, 6_200_002, 6_200_003
ATTACKERS = {"volunteer": ATTACKER_VOLUNTEER, "manager": ATTACKER_MANAGER, "stranger": ATTACKER_STRANGER}

# Ids of the victims' rows; no kind of row shares one with another, so that a mixed-up id is seen.
PERSON_IDS = (11_001, 11_002)
VALIDATED, UNVALIDATED = 12_001, 12_002
"""Organisations."""
PUBLISHED, DRAFT, PENDING, FINISHED, HIDDEN = 13_001, 13_002, 13_003, 13_004, 13_005
"""Missions by state; HIDDEN is published by an organisation that nobody has validated."""
APPLICATION, ANSWERED = 14_001, 14_002
PRIVATE_MISSIONS = {"draft": DRAFT, "pending": PENDING, "finished": FINISHED, "of an organisation not validated": HIDDEN}
NOBODYS = 29_999
"""An id that no row has."""

PUBLIC = "vitrine"
"""In what the public page shows to anybody."""
CANARY = "kanari"
"""In what is the victims' alone: names of people, and everything unpublished."""

LONGEST_OF_A_LIST = 32
"""Columns of text up to so many characters hold values of closed lists, tokens and names of processes; longer ones people's words."""
CLOSED_LISTS = {
    "buttons.payload",
    "certificates.place",
    "effects.action",
    "help_requests.place",
    "inbox.claimed_by",
    "initiatives.place",
    "keys.value",
    "leases.holder",
    "leases.name",
    "missions.place",
    "organisations.place",
    "outbox.error",
    "outbox.origin",
    "volunteers.place",
}
"""Longer columns in which no person's own words stand."""


def columns_of_words() -> Iterator[str]:
    """Columns that hold what people wrote, as "table.column", read off the tables."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            is_long = isinstance(column.type, String) and (column.type.length is None or column.type.length > LONGEST_OF_A_LIST)
            if is_long and f"{table.name}.{column.name}" not in CLOSED_LISTS:
                yield f"{table.name}.{column.name}"


def _mission(mission_id: int, organisation_id: int, state: str, words: str) -> list[Any]:
    initiative = Initiative(
        id=mission_id + 2_000,
        organisation_id=organisation_id,
        title=f"{words} initiative",
        cause="education",
        place="Maârif",
        state=state,
        created_at=NOW,
    )
    mission = Mission(
        id=mission_id,
        initiative_id=initiative.id,
        title=f"{words} mission",
        place="Maârif",
        latitude=33.58,
        longitude=-7.63,
        mode="onsite",
        skills_required=[],
        skills_welcome=[],
        spoken_languages=[],
        capacity=3,
        minimum_age=18,
        framework="informal",
        slots=slots_of(["sat"], ["morning"]),
        state=state,
        created_at=NOW,
        changed_at=NOW,
    )
    return [initiative, mission]


def _person(person_id: int, chat_id: int) -> Person:
    return Person(id=person_id, chat_id=chat_id, first_name=f"{CANARY} person", register="fr", created_at=NOW)


def _organisation(organisation_id: int, state: str, words: str) -> Organisation:
    return Organisation(
        id=organisation_id,
        kind="association",
        name=f"{words} organisation",
        place="Maârif",
        latitude=33.58,
        longitude=-7.63,
        causes=["education"],
        services=f"{CANARY} services",
        state=state,
        created_at=NOW,
    )


def victims(session: Session) -> None:
    """A volunteer who applied twice, and an organisation with missions in every state beside one that is not validated."""
    volunteer, manager = PERSON_IDS
    session.add_all([_person(volunteer, VICTIM), _person(manager, VICTIM_MANAGER)])
    session.flush()
    session.add(
        Volunteer(
            person_id=volunteer,
            first_name=f"{CANARY} volunteer",
            place="Maârif",
            latitude=33.58,
            longitude=-7.63,
            radius_km=10,
            causes=["education"],
            skills=["teaching"],
            means=[],
            spoken_languages=[],
            slots=slots_of(["sat", "sun"], ["morning"]),
            paused=False,
            created_at=NOW,
            changed_at=NOW,
        )
    )
    session.add_all([_organisation(VALIDATED, "validated", PUBLIC), _organisation(UNVALIDATED, "pending", CANARY)])
    session.flush()
    for number, organisation_id in enumerate((VALIDATED, UNVALIDATED)):
        session.add(OrganisationMember(id=16_001 + number, organisation_id=organisation_id, person_id=manager, created_at=NOW))
    rows = [
        *_mission(PUBLISHED, VALIDATED, "published", PUBLIC),
        *_mission(DRAFT, VALIDATED, "draft", CANARY),
        *_mission(PENDING, VALIDATED, "pending", CANARY),
        *_mission(FINISHED, VALIDATED, "finished", CANARY),
        *_mission(HIDDEN, UNVALIDATED, "published", CANARY),
    ]
    for row in sorted(rows, key=lambda r: isinstance(r, Mission)):
        session.add(row)
        session.flush()
    session.add(Application(id=APPLICATION, mission_id=PUBLISHED, person_id=volunteer, state="pending", created_at=NOW))
    session.add(Application(id=ANSWERED, mission_id=FINISHED, person_id=volunteer, state="accepted", created_at=NOW, answered_at=NOW))
    for number, person_id in enumerate(PERSON_IDS):
        session.add(Consent(id=17_001 + number, person_id=person_id, purpose="profile", notice_version="2026-11", given_at=NOW))
    session.add(Subscription(id=18_001, person_id=volunteer, audience="volunteer", frequency="weekly", next_due_at=NOW))
    session.add(
        Subscription(
            id=18_002,
            person_id=manager,
            audience=f"organisation:{VALIDATED}",
            organisation_id=VALIDATED,
            frequency="weekly",
            ended_at=NOW,
            ended_reason=CANARY,
        )
    )
    session.flush()
    session.add(Digest(id=19_001, subscription_id=18_001, period="2026-11-20", state="queued", created_at=NOW))
    session.flush()
    _traffic(session)


def _traffic(session: Session) -> None:
    """What passed between the victims and the bot."""
    session.add(
        Recommendation(
            person_id=PERSON_IDS[0],
            mission_id=PUBLISHED,
            shown_to="volunteer",
            digest_id=19_001,
            position=1,
            points=5,
            price=0.0,
            policy="points",
            shown_at=NOW,
        )
    )
    session.add(LastList(chat_id=VICTIM, kind="missions", entries=[str(PUBLISHED)], shown_at=NOW))
    session.add(
        InboxUpdate(
            update_id=1,
            chat_id=VICTIM,
            payload={"message": {"text": f"{CANARY} words"}},
            state="waiting",
            attempts=0,
            received_at=NOW,
            not_before=NOW + timedelta(days=9_999),
        )
    )
    session.add(
        OutboxMessage(
            chat_id=VICTIM,
            origin="update:1",
            position=0,
            kind="reply",
            solicited=True,
            method="send",
            body={"text": f"{CANARY} answer", "buttons": None, "keyboard": None},
            state="sent",
            attempts=1,
            created_at=NOW,
        )
    )
    session.add(
        Button(
            token="V" * 24,
            chat_id=VICTIM_MANAGER,
            payload=f'/answer_application{{"application": "{APPLICATION}", "answer": "accepted"}}',
            single_use=True,
            created_at=NOW,
            expires_at=NOW + timedelta(days=30),
        )
    )


OF_VICTIMS: dict[str, Any] = {
    "persons": PERSON_IDS[0],
    "organisations": VALIDATED,
    "missions": PUBLISHED,
    "initiatives": PUBLISHED + 2_000,
    "applications": APPLICATION,
    "subscriptions": 18_001,
    "digests": 19_001,
    "staff_sessions": CANARY,
}
"""What a row of the victims' refers to."""
STATES = {("proposals", "state"): "open", ("digest_shards", "state"): "done", ("staff_accounts", "locale"): "fr"}
"""Where the state of a row decides what can be done to it."""
FIRST_OF_OTHERS = 15_001
"""Ids of rows in tables of which the world above knows nothing."""


def everywhere_else(session: Session) -> None:
    """The victims' words in every column of words that is still empty, and a row in every table that has none: found, not listed."""
    session.flush()
    for table in Base.metadata.sorted_tables:
        words = [name.partition(".")[2] for name in columns_of_words() if name.startswith(table.name + ".")]
        if session.execute(select(table)).first() is None:
            session.execute(insert(table).values({column.name: _something(table.name, column) for column in table.columns}))
        for name in words:
            session.execute(update(table).where(table.c[name].is_(None)).values({name: CANARY}))


def _something(table_name: str, column: Any) -> Any:
    """A value of the victims' for any column."""
    for key in column.foreign_keys:
        return OF_VICTIMS.get(key.column.table.name, FIRST_OF_OTHERS)
    if column.name.endswith("chat_id"):
        return VICTIM
    if column.primary_key and isinstance(column.type, Integer):
        return FIRST_OF_OTHERS
    if isinstance(column.type, String):
        if (table_name, column.name) in STATES:
            return STATES[table_name, column.name]
        return CANARY if f"{table_name}.{column.name}" in set(columns_of_words()) else "Maârif" if column.name == "place" else "open"
    if column.nullable:
        return None
    if isinstance(column.type, Instant):
        return NOW
    return {Boolean: False, Float: 1.0, Date: date(2026, 11, 24)}.get(type(column.type), [] if isinstance(column.type, (JSON, Ids)) else 1)


def attackers(session: Session) -> None:
    """Somebody with a profile, and somebody who speaks for another organisation; the stranger is nobody's row."""
    offer = Offer("Mallory", "Maârif", ["education"], ["teaching"], slots_of(["sat", "sun"], ["morning"]))
    profiles.save_offer(session, Speaker(ATTACKER_VOLUNTEER, "Mallory", "fr"), offer, NOW)
    own = organisations.register(
        session, Speaker(ATTACKER_MANAGER, "Eve", "fr"), Registration("association", "Autre", "Maârif", ["education"], ""), NOW
    )
    organisations.validate(session, own.id, NOW)
    for day in (2, 3):
        # Two, so that none is meant because there is no other.
        on = date(2027, 1, day)
        need = Need("Annonce d'Eve", "education", "Maârif", slots_of(["sat"], ["morning"]), 2, starts_on=on, ends_on=on)
        organisations.publish(session, ATTACKER_MANAGER, own.id, need, NOW)


def populate(database: Database) -> None:
    with database.write() as session:
        victims(session)
        everywhere_else(session)
    with database.write() as session:
        attackers(session)


DUMP = dict[tuple[str, tuple[Any, ...]], dict[str, Any]]


def dump(database: Database) -> DUMP:
    """Every row of every table by table and primary key."""
    rows: DUMP = {}
    with database.read() as session:
        for table in Base.metadata.sorted_tables:
            if table.name == ChangeRow.__tablename__:
                continue  # which rows are to be read anew: it follows from the others
            for row in session.execute(select(table)).mappings():
                key = tuple(row[column.name] for column in list(table.primary_key.columns))
                rows[table.name, key] = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
    return rows


def changes(before: DUMP, after: DUMP) -> dict[tuple[str, tuple[Any, ...]], tuple[Any, Any]]:
    """Rows that differ, as they were and as they are; None where there is none."""
    keys = before.keys() | after.keys()
    return {key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)}


def not_allowed(database: Database, chat_id: int, changed: dict[tuple[str, tuple[Any, ...]], tuple[Any, Any]]) -> list[str]:
    """Those changes that are not to rows of a chat's own: everything of his may change, nothing else."""
    with database.read() as session:
        person_id = session.execute(select(Person.id).where(Person.chat_id == chat_id)).scalar_one_or_none()
        own = set(session.execute(select(OrganisationMember.organisation_id).where(OrganisationMember.person_id == person_id)).scalars())
        initiatives = set(session.execute(select(Initiative.id).where(Initiative.organisation_id.in_(own))).scalars())
        missions = set(session.execute(select(Mission.id).where(Mission.initiative_id.in_(initiatives))).scalars())
    ids = {"organisation_id": own, "initiative_id": initiatives, "mission_id": missions}

    def is_own(table: str, row: dict[str, Any] | None) -> bool:
        if row is None or table in ("effects", "leases"):
            return True
        if "chat_id" in row:
            return bool(row["chat_id"] == chat_id)
        if table == "recommendations" and row["shown_to"] == "organisation":
            return row["mission_id"] in missions
        if "person_id" in row:
            return bool(row["person_id"] == person_id)
        if table == "organisations":
            return row["id"] in own
        return any(row[name] in owned for name, owned in ids.items() if name in row)

    return [
        f"{table}{key}: {old} → {new}" for (table, key), (old, new) in changed.items() if not (is_own(table, old) and is_own(table, new))
    ]
