"""Judging sentences one after the other: by keyboard, three keys at most, or with the plain form that the keys fill in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from starlette.responses import Response

from bot import vocabulary
from bot.console.frame import Problem, Visit, number, page, seen, version, whole
from bot.console.inbox import register_names
from bot.services import annotations as judging
from bot.services import audit, masking
from bot.services.annotations import KEPT, REFUSED, SKIPPED, STALE, UNDONE, UNKNOWN, Judgement, Outcome
from bot.services.lessons import HELD_OUT, TRAIN, Corpus, corpus
from bot.services.training_files import Span
from bot.settings import PROJECT
from bot.store.models import REGISTERS, Sentence
from bot.texts import text, unmarked
from bot.vocabulary.extraction import extract
from bot.vocabulary.graphemes import clusters
from bot.vocabulary.registers import script_of
from bot.vocabulary.spelling import words
from bot.vocabulary.values import ENTITIES, LISTS, is_canonical

PATH = "/annotate"
MOST_SPANS = 12
FREE_ROWS = 2
"""Empty lines of the form for further spans."""
MOST_IDS = 50
EXAMPLES = 50
"""Kept examples on a page."""
_DONE = {KEPT: "console_done_kept", SKIPPED: "console_done_skipped", UNDONE: "console_done_undone"}
_REASONS = (
    "intent register split value outside overlap cut blank long entity ends signs brackets known contradicts".split()
)  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A word of the sentence, or what stands between two (``is_word`` false), by code points [start, end); shown as far as it may be."""

    shown: str
    start: int
    end: int
    is_word: bool


@dataclass(frozen=True)
class Row:
    """A line of the form: from code point, to code point, and entity=value."""

    start: int | None = None
    end: int | None = None
    what: str = ""


@dataclass(frozen=True)
class Asked:
    """Which sentences are judged; as in the address."""

    register: str | None = None
    intent: str | None = None
    everything: bool = False
    ids: tuple[int, ...] = ()

    @property
    def query(self) -> dict[str, Any]:
        return {
            "register": self.register,
            "intent": self.intent,
            "all": "1" if self.everything else None,
            "ids": ",".join(map(str, self.ids)) or None,
        }


def asked_of(fields: Any) -> Asked:
    """The filters of an address or a form; what makes no sense asks for nothing."""
    register, intent = fields.get("register_of"), fields.get("intent_of")
    numbers = [number(one) for one in (fields.get("ids") or "").split(",")[:MOST_IDS]]
    return Asked(
        register if register in REGISTERS else None,
        intent if intent in _corpus().intents else None,
        fields.get("all") == "1",
        tuple(one for one in numbers if one),
    )


def _corpus() -> Corpus:
    return corpus(PROJECT)


# ---- seeing


def annotate(visit: Visit) -> Response:
    """The next sentence, or that there is none; or the examples that were kept."""
    query = visit.request.query_params
    asked = asked_of({**query, "register_of": query.get("register"), "intent_of": query.get("intent")})
    if query.get("kept") == "1":
        return _examples(visit, asked)
    with visit.database.read() as session:
        if asked.ids:
            rows = session.query(Sentence).filter(Sentence.id.in_(asked.ids), Sentence.state == "new").order_by(Sentence.id).limit(1)
            found = [row.id for row in rows]
        else:
            found = [row.id for row in judging.queue(session, asked.register, asked.intent, not asked.everything, limit=1)]
        last = session.get(Sentence, number(query.get("last")))
        undo = (last.id, last.version) if last is not None and last.state != "new" else None
        made = judging.kept_words(session, last.id) if last is not None else None
        # Staff read what goes into the files; what they may not see of somebody stays covered here, too.
        made = masking.around(session, last.chat_id).covered(made) if made is not None else None
    done = _DONE.get(query.get("done", ""))
    return _page(visit, found[0] if found else None, asked, {"done": done, "undo": undo, "made": made})


def _examples(visit: Visit, asked: Asked) -> Response:
    """The kept examples, the newest first. They name nobody: what is personal was taken out."""
    query = visit.request.query_params
    with visit.database.read() as session:
        found = judging.kept(session, asked.register, asked.intent, number(query.get("before")) or None, EXAMPLES + 1)
    context = {
        "asked": asked,
        "done": _DONE.get(query.get("done", "")),
        "examples": found[:EXAMPLES],
        "before": found[EXAMPLES - 1].id if len(found) > EXAMPLES else None,
        "register_names": register_names(),
        "registers": REGISTERS,
        "meanings": meanings(visit.locale, sorted(_corpus().intents)),
    }
    return page(visit, "examples.html", context)


def _page(visit: Visit, sentence_id: int | None, asked: Asked, told: dict[str, Any], status: int = 200, given: Any = None) -> Response:
    """A sentence with its form, filled with what was found, or with what was given before."""
    taught = _corpus()
    context: dict[str, Any] = {
        "asked": asked,
        "review": None,
        "refused": None,
        "undo": None,
        "made": None,
        "done": None,
        "register_names": register_names(),
        "registers": REGISTERS,
        "meanings": meanings(visit.locale, sorted(taught.intents)),
        **told,
    }
    with visit.database.read() as session:
        review = judging.review(session, taught, sentence_id) if sentence_id is not None else None
        if review is not None:
            row = review.sentence
            shown = masking.around(session, row.chat_id).covered(row.words)
            context |= {
                "review": review,
                "row": row,
                # Words of their own direction say nothing of the sentence's: "auto" would take it for left to right.
                "sentence_direction": "rtl" if script_of(row.words) == "arabic" else "ltr",
                "tokens": tokens(row.words, shown),
                "cuts": ",".join(str(start) for start, _ in [*clusters(row.words), (len(row.words), 0)]),
                "likely": likely(row, taught),
                "options": options(visit.locale),
                **(given or _found(row, shown)),
            }
    return page(visit, "annotate.html", context, status)


def _found(row: Sentence, shown: str) -> dict[str, Any]:
    """The form as the understanding would fill it in, without what stands on covered words: its value would tell them."""
    open_spans = [span for span in judging.found_spans(row) if masking.is_open(row.words, shown, span.start, span.end)]
    rows = [Row(span.start, span.end, f"{span.entity}={span.value}") for span in open_spans]
    return {
        "rows": [*rows, *[Row()] * FREE_ROWS],
        "chosen": row.chosen_intent or row.intent,
        "chosen_register": row.register if row.register in REGISTERS else REGISTERS[0],
        "split": TRAIN,
        "hidden": (),
    }


def tokens(said: str, shown: str) -> list[Token]:
    """All of a text in order: its words, and what stands between them."""
    made, done = [], 0
    for word in words(said):
        if word.start > done:
            made.append(Token(shown[done : word.start], done, word.start, False))
        made.append(Token(shown[word.start : word.end], word.start, word.end, True))
        done = word.end
    if done < len(said):
        made.append(Token(shown[done:], done, len(said), False))
    return made


def likely(row: Sentence, taught: Corpus) -> list[tuple[str, float | None]]:
    """The intents to choose from by number: what was tapped, then what the model thinks."""
    ranked = [(name, float(confidence)) for name, confidence in row.ranking if name in taught.intents]
    tapped = [(row.chosen_intent, None)] if row.chosen_intent in taught.intents else []
    return [*tapped, *(pair for pair in ranked if pair[0] != row.chosen_intent)][:6]


def meanings(locale: str, intents: Sequence[str]) -> dict[str, str]:
    """What each intent means, in words."""
    return {intent: unmarked(text(locale, f"console_meaning_{intent.replace('/', '_')}")) for intent in intents}


@lru_cache(maxsize=2)
def options(locale: str) -> tuple[tuple[str, str], ...]:
    """What may be written behind a span: entity=value, and how that is called."""
    found = [(f"place={place.id}", vocabulary.label("place", place.id, locale)) for place in vocabulary.places()]
    found += [(f"{kind}={term.id}", vocabulary.label(kind, term.id, locale)) for kind in LISTS for term in vocabulary.terms(kind)]
    return tuple(found)


# ---- judging


def keep(visit: Visit) -> Response:
    """Make an example of a sentence."""
    form, sentence_id = visit.form, number(visit.request.path_params["number"])
    asked = asked_of(form)
    with visit.database.read() as session:
        row = session.get(Sentence, sentence_id)
        if row is None:
            raise Problem(404, "console_sentence_gone", PATH)
        said = row.words
    rows = _rows(visit)
    hidden = _hidden(visit, said)
    judgement = Judgement(
        form.get("intent_other") or form.get("intent") or "",
        tuple(sorted((_span(visit, said, one) for one in rows if one.start is not None or one.what), key=lambda span: span.start)),
        form.get("register", ""),
        HELD_OUT if form.get("split") == HELD_OUT else TRAIN,
        hidden,
    )
    given = {
        "rows": [*(one for one in rows if one.start is not None or one.what), *[Row()] * FREE_ROWS],
        "chosen": judgement.intent,
        "chosen_register": judgement.register,
        "split": judgement.split,
        "hidden": hidden,
    }
    with visit.database.write() as session:
        outcome = judging.keep(session, _corpus(), sentence_id, version(form.get("version")), judgement, visit.who.account_id, visit.at)
        if outcome.state == KEPT:
            audit.record(session, visit.who.author, "example_kept", visit.at, ("sentence", sentence_id), intent=judgement.intent)
    return _answer(visit, sentence_id, asked, outcome, given)


def skip(visit: Visit) -> Response:
    """Nothing is to be learnt from a sentence."""
    return _simply(visit, judging.skip, "sentence_skipped")


def undo(visit: Visit) -> Response:
    """Take the last judgement back."""
    return _simply(visit, judging.undo, "example_undone")


def revoke(visit: Visit) -> Response:
    """Take back an example that proved wrong, however old."""
    example_id, asked = number(visit.request.path_params["number"]), asked_of(visit.form)
    with visit.database.write() as session:
        outcome = judging.revoke(session, example_id, visit.who.account_id, visit.at)
        if outcome.state == UNDONE:
            audit.record(session, visit.who.author, "example_revoked", visit.at, ("example", example_id))
    if outcome.state != UNDONE:
        raise Problem(409, "console_example_gone", PATH)
    return seen(PATH, kept="1", register=asked.register, intent=asked.intent, done=UNDONE)


def _simply(visit: Visit, what: Any, action: str) -> Response:
    sentence_id = number(visit.request.path_params["number"])
    with visit.database.write() as session:
        outcome: Outcome = what(session, sentence_id, version(visit.form.get("version")), visit.who.account_id, visit.at)
        if outcome.state in _DONE:
            audit.record(session, visit.who.author, action, visit.at, ("sentence", sentence_id))
    return _answer(visit, sentence_id, asked_of(visit.form), outcome)


def _answer(visit: Visit, sentence_id: int, asked: Asked, outcome: Outcome, given: Any = None) -> Response:
    if outcome.state == UNKNOWN:
        raise Problem(404, "console_sentence_gone", PATH)
    if outcome.state == STALE:
        raise Problem(409, "console_sentence_judged", PATH)
    if outcome.state == REFUSED:
        reason = outcome.reason if outcome.reason in _REASONS else "signs"
        return _page(visit, sentence_id, asked, {"refused": f"console_refused_{reason}"}, 400, given)
    return seen(PATH, **asked.query, done=outcome.state, last=sentence_id)


def _rows(visit: Visit) -> list[Row]:
    found = []
    for place in range(MOST_SPANS):
        start, end = visit.form.get(f"from_{place}", ""), visit.form.get(f"to_{place}", "")
        if start or end or visit.form.get(f"what_{place}"):
            found.append(Row(whole(start), whole(end), visit.form.get(f"what_{place}", "").strip()[:80]))
    return found


def _span(visit: Visit, said: str, row: Row) -> Span:
    """The span of a line; where no value is written, or only an entity, the vocabulary says what stands there."""
    start, end = row.start if row.start is not None else -1, row.end if row.end is not None else -1
    entity, has_value, value = row.what.partition("=")
    entity, value = entity.strip(), value.strip()
    if has_value:
        return Span(entity, value, start, end)
    wanted = entity if entity in ENTITIES else None
    mentions = extract(said[start:end], visit.at) if 0 <= start < end and (wanted or not entity) else []
    guessed = next((one for one in mentions if wanted is None or one.kind == wanted), None)
    if guessed is not None and is_canonical(guessed.kind, guessed.value):
        return Span(guessed.kind, guessed.value, start, end)
    return Span(entity, "", start, end)


def _hidden(visit: Visit, said: str) -> tuple[tuple[int, int], ...]:
    """The words that staff marked as naming somebody."""
    known = {f"{token.start}-{token.end}": (token.start, token.end) for token in tokens(said, said) if token.is_word}
    return tuple(known[value] for value in visit.form.getlist("hide") if value in known)
