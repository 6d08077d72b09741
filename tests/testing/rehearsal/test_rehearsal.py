"""Sources that arrive in steps, run for real over a lake of their own."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pyarrow as arrow
import pytest
from deltalake import write_deltalake
from pyarrow import parquet

from ldp_magic.errors import LdpError
from ldp_magic.testing.rehearsal import Compared, Rehearsal
from ldp_magic.verbs.rehearse import rehearse
from tests.runs.project import Project

HOURLY = """
CREATE STREAMING TABLE events AS
SELECT id, CAST(at AS TIMESTAMP) AS at, n FROM STREAM read_files('in', format => 'json', schema => 'id INT, at STRING, n INT');
CREATE STREAMING TABLE hourly (CONSTRAINT small EXPECT (n < 50) ON VIOLATION DROP ROW) AS
SELECT window.start AS hour, count(*) AS many, max(n) AS n
FROM STREAM(events) WATERMARK at DELAY OF INTERVAL 10 MINUTES GROUP BY window(at, '1 hour');
"""


def moment(minute: int) -> str:
    return f"2026-03-01T{minute // 60:02}:{minute % 60:02}:00Z"


def lines(minutes: list[int]) -> str:
    return "".join(json.dumps({"id": n, "at": moment(minute), "n": n}) + "\n" for n, minute in enumerate(minutes))


def project(folder: Path, sql: str = HOURLY) -> Project:
    """Sixty rows, five minutes apart, newest first: five hours."""
    made = Project(folder).sql(sql)
    made.put("in/a.json", lines([5 * n for n in range(60)][::-1]), age=60)
    return made


def rehearsed(made: Project, dataset: str = "", **asked: object) -> Rehearsal:
    return rehearse(dataset, [str(made.root)], **asked).rehearsal  # type: ignore[arg-type]


def files(root: Path) -> list[str]:
    return sorted(
        str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and "cache" not in path.parts
    )


def test_rows_arrive_by_event_time_and_groups_come_out_behind_the_watermark(tmp_path: Path) -> None:
    made = project(tmp_path)
    before = files(tmp_path)
    found = rehearsed(made, "hourly")
    assert files(tmp_path) == before  # the project's own lake is not touched
    assert [(batch.rows, batch.first.hour if batch.first else None) for batch in found.batches] == [
        (20, 0),
        (20, 1),
        (20, 3),
    ]
    marks = [(batch.flows[0].whole.before[11:16], batch.flows[0].whole.after[11:16]) for batch in found.batches]
    assert marks == [("", "01:25"), ("01:25", "03:05"), ("03:05", "04:45")]
    wholes = [batch.flows[0].whole for batch in found.batches]
    assert [(each.came, each.out, each.dropped, each.late, each.state) for each in wholes] == [
        (20, 0, 1, 0, 8),
        (20, 2, 0, 0, 4),
        (20, 1, 0, 0, 12),
    ]
    (only,) = found.compared
    assert (only.rows, only.whole, only.same, only.missing, only.open, only.other) == (3, 4, 3, 1, 1, 0)
    assert not only.equal and not only.late


def test_the_steps_of_a_dataset_add_up(tmp_path: Path) -> None:
    found = rehearsed(project(tmp_path), "hourly", late=0.3)
    assert any(line.late for batch in found.batches for line in batch.flows[0].lines)
    for batch in found.batches:
        flow = batch.flows[0]
        assert [line.what for line in flow.lines] == ["read", "watermark", "group by", "expectations", "write"]
        for line, following in pairwise(flow.lines):
            assert line.out == following.came
            assert line.what == "group by" or line.came == (line.out or 0) + (line.late or 0) + (line.dropped or 0)
    assert found.batches[0].flows[0].lines[2].subject == "1 hour window"


def test_rows_that_are_late_are_named_in_what_differs(tmp_path: Path) -> None:
    found = rehearsed(project(tmp_path), "hourly", late=0.3, seed=3)
    late = sum(flow.late or 0 for flow in found.flows())
    (only,) = found.compared
    assert late and only.late == late and sum(batch.late for batch in found.batches) >= late
    assert only.keys == ("hour",) and only.other and only.examples[0].differs
    assert only.missing == only.open == 1
    assert found.enough > 600
    kept = rehearsed(
        project(tmp_path, HOURLY.replace("10 MINUTES", f"{int(found.enough // 60) + 1} MINUTES")),
        "hourly",
        late=0.3,
        seed=3,
    )
    assert not sum(flow.late or 0 for flow in kept.flows())


def test_the_same_seed_gives_the_same_rows_and_another_one_others(tmp_path: Path) -> None:
    made = project(tmp_path)
    asked = {"late": 0.2, "duplicate": 0.1, "shuffle": True}
    one, two, other = (rehearsed(made, "events", seed=seed, **asked) for seed in (1, 1, 2))
    assert one.batches[1].rows == two.batches[1].rows
    assert [b.rows for b in one.batches] == [b.rows for b in two.batches] != [b.rows for b in other.batches]
    assert sum(b.rows for b in one.batches) == 66 and sum(b.twice for b in one.batches) == 6
    assert one.compared[0].equal and one.compared[0].rows == 66


def test_without_a_name_every_streaming_dataset_is_shown(tmp_path: Path) -> None:
    sql = HOURLY + "CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM events;"
    found = rehearsed(project(tmp_path, sql), batches=2)
    assert [flow.flow.name for flow in found.batches[0].flows] == ["events", "hourly"]
    assert [each.dataset for each in found.compared] == ["events", "hourly"] and found.compared[0].equal


def test_downstream_of_open_groups_rows_wait(tmp_path: Path) -> None:
    sql = HOURLY + "CREATE STREAMING TABLE shown AS SELECT hour, many FROM STREAM(hourly);"
    (only,) = rehearsed(project(tmp_path, sql), "shown").compared
    assert only.waiting == ("hourly",) and only.missing == 1 and not only.lost


def test_changes_are_counted_as_updates(tmp_path: Path) -> None:
    made = Project(tmp_path).sql(
        "CREATE STREAMING TABLE t; CREATE FLOW f AS AUTO CDC INTO t FROM STREAM read_files('in', format => 'json',"
        " schema => 'id INT, v STRING, seq INT') KEYS (id) SEQUENCE BY seq STORED AS SCD TYPE 1;"
    )
    rows = [{"id": n % 3, "v": f"v{n}", "seq": n} for n in range(12)]
    made.put("in/a.json", "".join(json.dumps(row) + "\n" for row in rows), age=60)
    found = rehearsed(made, "t", batches=4, shuffle=True)
    assert [batch.flows[0].whole.updated for batch in found.batches] == [3, 3, 3, 3]
    assert found.compared[0].equal and found.compared[0].rows == 3
    assert "in the order of its rows" in found.notes[0]


def test_a_failing_expectation_ends_the_rehearsal(tmp_path: Path) -> None:
    found = rehearsed(project(tmp_path, HOURLY.replace("ON VIOLATION DROP ROW", "ON VIOLATION FAIL UPDATE")), "hourly")
    assert found.failed and len(found.batches) == 1 and not found.compared
    assert found.batches[0].at == "hourly" and "small" in found.batches[0].failure.what  # type: ignore[union-attr]


def test_two_sources_are_cut_at_the_same_moments(tmp_path: Path) -> None:
    made = Project(tmp_path).sql(
        """
        CREATE STREAMING TABLE both AS SELECT x.id, x.at, y.n
        FROM STREAM read_files('in', format => 'json', schema => 'id INT, at TIMESTAMP, n INT')
          WATERMARK at DELAY OF INTERVAL 1 HOUR AS x
        JOIN STREAM read_files('other', format => 'json', schema => 'id INT, at TIMESTAMP, n INT')
          WATERMARK at DELAY OF INTERVAL 1 HOUR AS y
        ON x.id = y.id AND y.at BETWEEN x.at AND x.at + INTERVAL 30 MINUTES;
        """
    )
    made.put("in/a.json", lines([5 * n for n in range(60)]), age=60)
    made.put("other/a.json", lines([5 * n + 7 for n in range(60)]), age=60)
    found = rehearsed(made, "both")
    assert [batch.rows for batch in found.batches] == [40, 40, 40] and not found.failed
    ends = [(batch.first, batch.last) for batch in found.batches]
    assert all(here[1] < there[0] for here, there in pairwise(ends))  # type: ignore[operator]
    assert found.compared[0].equal and found.compared[0].rows == 60 and found.compared[0].remembers == "join"
    assert found.batches[1].flows[0].whole.after > found.batches[0].flows[0].whole.after != ""


def test_groups_in_python_wait_as_well(tmp_path: Path) -> None:
    made = project(tmp_path)
    made.put(
        "more.py",
        "from pyspark import pipelines as dp\nfrom pyspark.sql import functions as F\n\n\n@dp.table\ndef counted():\n"
        "    rows = spark.readStream.table('events').withWatermark('at', '10 minutes')\n"
        "    return rows.groupBy(F.window('at', '1 hour')).count()\n",
    )
    found = rehearsed(made, "counted")
    (only,) = found.compared
    assert (only.remembers, only.rows, only.missing, only.other, only.late) == ("code", 4, 1, 0, 0)


def test_an_event_time_that_is_computed_moves_the_watermark_and_leaves_groups_open(tmp_path: Path) -> None:
    sql = HOURLY.replace("WATERMARK at DELAY", "WATERMARK at + INTERVAL 1 MINUTE AS ts DELAY").replace("(at,", "(ts,")
    shown = rehearse("hourly", [str(project(tmp_path, sql).root)])
    (only,) = shown.rehearsal.compared
    assert not only.equal and (only.rows, only.open) == (3, 1)
    assert "60 rows in, 3 out" in shown.text() and "1 group has not come out" in shown.text()


ROWS = [{"id": n, "at": f"2026-03-01 00:{n:02}:00", "v": f"a,{n}" if n % 2 else None} for n in range(12)]


def _csv(folder: Path) -> None:
    text = "id,at,v\n" + "".join(f"{r['id']},{r['at']},{chr(34) + r['v'] + chr(34) if r['v'] else ''}\n" for r in ROWS)  # type: ignore[operator]
    (folder / "rows.csv").write_text(text)


def _json_list(folder: Path) -> None:
    (folder / "rows.json").write_text(json.dumps(ROWS))


def _parquet(folder: Path) -> None:
    for day in ("1", "2"):
        (folder / f"day={day}").mkdir()
        parquet.write_table(arrow.Table.from_pylist(ROWS), folder / f"day={day}" / "rows.parquet")


@pytest.mark.parametrize(
    "write, format, many", [(_csv, "csv", 12), (_json_list, "json", 12), (_parquet, "parquet", 24)]
)
def test_files_of_every_kind_arrive_whole(tmp_path: Path, write: object, format: str, many: int) -> None:
    more = ", multiLine => true" if write is _json_list else ""
    made = Project(tmp_path).sql(
        f"CREATE STREAMING TABLE t AS SELECT * FROM STREAM read_files('in', format => '{format}'{more});"
    )
    (tmp_path / "in").mkdir()
    write(tmp_path / "in")  # type: ignore[operator]
    found = rehearsed(made, "t")
    assert sum(batch.rows for batch in found.batches) == many
    assert found.compared[0].equal and found.compared[0].rows == many, found.compared


@pytest.mark.parametrize(
    "name, text", [("o.csv", "id,v\n1,1\n2,2\n3,3.5\n4,x\n"), ("o.json", '{"id":1}\n{"id":2,"v":1}\n{"id":3}\n')]
)
def test_what_stands_in_for_a_table_has_all_its_columns_from_the_first_batch_on(
    tmp_path: Path, name: str, text: str
) -> None:
    made = Project(tmp_path)
    made.put("ldp.toml", f'[local]\n"main.raw.o" = "{name}"\n')
    made.put(name, text, age=60)
    made.put("pipeline.sql", "CREATE STREAMING TABLE t AS SELECT id, v FROM STREAM(main.raw.o);")
    found = rehearsed(made, "t")
    assert not found.failed and found.compared[0].equal, found
    assert len(found.batches) == 3 and all(batch.rows for batch in found.batches)


@pytest.mark.parametrize("partitions", [[], ["day"]])
def test_a_delta_table_that_stands_in_arrives_in_steps(tmp_path: Path, partitions: list[str]) -> None:
    made = Project(tmp_path)
    made.put("ldp.toml", '[local]\n"main.raw.o" = "o"\n')
    made.put("pipeline.sql", "CREATE STREAMING TABLE t AS SELECT id, v, day FROM STREAM(main.raw.o);")
    rows = arrow.Table.from_pylist([{**row, "day": f"d{n % 2}"} for n, row in enumerate(ROWS)])
    write_deltalake(str(tmp_path / "o"), rows, partition_by=partitions)
    found = rehearsed(made, "t")
    assert [batch.rows for batch in found.batches] == [4, 4, 4] and not found.failed
    assert found.compared[0].equal and found.compared[0].rows == 12
    assert len(list((tmp_path / "o" / "_delta_log").glob("*.json"))) == 1


def test_a_topic_arrives_by_the_time_in_its_events(tmp_path: Path) -> None:
    made = Project(tmp_path)
    made.put("ldp.toml", '[local]\n"kafka:clicks" = "clicks.jsonl"\n')
    made.put("clicks.jsonl", lines([50, 40, 30, 20, 10, 0]), age=60)
    made.put(
        "pipeline.sql",
        "CREATE STREAMING TABLE t AS SELECT e.at AS at, count(*) AS n FROM (SELECT from_json(CAST(value AS STRING),"
        " 'id INT, at TIMESTAMP') AS e FROM STREAM read_kafka(bootstrapServers => 'x', subscribe => 'clicks')) GROUP BY e.at;"
        "CREATE STREAMING TABLE raw AS SELECT CAST(value AS STRING) AS v FROM STREAM"
        " read_kafka(bootstrapServers => 'x', subscribe => 'clicks');",
    )
    found = rehearsed(made, "raw")
    assert not found.failed and [batch.rows for batch in found.batches] == [2, 2, 2] and found.compared[0].equal


@pytest.mark.parametrize(
    "dataset, asked, said",
    [
        ("hourli", {}, "hourly"),
        ("total", {}, "does not stream"),
        ("hourly", {"batches": 0}, "cannot have 0 batches"),
        ("hourly", {"late": 2.0}, "200%"),
    ],
)
def test_what_cannot_be_rehearsed_is_said(tmp_path: Path, dataset: str, asked: dict[str, float], said: str) -> None:
    made = project(tmp_path, HOURLY + "CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM events;")
    with pytest.raises(LdpError) as caught:
        rehearsed(made, dataset, **asked)
    assert said in caught.value.what and caught.value.why and caught.value.fix


def test_equal_means_nothing_differs() -> None:
    assert Compared(dataset="t", kind="", rows=1, whole=1, same=1).equal
    assert not Compared(dataset="t", kind="", missing=1).equal and not Compared(dataset="t", kind="", why="x").equal
