"""The figures as a table for the terminal and docs/evaluation.md, and as a page that needs nothing but a browser."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from nlu.evaluation.run import Heard
from nlu.evaluation.sentences import REGISTERS, Sentence

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2a26;background:#fbfaf6}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.2rem .7rem;border-bottom:1px solid #ddd;text-align:start;vertical-align:top}
td.n{text-align:end;font-variant-numeric:tabular-nums}svg{background:#fff;border:1px solid #ddd}
.wrong{color:#a33}bdi{unicode-bidi:isolate}
"""


def rows(found: dict[str, Any]) -> list[tuple[str, str]]:
    """What is measured, and the figure."""
    intents, entities, registers = found["intents"], found["entities"], found["registers"]
    table_rows = [("intents (46 labels), macro-F1", f"{intents['all']['macro_f1']:.3f} (accuracy {intents['all']['accuracy']:.3f})")]
    table_rows += [
        (f"… {register}, {intents[register]['count']} sentences", f"{intents[register]['macro_f1']:.3f}") for register in REGISTERS
    ]
    table_rows += [
        ("entity values, F1", f"{entities['values']['f1']:.3f}"),
        ("… with their place in the text", f"{entities['spans']['f1']:.3f}"),
        ("… places", f"{entities['places']['f1']:.3f}"),
        ("… dates and numbers", f"{entities['dates_and_numbers']['f1']:.3f}"),
        ("register", f"{registers['all']:.3f}"),
        (f"… of two words and less, {registers['two_words_count']}", f"{registers['two_words']:.3f}"),
        ("out of scope, AUROC", f"{found['out_of_scope_auroc']:.3f}"),
        ("calibration error", f"{found['calibration']['error']:.3f}"),
    ]
    table_rows += [(f"intents with {name}, macro-F1", f"{score:.3f}") for name, score in found.get("noise", {}).items()]
    table_rows += [
        ("a message, ms of work, p50 / p95", f"{found['milliseconds']['p50']:.1f} / {found['milliseconds']['p95']:.1f}"),
        ("training, s of work, imports included", f"{found['training_seconds']:.0f}"),
        ("model, MB", f"{found['model_bytes'] / 1e6:.1f}"),
    ]
    return table_rows


def comparison(found: dict[str, Any]) -> list[list[str]]:
    """One row a pipeline, ours first; the first row holds the headings."""
    heads = ["pipeline", "macro-F1", *REGISTERS, "out of scope", "ms", "training s", "MB"]
    lines = [heads]
    for name, one in {"ours": found, **found.get("compared", {})}.items():
        scores = [f"{one['intents'][part]['macro_f1']:.3f}" for part in ("all", *REGISTERS)]
        cost = [f"{one['milliseconds']['p50']:.1f}", f"{one['training_seconds']:.0f}", f"{one['model_bytes'] / 1e6:.1f}"]
        lines.append([name, *scores, f"{one['out_of_scope_auroc']:.3f}", *cost])
    return lines


def table(found: dict[str, Any]) -> str:
    """The figures in Markdown."""
    lines = ["| | |", "|---|---|", *(f"| {name} | {figure} |" for name, figure in rows(found))]
    if found.get("compared"):
        heads, *others = comparison(found)
        lines += ["", _line(heads), "|---" * len(heads) + "|", *map(_line, others)]
    lines += ["", "| asks back below | of messages | understood rightly of the rest |", "|---|---|---|"]
    lines += [
        f"| {row['threshold']:.2f} | {row['asked']:.1%} | {row['right_of_the_rest']:.1%} |"
        for row in found["asking_back"]
        if row["threshold"] <= 0.7
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def page(found: dict[str, Any], sentences: Sequence[Sentence], heard: Sequence[Heard]) -> str:
    """The page: figures, reliability, F1 by label, confusions, and every sentence that was misunderstood."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        f"<title>Understanding</title><style>{_STYLE}</style><h1>Understanding</h1>",
        _html_table([["", ""], *map(list, rows(found))]),
    ]
    if found.get("compared"):
        parts += ["<h2>Pipelines</h2>", _html_table(comparison(found))]
    parts += ["<h2>Is it as sure as it is right?</h2>", _reliability(found["calibration"]["bins"])]
    parts += ["<h2>F1 by label</h2>", _bars(sorted(found["f1_by_label"].items(), key=lambda pair: pair[1]))]
    parts += [
        "<h2>Taken for another</h2>",
        _html_table([["meant", "heard", "times"], *([m, h, str(n)] for m, h, n in found["confusions"])]),
    ]
    wrong = [
        [s.register, s.text, s.label, f"{h.label} {h.confidence:.2f}"] for s, h in zip(sentences, heard, strict=True) if s.label != h.label
    ]
    parts += ["<h2>Misunderstood</h2>", _html_table([["register", "sentence", "meant", "heard"], *wrong])]
    entities = [
        [s.register, s.text, _values(s), _values(h)]
        for s, h in zip(sentences, heard, strict=True)
        if s.entities and sorted((e.kind, e.value) for e in s.entities) != sorted((e.kind, e.value) for e in h.entities)
    ]
    parts += ["<h2>Values missed or invented</h2>", _html_table([["register", "sentence", "meant", "heard"], *entities])]
    return "\n".join(parts)


def _values(of: Sentence | Heard) -> str:
    return ", ".join(f"{entity.kind}={entity.value}" for entity in of.entities)


def _html_table(lines: Sequence[Sequence[str]]) -> str:
    def cell(name: str, text: str) -> str:
        return f"<{name}><bdi dir=auto>{escape(text)}</bdi></{name}>"

    heads, *others = lines
    body = "".join("<tr>" + "".join(cell("td", text) for text in line) + "</tr>" for line in others)
    return "<table><tr>" + "".join(cell("th", text) for text in heads) + f"</tr>{body}</table>"


def _reliability(bins: Sequence[dict[str, float]]) -> str:
    """Confidence against the share of right ones; on the line the model is as sure as it is right."""
    marks = "".join(
        f"<circle cx='{20 + 260 * row['confidence']:.0f}' cy='{280 - 260 * row['right']:.0f}' r='{2 + row['count'] ** 0.5 / 4:.1f}'"
        " fill='#0f6b56' fill-opacity='.7'/>"
        for row in bins
    )
    return (
        "<svg width=300 height=300 role=img aria-label='Reliability'><line x1=20 y1=280 x2=280 y2=20 stroke='#bbb'/>"
        f"{marks}<text x=100 y=297 font-size=12>confidence</text>"
        "<text x=12 y=190 font-size=12 transform='rotate(-90 12 190)'>share right</text></svg>"
    )


def _bars(scores: Sequence[tuple[str, float]]) -> str:
    lines = "".join(
        f"<text x=0 y={18 * n + 13} font-size=12>{escape(name)}</text>"
        f"<rect x=190 y={18 * n + 3} width={300 * score:.0f} height=12 fill='#0f6b56'/>"
        f"<text x={195 + 300 * score:.0f} y={18 * n + 13} font-size=11>{score:.2f}</text>"
        for n, (name, score) in enumerate(scores)
    )
    return f"<svg width=540 height={18 * len(scores) + 6} role=img aria-label='F1 by label'>{lines}</svg>"
