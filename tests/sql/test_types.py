"""Types of expressions beside Apache Spark's own answers: equal, or honestly unknown. See `make_spark_types.py`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from ldp_magic.sql.lineage import resolve
from ldp_magic.sql.query import facts_of
from ldp_magic.sql.types import common, ddl_columns, fields_of, type_name

ASKED = json.loads(Path(__file__).with_name("spark_types.json").read_text("utf-8"))
TYPES: dict[str, str] = ASKED["types"]
COLUMNS = list(ASKED["table"].items())


@cache
def ours(expression: str) -> str:
    """What we say the expression's type is, over the same table."""
    resolved = resolve(facts_of(f"SELECT {expression} AS x FROM t"), lambda relation: COLUMNS)
    return resolved.columns[0].type if resolved is not None and resolved.columns else ""


def test_no_type_differs_from_sparks() -> None:
    wrong = {text: (said, type_) for text, type_ in TYPES.items() if (said := ours(text)) not in ("", type_)}
    assert wrong == {}


def test_nine_of_ten_types_are_known() -> None:
    known = [text for text in TYPES if ours(text)]
    assert len(TYPES) >= 400
    assert len(known) >= 0.9 * len(TYPES), sorted(set(TYPES) - set(known))


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("INT", "int"),
        ("Integer", "int"),
        ("DECIMAL", "decimal(10,0)"),
        ("DECIMAL(7)", "decimal(7,0)"),
        ("dec( 10 , 2 )", "decimal(10,2)"),
        ("ARRAY< INT >", "array<int>"),
        (
            "STRUCT<a: INT NOT NULL COMMENT 'x, y', `b c`: MAP<STRING, ARRAY<DATE>>>",
            "struct<a:int,b c:map<string,array<date>>>",
        ),
        ("STRUCT<a INT, b STRING>", "struct<a:int,b:string>"),
        ("VARCHAR(10)", "varchar(10)"),
        ("TIMESTAMP_LTZ", "timestamp"),
        ("STRUCT<>", "struct<>"),
        ("", ""),
        ("ARRAY<INT", ""),
        ("STRUCT<a:>", ""),
        ("INT INT", ""),
        ("ARRAY<" * 40 + "INT" + ">" * 40, "array<" * 40 + "int" + ">" * 40),
    ],
)
def test_a_type_is_named_as_spark_names_it(written: str, named: str) -> None:
    assert type_name(written) == named


def test_a_deeply_nested_type_ends() -> None:
    assert type_name("ARRAY<" * 100_000 + "INT" + ">" * 100_000) == ""


def test_ddl_columns_are_pairs_and_no_list_gives_none() -> None:
    assert ddl_columns("id BIGINT, `a b` STRUCT<x: INT, y: STRING>") == (
        ("id", "bigint"),
        ("a b", "struct<x:int,y:string>"),
    )
    assert ddl_columns("") == ()
    assert ddl_columns("id BIGINT,") == ()
    assert ddl_columns("42") == ()


def test_fields_of_a_struct_keep_nested_commas_together() -> None:
    assert list(fields_of("struct<a:decimal(10,2),b:struct<c:int,d:int>>")) == [
        ("a", "decimal(10,2)"),
        ("b", "struct<c:int,d:int>"),
    ]
    assert list(fields_of("int")) == []


@pytest.mark.parametrize(
    ("types", "wider"),
    [
        (["int", "bigint"], "bigint"),
        (["void", "date"], "date"),
        (["date", "timestamp"], "timestamp"),
        (["string", "int", "double"], "double"),
        (["decimal(38,0)", "decimal(38,30)"], ""),
        (["int", ""], ""),
        (["void"], "void"),
        ([], ""),
        (["map<string,int>", "int"], ""),
    ],
)
def test_the_common_type_does_not_depend_on_order(types: list[str], wider: str) -> None:
    assert common(types) == common(types[::-1]) == wider


def test_an_unknown_column_has_no_type() -> None:
    assert ours("nobody") == ours("nobody + 1") == ours("frobnicate(i)") == ours("upper_case(nobody)") == ""
