"""What Telegram shows of the bot: set in each language, once, and only where it differs."""

from __future__ import annotations

import json

from bot.telegram.incoming import COMMANDS
from bot.telegram.profile import publish_profile
from bot.texts import text
from tests.telegram.local_telegram import LocalTelegram

SETTERS = ("setMyCommands", "setMyDescription", "setMyShortDescription")


def sets(telegram: LocalTelegram) -> int:
    return sum(len(telegram.calls(method)) for method in SETTERS)


async def test_each_language_has_its_words_and_all_others_french(telegram: LocalTelegram) -> None:
    await publish_profile(telegram.bot)
    for code, register in (("fr", "fr"), ("ar", "ar"), (None, "fr")):
        commands = await telegram.bot.get_my_commands(language_code=code)
        assert [(c.command, c.description) for c in commands] == [(name, text(register, f"command_{name}")) for name in COMMANDS]
        assert (await telegram.bot.get_my_description(code)).description == text(register, "about_description")
        assert (await telegram.bot.get_my_short_description(code)).short_description == text(register, "about_short")


async def test_what_is_right_already_is_not_set_again(telegram: LocalTelegram) -> None:
    await publish_profile(telegram.bot)
    assert sets(telegram) == 9
    await publish_profile(telegram.bot)
    assert sets(telegram) == 9
    await telegram.bot.set_my_description("autre chose", "fr")
    await telegram.bot.set_my_commands([("offer", "x")], language_code="ar")
    await publish_profile(telegram.bot)
    assert sets(telegram) == 9 + 2 + 2
    assert (await telegram.bot.get_my_description("fr")).description == text("fr", "about_description")


async def test_a_refusal_is_harmless_and_the_rest_is_set(telegram: LocalTelegram) -> None:
    telegram.fault("429", method="setMyDescription", times=3, seconds=100)
    telegram.fault("500", method="getMyCommands", times=1)
    await publish_profile(telegram.bot)
    assert (await telegram.bot.get_my_description("fr")).description == ""
    assert (await telegram.bot.get_my_short_description("fr")).short_description == text("fr", "about_short")
    await publish_profile(telegram.bot)
    assert (await telegram.bot.get_my_description("fr")).description == text("fr", "about_description")
    assert json.loads(telegram.calls("setMyCommands")[-1]["parameters"]["commands"]), "and what failed comes next time"
    assert await telegram.bot.get_my_commands(language_code="fr")
