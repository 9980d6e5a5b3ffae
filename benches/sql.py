"""The same candidates by a join in SQL, in SQLite and in PostgreSQL: whole numbers only, so that points are equal to the last.

Sets are bits in whole numbers here too, and there are three ways to come to the pairs, of which the fastest is taken for each question:
every mission for every volunteer, an index over the ground, and an index over the hours.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from benches.engines import LENGTH, Ranked, own_peak_mb
from benches.population import TODAY
from bot.matching import blocks
from bot.matching.columns import NOWHERE, MissionColumns, Vector, VolunteerColumns, is_for_adults

ANYWHERE = 10**8
"""Metres; farther than anything."""
_PAIRS = """
SELECT v.n AS v, m.n AS m, v.slots & m.slots & ~coalesce(b.slots, 0) AS free, v.own_skills & m.wanted AS own, m.wanted_count,
       m.need + coalesce(c.points, 0) + CASE WHEN m.mode = 2 THEN 100 WHEN v.radius = 0 THEN 0
           ELSE 200 - 800 * {root} / (v.radius * 5) END AS rest
FROM {source}
LEFT JOIN busy b ON b.volunteer = v.n AND b.first_day <= m.last_day AND m.first_day <= b.last_day
LEFT JOIN wish c ON c.volunteer = v.n AND c.cause = m.cause
WHERE {chosen} AND v.paused = 0 AND m.open = 1 AND (v.slots & m.slots) <> 0 AND (v.modes & m.mode) <> 0
  AND (v.teen = 0 OR m.adults_only = 0) AND (m.required & ~v.skills) = 0
  AND (v.languages = 0 OR m.languages = 0 OR (v.languages & m.languages) <> 0)
  AND (m.mode = 2 OR v.radius = 0 OR {square} < (v.radius + 1) * (v.radius + 1))
  AND NOT EXISTS (SELECT 1 FROM closed k WHERE k.volunteer = v.n AND k.mission = m.id)
  AND NOT EXISTS (SELECT 1 FROM excluded e WHERE e.volunteer = v.n AND e.organisation = m.organisation)
"""
# Nobody in the population has two commitments: one join is enough for them.
_SCORED = """
WITH pairs AS ({pairs}), scored AS (
    SELECT v, m, rest + 150 * {least}({ones_of_free}, 4) / 4 + 200 * {ones_of_own} / wanted_count AS points FROM pairs WHERE free <> 0)
"""
_LISTS = """
SELECT count(*), coalesce(sum(points), 0) FROM (
    SELECT points, row_number() OVER (PARTITION BY v ORDER BY points DESC, m) AS place FROM scored) AS ranked
WHERE place <= {length}
"""
_SQUARE = "((v.x - m.x) * (v.x - m.x) + (v.y - m.y) * (v.y - m.y) + (v.z - m.z) * (v.z - m.z))"
# The first common hour alone counts, so that no pair comes twice.
_HOURS_OF_VOLUNTEER = (
    "volunteer v JOIN volunteer_slot s ON s.volunteer = v.n JOIN mission_slot t ON t.slot = s.slot "
    "JOIN mission m ON m.n = t.mission AND ((v.slots & m.slots) & -(v.slots & m.slots)) = t.slot"
)
_HOURS_OF_MISSION = (
    "mission m JOIN mission_slot t ON t.mission = m.n JOIN volunteer_slot s ON s.slot = t.slot "
    "JOIN volunteer v ON v.n = s.volunteer AND ((v.slots & m.slots) & -(v.slots & m.slots)) = t.slot"
)
_SOURCES = {
    "volunteer": {
        "scan": ["volunteer v CROSS JOIN mission m"],
        "ground": [
            "volunteer v JOIN mission m ON m.mode = 1 AND m.z BETWEEN v.z - v.reach AND v.z + v.reach",
            "volunteer v JOIN mission m ON m.mode = 2",
        ],
        "hours": [_HOURS_OF_VOLUNTEER],
    },
    "mission": {"scan": ["mission m CROSS JOIN volunteer v"], "hours": [_HOURS_OF_MISSION]},
}
_INDEXES = (
    "CREATE UNIQUE INDEX volunteer_n ON volunteer (n)",
    "CREATE UNIQUE INDEX mission_n ON mission (n)",
    "CREATE INDEX mission_ground ON mission (mode, z)",
    "CREATE INDEX mission_slot_hours ON mission_slot (slot, mission)",
    "CREATE INDEX mission_slot_mission ON mission_slot (mission)",
    "CREATE INDEX volunteer_slot_volunteer ON volunteer_slot (volunteer)",
    "CREATE INDEX volunteer_slot_hours ON volunteer_slot (slot, volunteer)",
    "CREATE INDEX wish_volunteer ON wish (volunteer, cause)",
    "CREATE INDEX busy_volunteer ON busy (volunteer)",
    "CREATE INDEX closed_volunteer ON closed (volunteer, mission)",
    "CREATE INDEX excluded_volunteer ON excluded (volunteer, organisation)",
)
Table = dict[str, Vector]


def _entries(begins: Vector, **columns: Vector) -> Table:
    """Lists that lie behind each other as a table, by the row they belong to."""
    return {"volunteer": np.repeat(np.arange(len(begins) - 1), np.diff(begins)), **columns}


def _hours(slots: Vector, owner: str) -> Table:
    rows, bits = np.nonzero((slots[:, None] >> np.arange(28, dtype=np.uint32)) & 1)
    return {owner: rows, "slot": np.int64(1) << bits}


def tables(volunteers: VolunteerColumns, missions: MissionColumns) -> dict[str, Table]:
    """Columns as tables of whole numbers, by their names."""
    people, causes = np.nonzero(volunteers.cause_points)
    return {
        "volunteer": {
            "n": np.arange(len(volunteers)),
            **{name: getattr(volunteers, name) for name in ("x", "y", "z", "modes", "slots", "skills", "own_skills", "languages")},
            "radius": volunteers.radius_m,
            "reach": np.where(volunteers.radius_m == NOWHERE, ANYWHERE, volunteers.radius_m),
            "teen": volunteers.teen,
            "paused": volunteers.paused,
        },
        "volunteer_slot": _hours(volunteers.slots, "volunteer"),
        "wish": {"volunteer": people, "cause": causes, "points": volunteers.cause_points[people, causes]},
        "closed": _entries(volunteers.closed_from, mission=volunteers.closed),
        "excluded": _entries(volunteers.excluded_from, organisation=volunteers.excluded),
        "busy": _entries(volunteers.busy_from, slots=volunteers.busy_slots, first_day=volunteers.busy_first, last_day=volunteers.busy_last),
        "mission": {
            "n": np.arange(len(missions)),
            "id": missions.mission_id,
            "organisation": missions.organisation_id,
            **{name: getattr(missions, name) for name in ("x", "y", "z", "mode", "slots", "cause", "required", "wanted", "wanted_count")},
            **{name: getattr(missions, name) for name in ("languages", "first_day", "last_day")},
            "adults_only": is_for_adults(missions.minimum_age),
            "open": blocks.open_missions(missions, TODAY),
            "need": blocks.need_points(missions, TODAY),
        },
        "mission_slot": _hours(missions.slots, "mission"),
    }


class Join:
    """What both databases have in common; how each asks is below."""

    name = ""
    takes_all = False
    _dialect: dict[str, str] = {}
    _modes: tuple[str, ...] = ("",)
    """Settings to be tried beside the ways to the pairs."""

    def __init__(self) -> None:
        self._chosen: dict[str, tuple[str, str]] = {}

    def _ask(self, query: str, numbers: tuple[int, ...], mode: str) -> list[tuple[Any, ...]]:
        raise NotImplementedError

    def _asked(self, question: str, side: str, condition: str, end: str, numbers: tuple[int, ...]) -> list[tuple[Any, ...]]:
        """Ask in the fastest way; the first time, try all of them (twice, for the first run also reads and plans)."""

        def in_way(way: str, mode: str) -> list[tuple[Any, ...]]:
            parts = [_PAIRS.format(source=source, chosen=condition, **self._dialect) for source in _SOURCES[side][way]]
            return self._ask(_SCORED.format(pairs=" UNION ALL ".join(parts), **self._dialect) + end, numbers * len(parts), mode)

        if question not in self._chosen:
            taken = []
            for way in _SOURCES[side]:
                for mode in self._modes:
                    for _ in range(2):
                        began = time.perf_counter()
                        in_way(way, mode)
                        spent = time.perf_counter() - began
                    taken.append((spent, way, mode))
            self._chosen[question] = min(taken)[1:]
        return in_way(*self._chosen[question])

    def batch(self, start: int, end: int) -> tuple[int, int]:
        found = self._asked(
            "lists", "volunteer", "v.n BETWEEN {0} AND {0}".format(self._dialect["mark"]), _LISTS.format(length=LENGTH), (start, end - 1)
        )
        return int(found[0][0]), int(found[0][1])

    def missions_for(self, volunteer: int) -> Ranked:
        end = f"SELECT m, points FROM scored ORDER BY points DESC, m LIMIT {LENGTH}"
        return [
            (int(row), int(points))
            for row, points in self._asked("missions", "volunteer", f"v.n = {self._dialect['mark']}", end, (volunteer,))
        ]

    def volunteers_for(self, mission: int) -> Ranked:
        end = f"SELECT v, points FROM scored ORDER BY points DESC, v LIMIT {LENGTH}"
        return [
            (int(row), int(points))
            for row, points in self._asked("volunteers", "mission", f"m.n = {self._dialect['mark']}", end, (mission,))
        ]

    def notes(self) -> str:
        return ", ".join(f"{question} by {' '.join(filter(None, way))}" for question, way in self._chosen.items())


class Sqlite(Join):
    """In memory, so that no disk counts."""

    name = "sqlite"
    _dialect = {
        "mark": "?",
        "least": "min",
        "square": _SQUARE,
        "root": f"CAST(sqrt({_SQUARE}) AS INTEGER)",
        "ones_of_free": "((SELECT ones FROM bits WHERE n = free & 16383) + (SELECT ones FROM bits WHERE n = free >> 14))",
        "ones_of_own": "((SELECT ones FROM bits WHERE n = own & 16383) + (SELECT ones FROM bits WHERE n = own >> 14))",
    }

    def __init__(self, volunteers: VolunteerColumns, missions: MissionColumns) -> None:
        super().__init__()
        self._database = sqlite3.connect(":memory:")
        self._database.execute("PRAGMA temp_store = MEMORY")
        self._database.execute("CREATE TABLE bits (n INTEGER PRIMARY KEY, ones INTEGER)")
        self._database.executemany("INSERT INTO bits VALUES (?, ?)", ((n, bin(n).count("1")) for n in range(1 << 14)))
        for name, columns in tables(volunteers, missions).items():
            kinds = ", ".join("n INTEGER PRIMARY KEY" if column == "n" else f"{column} INTEGER" for column in columns)
            self._database.execute(f"CREATE TABLE {name} ({kinds})")
            rows = zip(*(values.astype(np.int64).tolist() for values in columns.values()), strict=True)
            self._database.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", rows)
        for index in _INDEXES[2:]:
            self._database.execute(index)
        self._database.execute("ANALYZE")

    def _ask(self, query: str, numbers: tuple[int, ...], mode: str) -> list[tuple[Any, ...]]:
        return self._database.execute(query, numbers).fetchall()

    def clock(self) -> float:
        return time.process_time()

    def peak_mb(self) -> float:
        return own_peak_mb()

    def close(self) -> None:
        self._database.close()


class Postgres(Join):
    """One connection, one core; compiled expressions where they are faster. CPU time and memory are those of the server's process."""

    name = "postgres"
    _modes = ("jit off", "jit on")
    _dialect = {
        "mark": "%s",
        "least": "least",
        "square": _SQUARE,
        "root": f"floor(sqrt({_SQUARE}::float8))::bigint",
        "ones_of_free": "bit_count(free::bit(32))",
        "ones_of_own": "bit_count(own::bit(32))",
    }

    def __init__(self, url: str, volunteers: VolunteerColumns, missions: MissionColumns) -> None:
        import psycopg2

        super().__init__()
        self._connection = psycopg2.connect(url)
        self._connection.autocommit = True
        self._cursor = self._connection.cursor()
        for setting in ("work_mem = '256MB'", "max_parallel_workers_per_gather = 0", "random_page_cost = 1.1", "search_path = bench"):
            self._cursor.execute(f"SET {setting}")
        self._cursor.execute("DROP SCHEMA IF EXISTS bench CASCADE")
        self._cursor.execute("CREATE SCHEMA bench")
        for name, columns in tables(volunteers, missions).items():
            self._cursor.execute(f"CREATE UNLOGGED TABLE {name} ({', '.join(f'{column} bigint' for column in columns)})")
            for part in _binary(columns):
                self._cursor.copy_expert(f"COPY {name} FROM STDIN (FORMAT binary)", part)
        for index in _INDEXES:
            self._cursor.execute(index)
        self._cursor.execute("VACUUM ANALYZE")
        self._process = Path("/proc") / str(self._connection.get_backend_pid())

    def _ask(self, query: str, numbers: tuple[int, ...], mode: str) -> list[tuple[Any, ...]]:
        self._cursor.execute(f"SET {mode.replace(' ', ' = ')}")
        self._cursor.execute(query, numbers)
        found: list[tuple[Any, ...]] = self._cursor.fetchall()
        return found

    def clock(self) -> float:
        return int((self._process / "schedstat").read_text().split()[0]) / 1e9

    def peak_mb(self) -> float:
        lines = (self._process / "status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**10

    def close(self) -> None:
        self._cursor.execute("DROP SCHEMA bench CASCADE")
        self._connection.close()


def _binary(columns: Table) -> Iterator[BytesIO]:
    """A table in PostgreSQL's binary form of COPY, some hundred thousand rows at a time."""
    size, step = len(next(iter(columns.values()))), 200_000
    form = np.dtype([("columns", ">i2"), *((part, kind) for name in columns for part, kind in ((f"{name} bytes", ">i4"), (name, ">i8")))])
    for start in range(0, size, step):
        rows = np.empty(min(step, size - start), form)
        rows["columns"] = len(columns)
        for name, values in columns.items():
            rows[f"{name} bytes"], rows[name] = 8, values[start : start + step]
        yield BytesIO(b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff")
