"""How the embedded engine answers what Spark was asked, bare and with our rewrites: right, refused, labelled, or
silently different.

    python -m tests.sql.sail            the table of figures
    python -m tests.sql.sail --show     and every statement that is not right
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ldp_magic.sql.sail import ForSail, Refused, for_sail
from tests.sql.sail.answers import Answer, ask, sail
from tests.sql.sail.exotica import BEYOND_SPARK, is_exotic
from tests.sql.sail.make_truth import Asked, load

Outcome: TypeAlias = Literal["right", "refused", "labelled", "silently different", "not comparable"]
OUTCOMES: tuple[Outcome, ...] = ("right", "refused", "labelled", "silently different", "not comparable")

# What this Spark was built or set up without, and what its client cannot read: there is no truth for it.
_NO_TRUTH = re.compile(
    r"UNSUPPORTED_TIME_TYPE|AVRO_NOT_LOADED|PROTOBUF_|TABLE_OR_VIEW_NOT_FOUND|PySparkValueError|PySparkTypeError"
)
# Answers that are other ones each time or on each machine: only their names and types compare.
_VARIES = re.compile(
    r"\b(rand|random|randn|randstr|uniform|uuid|shuffle|now|curdate|current_(?!timezone)\w+|localtimestamp|user|session_user|"
    r"version|spark_partition_id|monotonically_increasing_id|input_file_\w+|aes_encrypt|reflect|"
    r"java_method|try_reflect|kll_\w+|theta_\w+|hll_\w+|tuple_\w+|count_min_sketch|approx_top_k\w*)\b",
    re.IGNORECASE,
)
# Spark promises no order in what these collect.
_UNORDERED = re.compile(r"\b(collect_set|collect_list|array_agg)\b", re.IGNORECASE)
_JOINED = re.compile(r"\b(listagg|string_agg)\b", re.IGNORECASE)
# An ORDER BY that is not in brackets and not before a set operation is the whole query's.
_ORDERED = re.compile(r"\bORDER\s+BY\b(?![^()]*\))(?!.*\b(?:UNION|INTERSECT|EXCEPT)\b)", re.IGNORECASE | re.DOTALL)
_NOW = re.compile(r"\bunix_timestamp\(\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Result:
    """One statement, and how a subject did with it."""

    asked: Asked
    outcome: Outcome
    got: Answer
    text: str = ""


def subjects(limit: Callable[[Asked], bool] = lambda asked: True) -> dict[str, list[Result]]:
    """Bare and rewritten, over everything that was recorded."""
    found: dict[str, list[Result]] = {"bare": [], "rewritten": []}
    with sail() as spark:
        for asked in filter(limit, load()):
            bare = ask(spark, asked.text, asked.zone)
            found["bare"].append(Result(asked, outcome(asked, bare, ForSail(asked.text)), bare, asked.text))
            found["rewritten"].append(_rewritten(spark, asked, bare))
    return found


def rewritten(limit: Callable[[Asked], bool] = lambda asked: True) -> list[Result]:
    """What the engine answers to what `for_sail` makes of everything that was recorded."""
    with sail() as spark:
        return [_rewritten(spark, asked, None) for asked in filter(limit, load())]


def _rewritten(spark: Any, asked: Asked, bare: Answer | None) -> Result:
    try:
        made = for_sail(asked.text)
    except Refused as error:
        refused = Answer(error=f"Refused: {error.what}")
        return Result(asked, outcome(asked, refused, ForSail(asked.text)), refused)
    got = bare if bare is not None and made.text == asked.text else ask(spark, made.text, asked.zone)
    return Result(asked, outcome(asked, got, made), got, made.text)


def untyped(table: str) -> list[Result]:
    """What was asked of the query *table* (`WITH t AS (...)`), asked of a view whose columns nobody knows."""
    found = []
    with sail() as spark:
        spark.sql(table[table.index("(") + 1 : table.rindex(")")]).createOrReplaceTempView("t")
        for asked in load():
            if not asked.text.startswith(table):
                continue
            try:
                made = for_sail(asked.text[len(table) :])
                got = ask(spark, made.text, asked.zone)
            except Refused as error:
                made, got = ForSail(asked.text), Answer(error=f"Refused: {error.what}")
            found.append(Result(asked, outcome(asked, got, made), got, made.text))
    return found


def outcome(asked: Asked, got: Answer, made: ForSail) -> Outcome:
    """Two errors are the same answer: what Spark says is not what another engine can say."""
    wanted = asked.answer
    if _NO_TRUTH.search(wanted.error) or (wanted.error and BEYOND_SPARK.search(asked.text)):
        return "not comparable"
    if got.error or wanted.error:
        both = bool(got.error) == bool(wanted.error)
        return "right" if both else "refused" if got.error else "labelled" if made.labels else "silently different"
    if same(wanted, got, asked.text):
        return "right"
    return "labelled" if made.labels else "silently different"


def same(wanted: Answer, got: Answer, text: str) -> bool:
    """Equal columns and rows, without regard to what Spark leaves open: the order of rows, of sets, of maps."""
    if wanted.columns != got.columns:
        return False
    if _VARIES.search(text) or _NOW.search(text):
        return True
    one, other = (list(_as_json(rows)) for rows in (wanted.rows, got.rows))
    if len(one) != len(other):
        return False
    if not _ORDERED.search(text):
        one, other = sorted(one, key=_rough), sorted(other, key=_rough)
    if _UNORDERED.search(text):
        one, other = _without_order(one), _without_order(other)
    elif _JOINED.search(text) and not re.search(r"\bWITHIN\s+GROUP\b", text, re.IGNORECASE):
        one, other = ([["".join(sorted(str(cell))) for cell in row] for row in rows] for rows in (one, other))
    return close(one, other)


def close(one: Any, other: Any) -> bool:
    """Equal, floats to nine digits."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-300)
    return type(one) is type(other) and bool(one == other)


def _as_json(value: Any) -> Any:
    return [_as_json(item) for item in value] if isinstance(value, (list, tuple)) else value


def _rough(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ",".join(map(_rough, value)) + "]"
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def _without_order(value: Any) -> Any:
    return sorted(map(_without_order, value), key=_rough) if isinstance(value, list) else value


# -- figures --------------------------------------------------------------------------------------------


def is_mainstream(result: Result) -> bool:
    return bool(result.asked.function) and not is_exotic(result.asked.function)


SETS: dict[str, Callable[[Result], bool]] = {
    "all": lambda result: True,
    "examples of mainstream functions": is_mainstream,
    "idioms": lambda result: not result.asked.function,
}


def share(results: Iterable[Result], of: Outcome) -> float:
    """The part with this outcome, of all that compares."""
    counted = Counter(result.outcome for result in results if result.outcome != "not comparable")
    return counted[of] / max(counted.total(), 1)


def report(found: dict[str, list[Result]]) -> str:
    """The table of figures."""
    lines = [f"{'':34}{'subject':12}" + "".join(f"{name:>20}" for name in OUTCOMES)]
    for title, belongs in SETS.items():
        for subject, results in found.items():
            chosen = list(filter(belongs, results))
            counted = Counter(result.outcome for result in chosen)
            cells = (
                f"{counted[name]:>11}" + ("         " if name == "not comparable" else f" {share(chosen, name):8.1%}")
                for name in OUTCOMES
            )
            lines.append(f"{title:34}{subject:12}" + "".join(cells))
    return "\n".join(lines)
