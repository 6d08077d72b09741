"""Rules on change data capture, old spellings and cost: what their examples cannot say."""

import pytest

from ldp_magic.lint.example import findings_in, mended
from ldp_magic.lint.incremental import reasons
from ldp_magic.lint.properties import properties_of
from ldp_magic.lint.rule import Example, all_rules
from ldp_magic.lint.select import Selection
from ldp_magic.lint.words import names_in, rewritten
from ldp_magic.sql import read
from ldp_magic.sql.query import facts_of
from ldp_magic.text import Source, apply_edits

OURS = tuple(r.code for r in all_rules() if r.code[3] in "456")
FLOW = "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.changes) KEYS (id) "
TABLE = "CREATE OR REFRESH STREAMING TABLE t;\n"
ZORDER = "TBLPROPERTIES ('pipelines.autoOptimize.zOrderCols' = 'a')"
VIEW = "CREATE OR REFRESH MATERIALIZED VIEW m AS "


def found(text: str, *codes: str, **circumstances):
    return findings_in(Example(text=text, **circumstances), Selection(select=codes or OURS))


def codes(text: str, *wanted: str, **circumstances) -> list[str]:
    return [f.code for f in found(text, *wanted, **circumstances)]


# -- severities per target ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code, text, databricks, spark",
    [
        ("LDP404", FLOW.replace("STREAM(main.raw.changes)", "(SELECT * FROM STREAM(main.raw.c))"), "warning", None),
        ("LDP411", FLOW + "SEQUENCE BY seq APPLY AS DELETE WHEN gone", "warning", None),
        ("LDP415", FLOW + "SEQUENCE BY seq COLUMNS (id, v)", "warning", None),
        ("LDP415", FLOW + "SEQUENCE BY seq COLUMNS id, v", None, "error"),
        ("LDP501", "CREATE MATERIALIZED VIEW m AS SELECT id FROM LIVE.b", "warning", "error"),
        ("LDP503", "CREATE STREAMING LIVE TABLE u AS SELECT * FROM STREAM(main.raw.s)", "warning", "error"),
        ("LDP603", VIEW + "SELECT current_date() AS d FROM main.raw.s", "info", None),
        ("LDP608", VIEW + "SELECT a FROM csv.`/in`", "warning", None),
        ("LDP615", VIEW + "SELECT a FROM main.raw.a EXCEPT SELECT a FROM main.raw.b", "info", None),
    ],
)
def test_severity_per_target(code: str, text: str, databricks: str | None, spark: str | None) -> None:
    for target, wanted in (("databricks", databricks), ("spark-4.3", spark)):
        said = [f.severity for f in found(TABLE + text, code, target=target)]
        assert said == ([wanted] if wanted else []), target


# -- silence where knowledge is missing -----------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        TABLE + FLOW.replace("(id)", "(${keys})") + "SEQUENCE BY ${seq} STORED AS SCD TYPE ${kind};",
        TABLE + FLOW + "SEQUENCE BY seq COLUMNS * EXCEPT (${drop});",
        "CREATE OR REFRESH STREAMING TABLE t (${cols}) PARTITIONED BY (${p}) AS SELECT * FROM STREAM(main.raw.s);",
        "CREATE LIVE TABLE t (${t.cols}) AS SELECT * FROM main.raw.s",
        VIEW + "SELECT ${cols} FROM main.raw.s",
    ],
)
def test_a_parameter_is_no_mistake(text: str) -> None:
    assert not [f for f in found(text) if f.severity == "error"]


def test_arguments_that_only_a_run_puts_together_are_not_missing() -> None:
    head = 'from pyspark import pipelines as dp\ndp.create_streaming_table("t")\n'
    assert not codes(head + 'dp.create_auto_cdc_flow(target="t", source="s", **options)\n', "LDP402", python=True)
    assert codes(head + 'dp.create_auto_cdc_flow(target="t", source="s", keys=["id"])\n', "LDP402", python=True)


def test_a_lost_flow_is_looked_at_too() -> None:
    assert codes("CREATE FLOW f AS AUTO CDC INTO nowhere FROM main.raw.s KEYS (id)", "LDP402", "LDP403") == [
        "LDP402",
        "LDP403",
    ]


# -- what two rules could both say ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("CREATE TEMPORARY LIVE TABLE t AS SELECT a FROM main.raw.s", {"LDP507"}),
        ("CREATE TEMPORARY LIVE VIEW t AS SELECT a FROM main.raw.s", {"LDP504"}),
        (VIEW + "SELECT a FROM main.raw.s ORDER BY a", {"LDP611"}),
        (VIEW + "SELECT uuid() AS k, a FROM main.raw.s", {"LDP602"}),
        (VIEW + "SELECT a FROM read_files('/in', format => 'json')", {"LDP607", "LDP608"}),
        (VIEW + "SELECT sum(a) OVER () AS s FROM main.raw.s", {"LDP606"}),
        (TABLE[:-2] + " AS SELECT id FROM STREAM(main.raw.s);\n" + FLOW + "SEQUENCE BY seq", {"LDP409"}),
        (
            "CREATE LIVE TABLE t " + ZORDER + " AS SELECT a FROM main.raw.s",
            {"LDP502", "LDP509"},
        ),
    ],
)
def test_a_thing_is_said_once(text: str, wanted: set[str]) -> None:
    assert set(codes(text)) == wanted


def test_each_reason_for_a_full_recompute_is_said_once() -> None:
    text = VIEW + "SELECT a FROM main.raw.a LIMIT 3 UNION ALL (SELECT b FROM main.raw.b LIMIT 5)"
    assert len(codes(text.replace("a LIMIT 3", "a"), "LDP615")) == 1


@pytest.mark.parametrize(
    "query, whys",
    [
        ("SELECT a, count(*) AS n FROM t GROUP BY a HAVING count(*) > 1", set()),
        ("SELECT a, n FROM (SELECT a, count(*) AS n FROM t GROUP BY a) WHERE n > 1", set()),
        ("SELECT sum(n) AS s FROM (SELECT a, count(*) AS n FROM t GROUP BY a)", {"aggregate"}),
        ("SELECT * FROM (SELECT a, sum(b) AS b FROM t GROUP BY a UNION ALL SELECT a, b FROM u)", set()),
        ("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a)", {"subquery"}),
        ("SELECT a FROM t WHERE d > current_date - 3", set()),
        ("SELECT a, current_date AS d FROM t", {"clock"}),
        ("SELECT a, now() AS d FROM t", {"varies"}),
        ("SELECT max(d) AS now FROM t", set()),
        ("SELECT rank() OVER (w ORDER BY b) AS r FROM t WINDOW w AS (PARTITION BY a)", set()),
        ("SELECT a FROM t MINUS SELECT a FROM u", {"operator"}),
    ],
)
def test_reasons(query: str, whys: set[str]) -> None:
    assert {r.why for r in reasons(facts_of(query))} == whys


def test_reasons_of_many_ctes_that_each_read_the_last_twice() -> None:
    ctes = ["c0 AS (SELECT a, count(*) AS n FROM t GROUP BY a)"]
    ctes += [f"c{i} AS (SELECT x.a, y.n FROM c{i - 1} x JOIN c{i - 1} y ON x.a = y.a)" for i in range(1, 60)]
    assert [r.why for r in reasons(facts_of(f"WITH {', '.join(ctes)} SELECT a FROM c59"))] == ["aggregate"]


# -- places ---------------------------------------------------------------------------------------------


def test_fixes_land_right_behind_an_emoji_and_a_byte_order_mark() -> None:
    cdc = "apply changes into LIVE.t from stream(LIVE.t2) keys (id, é) sequence by s columns * except (É, x);"
    text = "\ufeff-- 🐟 fish\r\n" + TABLE.replace("\n", "\r\n") + cdc
    findings = found(text, "LDP501", "LDP407")
    mend = mended(Example(text=text), findings)
    assert "into t from stream(t2) keys (id, é) sequence by s columns * except (x);" in mend
    assert mend.startswith("\ufeff-- 🐟 fish\r\n")


@pytest.mark.parametrize(
    "head, words, after",
    [
        ("CREATE OR REFRESH LIVE TABLE", "CREATE OR REFRESH STREAMING TABLE", "CREATE OR REFRESH STREAMING TABLE"),
        ("create  temporary\r\nlive view", "CREATE TEMPORARY VIEW", "create  temporary\r\nview"),
        (
            "create /* a */ streaming -- b\n live table",
            "CREATE STREAMING TABLE",
            "create /* a */ streaming -- b\n table",
        ),
        ("CREATE LIVE VIEW", "CREATE TEMPORARY VIEW", "CREATE TEMPORARY VIEW"),
        ("CREATE TABLE", "CREATE PRIVATE STREAMING TABLE", "CREATE PRIVATE STREAMING TABLE"),
        ("CREATE VIEW", "CREATE VIEW", "CREATE VIEW"),
    ],
)
def test_words_are_rewritten_around_comments(head: str, words: str, after: str) -> None:
    source = Source("a.sql", None, head)
    assert apply_edits(rewritten(source.whole(), words.split())).get(source, head) == after


@pytest.mark.parametrize(
    "text, names",
    [
        ("(a, b.c)", ["a", "b.c"]),
        ("a, `b c`", ["a", "b c"]),
        ("* EXCEPT (a, -- x\n b)", ["a", "b"]),
        ("ON * EXCEPT (a)", ["a"]),
        ("()", []),
        ("", []),
        ("(a, )", ["a"]),
        ("(lower(a))", ["lower"]),
    ],
)
def test_names_of_a_list(text: str, names: list[str]) -> None:
    assert [n for n, _ in names_in(Source("a.sql", None, text).whole())] == names


def test_properties_keep_their_places() -> None:
    text = "CREATE STREAMING TABLE t TBLPROPERTIES (a.b = 1, \"c\" 'd', 'e' = true);"
    statement = read(Source("a.sql", None, text).whole()).statements[0]
    held = properties_of(statement)  # type: ignore[arg-type]
    assert [(p.key, p.value, p.key_at.text) for p in held] == [
        ("a.b", "1", "a.b"),
        ("c", "d", '"c"'),
        ("e", "true", "'e'"),
    ]


# -- broken input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", [b for r in all_rules() if r.code in OURS for b in r.bad][::7])
def test_cut_off_examples_hurt_nobody(example: Example) -> None:
    for end in range(0, len(example.text), 11):
        kept = {k: getattr(example, k) for k in ("target", "python", "parameters", "locked")}
        for finding in found(example.text[:end], **kept):
            assert finding.location.end <= end
            mended(Example(text=example.text[:end], **kept), (finding,))
