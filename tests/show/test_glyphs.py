"""Foreign text on our lines: what it loses, how wide it is, where it is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from ldp_magic.show.glyphs import KINDS, OURS, STATES, clean, cut, cut_front, fitted, letters, wide
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.table import Column, table


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("plain_name", "plain_name", id="plain"),
        pytest.param("\x1b[31mred\x1b[0m", "red", id="colour"),
        pytest.param("\x1b]0;title\x07x", "x", id="window title"),
        pytest.param("a\x1bb\x9bc\x00d\x7fe", "abde", id="bare escapes"),
        pytest.param("a\r\nb\tc\u2028d", "a b c d", id="lines"),
        pytest.param("\u202eabc\u2069\u200f", "abc", id="directions"),
        pytest.param("a\u200bb\ufeff\u00ad", "ab", id="invisible"),
        pytest.param("👩\u200d👧", "👩\u200d👧", id="joined emoji"),
        pytest.param("\ud800x", "\ufffdx", id="half a character"),
        pytest.param("\u202e", '""', id="nothing left"),
        pytest.param("   ", '"   "', id="spaces only"),
    ],
)
def test_clean(text: str, kept: str):
    assert clean(text) == kept


def test_ascii_escapes_what_does_not_arrive():
    assert clean("é 表 🙂", "ascii") == "\\u00e9 \\u8868 \\ud83d\\ude42"


@given(st.text())
def test_clean_text_moves_nothing(text: str):
    assert wcswidth(clean(text)) >= 0 and "\n" not in clean(text)
    assert clean(text, "ascii").isascii()


@given(st.text(), st.integers(0, 40))
def test_a_cut_text_fits(text: str, room: int):
    text = clean(text)
    assert wide(cut(text, room)) <= room and wide(cut_front(text, room)) <= room
    assert wide(fitted(text, room)) == room
    assert cut(text, 5000) == text


def test_which_part_is_lost():
    assert cut("metrics_with_duration", 11) == "metri…ation"
    assert (
        cut_front("a/very/long/path.sql", 11) == "…h/path.sql"[-11:]
        or cut_front("a/very/long/path.sql", 9) == "…path.sql"
    )
    assert letters("e\u0301👩\u200d👧x") == ["e\u0301", "👩\u200d👧", "x"]


def test_every_sign_has_an_ascii_form_and_every_character_of_ours_has_one():
    for sign in (*KINDS.values(), *STATES.values()):
        assert sign.ascii.isascii() and len(sign.glyph) == 1 and wide(sign.glyph) == 1
    assert "│├└─╌╎→…·".translate(OURS).isascii()


def contrast(one: str, other: str) -> float:
    def luminance(color: str) -> float:
        parts = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_signs_are_legible_on_white_and_on_dark():
    for sign in (*KINDS.values(), *STATES.values()):
        assert contrast(sign.static, "#ffffff") >= 4.5 and contrast(sign.static, "#1f1f1f") >= 3
        assert contrast(sign.dark, "#1d2126") >= 4.5


# --- tables ------------------------------------------------------------------------------------------------------


def lines(rows: list[tuple[str, ...]], columns: tuple[Column, ...], width: int = 80) -> list[str]:
    return table(columns, [[Run(cell) for cell in row] for row in rows], Pen(width))


def test_columns_line_up():
    drawn = lines([("表", "1"), ("long_name", "1,204")], (Column("name"), Column("rows", "right")))
    assert drawn == ["  name        rows", "  表             1", "  long_name  1,204"]


@given(st.lists(st.tuples(*[st.text(max_size=120)] * 3), min_size=1, max_size=5))
def test_a_row_never_wraps(rows: list[tuple[str, ...]]):
    cells = [tuple(clean(cell) for cell in row) for row in rows]
    drawn = lines(cells, (Column(), Column(cuts="front"), Column(cuts="end")))
    assert len(drawn) == len(rows) and all(wide(line) <= 80 for line in drawn)


def test_prose_gives_way_before_names():
    drawn = lines([("n" * 50, "prose " * 20)], (Column(), Column(cuts="end")))
    assert "n" * 50 in drawn[0] and drawn[0].endswith("…")


def test_a_pen_wraps_prose_under_its_first_word():
    assert Pen(80).hanging("fix  ", "word " * 30).split("\n")[1].startswith("     word")
    assert all(wide(line) <= 20 for line in Pen().wrapped("x" * 90 + " y", 20))
