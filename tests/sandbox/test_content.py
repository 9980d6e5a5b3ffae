"""Files, captions, buttons, and what the bot says of itself: what Telegram refuses, in its words."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from telegram import Bot, InputFile

from bot.sandbox.server import create_app
from bot.settings import read
from bot.telegram.client import make_bot
from tests.loopback import served
from tests.sandbox.conftest import SALMA

PNG = b"\x89PNG" + b"x" * 100


async def post(http: httpx.AsyncClient, method: str, files: Any = None, **data: Any) -> dict[str, Any]:
    return dict((await http.post(f"/botsandbox/{method}", data=data, files=files)).json())


def keyboard(*buttons: dict[str, Any]) -> str:
    return json.dumps({"inline_keyboard": [list(buttons)]})


async def test_a_photo_is_known_by_size_and_name_alone(http: httpx.AsyncClient) -> None:
    sent = await post(http, "sendPhoto", {"photo": ("../qr.png", PNG)}, chat_id=SALMA, caption="<b>QR</b>", parse_mode="HTML")
    (photo,) = sent["result"]["photo"]
    assert (photo["file_size"], photo["file_name"], sent["result"]["caption"]) == (len(PNG), "qr.png", "QR")
    (seen,) = (await http.get(f"/sandbox/api/chats/{SALMA}/messages")).json()["messages"]
    assert "PNG" not in json.dumps(seen)


async def test_a_document_may_be_attached_under_another_name(http: httpx.AsyncClient) -> None:
    files = {"part0": ("mission.ics", b"BEGIN:VCALENDAR")}
    sent = await post(
        http, "sendDocument", files, chat_id=SALMA, document="attach://part0", reply_markup=keyboard({"text": "Oui", "callback_data": "t"})
    )
    assert sent["result"]["document"]["file_name"] == "mission.ics"
    assert "caption" not in sent["result"] and sent["result"]["reply_markup"]


async def test_the_bots_client_sends_files_and_reads_the_answers(tmp_path: Any) -> None:
    async with served(create_app(tmp_path / "sandbox.db")) as url:
        async with httpx.AsyncClient(base_url=url) as http:
            await http.post("/sandbox/api/chats", json={"id": SALMA, "first_name": "Salma"})
        bot: Bot = make_bot(read({"TELEGRAM_BASE_URL": f"{url}/bot", "TELEGRAM_BASE_FILE_URL": f"{url}/file/bot"}))
        async with bot:
            photo = await bot.send_photo(SALMA, InputFile(PNG, "qr.png"), caption="QR")
            assert photo.photo[0].file_size == len(PNG) and photo.caption == "QR"
            document = await bot.send_document(SALMA, b"BEGIN:VCALENDAR", filename="m.ics")
            assert document.document and document.document.file_name == "m.ics"


@pytest.mark.parametrize(
    ("method", "files", "data", "code", "description"),
    [
        ("sendPhoto", None, {}, 400, "Bad Request: there is no photo in the request"),
        ("sendDocument", None, {}, 400, "Bad Request: there is no document in the request"),
        ("sendDocument", None, {"document": "attach://lost"}, 400, "Bad Request: there is no document in the request"),
        ("sendPhoto", None, {"photo": "nonsense"}, 400, "Bad Request: wrong file identifier/HTTP URL specified"),
        ("sendPhoto", {"photo": ("a.png", b"")}, {}, 400, "Bad Request: file must be non-empty"),
        ("sendPhoto", {"photo": ("a.png", PNG)}, {"caption": "x" * 1025}, 400, "Bad Request: message caption is too long"),
        (
            "sendPhoto",
            {"photo": ("a.png", b"x" * (10 * 1024 * 1024 + 1))},
            {},
            400,
            "Bad Request: file of size 10485761 bytes is too big for a photo; the maximum size is 10485760 bytes",
        ),
    ],
)
async def test_files_that_are_refused(
    http: httpx.AsyncClient, method: str, files: Any, data: dict[str, str], code: int, description: str
) -> None:
    answer = await post(http, method, files, chat_id=SALMA, **data)
    assert (answer.get("error_code"), answer.get("description")) == (code, description)


async def test_a_caption_of_1024_letters_is_read_after_parsing(http: httpx.AsyncClient) -> None:
    caption = "<b>" + "x" * 1024 + "</b>"
    assert (await post(http, "sendPhoto", {"photo": ("a.png", PNG)}, chat_id=SALMA, caption=caption, parse_mode="HTML"))["ok"]


@pytest.mark.parametrize(
    ("button", "description"),
    [
        ({"text": "", "callback_data": "t"}, "inline keyboard button text must be non-empty"),
        ({"text": "Oui"}, "text buttons are unallowed in the inline keyboard"),
        ({"text": "Oui", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": "Oui", "callback_data": "ش" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "Oui", "url": "ftp://a.ma"}, "inline keyboard button URL 'ftp://a.ma' is invalid: Unsupported URL protocol"),
        ({"text": "Oui", "url": "javascript:x"}, "inline keyboard button URL 'javascript:x' is invalid: Unsupported URL protocol"),
        ({"text": "Oui", "url": "ici"}, "inline keyboard button URL 'ici' is invalid: Wrong HTTP URL"),
        ({"text": "Oui", "url": "https://ici"}, "inline keyboard button URL 'https://ici' is invalid: Wrong HTTP URL"),
    ],
)
async def test_buttons_that_are_refused(http: httpx.AsyncClient, button: dict[str, Any], description: str) -> None:
    answer = await post(http, "sendMessage", chat_id=SALMA, text="x", reply_markup=keyboard(button))
    assert (answer["error_code"], answer["description"]) == (400, f"Bad Request: {description}")


async def test_links_and_a_hundred_buttons_pass_and_one_more_does_not(http: httpx.AsyncClient) -> None:
    links = [{"text": "x", "url": url} for url in ("https://tadamon.ma/m/1", "http://127.0.0.1:8080/", "tg://user?id=1")]
    many = [{"text": "x", "callback_data": str(number)} for number in range(97)]
    assert (await post(http, "sendMessage", chat_id=SALMA, text="x", reply_markup=keyboard(*links, *many)))["ok"]
    answer = await post(http, "sendMessage", chat_id=SALMA, text="x", reply_markup=keyboard(*links, *many, many[0]))
    assert answer["description"] == "Bad Request: REPLY_MARKUP_TOO_LONG"


async def test_a_message_with_a_file_has_no_text_to_edit(http: httpx.AsyncClient) -> None:
    sent = (await post(http, "sendPhoto", {"photo": ("a.png", PNG)}, chat_id=SALMA))["result"]
    answer = await post(http, "editMessageText", chat_id=SALMA, message_id=sent["message_id"], text="x")
    assert answer["description"] == "Bad Request: there is no text in the message to edit"


def _commands(*names: str, description: str = "x") -> str:
    return json.dumps([{"command": name, "description": description} for name in names])


@pytest.mark.parametrize(
    ("method", "data", "description"),
    [
        ("setMyCommands", {"commands": _commands("Offer")}, "BOT_COMMAND_INVALID"),
        ("setMyCommands", {"commands": _commands("عرض")}, "BOT_COMMAND_INVALID"),
        ("setMyCommands", {"commands": _commands("")}, "command must be non-empty"),
        ("setMyCommands", {"commands": _commands("a" * 33)}, "command length must not exceed 32"),
        ("setMyCommands", {"commands": _commands("a", description="")}, "command description must be non-empty"),
        ("setMyCommands", {"commands": _commands("a", description="x" * 257)}, "command description length must not exceed 256"),
        ("setMyCommands", {"commands": _commands(*(f"a{number}" for number in range(101)))}, "BOT_COMMANDS_TOO_MUCH"),
        ("setMyCommands", {"commands": _commands("a"), "language_code": "ary"}, "invalid language code specified"),
        ("setMyDescription", {"description": "x", "language_code": "FR"}, "invalid language code specified"),
        ("setMyDescription", {"description": "x" * 513}, "DESCRIPTION_TOO_LONG"),
        ("setMyShortDescription", {"short_description": "x" * 121}, "ABOUT_TOO_LONG"),
        ("setWebhook", {"url": "https://a.ma/", "secret_token": "a b"}, "secret token contains unallowed characters"),
        ("setWebhook", {"url": "https://a.ma/", "secret_token": "a" * 257}, "secret token is too long"),
        ("sendMessage", {"chat_id": SALMA, "text": "x", "parse_mode": "Markup"}, "unsupported parse_mode"),
        ("sendMessage", {"chat_id": SALMA, "text": "x", "reply_markup": "{"}, "can't parse JSON object"),
        ("sendChatAction", {"chat_id": SALMA, "action": "sing"}, "wrong parameter action in request"),
        ("editMessageText", {"chat_id": SALMA, "text": "x"}, "message identifier is not specified"),
        ("sendMessage", {"chat_id": "@somebody", "text": "x"}, "chat not found"),
    ],
)
async def test_refusals_by_their_words(http: httpx.AsyncClient, method: str, data: dict[str, Any], description: str) -> None:
    answer = await post(http, method, **data)
    assert (answer.get("error_code"), answer.get("description")) == (400, f"Bad Request: {description}")


async def test_the_profile_is_kept_by_language_and_emptied_by_nothing(http: httpx.AsyncClient) -> None:
    for name, longest in (("Description", 512), ("ShortDescription", 120)):
        key = "description" if name == "Description" else "short_description"
        assert (await post(http, f"setMy{name}", **{key: "é" * longest, "language_code": "fr"}))["ok"]
        assert (await post(http, f"getMy{name}", language_code="fr"))["result"] == {key: "é" * longest}
        assert (await post(http, f"getMy{name}"))["result"] == {key: ""}
        await post(http, f"setMy{name}", language_code="fr")
        assert (await post(http, f"getMy{name}", language_code="fr"))["result"] == {key: ""}
