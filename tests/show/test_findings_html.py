"""Findings for a page and for front ends that apply fixes."""

from __future__ import annotations

import re
from html import unescape

import pytest

import ldp_magic
from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.show.findings import html, live, others
from ldp_magic.text import Edit, Source

CELL = Source("a.ipynb", "one", "%%ldp\nSELECT '😀', count(DISTINCT a) FROM events\nWHERE 1 = 1")
AT = CELL.text.index("events")
FIX = Fix("read STREAM(events)", (Edit(CELL.at(AT, AT + 6), "STREAM(events)"),), True, "it could not run as it was")
FINDING = Finding(
    CELL.at(AT, AT + 6),
    "a_b is a streaming table, but it reads `events` as a whole table",
    why="without STREAM there are no new rows to find",
    mark="not read as a stream",
    fixes=(FIX, Fix("or do it by hand")),
    severity="error",
    code="LDP101",
    name="missing-stream",
)


def words(markup: str) -> str:
    """What is left when every tag is gone, a line for each block."""
    return unescape(re.sub(r"<[^>]*>", "", re.sub(r"</(div|tr|pre|summary)>", "\n", markup)))


def test_every_fact_is_in_the_words():
    said = words(html([FINDING], "3 lines", magic=True))
    for fact in (
        "✗ 1 error", "in 3 lines · 1 safe fix", "LDP101", "missing-stream · line 2",
        " 2 │ SELECT '😀', count(DISTINCT a) FROM events\n", "^^^^^^ not read as a stream", " 3 │ WHERE 1 = 1",
        "fixread STREAM(events) · safe: it could not run as it was", "fixor do it by hand",
        "show the change, line 2", "− SELECT '😀', count(DISTINCT a) FROM events", "FROM STREAM(events)",
        "%%ldp --fix applies the safe fix and rewrites this cell · ldp explain LDP101 says more",
    ):  # fmt: skip
        assert fact in said, fact


def test_the_carets_stand_below_what_is_meant():
    lines = words(html([FINDING], "3 lines", magic=True)).splitlines()
    (at,) = (n for n, line in enumerate(lines) if "^^^^^^" in line)
    wide = 1  # the emoji takes two cells
    assert lines[at].index("^") == lines[at - 1].index("events") + wide


def test_code_in_a_sentence_is_code_and_prose_is_not():
    shown = html([FINDING], "3 lines")
    assert all(f">{each}</samp>" in shown for each in ("a_b", "events", "STREAM", "STREAM(events)"))
    assert ">streaming table" not in shown


def test_of_several_files_each_is_named():
    assert "missing-stream · a.ipynb[one]:2:36" in words(html([FINDING], "2 files"))


def test_nothing_found():
    assert words(html([], "3 lines")).strip() == "✓ no findings\u2002in 3 lines"


HOSTILE = "<script>alert(1)</script></td>\u202e\x1b[31m"


def test_hostile_text_is_text():
    cell = Source("a.ipynb", "one", f"%%ldp\n{HOSTILE} {'x' * 1_000_000}")
    fix = Fix(HOSTILE, (Edit(cell.at(6, 10), HOSTILE),), False, HOSTILE)
    found = Finding(
        cell.at(6, 20), HOSTILE, HOSTILE, HOSTILE, (fix,), (Related(cell.at(0), HOSTILE),), "error", "X", HOSTILE
    )
    shown = html([found] * 3, "2 lines")
    assert "<script" not in shown and "\u202e" not in shown and "\x1b" not in shown and len(shown) < 30_000


def test_many_findings_are_cut():
    shown = html([FINDING] * 60, "3 lines")
    assert shown.count("ldp-finding") == 50 and "… 10 more findings" in shown


def test_edits_count_as_javascript_does():
    (said,) = live([FINDING], CELL)
    (edit,) = said["fixes"][0]["edits"]
    units = CELL.text.encode("utf-16-le")
    assert units[2 * edit["start16"] : 2 * edit["end16"]].decode("utf-16-le") == edit["was"] == "events"
    assert edit["cell"] is None and edit["text"] == "STREAM(events)" and said["cell"] is None


def test_an_edit_of_another_cell_names_it_and_its_text_is_told():
    own = Source("a.ipynb", "two", "%%ldp\nSELECT 1")
    assert live([FINDING], own)[0]["fixes"][0]["edits"][0]["cell"] == "one"
    assert others([FINDING], own) == {"one": CELL.text} and others([FINDING], CELL) == {}


def test_a_file_is_not_edited_from_a_notebook():
    file = Source("a.sql", None, CELL.text)
    finding = Finding(file.at(0), "m", fixes=(Fix("t", (Edit(file.at(0), "x"),)),), severity="error")
    assert live([finding])[0]["fixes"][0]["edits"] == []


@pytest.mark.parametrize("where", ["examples/first_mistakes", "examples/user_analytics"])
def test_what_lint_finds_can_be_shown(where: str):
    found = ldp_magic.lint(where, cache=False)
    said = found._repr_mimebundle_()
    assert set(said) == {"application/vnd.ldp+json", "text/html", "text/plain"}
    assert said["text/html"].count("ldp-finding") == len(found.findings)
