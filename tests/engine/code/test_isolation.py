"""What a run changes it takes back, whatever the code did."""

from __future__ import annotations

import linecache
import os
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.code import CodeError, run, running
from ldp_magic.errors import LdpError
from tests.engine.code.conftest import Memory

GOOD = """
import dlt, os, sys, warnings
import helper_of_theirs
from pyspark import pipelines as dp
from pyspark.sql import DataFrame, functions as F
from databricks.sdk.runtime import dbutils
from databricks.connect import DatabricksSession
from pyspark.dbutils import DBUtils
sys.path.append("somewhere"); sys.path = [*sys.path, "elsewhere"]
os.environ["MADE_HERE"] = "1"; os.environ.pop("HOME", None); os.chdir("/")
warnings.simplefilter("ignore", ResourceWarning); sys.setrecursionlimit(5000)
DataFrame.mine = lambda self: self
spark.conf.set("spark.sql.shuffle.partitions", "7")
@F.udf("int")
def plus(x): return helper_of_theirs.ONE + x
@dlt.table
def t(): return spark.table("orders").withWatermark("id", "1 hour").select(plus("id"))
"""
BAD = {
    "raises while it is loaded": GOOD + "raise ValueError('no')",
    "does not parse": GOOD + "def (",
    "raises in the function": GOOD.replace("def t(): ", "def t(): 1 / 0; "),
    "leaves the program": GOOD + "import sys; sys.exit(3)",
    "recurses": GOOD + "def f(): f()\nf()",
    "imports what fails": GOOD.replace("helper_of_theirs", "helper_that_fails"),
    "empties sys.path and sys.modules": GOOD
    + "sys.path.clear(); sys.modules.pop('helper_of_theirs'); del sys.modules['json']; sys.modules['csv'] = 1; raise ValueError",
}


def _state(spark: Any) -> dict[str, Any]:
    import pyspark
    import pyspark.sql
    from pyspark.cloudpickle import cloudpickle
    from pyspark.sql import Column, DataFrame, SparkSession
    from pyspark.sql.connect.dataframe import DataFrame as Connected
    from pyspark.sql.connect.session import SparkSession as ConnectedSession

    return {
        "modules": dict(sys.modules),
        "path": (id(sys.path), list(sys.path)),
        "meta_path": list(sys.meta_path),
        "importers": set(sys.path_importer_cache),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "warnings": list(warnings.filters),
        "recursion": sys.getrecursionlimit(),
        "lines": dict(linecache.cache),
        "packed by value": set(cloudpickle._PICKLE_BY_VALUE_MODULES),
        "pyspark": dict(vars(pyspark)),
        "pyspark.sql": dict(vars(pyspark.sql)),
        "classes": [dict(vars(c)) for c in (Column, DataFrame, SparkSession, Connected, ConnectedSession)],
        "active": ConnectedSession.getActiveSession(),
        "partitions": spark.conf.get("spark.sql.shuffle.partitions"),
    }


def _changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    changed = []
    for key in before:
        if isinstance(before[key], dict):
            names = before[key].keys() | after[key].keys()
            changed += [
                f"{key}: {n}"
                for n in names
                if before[key].get(n) is not after[key].get(n) and before[key].get(n) != after[key].get(n)
            ]
        elif before[key] != after[key]:
            changed.append(key)
    return changed


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    (tmp_path / "helper_of_theirs.py").write_text("ONE = 1\n")
    (tmp_path / "helper_that_fails.py").write_text("import helper_of_theirs\nraise KeyError('x')\n")
    return tmp_path


@pytest.mark.parametrize("text", [GOOD, *BAD.values()], ids=["nothing goes wrong", *BAD])
def test_everything_is_as_it_was(bench: Any, modules: Path, text: str):
    from ldp_magic.cells import cells

    def play() -> None:
        with running(bench.session, Memory(bench.session.spark), folders=[modules]) as code:
            code.load(cells(str(modules / "a.py"), text))
            code.datasets["t"].frame().collect()

    def body() -> list[str]:
        for _ in range(2):  # the first time brings in libraries, which stay
            before = _state(bench.session.spark)
            if text is GOOD:
                play()
            else:
                with pytest.raises(CodeError):
                    play()
            after = _state(bench.session.spark)
        return _changed(before, after)

    assert bench.session.call(body) == []


def test_frames_of_other_sessions_are_left_alone(bench: Any):
    from pyspark.sql.connect.dataframe import DataFrame

    def look(code: Any) -> Any:
        theirs = bench.session.spark.range(1)
        assert theirs.isStreaming is False and theirs.write is not None
        assert isinstance(vars(DataFrame)["write"], property)
        with pytest.raises(LdpError, match=r"DataFrame\.write"):
            _ = code.spark.range(1).write
        given = code.datasets["t"].frame()
        return given.write is not None and given.isStreaming is False

    assert bench.run("import dlt\n@dlt.table\ndef t(): return spark.readStream.table('orders')", look)


def test_the_engine_may_open_sessions_meanwhile(bench: Any):
    def look(code: Any) -> Any:
        with bench.session.engine.session() as other:
            assert other.spark is not code.spark and other.spark.range(2).count() == 2
            return other.spark.session_id != code.spark.session_id

    assert bench.run("x = 1", look)


def test_one_run_at_a_time(bench: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(run, "PATIENCE", 0.1)
    caught: list[BaseException] = []

    def other() -> None:
        try:
            with running(bench.session, Memory(bench.session.spark)):
                pass
        except EngineError as error:
            caught.append(error)

    def look(_: Any) -> None:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        with running(bench.session, Memory(bench.session.spark)) as inner:  # the same thread may nest
            assert inner.spark is not None

    bench.run("x = 1", look)
    assert "still at work" in str(caught[0])


def test_the_api_outside_of_a_run_says_so(bench: Any):
    kept = bench.run("import dlt", lambda code: sys.modules["dlt"])
    with pytest.raises(EngineError, match="only while a pipeline is read"):
        kept.table(lambda: None)


def test_a_library_may_keep_the_api(bench: Any):
    kept = [bench.run("import dlt", lambda code: sys.modules["dlt"]) for _ in range(2)]
    assert kept[0] is kept[1]

    def define(code: Any) -> Any:
        kept[0].table(lambda: code.spark.range(2), name="t")
        return code.datasets["t"].frame().count()

    assert bench.run("x = 1", define) == 2


def test_an_interrupt_passes(bench: Any):
    with pytest.raises(KeyboardInterrupt):
        bench.rows("import dlt\n@dlt.table\ndef t(): raise KeyboardInterrupt")


def test_prints_go_where_prints_go(bench: Any, capfd: pytest.CaptureFixture[str]):
    bench.rows("import dlt\nprint('loading')\n@dlt.table\ndef t():\n  print('asking')\n  return spark.range(1)")
    assert capfd.readouterr().out == "loading\nasking\n"


def test_settings_of_the_session_are_put_back(bench: Any):
    text = "import dlt\nspark.conf.set('spark.sql.ansi.enabled', False)\nspark.conf.set('mine', 5)\n@dlt.table\ndef t(): return spark.range(1)"
    before = bench.session.spark.conf.get("spark.sql.ansi.enabled", None)
    inside = bench.run(
        text, lambda code: (bench.session.spark.conf.get("spark.sql.ansi.enabled"), code.spark.conf.get("mine"))
    )
    assert inside == ("false", "5")
    assert bench.session.spark.conf.get("spark.sql.ansi.enabled", None) == before
