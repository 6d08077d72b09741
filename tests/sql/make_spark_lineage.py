"""Runs random queries before and after one input column changes, and writes which outputs changed.

    python tests/sql/make_spark_lineage.py            `spark_lineage.json`, by Apache Spark (needs Java, pyspark 4.3.0)
    python tests/sql/make_spark_lineage.py --sail N M   seeds N to M by the embedded engine, to the output

The suite reads what Spark answered; its soak asks the embedded engine about queries it has never seen.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

QUERIES, PIPELINES = 240, 80
HERE = Path(__file__).parent
Answer = list[list[str]] | None


def _queries() -> Any:
    spec = importlib.util.spec_from_file_location("queries", HERE / "queries.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["queries"] = module
    spec.loader.exec_module(module)
    return module


q = _queries()


def cases(engine: str, queries: range, pipelines: range) -> Iterator[dict[str, Any]]:
    """What is asked: one query, or several datasets of which the last is looked at."""
    for seed in queries:
        yield {"seed": seed, "datasets": [["q", q.Queries(seed, engine).statement()[0]]]}
    for seed in pipelines:
        yield {"seed": seed, "datasets": [list(d) for d in q.pipelines(seed, engine)]}


def answered(spark: Any, case: dict[str, Any]) -> dict[str, Any] | None:
    """The case with the positions that change, by input column; None where the engine cannot run it."""
    run = _runner(spark, case["datasets"])
    plain = run("", "")
    if plain is None or not plain or all(not column for column in plain):
        return None
    changed: dict[str, list[int]] = {}
    words = set(re.findall(r"\w+", " ".join(text for _, text in case["datasets"])))
    for table, column in ((t, c) for t, c in q.columns() if t in words):
        other = run(table, column)
        if other is not None and other != plain:
            other = other or [[]] * len(plain)  # no row is left
            changed[f"{table}.{column}"] = [i for i, (a, b) in enumerate(zip(plain, other, strict=True)) if a != b]
    names = spark.sql(case["datasets"][-1][1]).columns
    return {**case, "columns": names, "changed": changed}


def _runner(spark: Any, datasets: list[list[str]]) -> Callable[[str, str], Answer]:
    def run(table: str, column: str) -> Answer:
        try:
            for name in q.TABLES:
                view(spark, name, q.inserted(name, q.rows(name, column if name == table else "")))
            for name, text in datasets[:-1]:
                view(spark, name, text)
            found = spark.sql(datasets[-1][1]).collect()
        except Exception as error:  # what an engine refuses is no case
            if "Network" in type(error).__name__ or "UNAVAILABLE" in str(error):
                raise
            print(str(error).split("\n")[0][:150], file=sys.stderr)
            return None
        return [sorted(map(repr, values)) for values in zip(*found, strict=True)]

    return run


def view(spark: Any, name: str, text: str) -> None:
    spark.sql(f"CREATE OR REPLACE TEMPORARY VIEW {name} AS {text}")


def _apache() -> Any:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    spark = builder.config("spark.sql.shuffle.partitions", "1").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def _sail() -> tuple[Any, Any]:
    """A session, and the server, which ends when nobody holds it."""
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    return SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").getOrCreate(), server


def main() -> None:
    logging.disable()
    if "--sail" in sys.argv:
        first, last = map(int, sys.argv[-2:])
        asked = cases("sail", range(first, last), range(first, first + (last - first) // 4))
        spark, _server = _sail()
    else:
        asked, spark = cases("spark", range(QUERIES), range(PIPELINES)), _apache()
    lines = [json.dumps(found) for case in asked if (found := answered(spark, case)) is not None]
    text = "[\n" + ",\n".join(lines) + "\n]\n"
    if "--sail" in sys.argv:
        sys.stdout.write(text)
    else:
        (HERE / "spark_lineage.json").write_text(text)
        print(len(lines), "cases")
    spark.stop()


if __name__ == "__main__":
    main()
