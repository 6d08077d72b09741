"""What a query has to remember, and why some cannot run."""

from __future__ import annotations

import pytest

from ldp_magic.runs.stateful.kinds import kind_of
from ldp_magic.sql.query import facts_of

MARK = "WATERMARK ts DELAY OF INTERVAL 1 HOUR"


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("SELECT * FROM STREAM a", "stateless"),
        ("SELECT ts, count(*) FROM a GROUP BY ts", "stateless"),
        ("SELECT a.*, b.* FROM STREAM a LEFT JOIN b USING (k)", "stateless"),
        ("SELECT * FROM b RIGHT JOIN STREAM a USING (k)", "stateless"),
        ("SELECT * FROM STREAM a JOIN (SELECT k, count(*) FROM b GROUP BY k) USING (k)", "stateless"),
        ("SELECT * FROM STREAM a UNION ALL SELECT * FROM STREAM b", "stateless"),
        ("SELECT count(*) FROM STREAM a", "complete"),
        (f"SELECT k, count(*) FROM STREAM a {MARK} GROUP BY k", "complete"),
        (f"SELECT DISTINCT k FROM STREAM a {MARK}", "complete"),
        (f"SELECT ts, count(*) FROM STREAM a {MARK} GROUP BY ts", "aggregate"),
        (f"SELECT window(ts, '1 day'), count(DISTINCT k) FROM STREAM a {MARK} GROUP BY 1", "aggregate"),
        (f"SELECT session_window(ts, '1 day') AS w, k FROM STREAM a {MARK} GROUP BY ALL", "aggregate"),
        (f"SELECT ts FROM (SELECT * FROM STREAM a) {MARK} JOIN b USING (k) GROUP BY ts", "aggregate"),
        (f"SELECT DISTINCT k, ts FROM STREAM a {MARK}", "deduplicate"),
        (f"SELECT * FROM STREAM a {MARK} JOIN STREAM b {MARK} USING (k)", "join"),
        ("SELECT * FROM STREAM a JOIN STREAM b USING (k)", "join"),
    ],
)
def test_a_kind(query: str, kind: str):
    assert kind_of(facts_of(query)) == kind


@pytest.mark.parametrize(
    ("query", "why"),
    [
        (
            f"SELECT w, count(*) FROM (SELECT window(ts, '1 day') AS w FROM STREAM a {MARK} GROUP BY 1) GROUP BY w",
            "split",
        ),
        (f"SELECT DISTINCT k, ts, count(*) FROM STREAM a {MARK} GROUP BY k, ts", "split"),
        (f"SELECT ts, count(*) FROM STREAM a {MARK} JOIN STREAM b {MARK} USING (k, ts) GROUP BY ts", "split"),
        (f"SELECT * FROM STREAM a {MARK} UNION SELECT * FROM STREAM b", "UNION ALL"),
        ("SELECT * FROM STREAM a UNION ALL SELECT * FROM b", "UNION ALL"),
        (f"SELECT * FROM STREAM a {MARK} EXCEPT SELECT * FROM b", "EXCEPT"),
        ("SELECT * FROM STREAM a ORDER BY k", "ORDER BY"),
        ("SELECT * FROM STREAM a LIMIT 3", "LIMIT"),
        ("SELECT *, row_number() OVER (PARTITION BY k ORDER BY ts) FROM STREAM a", "OVER"),
        ("SELECT * FROM b WHERE k IN (SELECT k FROM STREAM a)", "subquery"),
        ("SELECT * FROM STREAM a FULL JOIN b USING (k)", "full join"),
        ("SELECT * FROM STREAM a RIGHT JOIN b USING (k)", "right join"),
        ("SELECT * FROM b LEFT JOIN STREAM a USING (k)", "left join"),
        ("SELECT * FROM b LEFT ANTI JOIN STREAM a USING (k)", "left anti join"),
        ("FROM STREAM a |> AGGREGATE count(*) GROUP BY k", "|>"),
        ("SELECT ts, FROM STREAM a WHERE", "comma"),
    ],
)
def test_what_cannot_run_says_why(query: str, why: str):
    said = kind_of(facts_of(query))
    assert why in said
    assert " " in said
