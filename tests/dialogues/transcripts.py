"""``python -m tests.dialogues.transcripts``: plays dialogues with the whole product and writes down what was said, to be read aloud."""

from __future__ import annotations

import html
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

from bot.settings import PROJECT
from bot.texts import RIGHT_TO_LEFT
from tests.dialogues.product import Product
from tests.dialogues.script import Line, play

HERE = Path(__file__).parent
FOLDER = PROJECT / "docs" / "conversations"
SHOWN = (
    "happy_path/user_path_to_the_third_mission_fr",
    "happy_path/user_path_to_the_third_mission_ary_latn",
    "happy_path/user_offers_step_by_step_ary_arab",
    "happy_path/user_offers_in_one_message_ar",
    "corrections/user_changes_everything_at_the_summary_fr",
    "cancellations/user_takes_one_of_two_back_ary_arab",
    "organisations/user_pastes_an_announcement_fr",
    "organisations/user_changes_the_time_ary_latn",
    "organisations/user_leaves_a_change_ar",
    "languages/user_switches_in_the_middle_and_loses_nothing",
)
PEOPLE = {"volunteer": "🙋", "organisation": "🏛"}


def written(title: str, register: str, lines: Sequence[Line]) -> str:
    """A transcript as Markdown; what runs right to left stands so."""
    parts = [f"# {title}", ""]
    if register in RIGHT_TO_LEFT:
        parts += ['<div dir="rtl">', ""]
    for line in lines:
        words = html.escape(line.words, quote=False).replace("*", "\\*").replace("_", "\\_")
        if not line.is_bots:
            parts += [f"{PEOPLE.get(line.role, '👤')} **{words}**", ""]
            continue
        to = "" if line.role == "volunteer" else f" → {PEOPLE.get(line.role, '👤')}"
        parts += [f"> 🤖{to} " + words.replace("\n", "  \n> ")]
        parts += [">", "> " + " · ".join(f"`{button}`" for button in line.buttons)] if line.buttons else []
        parts.append("")
    if register in RIGHT_TO_LEFT:
        parts += ["</div>", ""]
    return "\n".join(parts)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    product = Product(Path(tempfile.mkdtemp(prefix="tadamon-transcripts-")))
    product.start()
    try:
        for name in SHOWN:
            file = HERE / f"{name}.yml"
            lines: list[Line] = []
            play(product, file, lines)
            first = file.read_text(encoding="utf-8").splitlines()[0]
            register = yaml.safe_load(file.read_text(encoding="utf-8"))["register"]
            target = FOLDER / f"{file.stem.removeprefix('user_')}.md"
            target.write_text(written(first.removeprefix("# "), register, lines), encoding="utf-8")
            sys.stdout.write(f"{target.relative_to(PROJECT)}\n")
    finally:
        product.stop()


if __name__ == "__main__":
    main()
