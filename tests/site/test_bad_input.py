"""Requests that nobody means well with get a clear answer, and headers hold whatever is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from bot.site.app import PATHS, create_app
from bot.site.asked import READERS
from bot.store.engine import Database
from bot.texts import REGISTERS, text
from tests.site.region import PAGES, Page, visitor

PARAMETERS = [*READERS, "page", "utm_source"]
ODD = st.one_of(
    st.text(max_size=100),
    st.sampled_from(
        ["", "0", "-1", "1e9", "9" * 30, "٣", "\x00", "%", "_", "'", '"><script>', "Casablanca", "education", "sat", "fr", "NaN"]
    ),
    st.integers().map(str),
)
GET_PATHS = [path.replace("{number}", "1").replace("{name}", "missions-1") for path in PATHS]


@pytest.fixture
async def http(region: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with visitor(region) as client:
        yield client


@pytest.fixture
def caller(region: Database) -> Iterator[TestClient]:
    with TestClient(create_app(region, None), raise_server_exceptions=True) as client:
        yield client


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(GET_PATHS), query=st.lists(st.tuples(st.sampled_from(PARAMETERS), ODD), max_size=5))
def test_whatever_is_asked_is_answered(caller: TestClient, path: str, query: list[tuple[str, str]]) -> None:
    answer = caller.get(f"{path}?{urlencode(query, errors='replace')}")
    assert answer.status_code in (200, 400, 404, 410)
    if answer.status_code != 200 and path.startswith("/api/"):
        assert set(answer.json()["error"]) == {"message", "parameter"}


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["missions", "organisations", "api/v1/missions", "sitemap", "static", "c"]),
    number=st.one_of(st.integers(), st.text(st.characters(blacklist_categories=["Cs"]), max_size=40)),
)
def test_whatever_stands_in_a_path_is_answered(caller: TestClient, kind: str, number: object) -> None:
    answer = caller.get(f"/{kind}/{quote(str(number), safe='')}", follow_redirects=False)
    assert answer.status_code in (200, 303, 307, 400, 404, 410)


@pytest.mark.parametrize(
    "query",
    [
        *("place=Atlantis", "cause=money", "day=saturday", "mode=both", "before=0", "before=-1", "before=1.5", "before=%D9%A3"),
        *(f"before={2**31}", "q=%00", "q=a%0Ab", "q=" + "a" * 81, "day=sat&day=sun", "place=Anfa&place=Anfa"),
    ],
)
@pytest.mark.parametrize("register", REGISTERS)
async def test_a_search_that_makes_no_sense_is_told_so(http: httpx.AsyncClient, query: str, register: str) -> None:
    answer = await http.get(f"/missions?{query}&lang={register}")
    assert answer.status_code == 400
    page = Page(answer.text)
    assert page.root["lang"] == register and text(register, "site_bad") in page.words
    assert any(link.startswith("/missions?") for link in page.links), "a way on"
    programs = await http.get(f"/api/v1/missions?{query}&lang={register}")
    assert programs.status_code == 400 and programs.json()["error"]["parameter"] == query.split("=")[0]


@pytest.mark.parametrize("query", ["lang=xx", "lang=", "limit=0", "limit=101", "page=2", "place=", "q="])
async def test_programs_are_told_more_strictly(http: httpx.AsyncClient, query: str) -> None:
    assert (await http.get(f"/api/v1/missions?{query}")).status_code == 400
    assert (await http.get(f"/missions?{query}")).status_code == 200


async def test_what_was_given_is_not_repeated(http: httpx.AsyncClient) -> None:
    answer = await http.get("/missions?place=%3Cscript%3Eevil&lang=fr")
    assert "evil" not in answer.text


@pytest.mark.parametrize("host", ["evil.example/<script>", "a b", "", "x" * 300, "site:99999999"])
async def test_a_host_that_is_none_is_not_repeated(region: Database, host: str) -> None:
    async with visitor(region) as client:
        answer = await client.get("/missions/1", headers={"Host": host})
        assert answer.status_code == 200
        assert "http://localhost/missions/1" in answer.text and (not host or host not in answer.text)


async def test_the_address_that_is_set_stands_in_all_links(region: Database) -> None:
    async with visitor(region, site_url="https://tadamon.example") as client:
        for path in ("/missions/1", "/missions.rss", "/sitemap.xml", "/missions.ics", "/api/v1/missions"):
            answer = (await client.get(path)).text
            assert "https://tadamon.example/" in answer and "http://site" not in answer
        assert "https://tadamon.example/missions/1?lang=fr" in Page((await client.get("/missions/1")).text).links, "canonical"


@pytest.mark.parametrize(
    "path", [*PAGES, "/missions.ics", "/missions.rss", "/sitemap.xml", "/api/openapi.json", "/health/live", "/robots.txt"]
)
async def test_every_answer_is_strict_with_browsers(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy and "script-src" not in policy
    assert (answer.headers["x-content-type-options"], answer.headers["referrer-policy"]) == ("nosniff", "no-referrer")
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store" or answer.status_code == 200


@pytest.mark.parametrize("path", ["/", "/missions", "/missions/1", "/missions.ics", "/missions.rss", "/sitemap.xml", "/api/v1/missions"])
async def test_what_is_known_already_is_not_sent_again(http: httpx.AsyncClient, path: str) -> None:
    first = await http.get(path)
    assert first.headers["cache-control"].startswith("public, max-age=")
    again = await http.get(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = await http.get(path, headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


@pytest.mark.parametrize("path", [*PAGES, "/missions.ics", "/api/v1/missions", "/health/ready", "/sitemap/missions-1.xml"])
async def test_head_is_get_without_a_body(http: httpx.AsyncClient, path: str) -> None:
    whole, head = await http.get(path), await http.head(path)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers["content-length"] == str(len(whole.content)) and head.headers.get("etag") == whole.headers.get("etag")


@pytest.mark.parametrize("path", ["/missions", "/api/v1/missions"])
async def test_other_methods_are_refused(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.post(path)
    assert answer.status_code == 405 and "GET" in answer.headers["allow"]


async def test_static_files_are_kept_for_a_year_under_a_name_of_their_content(http: httpx.AsyncClient) -> None:
    links = {link for link in Page((await http.get("/")).text).links if link.startswith("/static/")}
    assert len(links) == 2
    for link in links:
        answer = await http.get(link)
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
        assert "@import" not in answer.text
        for named in answer.text.split('url("')[1:]:
            assert (await http.get(f"/static/{named.split(chr(34))[0]}")).status_code == 200
    assert (await http.get("/static/..%2Fapp.py")).status_code == 404


async def test_pages_load_nothing_from_elsewhere_and_hold_no_program(http: httpx.AsyncClient) -> None:
    for path in PAGES:
        answer = (await http.get(path)).text
        assert 'src="http' not in answer and "<script>" not in answer and "javascript:" not in answer
