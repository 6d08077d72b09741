"""What the plan says that an edit does to the rows, told from the two texts alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldp_magic.deploy.effects import DROPS_INACTIVE, Effect, effects
from tests.deploy.plan.pipelines import wanted

T = "CREATE OR REFRESH STREAMING TABLE t AS SELECT id, v FROM STREAM raw;\n"
AFTER_T = "CREATE OR REFRESH STREAMING TABLE u AS SELECT * FROM STREAM t;\n"
VIEW_OF_T = "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT count(*) AS n FROM t;\n"
RULE = "CREATE OR REFRESH STREAMING TABLE t (CONSTRAINT ok EXPECT ({}){}) AS SELECT id, v FROM STREAM raw;\n"
GROUPS = (
    "CREATE OR REFRESH STREAMING TABLE t AS SELECT {0}, window.start AS w, count(*) AS n"
    " FROM STREAM raw WATERMARK ts DELAY OF INTERVAL {1} GROUP BY {0}, window(ts, '1 hour');\n"
)
WHOLE = "CREATE OR REFRESH STREAMING TABLE t AS SELECT k, {} AS n FROM STREAM raw GROUP BY k;\n"
CDC = (
    "CREATE OR REFRESH STREAMING TABLE t;\nCREATE FLOW f AS AUTO CDC INTO t FROM STREAM raw KEYS ({}) SEQUENCE BY {};\n"
)
FLOW = "CREATE OR REFRESH STREAMING TABLE t;\nCREATE FLOW {} AS INSERT INTO t BY NAME SELECT id FROM STREAM {};\n"
VIEW = "CREATE OR REFRESH MATERIALIZED VIEW t AS SELECT id FROM raw{};\n"
JOIN = "CREATE OR REFRESH STREAMING TABLE t AS SELECT a.id FROM STREAM a JOIN STREAM b ON {};\n"
EDITS = [
    ("comment only", T, T.replace("SELECT", "SELECT -- the new ones\n "), "none"),
    ("layout and case", T, T.lower(), "none"),
    ("comment of the table", T, T.replace("t AS", "t COMMENT 'x' AS", 1), "none"),
    ("a column more", T, T.replace("v FROM", "v, w FROM"), "forward only"),
    ("a filter", T, T.replace(";", " WHERE v > 0;"), "forward only"),
    ("another source", T, T.replace("raw", "other"), "full refresh"),
    ("another kind", T, T.replace("STREAMING TABLE", "MATERIALIZED VIEW").replace("STREAM ", ""), "table dropped"),
    ("partitioned", T, T.replace("t AS", "t PARTITIONED BY (id) AS"), "full refresh"),
    ("warn on", T, RULE.format("v > 0", ""), "none"),
    ("drop on", T, RULE.format("v > 0", " ON VIOLATION DROP ROW"), "forward only"),
    ("another rule", RULE.format("v > 0", " ON VIOLATION DROP ROW"), RULE.format("v > 1", " ON VIOLATION DROP ROW"),
     "forward only"),
    ("fail on", T, RULE.format("v > 0", " ON VIOLATION FAIL UPDATE"), "forward only"),
    ("group key", GROUPS.format("k", "1 HOUR"), GROUPS.format("k, c", "1 HOUR"), "full refresh"),
    ("watermark", GROUPS.format("k", "1 HOUR"), GROUPS.format("k", "2 HOURS"), "forward only"),
    ("an aggregate more", GROUPS.format("k", "1 HOUR"), GROUPS.format("k", "1 HOUR").replace(" AS n", " AS n, max(v) AS x"),
     "full refresh"),
    ("only its name", GROUPS.format("k", "1 HOUR"), GROUPS.format("k", "1 HOUR").replace("AS n", "AS number"), "forward only"),
    ("groups now", T, GROUPS.format("id", "1 HOUR"), "full refresh"),
    ("no watermark", WHOLE.format("count(*)"), WHOLE.format("sum(v)"), "recomputed"),
    ("distinct now", T, T.replace("SELECT", "SELECT DISTINCT"), "full refresh"),
    ("join", JOIN.format("a.id = b.id"), JOIN.format("a.id = b.id AND a.x = b.x"), "full refresh"),
    ("keys", CDC.format("id", "ts"), CDC.format("id, region", "ts"), "full refresh"),
    ("sequence", CDC.format("id", "ts"), CDC.format("id", "seq"), "full refresh"),
    ("changes now", T, CDC.format("id", "ts"), "full refresh"),
    ("flow renamed", FLOW.format("f", "raw"), FLOW.format("g", "raw"), "state lost"),
    ("flow of another source", FLOW.format("f", "raw"), FLOW.format("g", "other"), "forward only"),
    ("view's filter", VIEW.format(""), VIEW.format(" WHERE id > 0"), "recomputed"),
    ("view's comment", VIEW.format(""), VIEW.format(" -- all"), "none"),
]  # fmt: skip


def told(folder: Path, was: str, now: str) -> dict[str, Effect]:
    found = effects(wanted(folder / "was", was).tables, wanted(folder / "now", now).tables)
    return {each.name: each for each in found}


@pytest.mark.parametrize(("was", "now", "effect"), [edit[1:] for edit in EDITS], ids=[edit[0] for edit in EDITS])
def test_an_edit_and_what_it_does(tmp_path: Path, was: str, now: str, effect: str):
    found = told(tmp_path, was, now)["t"]
    assert (found.effect, bool(found.why)) == (effect, True)
    back = told(tmp_path / "back", was, was)["t"]
    assert (back.effect, back.what, back.reaches) == ("none", "", ())


def test_what_is_behind_a_table_that_begins_anew(tmp_path: Path):
    found = told(tmp_path, T + AFTER_T + VIEW_OF_T, T.replace("raw", "other") + AFTER_T + VIEW_OF_T)
    assert found["t"].reaches == ("u", "m")
    assert (found["u"].effect, found["u"].why) == ("full refresh", "it reads t as a stream, whose rows are replaced")
    assert (found["m"].effect, found["m"].why) == ("none", "recomputed each update, as before")


def test_a_view_in_between_counts(tmp_path: Path):
    view = "CREATE TEMPORARY VIEW w AS SELECT * FROM STREAM raw WHERE v > {};\n"
    reader = "CREATE OR REFRESH STREAMING TABLE t AS SELECT id FROM STREAM w;\n"
    found = told(tmp_path, view.format(0) + reader, view.format(1) + reader)
    assert found["t"].effect == "forward only" and list(found) == ["t"]


def test_a_parameter_counts_where_it_is_used(tmp_path: Path):
    text = T.replace(";", " WHERE v > ${least};") + AFTER_T
    settings = '[pipelines.web]\nsources = ["src/**"]\nparameters = { least = "%s" }\n'
    was, now = (wanted(tmp_path / n, text, settings % n) for n in "12")
    assert [each.effect for each in effects(was.tables, now.tables)] == ["forward only", "none"]


def test_tables_that_are_new_and_gone(tmp_path: Path):
    found = told(tmp_path, T, AFTER_T.replace("STREAM t", "STREAM raw"))
    assert (found["u"].effect, found["u"].why) == ("forward only", "new; filled from raw on the first update")
    assert found["t"].effect == "none" and "stays" in found["t"].why
    (gone,) = effects(wanted(tmp_path / "x", T).tables, {}, {DROPS_INACTIVE: "true"})
    assert gone.effect == "table dropped"


def test_a_table_with_a_new_name_reads_from_the_beginning(tmp_path: Path):
    found = told(tmp_path, T, T.replace(" t ", " renamed "))
    assert (found["renamed"].effect, found["renamed"].what) == ("state lost", "was t")


def test_the_words_name_what_changed(tmp_path: Path):
    found = told(tmp_path, GROUPS.format("k", "1 HOUR"), GROUPS.format("k, country", "1 HOUR"))["t"]
    assert found.what == "the group key gains country"
    assert found.why == "the group key gains country, so its state cannot be read"


def test_python_counts(tmp_path: Path):
    python = "from pyspark import pipelines as dp\n\n@dp.table\ndef t():\n    return spark.readStream.table('raw'){}\n"
    sides = []
    for name, more in (("was", ""), ("now", ".where('v > 0')"), ("groups", ".groupBy('k').count()")):
        (tmp_path / name / "src").mkdir(parents=True)
        (tmp_path / name / "src" / "t.py").write_text(python.format(more))
        sides.append(wanted(tmp_path / name).tables)
    assert [effects(sides[0], each)[0].effect for each in sides] == ["none", "forward only", "full refresh"]


@given(st.data())
def test_a_damaged_state_stops_no_plan(whole: dict[str, Any], data: st.DataObject):
    """Any part of what was written down may be missing, or be something else."""
    was: Any = json.loads(json.dumps(whole))
    table = data.draw(st.sampled_from(sorted(was)))
    place: Any = was[table]
    while isinstance(place, (dict, list)) and place:
        keys: Any = sorted(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
            place[key] = data.draw(st.sampled_from([None, 3, "x", [], {}, [[]], {"a": None}]))
            break
        place = place[key]
    assert len(effects(was, whole)) == len(whole)
    assert all(each.why for each in effects({table: was[table]}, {}))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    sql = GROUPS.format("k", "1 HOUR") + AFTER_T + VIEW_OF_T + CDC.format("id", "ts").replace(" t", " c")
    rules = RULE.format("v > 0", "").replace("TABLE t", "TABLE r")
    return dict(wanted(tmp_path_factory.mktemp("whole"), sql + rules).tables)
