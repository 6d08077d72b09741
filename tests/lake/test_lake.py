"""Names, places and what is swept away."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldp_magic.engine.files.listing import File
from ldp_magic.engine.place import Place
from ldp_magic.engine.session import Engine
from ldp_magic.lake import Keep, Lake, LakeError, Table, Written, columns_of, ddl
from ldp_magic.lake.names import folder_of
from ldp_magic.lake.seen import PARTS, added, seen
from tests.lake.rows import NUMBERS, append, columns, ids, numbers, swap, write


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(Place())
    yield engine
    engine.close()


# -- names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("orders", "orders"),
        ("Main.Sales.Orders_2", "main.sales.orders_2"),
        ("my table", r"my_table-[0-9a-f]{8}"),
        ("../../etc/passwd", r"etc_passwd-[0-9a-f]{8}"),
        ("größe", r"gr_e-[0-9a-f]{8}"),
        ("日本", r"table-[0-9a-f]{8}"),
        ("CON", r"con-[0-9a-f]{8}"),
        ("a.", r"a-[0-9a-f]{8}"),
        ("x" * 300, r"x{60}-[0-9a-f]{8}"),
        ("", r"table-[0-9a-f]{8}"),
    ],
)
def test_a_table_has_a_plain_folder(name: str, folder: str):
    assert re.fullmatch(folder, folder_of(name))


@given(st.text(), st.text())
def test_two_names_have_two_folders_unless_they_differ_in_case_only(one: str, other: str):
    assert (folder_of(one) == folder_of(other)) == (one.lower() == other.lower())
    assert re.fullmatch(r"[a-z0-9][a-z0-9_.-]*", folder_of(one))


def test_names_are_the_same_whatever_their_case_and_shown_as_written_last(lake: Lake):
    append(lake.look("Sales.Orders").create(NUMBERS), "f", 1)
    assert ids(lake.look("sales.ORDERS")) == [1]
    lake.look("Größe der Welt").create(NUMBERS)
    lake.look("Größe der Welt")
    assert not lake.look("never there").exists
    assert set(lake.tables()) == {"sales.ORDERS", "Größe der Welt"}
    assert json.loads((lake.folder / "tables.json").read_text("utf-8"))["sales.orders"] == "sales.ORDERS"


def test_the_map_of_names_may_be_lost(lake: Lake):
    for name in ("orders", "Größe"):
        append(lake.look(name).create(NUMBERS), "f", 1)
    (lake.folder / "tables.json").write_text("{")
    assert set(lake.tables()) == {"orders", "Größe"}
    lake.clean(Keep(days=0))
    assert ids(lake.look("Größe")) == [1]


def test_a_dropped_table_is_gone(lake: Lake):
    append(lake.look("orders").create(NUMBERS), "f", 1)
    lake.drop("Orders")
    lake.drop("never there")
    assert not lake.look("orders").exists
    assert lake.tables() == {}


def test_environments_are_lakes_of_their_own(tmp_path: Path):
    Lake.open(tmp_path, "dev").look("orders").create(NUMBERS)
    assert not Lake.open(tmp_path, "prod").look("orders").exists
    assert Lake.open(tmp_path, "../x").folder.parent == tmp_path / ".ldp" / "lake"


# -- paths ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("project", ["plain", "My Project", "größe", "a#b", "[1]", "100% or more", "it's {x}*?"])
def test_deltalake_and_the_engine_read_and_write_wherever_the_project_is(tmp_path: Path, project: str, engine: Engine):
    lake = Lake.open(tmp_path / project)
    assert lake.folder.joinpath("lake.json").samefile(tmp_path / project / ".ldp" / "lake" / "dev" / "lake.json")
    table = lake.look("Größte Orders").create(NUMBERS)
    folder = table.fresh_folder()
    with engine.session() as session:
        spark = session.spark
        session.call(
            lambda: (
                spark.sql("SELECT id, id < 3 AS __keep FROM range(5)").write.partitionBy("__keep").parquet(str(folder))
            )
        )
        table = table.append(table.flow("f").next(offsets={}), table.written(folder))
        rows = session.call(lambda: spark.read.format("delta").load(str(table.folder)).collect())
        listed = session.call(
            lambda: spark.read.schema("id bigint").parquet(*[file.path for file in table.files]).collect()
        )
    assert sorted(row.id for row in rows) == sorted(row.id for row in listed) == ids(table) == [0, 1, 2]
    assert sum(file.rows or 0 for left in table.quarantine() for file in left.files) == 2
    assert Lake.open(tmp_path / project) == lake


def test_no_link_is_made_where_others_could_change_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    cache = tmp_path / "cache" / "ldp-magic" / "lakes"
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "no ne"))
    with pytest.raises(LakeError, match="no link around them can be made: nowhere to put it"):
        Lake.open(tmp_path / "my project")
    assert list(cache.iterdir()) == []


def test_the_engine_reads_a_view_that_got_other_columns(lake: Lake, engine: Engine):
    table = lake.look("v").create(NUMBERS)
    wide = columns(at="timestamp_ntz", s="struct<`a b`:int,m:map<string,decimal(10,2)>>", id="bigint")
    for wanted in (NUMBERS, wide, (*wide[1:], wide[0])):
        table = table.swap(table.flow("f").next(offsets={}), write(table, numbers(1, 2), wanted))
        with engine.session() as session:
            frame = session.spark.read.format("delta").load(str(table.folder))
            assert session.call(lambda frame=frame: frame.columns) == [each.name for each in wanted]
            assert sorted(row.id for row in session.call(lambda frame=frame: frame.collect())) == [1, 2]
            listed = session.spark.read.schema(ddl(table.columns)).parquet(*[file.path for file in table.files])
            assert columns_of(session.call(lambda listed=listed: listed.schema.json())) == wanted


def test_a_path_that_no_link_helps_is_refused(tmp_path: Path):
    with pytest.raises(LakeError, match="holds characters that the engine cannot read"):
        Lake.open(tmp_path / "a%20b")


# -- sweeping ---------------------------------------------------------------------------------------------


def files(table: Table) -> int:
    return len(list((table.folder / "data").rglob("*.parquet")))


def test_orphans_go_and_what_is_needed_stays(lake: Lake):
    table = lake.look("orders").create(NUMBERS)
    state, orphan = write(table, numbers(7)), write(table, numbers(8))
    rows, left = write(table, numbers(1)), write(table, numbers(2))
    after = table.flow("f").next(offsets={}, state={"left": state.paths})
    table = table.append(after, Written(NUMBERS, rows.kept, left.kept))
    (table.folder / "_delta_log" / "00000000000000000002.json#1").write_text("killed")
    cleaned = lake.clean(Keep(days=0))
    assert set(cleaned.files) == {*orphan.paths, str(table.folder / "_delta_log" / "00000000000000000002.json#1")}
    assert cleaned.size == orphan.kept[0].size + len("killed")
    assert not Path(orphan.paths[0]).parent.exists()
    assert (files(table), ids(lake.look("orders")), lake.look("orders").state("f")) == (3, [1], after.state)


def test_what_the_running_update_writes_stays(lake: Lake):
    table = lake.look("orders").create(NUMBERS)
    write(table, numbers(8))
    began = time.time() - 60
    assert lake.clean(Keep(days=0), before=began).files == ()


def test_files_of_older_versions_stay_for_a_while(lake: Lake):
    table = swap(swap(lake.look("orders").create(NUMBERS), "f", 1), "f", 2)
    assert lake.clean().files == ()
    assert len(lake.clean(Keep(days=0)).files) == 1
    assert ids(lake.look("orders")) == [2] and files(table) == 1


def test_state_of_older_batches_goes(lake: Lake):
    table = lake.look("orders").create(NUMBERS)
    for number in range(3):
        state = write(table, numbers(number))
        table = table.append(table.flow("f").next(offsets={}, state={"left": state.paths}))
    assert len(lake.clean(Keep(days=0)).files) == 2
    assert lake.look("orders").state("f") == {"left": state.paths}


def test_the_quarantine_is_bounded_and_the_newest_stays(lake: Lake):
    table = lake.look("orders").create(NUMBERS)
    for number in range(4):
        left = write(table, numbers(number))
        table = table.append(table.flow("f").next(offsets={}), Written(NUMBERS, (), left.kept))
    size = left.kept[0].size
    lake.clean(Keep(days=0, quarantined=2 * size + size // 2))
    assert [each.version for each in lake.look("orders").quarantine()] == [4, 3]


def test_only_the_newest_checkpoints_stay_and_the_table_is_whole(lake: Lake):
    table = lake.look("orders").create(NUMBERS)
    for number in range(45):
        table = append(table, "f", number)
    lake.clean(Keep(days=0))
    assert len(list((table.folder / "_delta_log").glob("*.checkpoint.parquet"))) == 2
    assert ids(lake.look("orders")) == list(range(45))


def test_a_read_only_lake_is_one_clear_error(lake: Lake, monkeypatch: pytest.MonkeyPatch):
    table = lake.look("orders").create(NUMBERS)

    def refuses(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuses)
    with pytest.raises(LakeError, match="orders cannot be written: permission denied"):
        table.fresh_folder()


# -- long lists -------------------------------------------------------------------------------------------


def test_the_list_of_seen_files_is_state_in_few_parts(lake: Lake):
    table = lake.look("orders").create(NUMBERS)
    wanted = {}
    for number in range(3 * PARTS):
        files = [File(f"/landing/{number}/{n}.json", n, 1.5 * n) for n in range(3)]
        files.append(File("/landing/again.json", number, number))
        wanted |= {file.path: file for file in files}
        before = table.flow("f")
        parts = added(before.state.get("landing", ()), files, table.fresh_folder())
        table = table.append(before.next(offsets={}, state={"landing": parts}))
        assert len(parts) <= PARTS
    lake.clean(Keep(days=0))
    assert seen(lake.look("orders").state("f")["landing"]) == wanted
    assert added(parts, [], table.fresh_folder()) == parts


def test_a_lake_is_found_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    append(Lake.open(Path("p")).look("orders").create(NUMBERS), "f", 1)
    shutil.move(tmp_path / "p", tmp_path / "q")
    assert ids(Lake.open(tmp_path / "q").look("orders")) == [1]
    assert os.listdir(tmp_path) == ["q"]


# -- many files -------------------------------------------------------------------------------------------


def test_files_are_written_together_and_nobody_notices(lake: Lake):
    table = lake.look("t").create(NUMBERS)
    for n in range(15):
        table = append(table, "f", n)
    reader, flows = table.position, dict(table.flows)
    compacted = table.compact()
    assert len(compacted.files) == 1 and ids(compacted) == ids(table) and compacted.flows == flows
    assert compacted.news(reader).files == () and compacted.news(reader).changed == ()
    assert lake.glance("t") is None, "only a look tells what another commit than ours has left"
    more = append(compacted, "f", 99)
    assert len(more.news(reader).files) == 1 and len(more.news(None).files) == 2
    glance = lake.glance("t")
    assert glance and glance.stands_at(more.position) and not glance.stands_at(reader)
    lake.clean(Keep(days=0), before=time.time() + 10)
    assert ids(lake.look("t")) == sorted([*range(15), 99])
