"""Judging sentences, the learning desk, models: what the pages show and do, without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bot.console import annotate, learning, models
from bot.services import retraining
from bot.services.training_files import Lesson
from bot.store.engine import Database
from bot.store.models import Example, Sentence, TrainingRun
from tests.console.browser import Browser, logged
from tests.console.talk import Talk
from tests.services.test_annotations import write_files
from tests.services.test_retraining import measured
from tests.worlds import AMINA, BRAHIM, NOW, SALMA, volunteer

SAID = "ana Amina bghit n3awen flmaarif 🙏🏽"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project's training files in the place of ours."""
    taught = [Lesson("je veux aider", "offer_volunteering"), Lesson("une mission", "search_missions"), Lesson("salut toi", "greet")]
    write_files(
        tmp_path, {"data/nlu/fr/talk": taught, "data/nlu/ary-Arab/talk": [Lesson("انا امينة بغيت نعاون فلمعاريف", "offer_volunteering")]}
    )
    for module in (annotate, learning, models):
        monkeypatch.setattr(module, "PROJECT", tmp_path)
    return tmp_path


@pytest.fixture
def talk(database: Database, tmp_path: Path, project: Path) -> Talk:
    made = Talk(database, tmp_path)
    with database.write() as session:
        volunteer(session, AMINA, "Amina")
    place = {"entity": "place", "value": "Maârif", "start": 24, "end": 30}
    more = [{"name": "search_missions", "confidence": 0.2}, {"name": "greet", "confidence": 0.1}]
    made.says(AMINA, SAID, "offer_volunteering", 0.3, register="ary-Latn", entities=[place], ranking=more)
    made.says(BRAHIM, "واش كاين شي حاجة <b>ليا</b>", "search_missions", 0.35, register="ary-Arab", ranking=more)
    made.says(SALMA, "une mission svp", "search_missions", 0.97)
    made.read()
    return made


def sentence(database: Database, chat_id: int) -> Sentence:
    with database.read() as session:
        return session.execute(select(Sentence).where(Sentence.chat_id == chat_id)).scalar_one()


def form_of(page: str) -> dict[str, Any]:
    """The fields of the form of judgement as a browser would send them."""
    part = page[page.index('<form id="judge"') :].split("</form>")[0]
    fields: dict[str, Any] = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', part))
    for name, body in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', part, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', body) or re.search(r'<option value="([^"]*)"', body)
        fields[name] = chosen[1] if chosen else ""
    fields.update(re.findall(r'<input name="(what_\d+)"[^>]*value="([^"]*)"', part))
    fields.update(re.findall(r'<input type="radio" name="(intent)" value="([^"]*)"[^>]* checked', part))
    return fields


def unescaped(page: str) -> str:
    from html import unescape

    return unescape(page)


async def test_a_sentence_is_shown_word_by_word_with_what_was_found_and_nobody_named(
    talk: Talk, as_role: Callable[..., Browser], database: Database
) -> None:
    browser = as_role("annotator")
    with database.write() as session:
        session.execute(update(Sentence).where(Sentence.chat_id == BRAHIM).values(state="skipped"))
    page = (await browser.get("/annotate")).text
    assert "Amina" not in page and "•••••" in page
    assert re.findall(r'<bdi class="word( found)?" data-start="(\d+)" data-end="(\d+)">([^<]*)</bdi>', page) == [
        ("", "0", "3", "ana"),
        ("", "4", "9", "•••••"),
        ("", "10", "15", "bghit"),
        ("", "16", "22", "n3awen"),
        (" found", "23", "31", "flmaarif"),
    ]
    fields = form_of(page)
    assert (fields["intent"], fields["register"], fields["split"], fields["version"]) == ("offer_volunteering", "ary-Latn", "train", "0")
    assert (fields["from_0"], fields["to_0"], fields["what_0"]) == ("24", "30", "place=Maârif")
    assert "بغيت نعاون فلمعاريف" in page  # it says nearly the same


async def test_the_form_as_it_stands_makes_an_example(talk: Talk, as_role: Callable[..., Browser], database: Database) -> None:
    browser = as_role("annotator")
    number = sentence(database, AMINA).id
    page = (await browser.get(f"/annotate?ids={number}")).text
    answer = await browser.post(f"/annotate/{number}/keep", form_of(page))
    assert answer.status_code == 303 and answer.headers["location"] == f"/staff/annotate?ids={number}&done=kept&last={number}"
    with database.read() as session:
        example = session.execute(select(Example)).scalar_one()
    assert (example.words, example.intent, example.register) == ("ana Salma bghit n3awen flmaarif 🙏🏽", "offer_volunteering", "ary-Latn")
    assert example.entities == [{"entity": "place", "value": "Maârif", "start": 24, "end": 30}]
    assert logged(database)[-1] == ("example_kept", "annotator", f"sentence:{number}")
    after = (await browser.get(answer.headers["location"].removeprefix("/staff"))).text
    assert 'id="undo"' in after and 'id="judge"' not in after


async def test_what_was_made_of_a_sentence_is_read_beside_undo(talk: Talk, as_role: Callable[..., Browser], database: Database) -> None:
    browser = as_role("annotator")
    talk.says(AMINA, "ana <i>Amina</i> men Zahiya 0612345678 bghit n3awen", "greet", 0.2, register="ary-Latn")
    talk.read()
    with database.read() as session:
        number = session.execute(select(func.max(Sentence.id))).scalar_one()
    fields = form_of((await browser.get(f"/annotate?ids={number}")).text)
    answer = await browser.post(f"/annotate/{number}/keep", fields)
    after = (await browser.get(answer.headers["location"].removeprefix("/staff"))).text
    # Another name stands there; the number that takes the place of one is covered as any is.
    assert '<q class="said" dir="auto">ana &lt;i&gt;Salma&lt;/i&gt; men Zahiya •••••••••• bghit n3awen</q>' in after
    await browser.post(f"/annotate/{number}/undo", {"version": "1"})
    await browser.post(f"/annotate/{number}/skip", {"version": "2"})
    skipped = (await browser.get(f"/annotate?done=skipped&last={number}")).text
    assert 'id="undo"' in skipped and "<q" not in skipped


async def test_examples_of_mixed_registers_are_pointed_out(
    talk: Talk, as_role: Callable[..., Browser], database: Database, project: Path
) -> None:
    write_files(project, {"tests/evaluation/mixed/talk": [Lesson("une mission svp !", "search_missions")]})
    page = (await as_role("annotator").get(f"/annotate?ids={sentence(database, SALMA).id}")).text
    assert "Langues mêlées" in unescaped(page)


async def test_undo_leads_back_to_the_sentence(talk: Talk, as_role: Callable[..., Browser], database: Database) -> None:
    browser = as_role("annotator")
    number = sentence(database, AMINA).id
    await browser.post(f"/annotate/{number}/skip", {"version": "0", "ids": str(number)})
    assert sentence(database, AMINA).state == "skipped"
    answer = await browser.post(f"/annotate/{number}/undo", {"version": "1", "ids": str(number)})
    assert answer.status_code == 303
    page = (await browser.get(answer.headers["location"].removeprefix("/staff"))).text
    assert f"/staff/annotate/{number}/keep" in page


async def test_the_second_of_two_is_told_and_nothing_changes(talk: Talk, as_role: Callable[..., Browser], database: Database) -> None:
    first, second = as_role("annotator", "nadia"), as_role("annotator", "omar", "ar")
    number = sentence(database, AMINA).id
    fields = form_of((await second.get(f"/annotate?ids={number}")).text)
    assert (await first.post(f"/annotate/{number}/skip", {"version": "0"})).status_code == 303
    answer = await second.post(f"/annotate/{number}/keep", {**fields, "csrf": second.csrf()})
    assert answer.status_code == 409 and "سبقك" in answer.text
    assert sentence(database, AMINA).state == "skipped"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"intent": ""}, "Choisissez ce que la personne voulait dire"),
        ({"intent": "fly"}, "Choisissez ce que la personne voulait dire"),
        ({"what_0": "place=nowhere"}, "Une valeur"),
        ({"what_0": "x" * 500}, "Une valeur"),
        ({"from_0": ""}, "début ou de fin"),
        ({"to_0": "999"}, "début ou de fin"),
        ({"from_1": "23", "to_1": "31", "what_1": "day=sat"}, "se chevauchent"),
        ({"from_1": "32", "to_1": "33", "what_1": "day=sat"}, "couperait un caractère"),
        ({"register": "en"}, "langue de la phrase"),
    ],
)
async def test_what_is_wrong_is_told_and_what_was_typed_stays(
    talk: Talk, as_role: Callable[..., Browser], database: Database, change: dict[str, str], told: str
) -> None:
    browser = as_role("annotator")
    number = sentence(database, AMINA).id
    fields = form_of((await browser.get(f"/annotate?ids={number}")).text) | change
    answer = await browser.post(f"/annotate/{number}/keep", fields)
    assert answer.status_code == 400 and told in unescaped(answer.text)
    assert sentence(database, AMINA).state == "new"
    again = form_of(answer.text)
    if "what_1" in change:
        assert again["what_1"] == change["what_1"]


async def test_a_value_that_is_not_written_is_found_by_the_vocabulary(
    talk: Talk, as_role: Callable[..., Browser], database: Database
) -> None:
    browser = as_role("annotator")
    number = sentence(database, AMINA).id
    fields = form_of((await browser.get(f"/annotate?ids={number}")).text)
    for what in ("", "place"):
        await browser.post(f"/annotate/{number}/keep", {**fields, "what_0": what, "version": str(sentence(database, AMINA).version)})
        row = sentence(database, AMINA)
        assert row.right_entities == [{"entity": "place", "value": "Maârif", "start": 24, "end": 30}]
        await browser.post(f"/annotate/{number}/undo", {"version": str(row.version)})


async def test_words_that_staff_hide_are_replaced(talk: Talk, as_role: Callable[..., Browser], database: Database) -> None:
    browser = as_role("annotator")
    number = sentence(database, AMINA).id
    fields = form_of((await browser.get(f"/annotate?ids={number}")).text)
    await browser.post(f"/annotate/{number}/keep", {**fields, "hide": ["10-15", "0-3", "1-2", "x"]})
    with database.read() as session:
        assert session.execute(select(Example.words)).scalar_one() == "Salma Salma Salma n3awen flmaarif 🙏🏽"


async def test_markup_is_shown_as_it_was_typed(talk: Talk, as_role: Callable[..., Browser], database: Database) -> None:
    page = (await as_role("annotator").get(f"/annotate?ids={sentence(database, BRAHIM).id}")).text
    assert "<b>ليا" not in page and "&lt;" in page


@pytest.mark.parametrize(
    ("query", "chat"),
    [
        ("", BRAHIM),
        ("register=ary-Latn", AMINA),
        ("intent=greet&register=ary-Latn", AMINA),
        ("all=1", SALMA),
        ("register=x&intent=x&ids=x,,0", BRAHIM),
        ("ids=9999", None),
    ],
)
async def test_filters_choose_the_next_sentence(
    talk: Talk, as_role: Callable[..., Browser], database: Database, query: str, chat: int | None
) -> None:
    page = (await as_role("annotator").get(f"/annotate?{query}")).text
    shown = re.search(r"/staff/annotate/(\d+)/keep", page)
    assert (int(shown[1]) if shown else None) == (sentence(database, chat).id if chat else None)


@pytest.mark.parametrize("path", ["/annotate/999/keep", "/annotate/999/skip", "/annotate/0/undo", "/annotate/x/keep"])
async def test_a_sentence_that_is_gone_is_told(talk: Talk, as_role: Callable[..., Browser], path: str) -> None:
    answer = await as_role("annotator").post(path, {"version": "0"})
    assert answer.status_code == 404 and "n'existe plus" in unescaped(answer.text)


@pytest.mark.parametrize("locale", ["fr", "ar"])
async def test_the_desk_shows_groups_that_lead_to_their_sentences(
    talk: Talk, as_role: Callable[..., Browser], database: Database, locale: str
) -> None:
    browser = as_role("annotator", locale=locale)
    page = (await browser.get("/learning")).text
    assert page.count("<li>") == 2 and "Amina" not in page
    assert f"/staff/annotate?ids={sentence(database, AMINA).id}" in page
    assert (await browser.get("/learning?register=ary-Arab")).text.count("<li>") == 1
    assert (await browser.get("/learning?register=xx")).text.count("<li>") == 2


# ---- examples that were kept


def kept_examples(database: Database, *words: str) -> list[int]:
    """Examples whose sentences are gone, all in a file already."""
    kept = {"entities": [], "register": "ary-Latn", "intent": "greet", "split": "train", "state": "kept", "kept_at": NOW}
    with database.write() as session:
        rows = [Example(words=one, exported_at=NOW, **kept) for one in words]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


async def test_an_example_that_proved_wrong_is_taken_back_however_old(
    talk: Talk, as_role: Callable[..., Browser], database: Database
) -> None:
    browser = as_role("annotator")
    number = sentence(database, AMINA).id
    await browser.post(f"/annotate/{number}/keep", form_of((await browser.get(f"/annotate?ids={number}")).text))
    [old] = kept_examples(database, "labas <b>3lik</b>")
    page = (await browser.get("/annotate?kept=1")).text
    assert page.index("labas &lt;b&gt;3lik") < page.index("ana Salma bghit"), "the newest first"
    assert "déjà dans les fichiers" in page and "pas encore dans les fichiers" in page
    filtered = (await browser.get("/annotate?kept=1&intent=greet&register=ary-Latn")).text
    assert "labas" in filtered and "Salma" not in filtered
    answer = await browser.post(f"/annotate/examples/{old}/revoke", {"intent_of": "greet"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/annotate?kept=1&intent=greet&done=undone")
    assert logged(database)[-1] == ("example_revoked", "annotator", f"example:{old}")
    assert "labas" not in (await browser.get("/annotate?kept=1")).text
    again = await browser.post(f"/annotate/examples/{old}/revoke")
    assert again.status_code == 409 and "déjà retiré" in unescaped(again.text)
    with database.read() as session:
        states = dict(session.execute(select(Example.words, Example.state)).all())
        made = session.execute(select(Example.id).where(Example.state == "kept")).scalar_one()
    assert states["labas <b>3lik</b>"] == "revoked", "it is in a file: the next export takes it out"
    # One whose sentence is there gives it back to be judged.
    await browser.post(f"/annotate/examples/{made}/revoke")
    assert sentence(database, AMINA).state == "new"
    assert "Aucun exemple" in unescaped((await browser.get("/annotate?kept=1")).text)


async def test_many_kept_examples_come_a_page_at_a_time(talk: Talk, as_role: Callable[..., Browser], database: Database) -> None:
    kept_examples(database, *(f"phrase numéro {number:03}" for number in range(120)))
    browser, seen, path = as_role("annotator"), [], "/annotate?kept=1"
    while path:
        page = (await browser.get(path)).text
        seen += re.findall(r"<p class=.said. dir=.auto.>phrase numéro (\d+)</p>", page)
        further = re.search(r'href="/staff(/annotate\?[^"]*before=\d+)"', page)
        path = unescaped(further[1]) if further else ""
    assert seen == [f"{number:03}" for number in range(119, -1, -1)]


# ---- models


def finished(database: Database, new: dict[str, float] | None = None) -> int:
    with database.write() as session:
        number = retraining.start(session, None, NOW)
        run = session.get(TrainingRun, number)
        retraining.close(session, run, "done", NOW)
        run.model_sha = "a" * 64
        run.report = {
            **retraining.report_of(measured(new=new, heard=("greet", "thank"))),
            "examples": {"added": 1, "removed": 0, "refused": 2},
        }
        return int(run.id)


async def test_a_model_is_asked_for_once(as_role: Callable[..., Browser], database: Database, project: Path) -> None:
    browser = as_role("admin")
    assert "Entraîner un nouveau modèle" in unescaped((await browser.get("/models")).text)
    assert (await browser.post("/models/start")).status_code == 303
    again = await browser.post("/models/start")
    assert again.status_code == 409 and "déjà en cours" in unescaped(again.text)
    page = (await browser.get("/models")).text
    assert "<progress" in page and "/staff/models/start" not in page
    part = (await browser.get("/models", **{"HX-Request": "true"})).text
    assert part.lstrip().startswith('<div id="progress"') and "<html" not in part
    assert logged(database)[-1][0] == "training_asked"


async def test_a_comparison_is_shown_and_promoted(as_role: Callable[..., Browser], database: Database, project: Path) -> None:
    number = finished(database, {"all": 0.92})
    browser = as_role("admin")
    page = unescaped((await browser.get("/models")).text)
    assert "comprend mieux" in page and "+2,0" in page and "merci" in page
    assert (await browser.post(f"/models/{number}/promote")).headers["location"] == f"/staff/models?run={number}"
    with database.read() as session:
        assert session.get(TrainingRun, number).state == "promoting"
    assert (await browser.post(f"/models/{number}/promote")).status_code == 409
    assert logged(database)[-1] == ("model_promoted", "admin", f"run:{number}")
    with database.write() as session:
        retraining.close(session, session.get(TrainingRun, number), "promoted", NOW)
    assert f"/staff/models/{number}/rollback" in (await browser.get("/models")).text
    assert (await browser.post(f"/models/{number}/rollback")).status_code == 303
    with database.read() as session:
        assert session.get(TrainingRun, number).state == "rolling_back"


async def test_a_worse_model_is_promoted_only_when_that_is_said(as_role: Callable[..., Browser], database: Database, project: Path) -> None:
    number = finished(database, {"all": 0.8})
    browser = as_role("admin")
    assert "L'ancien reste en service" in unescaped((await browser.get("/models")).text)
    answer = await browser.post(f"/models/{number}/promote")
    assert answer.headers["location"] == f"/staff/models?run={number}&confirm=1"
    with database.read() as session:
        assert session.get(TrainingRun, number).state == "done"
    page = (await browser.get(f"/models?run={number}&confirm=1")).text
    assert 'name="anyway" value="1"' in page
    await browser.post(f"/models/{number}/promote", {"anyway": "1"})
    with database.read() as session:
        assert session.get(TrainingRun, number).state == "promoting"


@pytest.mark.parametrize("error", retraining.ERRORS)
@pytest.mark.parametrize("locale", ["fr", "ar"])
async def test_what_failed_is_told(as_role: Callable[..., Browser], database: Database, project: Path, error: str, locale: str) -> None:
    with database.write() as session:
        number = retraining.start(session, None, NOW)
        retraining.close(session, session.get(TrainingRun, number), "failed", NOW, error)
    page = unescaped((await as_role("admin", locale=locale).get("/models")).text)
    assert {"fr": "Le modèle d'avant continue de répondre", "ar": "النموذج السابق مستمر"}[locale] in page


@pytest.mark.parametrize("path", ["/models/999/promote", "/models/x/promote", "/models/999/rollback"])
async def test_a_run_that_is_none_is_refused(as_role: Callable[..., Browser], project: Path, path: str) -> None:
    assert (await as_role("admin").post(path)).status_code == 409


async def test_examples_are_written_into_the_files_without_a_new_model(
    talk: Talk, as_role: Callable[..., Browser], database: Database
) -> None:
    admin = as_role("admin")
    assert "/models/export" not in (await admin.get("/models")).text, "there is nothing to write"
    number = sentence(database, AMINA).id
    await admin.post(f"/annotate/{number}/keep", form_of((await admin.get(f"/annotate?ids={number}")).text))
    assert "/models/export" in (await admin.get("/models")).text
    answers = [await admin.post("/models/export") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 409]
    with database.write() as session:
        run = session.execute(select(TrainingRun)).scalar_one()
        assert retraining.is_export(run)
        run.report = {**run.report, "examples": {"added": 1, "removed": 0, "refused": 0}}
        retraining.close(session, run, "done", NOW)
        number = run.id
    page = unescaped((await admin.get(f"/models?run={number}")).text)
    assert "Ajoutés : 1 · retirés : 0 · refusés : 0" in page and "/promote" not in page
    assert ("export_asked", "admin", f"run:{number}") in logged(database)
