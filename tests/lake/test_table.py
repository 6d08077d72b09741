"""Look and commit: each test is a trap of the obvious way."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from ldp_magic.lake import Conflict, Lake, LakeError, Table, Written
from tests.lake.rows import NUMBERS, append, columns, ids, numbers, read, swap, write


def test_rows_offsets_and_state_become_visible_together(lake: Lake, table: Table):
    state = write(table, numbers(7))
    after = table.flow("f").next(offsets={"raw": 3}, state={"left": state.paths})
    table.append(after, write(table, numbers(1, 2)), {"not_null": 1})
    found = lake.look("orders")
    assert ids(found) == [1, 2]
    assert found.flow("f") == after
    assert found.state("f") == {"left": state.paths}
    assert list(found.metrics()) == [(1, "f", {"not_null": 1})]
    assert [file.rows for file in found.files] == [2]


def test_a_flow_that_was_moved_on_since_the_look_is_refused(lake: Lake, table: Table):
    mine, other = lake.look("orders"), lake.look("orders")
    append(other, "f", 1)
    with pytest.raises(Conflict) as refused:
        append(mine, "f", 1)
    assert str(refused.value).startswith("orders was changed by another update meanwhile\n")
    assert ids(lake.look("orders")) == [1]


def test_one_look_is_good_for_one_commit_of_a_flow(table: Table):
    append(table, "f", 1)
    with pytest.raises(Conflict):
        append(table, "f", 2)


def test_two_flows_add_to_one_table_from_one_look_and_both_are_remembered(lake: Lake, table: Table):
    mine, other = lake.look("orders"), lake.look("orders")
    append(other, "b", 1, raw=10)
    append(mine, "a", 2, raw=20)  # its entry has not seen b
    found = append(lake.look("orders"), "c", 3, raw=30)
    assert ids(found) == [1, 2, 3]
    assert {name: batch.offsets for name, batch in found.flows.items()} == {
        "a": {"raw": 20},
        "b": {"raw": 10},
        "c": {"raw": 30},
    }
    newest = (found.folder / "_delta_log" / f"{found.version:020d}.json").read_text()
    assert set(json.loads(json.loads(newest.splitlines()[0])["commitInfo"]["ldp"])["flows"]) == {"a", "b", "c"}


def test_nothing_is_written_beside_a_log_that_is_not_there_yet(lake: Lake):
    with pytest.raises(ValueError, match="created first"):
        lake.look("t").fresh_folder()
    with pytest.raises(ValueError, match="created first"):
        lake.look("t").append(lake.look("t").flow("f").next(offsets={}))


def test_a_batch_without_rows_is_a_commit(lake: Lake, table: Table):
    found = table.append(table.flow("f").next(offsets={"raw": 1}), table.written(table.fresh_folder()))
    assert (ids(found), found.flow("f").offsets, found.version) == ([], {"raw": 1}, 1)


def test_a_swap_is_never_put_behind_rows_that_came_meanwhile(lake: Lake, table: Table):
    swap(table, "f", 1)
    mine, other = lake.look("orders"), lake.look("orders")
    append(other, "g", 2)
    with pytest.raises(Conflict):
        swap(mine, "f", 3)
    assert ids(swap(lake.look("orders"), "f", 3)) == [3]


def test_a_swap_that_changes_the_columns_is_not_put_behind_others_either(lake: Lake, table: Table):
    mine, other = lake.look("orders"), lake.look("orders")
    append(other, "g", 2)
    wider = columns(id="bigint", at="timestamp_ntz")
    with pytest.raises(Conflict):
        mine.swap(mine.flow("f").next(offsets={}), write(mine, numbers(1), wider))


@pytest.mark.parametrize("seed", [(), (1, 2)], ids=["empty", "with rows"])
def test_an_empty_view_that_is_swapped_twice_stays_empty(lake: Lake, table: Table, seed: tuple[int, ...]):
    swap(table, "f", *seed)
    swap(lake.look("orders"), "f")
    mine, other = lake.look("orders"), lake.look("orders")
    swap(mine, "f", 1)
    with pytest.raises(Conflict):
        swap(other, "f", 1)
    assert ids(lake.look("orders")) == [1]


def test_a_view_gets_other_columns_with_its_rows_and_time_without_zone_is_no_trouble(lake: Lake, table: Table):
    swap(table, "f", 1)
    for wanted in (columns(at="timestamp_ntz", id="string"), columns(id="int"), columns(n="timestamp")):
        found = lake.look("orders")
        found = found.swap(found.flow("f").next(offsets={}), write(found, [{wanted[0].name: None}], wanted))
        assert found.columns == wanted
        assert read(found) == [{each.name: None for each in wanted}]


def test_columns_of_a_view_change_their_order(lake: Lake, table: Table):
    for wanted in (
        columns(id="bigint", s="struct<a:int,b:int>"),
        columns(s="struct<a:int,b:int>", id="bigint"),
        columns(s="struct<b:int,a:int>", id="bigint"),
        columns(id="bigint", s="struct<a:int,b:int>"),
    ):
        found = lake.look("orders")
        found = found.swap(found.flow("f").next(offsets={}), write(found, [{"id": 1}], wanted))
        assert found.columns == wanted
    assert found.fit(columns(s="struct<c:int>")).columns == columns(id="bigint", s="struct<a:int,b:int,c:int>")


def test_a_new_column_is_a_commit_of_its_own_and_old_rows_have_none(lake: Lake, table: Table):
    append(table, "f", 1)
    found = lake.look("orders").fit(columns(id="bigint", name="string", at="timestamp_ntz"))
    found = found.append(found.flow("f").next(offsets={}), write(found, [{"id": 2, "name": "b", "at": None}]))
    assert sorted(read(found), key=lambda row: row["id"]) == [
        {"id": 1, "name": None, "at": None},
        {"id": 2, "name": "b", "at": None},
    ]


def test_a_struct_gets_a_new_field(lake: Lake):
    table = lake.look("t").create(columns(s="struct<a:int>"))
    found = table.append(table.flow("f").next(offsets={}), write(table, [{"s": {"a": 1}}]))
    found = found.fit(columns(s="struct<a:int,b:string>"))
    assert found.columns == columns(s="struct<a:int,b:string>")
    assert found.fit(columns(S="struct<b:string>")).columns == columns(s="struct<a:int,b:string>")


def test_columns_that_went_stay(table: Table):
    assert table.fit(columns(other="int")).columns == columns(id="bigint", other="int")


def test_widening_is_refused_when_somebody_committed_since_the_look(lake: Lake, table: Table):
    mine, other = lake.look("orders"), lake.look("orders")
    append(other, "f", 1)
    with pytest.raises(Conflict):
        mine.fit(columns(id="bigint", name="string"))


def test_what_was_looked_at_before_a_widening_does_not_move(lake: Lake, table: Table):
    table.fit(columns(id="bigint", name="string"))
    with pytest.raises(Conflict):
        append(table, "f", 1)
    assert lake.look("orders").version == 1


def test_a_batch_of_before_does_not_fit_behind_a_look_that_is_newer(lake: Lake, table: Table):
    before = lake.look("orders").flow("f")
    append(lake.look("orders"), "f", 1)
    found = lake.look("orders")
    with pytest.raises(Conflict):
        found.append(before.next(offsets={}), write(found, numbers(1)))


def test_another_type_is_refused_unless_there_are_no_rows(lake: Lake, table: Table):
    append(table, "f", 1)
    with pytest.raises(LakeError) as refused:
        lake.look("orders").fit(columns(id="string"))
    assert str(refused.value) == (
        "column id of orders is bigint and would become string\n"
        "  why  rows that are there already have the old type\n"
        "  fix  CAST(id AS BIGINT) in the query, or `ldp run --full-refresh orders`"
    )
    assert lake.look("orders").reset().fit(columns(id="string")).columns == columns(id="string")


def test_rows_may_lack_columns_of_the_table_and_have_another_order(lake: Lake):
    table = lake.look("t").create(columns(a="int", b="string", c="date"))
    folder = table.fresh_folder()
    folder.mkdir()
    pq.write_table(pa.table({"b": ["x"], "a": pa.array([1], pa.int32())}), folder / "x.parquet")
    found = table.append(table.flow("f").next(offsets={}), table.written(folder, columns(b="string", a="int")))
    assert read(lake.look("t")) == read(found) == [{"a": 1, "b": "x", "c": None}]
    with pytest.raises(ValueError, match="held against other columns"):
        found.append(found.flow("f").next(offsets={}), Written(columns(a="bigint")))


def test_files_that_would_make_the_table_unreadable_are_refused(table: Table):
    folder = table.fresh_folder()
    folder.mkdir()
    for data, what in [
        ({"id": pa.array([1], pa.int32())}, "column id was written as int, and the table has it as bigint"),
        ({"id": pa.array([1]), "more": pa.array([1])}, "column more was written, and the table has none of that name"),
    ]:
        pq.write_table(pa.table(data), folder / "x.parquet")
        with pytest.raises(LakeError) as refused:
            table.written(folder)
        assert refused.value.what == what
    (folder / "x.parquet").write_bytes(b"PAR1 half")
    with pytest.raises(LakeError, match="no whole Parquet file"):
        table.written(folder)


def test_flags_are_in_the_files_and_no_reader_sees_them(lake: Lake, table: Table):
    rows = write(table, numbers(1, 2), __not_null=True)
    found = table.append(table.flow("f").next(offsets={}), rows)
    assert read(found) == numbers(1, 2)
    assert pq.read_table(rows.paths[0])["__not_null"].to_pylist() == [True, True]


def test_what_is_split_leaves_the_dropped_rows_beside_the_table(lake: Lake, table: Table):
    folder = table.fresh_folder()
    for part, number in (("__keep=true", 1), ("__keep=false", 2), ("__keep=__HIVE_DEFAULT_PARTITION__", 3)):
        (folder / part).mkdir(parents=True)
        pq.write_table(pa.table({"id": [number]}), folder / part / "a.parquet")
    found = table.append(table.flow("f").next(offsets={}), table.written(folder))
    assert ids(found) == [1]
    (left,) = found.quarantine()
    assert sorted(pq.read_table(file.path)["id"].to_pylist() for file in left.files) == [[2], [3]]
    assert (left.version, left.flow, sum(file.rows or 0 for file in left.files)) == (1, "f", 2)
    assert list(found.reset().quarantine()) == []


def test_reset_gives_up_rows_offsets_and_state_and_tells_readers(lake: Lake, table: Table):
    found = append(table, "f", 1, raw=5)
    stood = found.position
    found = found.reset()
    assert (ids(found), found.flow("f").offsets, found.flow("f").state) == ([], {}, {})
    assert found.news(stood).changed == (2,)
    found = append(found, "f", 9, raw=1)
    assert (ids(found), found.flow("f").number) == ([9], 2)
    assert DeltaTable(str(found.folder), version=1).to_pyarrow_table()["id"].to_pylist() == [1]


def test_a_flow_that_looked_before_a_reset_is_refused(lake: Lake, table: Table):
    append(table, "f", 1)
    mine = lake.look("orders")
    lake.look("orders").reset()
    with pytest.raises(Conflict):
        append(mine, "f", 2)
    assert ids(lake.look("orders")) == []


def test_the_log_is_kept_and_checkpoints_come_often(table: Table):
    assert table.delta is not None
    wanted = {"delta.enableExpiredLogCleanup": "false", "delta.checkpointInterval": "10"}
    assert table.delta.metadata().configuration == wanted


def test_two_that_make_a_table_at_once(lake: Lake):
    mine, other = lake.look("t"), lake.look("t")
    other.create(NUMBERS)
    with pytest.raises(Conflict):
        mine.create(columns(id="string"))
    assert lake.look("t").create(columns(id="string")).columns == NUMBERS


def test_a_folder_that_a_killed_process_has_begun_is_no_obstacle(lake: Lake):
    folder = lake.look("t").folder
    (folder / "data").mkdir(parents=True)
    assert not lake.look("t").exists
    (folder / "_delta_log").mkdir()
    assert lake.look("t").create(NUMBERS).version == 0


def test_a_commit_that_failed_after_it_was_in_the_log_has_not_failed(table: Table, monkeypatch: pytest.MonkeyPatch):
    commit = DeltaTable.create_write_transaction

    def breaks(*args: object, **kwargs: object) -> None:
        commit(*args, **kwargs)  # type: ignore[arg-type]
        raise OSError("no space left for the checkpoint")

    monkeypatch.setattr(DeltaTable, "create_write_transaction", breaks)
    assert ids(append(table, "f", 1)) == [1]


def test_a_commit_that_failed_is_one_clear_error(lake: Lake, table: Table, monkeypatch: pytest.MonkeyPatch):
    def breaks(*args: object, **kwargs: object) -> None:
        raise OSError("No space left on device\nand a page of text")

    monkeypatch.setattr(DeltaTable, "create_write_transaction", breaks)
    with pytest.raises(LakeError, match="orders cannot be committed to: no space left on device\n  why") as refused:
        append(table, "f", 1)
    assert not isinstance(refused.value, Conflict)
    assert lake.look("orders").version == 0


# -- new rows ---------------------------------------------------------------------------------------------


def test_news_are_the_rows_since_a_position(lake: Lake, table: Table):
    first = append(table, "f", 1)
    assert [file.rows for file in first.news(None).files] == [1]
    found = append(append(first, "f", 2), "f", 3, 4)
    news = found.news(first.position)
    assert (sum(file.rows or 0 for file in news.files), news.changed, news.position) == (3, (), found.position)
    assert found.news(news.position).files == ()


def test_a_commit_that_changed_rows_is_named_and_skipped_whole(lake: Lake, table: Table):
    found = append(swap(append(table, "f", 1), "f", 2), "f", 3)
    news = found.news({**table.position})
    assert (news.changed, sum(file.rows or 0 for file in news.files)) == ((2,), 2)


def test_compaction_is_invisible_until_its_files_are_gone(lake: Lake, table: Table):
    found = append(append(append(table, "f", 1), "f", 2), "f", 3)
    delta = DeltaTable(str(found.folder))
    delta.optimize.compact()
    compacted = lake.look("orders")
    assert (ids(compacted), len(compacted.files), compacted.flow("f").number) == ([1, 2, 3], 1, 2)
    assert len(compacted.news(table.position).files) == 3
    assert append(compacted, "f", 4).news(found.position).changed == ()
    delta = DeltaTable(str(found.folder))
    delta.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    with pytest.raises(LakeError, match="full refresh of what reads it"):
        lake.look("orders").news(table.position)


def test_a_table_that_was_made_again_is_no_continuation(lake: Lake, table: Table):
    stood = append(table, "f", 1).position
    lake.drop("orders")
    with pytest.raises(LakeError, match="dropped and made again"):
        lake.look("orders").news(stood)
    again = lake.look("orders").create(NUMBERS)
    for number in range(3):
        again = append(again, "f", number)
    with pytest.raises(LakeError, match="dropped and made again"):
        again.news(stood)


def test_a_log_that_was_cut_off_says_full_refresh(lake: Lake, table: Table):
    found = table
    for number in range(12):
        found = append(found, "f", number)
    for version in range(9):
        (found.folder / "_delta_log" / f"{version:020d}.json").unlink()
    found = lake.look("orders")
    assert (len(ids(found)), found.flow("f").number) == (12, 11)
    with pytest.raises(LakeError, match="version 1 of orders is no longer in its log"):
        found.news(table.position)


def test_state_that_is_gone_says_full_refresh(lake: Lake, table: Table):
    state = write(table, numbers(7))
    table.append(table.flow("f").next(offsets={}, state={"left": state.paths}), Written(table.columns))
    Path(state.paths[0]).unlink()
    with pytest.raises(LakeError, match="held what flow f of orders remembers"):
        lake.look("orders").state("f")
