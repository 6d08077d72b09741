"""The rules of streams beside what Apache Spark 4.3 says of the same texts (make_spark_verdicts.py asked it)."""

import json
from pathlib import Path

import pytest

from ldp_magic.lint.example import findings_in
from ldp_magic.lint.rule import Example
from ldp_magic.lint.select import Selection

VERDICTS = [tuple(v) for v in json.loads((Path(__file__).parent / "spark_verdicts.json").read_text("utf-8"))]
COLUMNS = dict.fromkeys("sabde", "id BIGINT, k STRING, v INT, at TIMESTAMP")
# Refused for reasons that are nobody's rule here: the grammar, or what the rows hold.
OTHER_REASONS = ("PARSE_SYNTAX_ERROR", "CAST_INVALID_INPUT")
# Conditions whose arithmetic Spark cannot follow; rather than guess, LDP114 believes that the author bounds the time.
BELIEVED = ("b.at - a.at < INTERVAL", "date(a.at) = date(b.at)", "timestampadd(HOUR, -1, b.at)")


def _errors(text: str, target: str = "spark-4.3") -> set[str]:
    example = Example(text=f"CREATE STREAMING TABLE t AS {text};", target=target, locked=COLUMNS)
    return {f.code for f in findings_in(example, Selection(select=("LDP1",))) if f.severity == "error"}


def test_there_is_much_to_compare() -> None:
    assert len(VERDICTS) > 250
    assert 100 < sum(1 for _, said in VERDICTS if not said) < len(VERDICTS) - 100


@pytest.mark.parametrize("target", ["spark-4.3", "databricks"])
def test_nothing_is_an_error_that_spark_runs(target: str) -> None:
    wrong = [(text, found) for text, said in VERDICTS if not said and (found := _errors(text, target) - {"LDP129"})]
    assert not wrong


def test_what_spark_refuses_is_found() -> None:
    missed = [
        (text, said)
        for text, said in VERDICTS
        if said not in ("", "batch")
        and not said.endswith(OTHER_REASONS)
        and not any(part in text for part in BELIEVED)
        and not _errors(text)
    ]
    assert not missed
