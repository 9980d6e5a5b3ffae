"""The public check of certificates: by address and by form, in four registers, telling no more than the paper."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from bot.certificates import numbers
from bot.services import applications, attested, certificates, commitments
from bot.site.verification import routes
from bot.store.engine import Database
from bot.store.models import Application
from bot.texts import REGISTERS, text
from tests.worlds import AMINA, NOW, OWNER, small_world


@pytest.fixture
def number(database: Database) -> str:
    """A certificate of an hour, for a mission with a title that is markup."""
    made = small_world(database, title="<b>Maths</b> & jeux", starts_on=NOW.date(), ends_on=NOW.date())
    with database.write() as session:
        applications.apply(session, AMINA, made.mission_id, NOW)
        application = session.execute(select(Application)).scalar_one()
        applications.answer(session, OWNER, application.id, True, NOW)
        commitments.report(session, AMINA, made.mission_id, NOW.date(), 60, NOW)
        for row in attested.attended(session, application):
            row.told_by = "organisation"
        return str(certificates.issue(session, AMINA, made.mission_id, "fr", NOW)["number"])


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=routes(database)))
    async with httpx.AsyncClient(transport=transport, base_url="http://tadamon.test") as made:
        yield made


@pytest.mark.parametrize("register", REGISTERS)
async def test_a_certificate_that_holds(client: httpx.AsyncClient, number: str, register: str) -> None:
    page = await client.get(f"/c/{numbers.shown(number)}", params={"lang": register})
    assert page.status_code == 200
    assert 'class="verdict true"' in page.text and "Amina" in page.text and "Jossour" in page.text
    assert "&lt;b&gt;Maths&lt;/b&gt; &amp; jeux" in page.text and "<b>Maths" not in page.text
    assert f'dir="{"rtl" if register in ("ar", "ary-Arab") else "ltr"}"' in page.text
    assert text(register, "verify_title") in page.text


@pytest.mark.parametrize("change", [str.lower, lambda n: n.replace("-", ""), lambda n: n.replace("-", " ")])
async def test_however_the_number_is_written(client: httpx.AsyncClient, number: str, change: object) -> None:
    page = await client.get(f"/c/{change(numbers.shown(number))}")  # type: ignore[operator]
    assert page.status_code == 200 and "Amina" in page.text


async def test_the_form_leads_to_the_address(client: httpx.AsyncClient, number: str) -> None:
    page = await client.get("/c", params={"lang": "ar"})
    assert page.status_code == 200 and '<form action="/c" method="get">' in page.text and "<script" not in page.text
    found = await client.get("/c", params={"number": f" {number.lower()} ", "lang": "ar"})
    assert (found.status_code, found.headers["location"]) == (303, f"/c/{numbers.shown(number)}?lang=ar")


async def test_what_was_altered_or_revoked_says_nothing_of_anybody(client: httpx.AsyncClient, database: Database, number: str) -> None:
    altered = number[:-1] + ("0" if number[-1] != "0" else "1")
    page = await client.get(f"/c/{altered}?lang=fr")
    assert page.status_code == 404 and 'class="verdict altered"' in page.text and "Amina" not in page.text
    with database.write() as session:
        certificates.revoke(session, number, "<i>erreur</i>", NOW)
    page = await client.get(f"/c/{number}?lang=fr")
    assert page.status_code == 200 and 'class="verdict revoked"' in page.text
    assert "Amina" not in page.text and "&lt;i&gt;erreur" in page.text and "24 novembre 2026" in page.text


@pytest.mark.parametrize("typed", ["x", "%00", "2026", "<script>alert(1)</script>", "'%20OR%201=1", "A" * 500, "%ff%fe", "٢٠٢٦"])
async def test_whatever_is_no_number_is_unknown(client: httpx.AsyncClient, number: str, typed: str) -> None:
    for address in (f"/c/{typed.replace('/', '%2F')}?lang=fr", f"/c?number={typed}&lang=fr"):
        page = await client.get(address)
        assert page.status_code == 404 and "<script" not in page.text
        assert "Amina" not in page.text


async def test_nobody_indexes_keeps_or_frames_it(client: httpx.AsyncClient, number: str) -> None:
    for address in ("/c", f"/c/{number}", "/c/x", f"/c?number={number}"):
        headers = (await client.get(address)).headers
        assert headers["x-robots-tag"].startswith("noindex") and headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer" and headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
    assert (await client.post("/c")).status_code == 405


async def test_an_unknown_register_is_french(client: httpx.AsyncClient) -> None:
    assert text("fr", "verify_label") in (await client.get("/c?lang=xx")).text
    assert text("ar", "verify_label") in (await client.get("/c", headers={"Accept-Language": "ar-MA,fr;q=0.5"})).text
