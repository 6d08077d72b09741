"""Which dataset a name means, in every way it may be written."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ldp_magic.pipeline import across, build
from ldp_magic.pipeline.model import ColumnType, Pipeline
from ldp_magic.pipeline.names import Names, filled, parts_in, written
from ldp_magic.sql import read
from ldp_magic.text import Source

MV = "CREATE MATERIALIZED VIEW"


def pipeline(
    *texts: str,
    parameters: Mapping[str, str] | None = None,
    catalog: str = "",
    schema: str = "",
    target: str = "databricks",
    locked: tuple[str, ...] = (),
    name: str = "p",
) -> Pipeline:
    scripts = [read(Source(f"{i}.sql", None, text).whole()) for i, text in enumerate(texts)]
    held = {n: (ColumnType(name="a", type="int"),) for n in locked}
    return build(name, scripts, parameters=parameters, catalog=catalog, schema=schema, target=target, locked=held)


def reads(found: Pipeline, name: str) -> list[tuple[str, str]]:
    return [(r.name, r.kind) for r in found.datasets[name].reads]


SPELLINGS = """t|T|`t`|`T`|LIVE.t|live.T|gold.t|GOLD.`t`|main.gold.t|Main.Gold.T|${s}.t|main.${s}.t|${full}|${ s }.t
|`main`.`gold`.`t`|${s}.${n}|gold . t|/* c */ t""".replace("\n", "")


@pytest.mark.parametrize("written_as", SPELLINGS.split("|"))
def test_every_spelling_of_a_dataset_of_the_pipeline(written_as: str) -> None:
    text = f"{MV} t AS SELECT 1 AS a; {MV} r AS SELECT * FROM {written_as}"
    values = {"s": "gold", "full": "main.gold.t", "n": "t"}
    found = pipeline(text, parameters=values, catalog="main", schema="gold")
    assert reads(found, "r") == [("t", "dataset")]
    assert found.datasets["t"].readers == ("r",)


@pytest.mark.parametrize("written_as", ["silver.t", "other.gold.t", "main.silver.t", "${unset}.t", "`gold.t`"])
def test_names_that_mean_something_else(written_as: str) -> None:
    text = f"{MV} t AS SELECT 1 AS a; {MV} r AS SELECT * FROM {written_as}"
    found = pipeline(text, catalog="main", schema="gold")
    assert [kind for _, kind in reads(found, "r")] == ["external"]


@pytest.mark.parametrize(
    ("use", "means"),
    [
        ("USE SCHEMA silver", "main.silver.t"),
        ("USE silver", "main.silver.t"),
        ("USE main.silver", "main.silver.t"),
        ("USE SCHEMA `silver`", "main.silver.t"),
        ("USE SCHEMA ${layer}", "main.silver.t"),
        ("USE CATALOG other; USE SCHEMA gold", "other.gold.t"),
        ("SET CATALOG other; USE gold", "other.gold.t"),
        ("USE SCHEMA silver; USE SCHEMA gold", "main.gold.t"),
        ("", "main.gold.t"),
    ],
)
def test_use_completes_the_names_behind_it(use: str, means: str) -> None:
    makes = f"{MV} main.gold.t AS SELECT 1; {MV} main.silver.t AS SELECT 1; {MV} other.gold.t AS SELECT 1"
    text = f"{use}; {MV} main.out.r AS SELECT * FROM t"
    found = pipeline(makes, text, parameters={"layer": "silver"}, catalog="main", schema="gold")
    assert reads(found, "r") == [(means, "dataset")]


def test_use_holds_for_its_own_source() -> None:
    found = pipeline(f"USE SCHEMA silver; {MV} a AS SELECT 1", f"{MV} b AS SELECT 1", catalog="main", schema="gold")
    assert [d.qualified for d in found.datasets.values()] == [("main", "silver", "a"), ("main", "gold", "b")]


def test_names_of_two_schemas_are_told_apart() -> None:
    found = pipeline(f"{MV} gold.x AS SELECT * FROM silver.x; {MV} silver.x AS SELECT 1", schema="gold")
    assert set(found.datasets) == {"gold.x", "silver.x"}
    assert reads(found, "gold.x") == [("silver.x", "dataset")]


def test_parameters_nobody_set_match_themselves() -> None:
    found = pipeline(f"{MV} ${{cat}}.s.t AS SELECT 1; {MV} r AS SELECT * FROM ${{ cat }}.s.t")
    assert reads(found, "r") == [("t", "dataset")]
    assert pipeline(f"{MV} r AS SELECT * FROM ${{cat}}.s.t").externals.keys() == {"${cat}.s.t"}


def test_a_dot_inside_back_ticks_parts_nothing() -> None:
    found = pipeline(f"{MV} `a.b` AS SELECT 1; {MV} r AS SELECT * FROM `a.b`; {MV} q AS SELECT * FROM a.b")
    assert reads(found, "r") == [("a.b", "dataset")]
    assert reads(found, "q") == [("a.b", "external")]


def test_a_temporary_view_hides_the_table_of_its_name_from_readers_not_from_flows() -> None:
    view = "CREATE TEMPORARY VIEW x AS SELECT * FROM raw.e"
    text = f"CREATE STREAMING TABLE x; {view}; {MV} r AS SELECT * FROM x; {MV} q AS SELECT * FROM gold.x;"
    flow = "CREATE FLOW f AS INSERT INTO x BY NAME SELECT * FROM STREAM(raw.e)"
    found = pipeline(text + flow, schema="gold")
    kinds = {name: d.kind for name, d in found.datasets.items()}
    hidden = next(name for name, kind in kinds.items() if kind == "temporary view")
    table = next(name for name, kind in kinds.items() if kind == "streaming table")
    assert reads(found, "r") == [(hidden, "dataset")]
    assert reads(found, "q") == [(table, "dataset")]
    assert [f.name for f in found.datasets[table].flows] == ["f"]
    assert found.duplicates == ()


def test_the_first_of_two_definitions_counts_and_both_are_named() -> None:
    text = f"{MV} t AS SELECT * FROM a.a; {MV} T AS SELECT * FROM b.b; CREATE TEMPORARY VIEW v AS SELECT 1;"
    found = pipeline(text + "CREATE TEMPORARY VIEW V AS SELECT 2", f"{MV} gold.t AS SELECT 3", schema="gold")
    assert [(a.name.last, b.name.last, b.location.source.name) for a, b in found.duplicates] == [
        ("t", "T", "0.sql"),
        ("v", "V", "0.sql"),
        ("t", "t", "1.sql"),
    ]
    assert reads(found, "t") == [("a.a", "external")]


@pytest.mark.parametrize(
    ("target", "names", "duplicates", "kind", "suggestion"),
    [
        ("databricks", ["Zz", "r"], 1, "dataset", ""),
        ("spark-4.3", ["Zz", "ZZ", "r"], 0, "missing", "Zz"),
        ("spark-4.1", ["Zz", "ZZ", "r"], 0, "missing", "Zz"),
    ],
)
def test_case_counts_for_open_source_spark(
    target: str, names: list[str], duplicates: int, kind: str, suggestion: str
) -> None:
    text = f"{MV} Zz AS SELECT 1; {MV} ZZ AS SELECT 2; {MV} r AS SELECT * FROM zZ"
    found = pipeline(text, target=target)
    assert (list(found.datasets), len(found.duplicates)) == (names, duplicates)
    assert [(r.kind, r.suggestion) for r in found.datasets["r"].reads] == [(kind, suggestion)]


# -- what is missing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "locked", "kind", "suggestion"),
    [
        ("SELECT * FROM evnts", (), "missing", "events"),
        ("SELECT * FROM Event", (), "missing", "events"),
        ("SELECT * FROM LIVE.evnts", (), "missing", "events"),
        ("SELECT * FROM LIVE.nothing", (), "missing", ""),
        ("SELECT * FROM gold.evnts", (), "external", "events"),
        ("SELECT * FROM silver.evnts", (), "external", ""),
        ("SELECT * FROM customers", (), "external", ""),
        ("SELECT * FROM customers", ("other",), "external", ""),
        ("SELECT * FROM evnts", ("evnts",), "external", "events"),
        ("SELECT * FROM evnts", ("gold.evnts",), "external", "events"),
        ("SELECT * FROM sales_2023", (), "external", ""),
        ("SELECT * FROM userprofiles", (), "missing", "user_profiles"),
        ("WITH evnts AS (SELECT 1) SELECT * FROM evnts", (), None, ""),
    ],
)
def test_a_slip_of_a_name_is_missing_and_says_what_was_meant(
    text: str, locked: tuple[str, ...], kind: str | None, suggestion: str
) -> None:
    makes = f"{MV} events AS SELECT 1; {MV} user_profiles AS SELECT 1; {MV} sales_2024 AS SELECT 1;"
    found = pipeline(makes + f"{MV} r AS {text}", schema="gold", locked=locked)
    assert [(r.kind, r.suggestion) for r in found.datasets["r"].reads] == ([(kind, suggestion)] if kind else [])
    assert [reader for reader, _ in found.missing] == (["r"] if kind == "missing" else [])


def test_with_a_lock_and_no_schema_an_unlocked_short_name_is_missing() -> None:
    assert reads(pipeline(f"{MV} r AS SELECT * FROM customers", locked=("orders",)), "r") == [("customers", "missing")]
    assert reads(pipeline(f"{MV} r AS SELECT * FROM orders", locked=("orders",)), "r") == [("orders", "external")]


def test_a_flow_into_nothing_is_kept_and_its_reads_are_looked_at() -> None:
    text = f"{MV} events AS SELECT 1; CREATE FLOW f AS INSERT INTO nope BY NAME SELECT * FROM STREAM(evnts)"
    found = pipeline(text)
    assert [(f.name, f.target, f.target_found) for f in found.flows if not f.target_found] == [("f", "nope", False)]
    assert [(reader, r.suggestion) for reader, r in found.missing] == [("f", "events")]


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("evnts", "events"),
        ("eventss", "events"),
        ("evetns", "events"),
        ("avents", "events"),
        ("EVENT", "events"),
        ("dailymetrics", "daily_metrics"),
        ("daily_metric", "daily_metrics"),
        ("orders_v1", ""),
        ("orders_v3", ""),
        ("x", ""),
        ("", ""),
        ("something_else", ""),
        ("évents", "events"),
        ("events" * 1000, ""),
    ],
)
def test_the_nearest_name(slip: str, meant: str) -> None:
    assert Names(["events", "daily_metrics", "orders_v2", "ab"]).nearest(slip) == meant


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a.b.c", ("a", "b", "c")),
        ("`a.b`.c", ("a.b", "c")),
        ("a.`b``c`", ("a", "b`c")),
        ("", ()),
        (".", ()),
        ("a", ("a",)),
    ],
)
def test_parts_of_a_dotted_name(text: str, parts: tuple[str, ...]) -> None:
    assert parts_in(text) == parts


def test_parameters_are_filled_once() -> None:
    assert filled("${a}/${b}/${ a }", {"a": "${b}", "b": "x"}) == "${b}/x/${b}"
    assert filled("${a b}", {}) == "${a b}"
    assert written(("LIVE", "${t}"), {"t": "main.`g.h`.t"}) == ("main", "g.h", "t")
    assert written(("live",), {}) == ("live",)


# -- several pipelines ----------------------------------------------------------------------------------


def test_pipelines_of_one_repository_see_each_other() -> None:
    makes = pipeline("CREATE STREAMING TABLE main.raw.e AS SELECT * FROM STREAM read_files('/e')", name="bronze")
    view = pipeline(f"{MV} raw.m AS SELECT 1 AS a", catalog="main", name="marts")
    takes = pipeline(f"{MV} r AS SELECT * FROM RAW.E JOIN main.raw.m JOIN raw.nobody", catalog="main", name="gold")
    found = across([makes, view, takes])[2].externals
    assert found["RAW.E"].streamness == "append"
    assert found["RAW.E"].reason == "pipeline bronze makes it: its flow only adds rows"
    assert found["main.raw.m"].streamness == "changing"
    assert found["raw.nobody"].reason == "read whole, as it is at the start of each update"


def test_unqualified_names_of_unrelated_pipelines_never_meet() -> None:
    one = pipeline("CREATE STREAMING TABLE e AS SELECT * FROM STREAM read_files('/e')", name="one")
    two = pipeline(f"{MV} r AS SELECT * FROM e", name="two")
    assert across([one, two])[1].externals["e"].streamness == "snapshot"


def test_temporary_views_stay_inside_their_pipeline() -> None:
    one = pipeline("CREATE TEMPORARY VIEW e AS SELECT * FROM STREAM(a.b)", catalog="c", schema="s", name="one")
    two = pipeline(f"{MV} r AS SELECT * FROM c.s.e", name="two")
    assert across([one, two])[1].externals["c.s.e"].streamness == "snapshot"


def test_no_scripts_make_an_empty_pipeline() -> None:
    found = pipeline()
    assert (dict(found.datasets), dict(found.externals), found.cycles, found.missing) == ({}, {}, (), ())


# -- cycles ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        (f"{MV} a AS SELECT * FROM a", (("a",),)),
        (f"{MV} a AS SELECT * FROM b; {MV} b AS SELECT * FROM a", (("a", "b"),)),
        (f"{MV} a AS SELECT * FROM c; {MV} b AS SELECT * FROM a; {MV} c AS SELECT * FROM b", (("a", "c", "b"),)),
        ("CREATE STREAMING TABLE a; CREATE FLOW f AS INSERT INTO a BY NAME SELECT * FROM STREAM(a)", (("a",),)),
        (f"{MV} a AS WITH a AS (SELECT 1 AS x) SELECT * FROM a", ()),
        (f"{MV} s.a AS SELECT * FROM r.a", ()),
    ],
)  # fmt: skip
def test_cycles(text: str, cycles: tuple[tuple[str, ...], ...]) -> None:
    assert pipeline(text).cycles == cycles


def test_three_thousand_datasets_in_a_row_are_one_path() -> None:
    text = ";\n".join(f"{MV} t{i} AS SELECT * FROM t{i + 1}" for i in range(3_000))
    found = pipeline(text)
    assert len(found.datasets) == 3_000 and found.datasets["t0"].layer == 2_999 and not found.cycles


def test_a_flow_writes_through_parameters_without_a_value() -> None:
    """What is written is of this pipeline; what is read under another schema may be another table."""
    found = pipeline(
        "CREATE STREAMING TABLE ${cat}.${schema}.mail; CREATE STREAMING TABLE ${cat}.${schema}.post;"
        "CREATE FLOW f AS INSERT INTO silver.mail BY NAME SELECT * FROM STREAM(bronze.mail);"
    )
    assert [f.name for f in found.datasets["mail"].flows] == ["f"]
    assert reads(found, "mail") == [("bronze.mail", "external")]
    assert not found.datasets["post"].flows
