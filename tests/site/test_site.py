"""The public pages: in four registers, what anybody may see and nothing about any person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from html.parser import HTMLParser

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from bot import clock
from bot.services import organisations, profiles
from bot.services.organisations import Need, Registration
from bot.services.profiles import Offer, Speaker
from bot.site.app import create_app
from bot.store.engine import Database
from bot.store.models import Mission, Organisation
from bot.texts import REGISTERS, catalogue, text

CONTACT, VOLUNTEER = 7_000_000_501, 7_000_000_502
TITLE = 'Soutien <scolaire> & jeux "du" samedi'
WEEK = 0b111


class Page(HTMLParser):
    """A page as a browser reads it: its root's attributes, its tags, its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.root: dict[str, str | None] = {}
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "html":
            self.root = dict(attrs)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.words += data


def publish(database: Database, title: str = TITLE, chat_id: int = CONTACT, **changes: object) -> int:
    """A mission of an organisation that Fatima-Zahra registered."""
    speaker = Speaker(chat_id, "Fatima-Zahra", "fr")
    registration = Registration("association", "Amal <b> & Fils", "Maârif", ["education"], "Nous aidons")
    with database.write() as session:
        organisation = organisations.register(session, speaker, registration, clock.now())
        organisations.validate(session, organisation.id, clock.now())
        need = Need(title=title, cause="education", place="Maârif", slots=WEEK, capacity=3)
        mission = organisations.publish(session, chat_id, organisation.id, need, clock.now())
        for name, value in changes.items():
            setattr(mission, name, value)
        return int(mission.id)


def offer(database: Database) -> None:
    with database.write() as session:
        offered = Offer("Abdelkader", "Sidi Moumen", ["health"], [], slots=WEEK)
        profiles.save_offer(session, Speaker(VOLUNTEER, "Abdelkader", "fr"), offered, clock.now())


@pytest.fixture
async def http(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(database, None))
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        yield client


async def front(http: httpx.AsyncClient, register: str = "fr") -> Page:
    answer = await http.get("/", params={"lang": register})
    assert answer.status_code == 200
    return Page(answer.text)


@pytest.mark.parametrize(("register", "direction"), [("ar", "rtl"), ("fr", "ltr"), ("ary-Arab", "rtl"), ("ary-Latn", "ltr")])
async def test_each_register_has_its_page(http: httpx.AsyncClient, register: str, direction: str) -> None:
    page = await front(http, register)
    assert (page.root["lang"], page.root["dir"]) == (register, direction)
    assert text(register, "site_title") in page.words
    assert text(register, "nothing_open") in page.words


@pytest.mark.parametrize("query", ["", "?lang=", "?lang=xx", "?lang=%3Cscript%3E"])
async def test_whoever_asks_for_no_register_gets_french(http: httpx.AsyncClient, query: str) -> None:
    page = Page((await http.get("/" + query)).text)
    assert page.root["lang"] == "fr" and "script" not in page.tags


async def test_every_register_is_one_tap_away(http: httpx.AsyncClient) -> None:
    page = await front(http)
    assert {f"?lang={register}" for register in REGISTERS} <= set(page.links)
    for register in REGISTERS:
        assert catalogue(register)["register_name"] in page.words


@pytest.mark.parametrize("register", REGISTERS)
async def test_missions_are_shown_as_typed(http: httpx.AsyncClient, database: Database, register: str) -> None:
    publish(database)
    page = await front(http, register)
    assert TITLE in page.words and "Amal <b> & Fils" in page.words
    assert "scolaire" not in page.tags and "b" not in page.tags
    assert text(register, "nothing_open") not in page.words


async def test_a_title_runs_no_script(http: httpx.AsyncClient, database: Database) -> None:
    publish(database, title="<script>alert(1)</script><img src=x onerror=alert(1)>")
    page = await front(http)
    assert "script" not in page.tags and page.tags.count("img") == 1, "there is the mark of the site, and nothing else"


@pytest.mark.parametrize("register", REGISTERS)
async def test_no_persons_name_or_number_is_shown(http: httpx.AsyncClient, database: Database, register: str) -> None:
    publish(database)
    offer(database)
    answer = await http.get("/", params={"lang": register})
    for secret in ("Fatima-Zahra", "Abdelkader", str(CONTACT), str(VOLUNTEER)):
        assert secret not in answer.text


@pytest.mark.parametrize("state", ["draft", "pending", "finished", "cancelled", "flagged"])
async def test_missions_that_are_not_open_are_not_shown(http: httpx.AsyncClient, database: Database, state: str) -> None:
    publish(database, state=state)
    assert TITLE not in (await front(http)).words


@pytest.mark.parametrize("state", ["pending", "refused", "flagged", "withdrawn"])
async def test_organisations_that_are_not_validated_are_not_shown(http: httpx.AsyncClient, database: Database, state: str) -> None:
    publish(database)
    with database.write() as session:
        session.query(Organisation).one().state = state
    page = await front(http)
    assert TITLE not in page.words and "Amal" not in page.words


async def test_missions_elsewhere_and_from_home_are_told_apart(http: httpx.AsyncClient, database: Database) -> None:
    mission_id = publish(database)
    assert "Maârif" in (await front(http)).words
    with database.write() as session:
        session.get(Mission, mission_id).mode = "remote"
    page = await front(http)
    assert text("fr", "remote_place") in page.words and "Maârif" not in page.words


async def test_the_page_loads_and_keeps_nothing(http: httpx.AsyncClient) -> None:
    answer = await http.get("/")
    assert "set-cookie" not in answer.headers
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert not [link for link in Page(answer.text).links if link.startswith(("http", "//"))]


@pytest.mark.parametrize("sandbox_url", [None, "http://127.0.0.1:8082/sandbox"])
async def test_the_sandbox_is_linked_where_one_runs(database: Database, sandbox_url: str | None) -> None:
    transport = httpx.ASGITransport(create_app(database, sandbox_url))
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        links = (await front(client)).links
    assert ([link for link in links if link.startswith("http")] or [None]) == [sandbox_url]


@pytest.mark.parametrize("register", REGISTERS)
async def test_while_the_database_is_away_everybody_is_told(
    http: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch, register: str
) -> None:
    def away(*_given: object) -> object:
        raise OperationalError("SELECT", {}, Exception("server closed the connection"))

    monkeypatch.setattr(database, "read", away)
    page = await http.get("/", params={"lang": register})
    assert (page.status_code, page.text) == (503, text(register, "site_away"))
    assert (await http.get("/health/live")).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_the_pages_are_read_only(http: httpx.AsyncClient, method: str) -> None:
    assert (await http.request(method, "/")).status_code == 405
