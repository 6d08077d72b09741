"""What the examples of the rules on statements and expectations cannot say: severities, places, silence."""

import pytest

from ldp_magic.lint.edits import cased, removed
from ldp_magic.lint.example import findings_in, pipeline_of
from ldp_magic.lint.rule import good
from ldp_magic.text import Source, apply_edits

_VIEW = "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS one;\n"


def _found(text, code, **circumstances):
    return [f for f in findings_in(good(text, **circumstances)) if f.code == code]


@pytest.mark.parametrize(
    "text, target, severity",
    [
        pytest.param(_VIEW + "SELECT * FROM m;", "databricks", "warning", id="a look at a table"),
        pytest.param(_VIEW + "SELECT * FROM m;", "spark-4.3", "error", id="the same on Spark"),
        pytest.param(_VIEW + "DELETE FROM m;", "databricks", "error", id="a change"),
    ],
)
def test_a_statement_is_as_grave_as_what_it_does(text, target, severity):
    assert [f.severity for f in _found(text, "LDP002", target=target)] == [severity]


def test_a_column_without_a_name_is_an_error_only_where_the_manual_says_so():
    for kind, severity in (("MATERIALIZED VIEW", "error"), ("STREAMING TABLE", "warning")):
        source = "STREAM(main.raw.s)" if severity == "warning" else "main.raw.s"
        text = f"CREATE OR REFRESH {kind} t AS SELECT upper(name) FROM {source};"
        assert [f.severity for f in _found(text, "LDP019")] == [severity]
    cast = "CREATE OR REFRESH MATERIALIZED VIEW t AS SELECT CAST(a AS INT), b:c.d::string, 1 FROM main.raw.s;"
    assert {f.severity for f in _found(cast, "LDP019")} == {"warning"}


@pytest.mark.parametrize("name, severity", [("regin", "error"), ("something_else", "warning")])
def test_an_unknown_parameter_is_an_error_only_where_a_known_one_is_near(name, severity):
    text = f"CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT '${{{name}}}' AS r;"
    assert [f.severity for f in _found(text, "LDP014", parameters={"region": "eu"})] == [severity]
    assert not _found(text, "LDP014")


def test_conditions_in_a_notebook_are_found_in_their_lines():
    text = (
        "# Databricks notebook source\n# MAGIC %sql\n"
        "# MAGIC CREATE OR REFRESH STREAMING TABLE t (CONSTRAINT c EXPECT (a > 0\n"
        "# MAGIC   AND rand() > 0) ON VIOLATION DROP ROW) AS SELECT a FROM STREAM(main.raw.s)\n"
    )
    assert [f.location.text for f in _found(text, "LDP310", python=True)] == ["rand()"]
    assert not _found(text, "LDP001", python=True)


@pytest.mark.parametrize(
    "text, marked",
    [
        pytest.param(
            "CREATE OR REFRESH STREAMING TABLE t (CONSTRAINT c EXPECT (a >)) AS SELECT a FROM STREAM(main.raw.s);",
            ">",
            id="expectation",
        ),
        pytest.param(
            "CREATE OR REFRESH STREAMING TABLE t;\n"
            "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.s) KEYS (id)\n"
            "APPLY AS DELETE WHEN op = SEQUENCE BY v;",
            "=",
            id="cdc",
        ),
    ],
)
def test_a_condition_that_is_no_expression_is_an_error(text, marked):
    (finding,) = _found(text, "LDP001")
    assert finding.location.text == marked


def test_a_condition_put_together_in_python_is_marked_as_a_whole():
    text = "import dlt\n@dlt.table\n@dlt.expect('c', 'rand() ' + '> 0')\ndef t():\n    return spark.range(1)\n"
    (finding,) = _found(text, "LDP310", python=True)
    assert finding.location.text == "'rand() ' + '> 0'"


def test_parameters_keep_rules_about_columns_silent():
    text = (
        "CREATE OR REFRESH STREAMING TABLE t (id INT) AS SELECT ${columns} FROM STREAM(main.raw.s);\n"
        "CREATE OR REFRESH MATERIALIZED VIEW m (CONSTRAINT c EXPECT (amount > 0))\n"
        "AS SELECT ${columns}, id FROM main.raw.s;"
    )
    assert not [f for f in findings_in(good(text)) if f.code in ("LDP020", "LDP304")]


def test_misspelt_actions_still_tell_what_was_meant():
    text = (
        "CREATE OR REFRESH STREAMING TABLE t (CONSTRAINT c EXPECT (a > 0) ON VIOLATIONS DROP ROWS,"
        " CONSTRAINT d EXPECT (a > 1) FAIL UPDATE, CONSTRAINT e EXPECT a > 2) AS SELECT a FROM STREAM(main.raw.s);"
    )
    (dataset,) = pipeline_of(good(text)).datasets.values()
    assert [(e.on_violation, e.parenthesised) for e in dataset.expectations] == [
        ("drop", True),
        ("fail", True),
        ("warn", False),
    ]


@pytest.mark.parametrize(
    "text, what, left",
    [
        ("a b c", "b", "a c"),
        ("a\r\n  b  \r\nc", "b", "a\r\nc"),
        ("b c", "b", "c"),
        ("a\nb", "b", "a\n"),
        ("a -- x\n  b -- y\nc", "b", "a -- x\n  -- y\nc"),
    ],
)
def test_nothing_is_left_of_what_is_removed(text, what, left):
    source = Source("x.sql", None, text)
    edit = removed(source.at(text.index(what), text.index(what) + len(what)))
    assert apply_edits([edit])[source] == left


def test_keywords_follow_the_author():
    assert cased("BY NAME", Source("x", None, "create flow").whole()) == "by name"
    assert cased("BY NAME", Source("x", None, "Create flow").whole()) == "BY NAME"
    assert cased("BY NAME", Source("x", None, " \n").whole()) == "BY NAME"
