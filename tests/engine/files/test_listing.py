"""Which files a path stands for, and paths with odd signs in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ldp_magic.engine.files import listed
from tests.clock import assert_quick
from tests.engine.files.cases import parquet
from tests.engine.files.conftest import Reading

FILES = ("a.json", "b.csv", "x/c.json", "x/y/d.json", "_e.json", ".f.json", "_g/h.json", "p=1/i.json", "_q=1/j.json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for n, name in enumerate(FILES):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
        os.utime(path, (n * 86_400, n * 86_400))
    return tmp_path


@pytest.mark.parametrize(
    ("where", "options", "names"),
    [
        ("", {}, ["_q=1/j.json", "a.json", "b.csv", "p=1/i.json", "x/c.json", "x/y/d.json"]),
        ("", {"recursiveFileLookup": "false"}, ["_q=1/j.json", "a.json", "b.csv", "p=1/i.json"]),
        ("a.json", {}, ["a.json"]),
        ("*.json", {}, ["a.json"]),
        ("*/*.json", {}, ["_q=1/j.json", "p=1/i.json", "x/c.json"]),
        ("x", {}, ["x/c.json", "x/y/d.json"]),
        ("[w-y]", {}, ["x/c.json", "x/y/d.json"]),
        ("[^p_]*", {}, ["a.json", "b.csv", "x/c.json", "x/y/d.json"]),
        ("{a,b}.{json,csv}", {}, ["a.json", "b.csv"]),
        ("x/**/*.json", {}, ["x/c.json", "x/y/d.json"]),
        ("", {"pathGlobFilter": "*.csv"}, ["b.csv"]),
        ("", {"cloudFiles.fileNamePattern": "[ab].*"}, ["a.json", "b.csv"]),
        (
            "",
            {"modifiedAfter": "1970-01-02T12:00:00", "modifiedBefore": "1970-01-04T12:00:00"},
            ["x/c.json", "x/y/d.json"],
        ),
        ("nowhere", {}, []),
        ("nowhere/*.json", {}, []),
    ],
)
def test_what_is_listed(folder: Path, where: str, options: dict[str, str], names: list[str]):
    assert [os.path.relpath(file.path, folder) for file in listed(str(folder / where), options)] == names


def test_ten_thousand_files(tmp_path: Path):
    for n in range(10_000):
        (tmp_path / f"{n}.json").touch()
    assert len(assert_quick(lambda: listed(str(tmp_path)), 0.6)) == 10_000  # 0.05 s on an idle machine


@pytest.mark.parametrize("name", ["a b", "ü", "x#y", "x[1]", "c%20d", "{z}", "q?", "it's", "p=ü b"])
def test_odd_names(reading: Reading, name: str):
    reading.put(f"{name}/{name}.json", '{"a": 1}\n')
    reading.put(f"{name}/{name}.parquet", parquet(a=[1]))
    for ending in ("json", "parquet"):
        loaded = reading(
            ending, where=str(reading.folder / name), pathGlobFilter=f"*.{ending}", also={"limit_files": 5}
        )
        assert [row[0] for row in reading.rows(loaded)] == [1]
