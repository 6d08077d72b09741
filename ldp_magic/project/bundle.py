"""The pipelines of a Databricks bundle: `databricks.yml`, what it includes, and what its chosen target changes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ldp_magic.errors import SourceError
from ldp_magic.project.files import read_text
from ldp_magic.project.globs import base, literal, matches, under
from ldp_magic.project.model import Declared, Pattern
from ldp_magic.project.tree import Tree
from ldp_magic.settings import path_shown
from ldp_magic.spec.documents import Value, Word, line_of, read_yaml

__all__ = ["Whole", "bundle", "place_of", "read_whole"]

MAX_BYTES = 2_000_000
MAX_REFERENCES = 200_000
MAX_LENGTH = 200_000
MAX_DEPTH = 12
_REFERENCE = re.compile(r"\$\{([A-Za-z_][\w.\-\[\]]{0,200})\}")
# where the files of the bundle lie in the workspace, and so the bundle's own folder here
_FILES = re.compile(r"\$\{workspace\.(?:file_path\}|root_path\}/files(?=/|\Z))/?")
# pipelines that copy tables and hold no code
_WITHOUT_CODE = ("ingestion_definition", "gateway_definition")


class _Anchored(Word):
    """A path that is relative to the folder of the file that says it."""

    __slots__ = ("folder",)
    folder: str


def bundle(
    path: str, env: str | None, tree: Tree, environ: Mapping[str, str]
) -> tuple[tuple[Declared, ...], tuple[SourceError, ...], tuple[str, ...]]:
    """The pipelines that the bundle at *path* declares for target *env*, what is wrong, and the targets it has."""
    read = read_whole(path, env, tree, environ)
    errors = list(read.errors)
    found: list[Declared] = []
    for key, pipeline in _mapping(_mapping(read.said.get("resources")).get("pipelines")).items():
        try:
            found += _declared(key, _mapping(read.resolved(pipeline)), path, read.target, errors)
        except SourceError as error:
            errors.append(error)
    return tuple(found), tuple(errors), read.targets


@dataclass(frozen=True, slots=True)
class Whole:
    """A bundle as one of its targets has it, all its files merged; references stay until they are `resolved`."""

    said: dict[str, Value]
    target: str
    targets: tuple[str, ...]
    errors: tuple[SourceError, ...]
    values: _Values

    def resolved(self, value: Value) -> Value:
        """A value with every reference in it that does not take a workspace."""
        return self.values.resolved(value)


def read_whole(path: str, env: str | None, tree: Tree, environ: Mapping[str, str]) -> Whole:
    """The bundle at *path* for target *env*, or for the one that is its default."""
    errors: list[SourceError] = []
    whole = _whole(path, tree, errors)
    targets = _mapping(whole.get("targets")) or _mapping(whole.get("environments"))
    target = _chosen(targets, env)
    whole = _merged(whole, _without_variables(_mapping(targets.get(target))))
    values = _Values(whole, _variables(whole, _mapping(targets.get(target)), environ), target, path_shown(Path(path)))
    return Whole(whole, target, tuple(targets), tuple(errors), values)


def place_of(word: Word, root: str) -> str:
    """The absolute path that a text of a pipeline or a job means; *root* is the folder of the bundle."""
    return _path(word, root)


# --- one document of several -----------------------------------------------------------------------------------


def _whole(path: str, tree: Tree, errors: list[SourceError]) -> dict[str, Value]:
    """The bundle's file and all files it includes, merged; paths remember the folder of their file."""
    folder = os.path.dirname(path)
    whole = _anchored(read_yaml(read_text(path, MAX_BYTES), path_shown(Path(path))), folder)
    for include in _list(whole.get("include")):
        for name in _included(str(include or ""), folder, path, tree):
            try:
                part = read_yaml(read_text(name, MAX_BYTES), path_shown(Path(name)))
            except SourceError as error:
                errors.append(error)
            else:
                whole = _merged(whole, _anchored(part, os.path.dirname(name)))
    return whole


def _included(include: str, folder: str, own: str, tree: Tree) -> Iterator[str]:
    pattern = _normal(under(folder, include))
    for entry in tree.files(base(pattern)) if os.path.isdir(base(pattern)) else ():
        if entry.suffix in (".yml", ".yaml") and entry.path != own and matches(pattern, _normal(entry.path)):
            yield entry.path
    path = literal(pattern)
    if os.path.isfile(path) and _normal(own) != path:
        yield path


def _anchored(document: dict[str, Value], folder: str) -> dict[str, Value]:
    """The document with the texts of its pipelines and jobs tied to *folder*, in the targets too."""
    out = dict(document)
    if isinstance(out.get("resources"), dict):
        out["resources"] = _anchored_resources(_mapping(out["resources"]), folder)
    for table in ("targets", "environments"):
        if isinstance(out.get(table), dict):
            out[table] = {
                k: _anchored(v, folder) if isinstance(v, dict) else v for k, v in _mapping(out[table]).items()
            }
    return out


def _anchored_resources(resources: dict[str, Value], folder: str) -> dict[str, Value]:
    return {kind: _tied(each, folder) if kind in ("pipelines", "jobs") else each for kind, each in resources.items()}


def _tied(value: Value, folder: str) -> Value:
    if isinstance(value, Word):
        tied = _Anchored(value)
        tied.line, tied.is_text, tied.folder = value.line, value.is_text, folder
        tied.start, tied.end = value.start, value.end
        return tied
    if isinstance(value, list):
        return [_tied(each, folder) for each in value]
    return {key: _tied(each, folder) for key, each in value.items()} if isinstance(value, dict) else value


def _merged(one: dict[str, Value], other: dict[str, Value]) -> dict[str, Value]:
    """*other* put over *one*: mappings are merged, lists are joined, everything else is replaced."""
    out = dict(one)
    for key, value in other.items():
        was = out.get(key)
        if isinstance(was, dict) and isinstance(value, dict):
            out[key] = _merged(was, value)
        elif isinstance(was, list) and isinstance(value, list):
            out[key] = [*was, *value]
        elif value is not None or key not in out:
            out[key] = value
    return out


# --- targets and variables ---------------------------------------------------------------------------------------


def _chosen(targets: Mapping[str, Value], env: str | None) -> str:
    """The target asked for, else the one that is the default, else the only one."""
    if env in targets:
        return str(env)
    default = next((name for name, one in targets.items() if str(_mapping(one).get("default")).lower() == "true"), "")
    return default or (next(iter(targets)) if len(targets) == 1 else "")


def _without_variables(target: dict[str, Value]) -> dict[str, Value]:
    return {key: value for key, value in target.items() if key != "variables"}


def _variables(whole: dict[str, Value], target: dict[str, Value], environ: Mapping[str, str]) -> dict[str, Value]:
    """Every variable that has a value: the environment counts most, then the target, then the default."""
    said: dict[str, Value] = {}
    for table in (_mapping(whole.get("variables")), _mapping(target.get("variables"))):
        for name, one in table.items():
            if not isinstance(one, dict):
                said[name] = one
            elif "default" in one:
                said[name] = one["default"]
    names = [*_mapping(whole.get("variables")), *_mapping(target.get("variables"))]
    return said | {name: _word(environ[f"BUNDLE_VAR_{name}"]) for name in names if f"BUNDLE_VAR_{name}" in environ}


@dataclass(slots=True)
class _Values:
    """Puts values in the place of `${...}`; what only a workspace knows stays as it is written."""

    whole: dict[str, Value]
    variables: dict[str, Value]
    target: str
    name: str
    left: int = MAX_REFERENCES

    def resolved(self, value: Value, depth: int = 0) -> Value:
        if isinstance(value, Word):
            self.count(value, depth)
            return self.text(value, depth) if "${" in value else value
        if isinstance(value, list):
            return [self.resolved(each, depth) for each in value]
        return {key: self.resolved(each, depth) for key, each in value.items()} if isinstance(value, dict) else value

    def text(self, word: Word, depth: int) -> Value:
        alone = _REFERENCE.fullmatch(word)
        if alone is not None:
            value = self.value(alone[1], word, depth)
            return word if value is None else _like(word, value) if isinstance(value, Word) else value
        return _like(word, self.cut(_REFERENCE.sub(lambda found: self.inside(found, word, depth), word), word))

    def inside(self, found: re.Match[str], word: Word, depth: int) -> str:
        value = self.value(found[1], word, depth)
        return str(value) if isinstance(value, Word) else found[0]

    def cut(self, text: str, word: Word) -> str:
        if len(text) > MAX_LENGTH:
            raise self.too_much(word)
        return text

    def value(self, path: str, word: Word, depth: int) -> Value:
        """What a reference means, itself resolved; None if that is not known here."""
        self.count(word, depth)
        head, *rest = path.replace("[", ".").replace("]", "").split(".")
        if path in ("bundle.target", "bundle.environment"):
            return _word(self.target) if self.target else None
        if head == "workspace":
            return None
        found: Value = self.variables if head == "var" else self.whole.get(head)
        for key in rest:
            found = _step(found, key)
        return self.resolved(found, depth + 1)

    def count(self, word: Word, depth: int) -> None:
        self.left -= 1
        if self.left < 0 or depth > MAX_DEPTH:
            raise self.too_much(word)

    def too_much(self, word: Word) -> SourceError:
        return SourceError(
            f"{self.name}:{word.line}: {word[:60]} cannot be resolved",
            why="its references lead in a circle, or grow without end",
            fix="write the value out",
        )


def _step(value: Value, key: str) -> Value:
    if isinstance(value, dict):
        return value.get(key)
    return value[int(key)] if isinstance(value, list) and key.isdigit() and int(key) < len(value) else None


def _like(word: Word, text: str) -> Word:
    """*text* where *word* stood."""
    made = _word(text)
    made.line = word.line
    if not isinstance(word, _Anchored):
        return made
    tied = _tied(made, word.folder)
    return tied if isinstance(tied, Word) else made


def _word(text: str) -> Word:
    word = Word(text)
    word.line, word.is_text, word.start, word.end = 0, True, 0, 0
    return word


# --- pipelines ---------------------------------------------------------------------------------------------------


def _declared(
    key: str, pipeline: dict[str, Value], path: str, target: str, errors: list[SourceError]
) -> Iterator[Declared]:
    shown = path_shown(Path(path))
    if any(pipeline.get(word) for word in _WITHOUT_CODE):
        return
    patterns = tuple(_patterns(pipeline.get("libraries"), path))
    if not patterns:
        where = f"{shown}:{line_of(pipeline)}" if line_of(pipeline) else shown
        errors.append(
            SourceError(
                f"{where}: pipeline {key} names no sources",
                why="its libraries hold no glob, file or notebook",
                fix="add `- glob: {include: transformations/**}` to its libraries",
            )
        )
        return
    said = {**_mapping(pipeline.get("parameters")), **_mapping(pipeline.get("configuration"))}
    yield Declared(
        name=key,
        file=path,
        origin=f"{shown}: resources.pipelines.{key}",
        patterns=patterns,
        parameters={name: str(value or "") for name, value in said.items() if not isinstance(value, (dict, list))},
        catalog=_text(pipeline.get("catalog")),
        schema=_text(pipeline.get("schema")) or _text(pipeline.get("target")),
        environment=target,
    )


def _patterns(libraries: Value, path: str) -> Iterator[Pattern]:
    for library in _list(libraries):
        one = _mapping(library)
        for kind, field in (("glob", "include"), ("file", "path"), ("notebook", "path")):
            word = _mapping(one.get(kind)).get(field)
            if isinstance(word, Word) and word.strip():
                yield Pattern(_path(word, os.path.dirname(path)), str(word), word.line)


def _path(word: Word, root: str) -> str:
    folder = word.folder if isinstance(word, _Anchored) else root
    files = _FILES.match(word)
    if files:
        return _normal(under(root, word[files.end() :].lstrip("/")))
    return _normal(under(folder, word))


def _normal(path: str) -> str:
    return os.path.normpath(path).replace(os.sep, "/")


def _mapping(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _text(value: Value) -> str:
    return str(value) if isinstance(value, Word) else ""
