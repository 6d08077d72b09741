"""Which files make which pipeline."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldp_magic.cells import Cell
from ldp_magic.errors import SettingsError, SourceError
from ldp_magic.project import Members, Project, find
from ldp_magic.project.bundle import bundle
from ldp_magic.project.spark_spec import spark_spec
from ldp_magic.project.tree import Tree
from ldp_magic.text import Source
from tests.clock import assert_quick, rounds

SQL = "CREATE MATERIALIZED VIEW m AS SELECT 1;\n"
PY = "import dlt\n"
EXPORT = "-- Databricks notebook source\n" + SQL
IPYNB = json.dumps({"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code", "source": "%%ldp\n" + SQL}]})


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty repository that is the working directory."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(root: Path, some: Mapping[str, str]) -> None:
    for name, text in some.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        own = text.replace("VIEW m AS", f"VIEW m{crc32(name.encode())} AS")  # no two files define the same
        (root / name).write_bytes(own.encode())


def files_of(members: Members) -> list[str]:
    return list(dict.fromkeys(cell.source.name for cell in members.cells))


def shape(project: Project) -> dict[str, list[str]]:
    assert len({members.name for members in project.pipelines}) == len(project.pipelines)
    return {members.name: files_of(members) for members in project.pipelines}


def said(project: Project) -> list[str]:
    assert all(error.why and error.fix for error in project.errors)
    return [error.what for error in project.errors]


# --- what nothing declares


def test_the_plain_files_of_a_folder_are_one_pipeline_and_each_notebook_is_its_own(here):
    put(
        here,
        {"p/a.sql": SQL, "p/b/c.py": PY, "p/b/d.py": "x = 1\n", "p/n.ipynb": IPYNB, "p/e.sql": EXPORT, "p/x.md": "no"},
    )
    project = find(["p"])
    assert shape(project) == {"p": ["p/a.sql", "p/b/c.py"], "n": ["p/n.ipynb"], "e": ["p/e.sql"]}
    assert {m.name: m.origin for m in project.pipelines} == {
        "p": "folder p", "n": "notebook p/n.ipynb", "e": "notebook p/e.sql",
    }  # fmt: skip
    assert not project.errors and project.root == here / "p"


def test_files_by_name(here):
    put(here, {"p/a.sql": SQL, "p/b.sql": SQL, "p/d.py": "x = 1\n", "p/n.ipynb": IPYNB})
    assert shape(find(["p/a.sql"])) == {"a": ["p/a.sql"]}
    assert shape(find(["p/a.sql", "p/b.sql"])) == {"p": ["p/a.sql", "p/b.sql"]}
    assert shape(find(["p/n.ipynb", "p/d.py"])) == {"n": ["p/n.ipynb"], "d": ["p/d.py"]}


def test_live_cells_shadow_what_is_saved(here):
    put(here, {"n.ipynb": "{ broken", "a.sql": SQL, "b.py": "x = 1\n"})
    open_ = (Cell(Source("n.ipynb", "c1", "%%ldp\n" + SQL), "python"),)
    project = find(["."], live={"n.ipynb": open_, "b.py": (Cell(Source("b.py", None, PY), "python"),)})
    assert shape(project) == {"n": ["n.ipynb"], here.name: ["a.sql", "b.py"]} and not project.errors
    assert project.pipelines[0].cells == open_


def test_no_path_means_the_working_directory(here):
    put(here, {"a.sql": SQL})
    assert shape(find([])) == {here.name: ["a.sql"]}


def test_what_is_not_there_or_no_source_is_said_and_the_rest_is_read(here):
    put(here, {"a.sql": SQL, "b.txt": ""})
    project = find(["nope", "b.txt", "a.sql"])
    assert shape(project) == {"a": ["a.sql"]}
    assert said(project) == ["nope is not there", "b.txt is no kind of source"]


def test_overlapping_paths_count_once(here):
    put(here, {"p/a.sql": SQL, "p/q/b.sql": SQL})
    assert shape(find(["p", "p/q", "p/a.sql"])) == {"p": ["p/a.sql", "p/q/b.sql"]}


def test_notebooks_of_one_name_are_told_apart(here):
    put(here, {"a/n.ipynb": IPYNB, "b/n.ipynb": IPYNB, "c/b/n.ipynb": IPYNB})
    assert sorted(shape(find(["."]))) == ["a/n", "b/n", "b/n (2)"]


def test_a_notebook_without_pipeline_code_is_left_out_of_a_folder_but_not_if_named(here):
    other = json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": "%sql\nSELECT 1"}]})
    put(
        here,
        {
            "n.ipynb": other,
            "s.py": "# Databricks notebook source\nprint(1)\n",
            "t.sql": "-- Databricks notebook source\nSELECT 1",
        },
    )
    assert shape(find(["."])) == {}
    assert shape(find(["n.ipynb", "s.py"])) == {"n": ["n.ipynb"], "s": ["s.py"]}


def test_folders_that_are_never_looked_into(here):
    skipped = [".venv", "venv", "node_modules", "__pycache__", ".ldp", "build", "dist", ".hidden"]
    put(here, {f"{folder}/a.sql": SQL for folder in skipped} | {"ok/a.sql": SQL, "ok/.b.sql": SQL})
    assert shape(find(["."])) == {here.name: ["ok/a.sql"]}


def test_exclude(here):
    put(
        here,
        {
            "pyproject.toml": '[tool.ldp]\nexclude = ["legacy/**", "*_old.sql"]\n',
            "legacy/a.sql": SQL,
            "b_old.sql": SQL,
            "c.sql": SQL,
        },
    )
    assert shape(find(["."])) == {here.name: ["c.sql"]}


# --- bad files


def test_bad_files_are_one_error_each_and_the_rest_is_read(here):
    put(
        here,
        {
            "p/ok.sql": SQL,
            "p/n.ipynb": "{",
            "p/other.py": "x = '",
            "pyproject.toml": '[tool.ldp]\nmax-file-size = "1 kB"\n',
        },
    )
    (here / "p/u16.sql").write_bytes("SELECT 1".encode("utf-16"))
    (here / "p/latin.sql").write_bytes(b"SELECT '\xe9'")
    (here / "p/latin.py").write_bytes(b"x = '\xe9'")
    (here / "p/big.sql").write_bytes(b"-" * 1001)
    (here / "p/dangling.sql").symlink_to("nowhere.sql")
    (here / "p/loop.sql").symlink_to("loop.sql")
    (here / "p/folder.sql").mkdir()
    os.mkfifo(here / "p/pipe.sql")
    project = find(["p"])
    assert shape(project) == {"p": ["p/ok.sql"]}
    assert sorted(said(project)) == [
        "p/big.sql is larger than 1,000 bytes",
        "p/dangling.sql is not there",
        "p/latin.sql:1 is not UTF-8: byte 0xe9 fits nowhere",
        "p/loop.sql cannot be read: too many levels of symbolic links",
        "p/n.ipynb cannot be read as a notebook",
        "p/pipe.sql is a pipe",
        "p/u16.sql is UTF-16",
    ]


def test_a_folder_that_cannot_be_listed_is_said(here, monkeypatch):
    put(here, {"p/a.sql": SQL, "p/secret/b.sql": SQL})
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    project = find(["p"])
    assert shape(project) == {"p": ["p/a.sql"]}
    assert said(project) == ["p/secret cannot be listed: permission denied"]


def test_loops_of_links_end_and_every_file_keeps_its_own_name(here):
    put(here, {"p/z/a.sql": SQL, "p/b.sql": SQL})
    (here / "p/z/up").symlink_to(here / "p")
    (here / "p/a_link").symlink_to(here / "p/z")
    (here / "p/a.sql").symlink_to(here / "p/b.sql")
    for n in range(12):
        (here / f"p/z/loop{n}").symlink_to(here / "p" / "z")
    put(here, {"outside/o.sql": SQL})
    (here / "p/out").symlink_to(here / "outside")
    assert shape(find(["p"])) == {"p": ["p/b.sql", "p/out/o.sql", "p/z/a.sql"]}


# --- [tool.ldp.pipelines]

TOML = """\
[tool.ldp]
catalog = "main"
parameters = { a = "1", b = "1" }

[tool.ldp.pipelines.sales]
sources = ["sales/**/*.sql", "shared"]
schema = "sales_db"
parameters = { b = "2", c = "2" }
target = "spark-4.2"

[tool.ldp.env.prod]
catalog = "live"
parameters = { c = "3" }
"""


def test_pipelines_of_the_settings(here):
    put(
        here,
        {"pyproject.toml": TOML, "sales/x/a.sql": SQL, "shared/b.py": PY, "sales/n.ipynb": IPYNB, "other/c.sql": SQL},
    )
    (members,) = find(["."]).pipelines
    assert (members.name, files_of(members)) == ("sales", ["sales/x/a.sql", "shared/b.py"])
    assert (members.catalog, members.schema, members.target) == ("main", "sales_db", "spark-4.2")
    assert members.parameters == {"a": "1", "b": "2", "c": "2"}
    assert members.origin == "pyproject.toml [tool.ldp.pipelines.sales]" and not members.focus
    (prod,) = find(["."], env="prod").pipelines
    assert (prod.catalog, prod.parameters["c"], prod.environment) == ("live", "3", "prod")


def test_a_path_inside_a_declared_pipeline_means_all_of_it(here):
    put(
        here,
        {"pyproject.toml": TOML, "sales/x/a.sql": SQL, "sales/y/c.sql": SQL, "shared/b.py": PY, "other/c.sql": SQL},
    )
    whole = {"sales": ["sales/x/a.sql", "sales/y/c.sql", "shared/b.py"]}
    assert shape(find(["sales/x"])) == whole
    (members,) = find(["sales/y/c.sql"]).pipelines
    assert shape(find(["sales/y/c.sql"])) == whole
    assert [source.name for source in members.focus] == ["sales/y/c.sql"]
    assert shape(find(["pyproject.toml"])) == whole
    assert shape(find(["other"])) == {"other": ["other/c.sql"]}


def test_a_pattern_that_finds_nothing_is_said(here):
    put(here, {"ldp.toml": '[pipelines.p]\nsources = ["no/**", "a.sql"]\n[pipelines.q]\ncatalog = "c"\n', "a.sql": SQL})
    project = find(["."])
    assert shape(project) == {"p": ["a.sql"], "q": []}
    assert said(project) == ["ldp.toml [pipelines.p]: no/** matches no file", "ldp.toml [pipelines.q] names no sources"]


def test_settings_below_declare_too(here):
    put(here, {f"{n}/pyproject.toml": f'[tool.ldp.pipelines.{n}]\nsources = ["*.sql"]\nschema = "{n}"\n' for n in "ab"})
    put(here, {"a/x.sql": SQL, "b/x.sql": SQL, "c/x.sql": SQL})
    project = find(["."])
    assert shape(project) == {"a": ["a/x.sql"], "b": ["b/x.sql"], here.name: ["c/x.sql"]}
    assert [members.schema for members in project.pipelines] == ["a", "b", ""]
    assert shape(find(["a/x.sql", "b/x.sql"])) == {"a": ["a/x.sql"], "b": ["b/x.sql"]}


def test_broken_settings_below_are_one_error(here):
    put(here, {"a/ldp.toml": "x = [", "a/x.sql": SQL, "b.sql": SQL})
    project = find(["."])
    assert shape(project) == {here.name: ["a/x.sql", "b.sql"]}
    assert len(said(project)) == 1 and "a/ldp.toml is not TOML" in said(project)[0]


# --- databricks.yml

BUNDLE = """\
bundle: {name: shop}
include: ["resources/*.yml"]
variables:
  catalog: {description: where, default: dev_cat}
  libs:
    type: complex
    default: [{file: {path: ./src/extra.sql}}]
targets:
  dev: {mode: development, default: true}
  prod:
    variables: {catalog: prod_cat}
    resources:
      pipelines:
        clicks:
          schema: live
          configuration: {env: p, more: "yes"}
          libraries: [{file: {path: src/prod.sql}}]
"""
RESOURCE = """\
resources:
  schemas: {s: {name: "s_${bundle.target}"}}
  pipelines:
    clicks:
      name: clicks-${bundle.target}
      catalog: ${var.catalog}
      schema: ${resources.schemas.s.name}
      configuration: {env: d, start: 2024-01-01, path: "${workspace.file_path}/x", n: 007, who: "${bundle.name}"}
      libraries:
        - glob: {include: ../src/clicks/**}
        - notebook: {path: ../nb/n}
        - file: {path: "${workspace.file_path}/src/far.py"}
    copied: {ingestion_definition: {objects: []}}
    more: {target: old_schema, libraries: "${var.libs}"}
"""
BUNDLE_FILES = {
    "databricks.yml": BUNDLE,
    "resources/p.yml": RESOURCE,
    "src/clicks/a.sql": SQL,
    "src/clicks/deep/b.py": PY,
    "nb/n.sql": EXPORT,
    "src/far.py": PY,
    "src/prod.sql": SQL,
    "src/extra.sql": SQL,
    "src/job.sql": SQL,
}


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_bundle(here, eol):
    put(here, {name: text.replace("\n", eol) for name, text in BUNDLE_FILES.items()})
    project = find(["."])
    clicks = ["src/clicks/a.sql", "src/clicks/deep/b.py", "nb/n.sql", "src/far.py"]
    assert shape(project) == {"clicks": clicks, "more": ["src/extra.sql"]} and not project.errors
    members, more = project.pipelines
    assert (members.catalog, members.schema, members.environment) == ("dev_cat", "s_dev", "dev")
    assert members.parameters == {
        "env": "d", "start": "2024-01-01", "path": "${workspace.file_path}/x", "n": "007", "who": "shop",
    }  # fmt: skip
    assert members.origin == "databricks.yml: resources.pipelines.clicks"
    assert more.schema == "old_schema"


def test_bundle_target(here, monkeypatch):
    put(here, BUNDLE_FILES)
    members = find(["."], env="prod").pipelines[0]
    assert (members.catalog, members.schema, members.environment) == ("prod_cat", "live", "prod")
    assert members.parameters["env"] == "p" and members.parameters["more"] == "yes"
    assert files_of(members)[-1] == "src/prod.sql" and len(files_of(members)) == 5
    monkeypatch.setenv("BUNDLE_VAR_catalog", "mine")
    assert find(["."], env="prod").pipelines[0].catalog == "mine"
    with pytest.raises(SettingsError, match="no environment is called prd; prod is"):
        find(["."], env="prd")


def test_settings_and_bundle_follow_one_precedence(here, monkeypatch):
    toml = (
        '[tool.ldp]\ncatalog = "file"\nparameters = { env = "f", extra = "f" }\n[tool.ldp.env.prod]\nschema = "table"\n'
    )
    put(here, {**BUNDLE_FILES, "pyproject.toml": toml})
    dev, prod = find(["."]).pipelines[0], find(["."], env="prod").pipelines[0]
    assert (dev.catalog, dev.schema, dev.parameters["env"], dev.parameters["extra"]) == ("dev_cat", "s_dev", "d", "f")
    assert (prod.catalog, prod.schema) == ("prod_cat", "table")
    monkeypatch.setenv("LDP_CATALOG", "variable")
    assert find(["."]).pipelines[0].catalog == "variable"


def test_paths_in_and_around_a_bundle(here):
    put(here, BUNDLE_FILES)
    assert list(shape(find(["src/clicks/deep"]))) == ["clicks"]
    assert list(shape(find(["src"]))) == ["clicks", "more"]
    assert list(shape(find(["databricks.yml"]))) == ["clicks", "more"]
    assert [s.name for s in find(["nb/n.sql"]).pipelines[0].focus] == ["nb/n.sql"]
    assert shape(find(["src/job.sql"])) == {"job": ["src/job.sql"]}


@pytest.mark.parametrize(
    "text, what",
    [
        ("resources: {pipelines: {p: {name: x}}}", "pipeline p names no sources"),
        ("resources: {pipelines: {p: null}}", "pipeline p names no sources"),
        ("resources: {pipelines: {p: {libraries: [{glob: {include: no/**}}]}}}", "no/** matches no file"),
        (
            "variables: {a: {default: '${var.a}'}}\nresources: {pipelines: {p: {name: '${var.a}'}}}",
            "cannot be resolved",
        ),
        ("a: [", "is not YAML"),
        ("include: [r.yml]", "is not YAML"),
    ],
)
def test_a_bad_bundle_is_one_error(here, text, what):
    put(here, {"databricks.yml": text, "r.yml": "a: ]"})
    project = find(["."])
    assert len(project.errors) == 1 and what in said(project)[0] and "yml" in said(project)[0]


def test_a_reference_bomb_ends(here):
    grow = "\n".join(f"  v{n}: {{default: '{f'${{var.v{n - 1}}}' * 20}'}}" for n in range(1, 12))
    pipelines = "resources: {pipelines: {p: {name: '${var.v11}'}}}"
    put(here, {"databricks.yml": f"variables:\n  v0: {{default: x}}\n{grow}\n{pipelines}"})
    assert "cannot be resolved" in said(assert_quick(lambda: find(["."]), 10))[0]


MUTABLE = BUNDLE.replace("include", "exclude") + RESOURCE


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, len(MUTABLE)),
    st.integers(0, 9),
    st.text(max_size=4) | st.sampled_from(["${", "}", "*", "&a", "[", ": ", "\n  "]),
)
def test_mutated_declarations_raise_nothing_else(tmp_path_factory, at, cut, put_in):
    folder = tmp_path_factory.getbasetemp() / "mutated"
    folder.mkdir(exist_ok=True)
    for name, read in {
        "databricks.yml": lambda path: bundle(path, "prod", Tree(folder), {}),
        "spark-pipeline.yml": spark_spec,
    }.items():
        (folder / name).write_bytes((MUTABLE[:at] + put_in + MUTABLE[at + cut :]).encode())
        try:
            _, errors, *_ = read(str(folder / name))
            assert all(isinstance(error, SourceError) and error.fix for error in errors)
        except SourceError as error:
            assert error.why and error.fix


# --- spark-pipeline.yml

SPEC = """\
name: clicks
storage: file:///tmp/x
catalog: spark_catalog
database: clicks_db
configuration: {a: "1"}
libraries: [{glob: {include: transformations/**}}]
"""


def test_spark_spec(here):
    put(
        here,
        {
            "s/spark-pipeline.yml": SPEC,
            "s/transformations/a.sql": SQL,
            "s/transformations/b/c.py": "x = 1\n",
            "s/d.sql": SQL,
        },
    )
    (members,) = find(["s"]).pipelines
    assert (members.name, files_of(members)) == ("clicks", ["s/transformations/a.sql", "s/transformations/b/c.py"])
    assert (members.catalog, members.schema, members.parameters) == ("spark_catalog", "clicks_db", {"a": "1"})
    assert members.target == "spark-4.3" and members.origin == "s/spark-pipeline.yml"
    assert shape(find(["s/transformations/b"])) == shape(find(["s"]))


def test_the_target_of_the_settings_counts_for_a_spec(here):
    put(here, {"spark-pipeline.yaml": SPEC, "ldp.toml": 'target = "spark-4.1"\n', "transformations/a.sql": SQL})
    assert find(["."]).pipelines[0].target == "spark-4.1"


def test_what_spark_would_refuse_is_said_and_the_rest_is_read(here):
    libraries = '  - glob: {include: "t/*.sql"}\n  - glob: {include: u/**}\n  - {}\n'
    spec = f'nme: x\nconfiguration: {{a: 1, b: "2"}}\nlibraries:\n{libraries}'
    put(here, {"spark-pipeline.yml": spec, "spark-pipeline.yaml": "", "t/a.sql": SQL, "u/n.ipynb": IPYNB, "u/b.py": PY})
    project = find(["spark-pipeline.yml"])
    assert shape(project)[here.name] == ["t/a.sql", "u/b.py"]
    assert project.pipelines[0].parameters == {"a": "1", "b": "2"}
    assert {
        "spark-pipeline.yml:1: a spec has no field nme; name is one",
        "spark-pipeline.yml says no name",
        "spark-pipeline.yml:2: configuration a is not text",
        "spark-pipeline.yml:4: t/*.sql is no glob that Spark takes",
        "spark-pipeline.yml:4: a library names no glob",
        "u/n.ipynb cannot be in a Spark pipeline",
        "spark-pipeline.yaml stands beside spark-pipeline.yml",
    } <= set(said(project))


# --- size and order


def test_two_hundred_pipelines_and_ten_thousand_files(here, monkeypatch):
    for n in range(200):
        put(here, {f"p{n:03}/t/f{k:02}.sql": SQL for k in range(49)})
        put(here, {f"p{n:03}/spark-pipeline.yml": f"name: p{n:03}\nlibraries: [{{glob: {{include: t/**}}}}]\n"})
    listed: list[str] = []
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: (listed.append(str(path)), real(path))[1])
    for watch in rounds(30):
        listed.clear()
        with watch:
            project = find(["."])
    assert len(listed) == len(set(listed)) == 401
    assert list(shape(project)) == [f"p{n:03}" for n in range(200)]
    assert sum(len(members.cells) for members in project.pipelines) == 9_800 and not project.errors


def test_the_order_does_not_depend_on_the_disk(here, monkeypatch):
    put(here, {f"{folder}/{name}.sql": SQL for folder in "cab" for name in "zyx"} | {"n.ipynb": IPYNB})
    expected = shape(find(["."]))
    real = os.listdir

    class Reversed:
        def __init__(self, path: str) -> None:
            with scandir(path) as entries:
                self.entries = list(entries)[::-1]

        def __enter__(self) -> list[os.DirEntry[str]]:
            return self.entries

        def __exit__(self, *_: object) -> None:
            self.entries = []

    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", Reversed)
    assert list(shape(find(["."])).items()) == list(expected.items())
    assert real is os.listdir and expected[here.name] == [f"{f}/{n}.sql" for f in "abc" for n in "xyz"]


def test_too_many_files_are_an_error_not_a_hang(here, monkeypatch):
    from ldp_magic.project import tree

    monkeypatch.setattr(tree, "MAX_ENTRIES", 10)
    put(here, {f"p/{n}.sql": SQL for n in range(11)})
    with pytest.raises(SourceError, match="more than 10 files"):
        find(["."])


@pytest.mark.parametrize("name", ["drafts [1]", "what?", "a*b", "[x]", "ö #"])
def test_a_folder_may_be_called_like_a_pattern(tmp_path: Path, name: str):
    folder = tmp_path / name
    (folder / "sql").mkdir(parents=True)
    (folder / "sql" / "a.sql").write_text("CREATE MATERIALIZED VIEW a AS SELECT 1 AS x")
    (folder / "ldp.toml").write_text(
        '[pipelines.one]\nsources = ["sql/*.sql"]\n[pipelines.two]\nsources = ["sql/a.sql"]\n'
    )
    assert [(each.name, len(each.cells)) for each in find([folder]).pipelines] == [("one", 1), ("two", 1)]


def test_tests_beside_a_pipeline_are_no_code_of_it(tmp_path: Path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "a.sql").write_text("CREATE MATERIALIZED VIEW a AS SELECT 1 AS x;")
    (tmp_path / "tests" / "a.sql").write_text("-- input b\nSELECT 1 AS x;\n-- expect a\nSELECT 1 AS x;\n")
    (tmp_path / "tests" / "code.sql").write_text("CREATE MATERIALIZED VIEW c AS SELECT 1 AS x; -- expected by nobody")
    project = find([str(tmp_path)])
    texts = {cell.source.text for members in project.pipelines for cell in members.cells}
    assert texts == {(tmp_path / name).read_text() for name in ("a.sql", "tests/code.sql")}
