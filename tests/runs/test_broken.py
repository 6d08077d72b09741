"""Why rows broke expectations: parts of conditions, and counts and rows from updates that were really run."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldp_magic.errors import LdpError
from ldp_magic.runs.broken import Margin, Pattern, Reason
from ldp_magic.runs.parts import Bound, Part, bound_of, parts_of
from ldp_magic.verbs.expectations import Expectations, expectations
from tests.runs.project import Project

PARTS = {
    "a >= 0 AND a <= 9": ["a >= 0", "a <= 9"],
    "a BETWEEN 1 AND 2": ["a >= 1", "a <= 2"],
    "a BETWEEN 1 AND 2 AND b LIKE 'x AND y'": ["a >= 1", "a <= 2", "b LIKE 'x AND y'"],
    "(a > 1 AND (b < 2 AND c)) AND d IS NOT NULL": ["a > 1", "b < 2", "c", "d IS NOT NULL"],
    "a OR b AND c": ["a OR b AND c"],
    "a AND (b OR c)": ["a", "b OR c"],
    "NOT (a AND b)": ["NOT (a AND b)"],
    "a NOT BETWEEN 1 AND 2": ["a NOT BETWEEN 1 AND 2"],
    "NOT a BETWEEN 1 AND 2 AND b": ["NOT a BETWEEN 1 AND 2", "b"],
    "a BETWEEN 1 AND 2 = true": ["a BETWEEN 1 AND 2 = true"],
    "CASE WHEN a AND b THEN true ELSE false END AND c": ["CASE WHEN a AND b THEN true ELSE false END", "c"],
    "exists(xs, x -> x > 0 AND x < 9) and b": ["exists(xs, x -> x > 0 AND x < 9)", "b"],
    "a -- why\n AND /* and */ b": ["a", "b"],
    "a  =\n 1": ["a = 1"],
    "a = 'two  spaces'": ["a = 'two  spaces'"],
    "()": ["()"],
    "(a": ["(a"],
    "a AND": ["a AND"],
    "AND": ["AND"],
    "": [""],
    " AND ".join("abcdefghijklmnop"): [" AND ".join("abcdefghijklmnop")],
    "(" * 90 + "a" + ")" * 90: ["(" * 90 + "a" + ")" * 90],
}


@pytest.mark.parametrize(("condition", "parts"), PARTS.items())
def test_parts(condition: str, parts: list[str]):
    assert [part.text for part in parts_of(condition)] == parts


BOUNDS = {
    "a >= 0": Bound("a", ">="),
    "a > -1.5": Bound("a", ">="),
    "length(a < b) < 3": Bound("length(a < b)", "<="),
    "a + b <= 1e3": Bound("a + b", "<="),
    "0 < a": None,
    "a < b": None,
    "a < 1 + 2": None,
    "a < '2020'": None,
    "a < 1 OR b": None,
    "a = 1": None,
    "a < 1 < 2": None,
    "NOT a < 1": None,
    "< 1": None,
    "a <": None,
    "": None,
}


@pytest.mark.parametrize(("part", "bound"), BOUNDS.items())
def test_bounds(part: str, bound: Bound | None):
    assert bound_of(Part(part)) == bound


TABLE = """CREATE OR REFRESH STREAMING TABLE t (
{}
) AS SELECT * FROM STREAM read_files('landing', format => 'csv', header => true, schema => 'id INT, a INT, b INT');
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Seven rows: three that are fine, and each way of breaking 0 to 9."""
    project = Project(tmp_path)
    project.put("landing/1.csv", "id,a,b\n1,0,1\n2,9,1\n3,5,9\n4,-1,1\n5,10,1\n6,,1\n7,,\n")
    return project


def asked(project: Project, name: str = "t", *, limit: int | None = 20) -> Expectations:
    found = expectations(name, project.root, rows=True, limit=limit)
    assert isinstance(found, Expectations)
    return found


def reason(project: Project, name: str) -> Reason:
    found = asked(project)
    return next(each for each in found.reasons or () if each.check.name == name)


def test_which_part_each_dropped_row_broke(project: Project):
    project.sql(TABLE.format("  CONSTRAINT small EXPECT (a BETWEEN 0 AND 9) ON VIOLATION DROP ROW")).fine()
    found = reason(project, "small")
    assert (found.check.passed, found.check.failed, found.looked) == (3, 4, 4)
    assert {row.values[0]: row.parts for row in found.rows} == {
        4: (False, True), 5: (True, False), 6: (None, None), 7: (None, None),
    }  # fmt: skip
    assert set(found.patterns) == {
        Pattern((False, True), (), 1), Pattern((True, False), (), 1), Pattern((None, None), ("a",), 2),
    }  # fmt: skip
    assert not any(row.kept for row in found.rows)
    assert found.instead is not None and (found.instead.written, found.instead.marked) == (7, 4)


def test_what_another_bound_would_let_pass(project: Project):
    project.put("landing/2.csv", "id,a,b\n8,12,1\n9,12,1\n10,-7,1\n")
    project.sql(TABLE.format("  CONSTRAINT small EXPECT (a BETWEEN 0 AND 9) ON VIOLATION DROP ROW")).fine()
    assert reason(project, "small").margins == (
        Margin("a", ">=", ((-1.0, 1), (-7.0, 2))),
        Margin("a", "<=", ((10.0, 1), (12.0, 3))),
    )
    said = asked(project)._repr_mimebundle_()["text/html"]
    for part in (
        "a &gt;= -1</samp> lets 1 of the 7 pass",
        "&gt;= -7</samp> 2",
        "a &lt;= 10</samp> lets 1",
        "&lt;= 12</samp> 3",
    ):
        assert part in said


def test_rows_that_were_kept_with_a_warning(project: Project):
    checks = "  CONSTRAINT small EXPECT (a <= 9) ON VIOLATION DROP ROW,\n  CONSTRAINT little EXPECT (b < 5 AND a > 0)"
    project.sql(TABLE.format(checks)).fine()
    found, outcome = reason(project, "little"), asked(project).outcome
    # 1 (a = 0), 3 (b = 9) and 4 (a = -1) are in the table; 6 and 7 were dropped for another reason
    assert {row.values[0]: row.kept for row in found.rows} == {1: True, 3: True, 4: True, 6: False, 7: False}
    assert (outcome.written, outcome.dropped, outcome.warned, outcome.total) == (4, 3, 3, 7)
    assert found.instead is not None and (found.instead.written, found.instead.marked) == (1, 3)


def test_the_turns_and_flows_of_one_update_are_one_count_and_older_updates_do_not_count(project: Project):
    project.sql(TABLE.format("  CONSTRAINT small EXPECT (a <= 9) ON VIOLATION DROP ROW")).fine()
    project.put("landing/2.csv", "id,a,b\n8,99,1\n9,1,1\n")
    project.fine()
    outcome = asked(project).outcome
    assert (outcome.update, outcome.batches, outcome.total, outcome.dropped) == (2, (2, 2), 2, 1)
    project.fine()  # nothing is new, so the second update is still the last that wrote
    assert asked(project).outcome == outcome
    first = expectations("t", project.root, update=1)
    assert isinstance(first, Expectations) and (first.outcome.total, first.outcome.dropped) == (7, 3)


def test_a_part_that_cannot_stand_alone(project: Project):
    """The second part is no number where the first is false, which in all rows it is."""
    project.put("landing/1.csv", "id,a,b\n1,0,1\n2,0,2\n")
    condition = "a <> 0 AND CAST(concat('x', a) AS INT) > 1"
    project.sql(TABLE.format(f"  CONSTRAINT number EXPECT ({condition}) ON VIOLATION DROP ROW")).fine()
    found = reason(project, "number")
    assert [part.text for part in found.parts] == [condition] and found.note
    assert [(row.values[0], row.parts) for row in found.rows] == [(1, (False,)), (2, (False,))]


def test_few_rows_show_every_way_of_failing(project: Project):
    project.put("landing/2.csv", "id,a,b\n" + "".join(f"{n},-5,1\n" for n in range(100, 400)))
    project.sql(TABLE.format("  CONSTRAINT small EXPECT (a BETWEEN 0 AND 9) ON VIOLATION DROP ROW")).fine()
    (found,) = asked(project, limit=3).reasons or ()
    assert {row.parts for row in found.rows} == {(False, True), (True, False), (None, None)}
    assert found.check.failed == found.looked == 304


def test_a_materialized_view_counts_what_it_was_computed_from(project: Project):
    text = TABLE.format("  CONSTRAINT small EXPECT (a <= 9)")
    text += "CREATE MATERIALIZED VIEW m (CONSTRAINT two EXPECT (m.n > 1) ON VIOLATION DROP ROW) AS SELECT b, count(*) AS n FROM t GROUP BY b;\n"
    project.sql(text).fine()
    project.put("landing/2.csv", "id,a,b\n8,1,9\n")
    project.fine()
    found = asked(project, "m")
    assert (found.outcome.total, found.outcome.dropped, found.outcome.written) == (3, 1, 2)
    (one,) = found.reasons or ()
    assert one.columns == (("b", "int"), ("n", "bigint")) and [row.values for row in one.rows] == [(None, 1)]


def test_change_rows_are_checked_before_they_become_rows(project: Project):
    """What AUTO CDC leaves out are changes, which have columns of their own."""
    project.put("landing/1.csv", "id,a,seq\n1,1,1\n2,-2,1\n1,-5,2\n3,,1\n")
    project.sql(
        "CREATE OR REFRESH STREAMING TABLE t (CONSTRAINT up EXPECT (a > 0) ON VIOLATION DROP ROW);\n"
        "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM read_files('landing', format => 'csv', "
        "header => true, schema => 'id INT, a INT, seq INT') KEYS (id) SEQUENCE BY seq COLUMNS * EXCEPT (seq);\n"
    ).fine()
    (found,) = asked(project).reasons or ()
    assert (found.check.failed, found.looked) == (3, 3)
    assert sorted(row.values[:2] for row in found.rows if row.values[1] is not None) == [(1, -5), (2, -2)]


def test_a_view_has_counts_and_no_rows(project: Project):
    project.sql(
        "CREATE TEMPORARY VIEW v (CONSTRAINT small EXPECT (a <= 9) ON VIOLATION DROP ROW) AS SELECT * FROM "
        "read_files('landing', format => 'csv', header => true, schema => 'id INT, a INT, b INT');\n"
        "CREATE MATERIALIZED VIEW m AS SELECT id FROM v;\n"
    ).fine()
    found = asked(project, "v")
    assert found.reasons is None and (found.outcome.total, found.outcome.dropped, found.outcome.written) == (7, 3, None)
    assert "a view keeps no rows: ldp preview v" in found.text()


def test_an_update_that_stopped_at_a_view(project: Project):
    project.sql(
        "CREATE TEMPORARY VIEW v (CONSTRAINT small EXPECT (a <= 9) ON VIOLATION FAIL UPDATE) AS SELECT * FROM "
        "read_files('landing', format => 'csv', header => true, schema => 'id INT, a INT, b INT');\n"
        "CREATE MATERIALIZED VIEW m AS SELECT id FROM v;\n"
    )
    assert project.run().state == "FAILED"
    stop = asked(project, "v").outcome.stop
    assert stop is not None and (stop.names, stop.failed, stop.total) == (("small",), 3, 7)


def test_an_update_that_stopped(project: Project):
    good = TABLE.format("  CONSTRAINT small EXPECT (a <= 99) ON VIOLATION FAIL UPDATE,\n  CONSTRAINT c EXPECT (b > 0)")
    project.put("landing/1.csv", "id,a,b\n1,0,1\n")
    project.sql(good).fine()
    project.put("landing/2.csv", "id,a,b\n2,100,1\n3,1,1\n")
    assert project.run().state == "FAILED"
    found = asked(project)
    stop = found.outcome.stop
    assert stop is not None and (stop.number, stop.names, stop.failed, stop.total) == (2, ("small",), 1, 2)
    assert found.exit_code == 1 and (found.outcome.update, found.outcome.total) == (1, 1)
    assert "id 2" in found.text() and "before that" in found.text()
    project.put("landing/2.csv", "id,a,b\n2,10,1\n3,1,1\n")
    project.fine()
    assert asked(project).exit_code == 0


def test_rows_that_are_gone_are_said_to_be(project: Project):
    project.sql(TABLE.format("  CONSTRAINT small EXPECT (a BETWEEN 0 AND 9) ON VIOLATION DROP ROW")).fine()
    for quarantined in project.table().quarantine():
        for file in quarantined.files:
            Path(file.path).unlink()
    found = reason(project, "small")
    assert (found.looked, found.rows, found.instead) == (0, (), None)
    assert "of 4 rows 0 were looked at" in " ".join(asked(project).text().split())


@pytest.mark.parametrize(
    ("name", "said", "fix"),
    [
        ("tt", "no dataset is called tt; t is", "did you mean t?"),
        ("bare", "bare has no expectations", "CONSTRAINT"),
        ("late", "late was not written yet", "ldp run"),
        ("new", "new had no expectations when it was written last", "--full-refresh new"),
    ],
)
def test_what_cannot_be_shown(project: Project, name: str, said: str, fix: str):
    old = TABLE.format("  CONSTRAINT small EXPECT (a <= 9)") + "CREATE MATERIALIZED VIEW bare AS SELECT id FROM t;\n"
    project.sql(old + "CREATE MATERIALIZED VIEW new AS SELECT id FROM t;\n").fine()
    checked = "CREATE MATERIALIZED VIEW {} (CONSTRAINT c EXPECT (id > 0)) AS SELECT id FROM t;\n"
    project.sql(old + checked.format("new") + checked.format("late"))
    with pytest.raises(LdpError) as error:
        expectations(name, project.root)
    assert said in error.value.what and fix in error.value.fix and error.value.why


def test_expectations_that_were_changed_since(project: Project):
    project.sql(TABLE.format("  CONSTRAINT small EXPECT (a <= 9)")).fine()
    project.sql(TABLE.format("  CONSTRAINT small EXPECT (a <= 8)"))
    assert "the expectations were changed since" in asked(project).text()


def test_a_project_in_which_nothing_was_run(project: Project):
    project.sql(TABLE.format("  CONSTRAINT small EXPECT (a <= 9)"))
    with pytest.raises(LdpError, match="nothing was run here yet"):
        expectations("t", project.root)
    assert not (project.root / ".ldp").exists()
