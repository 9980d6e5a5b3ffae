"""Reading conversations: the list, a thread, what is covered, what staff do with it, twice and at once."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot import clock
from bot.messages import outbox
from bot.messages.outbox import Draft
from bot.services import care, conversation_marks, erasure
from bot.services.staff_sessions import Staff
from bot.store.engine import Database
from bot.store.models import (
    Application,
    AuditEntry,
    Conversation,
    ConversationMark,
    ConversationNote,
    ConversationTag,
    StaffAccount,
    StaffSession,
    Unmasking,
)
from bot.texts import text, unmarked
from tests.console.browser import Browser, logged, make_account
from tests.console.talk import Talk
from tests.worlds import AMINA, BRAHIM, OWNER, SALMA, count, person_id, small_world, statements, volunteer
from tests.worlds import store as store

PHONE = "0661 23 45 67"
SAID = f"je m'appelle Amina, à Maârif, mon numéro {PHONE}"
PRIVATE = "Karim m'a crié dessus"


@pytest.fixture
def talk(database: Database, tmp_path: Path) -> Talk:
    return Talk(database, tmp_path)


@pytest.fixture
def staff(database: Database, talk: Talk) -> Callable[..., Browser]:
    def make(role: str, name: str | None = None, locale: str = "fr") -> Browser:
        make_account(database, name or role, role, locale)
        browser = Browser(database, tracker=talk.tracker)
        browser.enter(name or role)
        return browser

    return make


@pytest.fixture
def told(database: Database, talk: Talk) -> Talk:
    """Amina offers and reports somebody; Brahim writes in Arabic letters; Salma is not understood."""
    small_world(database)
    entities = [
        {"entity": kind, "value": value, "start": SAID.index(value), "end": SAID.index(value) + len(value)}
        for kind, value in (("place", "Maârif"), ("phone", PHONE))
    ]
    talk.says(AMINA, SAID, "offer_volunteering", 0.94, entities=entities, ranking=[{"name": "search_missions", "confidence": 0.04}])
    talk.event(AMINA, "action", name="offer_form")
    talk.event(AMINA, "slot", name="offer", value={"first_name": "Amina", "place": "Maârif"})
    talk.answers(AMINA, "Merci Amina !", "Éducation")
    talk.event(AMINA, "active_loop", name="report_form")
    talk.says(AMINA, PRIVATE, "report_problem", 0.7)
    talk.answers(AMINA, f"Vous écrivez : {PRIVATE}")
    talk.event(AMINA, "active_loop", name=None)
    talk.answers(AMINA, "C'est transmis.")
    talk.says(BRAHIM, "سلام، بغيت نتطوع ف كازا", "offer_volunteering", 0.8, register="ary-Arab")
    talk.says(SALMA, "chi 7aja", "nlu_fallback", 0.3, register="ary-Latn", ranking=[{"name": "greet", "confidence": 0.25}])
    with database.write() as session:
        at = clock.now()
        outbox.queue(session, AMINA, outbox.DIGEST, "digest:1", [Draft("Trois missions pour vous")], at)
        outbox.queue(session, AMINA, outbox.NOTICE, "relay:1:1", [Draft("Jossour vous écrit : venez tôt")], at)
        care.hand_over(session, AMINA, "report", at)
    talk.read()
    return talk


def words(html: str) -> str:
    """What is read of a page, without marks of direction."""
    return unmarked(unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html))))


def order(html: str, *numbers: int) -> list[int]:
    """Numbers of conversations in the order of a list."""
    return [number for number in map(int, re.findall(r"№ (\d+)", html)) if number in numbers]


# ---- the list


async def test_the_latest_comes_first_and_says_what_it_is_about(told: Talk, staff: Callable[..., Browser]) -> None:
    browser = staff("viewer")
    page = (await browser.get("/conversations")).text
    numbers = [told.number(chat) for chat in (SALMA, BRAHIM, AMINA)]
    assert order(page, *numbers) == numbers
    assert "بغيت نتطوع" in page and "chi 7aja" in page
    assert PRIVATE not in words(page) and unmarked(text("fr", "console_covered")) in words(page)
    assert unmarked(text("fr", "console_handoff_waiting")) in words(page)
    assert str(AMINA) not in page, "no chat id"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=نتطوع", [BRAHIM]),
        ("q=ntatawa3", [BRAHIM]),
        ("q=numero", [AMINA]),
        ("q=rienDeTel", []),
        ("intent=report_problem", [AMINA]),
        ("below=40", [SALMA]),
        ("fallback=yes", [SALMA]),
        ("register=ary-Arab", [BRAHIM]),
        ("handoff=open", [AMINA]),
        ("handoff=closed", []),
        ("since=2020-01-01&until=2035-01-01", [SALMA, BRAHIM, AMINA]),
        ("until=2020-01-01", []),
        ("tag=urgent", [BRAHIM]),
        ("tag=URGENT", [BRAHIM]),
        ("assignee=0", [SALMA, AMINA]),
        ("reviewed=yes", [SALMA]),
        ("reviewed=no", [BRAHIM, AMINA]),
        ("q=&intent=&tag=+", [SALMA, BRAHIM, AMINA]),
        ("unknown=1", [SALMA, BRAHIM, AMINA]),
    ],
)
async def test_filters_stand_in_the_address(
    database: Database, told: Talk, staff: Callable[..., Browser], query: str, found: list[int]
) -> None:
    browser = staff("admin")
    numbers = {chat: told.number(chat) for chat in (SALMA, BRAHIM, AMINA)}
    with database.write() as session:
        me = session.execute(select(StaffAccount.id)).scalar_one()
        session.add(ConversationTag(chat_id=BRAHIM, tag="urgent"))
        session.execute(update(ConversationMark).where(ConversationMark.chat_id == BRAHIM).values(assignee_id=me))
        session.execute(update(ConversationMark).where(ConversationMark.chat_id == SALMA).values(reviewed_at=clock.now()))
    page = (await browser.get(f"/conversations?{query}")).text
    assert order(page, *numbers.values()) == [numbers[chat] for chat in found]


async def test_what_is_looked_at_every_day_is_one_tap_away(told: Talk, staff: Callable[..., Browser]) -> None:
    browser, seen = staff("agent"), []
    page = (await browser.get("/conversations")).text
    for address in re.findall(r'<a href="/staff(/conversations[^"]*)"', page.partition('class="tabs"')[2].partition("</nav>")[0]):
        answer = await browser.get(unescape(address))
        views = answer.text.partition('class="tabs"')[2].partition("</nav>")[0]
        assert answer.status_code == 200 and views.count('aria-current="page"') == 1
        seen.append(len(re.findall(r'<p class="line">', answer.text)))
    assert seen == [3, 1, 0, 1, 3]


@pytest.mark.parametrize(
    "query",
    ["below=lots", "below=-1", "fallback=maybe", "register=en", "handoff=x", "since=2026-13-01", "assignee=me", "assignee=-1", "reviewed=1",
     "after=x", "after=99999999999999999999.1", f"q={'x' * 101}", "until=9999-12-31"],
)  # fmt: skip
async def test_a_filter_that_makes_no_sense_says_so(staff: Callable[..., Browser], query: str) -> None:
    answer = await staff("viewer").get(f"/conversations?{query}")
    assert answer.status_code == 400 and unmarked(text("fr", "console_bad_filter")) in words(answer.text)


async def test_pages_follow_one_another_and_htmx_gets_the_rows_alone(talk: Talk, staff: Callable[..., Browser]) -> None:
    for chat in range(7000, 7095):
        talk.says(chat, "bonjour")
    talk.read()
    browser, seen, path = staff("viewer"), [], "/conversations?q=bonjour"
    for page in range(3):
        headers = {"HX-Request": "true"} if page == 1 else {}
        answer = await browser.get(path, **headers)
        assert ("<html" in answer.text) is (page != 1)
        seen += re.findall(r"№ (\d+)", answer.text)
        further = re.search(r'<li class="further"><a [^>]*href="/staff([^"]+)"', answer.text)
        path = unescape(further[1]) if further else ""
    assert len(seen) == len(set(seen)) == 95 and not path


async def test_markup_in_every_field_of_the_list_stays_text(database: Database, talk: Talk, staff: Callable[..., Browser]) -> None:
    nasty = "<script>alert(1)</script>\"'><img src=x>"
    talk.says(AMINA, nasty, "<b>intent</b>")
    talk.answers(AMINA, nasty, nasty)
    talk.event(AMINA, "slot", name=nasty, value={nasty: nasty})
    talk.event(AMINA, "action", name=nasty)
    talk.read()
    browser = staff("admin")
    number = talk.number(AMINA)
    with database.write() as session:
        session.add(ConversationTag(chat_id=AMINA, tag="<i>x</i>"))
        outbox.queue(session, AMINA, outbox.NOTICE, "x:1", [Draft("&lt;script&gt;alert(2)")], clock.now())
    await browser.post(f"/conversations/{number}/notes", {"version": "0", "words": nasty})
    await browser.post(f"/conversations/{number}/unmask", {"reason": "request"})
    for path in ("/conversations", f"/conversations/{number}", "/conversations?q=%3Cscript%3E", "/audit"):
        page = (await browser.get(path)).text
        assert not re.search(r"<script>|<img src=x|<b>intent|<i>x|<script(?! src=)", page), path
    assert nasty in unescape((await browser.get(f"/conversations/{number}")).text)


# ---- a thread


async def test_a_thread_tells_both_sides_what_was_understood_and_what_was_sent(told: Talk, staff: Callable[..., Browser]) -> None:
    page = (await staff("viewer").get(f"/conversations/{told.number(AMINA)}")).text
    read = words(page)
    for shown in ("offer_volunteering", "94 %", "search_missions", "4 %", "place: Maârif", "offer_form", "Éducation", "C'est transmis."):
        assert shown in read, shown
    assert "Trois missions pour vous" in read and unmarked(text("fr", "console_kind_digest")) in read
    assert unmarked(text("fr", "console_delivery_queued")) in read
    assert re.search(r'<mark title="place">Maârif</mark>', page)
    assert read.index("je m'appelle") < read.index("Merci") < read.index("C'est transmis") < read.index("Trois missions")


async def test_names_numbers_and_private_words_are_covered(told: Talk, staff: Callable[..., Browser]) -> None:
    page = words((await staff("admin").get(f"/conversations/{told.number(AMINA)}")).text)
    for covered in ("Amina", PHONE, PRIVATE, "venez tôt", "crié"):
        assert covered not in page, covered
    assert "je m'appelle •••••, à Maârif, mon numéro •••• •• •• ••" in page and "place: Maârif" in page and "phone:" not in page
    assert "Merci ••••• !" in page
    assert str(AMINA) not in page


async def test_who_applied_to_ones_organisation_is_covered_too(database: Database, talk: Talk, staff: Callable[..., Browser]) -> None:
    world = small_world(database)
    with database.write() as session:
        volunteer(session, BRAHIM, "Brahim")
        session.flush()
        row = Application(mission_id=world.mission_id, person_id=person_id(session, BRAHIM), state="pending", created_at=clock.now())
        session.add(row)
    talk.says(OWNER, "montre-moi les bénévoles")
    talk.answers(OWNER, "1. Brahim, Aïn-Chock")
    talk.read()
    page = words((await staff("viewer").get(f"/conversations/{talk.number(OWNER)}")).text)
    assert "Brahim" not in page and "1. ••••••, Aïn-Chock" in page


async def test_unmasking_takes_a_reason_is_written_down_and_holds_a_quarter_of_an_hour(
    database: Database, told: Talk, staff: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, other, number = staff("moderator"), staff("agent"), told.number(AMINA)
    refused = await browser.post(f"/conversations/{number}/unmask", {"reason": "curious"})
    assert refused.status_code == 400 and count(database, Unmasking) == 0
    for _ in range(2):
        assert (await browser.post(f"/conversations/{number}/unmask", {"reason": "report"})).status_code == 303
    page = words((await browser.get(f"/conversations/{number}")).text)
    assert "Amina" in page and PHONE in page and PRIVATE in page and "venez tôt" in page and str(AMINA) in page
    assert PHONE not in words((await other.get(f"/conversations/{number}")).text), "another session"
    assert [line for line in logged(database) if line[0] == "unmask"] == [("unmask", "moderator", f"conversation:{number}")]
    with database.read() as session:
        reasons = session.execute(select(AuditEntry.detail).where(AuditEntry.action == "unmask")).scalars().all()
    assert reasons == [{"reason": "report"}]
    other_chat = told.number(SALMA)
    assert text("fr", "console_unmask") in words((await browser.get(f"/conversations/{other_chat}")).text), "another conversation"
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(minutes=15, seconds=1))
    assert PHONE not in words((await browser.get(f"/conversations/{number}")).text)


async def test_an_unmasking_ends_with_its_session(database: Database, told: Talk, staff: Callable[..., Browser]) -> None:
    browser, number = staff("moderator"), told.number(AMINA)
    await browser.post(f"/conversations/{number}/unmask", {"reason": "report"})
    await browser.post("/logout")
    assert count(database, Unmasking) == count(database, StaffSession) == 0
    browser.enter("moderator")
    assert PHONE not in words((await browser.get(f"/conversations/{number}")).text)


async def test_a_long_thread_comes_in_parts_that_join(talk: Talk, staff: Callable[..., Browser]) -> None:
    for number in range(150):
        talk.says(AMINA, f"phrase {number}.")
        talk.answers(AMINA, f"réponse {number}.")
    talk.read()
    browser, path, heard = staff("viewer"), f"/conversations/{talk.number(AMINA)}", []
    parts = 0
    while path:
        answer = await browser.get(path, **({"HX-Request": "true"} if parts else {}))
        assert ("<html" in answer.text) is (parts == 0)
        heard = re.findall(r"(?:phrase|réponse) \d+\.", words(answer.text)) + heard
        older = re.search(r'hx-get="/staff([^"]+)"', answer.text)
        path, parts = unescape(older[1]) if older else "", parts + 1
    assert heard == [f"{who} {number}." for number in range(150) for who in ("phrase", "réponse")]
    assert parts >= 3
    plain = await browser.get(f"/conversations/{talk.number(AMINA)}?before=40.")
    assert plain.status_code == 200 and text("fr", "console_newest") in words(plain.text)


@pytest.mark.parametrize(
    "path", ["/conversations/0", "/conversations/99", "/conversations/x", f"/conversations/{AMINA}", "/conversations/1'--"]
)
async def test_a_conversation_that_there_is_not(told: Talk, staff: Callable[..., Browser], path: str) -> None:
    admin = staff("admin")
    assert (await admin.get(path)).status_code == 404, "a chat id opens nothing either"
    assert (await admin.post(f"{path}/review", {"version": "0"})).status_code == 404


async def test_opening_is_written_down_and_read_is_read(database: Database, told: Talk, staff: Callable[..., Browser]) -> None:
    browser, number = staff("viewer"), told.number(BRAHIM)
    page = (await browser.get("/conversations?register=ary-Arab")).text
    assert 'class="unread"' in page
    await browser.get(f"/conversations/{number}")
    assert ("view", "viewer", f"conversation:{number}") in logged(database)
    assert 'class="unread"' not in (await browser.get("/conversations?register=ary-Arab")).text


# ---- what staff do


async def test_somebody_is_given_it_tags_notes_and_reviews(database: Database, told: Talk, staff: Callable[..., Browser]) -> None:
    browser, number = staff("annotator"), told.number(AMINA)
    with database.read() as session:
        me = session.execute(select(StaffAccount.id)).scalar_one()
    steps: list[tuple[str, dict[str, Any]]] = [
        ("assign", {"account": me}),
        ("tags", {"tags": "Urgent، مدرسة, urgent, "}),
        ("notes", {"words": "  À rappeler lundi  "}),
        ("review", {"until": clock.now().isoformat()}),
    ]
    for version, (what, fields) in enumerate(steps):
        answer = await browser.post(f"/conversations/{number}/{what}", {"version": version, **fields})
        assert (answer.status_code, answer.headers.get("location")) == (303, f"/staff/conversations/{number}"), what
    page = words((await browser.get(f"/conversations/{number}")).text)
    assert "À rappeler lundi" in page and "urgent" in page and "مدرسة" in page and text("fr", "console_review_undo") in page
    assert [line[0] for line in logged(database)][:4] == ["assign", "tag", "note", "review"]
    with database.read() as session:
        mark = session.execute(select(ConversationMark).where(ConversationMark.chat_id == AMINA)).scalar_one()
        assert (mark.assignee_id, mark.reviewed_by, mark.version) == (me, me, 4)
    await browser.post(f"/conversations/{number}/review", {"version": 4})
    assert text("fr", "console_review_do") in words((await browser.get(f"/conversations/{number}")).text)


@pytest.mark.parametrize(
    ("what", "fields"),
    [("assign", {"account": ""}), ("tags", {"tags": "a"}), ("notes", {"words": "a"}), ("review", {"until": "2026-11-24T10:00:00+00:00"})],
)
async def test_a_form_sent_twice_or_by_two_changes_nothing_twice(
    database: Database, told: Talk, staff: Callable[..., Browser], what: str, fields: dict[str, str]
) -> None:
    browser, other, number = staff("moderator"), staff("agent"), told.number(AMINA)
    path = f"/conversations/{number}/{what}"
    both = await asyncio.gather(*(one.post(path, {"version": "0", **fields}) for one in (browser, other)))
    assert sorted(answer.status_code for answer in both) == [303, 409]
    again = await browser.post(path, {"version": "0", **fields})
    assert again.status_code == 409 and unmarked(text("fr", "console_stale")) in words(again.text)
    assert count(database, ConversationNote) == (what == "notes")
    with database.read() as session:
        assert session.execute(select(ConversationMark.version).where(ConversationMark.id == number)).scalar_one() == 1
    assert len([line for line in logged(database) if line[2] == f"conversation:{number}"]) == 1


@pytest.mark.parametrize(
    ("what", "fields", "key"),
    [
        ("assign", {"account": "99"}, "account"),
        ("assign", {"account": "x"}, "account"),
        ("tags", {"tags": ",".join(f"t{number}" for number in range(11))}, "tags"),
        ("tags", {"tags": "x" * 33}, "tags"),
        ("notes", {"words": "   "}, "note"),
        ("notes", {"words": "x" * 2001}, "note"),
    ],
)
async def test_what_does_not_fit_is_said_and_nothing_kept(
    database: Database, told: Talk, staff: Callable[..., Browser], what: str, fields: dict[str, str], key: str
) -> None:
    answer = await staff("agent").post(f"/conversations/{told.number(AMINA)}/{what}", {"version": "0", **fields})
    assert answer.status_code == 400 and unmarked(text("fr", f"console_unfit_{key}")) in words(answer.text)
    assert count(database, ConversationNote) == count(database, ConversationTag) == 0
    with database.read() as session:
        assert session.execute(select(ConversationMark.version).where(ConversationMark.chat_id == AMINA)).scalar_one() == 0


@pytest.mark.parametrize("version", ["", "x", "-1", "7", "9" * 12])
async def test_a_version_that_is_none_changes_nothing(told: Talk, staff: Callable[..., Browser], version: str) -> None:
    answer = await staff("agent").post(f"/conversations/{told.number(AMINA)}/tags", {"version": version, "tags": "a"})
    assert answer.status_code == 409


async def test_somebody_disabled_is_given_nothing(database: Database, told: Talk, staff: Callable[..., Browser]) -> None:
    gone = make_account(database, "gone", "agent")
    with database.write() as session:
        session.execute(update(StaffAccount).where(StaffAccount.id == gone).values(disabled_at=clock.now()))
    answer = await staff("agent").post(f"/conversations/{told.number(AMINA)}/assign", {"version": "0", "account": gone})
    assert answer.status_code == 400


async def test_a_review_says_how_far_somebody_read_and_no_further(database: Database, told: Talk, staff: Callable[..., Browser]) -> None:
    browser, number = staff("agent"), told.number(AMINA)
    await browser.post(f"/conversations/{number}/review", {"version": "0", "until": "2099-01-01T00:00:00+00:00"})
    with database.read() as session:
        assert session.execute(select(ConversationMark.reviewed_at).where(ConversationMark.id == number)).scalar_one() <= clock.now()
    assert (await browser.post(f"/conversations/{number}/review", {"version": "1", "until": "soon"})).status_code == 400


# ---- cost


async def test_a_page_asks_the_same_few_questions_of_a_long_list_and_a_long_thread(
    database: Database, talk: Talk, staff: Callable[..., Browser]
) -> None:
    browser, asked = staff("viewer"), []
    for rows in (3, 60):
        for chat in range(7000, 7000 + rows):
            talk.says(chat, "bonjour")
        for _ in range(rows):
            talk.says(AMINA, "encore")
            talk.answers(AMINA, "oui")
        talk.read()
        await browser.get("/conversations")  # numbers are drawn once
        for path in ("/conversations", f"/conversations/{talk.number(AMINA)}"):
            with statements(database) as heard:
                assert (await browser.get(path)).status_code == 200
            asked.append(len(heard))
    assert asked[:2] == asked[2:]
    assert max(asked) <= 25


def test_numbers_are_drawn_once_and_are_no_chat_ids(store: Database) -> None:
    chats = [AMINA, BRAHIM, -100123456789]
    with store.write() as session:
        for chat in chats:
            session.add(Conversation(chat_id=chat, last_at=clock.now(), fallbacks=0, sentences=0, last_event_id=1))
    with store.write() as session:
        first = conversation_marks.numbers(session, [*chats, 99])
        again = conversation_marks.numbers(session, chats[::-1])
    assert first == again and len(set(first.values())) == 3, "who has no conversation has no number"
    assert all(1_000_000 <= number < 10_000_000 for number in first.values())


def test_what_staff_kept_goes_with_the_person_and_nobody_else(store: Database) -> None:
    with store.write() as session:
        make = StaffAccount(name="salma", password_hash="-", totp_secret="-", role="agent", locale="fr", created_at=clock.now())
        session.add(make)
        session.flush()
        for chat in (AMINA, BRAHIM):
            session.add(Conversation(chat_id=chat, last_at=clock.now(), fallbacks=0, sentences=0, last_event_id=1))
            session.add(ConversationTag(chat_id=chat, tag="urgent"))
            session.add(ConversationNote(chat_id=chat, account_id=make.id, words="x", created_at=clock.now()))
        session.flush()
        conversation_marks.numbers(session, [AMINA, BRAHIM])
    with store.write() as session:
        erasure.erase(session, AMINA)
    for model in (ConversationMark, ConversationTag, ConversationNote):
        with store.read() as session:
            assert session.execute(select(model.chat_id)).scalars().all() == [BRAHIM]


def test_a_note_that_is_written_while_somebody_is_erased_goes_too(store: Database) -> None:
    with store.write() as session:
        author = StaffAccount(name="salma", password_hash="-", totp_secret="-", role="agent", locale="fr", created_at=clock.now())
        session.add_all([author, Conversation(chat_id=AMINA, last_at=clock.now(), fallbacks=0, sentences=0, last_event_id=1)])
        session.flush()
        number = conversation_marks.numbers(session, [AMINA])[AMINA]
        staff = Staff(author.id, "salma", "agent", "fr", "session", "csrf", False)

    def erase() -> None:
        with store.write() as session:
            conversation_marks.forget(session, AMINA)

    eraser = threading.Thread(target=erase)
    with store.write() as session:
        mark = conversation_marks.of_number(session, number, locks=True)
        eraser.start()
        time.sleep(0.3)  # it waits for the lock
        conversation_marks.note(session, staff, mark, 0, "too late", clock.now())
    eraser.join()
    assert count(store, ConversationMark) == count(store, ConversationNote) == 0


@pytest.mark.parametrize(("role", "leads"), [("annotator", True), ("agent", False)])
async def test_a_sentence_leads_to_its_judgement_for_who_may_judge(
    told: Talk, staff: Callable[..., Browser], role: str, leads: bool
) -> None:
    page = (await staff(role).get(f"/conversations/{told.number(BRAHIM)}")).text
    assert ("/staff/annotate?ids=" in page) == leads
