"""Each mistake that can be known without a workspace, and that a project without any has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldp_magic.resources.checks import LARGEST
from ldp_magic.verbs.check import check
from tests.deploy.plan.pipelines import SETTINGS, wanted, write

T = "CREATE OR REFRESH STREAMING TABLE t AS SELECT id FROM STREAM raw;\n"
JOB = "[pipelines.web.jobs.j]\ntasks = [{}]\n"
WRONG = [
    ('schedule = "0 0 6 * * *"', 'the schedule "0 0 6 * * *" has two days'),
    (
        'schedule = "0 0 6 * * ?"\nschedule-time-zone = "Europe/Berln"',
        "no time zone is called Europe/Berln; Europe/Berlin is",
    ),
    ('schedule = "0 0 6 * * ?"\nschedule-time-zone = "EST"', "the schedule of web is in EST"),
    ('schedule = "0 0 6 * * ?"\ntrigger = { every = "1 day" }', "there is a schedule and a trigger"),
    ('trigger = { every = "30 seconds" }', "the trigger runs every 30 seconds"),
    ('trigger = { files = "data" }', "the trigger watches data"),
    ('trigger = { tables = ["orders"] }', "the trigger watches orders, which is no full name"),
    ('trigger = { tables = ["a.b.c"], quiet-for = "5 seconds" }', "quiet-for is 5 seconds"),
    ("serverless = true\ncompute = { workers = 1 }", "the pipeline is serverless, and compute is set"),
    ('edition = "CORE"', "the pipeline is serverless, and edition is set"),
    ("compute = { min-workers = 3, max-workers = 2 }", "pipeline web: min-workers is above max-workers"),
    ("compute = { workers = 3, max-workers = 2 }", "pipeline web has workers and max-workers"),
    ('notifications = { on-update-failure = ["me"] }', "'me' is no address"),
    ('notifications = { on-update-failure = ["webhook:x"] }', "on-update-failure names webhook:x"),
    ('run-as = "me@nowhere"', "'me@nowhere' is no user"),
    ('permissions = { view = ["@x"] }', "'@x' is no user"),
    ('host = "adb-1"', "adb-1 is no address of a workspace"),
    ('root = "/Users/me"', "/Users/me is no folder for them"),
    ("tags = { " + ", ".join(f't{n} = "x"' for n in range(26)) + " }", "pipeline web has 26 tags"),
    ('name-prefix = "' + "x" * 5000 + '"', f"a pipeline cannot be called {'x' * 40!r}"),
    ('grants = [{ to = "a", may = ["READ"], on = "t" }]', "no privilege is called READ"),
    ('row-filters = { tt = "f ON (id)" }', "no dataset is called tt"),
    ('masks = { t = "f" }', "the mask of t names no column"),
    (JOB.format('{ name = "a", pipeline = "wb" }'), "task a updates wb, and no pipeline here is called that"),
    (JOB.format('{ name = "a b", pipeline = "web" }'), "a task cannot be called a b"),
    (JOB.format('{ name = "a", pipeline = "web", after = ["b"] }'), "task a waits for b, which is not there"),
    (JOB.format('{ name = "a", notebook = "n.py" }'), "n.py is not there"),
    (
        JOB.format('{ name = "a", pipeline = "web", after = ["b"] }, { name = "b", pipeline = "web", after = ["a"] }'),
        "tasks wait for each other: a -> b -> a",
    ),
    (JOB.format('{ name = "a", pipeline = "web" }, { name = "a", pipeline = "web" }'), "2 tasks are called a"),
    (
        JOB.format('{ name = "a", notebook = "/Workspace/n", compute = { workers = 1 } }'),
        "task a of job j names no spark-version",
    ),
]


@pytest.mark.parametrize(("settings", "what"), WRONG, ids=[what[:40] for _, what in WRONG])
def test_a_mistake_is_named(tmp_path: Path, settings: str, what: str):
    problems = wanted(tmp_path, T, SETTINGS + settings + "\n").problems
    (found, *_) = [each for each in problems if each.what == what] or [None]
    assert found is not None, [each.what for each in problems]
    assert found.why and found.fix


def test_all_mistakes_are_told_at_once(tmp_path: Path):
    settings = 'host = "x"\nschedule = "1"\nrun-as = "a@b"\n'
    text = T.replace("STREAM raw", "raw")
    write(tmp_path, "ldp.toml", '[pipelines.web]\nsources = ["src/**"]\n' + settings)
    write(tmp_path, "src/t.sql", text)
    found = check(tmp_path)
    said = [each.what for each in found.problems]
    assert found.exit_code == 1 and len(said) >= 6
    assert {"no catalog is named", "no schema is named", "x is no address of a workspace"} <= set(said)
    assert any(each.code.startswith("LDP") and each.where.endswith("src/t.sql:1:55") for each in found.problems), (
        found.problems
    )
    for width, glyphs in ((80, "ascii"), (140, "unicode")):
        shown = found.text(width, False, glyphs)  # type: ignore[arg-type]
        assert all(len(line) <= width for line in shown.splitlines()) and all(what.split()[0] in shown for what in said)
        assert glyphs == "unicode" or shown.isascii()
    assert "<script" not in found.html() and len(found.json()["problems"]) == len(said)


def test_nothing_is_wrong_with_a_plain_project(tmp_path: Path):
    write(tmp_path, "ldp.toml", SETTINGS)
    write(tmp_path, "src/t.sql", T.replace("raw", "main.s.raw"))
    found = check(tmp_path)
    assert (found.problems, found.exit_code) == ((), 0)
    assert "nothing is wrong that can be known from here" in found.text()


def test_a_file_that_is_too_large(tmp_path: Path):
    write(tmp_path, "jobs/n.sql", "-" * (LARGEST + 1))
    settings = SETTINGS + JOB.format('{ name = "a", sql = "jobs/n.sql", warehouse = "w" }')
    problems = wanted(tmp_path, T, settings).problems
    assert [each.what for each in problems] == [f"jobs/n.sql has {LARGEST + 1:,} bytes"]


def test_two_pipelines_of_one_name(tmp_path: Path):
    settings = '[pipelines."{0}"]\nsources = ["src/{1}.sql"]\ncatalog = "main"\nschema = "s"\n'
    for name in "ab":
        write(tmp_path, f"src/{name}.sql", T.replace(" t ", f" {name} "))
    made = wanted(tmp_path, settings=settings.format("x y", "a") + settings.format("x_y", "b"))
    assert [each.what for each in made.problems] == ["x y and x_y differ in signs only"]


def test_where_there_is_nothing_that_is_said_first(tmp_path: Path):
    first = check(tmp_path).problems[0]
    assert first.what == "there is no pipeline to deploy" and "ldp init" in first.fix
