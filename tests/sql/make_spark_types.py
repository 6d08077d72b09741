"""Asks Apache Spark what type each expression has, and writes `spark_types.json` beside this file.

The suite does not run this: it needs Java and `pyspark==4.3.0` in an environment of its own.

    python tests/sql/make_spark_types.py
"""

from __future__ import annotations

import itertools
import json
import logging
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TABLE = {
    "b": "boolean",
    "y": "tinyint",
    "s": "smallint",
    "i": "int",
    "l": "bigint",
    "f": "float",
    "d": "double",
    "m": "decimal(10,2)",
    "n": "decimal(38,10)",
    "o": "decimal(5,0)",
    "c": "string",
    "bin": "binary",
    "dt": "date",
    "ts": "timestamp",
    "tn": "timestamp_ntz",
    "ai": "array<int>",
    "ac": "array<string>",
    "ad": "array<double>",
    "aa": "array<array<bigint>>",
    "mp": "map<string,int>",
    "md": "map<int,date>",
    "st": "struct<a:int,b:string,e:array<date>,g:struct<h:decimal(10,2)>>",
    "ast": "array<struct<x:int,y:string>>",
    "ids": "interval day to second",
    "iym": "interval year to month",
}
NUMBERS = ["y", "s", "i", "l", "f", "d", "m", "n", "o"]
LITERALS = ["1", "3000000000", "2.5", "0.001", "1e3", "'7'", "NULL", "1L", "2.0D", "3BD", "5S", "6Y", "1.5F"]
OPERATORS = ["+", "-", "*", "/", "%", "div"]
SCALARS = ["b", *NUMBERS, "c", "bin", "dt", "ts", "tn", "ids", "iym"]
NESTED = ["ai", "ac", "ad", "aa", "mp", "md", "st", "ast"]
OVER = "OVER (PARTITION BY i ORDER BY l)"

# One argument each: every name over every type of column that Spark takes.
UNARY = """\
abs negative positive sign signum floor ceil ceiling round bround sqrt cbrt exp expm1 ln log log2 log10 log1p sin
cos tan asin acos atan sinh cosh tanh degrees radians rint hex unhex bin bit_count factorial isnull isnotnull isnan
typeof upper lower ucase lcase trim ltrim rtrim length char_length character_length len octet_length bit_length
reverse initcap soundex ascii char chr md5 sha sha1 crc32 hash xxhash64 base64 unbase64 string int bigint double
boolean date timestamp year month day dayofmonth dayofweek dayofyear weekday weekofyear quarter hour minute second
last_day to_date to_timestamp unix_timestamp to_unix_timestamp from_unixtime unix_date unix_seconds unix_millis
unix_micros timestamp_seconds timestamp_millis date_from_unix_date dayname monthname size cardinality array_size
array_distinct array_compact sort_array array_sort array_max array_min explode explode_outer posexplode flatten
map_keys map_values map_entries to_json shuffle array collect_list collect_set array_agg min max sum avg mean count
count_if approx_count_distinct first last any_value first_value last_value median mode stddev stddev_samp stddev_pop
std variance var_samp var_pop kurtosis skewness bool_and bool_or every any some bit_and bit_or bit_xor url_encode
url_decode quote json_array_length json_object_keys schema_of_json is_valid_utf8 nullifzero zeroifnull try_sum
try_avg map_from_entries inline array_length to_number to_variant_object date_diff space luhn_check e cot sec csc
string_agg listagg product
"""
BINARY = """\
coalesce nvl ifnull nullif least greatest concat array pow power atan2 mod pmod try_add try_subtract try_multiply
try_divide try_mod shiftleft equal_null corr covar_pop covar_samp max_by min_by map array_union array_except
array_intersect array_contains array_position array_remove array_append array_prepend arrays_overlap array_repeat
element_at try_element_at map_contains_key map_concat arrays_zip struct hypot width_bucket sequence regr_slope
regr_count date_add date_sub add_months datediff months_between log repeat left right startswith endswith contains
get map_from_arrays
"""
WRITTEN = """
a || b | c || i || 'x' | c || c | ac || ac | bin || bin | -i | -m | -d | +l | -ids | ~i | ~l | i & l | i \\| l
i ^ y | NOT b | b AND b | b OR i > 1 | i = l | i <=> l | i <> d | i != d | c LIKE 'a%' | c ILIKE 'a' | c RLIKE 'a'
i IN (1, 2) | i NOT IN (1) | i BETWEEN 1 AND 2 | c IS NULL | c IS NOT NULL | b IS TRUE | i IS DISTINCT FROM l
c LIKE ANY ('a', 'b') | EXISTS (SELECT 1) | i IN (SELECT 1) | (SELECT max(l) FROM t) | (SELECT 1) | 1 | -1
2147483647 | 2147483648 | 9223372036854775808 | 1.0 | 12.340 | 0.5 | .5 | 5. | 1e10 | 1.5e-3 | 'text' | "text"
NULL | TRUE | DATE '2024-01-01' | TIMESTAMP '2024-01-01 00:00:00' | TIMESTAMP_NTZ '2024-01-01 00:00:00' | X'1F'
INTERVAL '1' DAY | INTERVAL 1 HOUR | INTERVAL '1 2' DAY TO HOUR | INTERVAL 3 MONTHS | INTERVAL 1 YEAR
INTERVAL 5 MINUTES | dt + 1 | 1 + dt | dt - 1 | dt - dt | ts - ts | dt + INTERVAL 1 DAY | dt + INTERVAL 1 MONTH
dt + INTERVAL 2 HOURS | ts + INTERVAL 1 DAY | ts - INTERVAL 1 MONTH | tn + INTERVAL 1 DAY | tn - tn | dt - ts
ts + ids | dt + iym | ids * 2 | ids + ids | iym / 2 | INTERVAL 1 DAY + dt | ids > INTERVAL 1 DAY | ts - dt
iym + iym | 2 * ids | ids / 3 | CASE WHEN b THEN i END | CASE WHEN b THEN i ELSE l END
CASE i WHEN 1 THEN 'a' ELSE c END | CASE WHEN b THEN m ELSE 0 END | CASE WHEN b THEN NULL ELSE dt END
CASE WHEN b THEN 1 ELSE 2.5 END | CASE WHEN b THEN dt ELSE ts END | CASE WHEN b THEN m ELSE d END
CASE WHEN b THEN ai ELSE NULL END | CASE WHEN b THEN st ELSE NULL END
CASE WHEN b THEN i WHEN NOT b THEN m ELSE f END | CASE WHEN b THEN 'x' ELSE i END | CASE WHEN b THEN NULL END
IF(b, i, l) | IF(b, i, NULL) | IF(b, c, 'x') | IF(b, m, n) | IFF(b, 1, 2.5) | nvl2(c, i, l) | nvl2(c, m, 0)
nvl2(c, 'a', NULL) | CAST(c AS INT) | CAST(i AS STRING) | CAST(c AS DECIMAL(12,3)) | CAST(c AS DECIMAL)
CAST(c AS DECIMAL(7)) | c::DATE | CAST(c AS TIMESTAMP) | TRY_CAST(c AS INT) | c::BIGINT | i::DOUBLE
CAST(c AS ARRAY<INT>) | i::SMALLINT + 1 | CAST(c AS TIMESTAMP_NTZ) | CAST(c AS BINARY) | CAST(i AS BOOLEAN)
CAST(c AS FLOAT) | CAST(c AS REAL) | CAST(c AS LONG) | CAST(c AS VARCHAR(10)) | CAST(c AS CHAR(3))
CAST(NULL AS STRING) | CAST(c AS INTERVAL DAY TO SECOND)
CAST(st AS STRUCT<a: BIGINT, b: STRING, e: ARRAY<DATE>, g: STRUCT<h: DOUBLE>>) | CAST(mp AS MAP<STRING, BIGINT>)
st.a | st.b | st.e | st.g | st.g.h | t.st.g.h | st.e[0] | ast[0].x | ast.x | ast.y | ai[0] | aa[0] | aa[0][1]
mp['k'] | md[1] | t.i | t.st | ast[0] | (i) | ((i + l)) | st.a + st.g.h | `i` + `l` | element_at(ast, 1).y
get(ai, 0) | ai[i] | struct(i, c) | named_struct('p', i, 'q', c) | struct(i AS p, c AS q) | struct(1, 'a')
struct(*) | array(1, 2, 3) | array(1, 2.5) | array('a', c) | array(i, l) | array() | map('a', 1) | map()
map('a', 1, 'b', 2.5) | array(struct(i, c)) | named_struct('z', array(dt)) | upper(c) | concat('a', i, c)
concat_ws('-', c, ac) | substring(c, 1, 2) | substr(c, 2) | substring(bin, 1, 2) | regexp_replace(c, 'a', 'b')
regexp_extract(c, '(a)', 1) | regexp_extract_all(c, '(a)', 1) | split(c, ',') | split_part(c, ',', 1)
split(c, ',')[0] | replace(c, 'a') | translate(c, 'a', 'b') | lpad(c, 5, '0') | rpad(c, 5) | lpad(bin, 5, bin)
instr(c, 'a') | locate('a', c) | position('a' IN c) | position('a', c) | levenshtein(c, 'x')
overlay(c PLACING 'x' FROM 1) | trim(BOTH 'x' FROM c) | date_format(ts, 'yyyy') | date_trunc('day', ts)
date_trunc('MONTH', dt) | date_trunc('day', tn) | trunc(dt, 'MM') | date_add(dt, 1) | add_months(dt, 2)
next_day(dt, 'MON') | months_between(ts, ts) | datediff(dt, dt) | date_diff(dt, dt) | make_date(2024, 1, 1)
make_timestamp(2024, 1, 1, 0, 0, 0) | to_date(c, 'yyyy') | to_timestamp(c, 'yyyy') | try_to_timestamp(c)
from_utc_timestamp(ts, 'UTC') | to_utc_timestamp(ts, 'UTC') | unix_timestamp(c, 'yyyy') | unix_timestamp()
from_unixtime(l, 'yyyy') | extract(YEAR FROM ts) | extract(SECOND FROM ts) | extract(DAY FROM dt)
date_part('year', dt) | date_part('SECONDS', ts) | current_date() | current_date | current_timestamp()
current_timestamp | now() | localtimestamp() | curdate() | timestampdiff(SECOND, ts, ts)
timestampdiff(DAY, ts, ts) | timestampadd(HOUR, 1, ts) | dateadd(DAY, 1, dt) | datediff(DAY, dt, dt)
dateadd(dt, 1) | date_add(DAY, 1, dt) | dateadd(HOUR, 1, ts) | date_diff(MONTH, ts, ts) | timestampadd(DAY, 1, dt)
make_interval(1, 2) | make_dt_interval(1, 2) | make_ym_interval(1, 2) | window(ts, '1 day')
window(ts, '1 day').start | session_window(ts, '5 minutes') | window(ts, '1 day', '1 hour').end
window_time(window(ts, '1 day')) | to_char(i, '999') | to_number('1', '9') | round(m) | round(m, 1) | round(m, -1)
round(d, 2) | round(i, -1) | round(f) | bround(m, 1) | round(n, 5) | round(o, 2) | round(l, 2) | floor(m) | ceil(m)
floor(d) | ceil(m, 1) | floor(i) | floor(n) | ceil(o) | floor(m, 1) | abs(m) | sign(m) | sign(ids) | i % 2 | m % 3
mod(i, l) | pmod(m, 3) | i div 2 | m div 2 | l div i | i / 2 | m / 3 | m * m | m + m | n * n | n + 1 | n / m | 1 / 2
1.5 * 2 | 10 / 3.0 | i * 1.0 | l * 0.1 | i + 0.5 | m * 0.15 | m * 1.0 / 3 | i * 100.0 / l | sum(m) * 1.0
sum(i) / count(*) | avg(i) + 1 | sum(m) / sum(i) | round(sum(m) / count(*), 2) | count(*) * 100.0 / sum(l)
max(ts) - min(ts) | sum(i) + sum(d) | sum(d) / 60 | (i + l) / 2 | (m + i) * d | c + 1 | c * 2.5 | c || 1 | c > 1
'1' + 1 | '1' + 2.5 | c + d | c + m | c / 2 | c % 2 | -c | count(*) | count(1) | count(DISTINCT i) | count(i, c)
sum(DISTINCT i) | avg(DISTINCT m) | sum(i) FILTER (WHERE b) | sum(1) | sum(CASE WHEN b THEN 1 ELSE 0 END)
sum(CASE WHEN b THEN m ELSE 0 END) | sum(IF(b, 1, 0)) | sum(i * m) | avg(i * 1.0) | sum(2.5) | sum(ids) | avg(ids)
sum(iym) | max(st) | min(ai) | max(struct(ts, c)) | max(struct(ts, c)).c | max_by(c, ts) | min_by(st, ts)
first(i, true) | first(i) IGNORE NULLS | last(c) | any_value(m) | approx_percentile(i, 0.5)
percentile_approx(m, 0.5) | percentile_approx(d, array(0.5, 0.9)) | percentile(i, 0.5)
percentile(i, array(0.25, 0.75)) | percentile_cont(0.5) WITHIN GROUP (ORDER BY m)
percentile_disc(0.5) WITHIN GROUP (ORDER BY i) | mode() WITHIN GROUP (ORDER BY c) | listagg(c, ',')
string_agg(c, ',') WITHIN GROUP (ORDER BY c) | collect_list(struct(i, c)) | collect_set(c) | array_agg(m)
collect_list(st.a) | array_join(ac, ',') | array_join(collect_set(c), ',') | size(collect_set(i))
sort_array(collect_list(i), false) | map_from_entries(collect_list(struct(c, i))) | count_min_sketch(i, 0.1, 0.9, 1)
histogram_numeric(i, 5) | grouping_id() | hll_sketch_agg(i) | hll_sketch_estimate(hll_sketch_agg(i))
bitmap_construct_agg(l) | row_number() OVER | rank() OVER | dense_rank() OVER | percent_rank() OVER
cume_dist() OVER | ntile(4) OVER | lag(m) OVER | lag(i, 1, 0) OVER | lead(ts) OVER | lead(c, 1, 'x') OVER
first_value(dt) OVER | last_value(i) OVER | nth_value(c, 2) OVER | sum(i) OVER | avg(m) OVER | count(*) OVER
max(ts) OVER | min(st) OVER | sum(m) OVER | collect_list(c) OVER | ts - lag(ts) OVER | i - lag(i) OVER
sum(l) OVER + 1 | round(avg(d) OVER, 2) | unix_timestamp(ts) - unix_timestamp(lag(ts) OVER) | row_number() OVER = 1
transform(ai, x -> x + 1) | transform(ac, x -> upper(x)) | filter(ai, x -> x > 1) | filter(ast, e -> e.x > 1)
exists(ai, x -> x > 1) | forall(ai, x -> x > 1) | aggregate(ai, 0, (a, x) -> a + x) | reduce(ai, 0, (a, x) -> a + x)
aggregate(ai, 0.0D, (a, x) -> a + x) | transform(ast, e -> e.y) | transform(ai, (x, k) -> x * k)
map_filter(mp, (k, v) -> v > 1) | transform_values(mp, (k, v) -> v + 1.5) | transform_keys(mp, (k, v) -> upper(k))
zip_with(ai, ad, (x, y) -> x + y) | array_sort(ai, (x, y) -> x - y) | map_zip_with(mp, mp, (k, a, b) -> a + b)
aggregate(ai, 0, (a, x) -> a + x, a -> a * 2.5D) | transform(ai, x -> struct(x AS v, c AS w)) | slice(ai, 1, 2)
sequence(1, 5) | sequence(dt, dt) | sequence(dt, dt, INTERVAL 1 DAY) | sequence(ts, ts, INTERVAL 1 HOUR)
array_insert(ai, 1, 2) | array_repeat(c, 2) | array_position(ai, 1) | arrays_zip(ai, ac) | explode(mp) | explode(ai)
explode(split(c, ',')) | inline(ast) | posexplode(ac) | stack(2, i, l) | json_tuple(c, 'a')
from_json(c, 'a INT, b ARRAY<STRING>') | from_json(c, 'STRUCT<a: DOUBLE>') | from_json(c, 'ARRAY<INT>')
from_json(c, 'MAP<STRING, INT>') | from_json(c, 'a INT').a | from_csv(c, 'a INT, b DATE') | to_json(st) | to_csv(st)
get_json_object(c, '$.a') | schema_of_json('{"a": 1}') | parse_json(c) | variant_get(parse_json(c), '$.a', 'int')
try_variant_get(parse_json(c), '$.a', 'string') | try_parse_json(c) | is_variant_null(parse_json(c))
from_avro(bin, '{"type":"int"}') | to_avro(i) | str_to_map(c) | str_to_map(c, ',', ':') | sentences(c)
sha2(c, 256) | md5(bin) | encode(c, 'utf-8') | decode(bin, 'utf-8') | to_binary(c, 'hex') | aes_encrypt(c, c)
base64(bin) | conv(c, 10, 16) | uuid() | rand() | randn(1) | rand(5) | monotonically_increasing_id()
spark_partition_id() | input_file_name() | current_user() | session_user() | current_catalog() | current_database()
current_schema() | version() | pi() | e() | format_number(d, 2) | format_string('%s', c) | printf('%s', c)
greatest(1, 2.5) | least(i, l, d) | greatest(dt, ts) | coalesce(NULL, i) | coalesce(c, 'none') | coalesce(m, 0)
coalesce(i, 0.0) | coalesce(sum(i), 0) | coalesce(sum(m), 0) | nullif(i, 0) | nullif(c, '') | nvl(c, i)
nvl(dt, current_date()) | ifnull(l, 0) | m / nullif(i, 0) | coalesce(NULL, NULL) | coalesce(ts, dt) | coalesce(d, m)
coalesce(f, l) | coalesce(f, m) | nullif(1, 2.5) | decode(i, 1, 'a', 'b') | decode(i, 1, 10, 20) | hash(i, c)
xxhash64(i, c) | crc32(c) | assert_true(b) | raise_error('x') | reflect('a', 'b') | typeof(i) | parse_url(c, 'HOST')
mask(c) | try_divide(i, 2) | try_add(i, 1) | try_add(dt, 1) | try_add(ts, INTERVAL 1 DAY) | try_multiply(m, 2)
try_subtract(l, 1) | try_to_number('1', '9') | try_element_at(mp, 'k') | element_at(mp, 'k') | element_at(ai, 1)
element_at(ac, -1) | map_contains_key(mp, 'k') | cardinality(mp) | regexp_like(c, 'a') | regexp_count(c, 'a')
regexp_substr(c, 'a') | regexp_instr(c, 'a') | substring_index(c, '.', 1) | startswith(c, 'a') | char_length(c)
bit_length(c) | repeat(c, 2) | left(c, 2) | right(c, 2) | elt(1, c, 'b') | find_in_set('a', c) | soundex(c)
chr(65) | bin(l) | timestamp_micros(l) | timestamp_seconds(d) | date(ts) | timestamp(c) | string(i) | int(c)
bigint(c) | double(c) | decimal(c) | float(c) | boolean(c) | binary(c) | smallint(i) | tinyint(i)
to_timestamp_ntz(c) | to_timestamp_ltz(c) | convert_timezone('UTC', tn) | current_timezone()
date_from_unix_date(1) | weekofyear(dt) | dayname(dt) | monthname(dt) | last_day(dt) | day(ts) | hour(ts)
second(ts) | quarter(dt) | unix_date(dt) | make_time(1, 2, 3) | bool_and(b) | bool_or(i > 1) | count_if(b)
count_if(i > 1) | every(b) | any(b) | some(b) | corr(i, d) | covar_pop(i, l) | regr_r2(i, l) | shiftleft(i, 1)
shiftright(l, 1) | shiftrightunsigned(l, 1) | i << 1 | l >> 2 | bit_count(i) | bit_get(i, 1) | getbit(l, 1)
width_bucket(d, 0, 1, 4)
"""


def groups() -> Iterator[tuple[int, list[str]]]:
    """How many of which expressions are wanted. Spark refuses most calls of random arguments: then it gets the next."""
    written = _pieces(WRITTEN)
    yield len(written), written
    yield 80, [f"{a} {op} {b}" for a, op, b in itertools.product(NUMBERS, OPERATORS, NUMBERS)]
    yield 60, [f"{a} {op} {b}" for a, op, b in itertools.product(NUMBERS, OPERATORS, LITERALS)]
    yield 30, [f"{a} {op} {b}" for a, op, b in itertools.product(SCALARS, OPERATORS, SCALARS)]
    yield 300, [f"{name}({a})" for name, a in itertools.product(UNARY.split(), SCALARS + NESTED)]
    every = SCALARS + NESTED + LITERALS
    yield 200, [f"{name}({a}, {b})" for name, a, b in itertools.product(BINARY.split(), every, every)]
    yield 60, _mixed()


def _pieces(text: str) -> list[str]:
    flat = re.sub(r"\bOVER\b", OVER, text).replace("\\|", "\0").replace("||", "\0\0").replace("\n", " | ")
    return [piece.replace("\0", "|").strip() for piece in flat.split(" | ") if piece.strip()]


def _mixed() -> list[str]:
    parts = ["i", "l", "m", "d", "1", "2.5", "sum(m) OVER ()", "length(c)", "coalesce(i, 0)", "st.g.h"]
    return [f"({a} {p} {b}) {q} {c}" for a, p, b, q, c in itertools.product(parts, "+-*/", parts, "+*/", parts)]


def main() -> None:
    from pyspark.sql import SparkSession

    logging.disable()
    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    spark.sql("SELECT " + ", ".join(f"CAST(NULL AS {t}) AS {n}" for n, t in TABLE.items())).createOrReplaceTempView("t")
    known: dict[str, str] = {}
    for count, candidates in groups():
        known |= _accepted(spark, count, candidates)
    lines = [f"    {json.dumps(text)}: {json.dumps(type_)}" for text, type_ in sorted(known.items())]
    table = json.dumps(TABLE, indent=4).replace("\n}", "\n  }")
    text = '{\n  "table": ' + table + ',\n  "types": {\n' + ",\n".join(lines) + "\n  }\n}\n"
    Path(__file__).with_name("spark_types.json").write_text(text)
    print(len(lines), "expressions")
    spark.stop()


def _accepted(spark: Any, count: int, candidates: list[str]) -> dict[str, str]:
    """The first *count* that Spark takes, of a fixed shuffle."""
    found: dict[str, str] = {}
    for text in random.Random(count).sample(candidates, len(candidates)):
        if len(found) < count and (type_ := _type(spark, text)):
            found[text] = type_
    return found


def _type(spark: Any, text: str) -> str:
    """Spark's name for the type, or nothing where it does not take the expression."""
    try:
        fields = spark.sql(f"SELECT {text} AS x FROM t").schema.fields
    except Exception as error:  # every refusal is the same to us, but a dead session is not
        if "Network" in type(error).__name__:
            raise
        return ""
    return fields[0].dataType.simpleString() if len(fields) == 1 and fields[0].name == "x" else ""


if __name__ == "__main__":
    main()
