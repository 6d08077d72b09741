"""Configuration: one table of keys, read from `[tool.ldp]`, the environment and flags into one frozen value.

The nearest `ldp.toml`, or `pyproject.toml` with a `[tool.ldp]`, above a path counts. Of two places that say
something the later wins: default, file, pipeline, environment table (`[tool.ldp.env.NAME]`), variable, flag.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias

from ldp_magic.errors import SettingsError
from ldp_magic.forms import deployment
from ldp_magic.forms.form import Key, Mismatch, one_of
from ldp_magic.forms.plain import (
    CODES,
    ENGINE,
    GLOBS,
    NAME,
    PARAMETERS,
    SECRETS,
    SIZE,
    STAND_INS,
    TABLE_OF_CODES,
    TIME_ZONE,
)

MAXSIZE, MAX_PARTS = 1_000_000, 300
_NOTHING: Mapping[str, object] = {}


_TARGET = Key(
    "target",
    one_of("databricks", "spark-4.1", "spark-4.2", "spark-4.3"),
    "databricks",
    "whose rules decide what is legal",
    "LDP_TARGET",
)
_CATALOG = Key("catalog", NAME, None, "where names without a catalog live", "LDP_CATALOG")
_SCHEMA = Key("schema", NAME, None, "where names without a schema live", "LDP_SCHEMA")
_PROFILE = Key("profile", NAME, None, "the workspace profile to sign in with", "LDP_PROFILE")
_CLUSTER = Key(
    "cluster", NAME, None, "the compute of the place databricks: a cluster's id, or serverless", "LDP_CLUSTER"
)
_LOCAL = Key("local", STAND_INS, {}, "the files here that stand in for volumes, buckets, tables and topics")
_SECRETS = Key("secrets", SECRETS, {}, "the variables that hold what dbutils.secrets is asked for")
_SET = Key("parameters", PARAMETERS, {}, "what `${name}` stands for")

KEYS: tuple[Key, ...] = (
    _TARGET,
    _CATALOG,
    _SCHEMA,
    _SET,
    _PROFILE,
    Key("place", ENGINE, "embedded", "where previews run", "LDP_PLACE"),
    _CLUSTER,
    _LOCAL,
    _SECRETS,
    Key("time-zone", TIME_ZONE, "UTC", "the time zone that queries see", "LDP_TIME_ZONE"),
    deployment.SCHEDULE,
    deployment.SCHEDULE_ZONE,
    Key("engine-memory", SIZE, None, "what the embedded engine may take", "LDP_ENGINE_MEMORY"),
    Key("exclude", GLOBS, (), "files that are never read"),
    Key("max-file-size", SIZE, 4_000_000, "larger files are named, not read", "LDP_MAX_FILE_SIZE"),
    Key("select", CODES, (), "the rules that run; none named: the usual ones"),
    Key("extend-select", CODES, (), "rules that run besides those"),
    Key("ignore", CODES, (), "rules that do not run"),
    Key("per-file-ignores", TABLE_OF_CODES, {}, "rules that do not run in some files"),
)
PIPELINE_KEYS = (
    Key("sources", GLOBS, (), "files, folders and globs"),
    _CATALOG,
    _SCHEMA,
    _SET,
    _TARGET,
    _LOCAL,
    deployment.SCHEDULE,
    deployment.SCHEDULE_ZONE,
    *deployment.KEYS,
)
ENVIRONMENT_KEYS = (
    _CATALOG,
    _SCHEMA,
    _SET,
    _PROFILE,
    _CLUSTER,
    _LOCAL,
    deployment.SCHEDULE,
    deployment.SCHEDULE_ZONE,
    *deployment.KEYS,
)
# what a later place says is added, name by name
_ADDED = frozenset(
    key.name for key in (*KEYS, *deployment.KEYS) if key.default == {} and key.name != "per-file-ignores"
)
_TABLES = {"pipelines": PIPELINE_KEYS, "env": ENVIRONMENT_KEYS}

Said: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineSettings:
    """One `[tool.ldp.pipelines.NAME]` as written; its sources are relative to the folder of the file."""

    name: str
    sources: tuple[str, ...] = ()
    catalog: str | None = None
    schema: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    local: Mapping[str, str] = field(default_factory=dict)
    schedule: str | None = None
    schedule_time_zone: str | None = None
    deployment: Mapping[str, object] = field(default_factory=dict)  # what the workspace is to hold, by key
    spec: str = ""  # the place of a spec, which counts more than the settings file


@dataclass(frozen=True, slots=True)
class Layer:
    """What one place says; *rank* orders the places, `FILE` first, `FLAG` last."""

    rank: int
    origin: str
    said: Said


FILE, PIPELINE, ENVIRONMENT, SPEC, VARIABLE, FLAG = range(1, 7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting, and in `origin` where each came from; a parameter's origin is under `parameters.NAME`."""

    root: Path
    file: Path | None
    environment: str | None
    target: str
    catalog: str | None
    schema: str | None
    parameters: Mapping[str, str]
    profile: str | None
    place: str
    cluster: str | None
    local: Mapping[str, str]
    secrets: Mapping[str, str]
    time_zone: str
    schedule: str | None
    schedule_time_zone: str
    engine_memory: int | None
    exclude: tuple[str, ...]
    max_file_size: int
    select: tuple[str, ...]
    extend_select: tuple[str, ...]
    ignore: tuple[str, ...]
    per_file_ignores: Mapping[str, tuple[str, ...]]
    deployment: Mapping[str, object]  # what the workspace is to hold, by key, where something is said
    pipelines: Mapping[str, PipelineSettings]
    environments: tuple[str, ...]
    origin: Mapping[str, str]
    layers: tuple[Layer, ...] = field(repr=False)

    def of(self, pipeline: str) -> Settings:
        """The settings as that pipeline sees them: its table counts more than the file, less than an environment."""
        if pipeline not in self.pipelines:
            raise _no_such("pipeline", pipeline, self.pipelines, self.file)
        entry = self.pipelines[pipeline]
        said = {key.name: getattr(entry, key.field) for key in PIPELINE_KEYS[1:] if key not in deployment.KEYS}
        said = {**{name: value for name, value in said.items() if value}, **entry.deployment}
        origin = entry.spec or table_shown(self.file, "pipelines", pipeline)
        layer = Layer(SPEC if entry.spec else PIPELINE, origin, said)
        kept = {each.name: getattr(self, each.name) for each in fields(self)}
        return Settings(**(kept | _merged((*self.layers, layer))))


def find(
    start: str | os.PathLike[str] = ".",
    env: str | None = None,
    overrides: Mapping[str, object] = _NOTHING,
    *,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """The settings for *start*, a file or folder, in environment *env*; *overrides* are flags, by their key's name."""
    folder = Path(os.path.abspath(start))
    folder = folder if os.path.isdir(folder) else folder.parent
    document = _nearest(folder)
    read = _read(document) if document else _Read({}, {}, {})
    layers = [Layer(FILE, path_shown(document.path), read.said)] if document else []
    if env is not None:
        layers.append(_environment(env, read, document))
    layers += _variables(os.environ if environ is None else environ)
    layers += _flags(overrides)
    return Settings(
        root=document.path.parent if document else folder,
        file=document.path if document else None,
        environment=env,
        pipelines={name: _pipeline(name, said) for name, said in read.pipelines.items()},
        environments=tuple(read.environments),
        **_merged(layers),
    )


def _merged(layers: Iterable[Layer]) -> dict[str, Any]:
    layers = sorted(layers, key=lambda layer: layer.rank)
    values: dict[str, Any] = {key.name: key.default for key in KEYS}
    origin = dict.fromkeys(values, "default")
    deployed = {key.name for key in deployment.KEYS}
    for layer in layers:
        for name, value in layer.said.items():
            if name in _ADDED and isinstance(value, Mapping):
                origin |= dict.fromkeys((f"{name}.{each}" for each in value), layer.origin)
                value = {**values.get(name, {}), **value}
            values[name], origin[name] = value, layer.origin
    said = {name: value for name, value in values.items() if name in deployed}
    return {key.field: values[key.name] for key in KEYS} | {
        "deployment": said,
        "origin": origin,
        "layers": tuple(layers),
    }


def of_spec(name: str, said: Mapping[str, Any], origin: str) -> PipelineSettings:
    """What a spec says of a pipeline; *origin* is the place that says it."""
    return replace(_pipeline(name, said), spec=origin)


def _pipeline(name: str, said: Mapping[str, Any]) -> PipelineSettings:
    own = {key.field: said[key.name] for key in PIPELINE_KEYS if key.name in said and key not in deployment.KEYS}
    deployed = {key.name: said[key.name] for key in (*deployment.KEYS, _PROFILE, _CLUSTER) if key.name in said}
    return PipelineSettings(name=name, deployment=deployed, **own)


# The file


@dataclass(frozen=True, slots=True)
class _Document:
    """A settings file: its text, and the table that is ours with the path that leads to it."""

    path: Path
    text: str
    table: Mapping[str, object]
    prefix: tuple[str, ...]

    def at(self, *keys: str) -> str:
        """File and line of a key. TOML's reader keeps no positions, so the line is looked up by name."""
        line = _line(self.text, (*self.prefix, *keys), len(self.prefix))
        return path_shown(self.path) + (f":{line}" if line else "")


@dataclass(frozen=True, slots=True)
class _Read:
    """What a file says: on its own behalf, per pipeline, per environment."""

    said: Said
    pipelines: dict[str, Said]
    environments: dict[str, Said]


def _nearest(folder: Path) -> _Document | None:
    for above in (folder, *folder.parents):
        for name, prefix in (("ldp.toml", ()), ("pyproject.toml", ("tool", "ldp"))):
            path = above / name
            if os.path.isfile(path) and (document := _document(path, prefix)):
                return document
    return None


def _document(path: Path, prefix: tuple[str, ...]) -> _Document | None:
    text = _text_of(path)
    if prefix and prefix[-1] not in text:
        return None  # another tool's file: not ours to parse, however broken
    table: object = _toml(path, text)
    for key in prefix:
        table = table.get(key) if isinstance(table, Mapping) else None
    if table is None:
        return None
    if not isinstance(table, Mapping):
        raise SettingsError(
            f"{path_shown(path)}: {'.'.join(prefix)} is not a table",
            why="the settings are keys of a table",
            fix=f"write [{'.'.join(prefix)}] on a line of its own, and the keys below it",
        )
    return _Document(path, text, table, prefix)


def _text_of(path: Path) -> str:
    shown = path_shown(path)
    try:
        with open(path, "rb") as file:
            data = file.read(MAXSIZE + 1)
        if len(data) > MAXSIZE:
            raise SettingsError(
                f"{shown} is larger than {MAXSIZE // 1_000_000} MB",
                why="a settings file of that size is a mistake",
                fix="put the settings into an ldp.toml beside it",
            )
        return data.decode("utf-8-sig")
    except OSError as error:
        raise SettingsError(
            f"{shown} cannot be read: {error.strerror}",
            why="it may hold the settings of this folder",
            fix="make it readable, or move it away",
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{shown} is not UTF-8: byte {error.start} is 0x{data[error.start]:02x}",
            why="TOML files are UTF-8",
            fix="save it as UTF-8",
        ) from error


def _toml(path: Path, text: str) -> Mapping[str, object]:
    _refuse_long_names(path, text)
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except RecursionError:
        reason = "it is nested too deeply"
    except ValueError as error:
        reason = str(error).rstrip(".")
    raise SettingsError(
        f"{path_shown(path)} is not TOML: {_short(reason[:1].lower() + reason[1:], 120)}",
        why="no setting of a broken file can be trusted",
        fix="mend it there",
    )


def _refuse_long_names(path: Path, text: str) -> None:
    """TOML's reader needs the square of a dotted name's length, which lets one line take minutes."""
    for number, line in enumerate(text.split("\n") if text.count(".") > MAX_PARTS else (), 1):
        if line.count(".") > MAX_PARTS and _STRING.sub("", line).count(".") > MAX_PARTS:
            raise SettingsError(
                f"{path_shown(path)}:{number}: a name of more than {MAX_PARTS} parts",
                why="no setting is that deep",
                fix="take the line away, or break it",
            )


def _read(document: _Document) -> _Read:
    own = {name: value for name, value in document.table.items() if name not in _TABLES}
    return _Read(
        _said((*KEYS, *deployment.KEYS), own, document),
        _named_tables(document, "pipelines"),
        _named_tables(document, "env"),
    )


def _named_tables(document: _Document, table: str) -> dict[str, Said]:
    found = document.table.get(table, {})
    if not isinstance(found, Mapping):
        raise _no_table(document, table)
    for name, inner in found.items():
        if not isinstance(inner, Mapping):
            raise _no_table(document, table, name)
    return {name: _said(_TABLES[table], inner, document, table, name) for name, inner in found.items()}


def _no_table(document: _Document, *keys: str) -> SettingsError:
    table = ".".join((*document.prefix, *keys[:1]))
    return SettingsError(
        f"{document.at(*keys)}: {'.'.join((*document.prefix, *map(_quoted, keys)))} is not a table",
        why=f"{table} holds one table per name",
        fix=f"write [{table}.NAME] on a line of its own, and its keys below it",
    )


def _said(keys: tuple[Key, ...], table: Mapping[str, object], document: _Document, *inside: str) -> Said:
    known = {key.name: key for key in keys}
    for name in table:
        if name not in known:
            raise _unknown(document, name, known, inside)
    return {name: _of_file(known[name], value, document, inside) for name, value in table.items()}


def _of_file(key: Key, value: object, document: _Document, inside: tuple[str, ...]) -> object:
    try:
        return key.form.read(value)
    except Mismatch as mismatch:
        names = (*inside, key.name, *mismatch.inside)
        for each in mismatch.inside:
            value = value.get(each) if isinstance(value, Mapping) else value
        what = f"{document.at(*names)}: {'.'.join(map(_quoted, names))} cannot be {_value_shown(value)}"
        raise _wrong(key, what, f"write {key.name} = {_example(key, value)}") from None


def _unknown(document: _Document, name: str, known: Iterable[str], inside: tuple[str, ...]) -> SettingsError:
    names = [*known, *([] if inside else _TABLES)]
    near = _near(name, names)
    table = f"[{'.'.join((*document.prefix, *map(_quoted, inside)))}]" if document.prefix or inside else "the file"
    if not document.prefix and not inside and name == "tool":
        near, fix = None, "take the tool.ldp away: in an ldp.toml the keys stand at the top"
    else:
        fix = f"write {near}, or take the key away" if near else "take the key away"
    return SettingsError(
        f"{document.at(*inside, name)}: no setting is called {_short(name)}" + (f"; {near} is" if near else ""),
        why=f"the keys of {table} are {', '.join(names)}",
        fix=fix,
    )


_STRING = re.compile(r"""\"[^"\n]*"|'[^'\n]*'""")
_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_NAMES = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_HEAD = re.compile(rf"[ \t]*\[{{1,2}}[ \t]*({_NAMES})[ \t]*\]")
_ASSIGNMENT = re.compile(rf"[ \t]*({_NAMES})[ \t]*=")


def _line(text: str, path: tuple[str, ...], shortest: int) -> int | None:
    """The line that names *path*, or the longest beginning of it that has a line."""
    where = _lines(text)
    return next((where[path[:n]] for n in range(len(path), shortest, -1) if path[:n] in where), None)


def _lines(text: str) -> dict[tuple[str, ...], int]:
    section: tuple[str, ...] = ()
    where: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if head := _HEAD.match(line):
            section = path = _parts(head[1])
        elif assignment := _ASSIGNMENT.match(line):
            path = (*section, *_parts(assignment[1]))
        else:
            continue
        for n in range(1, min(len(path), 8) + 1):
            where.setdefault(path[:n], number)
    return where


def _parts(names: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_PART, names))


# The environment table, variables, flags


def _environment(env: str, read: _Read, document: _Document | None) -> Layer:
    if env not in read.environments:
        raise _no_such("environment", env, read.environments, document.path if document else None)
    return Layer(ENVIRONMENT, table_shown(document.path if document else None, "env", env), read.environments[env])


def _variables(environ: Mapping[str, str]) -> list[Layer]:
    set_ = [key for key in KEYS if key.variable and environ.get(key.variable)]
    return [Layer(VARIABLE, key.variable, {key.name: _of_variable(key, environ[key.variable])}) for key in set_]


def _of_variable(key: Key, value: str) -> object:
    try:
        return key.form.read(value)
    except Mismatch:
        fix = f"set {key.variable}={_example(key, value).strip(chr(34))}, or unset it"
        raise _wrong(key, f"{key.variable} cannot be {_value_shown(value)}", fix) from None


def _flags(overrides: Mapping[str, object]) -> list[Layer]:
    known = {name: key for key in (*KEYS, *deployment.KEYS) for name in (key.name, key.field)}
    unknown = [name for name in overrides if name not in known]
    if unknown:
        raise TypeError(f"no setting is called {unknown[0]!r}")
    given = [(known[name], value) for name, value in overrides.items() if value is not None]
    return [Layer(FLAG, f"--{key.name}", {key.name: _of_flag(key, value)}) for key, value in given]


def _of_flag(key: Key, value: object) -> object:
    try:
        return key.form.read(value)
    except Mismatch:
        fix = f"write --{key.name} {_example(key, value).strip(chr(34))}"
        raise _wrong(key, f"--{key.name} cannot be {_value_shown(value)}", fix) from None


# Words


def _wrong(key: Key, what: str, fix: str) -> SettingsError:
    return SettingsError(what, why=f"{key.name} is {key.form.expected}", fix=fix)


def _no_such(kind: str, name: str, names: Iterable[str], file: Path | None) -> SettingsError:
    names = list(names)
    near = _near(name, names)
    return SettingsError(
        f"no {kind} is called {_short(name)}" + (f"; {near} is" if near else ""),
        why=_held(names, file),
        fix=f"say {near}" if near else _added("env" if kind == "environment" else "pipelines", name, file),
    )


def _held(names: list[str], file: Path | None) -> str:
    if file is None:
        return "no pyproject.toml with a [tool.ldp] and no ldp.toml was found here or above"
    return f"{path_shown(file)} has {', '.join(map(_short, names[:20])) or 'none'}"


def _added(table: str, name: str, file: Path | None) -> str:
    names = (table, name) if file and file.name == "ldp.toml" else ("tool", "ldp", table, name)
    return f"add [{'.'.join(map(_quoted, names))}] to {path_shown(file) if file else 'a pyproject.toml'}"


def _near(name: str, names: Iterable[str]) -> str | None:
    close = get_close_matches(name.replace("_", "-").lower(), list(names), n=1)
    return close[0] if close else None


def _example(key: Key, value: object) -> str:
    near = _near(value, key.form.choices) if isinstance(value, str) else None
    return f'"{near}"' if near else key.form.example


def _value_shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "a table"
    return _short(without_secrets(json.dumps(value, ensure_ascii=False, default=str)))


def without_secrets(text: str) -> str:
    """*text* with the token of an `sc://` address taken out."""
    return re.sub(r"(?i)(token=)[^;\"\s]+", r"\1...", text)


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


def _quoted(part: str) -> str:
    return _short(part) if re.fullmatch(r"[\w-]+", part) else json.dumps(_short(part), ensure_ascii=False)


def path_shown(path: Path) -> str:
    """A path as the user would type it: relative where it lies below the working directory."""
    try:
        return path.relative_to(os.getcwd()).as_posix()
    except (ValueError, OSError):
        return str(path)


def table_shown(file: Path | None, *names: str) -> str:
    """A table of the settings file as an origin: `pyproject.toml [tool.ldp.env.dev]`."""
    prefix = () if file and file.name == "ldp.toml" else ("tool", "ldp")
    return f"{path_shown(file) if file else ''} [{'.'.join((*prefix, *map(_quoted, names)))}]".strip()
