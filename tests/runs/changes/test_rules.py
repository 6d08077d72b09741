"""What single changes do, one rule at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ldp_magic.engine.cdc import Changes
from ldp_magic.engine.child import EngineError
from ldp_magic.python import read as read_python
from ldp_magic.runs.changes import changes, feed
from ldp_magic.sql.model import FlowDef
from ldp_magic.text import Source
from tests.runs.changes.model import Event, Model
from tests.runs.changes.turns import Lake, Table, flow, lake, numbers

KEYS = "KEYS (k) APPLY AS DELETE WHEN op = 'D'"
PLAIN = "k int, v string, op string, s int"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with lake(tmp_path_factory.mktemp("lake")) as made:
        yield made


def taken(table: Table, clauses: str, rows: list[tuple[Any, ...]], schema: str = PLAIN) -> Any:
    view = table.events(rows, schema)
    return table.take(lambda turn, old: changes(turn, flow(clauses), view, old))


@pytest.mark.parametrize(
    ("events", "history"),
    [
        ([("A", "I", 10), ("", "D", 20), ("B", "U", 15)], [("A", 10, 15), ("B", 15, 20)]),
        ([("A", "I", 10), ("", "D", 20), ("", "D", 15)], [("A", 10, 15)]),
        ([("A", "I", 10), ("B", "U", 30), ("", "D", 25)], [("A", 10, 25), ("B", 30, None)]),
        (
            [("Alice", "I", 5), ("Alice", "U", 10), ("Alice", "U", 15), ("Charlie", "U", 20), ("Bob", "U", 12)],
            [("Alice", 5, 12), ("Bob", 12, 15), ("Alice", 15, 20), ("Charlie", 20, None)],
        ),
        ([("", "D", 20), ("A", "I", 10)], [("A", 10, 20)]),
        ([("", "D", 10), ("A", "I", 10)], []),
        ([("A", "I", 10), ("A", "I", 10), ("A", "U", 11), ("A", "U", 11)], [("A", 10, None)]),
        ([("A", "I", 10), ("B", "U", 10)], [("B", 10, None)]),
        ([("B", "I", 10), ("A", "U", 10)], [("B", 10, None)]),
        ([("A", "I", 10), ("", "D", 20), ("A", "I", 30)], [("A", 10, 20), ("A", 30, None)]),
    ],
)
@pytest.mark.parametrize("size", [1, 9])
def test_histories(room: Lake, events: list[tuple[Any, ...]], history: list[tuple[Any, ...]], size: int):
    table, rows = room.table(), [(1, *each) for each in events]
    for start in range(0, len(rows), size):
        taken(table, f"{KEYS} SEQUENCE BY s COLUMNS (k, v) STORED AS SCD TYPE 2", rows[start : start + size])
    assert sorted(table.found("v, __START_AT, __END_AT"), key=lambda row: row[1]) == history


def test_the_preview_says_the_same(room: Lake):
    """One computation over everything, and turn after turn."""
    random = Random(5)
    rows = [(random.randrange(9), random.choice("abc"), random.choice("IUD"), random.randrange(6)) for _ in range(90)]
    for clauses in (f"{KEYS} SEQUENCE BY s", f"{KEYS} SEQUENCE BY s STORED AS SCD TYPE 2"):
        table = room.table()
        for start in range(0, 90, 7):
            taken(table, clauses, rows[start : start + 7])
        every = table.events(rows, PLAIN)
        types = {"k": "int", "v": "string", "op": "string", "s": "int"}
        whole = Changes(every, tuple(types), flow(clauses), types=types).query()
        found = room.session.call(lambda text=whole: [tuple(row) for row in room.session.spark.sql(text).collect()])
        assert sorted(found, key=repr) == sorted(table.found(), key=repr)


def test_a_preview_asks_no_key_of_a_truncate(room: Lake):
    table = room.table()
    events = table.events([(1, "a", "I", 1), (None, "", "T", 2), (2, "b", "I", 3), (2, "c", "U", 4)], PLAIN)
    every = Changes(events, ("k", "v", "op", "s"), flow(TRUNCATE))
    for text, rows in ((every.unordered(), [(0,)]), (every.query(), [(2, "c", "U", 4)])):
        assert room.session.call(lambda text=text: [tuple(r) for r in room.session.spark.sql(text).collect()]) == rows


def test_a_delete_of_an_unknown_key_is_remembered(room: Lake):
    table = room.table()
    taken(table, f"{KEYS} SEQUENCE BY s", [(1, "", "D", 9)])
    assert table.found() == []
    taken(table, f"{KEYS} SEQUENCE BY s", [(1, "late", "I", 5), (2, "b", "I", 1)])
    assert table.found("k, v") == [(2, "b")]
    taken(table, f"{KEYS} SEQUENCE BY s", [(1, "later", "I", 10)])
    assert sorted(table.found("k, v")) == [(1, "later"), (2, "b")]


TRUNCATE = f"{KEYS} APPLY AS TRUNCATE WHEN op = 'T' SEQUENCE BY s"


def test_a_truncate_needs_no_key_and_empties_what_is_older(room: Lake):
    table = room.table()
    taken(table, TRUNCATE, [(1, "a", "I", 1), (2, "b", "I", 5)])
    work = taken(table, TRUNCATE, [(None, None, "T", 3)])
    assert table.found("k, v") == [(2, "b")] and numbers(work) == {"upserted": 0, "deleted": 1}
    taken(table, TRUNCATE, [(3, "late", "I", 2), (4, "same", "I", 3), (1, "new", "U", 4)])
    assert sorted(table.found("k, v")) == [(1, "new"), (2, "b")]
    taken(table, f"{KEYS} SEQUENCE BY s", [(5, "later", "I", 3), (6, "c", "I", 6)])
    assert sorted(table.found("k, v")) == [(1, "new"), (2, "b"), (6, "c")], "it counts for a flow without the rule too"


@pytest.mark.parametrize("ignoring", ["", "IGNORE NULL UPDATES"])
def test_random_truncates(room: Lake, monkeypatch: pytest.MonkeyPatch, ignoring: str):
    monkeypatch.setattr(feed, "SLACK", 0)
    random, table, so_far = Random(3), room.table(), list[Event]()
    names = ("k", "v", "op", "s", "t")
    model = Model(
        ("k",), names, lambda each: (each["s"], each["t"]), lambda each: each["op"] == "D",
        lambda each: each["op"] == "T", ("v", "op", "s", "t") if ignoring else (),
    )  # fmt: skip
    clauses = (
        f"KEYS (k) {ignoring} APPLY AS DELETE WHEN op = 'D' APPLY AS TRUNCATE WHEN op = 'T' SEQUENCE BY struct(s, t)"
    )
    for _ in range(12):
        rows = [
            (random.randrange(12), random.choice([None, "x", "y"]), random.choice("IUDUUIUIUT"), random.randrange(40), random.choice([None, 0, 1]))
            for _ in range(6)
        ]  # fmt: skip
        rows = [(None, *row[1:]) if row[2] == "T" else row for row in rows]
        taken(table, clauses, rows, "k int, v string, op string, s int, t int")
        so_far += [dict(zip(names, (*row[:4], _null_first(row[4])), strict=True)) for row in rows]
        assert {(*row[:4], _null_first(row[4])) for row in table.found()} == model.latest(so_far)


def _null_first(value: int | None) -> int:
    return -1 if value is None else value


def test_nulls_are_ignored_in_fields_too(room: Lake):
    table, clauses = room.table(), "KEYS (k) IGNORE NULL UPDATES SEQUENCE BY s COLUMNS (k, p)"
    schema = "k int, p struct<a:int,q:struct<b:string,c:string>>, s int"
    taken(table, clauses, [(1, (1, ("x", "y")), 1), (2, None, 1)], schema)
    taken(table, clauses, [(1, (None, ("z", None)), 3), (2, None, 3), (1, (5, None), 2)], schema)
    assert sorted(table.found()) == [(1, (5, ("z", "y"))), (2, None)]


def test_columns_to_update(room: Lake, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(feed, "SLACK", 0)
    random, table, so_far = Random(8), room.table(), list[Event]()
    names = ("k", "a", "b", "s", "op", "c")
    model = Model(("k",), ("k", "a", "b"), lambda each: each["s"], lambda each: each["op"] == "D", named="c")
    clauses = f"{KEYS} SEQUENCE BY s COLUMNS (k, a, b) COLUMNS TO UPDATE c"
    for _ in range(9):
        rows = [
            (random.randrange(6), random.choice([None, 1, 2]), random.choice([None, "x"]), random.randrange(30),
             random.choice("UUUUD"), random.choice([[], ["a"], ["b"], ["a", "b"]]))
            for _ in range(8)
        ]  # fmt: skip
        rows = [(*row[:5], None if row[4] == "D" else row[5]) for row in rows]
        taken(table, clauses, rows, "k int, a int, b string, s int, op string, c array<string>")
        so_far += [dict(zip(names, row, strict=True)) for row in rows]
        assert set(table.found()) == model.latest(so_far)
    for silent in (None, ["nothing"]):
        with pytest.raises(EngineError, match="1 of the changes do not say which columns to update"):
            taken(
                table,
                clauses,
                [(1, 1, "x", 99, "U", silent)],
                "k int, a int, b string, s int, op string, c array<string>",
            )


def test_where_and_nothing_new(room: Lake):
    table, clauses = room.table(), "KEYS (k) WHERE op <> 'X' SEQUENCE BY s"
    work = taken(table, clauses, [])
    assert work is not None and table.found("k, v") == [], "a table without rows, which others may read"
    assert taken(table, clauses, []) is None
    taken(table, clauses, [(1, "a", "I", 1), (2, "b", "X", 1), (None, "b", "X", 1)])
    assert table.found("k, v") == [(1, "a")]
    work = taken(table, clauses, [(3, "b", "X", 1)])
    assert work is not None and not work.replaces and table.found("k, v") == [(1, "a")], "what is left out is done with"
    assert taken(table, clauses, []) is None


def test_what_is_said(room: Lake):
    table, clauses = room.table(), f"{KEYS} SEQUENCE BY s"
    work = taken(table, clauses, [(1, "a", "I", 1), (2, "b", "I", 1), (3, "", "D", 1)])
    assert numbers(work) == {"upserted": 2, "deleted": 0} and work.numbers["ties"] == 0
    work = taken(table, clauses, [(4, "a", "I", 1), (1, "a", "I", 1)])
    assert numbers(work) == {"upserted": 1, "deleted": 0} and not work.replaces, (
        "the rows there are stay where they are"
    )
    work = taken(table, clauses, [(1, "c", "U", 2), (2, "", "D", 2), (3, "late", "I", 0), (4, "other", "I", 1)])
    assert numbers(work) == {"upserted": 2, "deleted": 1} and work.numbers["ties"] == 1 and work.replaces
    assert "1 times there are different changes of one key at one moment" in next(iter(room.views.seen.notes))
    assert sorted(table.found("k, v")) == [(1, "c"), (4, "other")]
    work = taken(table, clauses, [(1, "late", "U", 1)])
    assert numbers(work) == {"upserted": 0, "deleted": 0} and work.numbers["ties"] == 1 and not work.replaces


def test_what_is_a_tie(room: Lake):
    """The same change again is none; a null and a value that change places are one."""
    table, clauses = room.table(), f"{KEYS} SEQUENCE BY s"
    assert (
        taken(table, clauses, [(1, "a", "I", 1), (1, "a", "I", 1), (2, "", "D", 1), (2, "x", "D", 1)]).numbers["ties"]
        == 0
    )
    assert taken(table, clauses, [(1, "a", "I", 1), (3, None, "x", 1), (3, "x", None, 1)]).numbers["ties"] == 1


def test_what_is_said_of_histories(room: Lake):
    table, clauses = room.table(), f"{KEYS} SEQUENCE BY s COLUMNS (k, v) STORED AS SCD TYPE 2"
    assert numbers(taken(table, clauses, [(1, "a", "I", 1), (2, "b", "I", 1)])) == {"upserted": 2, "deleted": 0}
    assert numbers(taken(table, clauses, [(1, "b", "U", 2), (2, "", "D", 2)])) == {"upserted": 1, "deleted": 1}


def test_the_state_is_bounded_by_the_keys(room: Lake, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(feed, "SLACK", 10)
    for clauses, most in (
        (f"{KEYS} SEQUENCE BY s", 50 + 10),
        (f"{KEYS} SEQUENCE BY s STORED AS SCD TYPE 2", 2 * 80 + 10),
    ):
        table = room.table()
        for turn in range(8):
            taken(table, clauses, [(n % 20, "v", "I", n // 20 if "2" in clauses else turn) for n in range(80)])
        assert table.kept_events() <= most
        assert table.memory["rows"] == table.kept_events() == table.last.numbers["state_rows"]


def test_new_columns_and_other_spellings(room: Lake):
    table, clauses = room.table(), "KEYS (k) SEQUENCE BY s"
    taken(table, clauses, [(1, "a", 1), (2, "b", 1)], "k int, v string, s int")
    work = taken(table, clauses, [(1, 7, "c", 2)], "K int, w int, V string, S int")
    assert list(work.state) == ["events"] and not work.adds, "the files of the state stay of one schema"
    assert sorted(table.found("k, v, s, w")) == [(1, "c", 2, 7), (2, "b", 1, None)]
    taken(table, clauses, [(2, 8, "late", 0), (1, 9, "late", 1)], "k int, w int, v string, s int")
    assert sorted(table.found("k, v, s, w")) == [(1, "c", 2, 7), (2, "b", 1, None)]


def test_a_column_of_nulls(room: Lake):
    table = room.table()
    for v, seq in (("NULL", 1), ("'x'", 2), ("NULL", 3)):
        view = table.select(f"SELECT {seq} AS k, {v} AS v, {seq} AS s")
        table.take(lambda turn, old, view=view: changes(turn, flow("KEYS (k) SEQUENCE BY s"), view, old))
    assert sorted(table.found("k, v")) == [(1, None), (2, "x"), (3, None)]


def test_times_decimals_and_maps(room: Lake):
    table, clauses = room.table(), "KEYS (k) SEQUENCE BY s STORED AS SCD TYPE 2"
    one = "SELECT 1.50BD AS k, {0} AS m, timestamp'2026-01-01 00:00:00' + make_dt_interval(0, 0, 0, {1}) AS s, array(struct({1} AS a)) AS n"
    for m, seq in (("map('a', 1)", 1), ("map('a', 2)", 3), ("map('a', 9)", 2), ("map('a', 2)", 3)):
        view = table.select(one.format(m, seq))
        table.take(lambda turn, old, view=view: changes(turn, flow(clauses), view, old))
    rows = table.found("m, second(__START_AT), second(__END_AT)")
    assert sorted(rows, key=lambda row: row[1]) == [({"a": 1}, 1, 2), ({"a": 9}, 2, 3), ({"a": 2}, 3, None)]


def test_the_table_may_declare_other_types(room: Lake):
    """The rows keep the types of the table, whatever the source has."""
    table, clauses = room.table(), "KEYS (k) SEQUENCE BY s"
    taken(table, clauses, [(1, "a", "I", 1), (2, "b", "I", 1)])
    table.rows = table.select(
        f"SELECT CAST(k AS STRING) AS k, v, CAST(s AS DOUBLE) AS s, 'more' AS extra FROM {table.rows}"
    )
    taken(table, clauses, [(1, "c", "U", 2)])
    assert sorted(table.found("k, v, s")) == [("1", "c", 2.0), ("2", "b", 1.0)]


@pytest.mark.parametrize(
    ("clauses", "what"),
    [
        ("KEYS (k, s) SEQUENCE BY s", "KEYS says k, s now, and the table was made with k"),
        ("KEYS (k) SEQUENCE BY s STORED AS SCD TYPE 2", "STORED AS says SCD TYPE 2 now"),
        ("KEYS (k) SEQUENCE BY op", "SEQUENCE BY says string now, and the table was made with int"),
        (
            "KEYS (k) IGNORE NULL UPDATES SEQUENCE BY s",
            r"IGNORE NULL UPDATES says ON \* now, and the table was made with nothing",
        ),
        ("KEYS (k) SEQUENCE BY s COLUMNS (k, s)", "the changes have no column v any more"),
    ],
)
def test_a_table_stays_on_its_terms(room: Lake, clauses: str, what: str):
    table = room.table()
    taken(table, "KEYS (k) SEQUENCE BY s", [(1, "a", "I", 1)])
    with pytest.raises(EngineError, match=what) as caught:
        taken(table, clauses, [(1, "b", "I", 2)])
    assert "--full-refresh" in caught.value.fix and len(str(caught.value).splitlines()) == 3


def test_tracked_columns_stay(room: Lake):
    table = room.table()
    taken(table, "KEYS (k) SEQUENCE BY s STORED AS SCD TYPE 2 TRACK HISTORY ON (v)", [(1, "a", "I", 1)])
    with pytest.raises(EngineError, match=r"TRACK HISTORY says ON \* EXCEPT v now, and the table was made with ON v"):
        taken(table, "KEYS (k) SEQUENCE BY s STORED AS SCD TYPE 2 TRACK HISTORY ON * EXCEPT (v)", [(1, "a", "I", 1)])


@pytest.mark.parametrize(
    ("rows", "schema", "clauses", "what"),
    [
        ([(None, "a", "I", 1), (1, "a", "I", None), (1, "a", "I", 1)], PLAIN, "", "2 of the changes have no key"),
        ([(1, "a", "I", 1)], PLAIN, "SEQUENCE BY map(s, s)", r"SEQUENCE BY cannot be map<int,int>"),
        ([(1, "a", "I", 1)], PLAIN, "SEQUENCE BY struct(s, array(s))", r"SEQUENCE BY cannot be array<int> in its field"),
        ([(1, "a", "I", 1)], PLAIN, "SEQUENCE BY s COLUMNS (v)", "COLUMNS leaves out the key k"),
        ([(1, "a", "I", 1)], PLAIN, "SEQUENCE BY s COLUMNS (k, w)", "COLUMNS names w, which is no column"),
        ([(1, "a", "I", 1)], PLAIN, "SEQUENCE BY s COLUMNS (k, v) STORED AS SCD TYPE 2 TRACK HISTORY ON (op)", "TRACK HISTORY ON names op"),
        ([(1, "a", "I", 1)], PLAIN, "IGNORE NULL UPDATES ON (w) SEQUENCE BY s", "IGNORE NULL UPDATES ON names w"),
        ([(1, "a", "I", 1)], "k int, v string, __START_AT string, s int", "SEQUENCE BY s", "the changes have a column __start_at"),
        ([(1, "a", "T", 1)], PLAIN, "APPLY AS TRUNCATE WHEN op = 'T' SEQUENCE BY s STORED AS SCD TYPE 2", "does not go with SCD TYPE 2"),
        ([(1, "a", "I", 1)], PLAIN, "SEQUENCE BY s STORED AS BITEMPORAL", "STORED AS BITEMPORAL is not computed here"),
        ([(1, "a", "I", 1)], PLAIN, "SEQUENCE BY s SYSTEM SEQUENCE BY s", "SYSTEM SEQUENCE BY is not computed here"),
        ([(1, "a", "I", 1)], PLAIN, "SEQUENCE BY s STORED AS SCD TYPE 2 COLUMNS TO UPDATE v", "COLUMNS TO UPDATE together with SCD TYPE 2"),
        ([], PLAIN, "", "the changes have no SEQUENCE BY"),
        ([(1, "a", "I", 1)], PLAIN.replace("k int", "i int"), "SEQUENCE BY s", "the key k is no column of the changes"),
    ],
)  # fmt: skip
def test_what_is_refused(room: Lake, rows: list[tuple[Any, ...]], schema: str, clauses: str, what: str):
    table = room.table()
    if what.startswith("2 of"):
        clauses = "SEQUENCE BY s"
    with pytest.raises(EngineError, match=what) as caught:
        taken(table, f"KEYS (k) {clauses}", rows, schema)
    assert caught.value.fix and table.rows is None


@pytest.mark.parametrize("argument", ["apply_as_deletes", "columns_to_update", "ignore_null_updates_column_list"])
def test_what_python_says_somewhere_else_is_refused(room: Lake, argument: str):
    """Without the rule the rows would be wrong, and nobody would be told."""
    call = f'dp.create_auto_cdc_flow(target="t", source="s", keys=["k"], sequence_by="s", {argument}=rule(4))'
    text = f'from pyspark import pipelines as dp\ndp.create_streaming_table("t")\n{call}\n'
    (found,) = [
        each for each in read_python(Source("a.py", None, text).whole()).statements if isinstance(each, FlowDef)
    ]
    table = room.table()
    view = table.events([(1, "a", "I", 1)], PLAIN)
    with pytest.raises(EngineError, match=f"what {argument} says cannot be read"):
        table.take(lambda turn, old: changes(turn, found.cdc, view, old))


def test_changed_types_are_refused(room: Lake):
    table = room.table()
    taken(table, "KEYS (k) SEQUENCE BY s", [(1, "a", "I", 1)])
    with pytest.raises(EngineError, match="the column v is int now, and was string"):
        taken(table, "KEYS (k) SEQUENCE BY s", [(1, 5, "I", 2)], "k int, v int, op string, s int")


def test_rows_of_others_are_refused(room: Lake, tmp_path: Path):
    table = room.table()
    table.rows = table.select("SELECT 1 AS k, 'a' AS v, 'I' AS op, 1 AS s")
    with pytest.raises(EngineError, match="the table has rows that this flow did not write"):
        taken(table, "KEYS (k) SEQUENCE BY s", [(1, "a", "I", 1)])
    table.rows = table.select("SELECT 1 AS k, 'a' AS v, 'I' AS op, 1 AS s WHERE false")
    taken(table, "KEYS (k) SEQUENCE BY s", [(1, "a", "I", 1)])
    table.state = {}
    with pytest.raises(EngineError, match="the changes that were kept with this table are gone"):
        taken(table, "KEYS (k) SEQUENCE BY s", [(1, "a", "I", 1)])


def test_two_flows_into_one_table(room: Lake):
    """Given what the other left, each goes on from there."""
    table = room.table()
    taken(table, "KEYS (k) SEQUENCE BY s", [(1, "live", "U", 5), (2, "live", "U", 5)])
    taken(table, f"{KEYS} SEQUENCE BY s", [(1, "backfill", "I", 1), (3, "backfill", "I", 1), (2, "", "D", 9)])
    taken(table, "KEYS (k) SEQUENCE BY s", [(2, "live", "U", 6)])
    assert sorted(table.found("k, v")) == [(1, "live"), (3, "backfill")]


def test_a_table_that_is_gone_is_made_again(room: Lake):
    table = room.table()
    taken(table, f"{KEYS} SEQUENCE BY s", [(1, "a", "I", 1), (2, "b", "I", 1)])
    table.rows = None
    taken(table, f"{KEYS} SEQUENCE BY s", [(2, "c", "U", 2)])
    assert sorted(table.found("k, v")) == [(1, "a"), (2, "c")]
