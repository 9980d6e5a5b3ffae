"""Organisations that wait for a decision, and what people wrote to the team."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot import vocabulary
from bot.console.frame import Problem, Visit, number, page, seen
from bot.console.inbox import numbered
from bot.services import audit, conversation_marks, masking, moderation, relay
from bot.services.moderation import CLOSINGS, DECISIONS, REASONS, STATES, Stale, Unfit
from bot.store.models import Initiative, Message, Mission, Organisation, OrganisationMember, Person, RelayMessage, StaffAccount

MOST_MISSIONS = 20
_NAMES = {
    "state_names": {state: f"console_state_{state}" for state in STATES},
    "field_names": {name: f"console_field_{name}" for name in moderation.LOOKED_AT},
    "reason_names": {reason: f"console_reason_{reason}" for reasons in REASONS.values() for reason in reasons},
    "closing_names": {closing: f"console_closing_{closing}" for closing in CLOSINGS},
    "kind_names": {kind: f"console_message_{kind}" for kind in ("report", "feedback")},
}
"""Keys of the texts by what they name."""


# ---- organisations


def organisations(visit: Visit) -> Response:
    """Organisations of a state, those that may be doubles pointed out."""
    query = visit.request.query_params
    state = query.get("state") or "pending"
    if state not in STATES:
        raise Problem(400, "console_bad_filter", "/organisations")
    with visit.database.read() as session:
        shelf = moderation.listed(session, state, number(query.get("before")) or None)
        context = {
            "rows": shelf.rows,
            "before": shelf.before,
            "state": state,
            "counts": moderation.counts(session),
            "alike": moderation.alike(session, shelf.rows),
            "label": _labels(visit),
            **_NAMES,
        }
    return page(visit, "organisations.html", context)


def organisation(visit: Visit) -> Response:
    """One organisation: what it says of itself, what changed since the last decision, what it may be a double of."""
    with visit.database.read() as session:
        row = _organisation(visit, session)
        earlier, value = moderation.reviews(session, row.id), _value(visit)
        authors = dict(session.execute(select(StaffAccount.id, StaffAccount.name)).all())
        members = select(func.count()).select_from(OrganisationMember).where(OrganisationMember.organisation_id == row.id)
        missions = select(Mission).join(Initiative).where(Initiative.organisation_id == row.id).order_by(Mission.id.desc())
        context = {
            "row": row,
            "reviews": [(review, authors.get(review.account_id)) for review in earlier],
            "differences": [(name, value(name, before), value(name, now)) for name, before, now in moderation.differences(row, earlier)],
            "alike": moderation.alike(session, [row])[row.id],
            "members": session.execute(members).scalar_one(),
            "missions": list(session.execute(missions.limit(MOST_MISSIONS)).scalars()),
            "shown": moderation.fingerprint(row),
            "decisions": DECISIONS.get(row.state, ()),
            "reasons": REASONS,
            "label": _labels(visit),
            "value": value,
            **_NAMES,
        }
    with visit.database.write() as session:
        audit.record(session, visit.who.author, "view", visit.at, ("organisation", row.id))
    return page(visit, "organisation.html", context)


def _organisation(visit: Visit, session: Session) -> Organisation:
    row: Organisation | None = session.get(Organisation, number(visit.request.path_params["number"]))
    if row is None or row.state not in STATES:
        raise Problem(404, "console_not_found", "/organisations")
    return row


def _labels(visit: Visit) -> Any:
    return lambda kind, value: vocabulary.label(kind, value, visit.locale)


def _value(visit: Visit) -> Any:
    """A value of an organisation in words."""

    def shown(name: str, value: Any) -> str:
        if name == "causes":
            return ", ".join(vocabulary.label("cause", cause, visit.locale) for cause in value or ())
        if name in ("place", "kind") and value:
            return vocabulary.label({"kind": "organisation_kind"}.get(name, name), value, visit.locale)
        return str(value or "–")

    return shown


def decide(visit: Visit) -> Response:
    """Validate, refuse or flag what the page showed."""
    organisation_id, form = number(visit.request.path_params["number"]), visit.form
    path = f"/organisations/{organisation_id}"
    try:
        with visit.database.write() as session:
            _organisation(visit, session)
            reason = form.get("reason") or None
            moderation.decide(session, visit.who.author, organisation_id, form.get("decision", ""), reason, form.get("shown", ""), visit.at)
    except Stale:
        raise Problem(409, "console_organisation_stale", path) from None
    except Unfit:
        raise Problem(400, "console_decision_unfit", path) from None
    return seen(path)


# ---- what was written to the team


def reports(visit: Visit) -> Response:
    """Reports, praise and blame; the words of each on a page of its own."""
    query = visit.request.query_params
    state = query.get("state") or "open"
    if state not in ("open", "closed"):
        raise Problem(400, "console_bad_filter", "/reports")
    with visit.database.read() as session:
        rows = moderation.messages(session, state, number(query.get("before")) or None)
    shown = rows[: moderation.PAGE]
    numbers = numbered(visit.database, {row.chat_id for row in shown})
    context = {"rows": shown, "numbers": numbers, "state": state, "before": shown[-1].id if len(rows) > moderation.PAGE else None}
    return page(visit, "reports.html", {**context, **_NAMES})


def report(visit: Visit) -> Response:
    """What somebody wrote to the team, and the thread that he reported. The other side's words are covered until unmasked."""
    with visit.database.read() as session:
        row = _message(visit, session)
        chat_id, others = row.chat_id, relay.other_writers(session, row.id)
    numbers = numbered(visit.database, {chat_id, *others})
    mark_id = numbers.get(chat_id)
    with visit.database.read() as session:
        row = _message(visit, session)
        until = conversation_marks.unmasked_until(session, visit.who, row.chat_id, visit.at)
        mask = None if until else masking.around(session, row.chat_id)
        mission = session.get(Mission, row.mission_id) if row.mission_id else None
        context = {
            "row": row,
            "words": mask.covered(row.words) if mask else row.words,
            "mark_id": mark_id,
            "others": sorted(numbers[other] for other in others if other in numbers),
            "until": until,
            "mission": mission,
            "owner": mission.initiative.organisation if mission else None,
            "lines": _thread(session, row, mask),
            "closings": CLOSINGS,
            "reasons": conversation_marks.REASONS,
            "unmask_reasons": {reason: f"console_unmask_{reason}" for reason in conversation_marks.REASONS},
            **_NAMES,
        }
    with visit.database.write() as session:
        audit.record(session, visit.who.author, "view", visit.at, ("message", row.id), unmasked=until is not None)
    return page(visit, "report.html", context)


def _message(visit: Visit, session: Session) -> Message:
    row: Message | None = session.get(Message, number(visit.request.path_params["number"]))
    if row is None:
        raise Problem(404, "console_not_found", "/reports")
    return row


def _thread(session: Session, message: Message, mask: masking.Mask | None) -> list[tuple[RelayMessage, str | None, bool]]:
    """(row, words, whether the reporter wrote them) of a reported thread; words None: covered. Nothing once the report is closed."""
    rows = relay.reported(session, message.id) or []
    person = session.execute(select(Person.id).where(Person.chat_id == message.chat_id)).scalar_one_or_none()
    found = []
    for row in rows:
        is_own = row.person_id == person
        words = (mask.covered(row.words) if is_own else None) if mask else row.words
        found.append((row, words, is_own))
    return found


def close(visit: Visit) -> Response:
    """It was read and dealt with; whoever wrote it hears so, in words of a template."""
    message_id = number(visit.request.path_params["number"])
    path = f"/reports/{message_id}"
    try:
        with visit.database.write() as session:
            _message(visit, session)
            moderation.close(session, visit.who.author, message_id, visit.form.get("closing", ""), visit.at)
    except Stale:
        raise Problem(409, "console_report_stale", path) from None
    except Unfit:
        raise Problem(400, "console_decision_unfit", path) from None
    return seen("/reports")
