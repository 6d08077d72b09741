"""Asks Apache Spark the examples of its own documentation and the idioms beside this file, and writes `truth.json`.

The suite does not run this: it needs a Spark Connect server of Spark 4.3 in the zone UTC, and records only what is not
yet in the file (delete it to begin anew).

    python -m tests.sql.sail.make_truth sc://127.0.0.1:15002
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.sql.sail.answers import Answer, ask, session

FILE = Path(__file__).with_name("truth.json")
_EXAMPLE = re.compile(r"^\s*> (.*?);\s*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement, the function whose example it is (or none), the session's zone, and what Spark answers."""

    text: str
    function: str
    zone: str
    answer: Answer


def load() -> list[Asked]:
    """Everything that was recorded."""
    found = json.loads(FILE.read_text("utf-8")) if FILE.exists() else []
    return [
        Asked(text, function, zone, Answer(tuple((n, t) for n, t in columns), tuple(rows), error))
        for text, function, zone, columns, rows, error in found
    ]


def save(asked: list[Asked]) -> None:
    """One statement a line, so that a new recording shows as a small diff."""
    lines = [
        json.dumps([a.text, a.function, a.zone, a.answer.columns, a.answer.rows, a.answer.error], ensure_ascii=False)
        for a in asked
    ]
    FILE.write_text("[\n" + ",\n".join(lines) + "\n]\n", "utf-8")


def examples(spark: Any) -> Iterator[tuple[str, str, str]]:
    """The examples of every function that Spark describes, without those that change its settings."""
    for (name,) in spark.sql("SHOW SYSTEM FUNCTIONS").collect():
        quoted = name if name.isidentifier() else f"`{name}`"
        text = "\n".join(row[0] for row in spark.sql(f"DESCRIBE FUNCTION EXTENDED {quoted}").collect())
        for found in _EXAMPLE.finditer(text.partition("Examples:")[2]):
            if not found[1].lstrip().upper().startswith("SET "):
                yield found[1].strip(), name, "UTC"


def idioms() -> Iterator[tuple[str, str, str]]:
    """What people write, from the lists beside this file."""
    for module in ("idioms", "idioms_typed", "idioms_clauses", "idioms_edges"):
        if Path(__file__).with_name(f"{module}.py").exists():
            lists = importlib.import_module(f"tests.sql.sail.{module}")
            yield from ((text, "", "UTC") for text in lists.IDIOMS)
            yield from ((text, "", "Europe/Berlin") for text in getattr(lists, "BERLIN", ()))


def main(address: str) -> None:
    spark = session(address)
    known = {(a.text, a.function, a.zone): a for a in load()}
    described = [key for key in known if key[1]] or list(examples(spark))
    asked = []
    for key in dict.fromkeys([*described, *idioms()]):
        text, function, zone = key
        asked.append(known.get(key) or Asked(text, function, zone, ask(spark, text, zone)))
        if len(asked) % 200 == 0:
            print(len(asked), flush=True)
            save(asked)
    save(asked)


if __name__ == "__main__":
    main(sys.argv[1])
