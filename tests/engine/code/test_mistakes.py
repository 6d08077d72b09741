"""Hostile and unlucky code: what is said, and where it points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

HEAD = "import dlt\nfrom pyspark.sql import functions as F\n@dlt.table\n"

SAID: dict[str, tuple[str, str, int]] = {
    "nothing": ("def t(): spark.range(1)", "t returns nothing", 0),
    "text": ("def t(): return 'x'", "t returns a str, not a DataFrame", 0),
    "int": ("def t(): return 1", "t returns an int, not a DataFrame", 0),
    "a column": ("def t(): return F.col('a')", "t returns a Column, not a DataFrame", 0),
    "a method": ("def t(): return spark.range(1).distinct", "t returns a method, not a DataFrame", 0),
    "a reader": ("def t(): return spark.read.format('csv')", "t returns a Reader, not a DataFrame", 0),
    "pandas": ("def t(): import pandas; return pandas.DataFrame()", "t returns a pandas DataFrame, not a DataFrame", 0),
    "a generator": ("def t(): yield spark.range(1)", "t is a generator", 0),
    "async": ("async def t(): return spark.range(1)", "t is an async function", 0),
    "arguments": ("def t(x): return spark.range(1)", "t fails with TypeError: t() missing 1 required", 0),
    "KeyError": ("def t():\n  return {}['x']", "t fails with KeyError: 'x'", 5),
    "no message": ("def t():\n  assert 1 == 2", "t fails with AssertionError", 5),
    "recursion": ("def t():\n  return t()", "t fails with RecursionError: maximum recursion depth exceeded", 5),
    "exit": ("def t():\n  import sys\n  sys.exit(2)", "t ends the program: sys.exit(2)", 6),
    "a long message": ("def t():\n  raise ValueError('x' * 10000)", "t fails with ValueError: xxx", 5),
    "deep in a helper": (
        "def t(): return f()\ndef f():\n  return g()\ndef g():\n  return 1 / 0",
        "t fails with ZeroDivisionError",
        8,
    ),
    "an unknown column": ("def t():\n  return spark.range(1).select('nope').columns and None", "t: ", 5),
    "an unknown name": ("def t():\n  return nope", "t fails with NameError: name 'nope' is not defined", 5),
    "evaluated later": ("def t():\n  return spark.range(1).select('nope')", "t: ", 0),
    "refused": ("def t():\n  return sc.range(1)", "t: sc.range is not there", 5),
    "a table without a name": (
        "def t():\n  return spark.read.table(None)",
        "t fails with TypeError: the name of a table is a str, not NoneType",
        5,
    ),
    "an unknown module": (
        "def t():\n  import nope_nope",
        "t fails with ModuleNotFoundError: No module named 'nope_nope'",
        5,
    ),
    "a function that SQL alone has here": (
        "def t():\n  from pyspark.sql import functions as F\n  return spark.range(1).select(F.zip_with(F.array(F.lit(1)), F.array(F.lit(2)), lambda x, y: x * y))",
        "t: the embedded engine has no function zip_with for DataFrame code",
        0,
    ),
    "a group of errors": (
        "def t():\n  try: 1/0\n  except Exception as e: raise OSError('outer') from e",
        "t fails with OSError: outer",
        6,
    ),
}


@pytest.mark.parametrize("body, what, line", SAID.values(), ids=SAID)
def test_what_is_said_of_a_function(bench: Any, body: str, what: str, line: int):
    error = bench.error(HEAD + body)
    assert error.what.startswith(what) and len(error.what) < 400
    assert error.line == line
    if line:
        assert f"pipeline.py:{line}" in error.why
        assert error.location is not None and error.location.first.line == line


LOADING: dict[str, tuple[str, str, int]] = {
    "syntax": ("x = 1\ndef (", "pipeline.py fails with SyntaxError", 2),
    "indentation": ("def f():\nx = 1", "pipeline.py fails with IndentationError", 2),
    "raises": ("\n\nraise ValueError('no')", "pipeline.py fails with ValueError: no", 3),
    "exits": ("import sys\nsys.exit()", "pipeline.py ends the program: sys.exit()", 2),
    "quits": ("raise SystemExit('bye')", "pipeline.py ends the program: sys.exit('bye')", 1),
    "a decorator on no function": ("import dlt\n@dlt.table('t')\ndef f(): pass", "dp.table is put on a str", 2),
    "a name that is no text": (
        "import dlt\n@dlt.table(name=1)\ndef f(): pass",
        "dp.table has a name that is an int",
        2,
    ),
    "a partial without a name": (
        "import dlt, functools\ndlt.table(functools.partial(print))",
        "dp.table has no name",
        2,
    ),
    "a lambda without a name": ("import dlt\ndlt.table(lambda: 1)", "dp.table has no name", 2),
    "a flow without target": ("import dlt\n@dlt.append_flow()\ndef f(): pass", "fails with TypeError", 2),
    "an unknown decorator": ("import dlt\n@dlt.tabel\ndef f(): pass", "fails with AttributeError", 2),
    "changes without keys": ("import dlt\ndlt.apply_changes(target='a', source='b')", "apply_changes() misses keys", 2),
    "null bytes": ("x = 1\0", "", 0),
    "deep nesting": ("x = " + "(" * 500 + ")" * 500, "fails with SyntaxError", 1),
    "the run's own name": ("from pyspark.pipelines import nope", "fails with ImportError", 1),
}


@pytest.mark.parametrize("text, what, line", LOADING.values(), ids=LOADING)
def test_what_is_said_while_loading(bench: Any, text: str, what: str, line: int):
    error = bench.error(text)
    assert what in error.what and error.line == line


def test_what_was_defined_before_an_error_stays(bench: Any):
    from ldp_magic.cells import cells
    from ldp_magic.engine.code import CodeError

    def look(code: Any) -> Any:
        text = HEAD + "def t(): return spark.range(1)\nboom"
        for _ in range(2):
            with pytest.raises(CodeError, match="boom"):
                code.load(cells(str(bench.folder / "b.py"), text))
        return code.datasets["t"].frame().count()

    assert bench.run("x = 1", look) == 1


def test_mistakes_in_a_module_name_its_own_line(bench: Any, tmp_path: Path):
    (tmp_path / "names.py").write_text("def f():\n  return 1 / 0\n")
    error = bench.error(HEAD + "def t():\n  from names import f\n  return f()")
    assert error.file == str(tmp_path / "names.py") and error.line == 2 and "return 1 / 0" in error.why
    (tmp_path / "broken.py").write_text("x = (\n")
    assert bench.error("import broken").file == str(tmp_path / "broken.py")


def test_mistakes_in_a_cell_name_it(bench: Any):
    import json

    cell = [{"cell_type": "code", "id": "first", "source": "import dlt\n1 / 0", "metadata": {}, "outputs": []}]
    text = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cell})
    error = bench.error(text, name="book.ipynb")
    assert "book.ipynb, cell first:2: 1 / 0" in error.why
    assert error.location is not None and error.location.source.cell == "first" and error.location.text == "1 / 0"


def test_mistakes_inside_the_engine_are_told_as_python_says_them(bench: Any):
    error = bench.error(
        HEAD + "def t():\n  def f(x):\n    return 1 // x\n  return spark.range(1).select(F.udf(f, 'int')('id'))"
    )
    assert error.what == "t fails with ZeroDivisionError: integer division or modulo by zero"
    assert error.line == 6 and "return 1 // x" in error.why
