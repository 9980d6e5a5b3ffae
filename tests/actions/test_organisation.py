"""An organisation registers itself; free words stay free words."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from actions.organisation import papers
from bot.settings import settings
from bot.store.engine import Database
from bot.store.models import Organisation, Person
from bot.texts import REGISTERS
from tests.actions.chat import Chat


def organisations(database: Database) -> list[Organisation]:
    with database.read() as session:
        return list(session.execute(select(Organisation)).scalars())


async def until_summary(chat: Chat, name: str = "Jossour", services: str = "Soutien scolaire gratuit") -> None:
    await chat.tap("/register_association")
    await chat.tap('/inform{"organisation_kind": "association"}')
    assert chat.heard_keys("ask_name")
    await chat.say(name)
    assert chat.heard_keys("ask_organisation_place")
    await chat.say("Aïn Chock" if chat.register in ("fr", "ary-Latn") else "عين الشق")
    assert chat.heard_keys("ask_organisation_causes")
    await chat.tap('/inform{"cause": "education"}')
    assert chat.heard_keys("ask_services")
    await chat.say(services)
    assert chat.heard_keys("ask_papers_association")
    await chat.tap("/skip")
    assert chat.heard_keys("organisation_summary")


@pytest.mark.parametrize("register", REGISTERS)
async def test_step_by_step(register: str, database: Database) -> None:
    chat = Chat(register)
    await until_summary(chat)
    assert not organisations(database)
    await chat.press("button_consent")
    assert chat.heard_keys("organisation_saved"), "validated at once in the sandbox"
    (kept,) = organisations(database)
    assert (kept.kind, kept.name, kept.place, list(kept.causes)) == ("association", "Jossour", "Aïn-Chock", ["education"])
    assert (kept.services, kept.state) == ("Soutien scolaire gratuit", "validated")
    assert (chat.loop, chat.organisation) == (None, {})


@pytest.mark.parametrize(
    ("register", "words", "name", "kind"),
    [
        ("fr", "je veux inscrire mon association Al Amal à Aïn Chock, on s'occupe d'éducation", "Association Al Amal", "association"),
        ("ary-Arab", "بغيت نسجل جمعية الأمل للتنمية فعين الشق، كنخدمو فالتعليم", "جمعية الأمل للتنمية", "association"),
        ("ary-Latn", "bghit nsejjel jam3iya smitha Nour f 3in cho9, ta3lim", "Nour", "association"),
        ("ar", "أود تسجيل جمعية اسمها «نور المستقبل» في عين الشق للتعليم", "نور المستقبل", "association"),
    ],
)
async def test_said_at_once(register: str, words: str, name: str, kind: str, database: Database) -> None:
    chat = Chat(register)
    await chat.say(words, "register_association")
    assert chat.heard_keys("ask_services")
    await chat.tap("/skip")
    assert chat.heard_keys("ask_papers_association")
    await chat.tap("/skip")
    assert chat.heard_keys("organisation_summary")
    await chat.press("button_consent")
    (kept,) = organisations(database)
    assert (kept.name, kept.kind, kept.place, kept.services) == (name, kind, "Aïn-Chock", "")


async def test_validation_by_staff_is_waited_for(monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
    monkeypatch.setenv("ORGANISATION_VALIDATION", "staff")
    settings.cache_clear()
    chat = Chat("fr")
    await until_summary(chat)
    await chat.press("button_consent")
    assert chat.heard_keys("organisation_pending")
    assert [kept.state for kept in organisations(database)] == ["pending"]


@pytest.mark.parametrize(
    "words", ["Maison de l'enfance de Sidi Moumen", "Santé pour tous le samedi", "Non", "Les 7 Collines", "الحياة", "Bonjour Demain"]
)
async def test_a_name_may_hold_any_words(words: str) -> None:
    chat = Chat("fr")
    await chat.tap("/register_association")
    await chat.tap('/inform{"organisation_kind": "association"}')
    await chat.say(words, "search_missions")
    assert chat.organisation["name"] == words
    assert "place" not in chat.organisation and "causes" not in chat.organisation


@pytest.mark.parametrize(
    ("words", "problem"), [("7", "text_too_short"), ("!!!", "text_too_short"), ("a", "text_too_short"), ("mot " * 60, "text_too_long")]
)
async def test_what_cannot_be_a_name_is_asked_again(words: str, problem: str) -> None:
    chat = Chat("fr")
    await chat.tap("/register_association")
    await chat.tap('/inform{"organisation_kind": "association"}')
    await chat.say(words)
    assert chat.heard_keys(f"{problem} + ask_name")
    assert "name" not in chat.organisation


@pytest.mark.parametrize(("intent", "answer"), [("help", "aside_help"), ("bot_challenge", "utter_bot_challenge")])
async def test_clear_questions_are_no_names(intent: str, answer: str) -> None:
    chat = Chat("ar")
    await chat.tap("/register_association")
    await chat.tap('/inform{"organisation_kind": "association"}')
    await chat.say("كيف أكتب؟", intent)
    assert chat.heard_keys(f"{answer} + ask_name")


async def test_stopping_at_a_free_question_stops() -> None:
    chat = Chat("fr")
    await chat.tap("/register_association")
    await chat.tap('/inform{"organisation_kind": "association"}')
    await chat.say("arrête", "stop")
    assert chat.heard_keys("left_kept") and chat.organisation["kind"] == "association"


async def test_what_it_does_is_kept_as_typed_and_shown_escaped(database: Database) -> None:
    chat = Chat("fr")
    await until_summary(chat, services="Aide <b>gratuite</b> & cours à Sidi Moumen")
    assert "&lt;b&gt;" in chat.heard[0] and chat.organisation["place"] == "Aïn-Chock"
    await chat.press("button_consent")
    assert organisations(database)[0].services == "Aide <b>gratuite</b> & cours à Sidi Moumen"


async def test_a_correction_at_the_summary(database: Database) -> None:
    chat = Chat("fr")
    await until_summary(chat)
    await chat.say("en fait c'est une coopérative, à Maârif")
    assert chat.heard_keys("organisation_summary")
    assert (chat.organisation["kind"], chat.organisation["place"]) == ("cooperative", "Maârif")


@pytest.mark.parametrize("register", ["fr", "ary-Arab"])
async def test_without_a_yes_nothing_is_kept(register: str, database: Database) -> None:
    chat = Chat(register)
    await until_summary(chat)
    await chat.press("button_no_consent")
    assert chat.heard_keys("consent_declined")
    with database.read() as session:
        assert session.execute(select(func.count()).select_from(Person)).scalar_one() == 0
    assert not organisations(database)


async def test_the_same_update_registers_once_and_answers_the_same(database: Database) -> None:
    chat = Chat("fr")
    await until_summary(chat)
    first: list[Any] = list(await chat.press("button_consent"))
    with database.write() as session:
        session.execute(select(Organisation)).scalar_one().name = "Jossour Aïn Chock"
    assert await chat.repeat() == first
    assert [kept.name for kept in organisations(database)] == ["Jossour Aïn Chock"]


async def test_the_same_name_again_is_the_same_organisation(database: Database) -> None:
    chat = Chat("fr")
    await until_summary(chat)
    await chat.press("button_consent")
    await until_summary(chat, services="Et la bibliothèque")
    await chat.press("button_confirm")
    (kept,) = organisations(database)
    assert kept.services == "Et la bibliothèque"


@pytest.mark.parametrize(
    ("words", "representative", "receipt"),
    [
        ("Fatima Alaoui, récépissé n° 123/2019", "Fatima Alaoui", "récépissé n° 123/2019"),
        ("خديجة المنصوري، وصل رقم 123/2019", "خديجة المنصوري", "وصل رقم 123/2019"),
        ("Hassan Berrada ra9m 45/2020", "Hassan Berrada", "ra9m 45/2020"),
        ("Fatima Alaoui", "Fatima Alaoui", None),
        ("n° 77", None, "n° 77"),
        ("123/2019 du 4 mai", None, "123/2019 du 4 mai"),
        (None, None, None),
    ],
)
def test_papers_are_a_name_and_a_number(words: str | None, representative: str | None, receipt: str | None) -> None:
    assert papers(words) == (representative, receipt)


async def test_papers_are_kept_for_the_team(database: Database) -> None:
    chat = Chat("fr")
    await until_summary(chat)
    chat.slots["organisation"] = {**chat.slots["organisation"], "papers": "Fatima Alaoui, n° 12/2020", "skipped": []}
    await chat.tap("/register_association")
    assert "Fatima Alaoui" in chat.heard[0] and "n° 12/2020" in chat.heard[0]
    await chat.press("button_consent")
    (kept,) = organisations(database)
    assert (kept.representative, kept.receipt) == ("Fatima Alaoui", "n° 12/2020")
