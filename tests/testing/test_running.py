"""Tests of pipelines: those that pass, and what is said of those that fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldp_magic.testing.files import read
from ldp_magic.testing.running import Subject, run_all
from tests.testing.orders import SQL, outcome, project, sentences

PASSES = """
now: 2026-10-05T10:00:00Z
batches:
- input:
    main.raw.orders: {columns: "id INT, amount DECIMAL(9,2)", rows: [{id: 1, amount: 2.5}, {id: 2, amount: -1}, {id: 3, amount: null}]}
  expect:
    orders: [{id: 1, amount: 2.50, seen: 2026-10-05 12:00:00+02:00, day: 2026-10-05}]
    totals: [{n: 1, amount: 2.5}]
  dropped: {orders: 1}
- input:
    main.raw.orders: [{id: 4, amount: 7}, {id: 5, amount: 8}]
  expect:
    orders: {mode: subset, rows: [{id: 5}, {id: 1}]}
    totals: [{amount: 17.5, n: 3}]
  dropped: {orders: {positive: 0}}
- input:
    main.raw.orders: [{id: 1000, amount: 7}]
  fails: expectation sane failed
  expect:
    totals: [{n: 3}]
"""


def test_batches_drops_failures_and_the_clock(tmp_path: Path):
    found = outcome(tmp_path, PASSES)
    assert found.passed, (found.error, found.wrong)


def test_the_same_in_sql(tmp_path: Path):
    text = """-- now 2026-10-05T10:00:00Z
-- input main.raw.orders
SELECT * FROM VALUES (1, 2.5), (2, -1.0), (3, NULL) AS t(id, amount);
-- expect orders
SELECT 1 AS id, 2.5 AS amount, TIMESTAMP '2026-10-05 10:00:00Z' AS seen, DATE '2026-10-05' AS day
-- dropped orders positive 1
-- batch
-- input main.raw.orders
SELECT 4 AS id, 1234.75 AS amount
-- expect totals
SELECT 2 AS n, 1237.25 AS amount
"""
    found = outcome(tmp_path, text, "a.sql")
    assert found.passed, (found.error, found.wrong)


def test_csv_files_topics_and_a_source_that_is_replaced(tmp_path: Path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "more.csv").write_text("id,at\n7,2026-01-07\n")
    found = outcome(
        tmp_path,
        """
batches:
- input:
    /Volumes/lines: [{id: 1, at: 2026-01-01}]
    /Volumes/rates: [{x: 1}, {x: 2}]
    kafka:clicks: [{key: a, value: one}]
  expect: {lines: [{id: 1, at: 2026-01-01}], rates: [{x: 2}, {x: 1}], clicks: [{text: one}]}
- input:
    /Volumes/lines: {csv: "id,at\\n2,2026-01-02\\n"}
    /Volumes/rates: [{x: 3}]
    kafka:clicks: {csv: "two"}
  expect: {lines: [{id: 1}, {id: 2}], rates: [{x: 3}], clicks: [{text: one}, {text: two}]}
- input: {/Volumes/lines: {files: [more.csv]}}
  expect: {lines: [{at: 2026-01-01}, {at: 2026-01-02}, {at: 2026-01-07}], rates: [{x: 3}]}
""",
    )
    assert found.passed, (found.error, found.wrong)


def test_a_dataset_that_is_given_is_not_computed(tmp_path: Path):
    found = outcome(
        tmp_path,
        """
batches:
- input: {orders: [{id: 1, amount: 2.5}, {id: 2, amount: 3}]}
  expect: {totals: [{n: 2, amount: 5.5}]}
- input: {orders: [{id: 3, amount: 1}]}
  expect: {totals: [{n: 3, amount: 6.5}]}
""",
    )
    assert found.passed, (found.error, found.wrong)


def test_rows_that_differ_are_told_apart(tmp_path: Path):
    found = outcome(
        tmp_path,
        """
input: {main.raw.orders: [{id: 1, amount: 1}, {id: 2, amount: 2}, {id: 3, amount: 3}]}
expect:
  orders: [{id: 1, amount: 1}, {id: 2, amount: 5}, {id: 9, amount: 9}]
dropped: {orders: {positive: 2, postive: 1}}
""",
    )
    ((_, first), (_, second), (_, rows)) = found.wrong
    assert first.what == "0 rows break positive of orders, and 2 should"
    assert second.what == "orders has no expectation postive"
    difference = rows.difference
    assert difference and (difference.found, difference.expected, difference.line) == (3, 3, 4)
    assert [(dict(each.key), dict(each.cells), each.place) for each in difference.changed] == [
        ({"id": 2}, {"amount": (5, 2)}, 1)
    ]
    assert [dict(row) for _, row in difference.missing] == [{"id": 9, "amount": 9}]
    assert [dict(row) for row in difference.extra] == [{"id": 3, "amount": 3}]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("expect: {totals: [{n: 0}]}\nfails: boom", ["nothing failed, and 'boom' was to be the error"]),
        ("fails: boom\nexpect: {totals: [{m: 1}]}", ["nothing failed", "totals: it has no column m; it has n, amount"]),
        ("expect: {totals: [{n: many}]}", ["totals: n cannot be many: it is int64"]),
    ],
)  # fmt: skip
def test_what_is_wrong_beside_rows(tmp_path: Path, text: str, what: list[str]):
    said = sentences(
        outcome(tmp_path, f'input: {{main.raw.orders: {{columns: "id INT, amount INT", rows: []}}}}\n{text}')
    )
    assert len(said) == len(what) and all(part in each for part, each in zip(what, said, strict=True))


def test_an_error_that_was_not_expected_is_all_that_is_told(tmp_path: Path):
    found = outcome(tmp_path, "input: {main.raw.orders: [{id: 1000, amount: 1}]}\nexpect: {totals: [{n: 1}]}")
    (said,) = sentences(found)
    assert said.startswith("orders failed: ") and "sane" in said


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("expect: {totals: []}", "gives no rows for main.raw.orders"),
        ("expect: {totls: []}", "a.yml:1: no dataset is called totls; totals is"),
        ("expect: {clean: []}", "clean is a temporary view, which holds no rows"),
        ("expect: {totals: []}\ninput:\n  main.raw.order: []", "a.yml:3: the pipeline reads no main.raw.order; main.raw.orders is"),
        ("expect: {totals: []}\ninput:\n  orders: [{idd: 1}]", "a.yml:3: orders has no column idd"),
        ("expect: {lines: []}\ninput:\n  /Volumes/lines: {files: [gone.csv]}", "gone.csv is no file"),
        ("pipeline: shoe\nexpect: {totals: []}", "no pipeline is called shoe"),
    ],
)  # fmt: skip
def test_a_test_that_cannot_run_is_an_error(tmp_path: Path, text: str, what: str):
    found = outcome(tmp_path, text)
    assert found.error is not None and what in found.error.what, found
    assert found.error.why and found.error.fix and not found.passed


def test_the_lake_of_the_project_is_not_touched_and_its_files_are_not_read(tmp_path: Path):
    path = project(tmp_path, "input: {/Volumes/lines: []}\nexpect: {lines: []}")
    (tmp_path / "ldp.toml").write_text('[pipelines.shop]\nsources = ["shop.sql"]\n[local]\n"/Volumes/lines" = "data"\n')
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("id,at\n1,2026-01-01\n")
    outcomes = run_all(Subject.at(path), read(path) * 4)
    assert [each.passed for each in outcomes] == [True] * 4, outcomes
    assert not (tmp_path / ".ldp").exists()


def test_python_that_asks_for_the_time_is_refused_under_a_stopped_clock(tmp_path: Path):
    path = project(tmp_path, "now: 2026-01-01T00:00:00Z\ninput: {s.a: []}\nexpect: {t: []}")
    (tmp_path / "ldp.toml").write_text('[pipelines.shop]\nsources = ["shop.py"]\n')
    code = "from pyspark import pipelines as dp\nfrom pyspark.sql import functions as F\n@dp.table\ndef t():\n    return spark.readStream.table('s.a').withColumn('at', F.current_timestamp())\n"
    (tmp_path / "shop.py").write_text(code)
    (found,) = run_all(Subject.at(path), read(path))
    assert found.error is not None and "asks current_timestamp() in Python" in found.error.what


def test_python_pipelines(tmp_path: Path):
    path = project(tmp_path, "input: {s.a: [{x: 1}, {x: 2}]}\nexpect: {t: [{x: 1, y: 2}, {x: 2, y: 4}]}")
    (tmp_path / "ldp.toml").write_text('[pipelines.shop]\nsources = ["shop.py"]\n')
    code = "from pyspark import pipelines as dp\n@dp.table\ndef t():\n    return spark.readStream.table('s.a').selectExpr('x', '2 * x AS y')\n"
    (tmp_path / "shop.py").write_text(code)
    (found,) = run_all(Subject.at(path), read(path))
    assert found.passed, (found.error, found.wrong)


def test_a_table_of_another_pipeline_is_given_as_any_source(tmp_path: Path):
    given = "batches:\n" + "".join(
        f"- input: {{orders: [{{id: {n}, amount: {n}}}]}}\n  expect: {{paid: {rows}}}\n"
        for n, rows in ((1, "[{id: 1}]"), (2, "[{id: 1}, {id: 2}]"))
    )
    path = project(tmp_path, given)
    (tmp_path / "ldp.toml").write_text(
        'catalog = "c"\nschema = "s"\n[pipelines.shop]\nsources = ["shop.sql"]\n[pipelines.books]\nsources = ["books.sql"]\n'
    )
    (tmp_path / "books.sql").write_text("CREATE STREAMING TABLE paid AS SELECT id FROM STREAM(orders);")
    (found,) = run_all(Subject.at(path), read(path))
    assert found.passed, (found.error, found.wrong)


def test_a_folder_without_settings_is_a_project_too(tmp_path: Path):
    path = project(tmp_path, "input: {orders: [{id: 1, amount: 2}]}\nexpect: {totals: [{n: 1}]}")
    (tmp_path / "ldp.toml").unlink()
    (tmp_path / "tests" / "b.sql").write_text(
        "-- input orders\nSELECT 1 AS id, 2 AS amount\n-- expect totals\nSELECT 1 AS n\n"
    )
    for each in (path, path.with_name("b.sql")):
        (found,) = run_all(Subject.at(each), read(each))
        assert found.passed, (found.error, found.wrong)
    assert "totals" in SQL


def test_tests_in_several_projects_and_deep_folders(tmp_path: Path):
    from ldp_magic.verbs import verb

    for name in ("one", "two"):
        (tmp_path / name / "tests" / "deep").mkdir(parents=True)
        (tmp_path / name / "pipeline.sql").write_text(
            f"CREATE MATERIALIZED VIEW {name} AS SELECT '{name}' AS is FROM a.b;"
        )
        text = f"input: {{a.b: [{{x: 1}}]}}\nexpect: {{{name}: [{{is: {name}}}]}}\n"
        (tmp_path / name / "tests" / "deep" / "a.yml").write_text(text)
    tested = verb("test").test([tmp_path])  # type: ignore[attr-defined]
    assert [each.passed for each in tested.outcomes] == [True, True], tested.text()
