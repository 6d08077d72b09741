"""Imports of the project: from where, how fresh, and what Databricks has that is not installed here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

USE = "import dlt\n{}\n@dlt.table\ndef t(): return spark.createDataFrame([({},)], 'v string')"


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


LAYOUTS: dict[str, tuple[dict[str, str], str, str]] = {
    "beside the file": ({"pipe/names.py": "V = 'x'"}, "from names import V", "V"),
    "from the root": ({"shop/__init__.py": "", "shop/names.py": "V = 'x'"}, "from shop.names import V", "V"),
    "a package without __init__": ({"shop/names.py": "V = 'x'"}, "import shop.names as n", "n.V"),
    "relative in a package": (
        {
            "shop/__init__.py": "from .names import V",
            "shop/names.py": "from . import deep\nV = deep.V",
            "shop/deep.py": "V = 'x'",
        },
        "import shop",
        "shop.V",
    ),
    "a folder of their own on the path": (
        {"lib/names.py": "V = 'x'"},
        "import sys, os\nsys.path.append(os.path.abspath('../lib'))\nfrom names import V",
        "V",
    ),
    "by __file__": (
        {"lib/names.py": "V = 'x'"},
        "import sys, pathlib\nsys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'lib'))\nimport names",
        "names.V",
    ),
    "a file beside the code": ({"pipe/names.txt": "x"}, "V = open('names.txt').read()", "V"),
    "named like the standard library": (
        {"pipe/json.py": "raise 1", "pipe/types.py": "raise 1"},
        "import json",
        "json.loads('\"x\"')",
    ),
    "a folder named like a library": (
        {"pandas/names.txt": "", "databricks/x.txt": ""},
        "import pandas as p",
        "'x' if p.DataFrame else ''",
    ),
    "inside the function": ({"names.py": "V = 'x'"}, "def v():\n  from names import V\n  return V", "v()"),
    "a helper that finds its own session": (
        {
            "names.py": "from pyspark.sql import SparkSession\nspark = SparkSession.builder.appName('a').getOrCreate()\ndef v(): return spark.sql(\"SELECT 'x'\").first()[0]"
        },
        "from names import v",
        "v()",
    ),
    "unicode": ({"größe.py": "V = 'x'"}, "from größe import V", "V"),
}


@pytest.mark.parametrize("files, imports, value", LAYOUTS.values(), ids=LAYOUTS)
def test_imports_of_the_project(bench: Any, tmp_path: Path, files: dict[str, str], imports: str, value: str):
    (tmp_path / "pipe").mkdir()
    _write(tmp_path, files)
    assert bench.rows(USE.format(imports, value), name="pipe/a.py") == [("x",)]
    assert not list(tmp_path.rglob("__pycache__"))


def test_an_edited_module_counts(bench: Any, tmp_path: Path):
    for value in ("a", "b"):  # as long as before, within the same second: a compiled file would look fresh
        _write(tmp_path, {"names.py": f"V = '{value}'"})
        assert bench.rows(USE.format("from names import V", "V")) == [(value,)]
    assert "names" not in sys.modules


def test_a_module_that_the_program_has_is_set_aside(bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    _write(tmp_path, {"shop/__init__.py": "", "shop/names_here.py": "V = 'old'"})
    monkeypatch.syspath_prepend(str(tmp_path))
    import importlib

    mine = importlib.import_module("shop.names_here")
    _write(tmp_path, {"shop/names_here.py": "V = 'new'"})
    assert bench.rows(USE.format("from shop.names_here import V", "V")) == [("new",)]
    assert sys.modules["shop.names_here"] is mine and mine.V == "old"
    assert sys.modules["shop"].names_here is mine
    del sys.modules["shop.names_here"], sys.modules["shop"]


def test_each_function_works_where_its_file_is(bench: Any, tmp_path: Path):
    from ldp_magic.cells import cells

    def look(code: Any) -> Any:
        for name in "ab":
            _write(tmp_path, {f"{name}/here.txt": name})
            text = f"import dlt\n@dlt.table(name='{name}')\ndef f(): return spark.createDataFrame([(open('here.txt').read(),)], 'v string')"
            code.load(cells(str(tmp_path / name / "x.py"), text))
        assert Path.cwd() == here
        return [code.datasets[name].frame().first().v for name in "ab"]

    here = Path.cwd()
    assert bench.run("x = 1", look) == ["a", "b"]


def test_what_is_hidden_or_installed_is_not_the_projects(bench: Any, tmp_path: Path):
    def look(code: Any) -> list[str]:
        return [name for name in NAMES if code._imports.owns(str(tmp_path / name))]

    NAMES = ["a.py", "a/b.py", ".venv/lib/a.py", "a/.b/c.py", "venv/lib/python3.11/site-packages/a.py"]
    assert bench.run("x = 1", look) == ["a.py", "a/b.py"]


def test_a_module_may_define_datasets(bench: Any, tmp_path: Path):
    _write(
        tmp_path,
        {
            "made.py": "from pyspark import pipelines as dp\ndef make(spark, name):\n  @dp.table(name=name)\n  def f(): return spark.range(1)\n"
        },
    )
    assert bench.rows("from made import make\nmake(spark, 't')") == [(0,)]


def test_two_files_are_loaded_once_each(bench: Any, tmp_path: Path):
    from ldp_magic.cells import cells

    def look(code: Any) -> Any:
        other = cells(str(tmp_path / "b.py"), "import dlt\nprint('b')\n@dlt.table\ndef u(): return dlt.read('orders')")
        code.load(other)
        code.load(other)
        return sorted(code.datasets)

    assert bench.run("import dlt\n@dlt.table\ndef t(): return dlt.read('orders')", look) == ["t", "u"]


def test_what_databricks_has(bench: Any):
    assert bench.rows("""
        import dlt
        from databricks.connect import DatabricksEnv, DatabricksSession
        from databricks.connect.session import DatabricksSession as Same
        from databricks.sdk.runtime import *
        import databricks.sdk.runtime
        from databricks.sdk.runtime import dbutils as d, spark as s
        from pyspark.dbutils import DBUtils
        from pyspark.sql import SparkSession, DataFrame, Column, functions as F
        assert s is spark and databricks.sdk.runtime.spark is spark and DBUtils(spark) is d is dbutils
        assert DatabricksSession.builder.profile("p").serverless(True).getOrCreate() is spark
        assert DatabricksSession.builder.withEnvironment(DatabricksEnv().withDependencies("x")).getOrCreate() is spark
        assert SparkSession.builder.master("local").config("a", "b").getOrCreate() is spark
        assert spark.conf.get("a") == "b"
        assert SparkSession.getActiveSession() is spark and SparkSession.active() is spark
        assert spark.newSession() is spark and spark.stop() is None
        assert isinstance(spark, SparkSession) and isinstance(spark.range(1), DataFrame) and isinstance(F.col("a"), Column)
        assert spark.table("orders").sparkSession is spark and spark.range(1).sparkSession is spark
        assert dlt.read("orders").sparkSession.read.table("orders").count() == 3
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(SparkSession.builder.getOrCreate).result() is spark
        display(spark.range(1)); displayHTML("x")
        @dlt.table
        def t(): return spark.range(1)
    """) == [(0,)]
