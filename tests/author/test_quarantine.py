"""The pair of statements that puts every row in one of two tables: linted, run on the engine, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

import ldp_magic
from ldp_magic.author.quarantine import Pair, pair
from ldp_magic.errors import LdpError
from ldp_magic.verbs.graph import read
from tests.runs.project import Project

FILES = "read_files('landing', format => 'csv', header => true, schema => 'id INT, a INT, b INT, who STRING')"
ROWS = "id,a,b,who\n1,0,1,ann\n2,9,1,\n3,5,9,x y\n4,-1,1,ann\n5,10,1,ann\n6,,1,ann\n7,,,\n"
SQL = {
    "streaming": f"""CREATE OR REFRESH STREAMING TABLE t (
  CONSTRAINT small EXPECT (a BETWEEN 0 AND 9 -- both ends
  ) ON VIOLATION DROP ROW,
  CONSTRAINT named EXPECT (t.who <> 'x y' OR a = 5) ON VIOLATION DROP ROW,
  CONSTRAINT warned EXPECT (b > 0)
)
COMMENT 'some rows'
AS SELECT
  id, a, b, -- why
  who
FROM STREAM {FILES};
""",
    "lower case, four blanks, declared types": f"""create or refresh streaming table t (
    id bigint,
    `a b` double,
    constraint small expect (`a b` > 0.5) on violation drop row
)
as select cast(id as bigint) as id, cast(a as double) as `a b`
from stream {FILES};
""",
    "materialized view": f"""CREATE OR REFRESH STREAMING TABLE raw AS SELECT * FROM STREAM {FILES};
CREATE OR REFRESH MATERIALIZED VIEW t (CONSTRAINT much EXPECT (total > 5) ON VIOLATION DROP ROW)
AS WITH sums AS (SELECT b, sum(a) AS total FROM raw GROUP BY b) SELECT b AS id, total FROM sums;
""",
    "windows": """CREATE OR REFRESH STREAMING TABLE t (CONSTRAINT several EXPECT (n > 1) ON VIOLATION DROP ROW)
AS SELECT window.start AS id, count(*) AS n
FROM STREAM read_files('times', format => 'csv', header => true, schema => 'ts TIMESTAMP')
  WATERMARK ts DELAY OF INTERVAL 1 HOUR
GROUP BY window(ts, '1 hour');
""",
    "text over lines": f"""CREATE OR REFRESH STREAMING TABLE t (CONSTRAINT c EXPECT (a > 0 AND note = 'a\n b') ON VIOLATION DROP ROW)
AS SELECT id, a,
  'a\n b' AS note
FROM STREAM {FILES};
""",
}
PYTHON = {
    "several lines": '''from pyspark import pipelines as dp
from pyspark.sql import functions as F


@dp.table(comment="raw")
def raw():
    return spark.readStream.format("csv").option("header", True).schema("id INT, a INT, who STRING").load("landing2")


@dp.table(name="t", comment="x")
@dp.expect_or_drop("small", "a BETWEEN 0 AND 9")
@dp.expect_all_or_drop({"named": "t.who <> 'x \\"y'"})
@dp.expect("warned", "id > 100")
def made():
    """What is in it."""
    rows = spark.readStream.table("raw")
    return (
        rows.withColumn("c", F.col("a") + 1)
        .select("id", "a", "who", "c")
    )
''',
    "one line": """from pyspark import pipelines as dp


@dp.table(comment="raw")
def raw():
    return spark.readStream.format("csv").option("header", True).schema("id INT, a INT, who STRING").load("landing2")


@dp.table(comment="x")
@dp.expect_or_drop("small", "a > 3")
def t():
    return spark.readStream.table("raw").select("id",
        "a")
""",
}
CASES = [pytest.param("p.sql", text, id=name) for name, text in SQL.items()]
CASES += [pytest.param("p.py", text, id=name) for name, text in PYTHON.items()]


def pair_of(root: Path, name: str = "t") -> Pair:
    (pipeline,) = read(root).pipelines
    return pair(pipeline, pipeline.datasets[name])


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.put("ldp.toml", "")
    project.put("landing/1.csv", ROWS)
    project.put("landing2/1.csv", 'id,a,who\n1,4,ann\n2,5,"x ""y"\n3,,ann\n4,9,\n5,40,ann\n')
    hours = ("00:00:00", "00:10:00", "01:00:00", "05:00:00", "15:00:00")
    project.put("times/1.csv", "ts\n" + "".join(f"2026-01-01 {hour}\n" for hour in hours))
    return project


@pytest.mark.parametrize(("file", "text"), CASES)
def test_every_row_is_in_one_of_the_two(project: Project, file: str, text: str):
    """And the linter finds nothing in the pair that it did not find in the author's own statement."""
    path = project.put(file, text)
    found = pair_of(project.root)
    before = {each.code for each in ldp_magic.lint(str(project.root)).findings}
    assert found.valid.rstrip(";") in text
    path.write_text(text.replace(found.valid.rstrip(";"), found.text.rstrip("\n").rstrip(";")))
    after = {each.code for each in ldp_magic.lint(str(project.root)).findings}
    assert after <= before
    project.fine()
    valid, broken = project.values("id", "t"), project.values("id", "t_quarantine")
    bare = text.replace(" ON VIOLATION DROP ROW", "").replace(" on violation drop row", "").replace("_or_drop", "")
    path.write_text(bare.replace("expect_all(", "expect_all("))
    project.fine(full_refresh=["all"])
    assert valid and broken and not set(valid) & set(broken)
    assert sorted([*valid, *broken], key=repr) == sorted(project.values("id", "t"), key=repr)


def test_the_style_of_the_author(project: Project):
    project.put("p.sql", SQL["lower case, four blanks, declared types"].replace("table t", "table main.s.t"))
    found = pair_of(project.root)
    assert found.broken == (
        "create or refresh streaming table main.s.t_quarantine\n"
        "comment 'rows that t leaves out'\n"
        "as select *\n"
        "from (\n"
        "    select\n"
        "        cast(id as bigint) as id,\n"
        "        cast(`a b` as double) as `a b`\n"
        "    from (\n"
        "        select cast(id as bigint) as id, cast(a as double) as `a b`\n"
        f"        from stream {FILES}\n"
        "    )\n"
        ") as t\n"
        "where not coalesce(`a b` > 0.5, false);"
    )


def test_the_function_of_the_author(project: Project):
    project.put("p.py", PYTHON["several lines"])
    assert pair_of(project.root).broken == (
        '@dp.table(comment="rows that t leaves out")\n'
        "def t_quarantine():\n"
        '    rows = spark.readStream.table("raw")\n'
        "    return (\n"
        '        rows.withColumn("c", F.col("a") + 1)\n'
        '        .select("id", "a", "who", "c")\n'
        '        .alias("t")\n'
        "        .where(\n"
        '            "NOT coalesce(a BETWEEN 0 AND 9, false)"\n'
        '            " OR NOT coalesce(t.who <> \'x \\"y\', false)"\n'
        "        )\n"
        "    )"
    )


DROP = "CONSTRAINT c EXPECT ({}) ON VIOLATION DROP ROW"


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("p.sql", "CREATE MATERIALIZED VIEW t (CONSTRAINT c EXPECT (a > 0)) AS SELECT 1 AS a;", "drops rows"),
        ("p.sql", f"CREATE STREAMING TABLE t ({DROP.format('a > 0')});\nCREATE FLOW f AS INSERT INTO t BY NAME SELECT a FROM STREAM(s.x);", "one query"),
        ("p.sql", f"CREATE MATERIALIZED VIEW t ({DROP.format('a > 0')}) AS SELECT rand() AS a;", "cannot be told apart"),
        ("p.sql", f"CREATE MATERIALIZED VIEW t ({DROP.format('a > 0')}) AS SELECT a FROM s.x LIMIT 5;", "cannot be told apart"),
        ("p.sql", f"CREATE MATERIALIZED VIEW t (a INT, {DROP.format('a > 0')}) AS SELECT * FROM s.x;", "declares its columns"),
        ("p.sql", f"CREATE MATERIALIZED VIEW t ({DROP.format('a > 0')}) AS SELECT 1 AS a;\nCREATE MATERIALIZED VIEW t_quarantine AS SELECT 1 AS a;", "is there already"),
        ("p.py", "from pyspark import pipelines as dp\nfor n in ['t']:\n    @dp.table(name=n)\n    @dp.expect_or_drop('c', 'a > 0')\n    def f():\n        return spark.readStream.table('s.x')\n", "function of its own"),
        ("p.py", "from pyspark import pipelines as dp\n@dp.table\n@dp.expect_or_drop('c', 'a > 0')\ndef t():\n    if spark:\n        return spark.readStream.table('s.x')\n    return spark.readStream.table('s.y')\n", "only return"),
        ("p.py", "from pyspark import pipelines as dp\n@dp.table(schema='a INT')\n@dp.expect_or_drop('c', 'a > 0')\ndef t():\n    return spark.readStream.table('s.x')\n", "declares a schema"),
    ],
)  # fmt: skip
def test_what_is_refused(project: Project, file: str, text: str, said: str):
    project.put(file, text)
    with pytest.raises(LdpError) as error:
        pair_of(project.root)
    assert said in error.value.what and error.value.why and error.value.fix


def test_a_clock_is_said(project: Project):
    condition = DROP.format("at <= current_timestamp()")
    project.put("p.sql", f"CREATE MATERIALIZED VIEW t ({condition}) AS SELECT a, at FROM s.x;")
    assert pair_of(project.root).text.startswith("-- current_timestamp is asked twice: ")
