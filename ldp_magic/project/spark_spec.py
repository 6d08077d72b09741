"""The pipeline that a `spark-pipeline.yml` declares, read by the rules of Apache Spark."""

from __future__ import annotations

import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from ldp_magic.errors import SourceError
from ldp_magic.project.files import read_text
from ldp_magic.project.globs import is_glob, under
from ldp_magic.project.model import Declared, Pattern
from ldp_magic.project.tree import SPECS
from ldp_magic.settings import path_shown
from ldp_magic.spec.documents import Value, Word, line_of, read_yaml

__all__ = ["spark_spec"]

MAX_BYTES = 2_000_000
FIELDS = ("name", "storage", "catalog", "database", "schema", "configuration", "libraries")


def spark_spec(path: str) -> tuple[tuple[Declared, ...], tuple[SourceError, ...]]:
    """The pipeline of the spec at *path*, and everything in it that Spark would refuse."""
    name = path_shown(Path(path))
    said = read_yaml(read_text(path, MAX_BYTES), name)
    errors = [*_twins(path, name), *_unknown(said, name), *_unnamed(said, name)]
    configuration, wrong = _configuration(said.get("configuration"), name)
    patterns, refused = _libraries(said.get("libraries"), path, name)
    declared = Declared(
        name=_text(said.get("name")) or os.path.basename(os.path.dirname(path)),
        file=path,
        origin=name,
        patterns=patterns,
        parameters=configuration,
        catalog=_text(said.get("catalog")),
        schema=_text(said.get("database")) or _text(said.get("schema")),
        open_source=True,
    )
    return (declared,), (*errors, *wrong, *refused)


def _twins(path: str, name: str) -> Iterator[SourceError]:
    others = [each for each in SPECS if each != os.path.basename(path)]
    twin = next((each for each in others if os.path.exists(os.path.join(os.path.dirname(path), each))), None)
    if twin is not None and os.path.basename(path) == SPECS[0]:
        yield SourceError(f"{twin} stands beside {name}", why="Spark reads neither of two specs", fix=f"delete {twin}")


def _unknown(said: dict[str, Value], name: str) -> Iterator[SourceError]:
    for key in said:
        if key not in FIELDS:
            near = get_close_matches(key, FIELDS, n=1)
            yield SourceError(
                f"{name}:{line_of(said, key)}: a spec has no field {key[:60]}"
                + (f"; {near[0]} is one" if near else ""),
                why=f"the fields are {', '.join(FIELDS)}",
                fix=f"write {near[0]}" if near else "take it away",
            )


def _unnamed(said: dict[str, Value], name: str) -> Iterator[SourceError]:
    if not _text(said.get("name")):
        yield SourceError(f"{name} says no name", why="Spark asks for one", fix="add `name:` and a name")


def _configuration(value: Value, name: str) -> tuple[dict[str, str], list[SourceError]]:
    """The configuration as texts. What is no text is taken as written, and said."""
    if not isinstance(value, dict):
        wrong = [] if value is None else [_no_texts("configuration", name, line_of(value))]
        return {}, wrong
    texts = {key: str(each) for key, each in value.items() if isinstance(each, Word)}
    bad = [key for key, each in value.items() if not isinstance(each, Word) or not each.is_text]
    return texts, [_no_texts(f"configuration {key[:60]}", name, line_of(value, key)) for key in bad]


def _no_texts(what: str, name: str, line: int) -> SourceError:
    where = f"{name}:{line}" if line else name
    return SourceError(f"{where}: {what} is not text", why="Spark takes texts only", fix="put the value in quotes")


def _libraries(value: Value, path: str, name: str) -> tuple[tuple[Pattern, ...], list[SourceError]]:
    words = [_include(each) for each in value] if isinstance(value, list) else []
    patterns = tuple(_pattern(word, path) for word in words if word is not None)
    refused = [_refused(pattern, name) for pattern in patterns if is_glob(pattern.path.removesuffix("/**"))]
    missing = [] if patterns and None not in words else [_no_sources(value, name)]
    return patterns, [*refused, *missing]


def _include(library: Value) -> Word | None:
    glob = library.get("glob") if isinstance(library, dict) else None
    include = glob.get("include") if isinstance(glob, dict) else None
    return include if isinstance(include, Word) and include.strip() else None


def _pattern(word: Word, path: str) -> Pattern:
    whole = os.path.normpath(under(os.path.dirname(path), word)).replace(os.sep, "/")
    return Pattern(whole, str(word), word.line)


def _refused(pattern: Pattern, name: str) -> SourceError:
    return SourceError(
        f"{name}:{pattern.line}: {pattern.written[:90]} is no glob that Spark takes",
        why="it takes the path of a file, or a folder and /**",
        fix="write transformations/**",
    )


def _no_sources(value: Value, name: str) -> SourceError:
    where = f"{name}:{line_of(value)}" if line_of(value) else name
    return SourceError(
        f"{where}: a library names no glob" if value else f"{where} names no sources",
        why="libraries is a list of globs",
        fix="write libraries: [{glob: {include: transformations/**}}]",
    )


def _text(value: Value) -> str:
    return str(value) if isinstance(value, Word) else ""
