"""Pipelines as they were at a git revision."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ldp_magic.errors import LdpError
from ldp_magic.project import history
from ldp_magic.project.history import at_revision
from ldp_magic.settings import find as find_settings
from tests.repositories import commit, git, put

BRONZE = "CREATE OR REFRESH STREAMING TABLE bronze AS SELECT * FROM STREAM(main.raw.events);\n"
SILVER = "CREATE OR REFRESH STREAMING TABLE silver AS SELECT * FROM STREAM(bronze);\n"
GOLD = "CREATE OR REFRESH MATERIALIZED VIEW gold AS SELECT count(*) AS n FROM silver;\n"
SETTINGS = '[tool.ldp.pipelines.etl]\nsources = ["sql/**"]\ncatalog = "{}"\n'


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    commit(folder, {"bronze.sql": BRONZE, "silver.sql": SILVER.replace("\n", "\r\n")}, tag="v1")
    commit(folder, {"bronze.sql": BRONZE.replace("bronze", "raw"), "silver.sql": None, "gold.sql": GOLD})
    monkeypatch.chdir(folder)
    return folder


def look(revision: str, *paths: str, env: str | None = None) -> dict[str, list[str]]:
    found = at_revision(paths or ["."], revision, find_settings(paths[0] if paths else "."), env)
    return {pipeline.name: sorted(pipeline.datasets) for pipeline in found}


@pytest.mark.parametrize("revision", ["HEAD~1", "v1", "main^", "refs/tags/v1", "HEAD^{/a change}~1"])
def test_it_is_what_the_revision_holds_whatever_lies_there_now(shop: Path, revision: str) -> None:
    put(shop, "later.sql", GOLD)
    assert look(revision) == {"shop": ["bronze", "silver"]}
    assert look("HEAD") == {"shop": ["gold", "raw"]}
    assert look(git(shop, "rev-parse", "--short", "v1")) == {"shop": ["bronze", "silver"]}


@pytest.mark.parametrize(
    "revision", ["nowhere", "", " ", "--all", "-h", "^HEAD", "v1..HEAD", "a\0b", "HEAD:gold.sql", "é" * 300, "HEAD\n"]
)
def test_a_wrong_revision_is_one_error(shop: Path, revision: str) -> None:
    with pytest.raises(LdpError) as error:
        look(revision)
    assert "git knows no revision" in error.value.what and error.value.why and error.value.fix
    assert len(str(error.value)) < 500


def test_paths_mean_the_same_places_as_today(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(shop, {"a/b/x.sql": BRONZE, "a/y.sql": SILVER, "c.sql": GOLD}, tag="v2")
    commit(shop, {"a/b/x.sql": None, "a/b/z.sql": GOLD})
    assert look("v2", "a") == {"a": ["bronze", "silver"]}
    assert look("v2", "a/b") == {"b": ["bronze"]}
    assert look("v2", "a/y.sql") == {"y": ["silver"]}
    assert look("v2", "a/b/new/folder/n.sql") == {"b": ["bronze"]}
    monkeypatch.chdir(shop / "a" / "b")
    assert look("v2") == {"b": ["bronze"]}
    assert look("v2", "../y.sql", "x.sql") == {"y": ["silver"], "x": ["bronze"]}


def test_declarations_are_those_of_the_revision(shop: Path) -> None:
    commit(shop, {"pyproject.toml": SETTINGS.format("dev"), "sql/a.sql": BRONZE, "sql/b.sql": SILVER}, tag="v2")
    commit(shop, {"pyproject.toml": SETTINGS.format("dev").replace("sql/**", "new/**"), "new/a.sql": GOLD})
    assert look("v2") == look("v2", "sql/a.sql") == {"etl": ["bronze", "silver"]}
    assert look("v1") == {"shop": ["bronze", "silver"]}
    (etl,) = at_revision(["."], "v2", find_settings("."))
    assert etl.datasets["bronze"].qualified == ("dev", "bronze") or etl.catalog == "dev"


def test_bundles_and_their_targets(shop: Path) -> None:
    bundle = (
        "bundle:\n  name: b\ntargets:\n  {0}:\n    default: true\nresources:\n  pipelines:\n    p:\n      name: p\n"
        "      catalog: main\n      libraries:\n        - glob:\n            include: sql/**\n"
    )
    commit(shop, {"databricks.yml": bundle.format("dev"), "sql/a.sql": BRONZE}, tag="v2")
    put(shop, "databricks.yml", bundle.format("prod"))
    assert list(look("v2", env="dev").values()) == [["bronze"]]
    assert look("v2", env="prod") == {}


def test_notebooks_and_locked_columns(shop: Path) -> None:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    book = {
        "cells": [cell | {"id": "a", "source": "%%ldp\n" + BRONZE}],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    commit(shop, {"load.ipynb": json.dumps(book)}, tag="v2")
    commit(shop, {"load.ipynb": None})
    assert look("v2")["load"] == ["bronze"]


def test_what_cannot_be_read_then_is_left_out(shop: Path) -> None:
    put(shop, "silver.sql", SILVER)
    os.symlink(shop / "gold.sql", shop / "link.sql")
    commit(shop, {"bad.sql": b"\xff\xfe", "big.sql": "-" * 3000 + "\n" + BRONZE, "ö 😀.sql": BRONZE}, tag="v2")
    found = at_revision(["."], "v2", find_settings(".", None, {"max-file-size": 2000}))
    assert [sorted(p.datasets) for p in found] == [["bronze", "gold", "raw", "silver"]]


def test_broken_settings_then_are_one_error_without_the_folder_they_were_put_into(shop: Path) -> None:
    commit(shop, {"ldp.toml": "target = [\n"}, tag="v2")
    commit(shop, {"ldp.toml": None})
    with pytest.raises(LdpError, match=r"the pipelines at v2 cannot be read: ldp\.toml") as error:
        look("v2")
    assert tempfile.gettempdir() not in str(error.value) and error.value.fix


def test_nothing_stays_behind_and_many_files_come_in_portions(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(shop, {f"many/{n}.sql": BRONZE.replace("bronze", f"b{n}") for n in range(30)}, tag="v2")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "spare"))
    (tmp_path / "spare").mkdir()
    monkeypatch.setattr(history, "_AT_ONCE", 200)
    assert len(look("v2", "many")["many"]) == 30
    monkeypatch.setattr(history, "_MOST_FILES", 20)
    with pytest.raises(LdpError, match="cannot be had"):
        look("v2")
    assert os.listdir(tmp_path / "spare") == []


def test_without_repository_and_without_git(tmp_path: Path, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "plain").mkdir()
    for path in ("../plain", "../plain/not/there.sql"):
        with pytest.raises(LdpError, match="is in no git repository") as error:
            look("HEAD", path)
        assert error.value.why and error.value.fix
    with pytest.raises(LdpError, match="lies outside the repository shop"):
        look("HEAD", ".", "../plain")
    monkeypatch.setenv("PATH", str(tmp_path / "plain"))
    with pytest.raises(LdpError, match="git is not there"):
        look("HEAD")


def test_a_hook_may_have_its_own_variables(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    (shop / "sub").mkdir()
    monkeypatch.chdir(shop / "sub")
    assert look("v1", "../bronze.sql") == {"bronze": ["bronze"]}


def test_an_empty_repository_has_no_revision(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    with pytest.raises(LdpError, match="git knows no revision 'HEAD'"):
        at_revision([tmp_path], "HEAD", find_settings(tmp_path))


@pytest.mark.parametrize(
    "name", ["../out.sql", ".git/hooks/x.sql", "a/../../out.sql", "/etc/x.sql", "a//b.sql", "./a.sql"]
)
def test_names_that_lead_elsewhere_are_not_followed(name: str) -> None:
    entry = f"100644 blob {'a' * 40} 5\t".encode()
    assert list(history._blob(entry + name.encode(), 100)) == []
    assert [blob.path for blob in history._blob(entry + b"a/b.sql", 100)] == ["a/b.sql"]


def test_a_large_repository_is_read_from_a_process_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "large"
    commit(folder, {f"d{n % 20}/{n}.sql": BRONZE.replace("bronze", f"b{n}") for n in range(1500)})
    code = "import sys; from ldp_magic.project.history import at_revision; from ldp_magic.settings import find; "
    code += "print(len(at_revision(['.'], 'HEAD', find('.'))[0].datasets))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(history.__file__).parents[2])},
    )
    assert done.stdout.strip() == "1500", done.stderr
