"""Projects out of bundles, folders and specs: a round trip loses nothing, and what cannot be held is named."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from ldp_magic.errors import LdpError
from ldp_magic.project import find
from ldp_magic.settings import find as settings_at
from ldp_magic.verbs.check import sources
from ldp_magic.verbs.export import export
from ldp_magic.verbs.import_ import Imported, import_
from tests.bundle import generated

EXAMPLES = Path(__file__).parents[2] / "examples"
SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_exported_comes_back(tmp_path: Path, seed: int):
    there_and_back(tmp_path, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(len(SEEDS), 300))
def test_much_comes_back(tmp_path: Path, seed: int):
    there_and_back(tmp_path, seed)


def there_and_back(folder: Path, seed: int) -> None:
    """What a deploy of the imported project sends is what a deploy of the first one sends."""
    first, out, second = folder / "first", folder / "bundle", folder / "first again"
    first.mkdir()
    environments = generated.project(first, seed)
    export("bundle", first, out=out)
    done = import_(out, out=second)
    for name in environments:
        was, now = (sources([each], name, {})[0] for each in (first, second))
        assert [problem for problem in now.problems if problem.severity == "error"] == []
        expected = described(was)
        if name == "dev" and was.setup:  # the export says so
            expected = {key: each for key, each in expected.items() if not key.startswith("schema ")}
        if name == "dev":  # what would run without end is paused there
            expected = {key: paused(each) for key, each in expected.items()}
        found = described(now) if name != "dev" else {key: paused(each) for key, each in described(now).items()}
        assert found == expected, (name, (second / "ldp.toml").read_text())
    meant = ("each developer had a schema", "continuous.pause_status of job")
    assert [each.what for each in done.left if not each.what.startswith(meant)] == []


def described(wanted: Any) -> dict[str, Any]:
    """Everything that a deploy sends; the mode of a target says whether it is one of development."""
    found = {
        f"{each.kind} {each.key}": (
            {key: value for key, value in each.settings.items() if key != "development"},
            sorted(str(sorted(entry.items())) for entry in each.permissions),
        )
        for each in wanted.resources
    }
    return {**found, "files": {file.path: file.content for file in wanted.files}, "setup": wanted.setup}


def paused(each: Any) -> Any:
    """A job that would run without end is paused in a target of development."""
    if not isinstance(each, tuple) or not each or "continuous" not in each[0]:
        return each
    return ({**each[0], "continuous": {"pause_status": "PAUSED"}}, *each[1:])


# --- bundles of others ---------------------------------------------------------------------------------------------

OTHERS = """\
bundle: {name: shop-bundle}
include: [resources/*.yml]
variables:
  schema: {default: shop}
targets:
  dev: {mode: development, default: true, variables: {schema: shop_dev}}
  live: {mode: production, workspace: {host: "https://shop.example.com", root_path: /Workspace/Shared/shop}}
"""
RESOURCES = """\
resources:
  pipelines:
    etl:
      name: shop etl
      catalog: main
      schema: ${var.schema}
      serverless: true
      photon: false
      continuous: false
      restart_window: {start_hour: 3}
      root_path: ../src
      libraries:
        - file: {path: ../src/orders.sql}
        - notebook: {path: ../src/nb}
      configuration: {limit: 10, on: "yes"}
  jobs:
    weekly:
      name: weekly
      trigger: {periodic: {interval: 1, unit: WEEKS}}
      health: {rules: []}
      tasks:
        - task_key: refresh
          pipeline_task: {pipeline_id: "${resources.pipelines.etl.id}", full_refresh: true}
        - task_key: ask
          depends_on: [{task_key: refresh}]
          condition_task: {op: EQUAL_TO, left: "1", right: "1"}
  dashboards:
    sales: {display_name: sales}
"""


@pytest.fixture
def others(tmp_path: Path) -> Path:
    """A bundle as somebody else writes one."""
    folder = tmp_path / "theirs"
    for name, text in {
        "databricks.yml": OTHERS,
        "resources/all.yml": RESOURCES,
        "src/orders.sql": "CREATE STREAMING TABLE orders AS\r\nSELECT * FROM STREAM main.raw.orders;\r\n",
        "src/nb.py": "# Databricks notebook source\n# MAGIC %sql\n# MAGIC CREATE MATERIALIZED VIEW n AS SELECT 1 AS one\n",
        "src/lib/helping.py": "def one():\n    return 1\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return folder


def test_a_bundle_of_somebody_else(others: Path, tmp_path: Path):
    done = import_(others, out=tmp_path / "mine")
    names = sorted(
        path.relative_to(tmp_path / "mine").as_posix() for path in (tmp_path / "mine").rglob("*") if path.is_file()
    )
    assert names == ["ldp.toml", "lib/helping.py", "nb.py", "orders.sql"]
    assert b"\r\n" in (tmp_path / "mine" / "orders.sql").read_bytes()
    live = settings_at(tmp_path / "mine", "live")
    assert (live.schema, live.deployment["host"], live.deployment["root"]) == (
        "shop", "https://shop.example.com", "/Workspace/Shared/shop",
    )  # fmt: skip
    assert settings_at(tmp_path / "mine", "dev").schema == "shop_dev"
    assert dict(live.of("shop etl").parameters) == {"limit": "10", "on": "yes"}
    (pipeline,) = find([tmp_path / "mine"]).pipelines
    assert {cell.source.name.rpartition("/")[2] for cell in pipeline.cells} == {"orders.sql", "nb.py"}
    assert done.exit_code == 1
    lost = {each.what for each in done.left}
    assert any(each.startswith("restart_window") for each in lost), lost
    assert any(each.startswith("tasks.ask of job weekly") for each in lost), lost
    assert any(each.startswith("dashboards.sales") for each in lost), lost


def test_nothing_is_written_into_a_folder_that_declares_something(others: Path, tmp_path: Path):
    with pytest.raises(LdpError, match=r"databricks.yml is there already"):
        import_(others, out=others)
    import_(others, out=tmp_path / "mine")
    with pytest.raises(LdpError, match=r"ldp.toml is there already"):
        import_(others, out=tmp_path / "mine")
    assert import_(others, out=tmp_path / "mine", force=True).put.written == ()


# --- folders -------------------------------------------------------------------------------------------------------


def test_a_folder_of_files_gets_its_settings_where_it_is(tmp_path: Path):
    folder = tmp_path / "Größe"
    shutil.copytree(EXAMPLES / "user_analytics" / "transformations", folder / "sql")
    (folder / "notes.txt").write_text("no part of it")
    done = import_(folder)
    assert done.put.written == ("ldp.toml",) and done.exit_code == 0
    (pipeline,) = find([folder]).pipelines
    assert (pipeline.name, len(pipeline.cells), pipeline.declared) == ("Größe", 6, True)
    assert 'sources = ["sql/**"]' in (folder / "ldp.toml").read_text(encoding="utf-8")


def test_a_folder_can_be_copied(tmp_path: Path):
    shutil.copytree(EXAMPLES / "user_analytics" / "transformations", tmp_path / "sql")
    before = sorted(os.listdir(tmp_path / "sql"))
    import_(tmp_path / "sql", out=tmp_path / "copy")
    assert sorted(os.listdir(tmp_path / "sql")) == before
    assert sorted(os.listdir(tmp_path / "copy")) == sorted([*before, "ldp.toml"])


def test_a_project_of_spark_stays_one(tmp_path: Path):
    (tmp_path / "spark" / "sql").mkdir(parents=True)
    (tmp_path / "spark" / "spark-pipeline.yml").write_text(
        "name: clicks\nstorage: file:///tmp/x\nlibraries:\n- glob: {include: sql/**}\nconfiguration: {day: '1'}\n"
    )
    (tmp_path / "spark" / "sql" / "a.sql").write_text("CREATE MATERIALIZED VIEW a AS SELECT '${day}' AS day;")
    import_(tmp_path / "spark", out=tmp_path / "mine")
    (pipeline,) = find([tmp_path / "mine"]).pipelines
    assert (pipeline.name, pipeline.target, dict(pipeline.parameters)) == ("clicks", "spark-4.3", {"day": "1"})


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda at: None, "is neither there nor the id of a pipeline", id="nothing"),
        pytest.param(lambda at: at.mkdir(), "holds no pipeline", id="empty"),
        pytest.param(lambda at: (at.mkdir(), (at / "ldp.toml").write_text("")), "is a project already", id="project"),
        pytest.param(lambda at: (at.mkdir(), (at / "databricks.yml").write_text("a: [")), "is not YAML", id="broken"),
    ],
)
def test_what_cannot_be_imported_is_one_message(tmp_path: Path, make: Any, said: str):
    make(tmp_path / "there")
    with pytest.raises(LdpError, match=said) as raised:
        import_(tmp_path / "there", out=tmp_path / "out")
    assert raised.value.fix and not (tmp_path / "out").exists()


def test_the_answer_is_shown(others: Path, tmp_path: Path):
    done = import_(others, out=tmp_path / "mine")
    assert isinstance(done, Imported)
    text = done.text(80, False, "ascii")
    assert text.isascii() and "ldp plan --env dev" in text and "not held" in text
    assert done.json()["files"]["new"] == sorted(["ldp.toml", "lib/helping.py", "nb.py", "orders.sql"])
