"""Asks Apache Spark how it reads each case, and writes what it says to `truth.json`.

python -m tests.engine.files.make_truth        # in an environment with pyspark 4.3 and Java 17
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from tests.engine.files.cases import CASES, Case, label, plain, write

TRUTH = Path(__file__).with_name("truth.json")
TIMED = {"modificationTime", "file_modification_time"}


def asked(spark: Any, case: Case) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        write(case, folder)
        reader = spark.read.format(case.format).options(**case.options)
        try:
            frame = (reader.schema(case.schema) if case.schema else reader).load(str(folder))
            frame = frame.select("*", "_metadata") if case.metadata else frame
            columns = [[f.name, f.dataType.simpleString()] for f in frame.schema.fields]
            rows = [[plain(value, str(folder)) for value in row] for row in frame.collect()]
        except Exception as error:
            found = re.search(r"\[([A-Z_.]+)\]", str(error))
            return {"error": found[1] if found else type(error).__name__}
    return {"columns": columns, "rows": untimed(columns, rows)}


def untimed(columns: list[list[str]], rows: list[list[Any]]) -> list[list[Any]]:
    """The rows in a fixed order, without the moments at which the files were written."""
    found = []
    for row in rows:
        cells = [None if name in TIMED else value for (name, _), value in zip(columns, row, strict=True)]
        found.append([_untimed(value) for value in cells])
    return sorted(found, key=lambda row: json.dumps(row, sort_keys=True))


def _untimed(value: Any) -> Any:
    return {k: v for k, v in value.items() if k not in TIMED} if isinstance(value, dict) else value


def main() -> None:
    from pyspark.sql import SparkSession

    settings = {"spark.ui.enabled": "false", "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "1"}
    builder = SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    truth = {label(case): asked(spark, case) for case in CASES}
    TRUTH.write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    spark.stop()


if __name__ == "__main__":
    main()
