"""Files taken apart and put together again, and rows cut into steps: nothing is lost on the way."""

from __future__ import annotations

import gzip
import json
import os
from itertools import chain
from pathlib import Path

import pytest

from ldp_magic.engine.files import Format, listed
from ldp_magic.testing.rehearsal import Made
from ldp_magic.testing.rehearsal.moments import moment, moment_in
from ldp_magic.testing.rehearsal.rehearse import arrive
from ldp_magic.testing.rehearsal.rows import Row, rows_of
from ldp_magic.testing.rehearsal.steps import cut, lateness

HEAD = Format("csv", {"header": "true"}, style="read_files")


def read(path: Path, format: Format, *times: str) -> list[Row]:
    root = str(path if path.is_dir() else path.parent)
    return [row for file in listed(str(path)) for row in rows_of(file, root, format, times)]


@pytest.mark.parametrize(
    "name, format, data, many",
    [
        ("a.json", Format("json"), '{"a": "x\u2028y"}\r\n{"a": 1}\n\n{broken\n', 3),
        ("a.json", Format("json"), '[{"a": 1},\n {"a": [2]}]', 2),
        ("a.json", Format("json"), '{\n "a": 1\n}\n', 1),
        ("a.csv", HEAD, 'a,b\n1,"x\ny"\n2,z\n', 2),
        ("a.csv", HEAD, 'a,b\n1,stray " quote\n2,z\n3,z\n', 1),
        ("a.csv", Format("csv", {"header": "false"}), "1;2\n3;4", 2),
        ("a.txt", Format("text"), "one\n\nthree\n", 3),
        ("a.xml", Format("xml"), "<a/>", 1),
        ("a.csv", Format("csv", {"encoding": "utf-16"}), "a\n", 1),
    ],
)
def test_what_is_taken_apart_is_written_again(tmp_path: Path, name: str, format: Format, data: str, many: int) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(data.encode())
    rows = read(tmp_path / "in", format)
    assert len(rows) == many
    for step, row in enumerate(rows, 1):
        arrive(tmp_path / "out", step, [row])
    again = [(row.value, row.piece.head, row.piece.kind) for row in read(tmp_path / "out", format)]
    assert again == [(row.value, row.piece.head, row.piece.kind) for row in rows]


def test_packed_files_and_folders_keep_their_place(tmp_path: Path) -> None:
    (tmp_path / "in" / "day=1").mkdir(parents=True)
    (tmp_path / "in" / "day=1" / "a.json.gz").write_bytes(gzip.compress(b'{"a": 1}\n{"a": 2}\n'))
    arrive(tmp_path / "out", 2, read(tmp_path / "in", Format("json")))
    (written,) = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert str(written.relative_to(tmp_path / "out")) == os.path.join("day=1", "a.0002.json")
    assert written.read_text() == '{"a": 1}\n{"a": 2}\n'
    assert written.stat().st_mtime < os.stat(tmp_path / "in").st_mtime - 3_000  # nobody is writing it any more


@pytest.mark.parametrize(
    "value, seconds",
    [
        ("2026-01-01T00:00:00Z", 1_767_225_600.0),
        ("2026-01-01 01:00:00.5+01:00", 1_767_225_600.5),
        ("2026-01-01 00:00:00.123456789", 1_767_225_600.123456),
        ("2026-01-01", 1_767_225_600.0),
        (1_767_225_600, 1_767_225_600.0),
        (1_767_225_600_000, 1_767_225_600.0),
        ("1767225600000000", 1_767_225_600.0),
        ("soon", None),
        ("", None),
        (True, None),
        (None, None),
        ("1" * 400, None),
        (float("nan"), None),
        (10**400, None),
    ],
)
def test_a_moment_is_read_however_it_is_written(value: object, seconds: float | None) -> None:
    assert moment(value) == seconds


def test_an_event_holds_its_time_in_its_value() -> None:
    assert moment_in({"key": "k", "value": json.dumps({"AT": 5})}, ["at"]) == 5.0
    assert moment_in({"value": {"at": "x", "b": 7}}, ["at", "b"]) == 7.0
    assert moment_in({"value": "{broken"}, ["at"]) is None


def timed(times: list[float | None]) -> list[Row]:
    return [Row(None, n, time) for n, time in enumerate(times)]  # type: ignore[arg-type]


@pytest.mark.parametrize("times", [[None] * 7, [5.0] * 7, [7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0], [None, 3.0, None, 1.0]])
def test_every_row_arrives_once(times: list[float | None]) -> None:
    for batches in (1, 2, 3, 9):
        steps = cut([timed(times)], Made(batches=batches, late=0.5, shuffle=True))
        assert sorted(row.value for row in chain(*steps.rows[0])) == list(range(len(times)))
        assert len(steps.rows[0]) == batches


def test_late_rows_come_later_than_their_own_step_and_doubled_rows_come_twice() -> None:
    rows = timed([float(n) for n in range(100)])
    steps = cut([rows], Made(batches=4, late=0.2, duplicate=0.1))
    home = {row.value: n for n, step in enumerate(cut([rows], Made(batches=4)).rows[0]) for row in step}
    found = [(home[row.value], n) for n, step in enumerate(steps.rows[0]) for row in step]
    assert len(found) == 110 and sum(steps.late) == 20 and sum(steps.twice) == 10
    assert all(there >= here for here, there in found) and lateness(steps.rows[0]) > 0
    assert lateness(cut([rows], Made(batches=4)).rows[0]) == 0


def test_no_rows_are_no_error() -> None:
    assert cut([[], timed([1.0])], Made(batches=2, late=1, duplicate=1)).by_order == [True, False]
