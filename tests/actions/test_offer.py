"""A volunteer offers help: at once or step by step, corrected, interrupted, agreed to or not."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from bot.matching.slots import days_and_times
from bot.services import profiles
from bot.store.engine import Database
from bot.store.models import Consent, Person, Subscription, Volunteer
from tests.actions.chat import Chat

EVERYTHING = {
    "fr": "je peux donner des cours de maths le samedi matin à Aïn Chock, pour l'éducation",
    "ary-Arab": "بغيت نقري الماط نهار السبت فالصباح فعين الشق، على ود التعليم",
    "ary-Latn": "bghit n9erri lmat nhar sebt f sba7 f 3in cho9, 3la wed ta3lim",
    "ar": "أريد تدريس الرياضيات صباح السبت في عين الشق من أجل التعليم",
}


def saved(database: Database, chat: Chat) -> profiles.Offer | None:
    with database.read() as session:
        return profiles.offer_of(session, chat.chat_id)


def rows(database: Database, model: type) -> int:
    with database.read() as session:
        return int(session.execute(select(func.count()).select_from(model)).scalar_one())


async def until_summary(chat: Chat) -> None:
    await chat.say(EVERYTHING[chat.register], "offer_volunteering")
    assert chat.heard_keys("offer_summary")


@pytest.mark.parametrize("register", EVERYTHING)
async def test_said_at_once_nothing_is_asked_but_the_yes(register: str, database: Database) -> None:
    chat = Chat(register)
    await until_summary(chat)
    assert (chat.offer["place"], chat.offer["causes"], chat.offer["days"], chat.offer["times"]) == (
        "Aïn-Chock",
        ["education"],
        ["sat"],
        ["morning"],
    )
    assert "teaching" in chat.offer["skills"]
    assert rows(database, Person) == 0, "nothing is kept before the yes"
    await chat.press("button_consent")
    assert chat.heard_keys("offer_saved", "nothing_open")
    kept = saved(database, chat)
    assert kept is not None
    assert (kept.place, list(kept.causes), list(days_and_times(kept.slots))) == ("Aïn-Chock", ["education"], [("sat", ("morning",))])
    assert rows(database, Consent) == rows(database, Subscription) == 1
    assert (chat.loop, chat.offer) == (None, {})


@pytest.mark.parametrize(
    ("register", "place", "cause", "skip", "when"),
    [
        ("fr", "à Maârif", "l'environnement", "passer", "le dimanche après-midi"),
        ("ary-Arab", "فالمعاريف", "البيئة", "دوز", "نهار الحد فالعشية"),
        ("ary-Latn", "f maarif", "lbi2a", "douz", "nhar l7ed f l3chiya"),
        ("ar", "في المعاريف", "البيئة", "تخط", "بعد ظهر الأحد"),
    ],
)
async def test_step_by_step(register: str, place: str, cause: str, skip: str, when: str, database: Database) -> None:
    chat = Chat(register)
    await chat.tap("/offer_volunteering")
    assert chat.heard_keys("ask_place") and chat.keyboard
    await chat.say(place)
    assert chat.heard_keys("ask_causes") and not chat.keyboard
    await chat.say(cause)
    assert chat.heard_keys("ask_skills")
    await chat.say(skip, "skip")
    assert chat.heard_keys("ask_when")
    await chat.say(when)
    assert chat.heard_keys("offer_summary")
    await chat.say("…", "affirm")
    assert chat.heard_first("offer_saved")
    kept = saved(database, chat)
    assert kept is not None
    assert (kept.place, list(kept.causes), list(kept.skills)) == ("Maârif", ["environment"], [])
    assert "sun" in dict(days_and_times(kept.slots))


async def test_buttons_alone_lead_to_the_end(database: Database) -> None:
    chat = Chat("ar")
    await chat.tap("/offer_volunteering")
    await chat.say("سيدي مومن")
    await chat.tap('/inform{"cause": "health"}')
    await chat.tap('/inform{"skill": "first_aid"}')
    await chat.press("button_any_time")
    await chat.press("button_consent")
    kept = saved(database, chat)
    assert kept is not None
    assert (list(kept.causes), list(kept.skills), len(list(days_and_times(kept.slots)))) == (["health"], ["first_aid"], 7)


@pytest.mark.parametrize(
    ("register", "words", "place"),
    [
        ("fr", "plutôt Sbata", "Sbata"),
        ("fr", "pas Aïn Chock, Maârif", "Maârif"),
        ("ary-Latn", "la, f maarif", "Maârif"),
        ("ary-Arab", "لا، فالمعاريف", "Maârif"),
        ("ar", "عفوا، في المعاريف", "Maârif"),
    ],
)
async def test_a_corrected_place_replaces_the_first(register: str, words: str, place: str) -> None:
    chat = Chat(register)
    await until_summary(chat)
    await chat.say(words)
    assert chat.heard_keys("offer_summary") and chat.offer["place"] == place


@pytest.mark.parametrize(
    ("register", "words"),
    [("fr", "pas le dimanche"), ("ary-Arab", "ماشي نهار الحد"), ("ary-Latn", "machi nhar l7ed"), ("ar", "ليس يوم الأحد")],
)
async def test_a_refused_day_is_taken_out(register: str, words: str) -> None:
    chat = Chat(register)
    await chat.tap("/offer_volunteering")
    await chat.tap('/inform{"day": "weekend"}')
    assert chat.offer["days"] == ["sat", "sun"]
    await chat.say(words)
    assert chat.offer["days"] == ["sat"]


@pytest.mark.parametrize(
    ("register", "words"),
    [
        ("fr", "sauf le vendredi"),
        ("ary-Arab", "من غير نهار الجمعة"),
        ("ary-Latn", "mn ghir nhar jem3a"),
        ("ar", "ما عدا يوم الجمعة"),
    ],
)
async def test_any_day_but_one(register: str, words: str) -> None:
    chat = Chat(register)
    await chat.tap("/offer_volunteering")
    await chat.say(words)
    assert chat.offer["days"] == ["mon", "tue", "wed", "thu", "sat", "sun"]


async def test_what_is_said_later_is_added(database: Database) -> None:
    chat = Chat("fr")
    await until_summary(chat)
    await chat.say("ajoute la cuisine, j'ai une voiture, jusqu'à 25 km et je m'appelle Leïla")
    assert set(chat.offer["skills"]) == {"teaching", "cooking"}
    assert (chat.offer["radius_km"], chat.offer["first_name"], chat.offer["means"]) == (25, "Leïla", ["car"])
    await chat.press("button_consent")
    kept = saved(database, chat)
    assert kept is not None and (kept.radius_km, kept.first_name) == (25, "Leïla")


@pytest.mark.parametrize("words", ["jusqu'à 0 km", "jusqu'à -5 km", "jusqu'à 9000 km"])
async def test_an_impossible_distance_changes_nothing(words: str) -> None:
    chat = Chat("fr")
    await until_summary(chat)
    await chat.say(words)
    assert 0 < chat.offer.get("radius_km", 10) <= profiles.MAX_RADIUS_KM


@pytest.mark.parametrize(
    ("register", "words", "problem"),
    [
        ("fr", "à Rabat", "place_outside"),
        ("ar", "في مراكش", "place_outside"),
        ("ary-Arab", "فطنجة", "place_outside"),
        ("ary-Latn", "f rabat", "place_outside"),
        ("fr", "à Casablanca", "place_which_part"),
        ("ary-Arab", "فكازا", "place_which_part"),
    ],
)
async def test_a_place_that_will_not_do_is_asked_again(register: str, words: str, problem: str) -> None:
    chat = Chat(register)
    await chat.tap("/offer_volunteering")
    await chat.say(words)
    assert chat.heard_keys(f"{problem} + ask_place")
    assert chat.keyboard and "place" not in chat.offer


async def test_a_shared_location_is_a_place(database: Database) -> None:
    chat = Chat("fr")
    await chat.tap("/offer_volunteering")
    await chat.tap('/share_location{"latitude": "33.55", "longitude": "-7.63"}')
    assert chat.heard_keys("ask_causes") and chat.offer["place"]
    assert (chat.offer["latitude"], chat.offer["longitude"]) == (33.55, -7.63)


@pytest.mark.parametrize("location", ['{"latitude": "48.85", "longitude": "2.35"}', '{"latitude": "0.00", "longitude": "0.00"}'])
async def test_a_location_outside_the_region_is_none(location: str) -> None:
    chat = Chat("fr")
    await chat.tap("/offer_volunteering")
    await chat.tap("/share_location" + location)
    assert chat.heard_keys("place_outside + ask_place")


async def test_a_place_named_after_a_shared_location_counts_alone(database: Database) -> None:
    chat = Chat("fr")
    await until_summary(chat)
    await chat.tap('/share_location{"latitude": "33.69", "longitude": "-7.38"}')
    await chat.say("plutôt Sbata")
    assert (chat.offer["place"], chat.offer["latitude"]) == ("Sbata", None)


async def test_one_word_at_the_question_for_skills_is_no_cause() -> None:
    chat = Chat("fr")
    await chat.say("à Maârif, pour l'environnement", "offer_volunteering")
    assert chat.heard_keys("ask_skills")
    await chat.say("enseigner, soutien scolaire")
    assert "teaching" in chat.offer["skills"] and chat.offer["causes"] == ["environment"]


async def test_who_was_kept_is_loaded_and_changed_without_a_second_consent(database: Database) -> None:
    chat = Chat("fr")
    await until_summary(chat)
    await chat.press("button_consent")
    await chat.tap("/update_profile")
    assert chat.heard_keys("offer_summary") and chat.offer["place"] == "Aïn-Chock"
    assert "🔒" not in chat.heard[0]
    await chat.say("plutôt Sbata")
    await chat.press("button_confirm")
    kept = saved(database, chat)
    assert kept is not None and kept.place == "Sbata"
    assert rows(database, Volunteer) == rows(database, Consent) == rows(database, Subscription) == 1


async def test_the_same_update_saves_once_and_answers_the_same(database: Database) -> None:
    chat = Chat("fr")
    await until_summary(chat)
    first = list(await chat.press("button_consent"))
    with database.write() as session:
        session.execute(select(Volunteer)).scalar_one().radius_km = 33
    assert await chat.repeat() == first
    kept = saved(database, chat)
    assert kept is not None and kept.radius_km == 33, "the repetition must not write again"
    assert rows(database, Consent) == 1


async def test_without_a_yes_nothing_is_kept(database: Database) -> None:
    chat = Chat("ary-Latn")
    await until_summary(chat)
    await chat.press("button_no_consent")
    assert chat.heard_keys("consent_declined")
    assert (chat.loop, chat.offer) == (None, {})
    assert rows(database, Person) == 0
    await chat.press("button_search")
    assert chat.heard_keys("nothing_open"), "searching stays open"


async def test_nobody_without_a_name() -> None:
    chat = Chat("fr", first_name="")
    await until_summary(chat)
    await chat.press("button_consent")
    assert chat.heard_first("offer_saved")
