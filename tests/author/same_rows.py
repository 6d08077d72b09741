"""Random batch pipelines and what they are converted to, run on the embedded engine over the same rows: are the results
the same?

    python -m tests.author.same_rows [seconds] [seed]

Everything is read whole here, so STREAM and WATERMARK are taken off and estimates counted exactly; what an update adds
to what the one before wrote is the run's own test. Needs the `local` extra.
"""

from __future__ import annotations

import os
import random
import re
import sys
import time
from collections import Counter
from typing import Any

from ldp_magic.author.convert import conversion
from ldp_magic.cells import Cell
from ldp_magic.pipeline.model import Dataset
from ldp_magic.project import Members, graph
from ldp_magic.sql.model import Query
from ldp_magic.text import Edit, Source, apply_edits
from tests.author.batches import Batches

_TYPES = {"id": "BIGINT", "at": "TIMESTAMP", "kind": "STRING", "amount": "INT"}


class Engine:
    """A session of the embedded engine, with views that stand for the sources."""

    def __init__(self) -> None:
        # the client looks for a whole Spark beside the program that runs it, which under pytest -n is none
        os.environ.setdefault("SPARK_HOME", sys.prefix)
        from pysail.spark import SparkConnectServer  # type: ignore[import-not-found]
        from pyspark.sql.connect.session import SparkSession

        self.server = SparkConnectServer("127.0.0.1", 0)
        self.server.start(background=True)
        _, port = self.server.listening_address
        self.spark: Any = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").create()
        self.spark.conf.set("spark.sql.session.timeZone", "UTC")

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.spark.stop()
        self.server.stop()

    def view(self, name: str, values: str, columns: str) -> None:
        """The rows that the source of that name stands for."""
        self.spark.sql(f"CREATE OR REPLACE TEMP VIEW source_{name} AS SELECT * FROM VALUES {values} AS s({columns})")

    def sources(self, chance: random.Random) -> None:
        """New rows for d0, d1, ...: some without an id, some late in the day."""
        for number in range(9):
            rows = [
                f"({chance.choice(['NULL', *'12345'])}, TIMESTAMP'2024-01-0{chance.randint(1, 3)} "
                f"{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:00', "
                f"{chance.choice(['NULL', chr(39) + chance.choice('abc') + chr(39)])}, {chance.randint(-3, 12)})"
                for _ in range(chance.randint(1, 12))
            ]
            values = f"VALUES {', '.join(rows)} AS s(id, at, kind, amount)"
            query = f"SELECT CAST(id AS BIGINT) AS id, at, kind, amount FROM {values}"
            self.spark.sql(f"CREATE OR REPLACE TEMP VIEW source_d{number} AS {query}")

    def rows(self, text: str) -> dict[str, Counter[tuple[Any, ...]]]:
        """The rows of each dataset of a text that the graph can read."""
        pipeline = graph(Members(name="a", cells=(Cell(Source("a.sql", None, text), "sql"),), origin="a test"))
        found = {}
        for name, dataset in pipeline.datasets.items():
            query = _plain(dataset)
            for each in dataset.expectations:
                query = f"SELECT * FROM ({query}) WHERE {each.condition}"
            self.spark.sql(f"CREATE OR REPLACE TEMP VIEW {name} AS {query}")
            found[name] = Counter(tuple(row) for row in self.spark.sql(f"SELECT * FROM {name}").collect())
        return found

    def difference(self, original: str, text: str) -> str:
        """How the result of converting *text* differs from *original*, which the engine can run."""
        (new,) = conversion([Source("a.sql", None, text)]).texts.values()
        was, now = self.rows(original), self.rows(new)
        for name in was:
            if was[name] != now.get(name):
                return f"{name} differs\n{text}\n---\n{new}\n{was[name]}\n{now.get(name)}"
        return ""


def _plain(dataset: Dataset) -> str:
    """The query over views alone: no STREAM, no watermark, no estimates."""
    query = dataset.body
    assert isinstance(query, Query)
    source = Source("", None, query.text)
    edits = []
    for relation in query.facts.relations:
        name = f"source_{relation.path.rsplit('/', 1)[-1]}" if relation.path else relation.label.lower()
        name = re.sub(r"^raw\.t(d\d+)$", r"source_\1", name)
        edits.append(Edit(source.at(*relation.whole), name))
    text = apply_edits(edits).get(source, query.text)
    return re.sub(r"approx_count_distinct\(", "count(DISTINCT ", text, flags=re.IGNORECASE)


def as_pipeline(text: str) -> str:
    """The original as the engine has to run it: each table a materialized view, each INSERT cast by position."""
    parts = re.split(r"(CREATE TABLE \w+ \([^()]*\);)", text, flags=re.IGNORECASE)
    casts = ", ".join(f"CAST({name} AS {type_}) AS {name}" for name, type_ in _TYPES.items())

    def inserted(match: re.Match[str]) -> str:
        return f"CREATE TABLE {match[1]} AS SELECT {casts} FROM (\n{match[2]}\n) AS i({', '.join(_TYPES)});"

    text = "".join(part for part in parts if not re.match(r"CREATE TABLE \w+ \(", part, re.IGNORECASE))
    text = re.sub(r"INSERT OVERWRITE (\w+)\s+([^;]*);", inserted, text, flags=re.IGNORECASE)
    return re.sub(r"CREATE (OR REPLACE )?TABLE", "CREATE MATERIALIZED VIEW", text, flags=re.IGNORECASE)


def compare(seconds: float, seed: int, most: int = 1_000_000) -> tuple[int, str]:
    """How many pipelines were compared, and how the first one that is not the same differs."""
    chance, batches, count = random.Random(seed), Batches(seed), 0
    until = time.monotonic() + seconds
    with Engine() as engine:
        while time.monotonic() < until and count < most:
            text = batches.pipeline().replace(" ; */", " */").replace("\r\n", "\n")
            engine.sources(chance)
            if found := engine.difference(as_pipeline(text), text):
                return count, found
            count += 1
    return count, ""


def main(seconds: float = 60, seed: int = 1) -> int:
    """Compare pipelines for so long; 1 if one differs."""
    count, difference = compare(seconds, seed)
    print(difference or f"{count} pipelines: the same rows")
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main(*(float(word) if n == 0 else int(word) for n, word in enumerate(sys.argv[1:3]))))
