"""The edges of what the rewrites do: NULLs where nobody thinks of them, mixed types, queries as values."""

from __future__ import annotations

NUMBERS = "VALUES (7, 'ab'), (-3, NULL), (NULL, 'hello'), (0, ''), (2, 'äöü') AS t(i, s)"
PAIRS = "VALUES (1, 'x', 1.50), (NULL, 'y', -0.05), (1, NULL, 2.00), (NULL, NULL, NULL) AS t(a, b, m)"
TWO = """WITH t AS (SELECT * FROM VALUES (1, 'a'), (2, 'b'), (NULL, 'c') AS t(id, k)),
u AS (SELECT * FROM VALUES (1L, 'x', 5), (2L, NULL, 6), (9L, 'z', 7), (9L, 'q', 8) AS u(id, w, n))"""

IDIOMS: list[str] = [
    # substring and its kin
    f"SELECT substring(s, i), substr(s, i, 2), substring(s, 2, i), substring(s FROM i FOR 1) FROM {NUMBERS}",
    f"SELECT left(s, i), right(s, i), left('hello', i), right('hello', i) FROM {NUMBERS}",
    f"SELECT substring('hello', NULL), substring('hello', 1, NULL), substring(NULL, 1, 2), substring('hello', i, i) FROM {NUMBERS}",
    f"SELECT substring('hello', i, CAST(2 AS TINYINT)), substring('hello', CAST(i AS BIGINT)) FROM {NUMBERS}",
    f"SELECT repeat('a', i), lpad(s, i, 'z'), rpad(s, i, 'z'), locate('b', s, i), split_part('a,b,c', ',', 2) FROM {NUMBERS}",
    f"SELECT repeat(s, 2), lpad(s, 4), rpad(s, 4, NULL), instr(s, 'b'), substring_index('a.b.c', '.', i) FROM {NUMBERS}",
    f"SELECT overlay('abcdef' PLACING 'X' FROM 3), concat_ws('-', s, NULL, i), ascii(s), chr(65 + i) FROM {NUMBERS}",
    # structs over windows
    f"SELECT a, b, max(struct(a, b)) OVER (ORDER BY m) AS hi, min(struct(a, b)) OVER (ORDER BY m) AS lo FROM {PAIRS}",
    f"SELECT max(struct(m, b)) OVER (PARTITION BY a) AS hi, min(named_struct('b', b)) OVER () AS lo FROM {PAIRS}",
    f"SELECT max(struct(a, b)).b AS hi, min(struct(a, b)) AS lo FROM {PAIRS}",
    # set operations
    "SELECT named_struct('x', 1, 'y', 'a') AS s UNION ALL SELECT named_struct('X', 2.5, 'y', NULL)",
    "SELECT array(named_struct('x', 1)) AS s UNION ALL SELECT array(named_struct('x', 2L))",
    "SELECT named_struct('x', named_struct('z', 1)) AS s UNION ALL SELECT named_struct('x', named_struct('z', 2.5D))",
    "SELECT named_struct('x', 1) AS s UNION ALL SELECT NULL",
    # VALUES of mixed types
    "SELECT * FROM VALUES (DATE'2024-01-01'), (TIMESTAMP'2024-01-01 10:00:00') AS t(a)",
    "SELECT * FROM VALUES (1.5D), (2.5), (3) AS t(a)",
    "SELECT * FROM VALUES (1), (2.5), (NULL), (100L) AS t(a)",
    "SELECT * FROM VALUES (1, array(1, NULL)), (2L, array(2.5)), (NULL, NULL) AS t(a, b)",
    "SELECT * FROM VALUES (1), ('2') AS t(a)",
    "SELECT * FROM VALUES (1), ('x') AS t(a)",
    "SELECT * FROM VALUES (true, 1.5F), (NULL, 2) AS t(a, b)",
    "SELECT id, i.name FROM VALUES (1, array(named_struct('name', 'a'))), (2, NULL), (3, array()) AS t(id, i)",
    "SELECT id, s.a FROM VALUES (1, named_struct('a', 1)), (2, named_struct('a', 2L)), (3, NULL) AS t(id, s)",
    "VALUES (1, 'a'), (2.5, NULL)",
    # IN of a query, shown
    f"{TWO} SELECT id, id IN (SELECT id FROM u) AS x, id NOT IN (SELECT id FROM u) AS y FROM t",
    f"{TWO} SELECT k, k IN (SELECT w FROM u), k NOT IN (SELECT w FROM u WHERE w IS NOT NULL) FROM t",
    f"{TWO} SELECT id IN (SELECT id FROM u WHERE false) AS x, NULL IN (SELECT id FROM u) AS y FROM t",
    f"{TWO} SELECT CASE WHEN id IN (SELECT id FROM u) THEN 'there' ELSE 'not' END AS x FROM t",
    f"{TWO} SELECT count(*) AS n, sum(CASE WHEN id IN (SELECT id FROM u WHERE w IS NULL) THEN 1 ELSE 0 END) AS m FROM t",
    f"{TWO} SELECT id, EXISTS (SELECT 1 FROM u WHERE u.id = t.id) AS x FROM t",
    f"{TWO} SELECT id, 1 + id IN (SELECT id FROM u) AS x FROM t",
    # queries as values
    f"{TWO} SELECT id, (SELECT w FROM u WHERE u.id = t.id) AS w FROM t",
    f"{TWO} SELECT id, (SELECT n + 1 FROM u WHERE u.id = t.id), coalesce((SELECT w FROM u WHERE u.id = t.id), '-') AS w FROM t",
    f"{TWO} SELECT id, (SELECT 'there' FROM u WHERE u.id = t.id) AS w FROM t",
    f"{TWO} SELECT id, (SELECT count(*) FROM u WHERE u.id = t.id) AS n, (SELECT sum(n) FROM u WHERE u.id = t.id) AS s FROM t",
    f"{TWO} SELECT n, (SELECT w FROM u WHERE u.id = v.id) AS w FROM u AS v",
    f"{TWO} SELECT k FROM t WHERE id = (SELECT id FROM u WHERE u.id = t.id)",
    f"{TWO} SELECT id, (SELECT DISTINCT w FROM u WHERE u.id = t.id) AS w FROM t",
    f"{TWO} SELECT id, (SELECT upper(u.w) FROM u WHERE u.id = t.id AND u.n < 6) AS w FROM t ORDER BY id",
    # joins and orders
    f"{TWO} SELECT id, w, k FROM t CROSS JOIN u USING (id)",
    f"{TWO} SELECT * FROM t CROSS JOIN u WHERE t.id = u.id",
    f"{TWO} SELECT nvl(w, 'x'), count(*) FROM u GROUP BY 1 ORDER BY nvl(w, 'x')",
    f"{TWO} SELECT nvl(w, 'x') AS y, count(*) FROM u GROUP BY nvl(w, 'x') ORDER BY nvl(w, 'x') DESC",
    f"{TWO} SELECT upper(w) AS w, lower(w) AS l, count(*) AS n FROM u GROUP BY upper(w), lower(w) ORDER BY lower(w) NULLS LAST, upper(w)",
    f"{TWO} SELECT substring(w, 1, 1) AS c, max(n) AS m FROM u GROUP BY 1 HAVING max(n) > 5 ORDER BY substring(w, 1, 1), max(n) LIMIT 2",
    f"{TWO} SELECT nvl(w, 'X') AS c, nvl(w, 'x') AS d, count(*) AS n FROM u GROUP BY 1, 2 ORDER BY nvl(w, 'x'), nvl(w, 'X')",
    f"{TWO} SELECT id, (SELECT w FROM u WHERE u.id = t.id), EXISTS (SELECT 1 FROM u WHERE u.id = t.id) FROM t",
    f"{TWO} SELECT id, (SELECT max(w) FROM u WHERE u.id = t.id AND u.w <> t.k), EXISTS (SELECT 1 FROM u WHERE u.id = t.id AND t.id > 1) FROM t",
    f"{TWO} SELECT k, NOT (id IN (SELECT id FROM u)) AS x FROM t",
    f"{TWO} SELECT k, k NOT IN (SELECT w FROM u) AS x, k NOT IN (SELECT w FROM u WHERE false) AS y, NULL NOT IN (SELECT w FROM u WHERE false) AS z FROM t",
    f"{TWO} SELECT NULL NOT IN (SELECT w FROM u WHERE n = 5) AS x, NULL IN (SELECT w FROM u WHERE false) AS y FROM t",
    f"SELECT max(array(a, 1)) AS x, min(array(a, 1)) AS y, max_by(b, struct(a, m)) AS z, max(struct(m)).m AS w FROM {PAIRS}",
    f"SELECT a, max(struct(m, b)) FILTER (WHERE b IS NOT NULL) AS x, count(*) AS n FROM {PAIRS} GROUP BY a",
    # hashes
    f"SELECT hash(m), xxhash64(m), hash(struct(a, b)), xxhash64(named_struct('a', a, 'm', m)), hash(array(a, 2), b) FROM {PAIRS}",
    "SELECT hash(1Y), hash(1S), hash(1.0F), hash(0.0D), hash(X'01'), hash(TIMESTAMP'2024-01-01 00:00:00'), hash(5BD), hash('')",
    f"SELECT hash(CAST(m AS DECIMAL(18,6))), hash(CAST(m AS DECIMAL(5,0))), xxhash64(a, b, m) FROM {PAIRS}",
    # intervals
    "SELECT d - e AS x, t - u AS y, extract(DAY FROM d - e) AS z, d - e > INTERVAL 10 DAYS AS w FROM VALUES "
    "(DATE'2024-03-01', DATE'2024-02-01', TIMESTAMP'2024-03-01 10:00:00', TIMESTAMP'2024-02-01 00:00:00.5') AS t(d, e, t, u)",
    "SELECT INTERVAL 2 HOURS * 1.5, INTERVAL '1-2' YEAR TO MONTH * 2, -INTERVAL 3 DAYS, INTERVAL 1 YEAR + INTERVAL 2 MONTHS",
    "SELECT max(d - DATE'2024-01-01') AS m, min(d - DATE'2024-01-01'), sum(d - DATE'2024-01-01') AS s FROM VALUES (DATE'2024-01-05'), (DATE'2024-02-01') AS t(d)",
    "SELECT array(INTERVAL 1 DAY, INTERVAL 2 DAYS), coalesce(NULL, INTERVAL 1 HOUR), greatest(INTERVAL 1 DAY, INTERVAL 2 DAYS)",
    "SELECT avg(d - DATE'2024-01-01') AS a FROM VALUES (DATE'2024-01-05'), (DATE'2024-02-01') AS t(d)",
    # arrays
    "SELECT array_except(a, array(1)), array_union(a, array(5)), array_intersect(a, array(1, 2)), array_except(array(1L), a) "
    "FROM VALUES (array(1, NULL, 2, 2)), (array()), (NULL) AS t(a)",
    "SELECT array_union(array('a'), array(NULL)), array_except(array(1), array()), array_intersect(array(1.5), array(1.50BD))",
    "SELECT s ILIKE ANY ('A%', '%Z'), s NOT ILIKE ALL ('A%', 'b%'), s ILIKE ALL ('%') FROM VALUES ('ab'), ('Xz'), (NULL) AS t(s)",
    "SELECT a, session_window.start, count(*) FROM VALUES ('A', '2021-01-01'), ('A', '2021-01-01 00:04:30'), ('A', NULL) AS t(a, b) "
    "GROUP BY a, session_window(b, '5 minutes')",
    "SELECT session_window, count(*) AS n FROM VALUES (TIMESTAMP_NTZ'2021-01-01 00:00:00'), (TIMESTAMP_NTZ'2021-01-01 00:04:30') AS t(b) "
    "GROUP BY session_window(b, '5 minutes')",
    "SELECT session_window.end AS e, count(*) AS n FROM VALUES (DATE'2021-01-01'), (DATE'2021-01-02') AS t(b) GROUP BY session_window(b, '1 day')",
    "SELECT to_json(named_struct('d', 1e10D)), to_json(named_struct('d', 1.5D)), to_json(named_struct('f', 0.0001D))",
]  # fmt: skip
