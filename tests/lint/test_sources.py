"""The files that declare pipelines, as rules are handed them."""

from pathlib import Path

import pytest

from ldp_magic.lint.sources import pythons, specs
from ldp_magic.project import find

QUERY = "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS one;\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = folder / name.replace("__", "/").replace("_yml", ".yml").replace("_sql", ".sql").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def test_a_spec_is_found_once_under_the_name_that_is_shown(folder: Path) -> None:
    text = "name: x\nstorage: file:///x\nlibraries:\n  - glob: {include: src/**}\n"
    put(folder, **{"spark-pipeline_yml": text, "src__a__b_sql": QUERY})
    (spec,) = specs(find(["."]))
    assert (spec.source.name, spec.source.text) == ("spark-pipeline.yml", text)


def test_a_bundle_comes_with_its_resources(folder: Path) -> None:
    put(
        folder,
        databricks_yml="bundle: {name: b}\ninclude: [resources/*.yml]\n",
        resources__p_yml="resources:\n  pipelines:\n    p:\n      target: x\n      libraries:\n"
        "        - glob: {include: ../src/**}\n",
        src__a_sql=QUERY,
    )
    assert [s.source.name.replace("\\", "/") for s in specs(find(["src"]))] == [
        "databricks.yml",
        "resources/p.yml",
    ]


def test_a_spec_that_is_no_text_is_left_to_the_project(folder: Path) -> None:
    put(folder, a_sql=QUERY)
    (folder / "spark-pipeline.yml").write_bytes(b"\xff\xfe\0\0")
    assert specs(find(["."])) == ()


def test_python_stands_where_it_stood(folder: Path) -> None:
    text = "# Databricks notebook source\n# MAGIC %sql\n# MAGIC SELECT 1\n\n# COMMAND ----------\nimport dlt\n\n@dlt.table\ndef t():\n    return spark.range(3)\n"
    put(folder, n_py=text)
    (members,) = find(["."]).pipelines
    (python,) = pythons(members)
    assert len(python.text) == len(text) and "SELECT" not in python.text
    assert python.text[text.index("import") :] == text[text.index("import") :]
