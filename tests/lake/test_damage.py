"""A damaged log is one clear error that names the file, or changes nothing; never a traceback, never other rows."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ldp_magic.lake import Lake, LakeError, Table
from tests.lake.rows import append, columns, ids


@pytest.fixture
def filled(lake: Lake, table: Table) -> Table:
    """Thirteen commits: a checkpoint, and commits behind it."""
    for number in range(12):
        table = append(table, "f", number, raw=number)
    return table.fit(columns(id="bigint", name="string"))


def commit_file(table: Table, version: int) -> Path:
    return table.folder / "_delta_log" / f"{version:020d}.json"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def last_line_lost(path: Path) -> None:
    path.write_text("\n".join(path.read_text().strip().splitlines()[:-1]) + "\n")


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def zeroed(path: Path) -> None:
    path.write_bytes(b"\0" * path.stat().st_size)


def turned_into_text(path: Path) -> None:
    path.write_text("[1, 2]\n")


@pytest.mark.parametrize("harm", [cut, last_line_lost, emptied, zeroed, turned_into_text, Path.unlink])
def test_a_harmed_commit_is_named(lake: Lake, filled: Table, harm: Callable[[Path], None]):
    path = commit_file(filled, 11)
    harm(path)
    with pytest.raises(LakeError) as found:
        lake.look("orders")
    assert str(path) in found.value.what
    assert "restore the file from a backup, or drop the table" in found.value.fix


def test_a_harmed_checkpoint_is_named_and_can_be_deleted(lake: Lake, filled: Table):
    (path,) = (filled.folder / "_delta_log").glob("*.checkpoint.parquet")
    cut(path)
    with pytest.raises(LakeError) as found:
        lake.look("orders").files  # noqa: B018
    assert str(path) in found.value.what
    assert found.value.fix == "delete that file and _last_checkpoint: the table can be read without them"
    path.unlink()
    with pytest.raises(LakeError, match="_last_checkpoint is damaged: it names no checkpoint that is there"):
        lake.look("orders")
    (path.parent / "_last_checkpoint").unlink()
    assert ids(lake.look("orders")) == list(range(12))


def test_a_data_file_that_is_gone_or_cut_is_named(lake: Lake, filled: Table):
    path = Path(filled.files[0].path)
    cut(path)
    with pytest.raises(LakeError, match="is damaged: it has") as found:
        lake.look("orders").files  # noqa: B018
    path.unlink()
    with pytest.raises(LakeError, match="is gone, and the table needs it") as found:
        lake.look("orders").files  # noqa: B018
    assert str(path) in found.value.what


def test_a_log_that_is_gone_is_no_empty_table(lake: Lake, filled: Table):
    shutil.rmtree(filled.folder / "_delta_log")
    with pytest.raises(LakeError, match="the log of orders is gone"):
        lake.look("orders")


def test_a_foreign_folder_in_the_place_of_a_table(lake: Lake):
    folder = lake.folder / "tables" / "orders"
    folder.mkdir()
    (folder / "thesis.odt").write_text("x")
    with pytest.raises(LakeError, match=r"is in the place of table orders and holds something else: thesis\.odt"):
        lake.look("orders")


def test_a_file_in_the_place_of_a_table(lake: Lake):
    (lake.folder / "tables" / "orders").write_text("x")
    with pytest.raises(LakeError, match="is no folder of a table"):
        lake.look("orders")


def test_a_lake_or_a_commit_of_a_newer_version_says_upgrade(lake: Lake, filled: Table, tmp_path: Path):
    path = commit_file(filled, filled.version)
    path.write_text(path.read_text().replace(r"{\"version\": 1", r"{\"version\": 2"))
    with pytest.raises(LakeError, match="written by a newer ldp") as found:
        lake.look("orders")
    assert found.value.fix == "upgrade ldp-magic"
    (lake.folder / "lake.json").write_text('{"version": 2}')
    with pytest.raises(LakeError, match="made by a newer ldp"):
        Lake.open(tmp_path / "project")
    (lake.folder / "lake.json").write_text("{")
    with pytest.raises(LakeError, match=r"lake\.json is damaged"):
        Lake.open(tmp_path / "project")


def test_a_table_that_another_tool_has_given_what_we_cannot_read(lake: Lake, filled: Table):
    from deltalake import DeltaTable, TableFeatures

    delta = DeltaTable(str(filled.folder))
    delta.alter.add_feature(TableFeatures.DeletionVectors, allow_protocol_versions_increase=True)
    with pytest.raises(LakeError, match="orders uses deletionVectors, which a lake here does not"):
        lake.look("orders")


def harm_somewhere(chance: random.Random, paths: list[Path]) -> str:
    """One file of the log is changed in one place."""
    path = chance.choice(paths)
    text = bytearray(path.read_bytes())
    at = chance.randrange(len(text))
    kind = chance.choice(["byte", "bit", "cut", "hole", "twice"])
    if kind == "byte":
        text[at] = chance.randrange(256)
    elif kind == "bit":
        text[at] ^= 1 << chance.randrange(8)
    elif kind == "cut":
        del text[at:]
    elif kind == "hole":
        del text[at : at + chance.randrange(1, 40)]
    else:
        text[at:at] = text[at : at + chance.randrange(1, 40)]
    path.write_bytes(bytes(text))
    return f"{kind} at {at} of {path.name}"


def never_other_rows(lake: Lake, filled: Table, rounds: int, seed: int) -> tuple[int, int]:
    chance = random.Random(seed)
    log = filled.folder / "_delta_log"
    safe = lake.folder / "safe"
    shutil.copytree(log, safe)
    wanted = (list(range(12)), filled.flow("f"), filled.columns, filled.version)
    refused = right = 0
    for _ in range(rounds):
        shutil.rmtree(log)
        shutil.copytree(safe, log)
        checkpoint = [path for path in log.iterdir() if path.suffix == ".parquet"]
        what = harm_somewhere(chance, chance.choice([checkpoint, sorted(log.iterdir())]))
        try:
            found = lake.look("orders")
            got = (ids(found), found.flow("f"), found.columns, found.version)
        except LakeError as error:
            assert error.why and error.fix and "\n" not in error.what, what
            refused += 1
            continue
        assert got == wanted, what
        right += 1
    return refused, right


def test_random_damage_gives_an_error_or_the_right_rows(lake: Lake, filled: Table):
    refused, right = never_other_rows(lake, filled, 120, seed=1)
    assert refused > 20 and right > 20


@pytest.mark.soak
def test_much_random_damage_gives_an_error_or_the_right_rows(lake: Lake, filled: Table):
    never_other_rows(lake, filled, 10_000, seed=random.randrange(1 << 30))


def test_nothing_of_a_damaged_table_is_swept_away(lake: Lake, filled: Table):
    before = sorted((filled.folder / "data").rglob("*"))
    commit_file(filled, 11).unlink()
    with pytest.raises(LakeError):
        lake.clean()
    assert sorted((filled.folder / "data").rglob("*")) == before


def test_a_lake_that_cannot_be_written_is_one_clear_error(tmp_path: Path):
    (tmp_path / ".ldp").write_text("in the way")
    with pytest.raises(LakeError, match=r"\.ldp/lake/dev cannot be written: not a directory"):
        Lake.open(tmp_path)
