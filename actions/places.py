"""Where: a place named, a location shared, a place outside the region, and the question for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actions.turn import Turn
from bot import vocabulary
from bot.texts import text
from bot.vocabulary.gazetteer import find

CITY = "Casablanca"
OFFERED = (
    ("Aïn-Chock", "Maârif"),
    ("Sidi Moumen", "Hay-Hassani"),
    ("Sidi Bernoussi", "Hay-Mohammadi"),
    ("Mohammadia", "Bouskoura"),
)
"""Places on the reply keyboard: populous ones spread over the region; any other can be typed."""


@dataclass(frozen=True)
class Whereabouts:
    """A place found in a message, or why none was."""

    place: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    problem: str | None = None
    """Key of the text that says why the place cannot be taken."""


def whereabouts(turn: Turn) -> Whereabouts:
    """The place a message names: shared location first, then words."""
    if turn.intent == "share_location":
        return shared(turn)
    named = turn.said.last("place")
    if named == CITY:
        return Whereabouts(problem="place_which_part")
    if named:
        return Whereabouts(place=named)
    if not turn.is_payload and find(turn.text, kinds=("outside_place",)):
        return Whereabouts(problem="place_outside")
    return Whereabouts()


def shared(turn: Turn) -> Whereabouts:
    """The place of a shared location: its rounded coordinates, and what lies there."""
    try:
        latitude = float(turn.said.last("latitude") or "")
        longitude = float(turn.said.last("longitude") or "")
    except ValueError:
        return Whereabouts()
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return Whereabouts()
    nearest = vocabulary.nearest_place(latitude, longitude)
    if nearest is None:
        return Whereabouts(problem="place_outside")
    return Whereabouts(nearest.id, latitude, longitude)


def keyboard(register: str, with_location: bool = True) -> list[list[dict[str, Any]]]:
    """The reply keyboard under the question for a place; each key sends the words it shows."""
    rows = [[{"text": vocabulary.label("place", place, register)} for place in row] for row in OFFERED]
    share = [[{"text": text(register, "button_location"), "location": True}]] if with_location else []
    return [*share, *rows]
