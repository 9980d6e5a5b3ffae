"""Starts the stock action server, for our own programs alone, with logs that hold no message text.

``python -m actions.serve --actions actions …``. An action that fails is logged with its traceback, and the message of an exception may
quote what a person wrote. Whoever reaches the server acts for anybody.
"""

from __future__ import annotations

import sys
from typing import Any

from bot import logs
from bot.loopback import is_local
from bot.services import door
from bot.settings import SettingError, settings


def refuse_browsers(app: Any) -> Any:
    """Let a Sanic app answer our own programs alone."""
    from sanic.response import text

    def refuse(request: Any) -> Any:
        is_ours = is_local(request.headers.get("host"), request.headers.get("origin"), [settings().actions_url])
        return None if is_ours else text("programs of ours only", status=403)

    app.register_middleware(refuse, "request")
    return app


def prepare() -> None:
    """Guard the logs, and end with one line where the settings or the database are not fit to work with."""
    try:
        logs.guard(logs.secrets_of(settings()))
    except SettingError as error:
        sys.exit(str(error))
    if obstacle := door.obstacle(lambda line: sys.stderr.write(line + "\n")):
        sys.exit(obstacle)


def main() -> None:
    prepare()
    from rasa_sdk import endpoint
    from rasa_sdk.__main__ import main as serve

    create_app = endpoint.create_app
    endpoint.create_app = lambda *given, **named: refuse_browsers(create_app(*given, **named))
    serve()


if __name__ == "__main__":
    main()
