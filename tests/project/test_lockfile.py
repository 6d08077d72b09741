"""The lock: its text, its round trip, its merge."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldp_magic.errors import SourceError
from ldp_magic.pipeline.model import ColumnType
from ldp_magic.project.lockfile import Locked, columns, dump, load, merge, parse

ORDERS = Locked(
    name="main.raw.orders",
    kind="table",
    format="delta",
    columns=(
        ColumnType(name="id", type="bigint", nullable=False),
        ColumnType(name="größe 🎉", type="decimal(10,2)", comment='a "b" \\ c\nd'),
        ColumnType(name="when"),
    ),
)
FILES = Locked(name="/data/*.json", kind="files", format="json")
TEXT = """\
# What these pipelines read and do not make. Written by `ldp lock`; what you add by hand is kept.
version = 1

[source."/data/*.json"]
kind = "files"
format = "json"

[source."main.raw.orders"]
kind = "table"
format = "delta"
columns = [
  { name = "id", type = "bigint", nullable = false },
  { name = "größe 🎉", type = "decimal(10,2)", comment = "a \\"b\\" \\\\ c\\nd" },
  { name = "when" },
]
"""


def test_the_text_of_a_lock():
    assert dump([ORDERS, FILES]) == TEXT
    assert parse(TEXT) == (FILES, ORDERS)
    assert parse("\ufeff" + TEXT.replace("\n", "\r\n")) == (FILES, ORDERS)


def test_one_more_column_is_one_more_line():
    more = Locked(name=ORDERS.name, kind="table", format="delta", columns=(*ORDERS.columns, ColumnType(name="new")))
    diff = list(difflib.unified_diff(dump([ORDERS]).splitlines(), dump([more]).splitlines(), n=0))
    assert [line for line in diff if line[0] in "+-"][2:] == ['+  { name = "new" },']


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
COLUMNS = st.builds(ColumnType, name=TEXTS, type=TEXTS, nullable=st.none() | st.booleans(), comment=st.none() | TEXTS)
LOCKED = st.builds(
    Locked,
    name=TEXTS,
    kind=st.sampled_from(["table", "files", "stream", "function"]),
    columns=st.lists(COLUMNS, max_size=4, unique_by=lambda each: each.name).map(tuple),
    format=TEXTS,
)
LOCKS = st.lists(LOCKED, max_size=5, unique_by=lambda each: each.name)


@settings(max_examples=300, deadline=None)
@given(LOCKS)
def test_every_lock_comes_back_as_it_was(locks):
    text = dump(locks)
    assert parse(text) == tuple(sorted(locks, key=lambda each: each.name))
    assert dump(parse(text)) == text


@settings(max_examples=100, deadline=None)
@given(LOCKS)
def test_a_look_that_knows_nothing_loses_nothing(locks):
    names = [Locked(name=each.name, kind=each.kind) for each in locks]
    assert merge(names, locks) == tuple(sorted(locks, key=lambda each: each.name))


def test_merging_prefers_the_fresh_look_and_keeps_what_it_does_not_know():
    fresh = Locked(name=ORDERS.name, kind="table", columns=(ColumnType(name="id", type="int"), ColumnType(name="new")))
    (merged,) = merge([fresh], [ORDERS, FILES])
    assert [(c.name, c.type, c.nullable) for c in merged.columns] == [
        ("id", "int", False),
        ("new", "", None),
        ("größe 🎉", "decimal(10,2)", None),
        ("when", "", None),
    ]
    assert merged.format == "delta"
    (complete,) = merge([fresh], [ORDERS], complete=True)
    assert [c.name for c in complete.columns] == ["id", "new"]


def test_columns_by_name():
    assert columns([ORDERS, FILES]) == {ORDERS.name: ORDERS.columns}


def test_a_lock_that_is_not_there_holds_nothing(tmp_path):
    assert load(tmp_path / "ldp.lock") == ()
    (tmp_path / "ldp.lock").write_text(TEXT, encoding="utf-8")
    assert load(tmp_path / "ldp.lock") == (FILES, ORDERS)


@pytest.mark.parametrize(
    "text, what, fix",
    [
        ("version = 2\nanything = []", "version 2", "upgrade"),
        ("", "says no version", "delete"),
        ("version = true", "says no version", "delete"),
        ("version = 1\nversion = 1", "damaged", "delete"),
        ("version = 1\n[source.a", "damaged", "delete"),
        ("version = 1\nsource = 3", "source is no table", "delete"),
        ("version = 1\n[source]\na = 1", "a is no table", "delete"),
        ('version = 1\n[source.a]\nkind = "x"', "kind of a", "delete"),
        ('version = 1\n[source.a]\nkinds = "x"', "a key kinds", "delete"),
        ("version = 1\n[source.a]\ncolumns = [1]", "a column of a is no table", "delete"),
        ('version = 1\n[source.a]\ncolumns = [{type = "x"}]', "has no name", "delete"),
        ("version = 1\n[source.a]\ncolumns = [{name = 1}]", "name cannot be 1", "delete"),
        ('version = 1\n[source.a]\ncolumns = [{name = "b", nullable = "yes"}]', "nullable cannot be yes", "delete"),
        ('version = 1\n[source.a]\ncolumns = [{name = "b"}, {name = "b"}]', "two columns", "delete"),
        ("version = 1\na = " + "[" * 100_000, "damaged", "delete"),
        ("version = 1\n<<<<<<< HEAD\n=======\n>>>>>>> x\n", "merge conflict", "one side"),
    ],
)
def test_a_damaged_lock_is_one_error_with_the_way_out(text, what, fix):
    with pytest.raises(SourceError) as error:
        parse(text)
    assert what in error.value.what and fix in error.value.fix and error.value.why


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(TEXT)), st.integers(0, 9), st.text(max_size=3) | st.sampled_from(list("[]{}=\"'\\#\n")))
def test_mutated_locks_raise_nothing_else(at, cut, put):
    try:
        parse(TEXT[:at] + put + TEXT[at + cut :])
    except SourceError as error:
        assert error.why and error.fix
