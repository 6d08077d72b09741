"""Random small pipelines: a seed says which. Every one streams three sources and is updated three times."""

from __future__ import annotations

import json
import random
from typing import Any

from tests.runs.spark.case import Case, Content, Step
from tests.runs.spark.written import HEAD, source

SEEDS = range(1, 17)
SCHEMA = "id BIGINT, n INT, x DOUBLE, s STRING, at TIMESTAMP, ok BOOLEAN"
PARQUET = {"id": "bigint", "n": "int", "x": "double", "s": "string", "at": "timestamp", "ok": "boolean"}
WORDS = ["a", "b", "ab", "Cd", "", " pad ", "ü", "x'y", "10", "2026-01-05", None, None]
OUTPUT = "k BIGINT, m INT, y DOUBLE, t STRING, d DATE"  # the columns that every dataset has, and may be joined on
COLUMNS = tuple(each.split()[0] for each in OUTPUT.split(", "))


class Pipelines:
    """One random pipeline after the other; those of one seed are always the same."""

    def __init__(self, seed: int) -> None:
        self.chance, self.seed = random.Random(seed), seed
        self.streams: list[str] = []  # what may be read with STREAM
        self.rows: list[str] = []  # what may be read without

    def case(self) -> Case:
        """A pipeline over a JSON, a CSV and a Parquet folder, with a static one beside them."""
        python = HEAD + source("raw_json", SCHEMA)
        python += source("raw_csv", SCHEMA, "csv", '.option("header", True)')
        python += source("raw_parquet", SCHEMA, "parquet")
        python += source("fixed", "id BIGINT, n INT, s STRING", static=True)
        statements = []
        for name in ("raw_json", "raw_csv", "raw_parquet"):
            statements.append(self._base(f"base{len(statements)}", name))
        for number in range(self.chance.randint(9, 12)):
            statements.append(self._statement(f"d{number}"))
        start: dict[str, Content | None] = {"a.py": python, "b.sql": ";\n".join(statements) + ";\n"}
        steps = [Step({**(start if n == 0 else {}), **self._files(n)}) for n in range(3)]
        return Case(f"generated_{self.seed}", tuple(steps))

    # --- rows --------------------------------------------------------------------------------------------------------

    def _files(self, n: int) -> dict[str, Content | None]:
        files: dict[str, Content | None] = {
            f"in/{each}/": "" for each in ("raw_json", "raw_csv", "raw_parquet", "fixed")
        }
        some = [self._row() for _ in range(self.chance.randint(4, 16))]
        files[f"in/raw_json/{n}.json"] = "".join(self._json(row) for row in some)
        if n == 0 or self.chance.random() < 0.7:
            rows = [self._row() for _ in range(self.chance.randint(3, 12))]
            files[f"in/raw_csv/{n}.csv"] = ",".join(PARQUET) + "\n" + "".join(map(_csv, rows))
        if n == 0 or self.chance.random() < 0.7:
            rows = [self._row() for _ in range(self.chance.choice([0, 5, 9]))]
            files[f"in/raw_parquet/{n}.parquet"] = {"columns": PARQUET, "rows": [list(row.values()) for row in rows]}
        if n != 1:
            rows = [{"id": self.chance.randint(1, 6), "n": n, "s": self.chance.choice(WORDS)} for _ in range(3)]
            files[f"in/fixed/{n}.json"] = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return files

    def _row(self) -> dict[str, Any]:
        pick, many = self.chance.choice, self.chance.randint
        day = f"2026-0{many(1, 3)}-{many(1, 28):02}"
        clock = pick(["00:00:00", "23:59:59.999999", f"{many(0, 23):02}:{many(0, 59):02}:00", "12:00:00.5"])
        return {
            "id": pick([None, *range(1, 7)]),
            "n": pick([None, 0, -1, many(-50, 50), 2147483647]),
            "x": pick([None, 0.0, -0.5, 1.25, 1e9, many(-9, 9) / 8]),
            "s": pick(WORDS),
            "at": pick([None, f"{day}T{clock}", f"{day}T{clock}", "1969-07-20T20:17:40"]),
            "ok": pick([None, True, False]),
        }

    def _json(self, row: dict[str, Any]) -> str:
        said = {name: value for name, value in row.items() if value is not None or self.chance.random() < 0.5}
        return json.dumps(said, ensure_ascii=False) + "\n"

    # --- queries -----------------------------------------------------------------------------------------------------

    def _base(self, name: str, raw: str) -> str:
        """The columns that all have, in other words each time."""
        pick = self.chance.choice
        y = pick(["x", "x * 2", "CAST(n AS DOUBLE) / 4", "coalesce(x, -1.0D)", "abs(x)", "floor(x) + 0.5D"])
        m = pick(
            [
                "n",
                "coalesce(n, 0)",
                "n % 7",
                "length(s)",
                "CAST(x AS INT)",
                "hour(at)",
                "if(ok, 1, 0)",
                "try_cast(s AS INT)",
            ]
        )
        t = pick(
            [
                "s",
                "upper(s)",
                "trim(s)",
                "concat(s, '-', id)",
                "CAST(at AS STRING)",
                "coalesce(s, CAST(n AS STRING))",
                "CAST(x AS STRING)",
            ]
        )
        d = pick(
            [
                "date(at)",
                "CAST(at AS DATE)",
                "date_add(at, 3)",
                "try_cast(s AS DATE)",
                "date(date_trunc('MONTH', at))",
                "last_day(at)",
            ]
        )
        where = pick(
            ["", "", " WHERE id IS NOT NULL", " WHERE ok OR n > 0", " WHERE s <> 'b'", " WHERE at >= '2026-02-01'"]
        )
        self.streams.append(name)
        self.rows.append(name)
        return f"CREATE STREAMING TABLE {name} AS SELECT id AS k, {m} AS m, {y} AS y, {t} AS t, {d} AS d FROM STREAM({raw}){where}"

    def _statement(self, name: str) -> str:
        kind = self.chance.random()
        if kind < 0.45:
            text = f"CREATE STREAMING TABLE {name} AS {self._stream()}"
            self.streams.append(name)
            self.rows.append(name)
        elif kind < 0.6:
            text = f"CREATE TEMPORARY VIEW {name} AS {self._stream()}"
            self.streams.append(name)
        elif kind < 0.7:
            text = f"CREATE TEMPORARY VIEW {name} AS {self._batch()}"
            self.rows.append(name)
        else:
            text = f"CREATE MATERIALIZED VIEW {name} AS {self._batch()}"
            self.rows.append(name)
        return text

    def _stream(self) -> str:
        one, two, row = (
            self.chance.choice(self.streams),
            self.chance.choice(self.streams),
            self.chance.choice(self.rows),
        )
        joined = self.chance.choice(["JOIN", "LEFT JOIN"])
        found = self.chance.choice(["LEFT SEMI JOIN", "LEFT ANTI JOIN"])
        return self.chance.choice(
            [
                f"SELECT {self._items()} FROM STREAM({one}) WHERE {self._condition()}",
                f"SELECT {self._items()} FROM STREAM {one}",
                f"SELECT * FROM STREAM({one}) WHERE {self._condition()}",
                f"SELECT {self._items()} FROM STREAM({one}) UNION ALL SELECT {self._items()} FROM STREAM({two})",
                f"SELECT a.k, a.m, f.n AS y, f.s AS t, a.d FROM STREAM({one}) a {joined} fixed f ON a.k = f.id".replace(
                    "f.n AS y", "CAST(f.n AS DOUBLE) AS y"
                ),
                f"SELECT a.* FROM STREAM({one}) AS a {found} fixed ON a.k = fixed.id",
                f"SELECT * FROM STREAM({one}) WHERE k IN (SELECT id FROM fixed)",
                f"WITH a AS (SELECT {self._items()} FROM STREAM({one})) SELECT {self._items()} FROM a WHERE {self._condition()}",
                f"SELECT a.k, a.m, b.y, a.t, b.d FROM STREAM({one}) a {joined} (SELECT k, max(y) AS y, min(d) AS d FROM {row} GROUP BY k) b ON a.k = b.k",
            ]
        )

    def _batch(self) -> str:
        one, two = self.chance.choice(self.rows), self.chance.choice(self.rows)
        joined = self.chance.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
        order = "k, m, y, t, d"
        return self.chance.choice(
            [
                f"SELECT {self._items()} FROM {one} WHERE {self._condition()}",
                f"SELECT k, CAST(count(*) AS INT) AS m, max(y) AS y, min(t) AS t, max(d) AS d FROM {one} GROUP BY k",
                f"SELECT count(k) AS k, max(m) AS m, sum(y) AS y, t, d FROM {one} GROUP BY t, d HAVING count(*) > 0",
                f"SELECT sum(CAST(m AS BIGINT)) AS k, CAST(count(DISTINCT k) AS INT) AS m, avg(m) AS y, max(t) AS t, d FROM {one} GROUP BY ALL",
                f"SELECT k, CAST(row_number() OVER (PARTITION BY k ORDER BY {order}) AS INT) AS m, sum(y) OVER (PARTITION BY t) AS y, t, d FROM {one}",
                f"SELECT k, lag(m) OVER (ORDER BY {order}) AS m, y, first_value(t) OVER (PARTITION BY d ORDER BY {order}) AS t, d FROM {one}",
                f"SELECT a.k, a.m, b.y, b.t, a.d FROM {one} a {joined} (SELECT DISTINCT * FROM {two}) b ON a.k = b.k AND a.d = b.d",
                f"SELECT {self._items()} FROM {one} UNION SELECT {self._items()} FROM {two}",
                f"SELECT {self._items()} FROM {one} EXCEPT SELECT {self._items()} FROM {two}",
                f"SELECT DISTINCT {self._items()} FROM {one}",
                f"SELECT * FROM {one} a WHERE EXISTS (SELECT 1 FROM fixed f WHERE f.id = a.k)",
                f"SELECT k, m, y, t, (SELECT max(d) FROM {two}) AS d FROM {one} WHERE k NOT IN (SELECT id FROM fixed WHERE id IS NOT NULL)",
                f"SELECT k, m, y, t, d FROM {one} ORDER BY {order} LIMIT 5",
            ]
        )

    def _items(self) -> str:
        pick = self.chance.choice
        items = {
            "k": ["k", "k", "k + 1", "abs(k)", "CASE WHEN k > 3 THEN k END", "greatest(k, 2)"],
            "m": ["m", "m", "coalesce(m, 0)", "m % 5", "CASE WHEN m > 0 THEN 1 WHEN m < 0 THEN -1 ELSE 0 END", "length(t)", "day(d)", "try_cast(y AS INT)"],
            "y": ["y", "y", "y * 2", "m / 4", "round(y, 0)", "CASE WHEN y > 1 THEN 1.5D ELSE y END", "nullif(y, 0)"],
            "t": ["t", "t", "upper(t)", "concat(t, '!')", "substring(t, 1, 2)", "coalesce(t, 'none')", "CAST(d AS STRING)", "CAST(k AS STRING)", "replace(t, 'a', 'e')", "CASE t WHEN 'a' THEN 'one' WHEN 'b' THEN 'two' ELSE t END", "date_format(d, 'dd.MM.yyyy')", "lower(trim(t))"],
            "d": ["d", "d", "date_add(d, 1)", "last_day(d)", "DATE'2026-01-31'", "add_months(d, 1)", "coalesce(d, DATE'2000-01-01')"],
        }  # fmt: skip
        said = [pick(items[name]) for name in COLUMNS]
        return ", ".join(
            text if text == name else f"{text} AS {name}" for text, name in zip(said, COLUMNS, strict=True)
        )

    def _condition(self) -> str:
        pick = self.chance.choice
        some = ["k IS NOT NULL", "m > 0", "y BETWEEN -1 AND 2", "t LIKE '%a%'", "d >= DATE'2026-02-01'", "NOT (m = 0)", "t IN ('a', 'b', 'ü')", "k <=> NULL", "length(t) < 3", "coalesce(y, 0) <> 0", "t RLIKE '^[a-c]'"]  # fmt: skip
        return pick([pick(some), f"{pick(some)} AND {pick(some)}", f"{pick(some)} OR {pick(some)}"])


def _csv(row: dict[str, Any]) -> str:
    said = [
        "" if value is None else str(value).lower() if isinstance(value, bool) else str(value) for value in row.values()
    ]
    return ",".join(f'"{each}"' if "," in each else each for each in said) + "\n"


def cases() -> list[Case]:
    """The pipelines whose truth is kept."""
    return [Pipelines(seed).case() for seed in SEEDS]
