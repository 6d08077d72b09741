"""Expressions over columns of every type, with NULLs and edges: one select list or one query a line."""

from __future__ import annotations

TABLE = r"""WITH t AS (
  SELECT CAST(true AS BOOLEAN) AS b, CAST(5 AS TINYINT) AS y, CAST(300 AS SMALLINT) AS s, CAST(7 AS INT) AS i, CAST(9000000000 AS BIGINT) AS l, CAST(1.5 AS FLOAT) AS f, CAST(2.25 AS DOUBLE) AS d, CAST(12.34 AS DECIMAL(10,2)) AS m, CAST(1234.5678901234 AS DECIMAL(38,10)) AS n, CAST(42 AS DECIMAL(5,0)) AS o, CAST('12' AS STRING) AS c, CAST('abc' AS BINARY) AS bin, CAST(DATE'2024-02-29' AS DATE) AS dt, CAST(TIMESTAMP'2024-05-05 13:04:05.678' AS TIMESTAMP) AS ts, CAST(TIMESTAMP_NTZ'2024-05-05 13:04:05.678' AS TIMESTAMP_NTZ) AS tn, CAST(array(3, 1, 2) AS ARRAY<INT>) AS ai, CAST(array('b', 'a') AS ARRAY<STRING>) AS ac, CAST(array(1.5D, 2.5D) AS ARRAY<DOUBLE>) AS ad, CAST(array(array(1L,2L), array(3L)) AS ARRAY<ARRAY<BIGINT>>) AS aa, CAST(map('k', 1) AS MAP<STRING,INT>) AS mp, CAST(map(1, DATE'2024-01-01') AS MAP<INT,DATE>) AS md, CAST(named_struct('a',1,'b','x','e',array(DATE'2024-01-01'),'g',named_struct('h',CAST(1.5 AS DECIMAL(10,2)))) AS struct<a:int,b:string,e:array<date>,g:struct<h:decimal(10,2)>>) AS st, CAST(array(named_struct('x',1,'y','p')) AS array<struct<x:int,y:string>>) AS ast
  UNION ALL SELECT CAST(false AS BOOLEAN) AS b, CAST(-100 AS TINYINT) AS y, CAST(-2 AS SMALLINT) AS s, CAST(-3 AS INT) AS i, CAST(-5 AS BIGINT) AS l, CAST(-0.1 AS FLOAT) AS f, CAST(-123456789.5 AS DOUBLE) AS d, CAST(-0.05 AS DECIMAL(10,2)) AS m, CAST(-1 AS DECIMAL(38,10)) AS n, CAST(-3 AS DECIMAL(5,0)) AS o, CAST('7' AS STRING) AS c, CAST('ä' AS BINARY) AS bin, CAST(DATE'1969-12-31' AS DATE) AS dt, CAST(TIMESTAMP'1969-12-31 23:59:59' AS TIMESTAMP) AS ts, CAST(TIMESTAMP_NTZ'1999-12-31 00:00:00' AS TIMESTAMP_NTZ) AS tn, CAST(array(-1, NULL) AS ARRAY<INT>) AS ai, CAST(array('x', NULL) AS ARRAY<STRING>) AS ac, CAST(array(-0.5D) AS ARRAY<DOUBLE>) AS ad, CAST(array(array(5L)) AS ARRAY<ARRAY<BIGINT>>) AS aa, CAST(map('a', -1, 'k', 5) AS MAP<STRING,INT>) AS mp, CAST(map(2, DATE'2023-12-31') AS MAP<INT,DATE>) AS md, CAST(named_struct('a',-2,'b','Y z','e',array(DATE'1970-01-01'),'g',named_struct('h',CAST(-1.25 AS DECIMAL(10,2)))) AS struct<a:int,b:string,e:array<date>,g:struct<h:decimal(10,2)>>) AS st, CAST(array(named_struct('x',2,'y','q'), named_struct('x',-1,'y','r')) AS array<struct<x:int,y:string>>) AS ast
  UNION ALL SELECT CAST(NULL AS BOOLEAN) AS b, CAST(NULL AS TINYINT) AS y, CAST(NULL AS SMALLINT) AS s, CAST(NULL AS INT) AS i, CAST(NULL AS BIGINT) AS l, CAST(NULL AS FLOAT) AS f, CAST(NULL AS DOUBLE) AS d, CAST(NULL AS DECIMAL(10,2)) AS m, CAST(NULL AS DECIMAL(38,10)) AS n, CAST(NULL AS DECIMAL(5,0)) AS o, CAST(NULL AS STRING) AS c, CAST(NULL AS BINARY) AS bin, CAST(NULL AS DATE) AS dt, CAST(NULL AS TIMESTAMP) AS ts, CAST(NULL AS TIMESTAMP_NTZ) AS tn, CAST(NULL AS ARRAY<INT>) AS ai, CAST(NULL AS ARRAY<STRING>) AS ac, CAST(NULL AS ARRAY<DOUBLE>) AS ad, CAST(NULL AS ARRAY<ARRAY<BIGINT>>) AS aa, CAST(NULL AS MAP<STRING,INT>) AS mp, CAST(NULL AS MAP<INT,DATE>) AS md, CAST(NULL AS struct<a:int,b:string,e:array<date>,g:struct<h:decimal(10,2)>>) AS st, CAST(NULL AS array<struct<x:int,y:string>>) AS ast
  UNION ALL SELECT CAST(true AS BOOLEAN) AS b, CAST(0 AS TINYINT) AS y, CAST(0 AS SMALLINT) AS s, CAST(0 AS INT) AS i, CAST(0 AS BIGINT) AS l, CAST(0 AS FLOAT) AS f, CAST(0 AS DOUBLE) AS d, CAST(0 AS DECIMAL(10,2)) AS m, CAST(0 AS DECIMAL(38,10)) AS n, CAST(0 AS DECIMAL(5,0)) AS o, CAST('0' AS STRING) AS c, CAST('' AS BINARY) AS bin, CAST(DATE'2023-12-31' AS DATE) AS dt, CAST(TIMESTAMP'2023-12-31 00:00:00' AS TIMESTAMP) AS ts, CAST(TIMESTAMP_NTZ'2024-01-01 12:00:00' AS TIMESTAMP_NTZ) AS tn, CAST(array() AS ARRAY<INT>) AS ai, CAST(array() AS ARRAY<STRING>) AS ac, CAST(array() AS ARRAY<DOUBLE>) AS ad, CAST(array() AS ARRAY<ARRAY<BIGINT>>) AS aa, CAST(map() AS MAP<STRING,INT>) AS mp, CAST(map() AS MAP<INT,DATE>) AS md, CAST(NULL AS struct<a:int,b:string,e:array<date>,g:struct<h:decimal(10,2)>>) AS st, CAST(array() AS array<struct<x:int,y:string>>) AS ast
) """

_LINES = r"""
'2024-01-31' - INTERVAL 1 MONTH
date_add('2024-01-31', 1)
datediff('2024-03-01', '2024-02-01')
'2024-01-01' < dt
dt = '2024-02-29'
dt IN ('2024-02-29', '1999-01-01')
ts BETWEEN '2024-01-01' AND '2025-01-01'
year('2024-05-05'), month(c), hour('2024-05-05 10:11:12')
last_day('2024-02-01'), add_months('2024-01-31', 1), next_day('2024-01-15', 'TU')
months_between(dt, '2024-01-01')
date_format('2024-05-05 10:11:12', 'yyyyMMdd'), date_format(dt, 'E'), date_format(ts, 'yyyy-MM-dd''T''HH:mm:ss')
to_date(ts), to_date(dt), to_date('2024-05-05 10:11:12'), to_timestamp(dt)
CAST('2024-05-05 10:11:12.123456' AS DATE), CAST('2024-05-05' AS TIMESTAMP), CAST('05/05/2024' AS STRING)
unix_timestamp(dt), unix_timestamp(ts), unix_timestamp(tn), to_unix_timestamp('2024-05-05 10:11:12')
from_unixtime(l), from_unixtime(0, 'HH:mm'), timestamp_millis(l), timestamp_seconds(i)
dt + 1, 1 + dt, dt - 1, dt - dt, dt + i
dt > ts, dt = ts, dt <=> NULL, tn > ts
extract(day FROM dt), extract(hour FROM ts), extract(second FROM ts), extract(week FROM dt), extract(year FROM tn)
dayofweek(dt), weekday(dt), weekofyear(dt), dayofyear(dt), quarter(dt), dayname(dt), monthname(dt)
make_date(2024, i, 1)
make_date(2024, 1, abs(i))
date_trunc('week', dt), date_trunc('quarter', ts), trunc(ts, 'year'), trunc(dt, 'week')
sequence(dt, dt + 2), size(sequence(1, abs(i) + 1))
i / 2, i / l, l / 2, d / 0.5, m / i, m / l, n / m, o / o
i % 3, m % i, d % 2, l % 7L, n % 3
i * m, l * m, n * m, m * 0.1, m * 1.10, o * 2, m * d
sum(m) / count(*), sum(m) * 0.19, avg(m) * 2, sum(o), avg(o), sum(n), avg(n)
sum(i) / sum(l), sum(i) * 1.0 / count(*), count(*) / 3, sum(y), sum(s), avg(y)
round(m * 0.19, 2), round(d, 2), round(d * 100) / 100, round(i / 3, 3), round(n, 3), round(-2.5D), round(l, -2)
bround(m, 1), bround(d, 1), bround(2.5, 0), bround(-3.5D, 0), ceil(d), floor(m), ceil(n)
greatest(i, l), least(m, d), greatest(c, 'a'), greatest(dt, ts), least(m, 1), greatest(i, NULL)
coalesce(i, m), coalesce(i, d), coalesce(c, 'x'), coalesce(dt, ts), coalesce(NULL, i, 0), nvl(m, 0), ifnull(d, 0), nvl(i, 0L)
CASE WHEN i > 0 THEN m ELSE 0 END, CASE WHEN b THEN i ELSE d END, CASE WHEN b THEN 'a' END, CASE i WHEN 7 THEN m WHEN 0 THEN 1.234 END
if(b, 1, 0), if(b, m, 0), if(b, dt, NULL), iff(b, 'x', 'y')
nullif(i, 0), nullif(m, 0), nullif(c, ''), nullif(d, 0)
CAST(d AS INT), CAST(d AS BIGINT), CAST(m AS INT), CAST(c AS INT), CAST(c AS DOUBLE), CAST(b AS INT), CAST(i AS BOOLEAN), CAST(d AS DECIMAL(10,2)), CAST(m AS DECIMAL(5,1))
CAST(d AS STRING), CAST(f AS DOUBLE), CAST(m AS STRING), CAST(n AS STRING), CAST(b AS STRING), CAST(ts AS STRING), CAST(tn AS STRING), CAST(dt AS STRING)
CAST(d AS DATE)
CAST(ai AS STRING), CAST(ac AS STRING), CAST(aa AS STRING)
CAST(mp AS STRING)
CAST(st AS STRING)
CAST(ad AS STRING)
CAST(array(m) AS STRING), CAST(array(dt) AS STRING), CAST(array(ts) AS STRING)
concat(c, '-', i, '-', m, '-', d, '-', b, '-', dt, '-', ts)
concat_ws('|', c, i, d, dt, ts, b, m), concat_ws(',', ac), concat_ws('-', ac, c)
c || i || d, 'x' || ts, 'x' || m
upper(c), lower(i), trim(i), length(d), length(m), length(ts), substring(i, 1, 2), substring(ts, 1, 10), left(dt, 4), right(d, 2)
lpad(i, 5, '0'), rpad(c, 3, '*'), lpad(m, 8, ' '), repeat(i, 2), reverse(i), replace(d, '.', ','), split(ts, ' ')[0], regexp_replace(dt, '-', '')
substring(c, 0), substring(c, -1), substring(c, 1, -1), substring(c, 2, 0), substring(c, NULL, 1), left(c, NULL), substring('hello', i), substring('hello', i, 2), substring('hello', 2, i)
instr(i, '7'), locate('1', c), position('2' IN c), i LIKE '%7%', d LIKE '2%', dt LIKE '2024%', ts RLIKE '2024'
hash(y), hash(s), hash(f), xxhash64(b), hash(tn), hash(bin), hash(i, NULL, c)
hash(st)
to_json(st), to_json(mp), to_json(ai), to_json(struct(i, d, c)), to_json(struct(ts)), to_json(struct(dt, b)), to_json(named_struct('d', 1e10D)), to_json(ast)
to_json(struct(m)), to_json(struct(l, NULL AS x)), to_json(map(i, c))
from_json('{"a": 1.5}', 'a INT'), from_json('{"a": "1"}', 'a INT'), from_json('{"a": null}', 'a INT, b STRING'), from_json('{"a": true}', 'a STRING'), from_json('{"a": 123456789012}', 'a INT'), from_json('{"a":[1,"x"]}', 'a ARRAY<INT>')
from_json('{"a": 1.234}', 'a DECIMAL(10,2)'), from_json('{"a": "1.234"}', 'a DECIMAL(10,2)'), from_json('{"d": "2024-01-01"}', 'd DATE'), from_json('{"a": {"b": 1}}', 'a STRUCT<b: STRING>'), from_json('{"A": 1}', 'a INT'), from_json('', 'a INT'), from_json('{"a": 1', 'a INT')
from_json('{"t": "2024-01-01T10:00:00"}', 't TIMESTAMP'), from_json('{"t": "2024-01-01 10:00:00"}', 't TIMESTAMP'), from_json('{"t": "nonsense"}', 't TIMESTAMP'), from_json('{"t": 1700000000}', 't TIMESTAMP'), from_json('[{"t": "2024-01-01T10:00:00Z"}]', 'ARRAY<STRUCT<t: TIMESTAMP>>')
get_json_object('{"a": 1.0}', '$.a'), get_json_object('{"a": "x\\"y"}', '$.a'), get_json_object('{"a": [1, 2]}', '$.a'), get_json_object('{"a": true}', '$.a'), get_json_object('{"a b": 1}', "$['a b']"), get_json_object('{"a": {"b": [{"c": 3}]}}', '$.a.b[0].c'), get_json_object('[1,2]', '$[1]')
ai[0], ai[5]
get(ai, 5), element_at(ai, 1)
size(ai), size(NULL), cardinality(mp), array_size(ac)
array_contains(ai, 1L), array_position(ai, 2), array_remove(ai, 1), array_distinct(ac), array_sort(ai), sort_array(ai), sort_array(ai, false), array_max(ai), array_min(ac)
array_join(ac, ','), array_join(ai, '-'), array_union(ai, array(1, 9)), array_intersect(ai, array(1, NULL)), arrays_overlap(ai, array(1)), array_append(ai, 4), array_prepend(ai, 0), slice(ai, 1, 2), flatten(aa), array_repeat(i, 2), array_insert(ai, 1, 0), array_compact(ai)
transform(ai, x -> x + 1), filter(ai, x -> x > 1), exists(ai, x -> x > 2), forall(ai, x -> x > 0), aggregate(ai, 0, (a, x) -> a + x), aggregate(ai, 0L, (a, x) -> a + coalesce(x, 0)), transform(ac, x -> upper(x)), transform(ai, (x, k) -> x * k), transform(ai, x -> x + i), transform(aa, a -> size(a))
aggregate(ai, 0, (a, x) -> a + x, a -> a / 2), reduce(ac, '', (a, x) -> a || x), transform(ai, x -> CAST(x AS STRING)), transform(ad, x -> CAST(x AS STRING)), filter(ac, x -> x IS NOT NULL), transform(ast, e -> e.x + 1), filter(ast, e -> e.x > 1)
zip_with(ai, ad, (x, y) -> x + y), zip_with(ai, ac, (x, y) -> concat(x, y)), map_filter(mp, (k, v) -> v > 0), transform_values(mp, (k, v) -> v + 1), transform_keys(mp, (k, v) -> upper(k)), map_zip_with(mp, mp, (k, a, b) -> a + b), array_sort(ai, (x, y) -> y - x)
mp['k'], mp['zz'], element_at(mp, 'k'), map_keys(mp), map_values(mp), map_entries(mp), map_contains_key(mp, 'k'), map_concat(mp, map('z', 9)), map_from_arrays(array('q'), array(1)), size(mp), md[1]
st.a, st.b, st.g.h, st.e[0], ast.x, ast[0].y, struct(i, c), named_struct('a', i), struct(i AS x, m).x
str_to_map('a:1,b:2')['b'], split('a,b', ',')[1], split(c, '')
regexp_extract('a1b2', '([a-z])([0-9])', 2), regexp_extract_all('a1b2', '[a-z]'), regexp_extract_all('a1b2', '([a-z])([0-9])'), regexp_replace('abc', '(b)', '[$1]'), regexp_replace('a.b', '\\.', '-'), 'a.b' RLIKE 'a\\.b', regexp_count('aaa', 'a'), regexp_like('Abc', '(?i)abc')
regexp_extract('abc', '(?<=a)b', 0)
array_except(ai, array(1))
max(struct(l, c)) OVER ()
left(c, i), right(c, i), left('abcdef', y), substring('abcdef', i, y), substring('abcdef', y, i), substring(c, -2, i)
array_contains(ai, i), array_contains(ac, c)
avg(m) FILTER (WHERE i > 100), avg(DISTINCT m), avg(n), sum(m) FILTER (WHERE i > 100)
regexp_replace('aXbX', 'X(?!b)', '-')
regexp_replace('price $5', '\\$5', 'five'), regexp_extract('x=1;y=2', '(?<k>y)=(\\d)', 2)
count(*), count(i), count(DISTINCT c), count(DISTINCT i, c), count_if(b), sum(DISTINCT i), min(c), max(ts), min(b), max(st)
mode(b)
first(i), last(i), any_value(c), first(c, true), collect_list(i), sort_array(collect_set(c)), max_by(c, i), min_by(c, d), median(i), median(m), percentile(i, 0.5), percentile(m, array(0.1, 0.9)), percentile_approx(d, 0.5), percentile_approx(ts, 0.5), percentile_approx(m, 0.5), percentile_cont(0.5) WITHIN GROUP (ORDER BY i), stddev(i), variance(d), corr(i, l), covar_samp(d, i), skewness(i), kurtosis(d), bit_or(i), bool_and(b), every(b), approx_count_distinct(c)
row_number() OVER (ORDER BY l), rank() OVER (ORDER BY b), sum(i) OVER (ORDER BY l), avg(m) OVER (PARTITION BY b), lag(c) OVER (ORDER BY l), lag(i, 1, -1) OVER (ORDER BY l), lead(ts) OVER (ORDER BY l), first_value(c) OVER (ORDER BY l), last_value(c) OVER (ORDER BY l ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), ntile(2) OVER (ORDER BY l), percent_rank() OVER (ORDER BY l), cume_dist() OVER (ORDER BY l), count(*) OVER (), sum(m) OVER (ORDER BY l ROWS 1 PRECEDING), ts - lag(ts) OVER (ORDER BY l), i - lag(i) OVER (ORDER BY l), m / sum(m) OVER ()
nth_value(c, 2) OVER (ORDER BY l), min(ts) OVER (PARTITION BY b), collect_list(i) OVER (ORDER BY l), sum(l) OVER (PARTITION BY b ORDER BY ts RANGE BETWEEN INTERVAL 1 DAY PRECEDING AND CURRENT ROW)
i IS NULL, i = NULL, i <=> NULL, NOT b, b AND i > 0, b OR NULL, i IN (1, 7), i NOT IN (1, NULL), c IN (7, 12), i IN ('7', '8'), m IN (12.34, 1), i BETWEEN -5 AND 5, c BETWEEN '1' AND '2', i IS DISTINCT FROM 7, b IS TRUE, b IS NOT FALSE
i = '7', c = 7, c > 5, c < 100L, c = 7.0, m = '12.34', d = '2.25', b = 'true', i > '3', c = i, c > d, c = dt
i & 3, i | 8, i ^ 1, ~i, i << 2, shiftright(l, 2), bit_count(i)
abs(i), abs(m), abs(d), sign(i), sign(m), sqrt(i), power(i, 2), exp(d / 1e9), ln(l), log10(l), log(2, l), pi(), e(), sin(d), degrees(d), cbrt(i), mod(i, 3), pmod(i, 3), factorial(5), hex(i), hex(c), bin(i), conv(c, 10, 2), unhex('4D'), ascii(c), chr(65), format_number(d, 2), format_number(m, 1), format_number(i, 0), format_string('%d %s %.2f', i, c, d)
encode(c, 'utf-8'), decode(encode(c, 'utf-8'), 'utf-8'), base64(c), unbase64('YQ=='), bin, hex(bin), length(bin), upper(bin), substring(bin, 1, 1), concat(bin, bin), bin || 'x', to_binary('61', 'hex')
initcap('a b-c d_e'), initcap(c), soundex(c), levenshtein(c, '13'), translate(c, '12', 'ab'), overlay(c PLACING 'x' FROM 1), split_part('a.b.c', '.', 2), substring_index('a.b.c', '.', -2), find_in_set('a', 'b,a'), elt(1, 'a', c), space(2), mask(c), url_encode('a b'), parse_url('http://a/b?c=d', 'QUERY')
SELECT b, count(*) AS n, sum(m) AS s, avg(d) AS a FROM t GROUP BY b HAVING count(*) > 0 ORDER BY b
SELECT year(ts) AS y, sum(i) FROM t GROUP BY year(ts) ORDER BY 1
SELECT date_trunc('month', dt) AS mon, count(*) FROM t GROUP BY date_trunc('month', dt)
SELECT i + 1 AS j, count(*) FROM t GROUP BY i + 1 ORDER BY j
SELECT i+1, count(*) FROM t GROUP BY i + 1
SELECT coalesce(i, 0), sum(l) FROM t GROUP BY coalesce(i, 0)
SELECT CASE WHEN i > 0 THEN 'pos' ELSE 'neg' END, count(*) FROM t GROUP BY CASE WHEN i > 0 THEN 'pos' ELSE 'neg' END
SELECT concat(c, i) AS k, max(d) FROM t GROUP BY ALL
SELECT nvl(c, 'x'), count(*) FROM t GROUP BY 1 ORDER BY nvl(c, 'x')
SELECT DISTINCT i % 2, b IS NULL FROM t ORDER BY 1
SELECT DISTINCT nvl(i, 0) FROM t ORDER BY nvl(i, 0)
SELECT i FROM t ORDER BY i + 1 DESC NULLS LAST
SELECT a.i + z.l AS s FROM t a JOIN t z ON a.i + 0 = z.i WHERE a.l + z.l > 0
SELECT i, l FROM t WHERE nvl(i, 0) + 1 > 0 AND weekday(dt) = 3
SELECT sum(x) FROM (SELECT i + l AS x FROM t UNION ALL SELECT i FROM t)
SELECT (SELECT sum(i) + 1 FROM t), EXISTS (SELECT 1 FROM t WHERE i + 1 > 5)
SELECT i FROM t WHERE i IN (SELECT i + 0 FROM t WHERE weekday(dt) < 9)
SELECT x.k + 1 FROM (SELECT i AS k FROM t) x
SELECT id, e + 1 FROM (SELECT i AS id, ai FROM t) LATERAL VIEW explode(ai) x AS e
SELECT i, k, v FROM t LATERAL VIEW explode(mp) x AS k, v
SELECT i, explode(mp) FROM t
SELECT i, explode(ai) AS e FROM t
SELECT i, posexplode(ac) FROM t
SELECT i, inline(ast) FROM t
"""

IDIOMS: list[str] = [
    TABLE + (line if line.startswith("SELECT") else f"SELECT {line} FROM t") for line in _LINES.splitlines() if line
]
