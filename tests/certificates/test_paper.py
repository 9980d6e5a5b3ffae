"""The page of a certificate: one page, real fonts, letters joined and in order, nothing cut, a code that leads to the check."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pypdf
import pypdfium2
import pytest
import zxingcpp
from fpdf import FPDF

from bot.certificates import Content, document_register, is_printable, numbers, page, printable, render, setting
from bot.certificates.setting import Style
from tests.worlds import local

NUMBER = numbers.with_check("20267K3M9QTX")
URL = f"https://tadamon.example/c/{numbers.shown(NUMBER)}"
CONTENT = Content(
    number=NUMBER,
    name="Salma Bennani",
    organisation="Jossour",
    mission="Soutien scolaire",
    place="Maârif",
    minutes=150,
    first_on=date(2026, 10, 3),
    last_on=date(2026, 11, 21),
    issued_at=local(2026, 11, 24, 10),
)
LONG = {
    "arabic": {
        "name": "عبد الرحمان بن عبد الله العلوي المدغري الإدريسي الحسني",
        "organisation": "جمعية الأمل للتنمية والتضامن ومحاربة الهدر المدرسي بجهة الدار البيضاء سطات (فرع عين الشق 2)",
        "mission": "دعم مدرسي في الرياضيات واللغة الفرنسية لتلاميذ السنة الثالثة إعدادي كل صباح سبت بدار الشباب",
    },
    "french": {
        "name": "Marie-Antoinette Élisabeth de Saint-Hilaire Öztürk-N’Diaye Lam",
        "organisation": "Association Al Amal pour le développement et contre l'abandon scolaire de Casablanca-Settat, section 2",
        "mission": "Soutien scolaire en mathématiques et en français, troisième année du collège, samedi matin à la maison",
    },
    "without blanks": {"name": "W" * 64, "organisation": "W" * 120, "mission": "W" * 160},
    "all scripts": {
        "name": "مُحَمَّد O'Brien ⵎⵓⵃⵎⵎⴰⴷ 🌱",
        "organisation": "جمعية (Casa) 2 ⵜⵉⴼⵉⵏⴰⵖ",
        "mission": "A1 دعم 2026, niveau 3 – «عام»",
    },
}


def read(paper: bytes) -> str:
    return pypdf.PdfReader(io.BytesIO(paper)).pages[0].extract_text()


def picture(paper: bytes, scale: float = 2.0) -> Any:
    document = pypdfium2.PdfDocument(paper)
    try:
        assert len(document) == 1
        return document[0].render(scale=scale).to_pil().convert("L")
    finally:
        document.close()


@pytest.mark.parametrize(("register", "written"), [("fr", "fr"), ("ary-Latn", "fr"), ("ar", "ar"), ("ary-Arab", "ar")])
def test_papers_are_written_in_standard_arabic_or_french(register: str, written: str) -> None:
    assert document_register(register) == written
    assert render(CONTENT, register, URL) == render(CONTENT, written, URL)
    assert pypdf.PdfReader(io.BytesIO(render(CONTENT, register, URL))).trailer["/Root"]["/Lang"] == written


def test_the_french_page_says_it_all_and_no_more() -> None:
    words = " ".join(read(render(CONTENT, "fr", URL)).split())
    for said in (
        "Attestation de bénévolat",
        "Salma Bennani",
        "2 heures et 30 minutes",
        "du 3 octobre 2026 au 21 novembre 2026",
        "Soutien scolaire",
        "avec Jossour – Maârif",
        "Délivrée par Tadamon le 24 novembre 2026",
        numbers.shown(NUMBER),
        URL,
    ):
        assert said in words, said


def test_the_arabic_page_bears_its_words() -> None:
    """A reader gives them back in one order or the other; each word is whole."""
    words = read(render(replace(CONTENT, name="سلمى بناني"), "ar", URL))
    for said in ("شهادة", "سلمى", "نونبر", "التطوع"):
        assert said in words or said[::-1] in words, said
    assert numbers.shown(NUMBER) in words


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("register", ["ar", "fr"])
def test_nothing_leaves_the_frame_or_touches_the_code(register: str, kind: str) -> None:
    """Between the frame and what is written there is paper, on all sides."""
    paper = picture(render(replace(CONTENT, **LONG[kind]), register, URL))
    wide, high = paper.size
    unit = wide / 297
    inner = (round(11.2 * unit), round(11.2 * unit), wide - round(11.2 * unit), high - round(11.2 * unit))
    inside = paper.crop(inner).point(lambda shade: 255 if shade < 250 else 0)
    left, top, right, bottom = inside.getbbox()
    assert left > 8 * unit and top > 4 * unit
    assert inside.size[0] - right > 8 * unit and inside.size[1] - bottom > 3 * unit
    assert zxingcpp.read_barcodes(paper)[0].text == URL


@pytest.mark.parametrize("register", ["ar", "fr"])
def test_the_code_leads_to_the_check(register: str) -> None:
    [found] = zxingcpp.read_barcodes(picture(render(CONTENT, register, URL)))
    assert (found.text, found.format.name) == (URL, "QRCode")


def test_the_same_certificate_is_the_same_file() -> None:
    assert render(CONTENT, "ar", URL) == render(CONTENT, "ar", URL)
    assert render(CONTENT, "ar", URL) != render(replace(CONTENT, minutes=151), "ar", URL)


@pytest.mark.parametrize("register", ["ar", "fr"])
def test_fonts_are_in_the_file(register: str) -> None:
    fonts = pypdf.PdfReader(io.BytesIO(render(replace(CONTENT, **LONG["all scripts"]), register, URL))).pages[0]["/Resources"]["/Font"]
    names = set()
    for font in fonts.values():
        inner = font.get_object()["/DescendantFonts"][0].get_object()
        assert "/FontFile2" in inner["/FontDescriptor"].get_object()
        names.add(str(inner["/BaseFont"]).partition("+")[2])
    assert any("Naskh" in name for name in names) and any(name.startswith("NotoSans") for name in names)


# ---- setting lines


@pytest.fixture
def sheet() -> Iterator[FPDF]:
    with setting.with_fonts(FPDF()) as made:
        made.add_page()
        yield made


def glyphs(sheet: FPDF, words: str, direction: str = "rtl") -> list[str]:
    """The names of the shapes from left to right, marks left out."""
    found = []
    for run in setting._runs(words, direction):
        _, shapes, _ = setting._shaped(sheet, run, Style(20, direction=direction))
        found += [shape["mapped_char"] for shape in shapes if shape["x_advance"]]
    return found


@pytest.mark.parametrize("direction", ["rtl", "ltr"])
@pytest.mark.parametrize("name", ["سلمى", "محمد", "لالة", "عبد الله"])
def test_arabic_letters_join_in_either_page(sheet: FPDF, name: str, direction: str) -> None:
    """Other shapes than the same letters have that are kept apart."""
    apart = glyphs(sheet, "\u200c".join(name), direction)
    joined = glyphs(sheet, name, direction)
    assert len(set(joined) - set(apart)) >= 2


def test_vowel_signs_do_not_part_a_word(sheet: FPDF) -> None:
    assert glyphs(sheet, "مُحَمَّد") == glyphs(sheet, "محمد")


@pytest.mark.parametrize(
    ("words", "direction", "order"),
    [
        ("مع Jossour 2", "rtl", ["Jossour 2", "مع "]),
        ("avec جمعية الأمل", "ltr", ["avec ", "جمعية الأمل"]),
        ("\u2068جمعية (2)\u2069 – Casa", "ltr", ["(", "2", ")", "جمعية ", " – Casa"]),
        ("من 3 إلى 21", "rtl", ["21", " إلى ", "3", "من "]),
    ],
)
def test_runs_stand_in_the_order_of_the_eye(words: str, direction: str, order: list[str]) -> None:
    found = [run.words for run in setting._runs(words, direction)]
    assert "".join(found).replace("(", "").replace(")", "").split() == "".join(order).replace("(", "").replace(")", "").split()


def test_a_line_that_is_cut_keeps_its_direction(sheet: FPDF) -> None:
    style = Style(20, direction="ltr")
    lines = setting.wrapped(sheet, "avec \u2068جمعية الأمل للتنمية والتضامن ومحاربة الهدر المدرسي\u2069 – Casa", style, 60)
    assert len(lines) > 2
    assert all(line.count("\u2068") == line.count("\u2069") for line in lines)
    assert all(setting.width(sheet, line, style) <= 60 for line in lines)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Salma 🌱", "Salma"),
        ("  Zoé   N’Diaye ", "Zoé N’Diaye"),
        ("\u202eamlaS", "amlaS"),
        ("مُحَمَّد", "مُحَمَّد"),
        ("ⵙⴰⵍⵎⴰ", "ⵙⴰⵍⵎⴰ"),
        ("Никита", "Никита"),
    ],
)
def test_what_is_printed_of_a_name(name: str, kept: str) -> None:
    assert printable(name) == kept and is_printable(name)


@pytest.mark.parametrize("name", ["李雷", "🌱", "…", "Salma 李", ""])
def test_names_that_no_font_of_ours_has(name: str) -> None:
    assert not is_printable(name)


@pytest.mark.parametrize(
    ("minutes", "fr", "ar"),
    [
        (60, "1 heure", "ساعة واحدة"),
        (120, "2 heures", "ساعتان"),
        (180, "3 heures", "3 ساعات"),
        (660, "11 heures", "11 ساعة"),
        (45, "45 minutes", "45 دقيقة"),
        (61, "1 heure et 1 minute", "ساعة واحدة ودقيقة واحدة"),
        (6000, "100 heures", "100 ساعة"),
    ],
)
def test_durations_in_words(minutes: int, fr: str, ar: str) -> None:
    assert page.duration(minutes, "fr") == fr
    assert "".join(sign for sign in page.duration(minutes, "ar") if sign not in "\u2068\u2069\u200f") == ar


def test_a_single_day_is_said_once() -> None:
    assert page.period(replace(CONTENT, last_on=CONTENT.first_on), "fr") == "le 3 octobre 2026"
    assert page.place(replace(CONTENT, place=None), "fr") == "à distance"
