"""Every output in notebooks that nobody trusts yet, as they come from a colleague: complete, live, and harmless."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from ldp_magic.show.bundle import MIME
from tests.lab import outputs
from tests.lab.conftest import Lab, Notebook, code, output
from tests.lab.findings import STREAM, cell

pytestmark = pytest.mark.xdist_group("lab")  # one server, one browser

KINDS = ["rows", "expectations", "graph", "lineage", "update", "rehearsal"]
ROWS, EXPECTATIONS, GRAPH = range(3)
WIDGET = {"application/vnd.jupyter.widget-view+json": {"version_major": 2, "version_minor": 0, "model_id": "gone"}}
SAYS = {
    "rows": "events ≈ streaming table",
    "expectations": "why 12 rows failed score_in_range",
    "graph": "6 datasets, 2 external sources",
    "lineage": "what decides which rows it has",
    "update": "enriched_metrics stopped: expectation known_user failed",
    "rehearsal": "what it teaches",
}


def written(lab: Lab, name: str) -> None:
    every = outputs.every()
    cells = [
        code(f"%ldp {kind}", output({**every[kind], **(WIDGET if kind == "expectations" else {})})) for kind in KINDS
    ]
    lab.write(name, *cells, code("%%ldp\nx", output(outputs.hostile())))


@pytest.fixture(scope="module")
def page(lab: Lab, open_page: Callable[..., Notebook]) -> Notebook:
    written(lab, "outputs.ipynb")
    opened = open_page("outputs.ipynb", permissions=["clipboard-read", "clipboard-write"])
    opened.page.locator(".ldp").nth(len(KINDS)).wait_for(state="attached")
    return opened


@pytest.mark.parametrize("number", range(len(KINDS)), ids=KINDS)
def test_each_is_there(page: Notebook, number: int):
    shown = page.cell(number).locator(".ldp")
    assert SAYS[KINDS[number]] in shown.inner_text().replace("\u2002", " ")


def test_a_whole_value_is_read_and_copied(page: Notebook):
    table = page.cell(ROWS).locator(".ldp-rows")
    table.locator("tbody tr").nth(8).locator("td").nth(5).click()
    value = page.cell(ROWS).locator(".ldp-value")
    assert len(value.locator("pre").inner_text()) == 2_318
    page.page.keyboard.press("Escape")
    table.locator("tbody tr").nth(18).locator("td").nth(3).click()
    value.get_by_role("button", name="copy").click()
    value.get_by_text("copied").wait_for()
    assert page.page.evaluate("navigator.clipboard.readText()") == "two\nlines"


def test_keys_walk_through_the_table_and_not_through_the_notebook(page: Notebook):
    page.cell(ROWS).locator(".ldp-rows").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight", "Enter"):
        page.page.keyboard.press(key)
    value = page.cell(ROWS).locator(".ldp-value")
    assert (value.locator("samp").inner_text(), value.locator("pre").inner_text()) == ("user_id", "NULL")


def test_a_dataset_in_the_graph_shows_what_lies_up_and_down(page: Notebook):
    far = page.cell(GRAPH).locator("g[data-node].ldp-far title")
    node = page.cell(GRAPH).locator("g[data-node]", has_text="daily_metrics").first
    node.click()
    assert [each.split(":")[0] for each in far.all_text_contents()] == ["user_profiles"]
    assert node.get_attribute("aria-pressed") == "true"
    node.press("Escape")
    assert far.count() == 0
    node.press("Enter")
    assert far.count() == 1
    node.press("Enter")
    assert far.count() == 0


def test_what_is_hostile_is_text(page: Notebook):
    inside = page.page.locator(".ldp")
    assert inside.locator("script, iframe, object, embed, form, [onerror], [onclick], [onload]").count() == 0
    assert page.page.title() != "taken" and "document.title" in page.cell(ROWS).inner_text()
    assert inside.locator("img:not([src^='data:image/'])").count() == 0 or page.page.title() != "taken"


def test_it_is_live_in_the_colours_of_the_theme(page: Notebook):
    colour = "getComputedStyle(document.querySelector('.ldp span[style^=\"color:#914eb9\"]')).color"
    assert page.page.evaluate(colour) == "rgb(125, 62, 166)"


def test_notebook_7_and_the_dark_theme(lab: Lab, open_page: Callable[..., Notebook]):
    lab.write("dark.ipynb", cell(STREAM.format(emoji=""), "plain"), code("%ldp rows", output(outputs.every()["rows"])))
    with lab.theme("JupyterLab Dark"):
        page = open_page("dark.ipynb", path="/notebooks/{}?token=t")
        page.page.wait_for_function("document.body.dataset.jpThemeLight === 'false'")
        warning = page.cell(0).locator("span[style^='color:#8f680a']").first
        assert warning.evaluate("node => getComputedStyle(node).color") == "rgb(220, 174, 74)"
        page.until(lambda: page.cell(0).locator(".ldp-squiggle").count() > 0)
        before = page.text(0)
        page.cell(0).get_by_role("button", name="LDP101").first.click()
        assert page.text(0) == before.replace("FROM events", "FROM STREAM(events)")
        page.undo(0)
        page.until(lambda: page.text(0) == before)
    ours = [each for each in page.complaints if "ldp" in each.lower()]
    assert ours == []


def test_the_page_has_nothing_to_complain_of(page: Notebook):
    assert [each for each in page.complaints if "src=x" not in each and "404" not in each] == []


def test_a_cell_that_runs(lab: Lab, open_page: Callable[..., Notebook]):
    """Of a real kernel: what it finds, the fix, and what it finds then."""
    sql = "%%ldp --no-preview\nCREATE OR REFRESH STREAMING LIVE TABLE t AS\nSELECT * FROM STREAM read_files('/in')"
    lab.write("runs.ipynb", code("%load_ext ldp_magic", name="load"), code(sql, name="cell"))
    page = open_page("runs.ipynb")
    page.run(0)
    page.run(1)
    page.cell(1).get_by_role("button", name="LDP503").click()
    assert page.text(1) == sql.replace("STREAMING LIVE", "STREAMING")
    page.undo(1)
    page.until(lambda: page.text(1) == sql)
    page.cell(1).get_by_role("button", name="LDP503").click()
    page.run(1)
    page.until(lambda: "LDP503" not in page.cell(1).locator(".jp-OutputArea").inner_text())
    assert page.cell(1).locator(".ldp-squiggle-warning").count() == 0 and page.complaints == []


def test_as_a_page_of_its_own(lab: Lab):
    """nbconvert knows nothing of us: it has the HTML."""
    written(lab, "page.ipynb")
    path = lab.folder / "page.ipynb"
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", "--stdout", str(path)]
    said = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=300, check=True).stdout
    facts: dict[str, Any] = {
        "rows": "2,318 chars",
        "expectations": "score_in_range",
        "update": "known_user",
        "graph": "external",
    }
    assert all(each in said for each in facts.values())
    assert MIME not in said.replace("application/vnd.ldp+json&", "")
