"""Random batch pipelines: sources, dimensions, filters, joins, aggregates, views and inserts, with comments."""

from __future__ import annotations

import random
import re

_SOURCES = ("raw.t{0}", "json.`/in/{0}`", "delta.`/in/{0}`", "read_files('/in/{0}', format => 'json')")
_COLUMNS = "id, at, kind, amount"


class Batches:
    """One random pipeline after the other, each different; every table has the columns id, at, kind and amount."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.number = 0
        self.temporary: list[str] = []

    def pipeline(self) -> str:
        """The text of one pipeline."""
        self.number, self.temporary = 0, []
        names: list[str] = []
        end = self.random.choice(["\n", "\n", "\r\n"])
        statements = []
        for _ in range(self.random.randint(1, 9)):
            name = f"d{len(names)}"
            query = self._base(name) if not names or self.random.random() < 0.25 else self._query(names)
            statements.append(self._comment() + self._made(name, query))
            names.append(name)
        text = "\n".join(statements)
        text = text.lower() if self.random.random() < 0.2 else text
        return text.replace("\n", end)

    def _comment(self) -> str:
        self.number += 1
        return self.random.choice([f"-- note {self.number} 😀\n", f"/* note {self.number} ; */\n", ""])

    def _literal(self) -> str:
        self.number += 1
        return f"'l{self.number}'"

    def _made(self, name: str, query: str) -> str:
        tail = self.random.choice([";\n", ";\n\n", "; -- behind\n"])
        form = self.random.random()
        shown = not any(re.search(rf"\b{each}\b", query) for each in self.temporary)
        if form < 0.12 and shown:  # a view of the catalog may not read a temporary one
            return f"CREATE OR REPLACE VIEW {name} AS\n{query}{tail}"
        if form < 0.2:
            self.temporary.append(name)
            return f"CREATE OR REPLACE TEMPORARY VIEW {name} AS {query}{tail}"
        if form < 0.3:
            types = "id BIGINT, at TIMESTAMP, kind STRING, amount INT"
            return f"CREATE TABLE {name} ({types});\n{self._comment()}INSERT OVERWRITE {name}\n{query}{tail}"
        clauses = self.random.choice(["", " COMMENT " + self._literal(), "\nPARTITIONED BY (kind)"])
        return f"CREATE {self.random.choice(['', 'OR REPLACE '])}TABLE {name}{clauses}\nAS {query}{tail}"

    def _base(self, name: str) -> str:
        return f"SELECT {_COLUMNS} FROM {self.random.choice(_SOURCES).format(name)}"

    def _query(self, names: list[str]) -> str:
        one, two = self.random.choice(names), self.random.choice(names)
        return self.random.choice([self._filter, self._filter, self._join, self._join, self._by_time, self._whole])(
            one, two
        )

    def _filter(self, one: str, _: str) -> str:
        checks = [
            "id IS NOT NULL",
            f"kind <> {self._literal()}",
            "amount BETWEEN 0 AND 9",
            f"upper(kind) = {self._literal()}",
        ]
        some = self.random.sample(checks, self.random.randint(1, 3))
        joined = "\n  AND ".join(some) if self.random.random() < 0.8 else " OR ".join(some)
        return f"SELECT {_COLUMNS} /* {self.random.randint(1, 9)} */ FROM {one}\nWHERE {joined}"

    def _join(self, one: str, two: str) -> str:
        kind = self.random.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "LEFT SEMI JOIN"])
        other = "a.amount" if "SEMI" in kind else "b.amount"
        columns = f"a.id, a.at, coalesce(a.kind, {self._literal()}) AS kind, {other}"
        return f"SELECT {columns}\nFROM {one} AS a\n{kind} {two} b ON a.id = b.id"

    def _by_time(self, one: str, _: str) -> str:
        bucket = self.random.choice(["to_date(at)", "date_trunc('hour', at)", "CAST(at AS DATE)"])
        count = self.random.choice(["count(*)", "count(DISTINCT id)", "sum(amount)"])
        return f"SELECT max(id) AS id, CAST({bucket} AS TIMESTAMP) AS at, kind, {count} AS amount FROM {one} GROUP BY kind, {bucket}"

    def _whole(self, one: str, two: str) -> str:
        return self.random.choice(
            [
                f"SELECT max(id) AS id, max(at) AS at, kind, count(*) AS amount FROM {one} GROUP BY kind",
                f"SELECT id, at, kind, rank() OVER (PARTITION BY kind ORDER BY at) AS amount FROM {one}",
                f"SELECT DISTINCT {_COLUMNS} FROM {one}",
                f"SELECT {_COLUMNS} FROM {one} UNION ALL SELECT {_COLUMNS} FROM {two}",
                f"SELECT {_COLUMNS} FROM {one} WHERE id IN (SELECT id FROM {two})",
                f"WITH w AS (SELECT * FROM {one}) SELECT {_COLUMNS} FROM w ORDER BY id",
            ]
        )
