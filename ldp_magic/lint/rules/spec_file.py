from __future__ import annotations

import os
import re
from collections.abc import Iterator
from difflib import get_close_matches

from ldp_magic.errors import SourceError
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, SpecFile
from ldp_magic.project.globs import is_glob
from ldp_magic.project.spark_spec import FIELDS
from ldp_magic.spec.documents import Value, Word, read_yaml
from ldp_magic.text import Edit, Location, Source, line_starts

_NAMES = ("spark-pipeline.yml", "spark-pipeline.yaml")
_HEAD = "name: orders\nstorage: file:///tmp/orders\n"
_TAIL = "libraries:\n  - glob: {include: transformations/**}\n"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")


@rule(
    code="LDP090",
    foresees=(
        "PIPELINE_SPEC_MISSING_REQUIRED_FIELD",
        "PIPELINE_SPEC_UNEXPECTED_FIELD",
        "PIPELINE_SPEC_DICT_VALUE_NOT_STRING",
        "PIPELINE_SPEC_INVALID_GLOB_PATTERN",
        "PIPELINE_STORAGE_ROOT_INVALID",
        "MULTIPLE_PIPELINE_SPEC_FILES_FOUND",
        "PIPELINE_UNSUPPORTED_DEFINITIONS_FILE_EXTENSION",
    ),
    verified="Spark 4.3 and the source of its pipelines command",
    needs="project",
    bad=[
        bad(
            _HEAD + "configuration:\n  spark.sql.shuffle.partitions: 8  # few\n  'a b': true\n" + _TAIL,
            fixed=_HEAD + 'configuration:\n  spark.sql.shuffle.partitions: "8"  # few\n  \'a b\': "true"\n' + _TAIL,
            file="spark-pipeline.yml",
            safe=True,
            marks=("8", "true"),
            count=2,
        ),
        bad(
            "\ufeff# 🙂\r\nname: orders\r\nstorage: /tmp/orders\r\nlibraries:\r\n  - glob: {include: src/*.sql}\r\n",
            file="spark-pipeline.yaml",
            marks=("/tmp/orders", "src/*.sql"),
            count=2,
        ),
        bad("nam: orders\nstorage: file:///x\n" + _TAIL, file="spark-pipeline.yml", marks=("nam", "nam"), count=2),
        bad("", file="spark-pipeline.yml", count=2),
        bad(_HEAD + "libraries:\n  - glob: {include: a.ipynb}\n", file="spark-pipeline.yml", marks=("a.ipynb",)),
        bad("name: [\n", file="spark-pipeline.yml"),
    ],
    good=[
        good(_HEAD + 'configuration:\n  spark.sql.shuffle.partitions: "8"\n' + _TAIL, file="spark-pipeline.yml"),
        good(
            _HEAD + "catalog: main\ndatabase: sales\nlibraries:\n  - glob: {include: src/a.sql}\n",
            file="spark-pipeline.yaml",
        ),
        good("bundle: {name: x}\nresources: {}\n", file="databricks.yml"),
    ],
)
def spec_file(spec: SpecFile, context: Context) -> Iterator[Finding]:
    """A spark-pipeline.yml that Spark does not take.

    Spark asks for a name and a storage folder with its scheme, knows seven fields, takes texts only in the
    configuration, and finds sources by a path or by `folder/**`, SQL and Python files alone. Anything else stops the
    run before the first source is read.
    """
    source = spec.source
    if os.path.basename(source.name) not in _NAMES:
        return
    try:
        said = read_yaml(source.text, os.path.basename(source.name))
    except SourceError as error:
        yield Finding(_line(source, error.what), error.what, why=error.why, fixes=(Fix(error.fix),))
        return
    yield from _twin(spec, context)
    yield from _missing(said, spec)
    yield from _unknown(said, spec)
    yield from _storage(said.get("storage"), spec)
    yield from _configuration(said.get("configuration"), spec)
    yield from _libraries(said.get("libraries"), spec)


def _line(source: Source, what: str) -> Location:
    found = re.search(r":(\d+)", what)
    starts = line_starts(source.text)
    number = min(int(found[1]), len(starts)) if found else 1
    end = starts[number] if number < len(starts) else len(source.text)
    return source.at(starts[number - 1], max(starts[number - 1], len(source.text[:end].rstrip())))


def _top(said: dict[str, Value], spec: SpecFile) -> Location:
    first = next((key for key in said if isinstance(key, Word)), None)
    return spec.at(first) if first is not None else spec.source.at(0)


def _twin(spec: SpecFile, context: Context) -> Iterator[Finding]:
    folder, name = os.path.split(spec.source.name)
    other = _NAMES[name == _NAMES[0]]
    if any(os.path.split(s.source.name) == (folder, other) for s in context.specs):
        why = "Spark looks for one of them and stops where it finds two"
        yield Finding(spec.source.at(0), f"{other} stands beside {name}", why=why, fixes=(Fix("delete one of them"),))


def _missing(said: dict[str, Value], spec: SpecFile) -> Iterator[Finding]:
    for name, what in (("name", "a name"), ("storage", "a folder for its checkpoints")):
        if said.get(name) is None or said.get(name) == "":
            fix = Fix(f"add {name}: {'orders' if name == 'name' else 'file:///path/to/storage'}")
            yield Finding(_top(said, spec), f"{name} is missing", why=f"a pipeline needs {what}", fixes=(fix,))


def _unknown(said: dict[str, Value], spec: SpecFile) -> Iterator[Finding]:
    for key in said:
        if key in FIELDS or not isinstance(key, Word):
            continue
        near = next(iter(get_close_matches(key, FIELDS, 1)), "")
        missing = near and near not in said
        edits = (Edit(spec.at(key), near),) if missing and near in ("name", "storage", "libraries") else ()
        title = f"write {near}" if near else "take it away"
        message = f"a spec has no field {key[:60]}" + (f"; {near} is one" if near else "")
        fix = Fix(title, edits, False, "if that is what it stands for")
        yield Finding(spec.at(key), message, why=f"the fields are {', '.join(FIELDS)}", fixes=(fix,))


def _storage(value: Value, spec: SpecFile) -> Iterator[Finding]:
    if isinstance(value, Word) and value.strip() and not _SCHEME.match(value) and "${" not in value:
        absolute = value.startswith("/")
        fix = Fix(f"write file://{value}" if absolute else "write the whole path, with file:// in front")
        yield Finding(
            spec.at(value),
            f"{value[:80]} names no scheme",
            why="checkpoints may lie in any file system, so Spark wants to be told which",
            fixes=(fix,),
        )


def _configuration(value: Value, spec: SpecFile) -> Iterator[Finding]:
    for key, each in value.items() if isinstance(value, dict) else ():
        if isinstance(each, Word) and not each.is_text:
            where = spec.at(each)
            fix = Fix("put it in quotes", (Edit(where, f'"{where.text}"'),), True, "it could not run as it was")
            yield Finding(
                where, f"{key} is not a text", why="Spark takes texts only in the configuration", fixes=(fix,)
            )
        elif not isinstance(each, Word) and isinstance(key, Word):
            why = "Spark takes texts only in the configuration"
            yield Finding(spec.at(key), f"{key} is not a text", why=why, fixes=(Fix("write it as one text"),))


def _libraries(value: Value, spec: SpecFile) -> Iterator[Finding]:
    for library in value if isinstance(value, list) else ():
        glob = library.get("glob") if isinstance(library, dict) else None
        include = glob.get("include") if isinstance(glob, dict) else None
        if not isinstance(include, Word):
            continue
        if is_glob(include.removesuffix("/**")):
            why = "Spark takes the path of a file, or a folder and /**"
            folder = re.split(r"[*?\[{]", include)[0].rpartition("/")[0]
            fix = Fix(f"write {folder}/**" if folder else "write folder/**")
            yield Finding(spec.at(include), f"{include[:90]} is no glob that Spark takes", why=why, fixes=(fix,))
        elif re.search(r"\.\w+\Z", include) and not include.endswith((".sql", ".py")):
            why = "Spark reads .sql and .py files only, and no notebooks"
            yield Finding(
                spec.at(include), f"{include[:90]} is no source that Spark reads", why=why,
                fixes=(Fix("write its code into a .sql or .py file"),),
            )  # fmt: skip
