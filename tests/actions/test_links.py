"""What a link or a QR code opens: a mission, an organisation, a kind word, and never a hint of what is not public."""

from __future__ import annotations

import html
from datetime import date

import pytest

from bot.store.engine import Database
from bot.store.models import Application, Mission, Organisation
from bot.texts import REGISTERS, catalogue
from tests.actions.chat import Chat
from tests.actions.worlds import mission, speaker_for, volunteer

SALMA, KARIM = 501, 901


@pytest.fixture
def amal(database: Database) -> int:
    return speaker_for(database, KARIM, "Amal & Fils")


async def opened(payload: str, register: str = "fr") -> Chat:
    chat = Chat(register)
    await chat.tap(f'/start{{"payload": "{payload}"}}')
    return chat


@pytest.mark.parametrize("register", REGISTERS)
async def test_a_mission_opens_after_the_greeting_with_a_button_to_apply(register: str, amal: int, database: Database) -> None:
    number = mission(database, KARIM, amal, "Cours <du> samedi")
    chat = await opened(f"m_{number}", register)
    assert chat.heard_keys("welcome", "welcome_languages", "mission_open")
    assert "Cours &lt;du&gt; samedi" in chat.heard[-1] and "Amal &amp; Fils" in chat.heard[-1]
    assert chat.buttons[catalogue(register)["button_apply"]] == f'/apply_to_mission{{"mission": "{number}"}}'


async def test_who_is_known_is_not_greeted_again(amal: int, database: Database) -> None:
    volunteer(database, SALMA)
    number = mission(database, KARIM, amal, "Cours du samedi")
    assert (await opened(f"m_{number}")).heard_keys("mission_open")
    assert (await opened("affiche")).heard_keys("welcome", "welcome_languages"), "a plain start greets everybody"


async def test_applying_from_a_link(amal: int, database: Database) -> None:
    volunteer(database, SALMA)
    number = mission(database, KARIM, amal, "Cours du samedi")
    chat = await opened(f"m_{number}")
    await chat.press("button_apply")
    assert chat.heard_keys("apply_applied + first_steps")
    with database.read() as session:
        assert [row.mission_id for row in session.query(Application)] == [number]


async def test_who_offered_nothing_yet_is_asked_first_and_then_it_applies(amal: int, database: Database) -> None:
    chat = await opened(f"m_{mission(database, KARIM, amal, 'Cours du samedi')}")
    await chat.press("button_apply")
    assert chat.heard_first("apply_first_offer") and chat.loop == "offer_form"


async def test_after_a_link_the_first_one_means_its_mission(amal: int, database: Database) -> None:
    volunteer(database, SALMA)
    chat = await opened(f"m_{mission(database, KARIM, amal, 'Cours du samedi')}")
    await chat.say("la première", "apply_to_mission")
    assert chat.heard_keys("apply_applied + first_steps")


@pytest.mark.parametrize("hidden", ["draft", "closed", "over", "organisation pending", "never was"])
async def test_what_is_not_public_is_as_unknown_as_what_never_was(hidden: str, amal: int, database: Database) -> None:
    saturday = date(2026, 11, 28)
    number = mission(database, KARIM, amal, "Secret", starts_on=saturday, ends_on=saturday)
    with database.write() as session:
        row = session.get(Mission, number)
        if hidden in ("draft", "closed"):
            row.state = hidden
        if hidden == "over":
            row.starts_on = row.ends_on = date(2026, 1, 3)
        if hidden == "organisation pending":
            session.get(Organisation, amal).state = "pending"
    chat = await opened(f"m_{2**31 - 1 if hidden == 'never was' else number}")
    assert chat.heard_keys("welcome", "welcome_languages", "link_mission_gone")
    assert "Secret" not in "".join(chat.heard)
    assert chat.buttons[catalogue("fr")["button_search"]] == "/search_missions", "and what to do next"


@pytest.mark.parametrize("register", REGISTERS)
async def test_an_organisation_opens_with_its_open_missions(register: str, amal: int, database: Database) -> None:
    shown = [mission(database, KARIM, amal, f"Cours {number}") for number in (1, 2)]
    with database.write() as session:
        session.get(Mission, mission(database, KARIM, amal, "Secret")).state = "draft"
    mission(database, 902, speaker_for(database, 902, "Autre"), "Ailleurs")
    chat = await opened(f"o_{amal}", register)
    card = html.unescape(chat.heard[-1])
    assert chat.heard_first("welcome") and len(chat.heard) == 3
    assert all(words in card for words in ("Amal & Fils", "Cours 1", "Cours 2"))
    assert "Secret" not in card and "Ailleurs" not in card
    applies = [payload for payload in chat.buttons.values() if payload.startswith("/apply_to_mission")]
    assert applies == [f'/apply_to_mission{{"mission": "{number}"}}' for number in shown]


async def test_an_organisation_without_open_missions_says_so(amal: int) -> None:
    chat = await opened(f"o_{amal}")
    assert "Amal" in chat.heard[-1] and catalogue("fr")["link_organisation_quiet"] in chat.heard[-1]
    assert "/offer_volunteering" in chat.buttons.values()


@pytest.mark.parametrize("is_there", [True, False])
async def test_an_organisation_that_is_not_validated_is_unknown(is_there: bool, amal: int, database: Database) -> None:
    with database.write() as session:
        session.get(Organisation, amal).state = "pending"
    chat = await opened(f"o_{amal if is_there else amal + 1}")
    assert chat.heard_keys("welcome", "welcome_languages", "link_organisation_gone")


@pytest.mark.parametrize(
    "payload", ["affiche", "m_", "m_0", "m_01", "m_-1", "m_1x", "x_1", "M_1", "m_١", "m_2147483648", "m_99999999999999", "o_", "m_1_2"]
)
async def test_a_forged_payload_is_greeted_as_any_other(payload: str, amal: int, database: Database) -> None:
    mission(database, KARIM, amal, "Cours du samedi")
    assert (await opened(payload)).heard_keys("welcome", "welcome_languages")
