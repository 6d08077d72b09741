"""Which part of a text is what: exports, notebook cells, magics, .ipynb."""

from __future__ import annotations

import ast
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldp_magic.cells import Cell, Piece, cells, notebook, pieces
from ldp_magic.errors import SourceError
from ldp_magic.text import Source
from tests.clock import assert_quick

LINE_ENDS = pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])


def of_file(name: str, text: str) -> tuple[Piece, ...]:
    (cell,) = cells(name, text)
    return pieces(cell.source, cell.language)


def of_cell(text: str, language: str = "python") -> Piece:
    (piece,) = pieces(Source("n.ipynb", "a1", text), language)
    return piece


def said(found: tuple[Piece, ...]) -> list[tuple[str, str]]:
    """Language and code of each piece, blanks squeezed."""
    return [(piece.language, " ".join(piece.text.split())) for piece in found]


def holds(source: Source, found: tuple[Piece, ...]) -> None:
    """What every list of pieces promises."""
    taken: set[int] = set()
    for piece in found:
        start, end = piece.location.span
        assert 0 <= start <= end <= len(source.text)
        assert len(piece.text) == end - start
        visible = {start + i for i, c in enumerate(piece.text) if not c.isspace()}
        assert all(piece.text[at - start] == source.text[at] for at in visible)
        assert not taken & visible
        taken |= visible
        ends = [(i, c) for i, c in enumerate(piece.location.text) if c in "\r\n"]
        assert [(i, c) for i, c in enumerate(piece.text) if c in "\r\n"] == ends


SQL_EXPORT = """\
-- Databricks notebook source
-- MAGIC %md
-- MAGIC # Title 🎉
-- MAGIC
-- MAGIC some words

-- COMMAND ----------

-- DBTITLE 1,Bronze 🥉
CREATE STREAMING TABLE a AS SELECT * FROM STREAM raw

-- COMMAND ----------

-- MAGIC %python
-- MAGIC def f():
-- MAGIC     return 1

-- COMMAND ----------

-- MAGIC %sql CREATE VIEW b AS
-- MAGIC SELECT 1

-- COMMAND ----------

-- MAGIC %pip install x

-- COMMAND ----------

SELECT 2;
"""


@LINE_ENDS
def test_sql_export(eol):
    text = SQL_EXPORT.replace("\n", eol)
    found = of_file("n.sql", text)
    assert said(found) == [
        ("python", "def f(): return 1"),
        ("markdown", "# Title 🎉 some words"),
        ("sql", "CREATE STREAMING TABLE a AS SELECT * FROM STREAM raw"),
        ("sql", "CREATE VIEW b AS SELECT 1"),
        ("other", "%pip install x"),
        ("sql", "SELECT 2;"),
    ]
    holds(Source("n.sql", None, text), found)
    assert [piece.magic for piece in found] == ["%python", "%md", "", "%sql", "", ""]


@LINE_ENDS
def test_python_hidden_by_prefixes_still_parses(eol):
    (python, *_) = of_file("n.sql", SQL_EXPORT.replace("\n", eol))
    (function,) = ast.parse(python.text).body
    assert isinstance(function, ast.FunctionDef)
    assert function.lineno == SQL_EXPORT[: SQL_EXPORT.index("def f")].count("\n") + 1


PY_EXPORT = """\
# Databricks notebook source
# MAGIC %md hello

# COMMAND ----------

# DBTITLE 1,"one"
import dlt
NAME = "🦊"

# COMMAND ----------

# MAGIC %sql
# MAGIC -- counts
# MAGIC CREATE MATERIALIZED VIEW m AS SELECT 1

# COMMAND ----------

# MAGIC %run ./setup

# COMMAND ----------

# MAGIC %pip install x
# MAGIC import y

# COMMAND ----------

@dlt.table(name=NAME)
def t():
    return spark.read.table("a")
"""


@LINE_ENDS
def test_python_export_is_one_python_piece(eol):
    text = "\ufeff" + PY_EXPORT.replace("\n", eol)
    found = of_file("n.py", text)
    python, markdown, sql, run = found
    assert [p.language for p in found] == ["python", "markdown", "sql", "other"]
    names = [type(node).__name__ for node in ast.parse(python.text).body]
    assert names == ["Import", "Assign", "Import", "FunctionDef"]
    assert python.location.span == (0, len(text))
    assert " ".join(sql.text.split()) == "-- counts CREATE MATERIALIZED VIEW m AS SELECT 1"
    assert sql.location.source.text[sql.location.start :].startswith("# MAGIC %sql")
    assert "hello" in markdown.text and "./setup" in run.text
    holds(Source("n.py", None, text), found)


def test_borders_without_a_header_cut_sql_but_not_python():
    body = "SELECT 1\n\n{0} COMMAND ----------\n\nSELECT 2"
    assert said(of_file("a.sql", body.format("--"))) == [("sql", "SELECT 1"), ("sql", "SELECT 2")]
    assert len(of_file("a.py", "x = 1\n# COMMAND ----------\n# MAGIC %sql\n# MAGIC SELECT 1\n")) == 1


def test_scala_and_r_exports_hold_sql_cells():
    scala = "// Databricks notebook source\nval x = 1\n// COMMAND ----------\n// MAGIC %sql\n// MAGIC SELECT 1\n"
    assert said(of_file("n.scala", scala)) == [("other", "val x = 1"), ("sql", "SELECT 1")]
    r = scala.replace("//", "#").replace("val x =", "x <-")
    assert said(of_file("n.R", r)) == [("other", "x <- 1"), ("sql", "SELECT 1")]


def test_code_after_a_hidden_cell_without_border_is_still_read():
    text = "-- Databricks notebook source\n-- MAGIC %md words\nSELECT 1\n-- MAGIC %md more\nSELECT 2\n"
    assert said(of_file("n.sql", text)) == [
        ("markdown", "words"), ("sql", "SELECT 1"), ("markdown", "more"), ("sql", "SELECT 2"),
    ]  # fmt: skip


@pytest.mark.parametrize("name, language", [("a.sql", "sql"), ("a.py", "python"), ("a.R", "other"), ("a", "other")])
@pytest.mark.parametrize("text", ["", "\ufeff", "x\r\ny", "  \n"])
def test_plain_files_are_one_piece(name, language, text):
    (piece,) = found = of_file(name, text)
    assert piece.language == language
    holds(Source(name, None, text), found)


def test_byte_order_mark_is_no_indentation():
    (piece,) = of_file("a.py", "\ufeffimport dlt\nx = 1\n")
    assert len(ast.parse(piece.text).body) == 2


@pytest.mark.parametrize(
    "text, default, language, code, magic",
    [
        pytest.param("%%ldp\nSELECT 1", "python", "sql", "SELECT 1", "%%ldp", id="ldp"),
        pytest.param("%%ldp --dry-run 🎈\nSELECT 1", "python", "sql", "SELECT 1", "%%ldp --dry-run 🎈", id="options"),
        pytest.param("\n\n%%ldp --python\nx = 1", "python", "python", "x = 1", "%%ldp --python", id="ldp python"),
        pytest.param("%%ldp --py\nx = 1", "sql", "python", "x = 1", "%%ldp --py", id="shortened option"),
        pytest.param("%%ldp --place local\nSELECT 1", "sql", "sql", "SELECT 1", "%%ldp --place local", id="not python"),
        pytest.param("%%ldp --help", "python", "other", "", "%%ldp --help", id="help"),
        pytest.param("%%sql conn://\nSELECT 1", "python", "sql", "SELECT 1", "%%sql conn://", id="cell sql"),
        pytest.param("%sql SELECT 1", "python", "sql", "SELECT 1", "%sql", id="sql on the line"),
        pytest.param("%sql\nSELECT 1", "python", "sql", "SELECT 1", "%sql", id="sql below"),
        pytest.param("%python\nx = 1", "sql", "python", "x = 1", "%python", id="python in a SQL notebook"),
        pytest.param("%python x = 1", "sql", "python", "x = 1", "%python", id="python on the line"),
        pytest.param("SELECT 1", "sql", "sql", "SELECT 1", "", id="SQL notebook"),
        pytest.param("%md # hi", "sql", "markdown", "# hi", "%md", id="markdown magic"),
        pytest.param("# hi", "markdown", "markdown", "# hi", "", id="markdown cell"),
        pytest.param("%%bash -e\nls", "python", "other", "ls", "%%bash -e", id="bash"),
        pytest.param("%%javascript\nx", "sql", "other", "x", "%%javascript", id="another language"),
        pytest.param("%pip install x", "sql", "other", "%pip install x", "", id="pip in a SQL notebook"),
        pytest.param("%pip install x", "python", "other", "%pip install x", "", id="nothing but pip"),
        pytest.param("%%time\nx = 1", "python", "python", "x = 1", "%%time", id="time"),
        pytest.param("%%time\n%%sql\nSELECT 1", "python", "sql", "SELECT 1", "%%sql", id="time, then sql"),
        pytest.param("%ldp graph", "python", "other", "%ldp graph", "", id="line magic of ours"),
        pytest.param("", "python", "python", "", "", id="empty"),
        pytest.param("\ufeff%%ldp\nSELECT 1", "python", "sql", "SELECT 1", "%%ldp", id="byte order mark"),
    ],
)
def test_cells(text, default, language, code, magic):
    for eol in ("\n", "\r\n"):
        piece = of_cell(text.replace("\n", eol), default)
        holds(piece.location.source, (piece,))
        squeezed = " ".join(piece.text.split())
        assert (piece.language, piece.magic) == (language, magic)
        assert squeezed == code or (language == "other" and code in piece.location.text)


def test_line_magics_of_a_python_cell_are_blanked_and_nothing_else():
    text = (
        "%pip install a \\\n   b 'c\nimport dlt\n!ls \"\nfiles = !ls\nr = %sql SELECT 1\ndf?\n"
        "n = ('%s'\n  %dlt)\ndoc = '''\n%pip no magic\n!neither\n'''\nif n != 3:\n    x = n %dlt\n"
    )
    piece = of_cell(text)
    names = [type(node).__name__ for node in ast.parse(piece.text).body]
    assert names == ["Import", "Assign", "Assign", "If"]
    assert "%pip no magic\n!neither" in piece.text and "install" not in piece.text and "SELECT" not in piece.text
    holds(piece.location.source, (piece,))


FRAGMENTS = st.sampled_from(
    [
        "-- Databricks notebook source",
        "# Databricks notebook source",
        "// Databricks notebook source",
        "\ufeff",
        "%%ldp",
        "-- COMMAND ----------",
        "# COMMAND ----------",
        "// COMMAND ----------",
        "-- MAGIC ",
        "# MAGIC ",
        "// MAGIC",
        "# DBTITLE 1,x",
        "%sql",
        "%python",
        "%md",
        "%pip",
        "!ls",
        "%%time",
        "--python",
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        " ",
        "\t",
        "SELECT 1;",
        "x = 1",
        '"""',
        "'",
        "(",
        ")",
        "\\",
        "🎉",
        "é",
        "\f",
        "\u2028",
        "\x85",
        "%%sql",
        "if x:",
        "?",
        "=",
    ]
)
TEXTS = st.one_of(st.lists(FRAGMENTS, max_size=30).map("".join), st.text(max_size=60))


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.sampled_from(["sql", "python", "r", "scala", "markdown", "other"]), st.sampled_from([None, "a1"]))
def test_any_text_keeps_the_promises(text, language, cell):
    source = Source("x", cell, text)
    found = pieces(source, language)
    assert found
    holds(source, found)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(["x = 1", "def f():\n    return 2", "y = [1,\n2]", "# c", "@d\ndef g(): pass"]), max_size=6
    )
)
def test_python_cells_of_an_export_mean_what_they_meant(blocks):
    magic = ["\n".join("# MAGIC " + line for line in ["%python", *block.split("\n")]) for block in blocks]
    border = "\n\n# COMMAND ----------\n\n"
    for cut in (blocks, magic):
        (piece, *_) = of_file("n.py", "# Databricks notebook source\n" + border.join(cut))
        assert ast.dump(ast.parse(piece.text)) == ast.dump(ast.parse("\n".join(blocks)))


@pytest.mark.parametrize(
    "name, text",
    [
        ("a.sql", "SELECT 1;\n" * 1_000_000),
        ("a.sql", "-- COMMAND ----------\nSELECT 1\n" * 200_000),
        (
            "a.py",
            "# Databricks notebook source\n" + "# MAGIC %sql\n# MAGIC SELECT 1\n\n# COMMAND ----------\n" * 50_000,
        ),
        ("a.sql", "-- COMMAND " + "-" * 5_000_000 + "x"),
        ("a.sql", " " * 5_000_000),
        ("a.py", "\n" * 5_000_000),
    ],
    ids=["plain", "cells", "python", "dashes", "blanks", "lines"],
)
def test_huge_files_take_bounded_time(name, text):
    assert_quick(lambda: of_file(name, text), 20)


@pytest.mark.parametrize(
    "text",
    ['"""' * 300_000, "(" * 1_000_000 + "\n%x", "%pip \\\n" * 200_000, "x" * 2_000_000 + "?", "'\\" * 500_000 + "!"],
)
def test_huge_cells_take_bounded_time(text):
    assert_quick(lambda: of_cell(text + "\n!ls"), 20)


def ipynb(*some: dict[str, object], **metadata: object) -> str:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(some)})


def code(source: object, **more: object) -> dict[str, object]:
    return {"cell_type": "code", "metadata": {}, "outputs": [], "source": source, **more}


def test_notebook_cells_have_ids_text_and_language():
    found = notebook(
        "dir/n.ipynb",
        ipynb(
            code(["a = 1\n", "b"], id="first"),
            code("c"),
            {"cell_type": "markdown", "source": "# d"},
            {"cell_type": "raw"},
        ),
    )
    assert found == (
        Cell(Source("dir/n.ipynb", "first", "a = 1\nb"), "python"),
        Cell(Source("dir/n.ipynb", "#2", "c"), "python"),
        Cell(Source("dir/n.ipynb", "#3", "# d"), "markdown"),
        Cell(Source("dir/n.ipynb", "#4", ""), "other"),
    )


def test_ids_given_twice_are_told_apart():
    found = notebook("n.ipynb", ipynb(code("a", id="x"), code("a", id="x"), code("a", id="x#2")))
    assert len({cell.source.cell for cell in found}) == 3


@pytest.mark.parametrize(
    "metadata, cell, language",
    [
        (
            {"application/vnd.databricks.v1+notebook": {"language": "sql"}, "language_info": {"name": "python"}},
            {},
            "sql",
        ),
        ({"kernelspec": {"language": "python"}, "language_info": {"name": "sql"}}, {}, "python"),
        ({"language_info": {"name": "sql"}}, {}, "sql"),
        ({"kernelspec": {"language": "scala"}}, {}, "other"),
        ({}, {"vscode": {"languageId": "sql"}}, "sql"),
        ({}, {"microsoft": {"language": "sparksql"}}, "sql"),
        ({"kernelspec": {"language": "sql"}}, {"vscode": {"languageId": "python"}}, "python"),
        ({"kernelspec": "odd"}, {"vscode": 3}, "python"),
    ],
)
def test_language_of_a_cell(metadata, cell, language):
    (found,) = notebook("n.ipynb", ipynb(code("x", metadata=cell), **metadata))
    assert found.language == language


@pytest.mark.parametrize(
    "text, why",
    [
        ("", "JSON"),
        ("{", "line 1"),
        ("[]", "not a notebook"),
        ("{}", "nbformat"),
        ("\x00", "JSON"),
        ("[" * 100_000, "JSON"),
        ('{"nbformat": 4}', "cells"),
        ('{"nbformat": 3, "worksheets": []}', "format 3"),
        ('{"nbformat": 5, "cells": []}', "format 5"),
        ('{"nbformat": 4, "cells": [1]}', "cell 1"),
        ('{"nbformat": 4, "cells": [{"source": 1}]}', "cell 1"),
        ("9" * 9999, "JSON"),
        ('{"nbformat": 4, "cells": [{"source": ["a", null]}]}', "cell 1"),
    ],
)
def test_what_is_no_notebook_is_one_error(text, why):
    with pytest.raises(SourceError) as error:
        notebook("n.ipynb", text)
    assert why in error.value.why and error.value.fix and "n.ipynb" in error.value.what


def test_half_characters_become_characters():
    (found,) = notebook(
        "n.ipynb", '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "a\\ud800b", "id": "\\udc00"}]}'
    )
    assert found.source.text == "a\ufffdb"
    found.source.cell.encode()


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_notebooks_raise_nothing_else(data):
    text = ipynb(code(["%%ldp\n", "SELECT 1"], id="x"), code("y"), kernelspec={"language": "python"})
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 9))
    put = data.draw(
        st.one_of(st.sampled_from(["", '"', "{", "[", "]", "null", "1e999", ",", "\\", "NaN"]), st.text(max_size=3))
    )
    try:
        found = notebook("n.ipynb", text[:at] + put + text[at + cut :])
    except SourceError as error:
        assert error.why and error.fix
    else:
        for cell in found:
            holds(cell.source, pieces(cell.source, cell.language))
