"""The API says what its document says: a program that reads the document asks, and holds every answer against it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from sqlalchemy.exc import OperationalError

from bot.settings import PROJECT
from bot.site.app import create_app
from bot.site.contract import DOCUMENT
from bot.store.engine import Database
from tests.site.region import visitor

APP: dict[str, Any] = {}
"""The app that is asked: its database is made with the fixture, the schema is read before."""


async def app(scope: Any, receive: Any, send: Any) -> None:
    await APP["app"](scope, receive, send)


schema = schemathesis.openapi.from_dict(DOCUMENT)
schema.app = app
CALM = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def served(region: Database) -> Iterator[None]:
    APP["app"] = create_app(region, None, bot_name="TadamonBot")
    yield
    APP.clear()


@pytest.fixture
async def http(region: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with visitor(region) as client:
        yield client


@pytest.mark.usefixtures("served")
@schema.parametrize()
@CALM
def test_every_answer_is_as_the_document_says(case: Any) -> None:
    case.call_and_validate()


async def test_the_document_is_served(http: httpx.AsyncClient) -> None:
    assert (await http.get("/api/openapi.json")).json() == DOCUMENT


async def test_pages_lead_through_all_missions_and_end(http: httpx.AsyncClient) -> None:
    address: str | None = "/api/v1/missions?limit=2&lang=ar&mode=onsite"
    seen: list[int] = []
    while address:
        found = (await http.get(address)).json()
        seen += [mission["id"] for mission in found["missions"]]
        address = found["next"]
    assert seen == [5, 3, 2, 1]


async def test_an_organisation_has_its_missions(http: httpx.AsyncClient) -> None:
    found = (await http.get("/api/v1/organisations/1?lang=ar")).json()
    assert [mission["id"] for mission in found["missions"]] == [4, 3, 1]
    assert found["place"] == {"id": "Maârif", "label": "المعاريف"}
    assert found["chat"] is None and found["answers"] is None


@pytest.mark.parametrize(("path", "status"), [("missions/6", 410), ("missions/7", 404), ("organisations/3", 404), ("nothing", 404)])
async def test_what_is_not_there_is_told_in_json(http: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await http.get(f"/api/v1/{path}")
    assert answer.status_code == status and answer.json()["error"]["message"]


async def test_other_methods_are_told_in_json(http: httpx.AsyncClient) -> None:
    answer = await http.delete("/api/v1/missions/1")
    assert answer.status_code == 405 and answer.json()["error"]["parameter"] is None


async def test_while_the_database_is_away(http: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_given: object) -> object:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(database, "read", away)
    answer = await http.get("/api/v1/missions")
    assert answer.status_code == 503 and answer.json()["error"] and answer.headers["retry-after"]


def test_the_documents_page_of_the_site_lists_every_path() -> None:
    page = (PROJECT / "docs" / "site.md").read_text(encoding="utf-8")
    assert all(f"`{path}`" in page for path in DOCUMENT["paths"])
