"""The commands as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ldp_magic
from ldp_magic import cli


def test_export_as_it_is_typed(example: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(example)
    assert cli.main(["export", "bundle"]) == 0
    said = capsys.readouterr().out
    assert "bundle exported  dist/bundle  10 files written" in said and "databricks bundle validate -t dev" in said
    assert cli.main(["export", "bundle", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["kind"] == "bundle" and len(found["files"]["unchanged"]) == 10
    assert cli.main(["export", "bundle", ".", "--env", "prod", "--out", "other"]) == 0
    assert (example / "other" / "databricks.yml").exists()
    assert cli.main(["lint", "other", "--exit-zero"]) == 0


def test_a_format_that_is_not_there(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["export", "bundel"]) == 2
    said = capsys.readouterr().err
    assert "bundle, spark, github" in said and "bundle" in said


def test_an_environment_that_is_not_there(example: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["export", "bundle", str(example), "--env", "prd"]) == 2
    assert "no environment is called prd; prod is" in capsys.readouterr().err
    assert not (example / "dist").exists()


def test_import_as_it_is_typed(example: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    cli.main(["export", "bundle", str(example)])
    monkeypatch.chdir(example.parent)
    capsys.readouterr()
    assert cli.main(["import", str(example / "dist" / "bundle"), "--out", "again"]) == 0
    said = capsys.readouterr().out
    assert "imported  again  7 files written" in said and "each developer had a schema in dev" in said
    assert cli.main(["lint", "again", "--exit-zero"]) == 0


def test_the_functions_of_the_package(example: Path):
    done = ldp_magic.export("bundle", example, env="prod")
    assert done.put.new and "bundle exported" in done._repr_mimebundle_()["text/plain"]
    assert ldp_magic.import_(done.put.folder, out=example.parent / "again").exit_code == 0
