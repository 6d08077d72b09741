"""The expectation panel in a living notebook: its controls, the pair that it writes, and what it never does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.lab.conftest import Lab, Notebook, code

pytestmark = pytest.mark.xdist_group("lab")  # one server, one browser

SHOW = """%load_ext ldp_magic
from dataclasses import replace
from ldp_magic.notebook.panel import Panelled
from ldp_magic.notebook.request import Request
from ldp_magic.runs.broken import Margin
from ldp_magic.verbs.expectations import Expectations
from tests.show.test_expectations import CURRENT, OUTCOME, REASON
reason = replace(REASON, margins=(Margin("engagement_score", "<=", ((100000.01, 1), (104882.25, 3))),))
Panelled(Expectations(OUTCOME, (reason,), tuple(CURRENT)), lambda: "%%ldp\\nSELECT 1 AS pair", Request.of(get_ipython()).cell)"""
OTHER = "AUTO_FIX = True"
PANEL, BYSTANDER = 0, 1


@pytest.fixture(scope="module")
def page(lab: Lab, open_page: Callable[..., Notebook]) -> Notebook:
    lab.write("panel.ipynb", code(SHOW, name="panel"), code(OTHER, name="other"))
    opened = open_page("panel.ipynb", permissions=["clipboard-read", "clipboard-write"])
    opened.run(PANEL)
    opened.cell(PANEL).locator(".ldp-panel .widget-toggle-buttons").wait_for()
    return opened


def words(page: Notebook) -> str:
    return page.cell(PANEL).locator(".ldp-panel").inner_text()


def test_it_shows_what_the_static_form_says(page: Notebook):
    assert "861 rows checked, batch 1" in words(page) and "why 12 rows failed" in words(page)


def test_filters(page: Notebook):
    page.cell(PANEL).get_by_role("button", name="passed").click()
    page.until(lambda: "score_in_range" not in words(page).split("what if")[0])
    assert "has_events" in words(page)
    page.cell(PANEL).get_by_role("button", name="broken").click()
    page.until(lambda: "has_events" not in words(page) and "few_types" in words(page))
    page.cell(PANEL).get_by_role("button", name="all").click()
    page.until(lambda: "has_events" in words(page))


def test_what_if(page: Notebook):
    choice = page.cell(PANEL).get_by_label("what if score_in_range were")
    choice.select_option("as stop update")
    page.until(lambda: "this update would have stopped at these rows, nothing written" in words(page))
    handle = page.cell(PANEL).locator(".widget-slider .noUi-handle, .widget-slider [role=slider]").first
    handle.focus()
    page.page.keyboard.press("ArrowRight")
    page.until(lambda: "at this bound 11 rows drop, 1 more pass" in words(page))
    handle.focus()
    page.page.keyboard.press("ArrowRight")
    page.until(lambda: "at this bound 9 rows drop, 3 more pass" in words(page))


def test_the_pair_can_be_copied(page: Notebook):
    page.cell(PANEL).get_by_role("button", name="write the quarantine pair").click()
    page.cell(PANEL).get_by_role("button", name="copy").click()
    page.cell(PANEL).get_by_role("button", name="copied").wait_for()
    assert page.page.evaluate("navigator.clipboard.readText()") == "%%ldp\nSELECT 1 AS pair"


def test_after_every_click_another_cell_that_runs_is_as_it_was(page: Notebook):
    """`set_next_input` from a button would have overwritten it."""
    page.run(BYSTANDER)
    page.page.wait_for_timeout(300)
    assert page.text(BYSTANDER) == OTHER and page.text(PANEL) == SHOW


def test_the_pair_becomes_a_cell_below(page: Notebook):
    page.cell(PANEL).get_by_role("button", name="insert below").click()
    page.until(lambda: page.page.locator(".jp-Notebook .jp-Cell").count() == 3)
    page.until(lambda: page.text(1) == "%%ldp\nSELECT 1 AS pair")
    page.run(2)
    assert page.text(2) == OTHER and page.text(0) == SHOW and page.text(1) == "%%ldp\nSELECT 1 AS pair"


def test_without_its_kernel_the_static_form_is_there(lab: Lab, page: Notebook, open_page: Callable[..., Notebook]):
    page.page.keyboard.press("Escape")
    page.page.keyboard.press("Control+s")
    page.until(lambda: "widget-view" in (lab.folder / "panel.ipynb").read_text())
    for session in lab.ask("/api/sessions"):
        if session["path"] == "panel.ipynb":
            lab.ask(f"/api/sessions/{session['id']}", "DELETE")
    again = open_page("panel.ipynb")
    again.until(lambda: "why 12 rows failed" in again.cell(PANEL).inner_text())
    again.page.wait_for_timeout(500)
    said = again.cell(PANEL).inner_text()
    assert "why 12 rows failed" in said and "Error displaying" not in said and "quarantine pair" not in said


def test_the_page_has_nothing_to_complain_of(page: Notebook):
    assert page.complaints == []
