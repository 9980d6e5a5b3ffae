"""Pages in four registers: found by following links, every text there, nothing of anybody."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from xml.etree import ElementTree

import httpx
import pytest

from bot.store.engine import Database
from bot.store.models import Mission
from bot.texts import REGISTERS, RIGHT_TO_LEFT, text, unmarked
from tests.site.region import CANARIES, MISSIONS, PAGES, Page, own_links, populate, visitor

MARKS = re.compile("[\u2066-\u2069\u200e\u200f]")


@pytest.mark.postgres
async def test_postgresql_shows_the_same(database: Database, postgres: Database) -> None:
    """Every page, filter and answer of the API, word for word as on SQLite."""
    filters = ["place=Casablanca", "cause=education", "day=sat", "mode=remote", "q=soutien", "before=4", "place=Anfa&cause=environment"]
    paths = [*PAGES, *(f"/{kind}?{one}" for kind in ("missions", "api/v1/missions") for one in filters)]
    paths += ["/missions.ics", "/missions.rss", "/sitemap/missions-1.xml", "/organisations?cause=children", "/api/v1/organisations/1"]
    for each in (database, postgres):
        populate(each)
    async with visitor(database) as one, visitor(postgres) as other:
        for path in [*paths, "/api/v1/statistics"]:
            assert (await other.get(path)).text == (await one.get(path)).text, path


@pytest.fixture
async def http(region: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with visitor(region, bot_name="TadamonBot") as client:
        yield client


def addressed(path: str, register: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}lang={register}"


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize("path", PAGES)
async def test_every_page_speaks_every_register(http: httpx.AsyncClient, path: str, register: str) -> None:
    answer = await http.get(addressed(path, register))
    expected = {"/nowhere": 404, "/missions?place=Atlantis": 400, "/missions/6": 410}.get(path, 200)
    assert answer.status_code == expected
    page = Page(answer.text)
    assert (page.root["lang"], page.root["dir"]) == (register, "rtl" if register in RIGHT_TO_LEFT else "ltr")
    assert answer.headers["content-language"] == register
    assert page.tags.count("h1") == 1 and page.tags.count("main") == 1
    assert unmarked(text(register, "site_skip")) in page.words
    assert not re.search(r"\{\w+\}|site_[a-z]+_|None\b", MARKS.sub("", page.words)), "a placeholder or a key is left"
    assert not page.styles and "style" not in page.tags, "a strict policy would not let it through"
    assert page.meta["og:title"] and page.meta["og:description"] and page.meta["og:url"].startswith("http://site/")


@pytest.mark.parametrize("path", PAGES)
async def test_language_links_keep_the_page(http: httpx.AsyncClient, path: str) -> None:
    page = Page((await http.get(addressed(path, "ar"))).text)
    there = [link for link in page.links if link.endswith("lang=fr") and link.startswith("?")]
    assert there
    kept = there[-1].replace("lang=fr", "").strip("?&")
    asked = path.partition("?")[2]
    assert len(kept.split("&")) == len(asked.split("&")) if "Atlantis" not in path else not kept


async def test_nothing_of_anybody_stands_on_any_page_that_links_lead_to(http: httpx.AsyncClient) -> None:
    """The whole site, walked: pages, feeds, calendars, sitemap, API."""
    waiting = ["http://site/?lang=fr", "http://site/sitemap.xml", "http://site/api/v1/statistics", "http://site/robots.txt"]
    waiting += [f"http://site/api/v1/{kind}" for kind in ("missions", "organisations", "missions/1", "organisations/1", "missions/7")]
    waiting += [f"http://site/{kind}/{n}" for kind in ("missions", "organisations") for n in range(1, 12)]
    seen: set[str] = set()
    while waiting:
        address = waiting.pop()
        if address in seen or ("lang=" in address and "lang=fr" not in address and len(seen) > 150):
            continue
        seen.add(address)
        answer = await http.get(address)
        assert answer.status_code in (200, 404, 410), address
        found = [canary for canary in CANARIES if canary in answer.text]
        assert not found, f"{address} shows {found}"
        if "html" in answer.headers["content-type"]:
            waiting += own_links(Page(answer.text), address)
        elif address.endswith(".xml"):
            waiting += [element.text or "" for element in ElementTree.fromstring(answer.content).iter() if element.tag.endswith("loc")]
    assert len(seen) > 150
    assert {"/missions/1", "/organisations/2/poster", "/organisations/1/calendar.ics"} <= {link[11:].split("?")[0] for link in seen}


async def test_a_mission_shows_what_is_asked_of_whoever_comes(http: httpx.AsyncClient) -> None:
    page = Page((await http.get("/missions/1?lang=fr")).text)
    words = MARKS.sub("", page.words)
    for shown in (MISSIONS[0], "Amal <b> & Fils", "Maârif", "samedi", "de 10:00 à 12:30", "à partir de 16 ans", "il reste 4 places"):
        assert shown in words
    assert "https://t.me/TadamonBot?start=m_1" in page.links
    assert any(link.startswith("https://wa.me/?text=Soutien%20%3Cscolaire%3E") for link in page.links)
    assert any(link.startswith("https://t.me/share/url?url=http%3A//site/missions/1") for link in page.links)
    assert "b" not in page.tags


async def test_a_mission_is_an_event_for_search_engines(http: httpx.AsyncClient) -> None:
    [block] = Page((await http.get("/missions/1")).text).data_blocks
    event = json.loads(block)
    assert (event["@type"], event["name"]) == ("Event", MISSIONS[0])
    assert event["eventSchedule"]["byDay"] == ["https://schema.org/Saturday"]
    assert (event["startDate"], event["endDate"]) == ("2026-11-28T10:00:00+00:00", "2026-11-28T12:30:00+00:00")
    dated = json.loads(Page((await http.get("/missions/3")).text).data_blocks[0])
    assert (dated["startDate"], dated["endDate"]) == ("2026-12-04T09:00:00+00:00", "2026-12-06T11:00:00+00:00")
    remote = json.loads(Page((await http.get("/missions/4")).text).data_blocks[0])
    assert remote["location"]["@type"] == "VirtualLocation"


async def test_a_title_ends_no_script(http: httpx.AsyncClient, database: Database) -> None:
    title = "</script><script>alert(1)</script>"
    with database.write() as session:
        session.get(Mission, 1).title = title
    page = Page((await http.get("/missions/1")).text)
    assert page.tags.count("script") == 1
    assert json.loads(page.data_blocks[0])["name"] == title


async def test_an_organisation_shows_what_it_does_beside_what_it_needs(http: httpx.AsyncClient) -> None:
    words = MARKS.sub("", Page((await http.get("/organisations/1?lang=fr")).text).words)
    assert "Cours du soir" in words and MISSIONS[0] in words
    # Four weeks from Tuesday, 24 November: four Saturdays, and three days of a collection.
    assert words.count("samedi 28 novembre") == 1 and "samedi 19 décembre" in words and "samedi 26 décembre" not in words
    assert "vendredi 4 décembre" in words and "dimanche 6 décembre" in words


async def test_what_is_over_is_told_kindly_with_others(http: httpx.AsyncClient) -> None:
    answer = await http.get("/missions/6?lang=fr")
    assert answer.status_code == 410
    assert "n'est plus ouverte" in Page(answer.text).words and MISSIONS[0] in Page(answer.text).words


@pytest.mark.parametrize("number", [7, 8, 9, 10, 999, 0, 2**31, "x", "١", "-1", "1" * 400])
async def test_drafts_and_numbers_that_never_were_are_one_answer(http: httpx.AsyncClient, number: object) -> None:
    answer, never = await http.get(f"/missions/{number}"), await http.get("/missions/4242")
    assert answer.status_code == never.status_code == 404
    assert re.sub(r"missions/[^?\"]*", "", answer.text) == re.sub(r"missions/[^?\"]*", "", never.text)
    for kind in ("", "/initiatives", "/poster", "/calendar.ics"):
        assert (await http.get(f"/organisations/{3 if number == 7 else number}{kind}")).status_code == 404


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("place=Ma%C3%A2rif", {1, 3, 5}),
        ("place=Casablanca", {1, 2, 3, 5}),
        ("place=Anfa", {2}),
        ("place=Settat", set()),
        ("cause=environment", {2}),
        ("day=sat", {1, 3}),
        ("day=wed", {2}),
        ("mode=remote", {4}),
        ("q=SOUTIEN", {1}),
        ("q=ecole", {4}),
        ("q=%D8%A7%D9%84%D8%B4%D8%A7%D8%B7%D8%A6", {2}),
        ("q=nour", set()),
        ("place=Casablanca&cause=education&day=fri", {3}),
        ("place=&cause=&q=&day=&mode=", {1, 2, 3, 4, 5}),
    ],
)
async def test_filters(http: httpx.AsyncClient, query: str, numbers: set[int]) -> None:
    page = Page((await http.get(f"/missions?{query}")).text)
    assert {int(found[1]) for link in page.links if (found := re.match(r"/missions/(\d+)", link))} == numbers
    if not numbers:
        assert text("fr", "site_none_here") in page.words


async def test_organisations_by_place_and_cause(http: httpx.AsyncClient) -> None:
    def names(answer: httpx.Response) -> set[int]:
        return {int(found[1]) for link in Page(answer.text).links if (found := re.match(r"/organisations/(\d+)", link))}

    assert names(await http.get("/organisations")) == {1, 2}
    assert names(await http.get("/organisations?cause=children")) == {1}
    assert names(await http.get("/organisations?place=Anfa")) == {2}


async def test_without_the_bots_name_pages_say_to_look_for_it(region: Database) -> None:
    async with visitor(region) as client:
        page = Page((await client.get("/missions/1")).text)
        assert not [link for link in page.links if "start=" in link]
        assert "Cherchez Tadamon sur Telegram" in page.words
        poster = await client.get("/organisations/1/poster")
        assert "http://site/organisations/1?lang=fr" in poster.text


async def test_the_poster_opens_the_organisation_in_the_chat(http: httpx.AsyncClient) -> None:
    answer = await http.get("/organisations/1/poster")
    assert "https://t.me/TadamonBot?start=o_1" in Page(answer.text).links
    assert re.search(r'<svg[^>]*class="code"', answer.text)


async def test_the_map_and_its_table_count_the_same(http: httpx.AsyncClient) -> None:
    html = (await http.get("/map?lang=fr")).text
    page = Page(html)
    assert "Maârif : 3" in MARKS.sub("", html) and "Anfa : 1" in MARKS.sub("", html)
    assert page.tags.count("svg") == 2 and page.tags.count("table") == 1
    assert any(link.startswith("/missions?place=Casablanca") for link in page.links)


async def test_statistics_round_people_and_show_where_places_are_free(http: httpx.AsyncClient) -> None:
    shown = (await http.get("/api/v1/statistics")).json()
    assert (shown["missions"], shown["organisations"], shown["volunteers"]) == (5, 2, 0)
    assert (shown["places_filled"], shown["hours_given"], shown["applications_answered_percent"]) == (1, 2, None)
    needs = {(need["area"], need["cause"]): need["free_places"] for need in shown["needs"]}
    assert needs[("Maârif", "education")] == 14 and needs[("remote", "digital")] == 5
    page = Page((await http.get("/statistics?lang=fr")).text)
    assert page.tags.count("rect") == page.tags.count("td") - 3, "the drawing and the table, which has sums too, tell the same"


async def test_the_browser_chooses_where_nobody_did(http: httpx.AsyncClient) -> None:
    for sent, register in [("ar-MA,fr;q=0.8", "ar"), ("en,ary;q=0.9", "ary-Arab"), ("de", "fr"), ("x" * 5000, "fr"), ("", "fr")]:
        answer = await http.get("/", headers={"Accept-Language": sent})
        assert Page(answer.text).root["lang"] == register
        assert "Accept-Language" in answer.headers["vary"]
