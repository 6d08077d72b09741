"""From a project and its settings to the JSON that is sent: whole examples, file names, and what is said where."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ldp_magic.resources.wanted import Wanted
from ldp_magic.verbs.check import sources
from tests.deploy.plan.pipelines import SETTINGS, read, wanted, write

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
T = "CREATE OR REFRESH STREAMING TABLE {} AS SELECT * FROM STREAM raw;\n"


def as_json(made: Wanted) -> str:
    value = {
        "project": made.project,
        "environment": made.environment,
        "host": made.host,
        "root": made.root,
        "place": [made.catalog, made.schema],
        "files": [file.path for file in made.files],
        "resources": [
            {"kind": each.kind, "key": each.key, "settings": each.settings, "permissions": each.permissions}
            for each in made.resources
        ],
        "setup": made.setup,
        "tables": made.tables,
        "problems": [each.what for each in made.problems],
    }
    return json.dumps(value, indent=1, default=list) + "\n"


@pytest.mark.parametrize(("folder", "env"), [(EXAMPLES / "user_analytics", "dev"), (HERE / "golden" / "rich", "prod")])
def test_whole_examples(golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch, folder: Path, env: str):
    monkeypatch.chdir(folder)
    golden(HERE / "golden" / f"{folder.name}.json", as_json(read(Path(), env)))


def test_the_folder_that_it_is_called_in_does_not_matter(monkeypatch: pytest.MonkeyPatch):
    found = []
    for place in (EXAMPLES, EXAMPLES / "user_analytics", HERE):
        monkeypatch.chdir(place)
        found.append(as_json(read(Path(os.path.relpath(EXAMPLES / "user_analytics")), "dev")))
    assert len(set(found)) == 1


# --- files -----------------------------------------------------------------------------------------------------------


def notebook(*cells: str) -> str:
    some = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "outputs": [], "execution_count": None, "source": text}
        for n, text in enumerate(cells)
    ]
    return json.dumps({"cells": some, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def files(folder: Path, *cells: str) -> dict[str, str]:
    write(folder, "src/n.ipynb", notebook(*cells))
    return {file.path: file.content.decode() for file in wanted(folder).files}


def test_a_notebook_becomes_one_file_for_each_dataset(tmp_path: Path):
    found = files(
        tmp_path,
        "%%ldp\n-- the first\n" + T.format("a") + "CREATE OR REFRESH STREAMING TABLE b;\n",
        "%%ldp\nCREATE FLOW more AS INSERT INTO b BY NAME SELECT * FROM STREAM raw;",
        "%%ldp --python\nfrom pyspark import pipelines as dp\n\n@dp.table\ndef c():\n    return spark.readStream.table('raw')\n",
        "print('no pipeline code')",
    )
    assert sorted(found) == ["transformations/a.sql", "transformations/b.sql", "transformations/n.py"]
    assert found["transformations/a.sql"] == "-- the first\n" + T.format("a")
    assert found["transformations/b.sql"] == (
        "CREATE OR REFRESH STREAMING TABLE b;\n\nCREATE FLOW more AS INSERT INTO b BY NAME SELECT * FROM STREAM raw;\n"
    )
    assert "@dp.table" in found["transformations/n.py"] and "%%ldp" not in found["transformations/n.py"]


def test_safe_fixes_of_cells_are_sent(tmp_path: Path):
    write(tmp_path, "ldp.toml", SETTINGS)
    readers = [T.format("raw").replace("STREAM raw", "STREAM a.b.c"), T.format("t").replace("STREAM raw", "raw")]
    write(tmp_path, "src/n.ipynb", notebook(*[f"%%ldp\n{text}" for text in readers]))
    made, errors = sources(tmp_path, None, {}, lints=True)
    assert {file.path: file.content.decode() for file in made.files}["transformations/t.sql"] == (
        "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(raw);\n"
    )
    assert not made.problems and not errors


def test_what_is_set_before_a_statement_goes_with_it(tmp_path: Path):
    found = files(tmp_path, "%%ldp\n" + T.format("a") + "USE SCHEMA other;\n" + T.format("b"))
    assert not found["transformations/a.sql"].startswith("USE")
    assert found["transformations/b.sql"].startswith("USE SCHEMA other;\n\nCREATE")


def test_names_that_would_be_one_file(tmp_path: Path):
    names = ("`x y`", "gold.orders", "silver.orders", "`Größe`", "`a/b`")
    found = files(tmp_path, "%%ldp\n" + "".join(map(T.format, names)))
    assert sorted(path.removeprefix("transformations/") for path in found) == [
        "Größe.sql", "a_b.sql", "gold.orders.sql", "silver.orders.sql", "x y.sql",
    ]  # fmt: skip


def test_files_of_a_folder_are_sent_as_they_are(tmp_path: Path):
    write(tmp_path, "src/one.sql", "")
    text = "\ufeff-- crlf\r\n" + T.format("a").replace("\n", "\r\n")
    (tmp_path / "src" / "two.sql").write_bytes(text.encode())
    made = wanted(tmp_path)
    assert {file.path: file.content for file in made.files}["src/two.sql"] == text.encode()


def test_an_exported_notebook_is_cut_as_any_other(tmp_path: Path):
    text = "-- Databricks notebook source\n" + T.format("a") + "\n-- COMMAND ----------\n\n" + T.format("b")
    write(tmp_path, "src/n.sql", text)
    made = wanted(tmp_path)
    assert [file.path for file in made.files] == ["transformations/a.sql", "transformations/b.sql"]
    assert [file.name for file in made.files] == [file.path for file in made.files]


def test_two_pipelines_have_folders_of_their_own(tmp_path: Path):
    settings = '[pipelines.{0}]\nsources = ["{0}.ipynb"]\ncatalog = "main"\nschema = "s"\n'
    for name in "ab":
        write(tmp_path, f"{name}.ipynb", notebook("%%ldp\n" + T.format("t" + name)))
    made = wanted(tmp_path, settings="".join(map(settings.format, "ab")))
    assert [file.path for file in made.files] == ["a/transformations/ta.sql", "b/transformations/tb.sql"]
    globs = [each.settings["libraries"] for each in made.resources]
    assert globs == [[{"glob": {"include": f"${{root}}/{name}/transformations/**"}}] for name in "ab"]


def test_files_beside_other_files_are_named_one_by_one(tmp_path: Path):
    write(tmp_path, "a.sql", T.format("a"))
    write(tmp_path, "b.sql", T.format("b"))
    made = wanted(tmp_path, settings=SETTINGS.replace("src/**", "*.sql"))
    assert made.resources[0].settings["libraries"] == [
        {"file": {"path": "${root}/a.sql"}},
        {"file": {"path": "${root}/b.sql"}},
    ]


# --- settings --------------------------------------------------------------------------------------------------------


def job(folder: Path, settings: str) -> dict[str, Any]:
    made = wanted(folder, T.format("a"), SETTINGS + settings)
    assert not made.problems, made.problems
    return dict(next(each for each in made.resources if each.kind == "job").settings)


@pytest.mark.parametrize(
    ("settings", "when"),
    [
        (
            'schedule = "0 0 2 * * ?"\npaused = true\n',
            {"schedule": {"quartz_cron_expression": "0 0 2 * * ?", "timezone_id": "UTC", "pause_status": "PAUSED"}},
        ),
        (
            'trigger = { every = "4 hours" }\n',
            {"trigger": {"pause_status": "UNPAUSED", "periodic": {"interval": 4, "unit": "HOURS"}}},
        ),
        (
            'trigger = { files = "/Volumes/main/s/v", at-most-every = "5 minutes" }\n',
            {
                "trigger": {
                    "pause_status": "UNPAUSED",
                    "file_arrival": {"url": "/Volumes/main/s/v/", "min_time_between_triggers_seconds": 300},
                }
            },
        ),
        (
            'trigger = { tables = ["a.b.c"] }\n',
            {
                "trigger": {
                    "pause_status": "UNPAUSED",
                    "table_update": {"table_names": ["a.b.c"], "condition": "ANY_UPDATED"},
                }
            },
        ),
        ("trigger = { continuous = true }\n", {"continuous": {"pause_status": "UNPAUSED"}}),
    ],
)
def test_each_kind_of_trigger(tmp_path: Path, settings: str, when: dict[str, Any]):
    found = job(tmp_path, settings)
    assert {key: found[key] for key in ("schedule", "trigger", "continuous") if key in found} == when


def test_of_a_schedule_and_a_trigger_the_place_that_counts_more_wins(tmp_path: Path):
    settings = 'schedule = "0 0 2 * * ?"\n' + SETTINGS + '[env.dev]\ntrigger = { every = "1 day" }\n'
    write(tmp_path, "ldp.toml", settings)
    write(tmp_path, "src/a.sql", T.format("a"))
    made = read(tmp_path, "dev")
    (found,) = (each.settings for each in made.resources if each.kind == "job")
    assert "trigger" in found and "schedule" not in found and not made.problems


def test_statements_are_run_around_the_updates_of_a_named_job(tmp_path: Path):
    rights = (
        'grants = [{ to = "all", may = ["SELECT"], on = "a" }, { to = "all", may = ["USE SCHEMA"], on = "schema" }]\n'
    )
    tasks = '[pipelines.web.jobs.j]\ntasks = [{ name = "u", pipeline = "web" }]\n'
    found = job(tmp_path, rights + tasks)
    assert [(each["task_key"], each.get("depends_on")) for each in found["tasks"]] == [
        ("setup", None),
        ("u", [{"task_key": "setup"}]),
        ("rights", [{"task_key": "u"}]),
    ]
