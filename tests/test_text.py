"""Places and edits: offsets are code points, whatever the text is made of."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldp_magic.text import (
    Edit,
    OverlappingEdits,
    Position,
    Source,
    Span,
    apply_edits,
    from_utf16_offset,
    from_utf16_position,
    line_starts,
    line_text,
    offset,
    position,
    utf16_length,
    utf16_offset,
    utf16_position,
)
from tests.clock import assert_quick

# what tells conversions apart: line ends, tabs, a BOM, marks that combine, two UTF-16 units, NEL and LS
PIECES = ["a", "é", "e\u0301", "\t", "\n", "\r\n", "\r", "\ufeff", "😀", "👩\u200d👩", "\u0085", "\u2028", "\x0c"]
TEXTS = st.lists(st.sampled_from(PIECES) | st.characters(exclude_categories=["Cs"]), max_size=30).map("".join)


def source(text: str, name: str = "a.sql", cell: str | None = None) -> Source:
    return Source(name, cell, text)


# locations


def test_a_location_knows_its_text_and_its_places():
    here = source("one\r\ntwo 😀 three").at(5, 10)
    assert (here.text, here.span, here.first, here.last) == ("two 😀", Span(5, 10), Position(2, 1), Position(2, 6))


def test_locations_from_locations():
    whole = source("one two").whole()
    assert (whole.inside(4, 7).text, whole.inside(0, 1).upto(whole.inside(4, 5)).text) == ("two", "one t")
    assert source("one").at(2).span == Span(2, 2)


# lines and columns


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        pytest.param("", (0,), id="empty"),
        pytest.param("a\nb", (0, 2), id="LF"),
        pytest.param("a\r\nb", (0, 3), id="CRLF"),
        pytest.param("a\rb", (0, 2), id="CR"),
        pytest.param("a\n\rb", (0, 2, 3), id="LF then CR are two"),
        pytest.param("a\r\n", (0, 3), id="at the end"),
        pytest.param("a\x0bb\x0cc\x1cd\x85e\u2028f", (0,), id="what str.splitlines takes for a line end"),
        pytest.param("\ufeffa\nb", (0, 3), id="BOM"),
    ],
)
def test_where_lines_start(text: str, starts: tuple[int, ...]):
    assert line_starts(text) == starts


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("", 0, (1, 1)),
        ("a\r\nb", 1, (1, 2)),
        ("a\r\nb", 2, (1, 3)),
        ("a\r\nb", 3, (2, 1)),
        ("a\r\nb", 4, (2, 2)),
        ("\tx", 1, (1, 2)),
        ("😀x", 1, (1, 2)),
        ("e\u0301x", 2, (1, 3)),
        ("a\n", 2, (2, 1)),
    ],
)
def test_position(text: str, at: int, expected: tuple[int, int]):
    assert position(text, at) == expected


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        pytest.param(0, 5, 0, id="before the first line"),
        pytest.param(-3, 1, 0, id="far before"),
        pytest.param(1, 0, 0, id="before the first column"),
        pytest.param(1, 99, 4, id="past a line: its end"),
        pytest.param(2, 99, 6, id="past the last line's end"),
        pytest.param(3, 1, 6, id="past the last line"),
    ],
)
def test_a_place_outside_moves_to_the_nearest_edge(line: int, column: int, expected: int):
    assert offset("ab\r\ncd", line, column) == expected


@given(TEXTS, st.data())
def test_offset_undoes_position(text: str, data: st.DataObject):
    at = data.draw(st.integers(0, len(text)))
    assert offset(text, *position(text, at)) == at


@given(TEXTS)
def test_lines_are_those_of_an_editor(text: str):
    lines = re.split(r"\r\n|\r|\n", text)
    assert [line_text(text, n) for n in range(1, len(line_starts(text)) + 1)] == lines


# UTF-16


@pytest.mark.parametrize(
    ("text", "at", "units"),
    [("abc", 2, 2), ("é", 1, 1), ("e\u0301!", 2, 2), ("😀a", 1, 2), ("a😀b𝄞c", 4, 6), ("\ufeffa", 1, 1), ("", 0, 0)],
)
def test_utf16_offset_there_and_back(text: str, at: int, units: int):
    assert (utf16_offset(text, at), from_utf16_offset(text, units)) == (units, at)


def test_an_index_inside_a_pair_is_its_start_and_one_past_the_end_is_the_end():
    assert [from_utf16_offset("a😀b", n) for n in range(7)] == [0, 1, 1, 2, 3, 3, 3]
    assert from_utf16_offset("ab", 9) == 2


@given(TEXTS, st.data())
def test_utf16_is_what_the_encoder_says(text: str, data: st.DataObject):
    at = data.draw(st.integers(0, len(text)))
    assert utf16_length(text) == len(text.encode("utf-16-le")) // 2
    assert utf16_offset(text, at) == len(text[:at].encode("utf-16-le")) // 2
    assert from_utf16_offset(text, utf16_offset(text, at)) == at


@given(TEXTS, st.data())
def test_a_language_servers_place_there_and_back(text: str, data: st.DataObject):
    inside = [n for n in range(len(text) + 1) if text[n - 1 : n + 1] != "\r\n"]  # no editor stands between CR and LF
    at = data.draw(st.sampled_from(inside))
    assert from_utf16_position(text, *utf16_position(text, at)) == at


@pytest.mark.parametrize(
    ("line", "character", "expected"),
    [(0, 0, 0), (0, 2, 1), (0, 99, 2), (1, 0, 4), (1, 99, 6), (7, 0, 6), (-1, 3, 0), (0, -1, 0), (1, -4, 4)],
)
def test_a_language_servers_place_outside_moves_to_the_nearest_edge(line: int, character: int, expected: int):
    assert from_utf16_position("😀x\r\ncd", line, character) == expected


@pytest.mark.parametrize("text", ["ab", "😀b"])
def test_an_index_before_the_text_is_its_start(text: str):
    assert from_utf16_offset(text, -1) == 0


# edits


def test_edits_over_several_sources_leave_the_rest_as_it_was():
    one, two, same_name = source("-- 😀\r\nFROM a\r\n"), source("x", cell="1"), source("y", cell="2")
    edits = [Edit(two.at(0, 1), "z"), Edit(one.at(11, 12), "STREAM(a)")]
    edits += [Edit(one.at(0), "\ufeff"), Edit(same_name.at(1), "!")]
    assert apply_edits(edits) == {one: "\ufeff-- 😀\r\nFROM STREAM(a)\r\n", two: "z", same_name: "y!"}


def test_insertions_at_one_place_keep_their_order_and_the_same_edit_counts_once():
    here = source("ab")
    assert apply_edits([Edit(here.at(1), "2"), Edit(here.at(1), "1"), Edit(here.at(1), "2")]) == {here: "a21b"}


def test_an_insertion_before_a_replacement_of_the_same_place():
    here = source("abc")
    assert apply_edits([Edit(here.at(1, 2), "X"), Edit(here.at(1), "+"), Edit(here.at(2), "-")]) == {here: "a+X-c"}


def test_no_edits_touch_nothing():
    assert apply_edits([]) == {}


@pytest.mark.parametrize(
    "spans", [[(0, 2), (1, 3)], [(0, 3), (1, 2)], [(0, 2), (0, 1)], [(0, 2), (1, 1)], [(1, 5)], [(2, 1)]]
)
def test_edits_that_overlap_or_lie_outside_are_refused(spans: list[tuple[int, int]]):
    here = source("abc")
    with pytest.raises(OverlappingEdits):
        apply_edits([Edit(here.at(*span), str(n)) for n, span in enumerate(spans)])


@given(TEXTS, st.data())
def test_what_lies_between_edits_survives(text: str, data: st.DataObject):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8, unique=True)))
    cuts = cuts[: len(cuts) // 2 * 2]
    spans = list(zip(cuts[::2], cuts[1::2], strict=True))
    here = source(text)
    marks = [f"<{n}>" for n in range(len(spans))]
    edits = [Edit(here.at(*span), mark) for span, mark in zip(spans, marks, strict=True)]
    edges = [0, *cuts, len(text)]
    kept = [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    expected = "".join(piece for pair in zip(kept, [*marks, ""], strict=True) for piece in pair)
    assert apply_edits(data.draw(st.permutations(edits))) == ({here: expected} if edits else {})


# size


def test_ten_megabytes_are_quick():
    text = "SELECT 1; -- 😀\r\n" * 600_000

    def take() -> None:
        at = len(text) - 5
        assert offset(text, *position(text, at)) == at
        assert from_utf16_offset(text, utf16_offset(text, at)) == at
        edits = [Edit(Source("a", None, text).at(n * 1000), "x") for n in range(5000)]
        assert len(apply_edits(edits)[edits[0].location.source]) == len(text) + 5000

    assert_quick(take, 20)
