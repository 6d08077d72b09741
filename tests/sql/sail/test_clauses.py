"""The rewrites of a query's shape, as text. What they mean is compared with Spark's answers in `test_parity.py`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldp_magic.sql.query import facts_of
from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.clauses import rewritten
from tests.clock import assert_quick
from tests.sql.sail.idioms_clauses import IDIOMS

TABLES = {
    "orders": [("id", "int"), ("customer", "string"), ("amount", "double")],
    "customers": [("customer", "string"), ("country", "string")],
    "nested": [("id", "int"), ("s", "struct<a:int,b:struct<c:int,d:string>>")],
    "files": [("a", "int"), ("b", "string"), ("_metadata", "struct<file_path:string>")],
    "twice": [("a", "int"), ("a", "int"), ("b", "int")],
}


def columns(name: tuple[str, ...]) -> list[tuple[str, str]] | None:
    return TABLES.get(name[-1])


GOLDEN = [
    # stars
    ("SELECT * EXCEPT (amount) FROM orders", "SELECT `id`, `customer` FROM orders"),
    ("SELECT o.* EXCEPT (o.id) -- all\nFROM orders o", "SELECT `o`.`customer`, `o`.`amount` -- all\nFROM orders o"),
    ("SELECT * EXCEPT (s.b.c) FROM nested", "SELECT `id`, named_struct('a', `s`.`a`, 'b', named_struct('d', `s`.`b`.`d`)) AS `s` FROM nested"),
    ("SELECT s.* EXCEPT (b) FROM nested", "SELECT `s`.`a` FROM nested"),
    ("SELECT *, _metadata.file_path FROM files", "SELECT `a`, `b`, _metadata.file_path FROM files"),
    ("SELECT count(*) FROM files", "SELECT count(*) FROM files"),
    ("SELECT a * 2 FROM files", "SELECT a * 2 FROM files"),
    # QUALIFY
    (
        "SELECT id FROM orders WHERE id > 1 QUALIFY rank() OVER (ORDER BY id) = 1 ORDER BY id LIMIT 1",
        "SELECT __ldp_c0 AS `id` FROM (SELECT id, (rank() OVER (ORDER BY id) = 1) AS __ldp_0 FROM orders WHERE id > 1 ) AS __ldp_around(__ldp_c0, __ldp_c1) WHERE __ldp_c1 ORDER BY id LIMIT 1",
    ),
    (
        "SELECT * FROM customers QUALIFY rank() OVER (ORDER BY country) = 1",
        "SELECT __ldp_c0 AS `customer`, __ldp_c1 AS `country` FROM (SELECT `customer`, `country`, (rank() OVER (ORDER BY country) = 1) AS __ldp_0 FROM customers ) AS __ldp_around(__ldp_c0, __ldp_c1, __ldp_c2) WHERE __ldp_c2",
    ),
    (
        "SELECT * FROM unknown QUALIFY rank() OVER (ORDER BY id) = 1",
        "SELECT __ldp_c0.* FROM (SELECT struct(*), (rank() OVER (ORDER BY id) = 1) AS __ldp_0 FROM unknown ) AS __ldp_around(__ldp_c0, __ldp_c1) WHERE __ldp_c1",
    ),
    ("SELECT 1 AS qualify, o.qualify FROM o", "SELECT 1 AS qualify, o.qualify FROM o"),
    # aliases
    ("SELECT id + 1 AS a, a * 2 AS b FROM orders", "SELECT id + 1 AS a, (id + 1) * 2 AS b FROM orders"),
    ("SELECT upper(customer) AS customer, customer || '' AS c FROM orders", "SELECT upper(customer) AS customer, customer || '' AS c FROM orders"),
    ("SELECT 1 AS a, a", "SELECT 1 AS a, 1 AS `a`"),
    ("SELECT 1 AS a, a + 1", "SELECT 1 AS a, 1 + 1 AS `(lateralAliasReference(a) + 1)`"),
    ("SELECT x AS a, a + 1 AS b FROM unknown", "SELECT x AS a, a + 1 AS b FROM unknown"),
    # ALL
    ("SELECT customer, sum(amount) AS s FROM orders GROUP BY ALL ORDER BY ALL DESC", "SELECT customer, sum(amount) AS s FROM orders GROUP BY customer ORDER BY 1 DESC, 2 DESC"),
    ("SELECT count(*) FROM orders GROUP BY ALL", "SELECT count(*) FROM orders "),
    ("SELECT * FROM orders ORDER BY ALL", "SELECT * FROM orders ORDER BY 1, 2, 3"),
    ("SELECT a FROM t GROUP BY a GROUPING SETS ((a), ())", "SELECT a FROM t GROUP BY  GROUPING SETS ((a), ())"),
    ("SELECT a, b FROM t GROUP BY ROLLUP (1, 2)", "SELECT a, b FROM t GROUP BY ROLLUP (a, b)"),
    # FROM first, pipes
    ("FROM orders", "SELECT * FROM orders"),
    ("FROM orders SELECT id WHERE id > 1", "SELECT id FROM orders  WHERE id > 1"),
    ("FROM orders |> WHERE id > 1 |> SELECT id |> LIMIT 1", "SELECT * FROM (SELECT id FROM orders WHERE (id > 1)) LIMIT 1"),
    ("FROM orders |> SET id = id + 1", "SELECT id + 1 AS `id`, `customer`, `amount` FROM orders"),
    ("FROM orders |> DROP id", "SELECT `customer`, `amount` FROM orders"),
    ("FROM orders |> AGGREGATE count(*) AS n GROUP BY customer AS c", "SELECT customer AS c, count(*) AS n FROM orders GROUP BY 1"),
    # PIVOT
    ("SELECT * FROM t PIVOT (sum(a) FOR k IN (1))", "SELECT * FROM t PIVOT (sum(a) FOR (k) IN (1))"),
    ("SELECT * FROM t AS x PIVOT (sum(a) FOR (k) IN (1))", "SELECT * FROM (SELECT * FROM t AS x) PIVOT (sum(a) FOR (k) IN (1))"),
    # LIKE
    ("SELECT id FROM orders WHERE NOT customer NOT LIKE ALL ('a', 'b')", "SELECT id FROM orders WHERE NOT (customer NOT LIKE 'a' AND customer NOT LIKE 'b')"),
    ("SELECT customer ilike any ('a', 'b') AS c FROM orders", "SELECT (customer ilike 'a' OR customer ilike 'b') AS c FROM orders"),
    ("SELECT 'x' LIKE ANY ('a')", "SELECT ('x' LIKE 'a') AS `likeany(x)`"),
    # joins
    (
        "SELECT o.customer, country FROM orders o LEFT JOIN customers c USING (customer)",
        "SELECT o.customer, country FROM orders o LEFT JOIN customers c ON `o`.`customer` = `c`.`customer`",
    ),
    ("SELECT customer FROM orders JOIN customers USING (customer)", "SELECT customer FROM orders JOIN customers USING (customer)"),
    ("SELECT * FROM a, LATERAL explode(b) AS e(c)", "SELECT * FROM a LATERAL VIEW explode(b) e AS c"),
    (
        "SELECT o.id, e FROM orders o LATERAL VIEW explode(array(1)) x AS e WHERE x.e = 1",
        "SELECT id, e FROM (SELECT * FROM orders o LATERAL VIEW explode(array(1)) x AS e) WHERE e = 1",
    ),
    ("SELECT id FROM orders TABLESAMPLE (3 ROWS) WHERE id = 1", "SELECT id FROM (SELECT * FROM orders LIMIT 3) AS `orders` WHERE id = 1"),
    # set operations
    ("SELECT 1 AS a UNION ALL SELECT 2", "SELECT 1 AS a UNION ALL SELECT 2"),
    (
        "SELECT NULL AS a UNION ALL SELECT 'x'",
        "SELECT CAST(__ldp_c0 AS STRING) AS `a` FROM (SELECT NULL AS a) AS __ldp_part(__ldp_c0) UNION ALL SELECT 'x'",
    ),
    # windows and streams
    ("SELECT sum(a) FILTER (WHERE b) OVER () AS s FROM t", "SELECT sum(CASE WHEN b THEN a END)  OVER () AS s FROM t"),
    ("SELECT count(*) FROM t GROUP BY window(a, '1 day').start", "SELECT count(*) FROM t GROUP BY window(a, '1 day')"),
    ("SELECT a FROM STREAM(t) WATERMARK a DELAY OF INTERVAL 1 DAY AS s", "SELECT a FROM t  AS s"),
    ("SELECT a FROM STREAM t WITH (x = 1) WHERE a = 1", "SELECT a FROM  t  WHERE a = 1"),
    ("SELECT a FROM t CLUSTER BY a", "SELECT a FROM t SORT BY a"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), GOLDEN, ids=[text[:60] for text, _ in GOLDEN])
def test_rewrite(text: str, wanted: str) -> None:
    assert rewritten(text, columns) == wanted


REFUSED = [
    ("SELECT * FROM t VERSION AS OF 3", "older versions"),
    ("SELECT * FROM t TIMESTAMP AS OF '2024-01-01'", "older versions"),
    ("SELECT * FROM t@v3", "older versions"),
    ("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r", "recursive"),
    ("SELECT * EXCEPT (a) FROM unknown", "not known"),
    ("SELECT * EXCEPT (b) FROM twice", "two columns of one name"),
    ("SELECT * EXCEPT (nothing) FROM orders", "not there"),
    ("SELECT a FROM STREAM(t) WATERMARK to_date(x) AS d DELAY OF INTERVAL 1 DAY", "WATERMARK that makes a column"),
    ("SELECT rand() AS r, r * 2 AS s", "different each time"),
    ("SELECT * FROM a JOIN LATERAL (SELECT max(b) FROM c WHERE c.k = a.k)", "LATERAL query"),
    ("SELECT * FROM t TABLESAMPLE (BUCKET 1 OUT OF 4)", "BUCKET"),
    ("SELECT count(*) FROM a JOIN b ON a.k = b.k GROUP BY session_window(ts, '1 hour')", "session_window"),
    ("FROM t |> SET a = 1", "SET a"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "word"), REFUSED, ids=[text[:60] for text, _ in REFUSED])
def test_refused_by_name_with_a_reason_and_a_fix(text: str, word: str) -> None:
    with pytest.raises(Refused) as caught:
        rewritten(text, columns)
    assert word in caught.value.what and caught.value.why and caught.value.fix


@pytest.mark.parametrize("text", IDIOMS, ids=range(len(IDIOMS)))
def test_a_rewritten_text_needs_no_rewrite_and_can_be_read(text: str) -> None:
    try:
        once = rewritten(text, columns)
    except Refused:
        return
    assert rewritten(once, columns) == once
    assert facts_of(once).failure is None or facts_of(text).failure is not None


def test_half_of_a_text_raises_nothing_but_a_refusal() -> None:
    for text in IDIOMS[::3]:
        last = text.rsplit(")) ", 1)[-1]
        for end in range(0, len(last), 7):
            try_(text[: len(text) - end])
            try_(last[end:])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(sorted({word for text in IDIOMS for word in text.split()} | {"(", ")", ",", "|>", "*", "'", "`", "🎉", "\r\n"})), max_size=25).map(" ".join))  # fmt: skip
def test_any_words_raise_nothing_but_a_refusal(text: str) -> None:
    try_(text)


def try_(text: str) -> None:
    try:
        rewritten(text, columns)
    except Refused as error:
        assert error.what


_PLAIN_ITEMS = st.sampled_from(["id", "customer", "amount + 1 AS m", "upper(customer)", "count(*) OVER ()", "'🎉 QUALIFY'", "`|>`", "CASE WHEN id = 1 THEN 2 END"])  # fmt: skip
_PLAIN_TAILS = st.sampled_from(["", " WHERE id > 1", " WHERE customer LIKE 'a%'", "\r\nORDER BY id DESC", " LIMIT 5 -- QUALIFY", " /* GROUP BY ALL */"])  # fmt: skip


@given(st.lists(_PLAIN_ITEMS, min_size=1, max_size=6), _PLAIN_TAILS)
def test_a_query_with_nothing_of_this_stays_as_it_is(items: list[str], tail: str) -> None:
    text = f"SELECT {', '.join(items)} FROM orders{tail}"
    assert rewritten(text, columns) == text


def test_deep_brackets() -> None:
    for depth in (50, 90, 200, 2_000):
        try_("SELECT * EXCEPT (id) FROM " + "(" * depth + "orders" + ")" * depth)
        try_("SELECT " + "(" * depth + "1" + ")" * depth + " AS a, a + 1 AS b")
        try_("FROM t |> WHERE " + "(" * depth)


def test_nested_queries_are_all_rewritten() -> None:
    text = "SELECT * EXCEPT (amount) FROM orders"
    for _ in range(20):
        text = f"SELECT * FROM ({text} QUALIFY row_number() OVER (ORDER BY id) = 1)"
    assert "QUALIFY" not in rewritten(text, columns) and "EXCEPT" not in rewritten(text, columns)


def test_wide_lists_take_a_bounded_time() -> None:
    wide = [(f"c{n}", "int") for n in range(2_000)]
    texts = (
        "SELECT * EXCEPT (c1, c2) FROM wide",
        "SELECT " + ", ".join(f"c{n} + 1 AS d{n}, d{n} AS e{n}" for n in range(1_000)) + " FROM wide",
        "SELECT " + ", ".join(f"c{n}" for n in range(2_000)) + ", count(*) FROM wide GROUP BY ALL ORDER BY ALL",
        "SELECT *, "
        + ", ".join(f"c{n} AS d{n}" for n in range(2_000))
        + " FROM wide QUALIFY rank() OVER (ORDER BY c1) = 1",
    )
    for text in texts:
        assert assert_quick(lambda text=text: rewritten(text, lambda name: wide), 20) != text


def test_an_alias_that_doubles_each_time_is_refused_before_it_fills_the_memory() -> None:
    items = ["1 + id AS a0", *(f"a{n} + a{n} AS a{n + 1}" for n in range(60))]
    with pytest.raises(Refused, match="too many others"):
        rewritten(f"SELECT {', '.join(items)} FROM orders", columns)
