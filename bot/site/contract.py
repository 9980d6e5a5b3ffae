"""The OpenAPI document of the public API, written by hand; a test holds every answer against it."""

from __future__ import annotations

from typing import Any

from bot import vocabulary
from bot.matching.slots import DAYS, TIMES
from bot.services.links import LARGEST_ID
from bot.services.public import PAGE
from bot.site.asked import FALLBACK, LONGEST_WORDS, MODES, MOST_ROWS
from bot.texts import REGISTERS

LIST_FILTERS = {
    "missions": ("place", "cause", "day", "mode", "q", "before", "limit", "lang"),
    "organisations": ("place", "cause", "before", "limit", "lang"),
}
_CAUSES = [term.id for term in vocabulary.terms("cause")]
_SKILLS = {"type": "array", "items": {"type": "string"}}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    """An object that has just these, all of them."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _or_null(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"], **more}


_TEXT: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_HOUR = _or_null({"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$"}, description="HH:MM, legal time; null: not said.")
_DAY = _or_null({"type": "string", "format": "date"})
_LINK = {"type": "string", "format": "uri"}
_NAMED = _object({"id": _TEXT, "label": {"type": "string", "description": "In the register asked for."}})
_MISSION = {
    "id": _NUMBER,
    "title": {"type": "string", "description": "As the organisation wrote it, in whatever language."},
    "organisation": _object({"id": _NUMBER, "name": _TEXT}),
    "cause": _NAMED,
    "mode": {"type": "string", "enum": list(MODES)},
    "place": _NAMED,
    "when": {"type": "string", "description": "In words."},
    "slots": {
        "type": "object",
        "propertyNames": {"enum": list(DAYS)},
        "additionalProperties": {"type": "array", "items": {"type": "string", "enum": list(TIMES)}},
    },
    "starts_on": {**_DAY, "description": "Null: every week, in slots."},
    "ends_on": {**_DAY, "description": "The last day, included."},
    "time_from": _HOUR,
    "time_to": _HOUR,
    "capacity": {"type": "integer", "minimum": 1},
    "minimum_age": _COUNT,
    "framework": {"type": "string", "enum": ["informal", "contract_06_18"]},
    "skills_required": _SKILLS,
    "skills_welcome": _SKILLS,
    "spoken_languages": {**_SKILLS, "description": "One of these is needed; empty: any."},
    "published_at": {"type": "string", "format": "date-time"},
    "url": _LINK,
    "chat": _or_null(_LINK, description="Opens it in the conversation; null: the bot's name is not set."),
}
_ORGANISATION = {
    "id": _NUMBER,
    "name": _TEXT,
    "kind": {"type": "string", "enum": [term.id for term in vocabulary.terms("organisation_kind")]},
    "place": _NAMED,
    "causes": {"type": "array", "items": _NAMED},
    "services": {"type": "string", "description": "What it does for people, in its own words."},
    "url": _LINK,
    "calendar": _LINK,
    "chat": _or_null(_LINK),
}
_NEXT = _or_null(_LINK, description="The next page; null: this was the last. A page may be shorter than its limit and not be the last.")
_SCHEMAS = {
    "Mission": _object(_MISSION),
    "MissionAlone": _object({**_MISSION, "places_left": _COUNT}),
    "Missions": _object({"missions": {"type": "array", "items": {"$ref": "#/components/schemas/Mission"}}, "next": _NEXT}),
    "Organisation": _object(_ORGANISATION),
    "OrganisationAlone": _object(
        {
            **_ORGANISATION,
            "answers": _or_null(_TEXT, description="How it answers those who apply, in words; null: too few to say."),
            "missions": {"type": "array", "items": {"$ref": "#/components/schemas/Mission"}},
        }
    ),
    "Organisations": _object(
        {"organisations": {"type": "array", "items": {"$ref": "#/components/schemas/Organisation"}}, "next": _NEXT},
    ),
    "Statistics": _object(
        {
            "missions": {**_COUNT, "description": "Open ones."},
            "organisations": {**_COUNT, "description": "Validated ones."},
            "volunteers": {**_COUNT, "multipleOf": 10, "description": "Rounded down to tens."},
            "places_filled": _COUNT,
            "hours_given": {**_COUNT, "description": "As volunteers tell them, whole hours."},
            "applications_answered_percent": _or_null(_COUNT, maximum=100, description="Of three months; null: too few to say."),
            "needs": {
                "type": "array",
                "items": _object(
                    {
                        "area": {"type": "string", "description": "Arrondissement or commune, or: remote."},
                        "cause": {"type": "string", "enum": _CAUSES},
                        "free_places": {"type": "integer", "minimum": 1},
                    }
                ),
            },
        }
    ),
    "Error": _object(
        {"error": _object({"message": _TEXT, "parameter": _or_null(_TEXT, description="The one that made no sense; null: none did.")})}
    ),
}


def _query(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


_PARAMETERS = {
    "place": _query(
        "place",
        "There, on site: the city, an arrondissement, a commune or a quarter with what lies in it.",
        {"type": "string", "enum": [place.id for place in vocabulary.places()]},
    ),
    "cause": _query("cause", "For this cause.", {"type": "string", "enum": _CAUSES}),
    "day": _query("day", "On this day of the week.", {"type": "string", "enum": list(DAYS)}),
    "mode": _query("mode", "On site or from home.", {"type": "string", "enum": list(MODES)}),
    "q": _query(
        "q",
        "Words of the title or of the organisation's name, however they are spelled.",
        {"type": "string", "minLength": 1, "maxLength": LONGEST_WORDS, "pattern": r"^[^\u0000-\u001f\u007f-\u009f]+$"},
    ),
    "before": _query("before", "Those with a smaller number: made by `next`.", _NUMBER),
    "limit": _query("limit", "How many at most.", {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": PAGE}),
    "lang": _query("lang", "The register of words and labels.", {"type": "string", "enum": list(REGISTERS), "default": FALLBACK}),
}
_IN_PATH = {"name": "number", "in": "path", "required": True, "description": "The public number.", "schema": _NUMBER}


def _says(schema: str, description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _get(name: str, summary: str, schema: str, parameters: list[Any], *errors: int) -> dict[str, Any]:
    known = {400: "A parameter makes no sense.", 404: "There is none that anybody may see.", 410: "It is over.", 503: "Try again later."}
    responses = {"200": _says(schema, "Found."), **{str(code): _says("Error", known[code]) for code in (400, *errors, 503)}}
    return {"get": {"operationId": name, "summary": summary, "parameters": parameters, "responses": responses}}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Tadamon",
        "version": "1",
        "description": "Open missions and validated organisations of Casablanca-Settat, as everybody may see them. Read only; no key.",
    },
    "paths": {
        "/api/v1/missions": _get(
            "missions", "Open missions, the newest first", "Missions", [_PARAMETERS[name] for name in LIST_FILTERS["missions"]]
        ),
        "/api/v1/missions/{number}": _get("mission", "One open mission", "MissionAlone", [_IN_PATH, _PARAMETERS["lang"]], 404, 410),
        "/api/v1/organisations": _get(
            "organisations",
            "Validated organisations, the newest first",
            "Organisations",
            [_PARAMETERS[name] for name in LIST_FILTERS["organisations"]],
        ),
        "/api/v1/organisations/{number}": _get(
            "organisation", "One organisation with its open missions", "OrganisationAlone", [_IN_PATH, _PARAMETERS["lang"]], 404
        ),
        "/api/v1/statistics": _get("statistics", "The service in figures", "Statistics", []),
    },
    "components": {"schemas": _SCHEMAS},
}
