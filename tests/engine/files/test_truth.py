"""The rows that Apache Spark reads from small inputs, recorded by `make_truth.py`, are the rows read here."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ldp_magic.engine.files import FilesError, format_of, listed, read
from tests.engine.files.cases import CASES, Case, label, plain, write
from tests.engine.files.make_truth import TRUTH, untimed

SAID = json.loads(TRUTH.read_text(encoding="utf-8"))


def test_every_case_was_asked():
    assert list(SAID) == [label(case) for case in CASES]


def answer(spark: Any, case: Case, folder: Path, scratch: Path | None) -> dict[str, Any]:
    write(case, folder)
    format = format_of(case.format, case.options, case.schema or None)
    try:
        files = listed(str(folder), case.options)
        loaded = read(spark, files, format, str(folder), scratch=scratch, metadata=case.metadata, growing=False)
        columns = [[f.name, f.dataType.simpleString()] for f in loaded.frame.schema.fields]
        rows = [[plain(value, str(folder)) for value in row] for row in loaded.frame.collect()]
    except FilesError as error:
        return {"error": str(error)}
    assert [list(each) for each in loaded.columns] == columns[: len(loaded.columns)]
    return {"columns": columns, "rows": untimed(columns, rows)}


@pytest.mark.parametrize("small", [1_000_000, 0], ids=["sent", "put beside"])
@pytest.mark.parametrize("case", CASES, ids=label)
def test_as_spark_reads_it(case: Case, small: int, spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys.modules["ldp_magic.engine.files.landing"], "SMALL", small)
    found, expected = answer(spark, case, tmp_path / "in", tmp_path / "scratch"), SAID[label(case)]
    if "error" in expected:
        assert "error" in found
    else:
        assert found == expected
