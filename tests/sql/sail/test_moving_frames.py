"""Sums over windows that rows leave again: a NaN, an infinity or a very large number must not stay in them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from ldp_magic.engine.place import Place
from ldp_magic.engine.session import Engine
from ldp_magic.sql.sail import for_sail

ROWS = "(1, 1D), (2, double('nan')), (3, 2D), (4, NULL), (5, 1e16D), (6, 1D), (7, 1D), (8, 1D), (9, NULL), (10, NULL)"
TWO = "OVER (ORDER BY i ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)"
# what Apache Spark 4.3 answers
SPARK = {
    f"sum(x) {TWO}": [1.0, math.nan, math.nan, 2.0, 1e16, 1e16, 2.0, 2.0, 1.0, None],
    "avg(x) OVER (ORDER BY i ROWS 1 PRECEDING)": [1.0, math.nan, math.nan, 2.0, 1e16, 5e15, 1.0, 1.0, 1.0, None],
    f"sum(x) FILTER (WHERE i > 2) {TWO}": [None, None, 2.0, 2.0, 1e16, 1e16, 2.0, 2.0, 1.0, None],
    "sum(x) OVER w": [math.nan, math.nan, math.nan, 1e16 + 2, 1e16, 1e16, 3.0, 2.0, 1.0, None],
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(Place())
    yield engine
    engine.close()


@pytest.mark.parametrize(("expression", "wanted"), SPARK.items(), ids=SPARK)
def test_what_has_left_a_window_is_not_in_its_sum(engine: Engine, expression: str, wanted: list[float | None]) -> None:
    window = " WINDOW w AS (ORDER BY i ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)" if expression.endswith("w") else ""
    answer = for_sail(
        f"SELECT {expression} AS s FROM t{window} ORDER BY i", lambda name: (("i", "int"), ("x", "double"))
    )
    assert not answer.labels
    with engine.session() as session:
        session.spark.sql(f"CREATE TEMPORARY VIEW t AS SELECT * FROM VALUES {ROWS} AS t(i, x)")
        found = [row.s for row in session.spark.sql(answer.text).collect()]
    assert list(map(str, found)) == list(map(str, wanted))


@pytest.mark.parametrize(
    "frame", ["", " ROWS UNBOUNDED PRECEDING", " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"]
)
def test_a_window_that_only_grows_is_asked_as_it_is(frame: str) -> None:
    text = f"SELECT sum(x) OVER (ORDER BY i{frame}) AS s FROM t"
    assert for_sail(text, lambda name: (("i", "int"), ("x", "double"))).text == text


def test_a_spread_over_a_window_that_moves_is_labelled() -> None:
    answer = for_sail(f"SELECT stddev(x) {TWO} AS s FROM t", lambda name: (("i", "int"), ("x", "double")))
    assert [label.what for label in answer.labels] == ["stddev"]
