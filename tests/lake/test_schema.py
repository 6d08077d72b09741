"""Types: Spark's names, Delta's and Arrow's, and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldp_magic.lake import LakeError, arrow_schema, columns_of, ddl
from ldp_magic.lake.schema import checked, columns_in, columns_of_arrow, delta_schema, delta_type, merged, spark_type
from tests.lake.rows import columns

SIMPLE = st.sampled_from(
    [
        "string",
        "boolean",
        "tinyint",
        "smallint",
        "int",
        "bigint",
        "float",
        "double",
        "binary",
        "date",
        "timestamp",
        "timestamp_ntz",
    ]
)
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=6)


@st.composite
def decimals(draw: st.DrawFn) -> str:
    precision = draw(st.integers(1, 38))
    return f"decimal({precision},{draw(st.integers(0, precision))})"


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    fields = st.lists(st.tuples(NAMES, inner), min_size=1, max_size=3, unique_by=lambda field: field[0].lower())
    return st.one_of(
        inner.map("array<{}>".format),
        st.tuples(inner, inner).map(lambda pair: f"map<{pair[0]}, {pair[1]}>"),
        fields.map(lambda fs: f"STRUCT<{', '.join(f'{quoted(name)}: {type_}' for name, type_ in fs)}>"),
    )


TYPES = st.recursive(st.one_of(SIMPLE, decimals()), nested, max_leaves=6)


@given(TYPES)
def test_every_type_survives_the_way_through_delta_and_arrow(text: str):
    wanted = checked(columns(x=text))
    assert columns_in(delta_schema(wanted).to_json()) == wanted
    assert columns_of_arrow(arrow_schema(wanted)) == wanted
    assert spark_type(delta_type(wanted[0].type)) == wanted[0].type


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("DECIMAL", "decimal(10,0)"),
        ("Decimal( 5 )", "decimal(5,0)"),
        ("varchar(3)", "string"),
        ("LONG", "bigint"),
        ("timestamp_ltz", "timestamp"),
        ("void", "string"),
        (
            "array< struct< a b : INT , `c:d` : map<string,void> > >",
            "array<struct<`a b`:int,`c:d`:map<string,string>>>",
        ),
    ],
)
def test_a_type_is_written_one_way(text: str, wanted: str):
    assert checked(columns(x=text))[0].type == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "interval day",
        "variant",
        "int int",
        "array<int",
        "array<>",
        "map<int>",
        "struct<a>",
        "array<int,int>",
        "struct<>",
        "array<" * 5000,
    ],
)
def test_what_no_table_holds_is_refused(text: str):
    with pytest.raises(LakeError) as refused:
        checked(columns(x=text))
    assert refused.value.fix == "cast it: CAST(x AS STRING) AS x"


def test_columns_of_a_frame():
    fields = [
        {"name": "v", "type": "void", "nullable": True, "metadata": {}},
        {"name": "s", "type": {"type": "struct", "fields": [{"name": "a b", "type": "integer"}]}, "nullable": False},
    ]
    assert columns_of(json.dumps({"type": "struct", "fields": fields})) == columns(v="string", s="struct<`a b`:int>")
    for type_ in ("interval day to second", {"type": "udt"}):
        with pytest.raises(LakeError, match=r"which a table cannot hold|no table can hold"):
            columns_of(json.dumps({"fields": [{"name": "i", "type": type_}]}))


@pytest.mark.parametrize(
    ("found", "what"),
    [
        ({"id": "int", "ID": "int"}, "the table would have two columns ID and id"),
        ({"s": "struct<a:int,A:int>"}, "s would have two columns A and a"),
        ({"s": "array<map<string,struct<a:int,a:int>>>"}, "s would have two columns a"),
        ({}, "a table needs a column"),
    ],
)
def test_columns_of_one_name_are_refused(found: dict[str, str], what: str):
    with pytest.raises(LakeError) as refused:
        checked(columns(**found))
    assert refused.value.what == what


def test_ddl_quotes_names():
    assert ddl(columns(**{"a`b": "int", "c": "struct<`x y`:int>"})) == "`a``b` int, `c` struct<`x y`:int>"


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ({"a": "int"}, {"b": "int", "A": "int"}, {"a": "int", "b": "int"}),
        ({"s": "struct<a:int>"}, {"s": "struct<b:int,a:int>"}, {"s": "struct<a:int,b:int>"}),
        ({"a": "int"}, {"a": "bigint"}, None),
        ({"s": "struct<a:int>"}, {"s": "struct<a:string>"}, None),
        ({"s": "array<struct<a:int>>"}, {"s": "array<struct<a:int,b:int>>"}, None),
        ({"s": "struct<a:int>"}, {"s": "int"}, None),
    ],
)
def test_columns_grow_and_do_not_change(old: dict[str, str], new: dict[str, str], wanted: dict[str, str] | None):
    if wanted is None:
        with pytest.raises(LakeError, match="and would become"):
            merged("t", columns(**old), columns(**new))
    else:
        assert merged("t", columns(**old), columns(**new)) == columns(**wanted)
