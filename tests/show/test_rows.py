"""Rows as text, HTML, JSON and CSV."""

from __future__ import annotations

import csv as reader
import io
import json as standard
import re

import pytest
from wcwidth import wcswidth

from ldp_magic.engine.answer import Answer, Checked, Fidelity, Sample, StandIn
from ldp_magic.show.pen import Pen
from ldp_magic.show.rows import csv, html, json, text
from ldp_magic.sql.sail import Label

ANSWER = Answer(
    name="final_metrics",
    kind="materialized view",
    columns=(("id", "bigint"), ("who", "string"), ("score", "decimal(9,2)")),
    rows=((1, "ann", None), (2, "", None), (3, "<b>&\"'", None)),
    total=861,
    read=900,
    expectations=(
        Checked("present", "who IS NOT NULL", "warn", 899, 1),
        Checked("in_range", "score < 10", "drop", 861, 39),
        Checked("known", "id > 0", "fail", 900, 0),
    ),
    fidelity=Fidelity(
        approximate=(Label("approx_count_distinct", "an estimate"),),
        samples=(Sample("landing", "3 of 48 files"),),
        stand_ins=(StandIn("/Volumes/a/b", "data"),),
        notes=("landing: a broken line",),
    ),
)


def test_text():
    assert text(ANSWER, Pen.of(100, False, "unicode")) == (
        "final_metrics  ■ materialized view  3 columns · 3 of 861 rows, sampled from 3 of 48 files\n"
        "▲ approximate  approx_count_distinct: an estimate · exact with --place databricks\n"
        "\n"
        "      id  who            score\n"
        "  bigint  string  decimal(9,2)\n"
        "       1  ann             NULL\n"
        '       2  ""              NULL\n'
        "       3  <b>&\"'          NULL\n"
        "  … 858 more rows: --limit 861\n"
        "\n"
        "  result     expectation  on violation  passed  failed  share\n"
        "  ▼ dropped  in_range     drop row         861      39  4.3 %\n"
        "  ▲ warned   present      keep, warn       899       1  0.1 %\n"
        "  ✓ passed   known        stop update      900       0    0 %\n"
        "\n"
        "  data stands in for /Volumes/a/b\n"
        "  landing: a broken line"
    )


@pytest.mark.parametrize("width", [80, 100, 140])
def test_no_line_is_wider_than_the_terminal(width: int):
    columns = tuple((f"a_column_with_a_long_name_{n}", "string") for n in range(40))
    rows = (tuple("数据" * 20 for _ in columns),) * 3
    said = text(Answer("x" * 200, "query", columns, rows, 3), Pen.of(width, False, "unicode"))
    table = said.splitlines()[2:]
    assert max(map(wcswidth, table)) <= width and "more columns: a_column" in said


def test_ascii_arrives_as_ascii():
    assert text(ANSWER, Pen.of(100, False, "ascii")).isascii()


def test_html_escapes_and_keeps_everything():
    page = html(ANSWER)
    assert "<b>&" not in page and "&lt;b&gt;&amp;" in page and "script" not in page
    for fact in ("3 of 861 rows", "3 of 48 files", "approximate", "NULL", "in_range", "4.3 %", "stands in for"):
        assert fact in page
    assert not re.search(r"<style|\sid=|https?://", page)


def test_twenty_rows_and_twelve_columns():
    columns = tuple((f"c{n}", "int") for n in range(15))
    page = html(Answer("q", "query", columns, (tuple(range(15)),) * 30, 30))
    assert (
        page.count("<tr") == 21 and "3 more columns: c12, c13, c14" in page and "10 more rows are in the result" in page
    )


def test_one_row_more():
    assert "… 1 more row: --limit 2" in text(
        Answer("q", "query", (("a", "int"),), ((1,),), 2), Pen.of(80, False, "unicode")
    )
    assert "… 1 more row is in the result" in html(Answer("q", "query", (("a", "int"),), ((1,),) * 21, 21))


def test_null_is_not_the_text_null():
    lines = text(
        Answer("q", "query", (("a", "string"),), (("NULL",), (None,)), 2), Pen.of(80, False, "unicode")
    ).splitlines()
    assert lines[-2:] == ['  "NULL"', "  NULL"]


def test_a_window_is_shown_whole():
    type_, window = "map<string,string>", {"start": "2026-10-01 10:30:00", "end": "2026-10-01 10:35:00"}
    answer = Answer("q", "query", (("window", type_), ("n", "int")), ((window, 1),), 1)
    assert "{start: 2026-10-01 10:30:00, end: 2026-10-01 10:35:00}    1" in text(answer, Pen.of(80, False, "unicode"))


def test_html_says_where_it_was_computed():
    assert "computed on the embedded engine" in html(ANSWER)
    away = Answer("q", "query", (("a", "string"),), (("a\tb",),), 1, fidelity=Fidelity("databricks, profile x"))
    assert "computed at databricks, profile x" in html(away) and "padding:0 1px" in html(away)


def test_figures_of_expectations_stand_to_the_right():
    assert re.search(r'<td style="text-align:right[^>]*>861</td>', html(ANSWER))


def test_json_is_json():
    data = standard.loads(standard.dumps(json(ANSWER), allow_nan=False))
    assert data["total"] == 861 and data["rows"][1] == [2, "", None] and data["fidelity"]["exact"] is False
    assert data["expectations"][1] == {
        "name": "in_range", "condition": "score < 10", "action": "drop", "passed": 861, "failed": 39,
    }  # fmt: skip


def test_csv_is_csv():
    answer = Answer(
        "q", "query", (("a,b", "string"), ("n", "int")), (("x\r\ny", 1), (None, 2), ("", None), ('"', 0)), 4
    )
    said = csv(answer)
    assert said.splitlines()[-1] == '"""",0' and '\n"",\n' in said and "\n,2\n" in said
    assert list(reader.reader(io.StringIO(said)))[:2] == [["a,b", "n"], ["x\r\ny", "1"]]


def test_no_rows_and_no_columns():
    assert "0 rows" in text(Answer("q", "query", (("a", "int"),), (), 0), Pen.of(80, False, "unicode"))
    assert "0 columns" in text(Answer("q", "query", (), (), 0), Pen.of(80, False, "unicode"))
