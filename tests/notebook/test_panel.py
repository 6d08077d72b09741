"""When expectations come with controls, and what they say without a front end."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace

import pytest

from ldp_magic.notebook.panel import ALL, BROKEN, PASSED, Panelled, filtered, panelled
from ldp_magic.notebook.request import Request
from ldp_magic.runs.broken import Margin
from ldp_magic.verbs.expectations import Expectations, Overview
from tests.notebook.kernels import MIME, Kernel
from tests.show.test_expectations import CURRENT, OUTCOME, REASON

MARGINS = (Margin("engagement_score", "<=", ((100_000.01, 1), (104_882.25, 3))),)
VALUE = Expectations(OUTCOME, (replace(REASON, margins=MARGINS),), tuple(CURRENT))
ARGS = Namespace(words=["daily_metrics"], env=None, pipeline=None)
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [("a", Panelled), (None, Expectations), ("vscode-notebook-cell:/n.ipynb#W0", Expectations)],
    ids=["JupyterLab", "no id", "VS Code"],
)
def test_where_controls_are(cell: str | None, wanted: type):
    found = panelled(VALUE, ARGS, Request("1", cell))
    assert type(found) is wanted and found.outcome is OUTCOME


def test_all_datasets_have_none():
    every = Overview("p", (OUTCOME,))
    assert panelled(every, ARGS, Request("1", "a")) is every


@pytest.mark.parametrize(
    ("shown", "names"),
    [
        (ALL, {"user_present", "has_events", "score_in_range", "few_types"}),
        (BROKEN, {"user_present", "score_in_range", "few_types"}),
        (PASSED, {"has_events"}),
    ],
)
def test_filters(shown: str, names: set[str]):
    page = filtered(VALUE, shown)
    assert {each.name for each in OUTCOME.checks if f">{each.name}</samp>" in page} == names
    assert "changed since" not in page and ("why 12 rows" in page) is (shown != PASSED)


def test_every_figure_of_a_slider_is_in_the_static_form():
    page = VALUE.html()
    assert (
        "engagement_score &lt;= 100000.01</samp> lets 1 of the 12 pass" in page and "&lt;= 104882.25</samp> 3" in page
    )


@pytest.mark.xdist_group("notebook kernel")
def test_of_a_real_update(kernel: Kernel):
    table = "CREATE OR REFRESH MATERIALIZED VIEW t (CONSTRAINT small EXPECT (n < 5) ON VIOLATION DROP ROW) AS"
    kernel.run(f"%%ldp --no-preview\n{table} SELECT explode(sequence(0, 9)) AS n", "cell")
    assert "small" in kernel.run("%ldp run", "run").text
    [shown] = kernel.run("%ldp expectations t --rows", "panel").saved
    assert {WIDGET, MIME, "text/html", "text/plain"} == shown.keys() and "why 5 rows failed" in shown["text/plain"]
    pair = kernel.run("print(_.pair())", "pair").printed
    assert pair.startswith("%%ldp\n") and "t_quarantine" in pair and "coalesce" in pair.lower()
    [plain] = kernel.run("%ldp expectations t --rows").saved
    assert plain.keys() == {MIME, "text/html", "text/plain"}
