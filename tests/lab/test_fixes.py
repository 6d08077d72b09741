"""Findings below a cell: the text they mark, and the fixes that a click applies and Ctrl+Z takes back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ldp_magic.text import Edit, Source
from tests.lab.conftest import Lab, Notebook, code, output
from tests.lab.findings import STREAM, cell, edited, shown

pytestmark = pytest.mark.xdist_group("lab")  # one server, one browser

PLAIN, EMOJI, CRLF, ONE, TWO = range(5)
FIRST = Source("n.ipynb", "first", "%%ldp\nCREATE VIEW a AS SELECT '😀' AS x, old_name FROM t")
SECOND = Source("n.ipynb", "second", "%%ldp\nCREATE VIEW b AS SELECT old_name FROM a")


def renamed(source: Source) -> Edit:
    at = source.text.index("old_name")
    return Edit(source.at(at, at + 8), "new_name")


@pytest.fixture(scope="module")
def page(lab: Lab, open_page: Callable[..., Notebook]) -> Notebook:
    both = edited(SECOND, "rename it in both", renamed(FIRST), renamed(SECOND))
    lab.write(
        "fixes.ipynb",
        cell(STREAM.format(emoji=""), "plain"),
        cell(STREAM.format(emoji=", '😀👩‍👩‍👧' AS face, event_type AS e"), "emoji"),
        cell(STREAM.format(emoji="").replace("\n", "\r\n"), "crlf"),
        code(FIRST.text, name="first"),
        code(SECOND.text, output(shown(SECOND, (both,))), name="second"),
    )
    return open_page("fixes.ipynb")


def fix(page: Notebook, number: int, words: str) -> None:
    page.cell(number).get_by_role("button", name=words).first.click()


def test_pipeline_sql_is_coloured_from_the_beginning(page: Notebook):
    """JupyterLab colours a cell as Python first, where CREATE is a name as any other."""
    ask = (
        "line => { const of = word => [...line.querySelectorAll('span')].find(n => n.textContent.trim() === word);"
        " const found = ['CREATE', 'REFRESH', 'TABLE'].map(of);"
        " return found.every(Boolean) && new Set(found.map(n => getComputedStyle(n).color)).size === 1"
        " && getComputedStyle(found[0]).color !== getComputedStyle(line).color }"
    )
    page.until(lambda: page.cell(PLAIN).locator(".cm-line").nth(1).evaluate(ask), "no keyword has a colour")


@pytest.mark.parametrize("number", [PLAIN, EMOJI, CRLF])
def test_a_fix_changes_what_it_is_about_and_can_be_taken_back(page: Notebook, number: int):
    before = page.text(number)
    assert "FROM events" in before and "\r" not in before
    fix(page, number, "LDP101")
    assert page.text(number) == before.replace("FROM events", "FROM STREAM(events)")
    assert page.cell(number).get_by_role("button", name="LDP101").first.is_disabled()
    page.undo(number)
    page.until(lambda: page.text(number) == before)
    page.until(lambda: page.cell(number).get_by_role("button", name="LDP101").first.is_enabled())


@pytest.mark.parametrize("number", [PLAIN, EMOJI, CRLF])
def test_one_fix_after_the_other(page: Notebook, number: int):
    before = page.text(number)
    for code_ in ("LDP101", "LDP503", "LDP106"):
        fix(page, number, code_)
    wanted = before.replace("FROM events", "FROM STREAM(events)").replace("STREAMING LIVE TABLE", "STREAMING TABLE")
    assert page.text(number) == wanted.replace("count(DISTINCT event_type)", "approx_count_distinct(event_type)")
    for _ in range(3):
        page.undo(number)
    page.until(lambda: page.text(number) == before)


def test_all_safe_fixes_at_once(page: Notebook):
    before = page.text(EMOJI)
    fix(page, EMOJI, "apply the 2 safe fixes")
    wanted = before.replace("FROM events", "FROM STREAM(events)").replace("STREAMING LIVE TABLE", "STREAMING TABLE")
    assert page.text(EMOJI) == wanted
    page.undo(EMOJI)
    page.until(lambda: page.text(EMOJI) == before)


def test_a_fix_across_two_cells(page: Notebook):
    fix(page, TWO, "rename it in both")
    assert page.text(ONE) == FIRST.text.replace("old_name", "new_name")
    assert page.text(TWO) == SECOND.text.replace("old_name", "new_name")
    page.undo(TWO)
    page.until(lambda: page.text(TWO) == SECOND.text)
    page.cell(ONE).locator(".cm-content").click()
    page.undo(ONE)
    page.until(lambda: page.text(ONE) == FIRST.text)


def test_a_cell_that_was_changed_is_left_alone(page: Notebook):
    page.type(PLAIN, " -- mine")
    before = page.text(PLAIN)
    fix(page, PLAIN, "LDP101")
    said = page.cell(PLAIN).locator(".ldp-note:not(:empty)").first
    assert said.inner_text() == "the cell has changed since: run it again"
    assert page.text(PLAIN) == before
    for _ in range(3):
        page.page.keyboard.press("Escape")


def test_another_cell_that_was_changed_is_left_alone_too(page: Notebook):
    page.type(ONE, " -- mine")
    before = page.text(ONE), page.text(TWO)
    fix(page, TWO, "rename it in both")
    said = page.cell(TWO).locator(".ldp-note:not(:empty)").first
    assert said.inner_text() == "the other cell has changed since: run it again"
    assert (page.text(ONE), page.text(TWO)) == before


def test_what_is_meant_is_underlined_and_says_why(page: Notebook):
    marked = page.cell(EMOJI).locator(".ldp-squiggle")
    assert marked.all_inner_texts()[:1] == ["STREAMING LIVE TABLE"] and "events" in marked.all_inner_texts()
    page.cell(EMOJI).locator(".ldp-squiggle-error", has_text="events").last.hover()
    said = page.page.locator(".ldp-hover")
    said.wait_for()
    assert "✗ error LDP101" in said.inner_text() and "a streaming table processes each row once" in said.inner_text()


def test_the_page_has_nothing_to_complain_of(page: Notebook):
    assert page.complaints == []
