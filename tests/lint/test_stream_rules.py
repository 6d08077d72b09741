"""What the examples of the rules about streams and graphs cannot say."""

import json
from pathlib import Path

import pytest

from ldp_magic.cells import Cell
from ldp_magic.lint.example import findings_in
from ldp_magic.lint.fix import fixed
from ldp_magic.lint.rule import Example, good
from ldp_magic.lint.run import Linter
from ldp_magic.lint.select import Selection
from ldp_magic.project import Members, graph
from ldp_magic.text import Source
from tests.clock import assert_quick


def _found(text: str, **circumstances) -> list[tuple[str, str | None, str]]:
    return [(f.code, f.severity, f.location.text) for f in findings_in(good(text, **circumstances))]


def _codes(text: str, **circumstances) -> set[str]:
    return {code for code, _, _ in _found(text, **circumstances)}


def _of(*texts: str) -> Members:
    cells = tuple(Cell(Source(f"{n}.sql", None, text), "sql") for n, text in enumerate(texts))
    return Members(name="p", cells=cells, origin="a test")


@pytest.mark.parametrize(
    "code, query",
    [
        ("LDP107", "SELECT k, count(*) AS n FROM STREAM(main.raw.s) GROUP BY k"),
        ("LDP113", "SELECT DISTINCT k FROM STREAM(main.raw.s)"),
    ],
)
def test_what_databricks_recomputes_is_an_error_on_spark_alone(code: str, query: str) -> None:
    text = f"CREATE STREAMING TABLE t AS {query};"
    for target, severity in (("databricks", "warning"), ("spark-4.3", "error")):
        assert (code, severity) in {f[:2] for f in _found(text, target=target)}


def test_databricks_sorts_what_it_computes_anew() -> None:
    text = "CREATE STREAMING TABLE t AS SELECT k, count(*) AS n FROM STREAM(main.raw.s) GROUP BY k ORDER BY n;"
    assert ("LDP109", "warning", "ORDER BY n") in _found(text)
    assert ("LDP109", "error", "ORDER BY n") in _found(text, target="spark-4.3")


def test_a_step_of_a_pipe_is_told_once_and_left_alone() -> None:
    text = "CREATE OR REFRESH STREAMING TABLE t AS FROM STREAM main.raw.s |> WHERE id > 1 |> ORDER BY id;"
    (finding,) = findings_in(good(text), Selection(select=("LDP109",)))
    assert finding.location.text == "ORDER BY id" and finding.fix is None


def test_what_is_told_elsewhere_is_told_once() -> None:
    view = "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT DISTINCT k FROM STREAM(main.raw.s) ORDER BY k LIMIT 3;"
    assert {c for c in _codes(view) if c.startswith("LDP1")} == {"LDP103"}


def test_a_python_view_that_cannot_be_read_is_never_called_batch() -> None:
    text = (
        "import dlt\n@dlt.view\ndef v():\n    return load(spark, 'orders')\n"
        "@dlt.table\ndef t():\n    return dlt.read_stream('v')\n"
        "@dlt.table\ndef u():\n    return spark.sql('SELECT * FROM STREAM(main.raw.s) UNION ALL SELECT * FROM v')\n"
    )
    assert not _codes(text, python=True) & {"LDP104", "LDP117"}


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TEMPORARY STREAMING LIVE VIEW v AS SELECT * FROM LIVE.a;\n"
        "CREATE STREAMING LIVE TABLE t AS SELECT * FROM STREAM(LIVE.v);",
        "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(${catalog}.${schema}.orders);",
        "CREATE FLOW f AS AUTO CDC INTO ${target} FROM STREAM(main.raw.a) KEYS (id) SEQUENCE BY at;",
        "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM cloud_files('/in', 'json');",
        "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.s) s LATERAL VIEW explode(xs) e AS x;",
        "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.s), LATERAL explode(xs) AS e(x);",
    ],
)
def test_what_people_write_and_runs_is_no_error(text: str) -> None:
    assert not [f for f in _found(text) if f[1] == "error"]


def test_flows_of_python_that_is_not_known_keep_the_graph_rules_quiet() -> None:
    text = (
        "from pyspark import pipelines as dp\ndp.create_streaming_table('a')\n"
        "for name in names():\n    @dp.append_flow(target=name)\n    def f():\n"
        "        return spark.readStream.table('main.raw.x')\n"
    )
    assert not _codes(text, python=True) & {"LDP205", "LDP206", "LDP204"}


def test_an_unknown_table_on_the_left_makes_the_wrap_a_choice() -> None:
    bronze = "CREATE OR REFRESH STREAMING TABLE b AS SELECT * FROM STREAM read_files('/in');\n"
    joined = bronze + "CREATE OR REFRESH STREAMING TABLE t AS SELECT b.id FROM {} x JOIN b ON b.id = x.id;"
    people = "CREATE OR REFRESH MATERIALIZED VIEW people AS SELECT id FROM main.crm.people;\n"
    for text, safe in ((joined.format("main.crm.people"), False), (people + joined.format("people"), True)):
        (finding,) = findings_in(Example(text=text), Selection(select=("LDP101",)))
        assert finding.location.text == "b" and finding.fix is not None and finding.fix.safe is safe


def test_fixes_reach_a_view_in_another_file() -> None:
    members = _of(
        "CREATE OR REFRESH STREAMING TABLE b AS SELECT * FROM STREAM read_files('/in');",
        "-- é 🙂\r\nCREATE TEMPORARY VIEW v AS SELECT * FROM b; -- passed on",
        "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM v;",
    )
    found = fixed(members, Linter(Selection(select=("LDP1",))))
    assert [c.source.text for c in found.members.cells][1:] == [
        "-- é 🙂\r\nCREATE TEMPORARY VIEW v AS SELECT * FROM STREAM(b); -- passed on",
        "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(v);",
    ]


def _chain(count: int) -> str:
    first = "CREATE TEMPORARY VIEW v0 AS SELECT * FROM b;\n"
    return first + "".join(f"CREATE TEMPORARY VIEW v{i} AS SELECT * FROM v{i - 1};\n" for i in range(1, count))


def _doubled(count: int) -> str:
    first = "CREATE TEMPORARY VIEW v0 AS SELECT * FROM b;\n"
    joins = (f"SELECT x.id FROM v{i - 1} x JOIN v{i - 1} y ON x.id = y.id" for i in range(1, count))
    return first + "".join(f"CREATE TEMPORARY VIEW v{i} AS {join};\n" for i, join in enumerate(joins, 1))


@pytest.mark.parametrize("views, count", [(_chain, 600), (_doubled, 60)])
@pytest.mark.parametrize("word", ["{}", "STREAM({})"])
def test_long_ways_through_views_end(views, count: int, word: str) -> None:
    source = "CREATE OR REFRESH STREAMING TABLE b AS SELECT * FROM STREAM read_files('/in');\n"
    text = source + views(count).replace("FROM b", f"FROM {word.format('b')}")
    text += f"CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM {word.format(f'v{count - 1}')};"
    assert_quick(lambda: Linter().lint(graph(_of(text))), 20)


def test_ctes_that_are_read_twice_each_end() -> None:
    ctes = ", ".join(f"c{i} AS (SELECT x.id FROM c{i - 1} x JOIN c{i - 1} y ON x.id = y.id)" for i in range(1, 50))
    source = "CREATE OR REFRESH STREAMING TABLE b AS SELECT * FROM STREAM read_files('/in');\n"
    text = f"{source}CREATE OR REFRESH STREAMING TABLE t AS WITH c0 AS (SELECT * FROM b), {ctes} SELECT id FROM c49;"
    assert "LDP101" in _codes(text)


def _texts() -> list[str]:
    rows = json.loads((Path(__file__).parent / "spark_verdicts.json").read_text("utf-8"))
    head = "-- 🙂 first\r\nCREATE OR REFRESH STREAMING TABLE t -- kept\r\nAS /* and this */ "
    return [head + text.replace(" FROM ", " -- from\r\nFROM ", 1) + ";\r\n-- last" for text, _ in rows]


@pytest.mark.parametrize("unsafe", [False, True])
def test_fixes_keep_comments_and_are_done_when_they_are_done(unsafe: bool) -> None:
    linter = Linter(Selection(select=("LDP1", "LDP2")))
    for text in _texts()[::3]:
        once = fixed(_of(text), linter, unsafe=unsafe)
        after = once.members.cells[0].source.text
        for comment in ("-- 🙂 first\r\n", "-- kept\r\n", "/* and this */", "-- from\r\n", "\r\n-- last"):
            assert comment in after, (text, after)
        assert not {f.code for f in once.findings} & {"LDP001"}, after
        assert not fixed(once.members, linter, unsafe=unsafe).changes, after
