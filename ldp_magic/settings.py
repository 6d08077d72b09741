"""Configuration: one table of keys, read from `[tool.ldp]`, the environment and flags into one frozen value.

The nearest `ldp.toml`, or `pyproject.toml` with a `[tool.ldp]`, above a path counts. Of two places that say
something the later wins: default, file, pipeline, environment table (`[tool.ldp.env.NAME]`), variable, flag.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias

from ldp_magic.errors import SettingsError

MAXSIZE, MAX_PARTS = 1_000_000, 300
_NOTHING: Mapping[str, object] = {}


class _Mismatch(ValueError):
    """A value is not of its form; *inside* leads to the part that is wrong."""

    def __init__(self, *inside: str) -> None:
        super().__init__(*inside)
        self.inside = inside


@dataclass(frozen=True, slots=True)
class Form:
    """What a value may look like: in words, as an example, and the function that reads it."""

    expected: str
    example: str
    read: Callable[[object], object]
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: its name in the file, its form, its default, what it is for, the variable that also sets it."""

    name: str
    form: Form
    default: object
    help: str
    variable: str = ""

    @property
    def field(self) -> str:
        return self.name.replace("-", "_")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Mismatch
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) and one.strip() for one in value):
        raise _Mismatch
    return tuple(value)


def _parameters(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise _Mismatch
    return {str(name): _parameter(str(name), one) for name, one in value.items()}


def _parameter(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if not isinstance(value, (str, int, float)):
        raise _Mismatch(name)
    return str(value)


def _texts_by_glob(value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise _Mismatch
    return {str(glob): _inside(str(glob), _texts, codes) for glob, codes in value.items()}


def _inside(name: str, read: Callable[[object], tuple[str, ...]], value: object) -> tuple[str, ...]:
    try:
        return read(value)
    except _Mismatch:
        raise _Mismatch(name) from None


_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,3})?) ?(B|kB|MB|GB)?", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000}


def _size(value: object) -> int:
    match = _SIZE.fullmatch(str(value).strip()) if isinstance(value, (str, int)) else None
    size = int(float(match[1]) * _UNITS[(match[2] or "").lower()]) if match and not isinstance(value, bool) else 0
    if size <= 0:
        raise _Mismatch
    return size


_PLACE = re.compile(r"embedded|databricks|sc://[^\s/:;]+(:\d{1,5})?(/\S*)?")


def _place(value: object) -> str:
    if not isinstance(value, str) or not _PLACE.fullmatch(value):
        raise _Mismatch
    return value


def _texts_by_text(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise _Mismatch
    for name, one in value.items():
        if not isinstance(one, str) or not one.strip() or not str(name).strip():
            raise _Mismatch(str(name))
    return {str(name): str(one) for name, one in value.items()}


_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}|[+-]\d{2}:\d{2}")


def _zone(value: object) -> str:
    if not isinstance(value, str) or not _ZONE.fullmatch(value):
        raise _Mismatch
    return value


def _zone_by_name(value: object) -> str:
    if not isinstance(value, str) or not _ZONE.fullmatch(value) or value[0] in "+-":
        raise _Mismatch
    return value


def _one_of(*choices: str) -> Form:
    def read(value: object) -> str:
        if value not in choices:
            raise _Mismatch
        return str(value)

    return Form(f"one of {', '.join(choices)}", f'"{choices[0]}"', read, choices)


_NAME = Form("a text that is not empty", '"analytics"', _text)
_GLOBS = Form("a list of globs", '["transformations/**"]', _texts)
_CODES = Form("a list of codes", '["LDP1", "LDP503"]', _texts)
_TABLE_OF_CODES = Form("a table of glob = list of codes", '{ "legacy/**" = ["LDP5"] }', _texts_by_glob)
_PARAMETERS = Form("a table of texts, numbers, dates or booleans", '{ start_date = "2026-01-01" }', _parameters)
SIZE = Form("a size above zero, in B, kB, MB or GB", '"4 MB"', _size)
_STAND_INS = Form("a table of texts", '{ "/Volumes/main/raw/landing" = "data/landing" }', _texts_by_text)
_SECRETS = Form("a table of texts", '{ "scope/key" = "NAME_OF_A_VARIABLE" }', _texts_by_text)
_TIME_ZONE = Form("the name of a time zone", '"Europe/Berlin"', _zone)
_NAMED_ZONE = Form("the name of a time zone, not an offset", '"Europe/Berlin"', _zone_by_name)
_QUARTZ = Form("a Quartz expression of six or seven fields", '"0 0 2 * * ?"', _text)
_ENGINE = Form("embedded, databricks or sc://host:port", '"embedded"', _place, ("embedded", "databricks"))

_TARGET = Key(
    "target",
    _one_of("databricks", "spark-4.1", "spark-4.2", "spark-4.3"),
    "databricks",
    "whose rules decide what is legal",
    "LDP_TARGET",
)
_CATALOG = Key("catalog", _NAME, None, "where names without a catalog live", "LDP_CATALOG")
_SCHEMA = Key("schema", _NAME, None, "where names without a schema live", "LDP_SCHEMA")
_PROFILE = Key("profile", _NAME, None, "the workspace profile to sign in with", "LDP_PROFILE")
_CLUSTER = Key(
    "cluster", _NAME, None, "the compute of the place databricks: a cluster's id, or serverless", "LDP_CLUSTER"
)
_LOCAL = Key("local", _STAND_INS, {}, "the files here that stand in for volumes, buckets, tables and topics")
_SET = Key("parameters", _PARAMETERS, {}, "what `${name}` stands for")
_SCHEDULE = Key("schedule", _QUARTZ, None, "when the pipeline runs in the workspace")
_SCHEDULE_ZONE = Key("schedule-time-zone", _NAMED_ZONE, "UTC", "the time zone of the schedule")

KEYS: tuple[Key, ...] = (
    _TARGET,
    _CATALOG,
    _SCHEMA,
    _SET,
    _PROFILE,
    Key("place", _ENGINE, "embedded", "where previews run", "LDP_PLACE"),
    _CLUSTER,
    _LOCAL,
    Key("secrets", _SECRETS, {}, "the variables that hold what dbutils.secrets is asked for"),
    Key("time-zone", _TIME_ZONE, "UTC", "the time zone that queries see", "LDP_TIME_ZONE"),
    _SCHEDULE,
    _SCHEDULE_ZONE,
    Key("engine-memory", SIZE, None, "what the embedded engine may take", "LDP_ENGINE_MEMORY"),
    Key("exclude", _GLOBS, (), "files that are never read"),
    Key("max-file-size", SIZE, 4_000_000, "larger files are named, not read", "LDP_MAX_FILE_SIZE"),
    Key("select", _CODES, (), "the rules that run; none named: the usual ones"),
    Key("extend-select", _CODES, (), "rules that run besides those"),
    Key("ignore", _CODES, (), "rules that do not run"),
    Key("per-file-ignores", _TABLE_OF_CODES, {}, "rules that do not run in some files"),
)
PIPELINE_KEYS = (
    Key("sources", _GLOBS, (), "files, folders and globs"),
    _CATALOG,
    _SCHEMA,
    _SET,
    _TARGET,
    _LOCAL,
    _SCHEDULE,
    _SCHEDULE_ZONE,
)
ENVIRONMENT_KEYS = (_CATALOG, _SCHEMA, _SET, _PROFILE, _CLUSTER, _LOCAL, _SCHEDULE, _SCHEDULE_ZONE)
_TABLES_OF_TEXT = ("parameters", "local", "secrets")  # what a later place says is added, name by name
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


@dataclass(frozen=True, slots=True)
class Layer:
    """What one place says; *rank* orders the places, `FILE` first, `FLAG` last."""

    rank: int
    origin: str
    said: Said


FILE, PIPELINE, ENVIRONMENT, VARIABLE, FLAG = range(1, 6)


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
    pipelines: Mapping[str, PipelineSettings]
    environments: tuple[str, ...]
    origin: Mapping[str, str]
    layers: tuple[Layer, ...] = field(repr=False)

    def of(self, pipeline: str) -> Settings:
        """The settings as that pipeline sees them: its table counts more than the file, less than an environment."""
        if pipeline not in self.pipelines:
            raise _no_such("pipeline", pipeline, self.pipelines, self.file)
        entry = self.pipelines[pipeline]
        said = {key.name: getattr(entry, key.field) for key in PIPELINE_KEYS if key.name != "sources"}
        layer = Layer(PIPELINE, table_shown(self.file, "pipelines", pipeline), {k: v for k, v in said.items() if v})
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
    for layer in layers:
        for name, value in layer.said.items():
            if name in _TABLES_OF_TEXT and isinstance(value, Mapping):
                origin |= dict.fromkeys((f"{name}.{each}" for each in value), layer.origin)
                value = {**values[name], **value}
            values[name], origin[name] = value, layer.origin
    return {key.field: values[key.name] for key in KEYS} | {"origin": origin, "layers": tuple(layers)}


def _pipeline(name: str, said: Mapping[str, Any]) -> PipelineSettings:
    return PipelineSettings(name=name, **{key.field: said[key.name] for key in PIPELINE_KEYS if key.name in said})


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
        _said(KEYS, own, document),
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
    except _Mismatch as mismatch:
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
    except _Mismatch:
        fix = f"set {key.variable}={_example(key, value).strip(chr(34))}, or unset it"
        raise _wrong(key, f"{key.variable} cannot be {_value_shown(value)}", fix) from None


def _flags(overrides: Mapping[str, object]) -> list[Layer]:
    known = {name: key for key in KEYS for name in (key.name, key.field)}
    unknown = [name for name in overrides if name not in known]
    if unknown:
        raise TypeError(f"no setting is called {unknown[0]!r}")
    given = [(known[name], value) for name, value in overrides.items() if value is not None]
    return [Layer(FLAG, f"--{key.name}", {key.name: _of_flag(key, value)}) for key, value in given]


def _of_flag(key: Key, value: object) -> object:
    try:
        return key.form.read(value)
    except _Mismatch:
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
