"""Pipelines written by hand, each about one part of the language that Apache Spark has too."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tests.runs.spark.case import Case, Content, Step

HEAD = "from pyspark import pipelines as dp\nfrom pyspark.sql import functions as F\n\n"
SOURCE = (
    '\n\n@dp.table\ndef {name}():\n    return spark.readStream.format("{format}").schema("{schema}"){options}'
    '.load("{{folder}}/in/{name}")\n'
)
STATIC = SOURCE.replace("dp.table", "dp.materialized_view").replace("readStream", "read")
ORDERS = "id BIGINT, customer STRING, amount DOUBLE, at TIMESTAMP, tags ARRAY<STRING>"
CUSTOMERS = "customer STRING, country STRING, since DATE"


def source(name: str, schema: str, format: str = "json", options: str = "", static: bool = False) -> str:
    """Python that streams, or reads, the files of a folder."""
    return (STATIC if static else SOURCE).format(name=name, format=format, schema=schema, options=options)


def lines(rows: Iterable[Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def order(id: int | None, customer: str | None, amount: float | None, at: str | None, *tags: str) -> dict[str, Any]:
    return {"id": id, "customer": customer, "amount": amount, "at": at, "tags": list(tags)}


FIRST = lines(
    [
        order(1, "ada", 12.5, "2026-01-01T10:00:00Z", "new", "web"),
        order(2, "bo", -3.0, "2026-01-01T11:30:00.123456Z"),
        order(3, None, 7.25, None, "web"),
        order(None, "ada", 0.0, "2026-01-02T00:00:00+02:00"),
        {"id": 4, "customer": "Çelik", "more": 1},
    ]
)
SECOND = lines(
    [
        order(5, "bo", 1e10, "2026-02-28T23:59:59.999999Z", "x'y", "ü"),
        order(6, "cy", 0.1, "2025-12-31T23:59:59Z"),
        order(1, "ada", 12.5, "2026-01-01T10:00:00Z", "new", "web"),
    ]
)
THIRD = lines([order(7, "", None, "1969-12-31T23:59:59Z", "")])
PEOPLE = "customer,country,since\nada,UK,2020-02-29\nbo,NO,2021-12-31\n,XX,\n"
MORE_PEOPLE = "customer,country,since\ncy,IE,2024-06-01\nada,FR,2025-01-01\n"


def case(
    name: str,
    sql: str = "",
    python: str = "",
    *,
    orders: tuple[str, ...] = (FIRST, SECOND, "", THIRD),
    more: tuple[dict[str, Content | None], ...] = (),
    **rest: Any,
) -> Case:
    """A case whose source `orders` gets a file before each update; an empty text is no file."""
    steps = []
    for n, text in enumerate(orders):
        files: dict[str, Content | None] = {}
        if n == 0:
            files |= {"b.sql": sql} if sql else {}
            files |= {"a.py": HEAD + source("orders", ORDERS) + python}
            files |= {"in/orders/": ""}
        if text:
            files[f"in/orders/{n}.json"] = text
        steps.append(Step({**files, **(more[n] if n < len(more) else {})}))
    return Case(name, tuple(steps), **rest)


CASES = [
    case(
        "medallion",
        "CREATE STREAMING TABLE clean COMMENT 'only what has an id' TBLPROPERTIES ('quality' = 'silver') AS\n"
        "SELECT id, upper(trim(customer)) AS customer, CAST(amount AS DECIMAL(14,2)) AS amount, at,\n"
        "  size(tags) AS n, date(at) AS day FROM STREAM(orders) WHERE id IS NOT NULL AND amount > -100;\n"
        "CREATE MATERIALIZED VIEW per_customer AS\n"
        "SELECT customer, count(*) AS n, sum(amount) AS total, min(at) AS first, max(day) AS last,\n"
        "  avg(amount) AS mean, count(DISTINCT day) AS days FROM clean GROUP BY customer;\n"
        "CREATE MATERIALIZED VIEW best AS SELECT customer, total FROM per_customer WHERE total > 10;\n",
    ),
    case(
        "case_and_casts",
        "CREATE STREAMING TABLE t AS SELECT id,\n"
        "  CASE WHEN amount > 10 THEN 'big' WHEN amount < 0 THEN 'back' ELSE 'small' END AS size,\n"
        "  CASE customer WHEN 'ada' THEN 1 WHEN 'bo' THEN 2 END AS number,\n"
        "  CAST(id AS STRING) AS as_text, CAST(amount AS STRING) AS amount_text, CAST(at AS STRING) AS at_text,\n"
        "  CAST(at AS DATE) AS day, try_cast(customer AS INT) AS no_number, CAST(id AS DOUBLE) / 3 AS third,\n"
        "  id / 2 AS half, id % 3 AS rest, id DIV 2 AS whole, coalesce(customer, '?') AS who, nullif(customer, 'bo') AS nobo,\n"
        "  if(amount IS NULL, 0, 1) AS has, id BETWEEN 2 AND 4 AS mid, customer IN ('ada', 'cy') AS known,\n"
        "  customer <=> NULL AS isnull, CAST(amount AS INT) AS cut, round(amount, 1) AS rounded, 1.50 AS literal,\n"
        "  CAST(id AS DECIMAL(20,4)) * 1.5 AS exact, -id AS minus, id IS DISTINCT FROM 1 AS other\n"
        "FROM STREAM orders WHERE amount < 1000 OR amount IS NULL;\n",
    ),
    case(
        "strings_and_dates",
        "CREATE STREAMING TABLE t AS SELECT id, length(customer) AS n, initcap(customer) AS init, reverse(customer) AS back,\n"
        "  concat(customer, '-', id) AS joined, customer || '!' AS piped, concat_ws('/', customer, id, NULL) AS ws,\n"
        "  substring(customer, 2, 2) AS part, substr(customer, -1) AS last, left(customer, 1) AS l, instr(customer, 'o') AS at_o,\n"
        "  replace(customer, 'a', 'A') AS r, regexp_replace(customer, '[aeiou]', '*') AS vowels,\n"
        "  regexp_extract(customer, '(.)(.)', 2) AS second, lpad(customer, 6, '.') AS pad, customer LIKE 'a%' AS like_a,\n"
        "  customer RLIKE '^b' AS b, split(customer, '') AS letters, md5(customer) AS hash, sha2(customer, 256) AS sha,\n"
        "  date_trunc('MONTH', at) AS month, year(at) AS y, dayofweek(at) AS dow, hour(at) AS h,\n"
        "  date_format(at, 'yyyy/MM/dd HH:mm') AS shown, date_add(date(at), 40) AS later, last_day(at) AS eom,\n"
        "  datediff(DATE'2026-03-01', date(at)) AS ago, months_between(TIMESTAMP'2026-03-01 00:00:00', at) AS months,\n"
        "  at + INTERVAL 90 MINUTES AS soon, unix_timestamp(at) AS epoch, to_date('2026-05-06') AS fixed,\n"
        "  add_months(date(at), 1) AS next, weekofyear(at) AS week, quarter(at) AS q, translate(customer, 'ab', 'xy') AS tr\n"
        "FROM STREAM(orders);\n",
    ),
    case(
        "arrays",
        "CREATE STREAMING TABLE tagged AS SELECT id, tag FROM STREAM(orders) LATERAL VIEW explode(tags) x AS tag;\n"
        "CREATE STREAMING TABLE kept AS SELECT id, explode_outer(tags) AS tag FROM STREAM(orders);\n"
        "CREATE STREAMING TABLE shaped AS SELECT id, size(tags) AS n, array_contains(tags, 'web') AS web,\n"
        "  tags[0] IS NULL AS none, transform(tags, t -> upper(t)) AS upper, filter(tags, t -> t <> 'web') AS other,\n"
        "  array_join(tags, '|') AS joined, named_struct('who', customer, 'n', id) AS s, array_distinct(tags) AS d,\n"
        "  map('id', id) AS m, exists(tags, t -> t = 'new') AS e, array(1, id) AS a, sort_array(tags, false) AS sorted\n"
        "FROM STREAM(orders) WHERE size(tags) > 0;\n"
        "CREATE MATERIALIZED VIEW per_tag AS SELECT tag, count(*) AS n, sort_array(collect_list(id)) AS ids FROM tagged GROUP BY tag;\n"
        "CREATE MATERIALIZED VIEW fields AS SELECT s.who, s.n, m['id'] AS id, element_at(d, 1) AS first FROM shaped;\n",
    ),
    case(
        "joined_with_static",
        "CREATE STREAMING TABLE inner_j AS SELECT o.id, o.customer, c.country FROM STREAM(orders) o JOIN people c ON o.customer = c.customer;\n"
        "CREATE STREAMING TABLE left_j AS SELECT o.id, c.country, c.since FROM STREAM(orders) o LEFT JOIN people c USING (customer);\n"
        "CREATE STREAMING TABLE semi_j AS SELECT id FROM STREAM(orders) o LEFT SEMI JOIN people c ON o.customer = c.customer AND c.since > DATE'2021-01-01';\n"
        "CREATE STREAMING TABLE anti_j AS SELECT id, customer FROM STREAM(orders) o LEFT ANTI JOIN people c ON o.customer = c.customer;\n"
        "CREATE STREAMING TABLE in_j AS SELECT id FROM STREAM(orders) WHERE customer IN (SELECT customer FROM people WHERE country <> 'XX');\n"
        "CREATE STREAMING TABLE not_in AS SELECT id FROM STREAM(orders) WHERE customer NOT IN (SELECT customer FROM people WHERE customer IS NOT NULL);\n"
        "CREATE STREAMING TABLE exists_j AS SELECT id FROM STREAM(orders) o WHERE EXISTS (SELECT 1 FROM people c WHERE c.customer = o.customer);\n"
        "CREATE STREAMING TABLE right_j AS SELECT o.id, c.country FROM people c RIGHT JOIN STREAM(orders) o ON o.customer = c.customer;\n"
        "CREATE MATERIALIZED VIEW per_country AS SELECT coalesce(country, 'none') AS country, count(*) AS n FROM left_j GROUP BY ALL;\n",
        source("people", CUSTOMERS, "csv", '.option("header", True)', static=True),
        more=({"in/people/1.csv": PEOPLE}, {"in/people/2.csv": MORE_PEOPLE}, {"in/people/1.csv": None}),
    ),
    case(
        "views",
        "CREATE TEMPORARY VIEW good AS SELECT *, amount * 2 AS twice FROM STREAM(orders) WHERE amount >= 0;\n"
        "CREATE TEMPORARY VIEW better AS SELECT id, twice, customer FROM STREAM(good) WHERE twice > 1;\n"
        "CREATE STREAMING TABLE t AS SELECT id, twice FROM STREAM(better);\n"
        "CREATE STREAMING TABLE whole AS SELECT * FROM STREAM(good);\n"
        "CREATE TEMPORARY VIEW counted AS SELECT customer, count(*) AS n FROM orders GROUP BY customer;\n"
        "CREATE MATERIALIZED VIEW big AS SELECT * FROM counted WHERE n > 1;\n"
        "CREATE MATERIALIZED VIEW both AS SELECT t.id, t.twice, c.n FROM t JOIN orders o ON t.id = o.id JOIN counted c ON c.customer = o.customer;\n"
        "CREATE VIEW shown AS SELECT id, twice + 1 AS more FROM t;\n"
        "CREATE MATERIALIZED VIEW from_shown AS SELECT max(more) AS most FROM shown;\n",
        differs={"shown": "a view has no rows of its own here"},
    ),
    case(
        "unions",
        "CREATE STREAMING TABLE everything AS\n"
        "SELECT id, customer AS name, 'order' AS kind FROM STREAM(orders)\n"
        "UNION ALL\nSELECT number, name, 'return' FROM STREAM(returns) WHERE number > 0;\n"
        "CREATE STREAMING TABLE twice AS SELECT id FROM STREAM(orders) UNION ALL SELECT id * 10 FROM STREAM(orders);\n"
        "CREATE STREAMING TABLE cte AS WITH a AS (SELECT id FROM STREAM(orders) WHERE id > 1), b AS (SELECT id + 1 AS id FROM a)\n"
        "SELECT id, id * 2 AS d FROM b;\n"
        "CREATE MATERIALIZED VIEW sets AS SELECT id FROM everything UNION SELECT id FROM twice;\n"
        "CREATE MATERIALIZED VIEW minus AS SELECT id FROM twice EXCEPT SELECT id FROM everything;\n"
        "CREATE MATERIALIZED VIEW common AS SELECT id FROM everything INTERSECT SELECT id FROM cte;\n",
        source("returns", "number BIGINT, name STRING"),
        more=(
            {"in/returns/1.json": lines([{"number": 9, "name": "r"}, {"number": -1, "name": "no"}])},
            {},
            {"in/returns/2.json": lines([{"number": 10}])},
        ),
    ),
    case(
        "materialized",
        "CREATE MATERIALIZED VIEW ranked AS SELECT id, customer, row_number() OVER (PARTITION BY customer ORDER BY amount DESC, id, at) AS r,\n"
        "  sum(amount) OVER (PARTITION BY customer) AS whole, rank() OVER (ORDER BY amount) AS rk FROM orders;\n"
        "CREATE MATERIALIZED VIEW walked AS SELECT id, lag(id) OVER (ORDER BY coalesce(id, 0), amount, at) AS before,\n"
        "  avg(id) OVER (ORDER BY coalesce(id, 0), amount, at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS moving FROM orders;\n"
        "CREATE MATERIALIZED VIEW rolled AS SELECT customer, date(at) AS day, count(*) AS n, grouping(customer) AS g FROM orders GROUP BY ROLLUP (customer, date(at));\n"
        "CREATE MATERIALIZED VIEW cubed AS SELECT customer, id > 2 AS late, sum(amount) AS s FROM orders GROUP BY CUBE (customer, (id > 2));\n"
        "CREATE MATERIALIZED VIEW stats AS SELECT count(*) AS n, count(id) AS ids, sum(id) AS s, min(customer) AS a, max(customer) AS z,\n"
        "  avg(id) AS mean, stddev(id) AS sd, any_value(1) AS one, bool_or(amount < 0) AS neg, count_if(amount > 1) AS many,\n"
        "  percentile(id, 0.5) AS median, max_by(customer, id) AS top, sum(id) FILTER (WHERE id > 2) AS some FROM orders;\n"
        "CREATE MATERIALIZED VIEW having AS SELECT customer, count(*) AS n FROM orders GROUP BY customer HAVING count(*) > 1 ORDER BY n;\n"
        "CREATE MATERIALIZED VIEW self AS SELECT a.id, b.id AS other FROM orders a JOIN orders b ON a.id < b.id AND a.customer = b.customer;\n"
        "CREATE MATERIALIZED VIEW whole AS SELECT a.id, b.id AS other FROM ranked a FULL OUTER JOIN (SELECT id FROM orders WHERE id > 3) b ON a.id = b.id;\n"
        "CREATE MATERIALIZED VIEW crossed AS SELECT o.id, x.n FROM orders o CROSS JOIN (VALUES (1), (2)) AS x(n) WHERE o.id < 3;\n"
        "CREATE MATERIALIZED VIEW scalar AS SELECT id, (SELECT max(id) FROM orders) AS top, amount > (SELECT avg(amount) FROM orders) AS above FROM orders;\n"
        "CREATE MATERIALIZED VIEW only_values AS SELECT * FROM VALUES (1, 'a'), (2, NULL) AS t(n, s);\n"
        "CREATE MATERIALIZED VIEW distincts AS SELECT DISTINCT customer, date(at) AS day FROM orders;\n"
        "CREATE MATERIALIZED VIEW pivoted AS SELECT * FROM (SELECT customer, date_format(at, 'yyyy') AS y, amount FROM orders) PIVOT (sum(amount) FOR y IN ('2025', '2026'));\n",
    ),
    case(
        "python",
        "",
        "\n\n@dp.temporary_view\ndef web():\n"
        '    return spark.readStream.table("orders").where(F.array_contains("tags", "web"))\n'
        '\n\n@dp.table(name="shaped", comment="in Python", table_properties={"a": "b"})\ndef some_function():\n'
        '    return (spark.readStream.table("orders").filter("id IS NOT NULL")\n'
        '            .select("id", F.to_date("at").alias("day"), F.when(F.col("amount") > 5, "big").otherwise("small").alias("size"), F.upper("customer").alias("name")))\n'
        '\n\n@dp.table\ndef more_columns():\n    return spark.readStream.table("orders").withColumn("day", F.to_date("at")).withColumnRenamed("id", "number")\n'
        '\n\n@dp.table\ndef from_view():\n    return spark.readStream.table("web").select("id", "tags")\n'
        "\n\n@dp.materialized_view\ndef per_day():\n"
        '    return spark.read.table("shaped").groupBy("day").agg(F.count("*").alias("n"), F.max("id").alias("last"))\n'
        '\n\n@dp.table\ndef with_people():\n    people = spark.read.table("people")\n'
        '    return spark.readStream.table("shaped").join(people, F.lower("name") == people.customer, "left").select("id", "country")\n'
        '\n\n@dp.table\ndef from_sql():\n    return spark.sql("SELECT id, amount + 1 AS more FROM STREAM(orders) WHERE id > 1")\n'
        '\n\nfor word in ("ada", "bo"):\n\n    @dp.materialized_view(name=f"only_{word}")\n    def only(word=word):\n'
        '        return spark.table("orders").where(F.col("customer") == word).select("id")\n'
        + source("people", CUSTOMERS, "csv", '.option("header", True)', static=True),
        more=({"in/people/1.csv": PEOPLE}, {"in/people/2.csv": MORE_PEOPLE}),
        differs={"more_columns": "Spark takes withColumn for a read of the catalog, and is one update behind"},
    ),
    case(
        "declared",
        "CREATE STREAMING TABLE t (customer STRING COMMENT 'who', id BIGINT, extra INT) AS SELECT id, customer FROM STREAM(orders);\n"
        "CREATE STREAMING TABLE parts (id BIGINT, day DATE) PARTITIONED BY (day) AS SELECT id, date(at) AS day FROM STREAM(orders);\n"
        "CREATE MATERIALIZED VIEW m (n BIGINT, customer STRING) AS SELECT customer, count(*) AS n FROM orders GROUP BY 1;\n"
        "CREATE MATERIALIZED VIEW by_day PARTITIONED BY (day) AS SELECT id, date(at) AS day FROM orders;\n",
    ),
    case(
        "flows",
        "CREATE STREAMING TABLE events;\n"
        "CREATE FLOW from_orders AS INSERT INTO events BY NAME SELECT id, customer AS name FROM STREAM(orders);\n"
        "CREATE FLOW from_returns AS INSERT INTO events BY NAME SELECT name, number AS id FROM STREAM(returns);\n"
        "CREATE STREAMING TABLE single;\n"
        "CREATE FLOW only_one COMMENT 'a flow' AS INSERT INTO single BY NAME SELECT id FROM STREAM(orders) WHERE id > 1;\n",
        source("returns", "number BIGINT, name STRING"),
        more=(
            {"in/returns/1.json": lines([{"number": 9, "name": "r"}])},
            {"in/returns/2.json": lines([{"number": 10}])},
        ),
        apart={"events": ("events_1", "events_2")},
        spark={
            "b.sql": "CREATE STREAMING TABLE events_1 AS SELECT id, customer AS name FROM STREAM(orders);\n"
            "CREATE STREAMING TABLE events_2 AS SELECT number AS id, name FROM STREAM(returns);\n"
            "CREATE STREAMING TABLE single;\n"
            "CREATE FLOW only_one COMMENT 'a flow' AS INSERT INTO single BY NAME SELECT id FROM STREAM(orders) WHERE id > 1;\n"
        },
    ),
    case(
        "odd_text",
        "-- ein Kommentar; mit Strichpunkt 😀\r\nCREATE STREAMING TABLE groesse /* ; */ AS\r\n"
        "SELECT id AS `schlüssel`, 'a;b -- c' AS text, \"double\" AS zwei, 'it''s' AS apo, '😀' AS `smile`, customer\r\n"
        "FROM STREAM(orders) WHERE customer <> ';' -- ende\r\n;\r\n\r\n;\r\n"
        "CREATE MATERIALIZED VIEW `select` AS SELECT max(`schlüssel`) AS `max`, count(*) AS `from` from groesse;\r\n"
        "create materialized view lower_case as select `from` + 1 as n from `select`",
    ),
]


def _evolved() -> Case:
    """The text changes between the updates: columns come and go, a view changes its own."""

    def text(silver: str, gold: str) -> dict[str, Content | None]:
        return {
            "b.sql": f"CREATE STREAMING TABLE silver AS SELECT {silver} FROM STREAM(orders);\n"
            f"CREATE MATERIALIZED VIEW gold AS SELECT {gold} FROM silver;\n"
        }

    return case(
        "evolved",
        orders=(FIRST, SECOND, THIRD, ""),
        more=(
            text("id, upper(customer) AS who", "id, who"),
            text("id, concat(customer, '!') AS who, amount", "*"),
            text("id, amount", "count(*) AS n, max(amount) AS most"),
            text("id, amount", "1 AS one"),
        ),
    )


def _refreshed() -> Case:
    """Parts of the pipeline are refreshed, or begin anew."""
    text = (
        "CREATE STREAMING TABLE a AS SELECT id, customer FROM STREAM(orders);\n"
        "CREATE STREAMING TABLE b AS SELECT id + 1 AS id FROM STREAM(a);\n"
        "CREATE MATERIALIZED VIEW c AS SELECT count(*) AS n FROM b;\n"
        "CREATE STREAMING TABLE other AS SELECT id FROM STREAM(orders) WHERE id > 2;\n"
    )
    start: dict[str, Content | None] = {"a.py": HEAD + source("orders", ORDERS), "b.sql": text}
    return Case(
        "refreshed",
        (
            Step({**start, "in/orders/0.json": FIRST}),
            Step({"in/orders/1.json": SECOND}, refresh=("orders",)),
            Step({}, refresh=("a",)),
            Step({}, refresh=("b", "c")),
            Step({"in/orders/2.json": THIRD}),
        ),
    )


def _failing() -> Case:
    """A flow fails; its readers wait, the others go on, and the next update makes up for it."""
    text = (
        "CREATE STREAMING TABLE fine AS SELECT id FROM STREAM(orders);\n"
        "CREATE STREAMING TABLE risky AS SELECT {0} AS n FROM STREAM(orders) WHERE id IS NOT NULL;\n"
        "CREATE STREAMING TABLE after AS SELECT n FROM STREAM(risky);\n"
        "CREATE MATERIALIZED VIEW later AS SELECT count(*) AS n FROM after;\n"
        "CREATE MATERIALIZED VIEW apart AS SELECT count(*) AS n FROM fine;\n"
    )
    start: dict[str, Content | None] = {
        "a.py": HEAD + source("orders", ORDERS),
        "b.sql": text.format("10 DIV (id - 5)"),
    }
    return Case(
        "failing",
        (
            Step({**start, "in/orders/0.json": FIRST}),
            Step({"in/orders/1.json": SECOND}, fails=True),
            Step({"in/orders/2.json": THIRD}, fails=True),
            Step(
                {
                    "b.sql": text.format("try_divide(10, id - 5)").replace(
                        "try_divide(10, id - 5)", "CAST(try_divide(10, id - 5) AS BIGINT)"
                    )
                }
            ),
            Step({}),
        ),
        differs={"later": "Spark empties a view before it knows that the view cannot be computed"},
    )


def _formats() -> Case:
    """CSV with and without a header, Parquet with all kinds of columns, text, and JSON that is partly broken."""
    typed = "id BIGINT, n INT, x DOUBLE, ok BOOLEAN, day DATE, at TIMESTAMP, d DECIMAL(10,2), s STRING"
    columns = {
        "id": "bigint",
        "d": "decimal(10,2)",
        "day": "date",
        "at": "timestamp",
        "ok": "boolean",
        "tags": "array<string>",
        "m": "map<string,bigint>",
        "home": "struct<city:string,zip:int>",
    }
    ddl = "id BIGINT, d DECIMAL(10,2), day DATE, at TIMESTAMP, ok BOOLEAN, tags ARRAY<STRING>, m MAP<STRING,BIGINT>, home STRUCT<city:STRING,zip:INT>"
    rows = [
        [
            1,
            "12.50",
            "2026-01-01",
            "2026-01-01T10:00:00.000001",
            True,
            ["a", None],
            {"k": 1},
            {"city": "Ulm", "zip": 1},
        ],
        [2, None, None, None, None, None, None, None],
        [3, "-0.01", "1960-02-29", "1960-02-29T00:00:00", False, [], {}, {"city": None, "zip": None}],
    ]
    python = (
        HEAD
        + source("comma", typed, "csv", '.option("header", True)')
        + source("plain", typed, "csv")
        + source(
            "semi", "a STRING, b INT", "csv", '.option("sep", ";").option("header", "true").option("nullValue", "-")'
        )
        + source("broken", "id BIGINT, n INT, s STRING, o STRUCT<x: INT>")
        + source("columns", ddl, "parquet")
        + source("words", "value STRING", "text")
    )
    sql = (
        "CREATE STREAMING TABLE homes AS SELECT id, home.city, home.zip + 1 AS zip, m['k'] AS k, get(tags, 0) AS first FROM STREAM(columns);\n"
        "CREATE MATERIALIZED VIEW sums AS SELECT sum(d) AS d, max(day) AS day, count(ok) AS n FROM columns;\n"
    )
    head = "id,n,x,ok,day,at,d,s\n"
    return Case(
        "formats",
        (
            Step(
                {
                    "a.py": python,
                    "b.sql": sql,
                    "in/comma/1.csv": head
                    + '1,2,3.5,true,2026-01-02,2026-01-02 03:04:05,1.25,"a, b"\n2,,,,,,,\n3,x,y,maybe,never,now,lots,"q""q"\n',
                    "in/plain/1.csv": "1,2,1e3,FALSE,2026-01-02,2026-01-02T03:04:05.5Z,9.999,ü\n-4,+5,-0.0,True,0001-01-01,2026-01-02,0, pad \n",
                    "in/semi/1.csv": "a;b\n-;1\nx;-\n\n'y';3\n",
                    "in/broken/1.json": '{"id": 1, "n": 2, "s": "a", "o": {"x": 1}}\n{"id": "7", "n": 2.5, "s": 3, "o": 4}\nnot json\n\n{"id": 9, "s": {"k": [1, 2]}}\n[{"id": 10}]\n{"ID": 11, "n": 99999999999}\n',
                    "in/columns/1.parquet": {"columns": columns, "rows": rows[:2]},
                    "in/words/1.txt": "one\n\nthree 😀\n",
                }
            ),
            Step(
                {
                    "in/comma/2.csv": head + "9,9,9,false,2026-12-31,2026-12-31 23:59:59.123,-1,\n",
                    "in/columns/2.parquet": {"columns": columns, "rows": rows[2:]},
                    "in/words/2.txt": "no end",
                    "in/broken/2.json": '{"id": 12}',
                }
            ),
        ),
    )


def _protected() -> Case:
    """A table that may not be reset is spared when all begin anew."""
    text = (
        "CREATE STREAMING TABLE kept TBLPROPERTIES ('pipelines.reset.allowed' = 'false') AS SELECT {0} AS id FROM STREAM(orders);\n"
        "CREATE STREAMING TABLE anew AS SELECT {0} AS id FROM STREAM(orders);\n"
    )
    python = HEAD + source("orders", ORDERS).replace(
        "@dp.table", '@dp.table(table_properties={"pipelines.reset.allowed": "false"})'
    )
    return Case(
        "protected",
        (
            Step({"a.py": python, "b.sql": text.format("id"), "in/orders/0.json": FIRST}),
            Step({"b.sql": text.format("-id"), "in/orders/1.json": SECOND}, full_refresh=("all",)),
            Step({"b.sql": text.format("id * 2")}, full_refresh=("anew",)),
        ),
    )


def _late() -> Case:
    """Windows, groups, distinct rows and two streams, with watermarks that come through a pipeline."""
    schema = "id BIGINT, kind STRING, at TIMESTAMP"
    text = (
        "CREATE STREAMING TABLE windows AS SELECT window.start AS began, kind, count(*) AS n, sum(id) AS ids\n"
        "  FROM STREAM(clicks) WATERMARK at DELAY OF INTERVAL 10 MINUTES GROUP BY window(at, '5 minutes'), kind;\n"
        "CREATE STREAMING TABLE once_only AS SELECT DISTINCT id, at FROM STREAM(clicks) WATERMARK at DELAY OF INTERVAL 10 MINUTES;\n"
        "CREATE STREAMING TABLE pairs AS SELECT c.id, c.at AS clicked, v.at AS viewed FROM STREAM(clicks) WATERMARK at DELAY OF INTERVAL 10 MINUTES AS c\n"
        "  LEFT JOIN STREAM(seen) WATERMARK at DELAY OF INTERVAL 10 MINUTES AS v ON c.id = v.id AND v.at BETWEEN c.at - INTERVAL 5 MINUTES AND c.at;\n"
        "CREATE STREAMING TABLE big AS SELECT began, n FROM STREAM(windows) WHERE n > 1;\n"
        "CREATE MATERIALIZED VIEW summary AS SELECT kind, sum(n) AS n, max(began) AS last FROM windows GROUP BY kind;\n"
    )

    def rows(*some: tuple[int, str, str]) -> str:
        return lines({"id": i, "kind": kind, "at": f"2026-01-01T{clock}:00Z"} for i, kind, clock in some)

    python = HEAD + source("clicks", schema) + source("seen", schema)
    return Case(
        "late",
        (
            Step(
                {
                    "a.py": python,
                    "b.sql": text,
                    "in/clicks/0.json": rows(
                        (1, "a", "10:00"), (2, "a", "10:01"), (2, "a", "10:01"), (3, "b", "10:07")
                    ),
                    "in/seen/0.json": rows((1, "v", "09:58"), (3, "v", "10:06"), (9, "v", "10:06")),
                }
            ),
            Step(
                {
                    "in/clicks/1.json": rows((4, "a", "10:20"), (5, "b", "10:03")),
                    "in/seen/1.json": rows((4, "v", "10:18")),
                }
            ),
            Step(
                {
                    "in/clicks/2.json": rows((6, "a", "10:02"), (7, "b", "10:40")),
                    "in/seen/2.json": rows((2, "v", "10:00"), (7, "v", "10:50")),
                }
            ),
            Step({}),
            Step(
                {
                    "in/clicks/4.json": rows((8, "a", "11:30"), (4, "a", "10:20")),
                    "in/seen/4.json": rows((8, "v", "11:29")),
                }
            ),
        ),
    )


CASES += [_late(), _evolved(), _refreshed(), _failing(), _formats(), _protected()]
