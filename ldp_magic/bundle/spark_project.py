"""A project that `spark-pipelines` of Apache Spark runs: its spec, and sources in the words of Spark."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ldp_magic.bundle.plain_yaml import Quoted, yaml_text
from ldp_magic.bundle.spark_text import Files, spoken
from ldp_magic.bundle.written import Exported
from ldp_magic.cells import Cell, cells
from ldp_magic.engine.sources import Sources
from ldp_magic.errors import LdpError
from ldp_magic.lint.finding import Finding
from ldp_magic.lint.fix import fixed
from ldp_magic.lint.run import Linter
from ldp_magic.lint.sources import pythons
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.project import Members, graph
from ldp_magic.resources.files import filed
from ldp_magic.resources.wanted import Problem
from ldp_magic.text import apply_edits

__all__ = ["TARGET", "spark_project"]

TARGET = "spark-4.3"
READERS = "transformations/files.py"


def spark_project(members: Members, root: Path, folder: Path, local: Mapping[str, str]) -> Exported:
    """The files of such a project in *folder*; *local* says which files here stand in for what."""
    texts = {file.path: file.content.decode("utf-8", "surrogatepass") for file in filed(members, str(root)).files}
    here = replace(members, cells=_cells(texts), focus=(), target="databricks", whole=True, declared=True)
    pipeline = graph(here)
    speech = spoken(pipeline)
    new = {source.name: text for source, text in apply_edits(speech.edits).items()}
    spark = replace(here, cells=_cells({**texts, **new}), target=TARGET)
    done = fixed(spark, Linter())
    texts = {cell.source.name: cell.source.text for cell in done.members.cells}
    left = [*speech.left, *_outside(pipeline), *_in_python(texts)]
    left += _refused(done.findings, Linter().lint(pipeline, pythons=pythons(here)), left)
    if speech.files:
        texts[_free(READERS, texts)] = _readers(speech.files)
    places, missing = _places(speech.files, Sources(root, local))
    files = {path: text.encode("utf-8", "surrogatepass") for path, text in texts.items()}
    files["spark-pipeline.yml"] = _spec(members, folder, places, sorted(texts)).encode()
    files[".gitignore"] = b"storage/\nspark-warehouse/\nmetastore_db/\n"
    return Exported(dict(sorted(files.items())), (*left, *missing))


def _cells(texts: Mapping[str, str]) -> tuple[Cell, ...]:
    return tuple(cell for name, text in texts.items() for cell in cells(name, text))


# --- what is told ----------------------------------------------------------------------------------------------------


def _refused(findings: Iterable[Finding], before: Iterable[Finding], said: Sequence[Problem]) -> Iterator[Problem]:
    """What Spark refuses and Databricks takes, where nothing was said of it yet."""
    known = {(each.code, each.location.source.name, each.location.text) for each in before}
    places = {each.where for each in said}
    for each in findings:
        where = f"{each.location.source.name}:{each.location.first.line}"
        new = (each.code, each.location.source.name, each.location.text) not in known
        told = where in places or each.location.text.lower().startswith("read_files")
        if each.severity == "error" and new and not told:
            why, fix = each.why or "Spark refuses it", f"ldp explain {each.code}"
            yield Problem(what=each.message, why=why, fix=fix, where=where, code=each.code)


def _outside(pipeline: Pipeline) -> Iterator[Problem]:
    """Tables that have to be there already."""
    for each in pipeline.externals.values():
        if each.kind == "table":
            yield Problem(
                what=f"{each.name} has to be there",
                why=f"no dataset makes it; {', '.join(each.readers[:3])} reads it",
                fix="make the table in Spark's catalog, or read its files",
                severity="warning",
            )


def _in_python(texts: Mapping[str, str]) -> Iterator[Problem]:
    for name, text in texts.items():
        if name.endswith(".py") and "cloudfiles" in text.lower():
            yield Problem(
                what="a stream reads cloudFiles",
                why="Auto Loader is a part of Databricks",
                fix='write .format("json").schema("id BIGINT, name STRING")',
                where=name,
            )


# --- files -----------------------------------------------------------------------------------------------------------


def _places(files: Sequence[Files], sources: Sources) -> tuple[dict[str, str], list[Problem]]:
    """Where the files of each view are: what stands in for them here, or the path itself."""
    found: dict[str, str] = {}
    missing: list[Problem] = []
    for each in files:
        try:
            place = sources.files(each.path).path
            found[_key(each.view)] = Path(os.path.abspath(place)).as_posix()
        except LdpError:
            found[_key(each.view)] = each.path
            missing.append(
                Problem(
                    what=f"{each.path} is not on this machine",
                    why=f"the view {each.view} reads it",
                    fix=f"write the place of the files into spark-pipeline.yml, at {_key(each.view)}",
                    severity="warning",
                )
            )
    return found, missing


def _key(view: str) -> str:
    return f"files.{view}"


def _readers(files: Sequence[Files]) -> str:
    """Python that makes a view of each source of files."""
    parts = ['"""The files that the pipeline reads; where they are stands in spark-pipeline.yml."""\n']
    parts += ["from pyspark import pipelines as dp\n", *(_reader(each) for each in files)]
    return "\n".join(parts)


def _reader(each: Files) -> str:
    options = "".join(f"\n        .option({name!r}, {value!r})" for name, value in each.options.items())
    read = "readStream" if each.streaming else "read"
    function = each.view if each.view.isidentifier() and each.view.isascii() else "files"
    return (
        f"\n@dp.temporary_view(name={each.view!r})\ndef {function}():\n"
        f"    return (\n        spark.{read}.format({each.format!r})\n        .schema({each.schema!r}){options}\n"
        f"        .load(spark.conf.get({_key(each.view)!r}))\n    )\n"
    )


def _free(path: str, taken: Mapping[str, str]) -> str:
    while path in taken:
        path = path.replace(".py", "_.py")
    return path


def _spec(members: Members, folder: Path, places: Mapping[str, str], sources: Sequence[str]) -> str:
    said = {**members.parameters, **places}
    folders = sorted({path.partition("/")[0] for path in sources if "/" in path})
    globs = [f"{name}/**" for name in folders] + [path for path in sources if "/" not in path]
    document: dict[str, object] = {
        "name": members.name,
        "storage": (folder / "storage").as_uri(),
        "libraries": [{"glob": {"include": path}} for path in globs],
    }
    document |= {"configuration": {key: Quoted(value) for key, value in said.items()}} if said else {}
    comments = {("storage",): "where Spark keeps the state of streams, on this machine"}
    comments[("libraries",)] = _commented(members)
    head = "Written by `ldp export spark`; the next one writes it anew, unless somebody has edited it.\n\n"
    head += "  spark-pipelines dry-run\n  spark-pipelines run"
    return yaml_text(document, {key: text for key, text in comments.items() if text}, head)


def _commented(members: Members) -> str:
    """The place of the tables, which Spark alone does not have."""
    place = [f"{key}: {value}" for key, value in (("catalog", members.catalog), ("database", members.schema)) if value]
    return (
        "\n".join(["the tables go to the schema `default`; where your Spark has the place:", *place]) if place else ""
    )
