"""Coming in, going out, the first page, one's own account."""

from __future__ import annotations

import re
import secrets

from sqlalchemy import func, select
from starlette.responses import RedirectResponse, Response

from bot.console.frame import MENU, ROOT, Problem, Visit, page, seen
from bot.console.gate import COOKIE, DOOR_COOKIE
from bot.services import audit, staff_accounts, staff_sessions
from bot.services.staff_accounts import AccountError, Entered
from bot.store.models import Handoff, Message, Organisation, Participation

_WITHIN = re.compile(rf"{ROOT}(?:/[A-Za-z0-9/_-]*)?(?:\?[A-Za-z0-9=&%+._~-]*)?", re.ASCII)
"""Where the door may lead to: a page of the console, nowhere else."""


def _keep(response: Response, name: str, value: str) -> None:
    """A cookie of this host alone, that no script reads and no other site sends; it goes with the browser."""
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="strict")


def _forget(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="strict")


def _next(asked: str | None) -> str:
    return asked if asked and len(asked) <= 500 and _WITHIN.fullmatch(asked) and "//" not in asked.partition("?")[0] else f"{ROOT}/"


def login_form(visit: Visit) -> Response:
    """Name, password and code on one form."""
    if visit.staff is not None:
        return RedirectResponse(_next(visit.request.query_params.get("next")), 303)
    return _door(visit, visit.request.query_params.get("next"))


def _door(visit: Visit, wanted: str | None, refused: Entered | None = None) -> Response:
    token = visit.request.cookies.get(DOOR_COOKIE, "")
    if not re.fullmatch(r"[\w-]{43}", token, re.ASCII):
        token = secrets.token_urlsafe(32)
    status = 200 if refused is None else 429 if refused.wait_seconds else 403
    context = {"door": token, "next": _next(wanted), "refused": refused, "name": visit.form.get("name", "")[:64]}
    response = page(visit, "login.html", context, status)
    if refused and refused.wait_seconds:
        response.headers["Retry-After"] = str(refused.wait_seconds)
    _keep(response, DOOR_COOKIE, token)
    return response


def login(visit: Visit) -> Response:
    """Look at name, password and code. A session that the browser brought along is ended, never taken over."""
    form, client = visit.form, visit.request.client
    entered = staff_accounts.sign_in(
        visit.database.write,
        form.get("name", ""),
        form.get("password", ""),
        form.get("code", ""),
        client.host if client else "",
        visit.at,
    )
    if entered.token is None:
        return _door(visit, form.get("next"), entered)
    if visit.staff is not None:
        with visit.database.write() as session:
            staff_sessions.end(session, visit.staff.session_id)
    response = RedirectResponse(_next(form.get("next")), 303)
    _keep(response, COOKIE, entered.token)
    _forget(response, DOOR_COOKIE)
    return response


def logout(visit: Visit) -> Response:
    """End the session, here and in the database."""
    with visit.database.write() as session:
        staff_sessions.end(session, visit.who.session_id)
        audit.record(session, visit.who.author, "logout", visit.at)
    response = RedirectResponse(f"{ROOT}/login?lang={visit.locale}", 303)
    _forget(response, COOKIE)
    return response


def front(visit: Visit) -> Response:
    """What waits for somebody, as far as the role may do something about it."""
    waits = {
        "/handoffs": select(func.count()).select_from(Handoff).where(Handoff.state != "closed"),
        "/organisations": select(func.count()).select_from(Organisation).where(Organisation.state == "pending"),
        "/reports": select(func.count()).select_from(Message).where(Message.state == "open"),
        "/disputes": select(func.count()).select_from(Participation).where(Participation.state == "disputed"),
    }
    shown = [(path, key) for path, key, permission in MENU if visit.who.may(permission)]
    with visit.database.read() as session:
        counts = {path: session.execute(waits[path]).scalar_one() for path, _ in shown if path in waits}
    cards = [(path, key, f"{key}_how", counts.get(path)) for path, key in shown]
    return page(visit, "front.html", {"cards": cards})


def account(visit: Visit) -> Response:
    """One's own account."""
    done = visit.request.query_params.get("done")
    return _account(visit, done=f"console_done_{done}" if done in ("locale", "password", "sessions") else None)


def _account(visit: Visit, done: str | None = None, refused: str | None = None, status: int = 200) -> Response:
    with visit.database.read() as session:
        sessions = staff_sessions.count(session, visit.who, visit.at)
    return page(visit, "account.html", {"done": done, "refused": refused, "others": sessions - 1}, status)


def end_others(visit: Visit) -> Response:
    """Sign out everywhere but here."""
    with visit.database.write() as session:
        ended = staff_sessions.end_others(session, visit.who)
        audit.record(session, visit.who.author, "logout_elsewhere", visit.at, sessions=ended)
    return seen("/account", done="sessions")


def change_locale(visit: Visit) -> Response:
    """The language of the console."""
    with visit.database.write() as session:
        try:
            staff_accounts.set_locale(session, visit.who, visit.form.get("locale", ""))
        except AccountError:
            raise Problem(400, "console_bad_form", "/account") from None
    return seen("/account", done="locale")


def change_password(visit: Visit) -> Response:
    """A new password: every other session ends, and this one gets a new token."""
    form, client = visit.form, visit.request.client
    if form.get("new", "") != form.get("again", ""):
        return _password_refused(visit, "differ")
    try:
        entered = staff_accounts.change_password(
            visit.database.write, visit.who, form.get("old", ""), form.get("new", ""), client.host if client else "", visit.at
        )
    except AccountError as error:
        return _password_refused(visit, str(error))
    if entered.token is None:
        return _password_refused(visit, "wait" if entered.wait_seconds else "wrong")
    response = seen("/account", done="password")
    _keep(response, COOKIE, entered.token)
    return response


def _password_refused(visit: Visit, why: str) -> Response:
    return _account(visit, refused=f"console_password_{why}", status=400)
