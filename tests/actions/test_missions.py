"""Finding missions, applying, answering; what either side is shown of the other."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot import clock
from bot.matching.slots import slots_of
from bot.store.engine import Database
from bot.store.models import Application, OutboxMessage, Recommendation
from bot.texts import REGISTERS, text
from tests.actions.chat import Chat
from tests.actions.worlds import mission, speaker_for, volunteer

SALMA, KARIM, OTHER = 501, 601, 602
ACCEPTED = '{{"application": "{}", "answer": "accepted"}}'


@pytest.fixture
def world(database: Database) -> dict[str, int]:
    """Karim's organisation seeks help on Saturday mornings in Maârif: school, and the beach."""
    owner = speaker_for(database, KARIM, "Jossour")
    return {
        "organisation": owner,
        "school": mission(database, KARIM, owner, "Soutien scolaire"),
        "beach": mission(database, KARIM, owner, "Plage propre", cause="environment"),
    }


def applications(database: Database) -> list[tuple[int, str]]:
    with database.read() as session:
        return [(a.mission_id, a.state) for a in session.execute(select(Application).order_by(Application.id)).scalars()]


def notices(database: Database, chat_id: int) -> list[str]:
    with database.read() as session:
        rows = session.execute(select(OutboxMessage).where(OutboxMessage.chat_id == chat_id, OutboxMessage.kind == "notice")).scalars()
        return [row.body["text"] for row in rows]


@pytest.mark.parametrize(
    ("register", "words"),
    [
        ("fr", "des missions pour l'environnement à Maârif ?"),
        ("ary-Arab", "واش كاين شي مهمات ديال البيئة فالمعاريف"),
        ("ary-Latn", "kayn chi mohimmat dyal lbi2a f maarif"),
        ("ar", "هل هناك مهام في البيئة في المعاريف"),
    ],
)
async def test_anybody_may_search_and_leaves_no_trace(register: str, words: str, world: dict[str, int], database: Database) -> None:
    chat = Chat(register)
    await chat.say(words, "search_missions")
    assert chat.heard_first("missions_found")
    assert chat.heard[0].index("Plage propre") < chat.heard[0].index("Soutien scolaire"), "the cause that was named comes first"
    assert set(chat.buttons) == {"1", "2"}
    with database.read() as session:
        assert not session.execute(select(Recommendation)).all()


async def test_a_search_is_narrowed_by_what_it_names(world: dict[str, int]) -> None:
    chat = Chat("fr")
    await chat.say("le dimanche soir", "search_missions")
    assert "samedi" in chat.heard[0].split("\n\n")[0], "what would change it is named"
    assert "Soutien scolaire" in chat.heard[0], "and what lies just outside"
    await chat.say("à distance", "search_missions")
    assert chat.heard_first("nothing_mode")
    await chat.say("à El Jadida", "search_missions")
    assert "80 km" in chat.heard[0] or "100 km" in chat.heard[0]
    await chat.say("partout à Casablanca", "search_missions")
    assert set(chat.buttons) == {"1", "2"}


async def test_a_detail_outside_any_form_is_a_search(world: dict[str, int]) -> None:
    chat = Chat("fr")
    for words in ("l'éducation", "Maârif", "le samedi"):
        await chat.say(words, "inform", 0.4)
        assert chat.heard_first("missions_found")
    await chat.tap('/share_location{"latitude": "33.58", "longitude": "-7.63"}')
    assert chat.heard_first("missions_found")


async def test_a_volunteers_search_starts_from_the_offer(world: dict[str, int], database: Database) -> None:
    volunteer(database, SALMA)
    chat = Chat("fr", SALMA)
    await chat.say("les missions", "search_missions")
    assert chat.heard[0].index("Soutien scolaire") < chat.heard[0].index("Plage propre"), "the offered cause comes first"
    with database.read() as session:
        assert session.execute(select(Recommendation)).first() is not None


@pytest.mark.parametrize("register", REGISTERS)
async def test_applying_by_the_number_under_the_list(register: str, world: dict[str, int], database: Database) -> None:
    volunteer(database, SALMA, register=register)
    chat = Chat(register, SALMA)
    await chat.say("?", "search_missions")
    await chat.tap(chat.buttons["1"])
    assert chat.heard_keys("apply_applied + first_steps")
    assert applications(database) == [(world["school"], "pending")]
    (told,) = notices(database, KARIM)
    assert "Salma" in told


@pytest.mark.parametrize(("register", "words"), [("fr", "la première"), ("ary-Arab", "اللولة"), ("ar", "الأولى"), ("ary-Latn", "lewla")])
async def test_applying_in_words(register: str, words: str, world: dict[str, int], database: Database) -> None:
    volunteer(database, SALMA, register=register)
    chat = Chat(register, SALMA)
    await chat.say("?", "search_missions")
    await chat.say(words, "apply_to_mission")
    assert chat.heard_keys("apply_applied + first_steps")
    assert applications(database) == [(world["school"], "pending")]


async def test_applying_by_public_number_without_a_list(world: dict[str, int], database: Database) -> None:
    volunteer(database, SALMA)
    chat = Chat("fr", SALMA)
    await chat.say(f"je postule à la mission {world['beach']}", "apply_to_mission")
    assert chat.heard_keys("apply_applied + first_steps") and applications(database) == [(world["beach"], "pending")]


@pytest.mark.parametrize("words", ["la 47", "oui", "la dernière des dernières", "-1"])
async def test_a_mission_that_is_none_is_asked_for(words: str, world: dict[str, int], database: Database) -> None:
    volunteer(database, SALMA)
    chat = Chat("fr", SALMA)
    await chat.say(words, "apply_to_mission")
    assert chat.heard_keys("apply_which") and not applications(database)


@pytest.mark.parametrize("mission_id", ["999", "x", "-1", ""])
async def test_a_forged_button_applies_to_nothing(mission_id: str, world: dict[str, int], database: Database) -> None:
    volunteer(database, SALMA)
    chat = Chat("fr", SALMA)
    await chat.tap(f'/apply_to_mission{{"mission": "{mission_id}"}}')
    assert chat.heard_keys("apply_gone") or chat.heard_keys("apply_which")
    assert not applications(database)


async def test_applying_twice_is_applying_once(world: dict[str, int], database: Database) -> None:
    volunteer(database, SALMA)
    chat = Chat("fr", SALMA)
    button = f'/apply_to_mission{{"mission": "{world["school"]}"}}'
    await chat.tap(button)
    assert await chat.repeat() == chat.heard and chat.heard_keys("apply_applied + first_steps"), "the same update answers the same"
    await chat.tap(button)
    assert chat.heard_keys("apply_already")
    assert len(applications(database)) == len(notices(database, KARIM)) == 1


@pytest.mark.parametrize("register", REGISTERS)
async def test_without_an_offer_it_is_taken_first_and_then_applied(register: str, world: dict[str, int], database: Database) -> None:
    chat = Chat(register, SALMA)
    await chat.tap(f'/apply_to_mission{{"mission": "{world["school"]}"}}')
    assert chat.heard_keys("apply_first_offer", "ask_place")
    assert not applications(database)
    await chat.say("Maârif" if register in ("fr", "ary-Latn") else "المعاريف")
    await chat.tap('/inform{"cause": "education"}')
    await chat.tap("/skip")
    await chat.press("button_weekend")
    await chat.press("button_consent")
    assert applications(database) == [(world["school"], "pending")]
    assert any("Soutien scolaire" in message for message in chat.heard)
    assert chat.slots["wanted_mission"] is None


async def test_nobody_applies_to_his_own_organisation(world: dict[str, int], database: Database) -> None:
    volunteer(database, KARIM, "Karim")
    chat = Chat("fr", KARIM)
    await chat.tap(f'/apply_to_mission{{"mission": "{world["school"]}"}}')
    assert chat.heard_keys("apply_own") and not applications(database)


@pytest.mark.parametrize("answer", ["accepted", "declined"])
async def test_an_organisation_answers_and_the_volunteer_hears_of_it(answer: str, world: dict[str, int], database: Database) -> None:
    volunteer(database, SALMA, register="ar")
    await Chat("ar", SALMA).tap(f'/apply_to_mission{{"mission": "{world["school"]}"}}')
    karim = Chat("fr", KARIM)
    button = f'/answer_application{{"application": "1", "answer": "{answer}"}}'
    await karim.tap(button)
    assert karim.heard_keys(f"answer_{answer}")
    assert await karim.repeat() == karim.heard
    assert applications(database) == [(world["school"], answer)]
    assert len(notices(database, SALMA)) == 1
    await karim.tap(button)
    assert karim.heard_keys("answer_answered")
    salma = Chat("ar", SALMA)
    await salma.say("?", "my_commitments")
    assert salma.heard_first("commitments")


@pytest.mark.parametrize(
    "payload", ['{"application": "1", "answer": "accepted"}', '{"application": "7", "answer": "accepted"}', "", '{"application": "x"}']
)
async def test_nobody_answers_for_another_organisation(payload: str, world: dict[str, int], database: Database) -> None:
    volunteer(database, SALMA)
    await Chat("fr", SALMA).tap(f'/apply_to_mission{{"mission": "{world["school"]}"}}')
    speaker_for(database, OTHER, "Autre")
    for chat_id in (OTHER, SALMA, 999):
        chat = Chat("fr", chat_id)
        await chat.tap("/answer_application" + payload)
        assert chat.heard_keys("answer_unknown")
    assert applications(database) == [(world["school"], "pending")]


async def test_a_mission_takes_no_more_than_it_needs(database: Database) -> None:
    owner = speaker_for(database, KARIM, "Jossour")
    only = mission(database, KARIM, owner, "Une place", capacity=1)
    karim = Chat("fr", KARIM)
    for number, chat_id in enumerate((SALMA, SALMA + 1), start=1):
        volunteer(database, chat_id)
        await Chat("fr", chat_id).tap(f'/apply_to_mission{{"mission": "{only}"}}')
        await karim.tap(f'/answer_application{{"application": "{number}", "answer": "accepted"}}')
        assert karim.heard_keys("answer_accepted" if number == 1 else "answer_unknown")
    late = Chat("fr", SALMA + 1)
    await late.tap(f'/apply_to_mission{{"mission": "{only}"}}')
    assert late.heard_keys("apply_full")


@pytest.mark.parametrize("register", REGISTERS)
async def test_an_organisation_sees_no_name_before_the_yes(register: str, world: dict[str, int], database: Database) -> None:
    volunteer(database, SALMA, "Abdelkader")
    chat = Chat(register, KARIM)
    await chat.say("?", "show_volunteers")
    assert chat.heard_first("volunteers_found")
    assert "Abdelkader" not in chat.heard[0] and str(SALMA) not in chat.heard[0]


@pytest.mark.parametrize("intent", ["show_volunteers", "my_initiatives"])
async def test_who_speaks_for_nobody_is_told(intent: str) -> None:
    chat = Chat("ary-Latn")
    await chat.say("?", intent)
    assert chat.heard_keys("no_organisation") and chat.buttons


async def test_an_organisation_without_needs_or_volunteers(database: Database) -> None:
    speaker_for(database, KARIM, "Jossour")
    chat = Chat("fr", KARIM)
    await chat.say("?", "show_volunteers")
    assert chat.heard_keys("volunteers_none")
    await chat.say("?", "my_initiatives")
    assert chat.heard_keys("initiatives_none")


async def test_an_organisation_sees_its_needs_with_their_numbers(world: dict[str, int]) -> None:
    chat = Chat("ar", KARIM)
    await chat.say("?", "my_initiatives")
    assert chat.heard_first("initiatives")
    assert "Soutien scolaire" in chat.heard[0] and str(world["beach"]) in chat.heard[0]


async def test_no_commitments_yet() -> None:
    chat = Chat("ar")
    await chat.say("?", "my_commitments")
    assert chat.heard_keys("commitments_none")


@pytest.mark.parametrize(
    ("register", "words"),
    [("fr", "des missions près de moi"), ("ary-Latn", "chi mohima 9riba mni"), ("ary-Arab", "شي مهمة حدايا"), ("ar", "مهام قريبة مني")],
)
async def test_near_me_asks_where_unless_it_is_known(register: str, words: str, world: dict[str, int], database: Database) -> None:
    chat = Chat(register)
    await chat.say(words, "search_missions")
    assert chat.heard_first("ask_near_where") and chat.keyboard
    await chat.tap('/share_location{"latitude": "33.58", "longitude": "-7.63"}')
    assert chat.heard_first("missions_found"), chat.heard
    volunteer(database, SALMA, register=register)
    await chat.say(words, "search_missions")
    assert chat.heard_first("missions_found")


@pytest.mark.parametrize(("now", "found"), [("2026-11-28T09:30:00", True), ("2026-11-28T19:30:00", False), ("2026-11-24T09:30:00", False)])
async def test_now_means_this_hour(world: dict[str, int], monkeypatch: pytest.MonkeyPatch, now: str, found: bool) -> None:
    at = clock.parse_instant(now)
    monkeypatch.setattr(clock, "now", lambda: at)
    chat = Chat("fr")
    await chat.say("j'ai une heure maintenant, où aider ?", "search_missions")
    assert chat.heard_first("missions_found") is found, chat.heard


async def test_pages_go_on_in_place_and_positions_with_them(database: Database) -> None:
    owner = speaker_for(database, KARIM, "Jossour")
    numbers = [mission(database, KARIM, owner, f"Mission {letter}") for letter in "abcdefg"]
    volunteer(database, SALMA)
    chat = Chat("fr")
    await chat.say("l'éducation à Maârif", "search_missions")
    assert set(chat.buttons) == {
        "1",
        "2",
        "3",
        "4",
        "5",
        text("fr", "button_dismiss"),
        text("fr", "button_page_after"),
        text("fr", "button_first"),
    }
    assert not chat.edits
    await chat.press("button_page_after")
    assert chat.edits, "the page takes the place of the one before"
    assert set(chat.buttons) == {"6", "7", text("fr", "button_dismiss"), text("fr", "button_page_before")}
    assert "Mission f" in chat.heard[0] and "Mission a" not in chat.heard[0]
    await chat.say("la 7", "apply_to_mission")
    assert applications(database) == [(numbers[6], "pending")]
    await chat.tap('/search_missions{"page": "99"}')
    assert chat.heard_first("missions_found")


@pytest.mark.parametrize(
    ("register", "words"),
    [
        ("fr", "pourquoi je ne vois pas la mission {} ?"),
        ("ary-Latn", "3lach mabantch liya lmohima {}"),
        ("ary-Arab", "علاش ما كتبانش ليا المهمة {}"),
        ("ar", "لماذا لا أرى المهمة {}"),
    ],
)
async def test_why_something_is_not_shown(register: str, words: str, world: dict[str, int], database: Database) -> None:
    volunteer(database, SALMA, register=register, slots=slots_of(["sun"], ["evening"]))
    chat = Chat(register)
    await chat.say(words.format(world["school"]), "search_missions")
    assert chat.heard_first("why_not") and text(register, "why_not_time") in chat.heard[0], chat.heard
    await chat.say(words.format(99), "search_missions")
    assert chat.heard_first("why_not_gone")
    await chat.tap("/offer_volunteering")
    volunteer(database, SALMA, register=register)
    chat.loop = None
    await chat.say(words.format(world["school"]), "search_missions")
    assert chat.heard_first("why_not_fits")


@pytest.mark.parametrize(
    ("register", "words"),
    [
        ("fr", "je prends la 1, mais seulement à partir de 15h"),
        ("ary-Latn", "ntcharek f la 1 walakin ghir jouj swaye3"),
        ("ary-Arab", "نشارك فالمهمة 1 ولكن غير من بعد 3"),
        ("ar", "أشارك في المهمة 1 ولكن بعد الثالثة فقط"),
    ],
)
async def test_a_yes_with_terms_goes_with_them(register: str, words: str, world: dict[str, int], database: Database) -> None:
    volunteer(database, SALMA, register=register)
    chat = Chat(register)
    await chat.tap("/search_missions")
    await chat.say(words, "apply_to_mission")
    assert chat.heard_first("apply_on_terms"), chat.heard
    assert words in notices(database, KARIM)[0]


async def test_terms_are_shown_as_words_not_as_markup(world: dict[str, int], database: Database) -> None:
    volunteer(database, SALMA)
    chat = Chat("fr")
    await chat.tap("/search_missions")
    await chat.say("la 1 mais <b>seulement</b> & vite", "apply_to_mission")
    assert "&lt;b&gt;seulement&lt;/b&gt; &amp; vite" in notices(database, KARIM)[0]


async def test_why_a_mission_is_not_shown_is_no_question_about_matching_in_general(world: dict[str, int], database: Database) -> None:
    volunteer(database, SALMA, slots=slots_of(["sun"], ["evening"]))
    chat = Chat("fr")
    await chat.say(f"pourquoi je ne vois pas la mission n°{world['school']} ?", "faq/how_matching")
    assert chat.heard_first("why_not")
    await chat.say("comment vous choisissez les missions ?", "faq/how_matching")
    assert chat.heard_first("faq_how_matching")
