"""`ldp.lock`: what is known of the sources that pipelines read and do not make, as text that a diff reads well."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias, cast

from ldp_magic.errors import SourceError
from ldp_magic.pipeline.model import ColumnType
from ldp_magic.project.files import read_text
from ldp_magic.settings import path_shown

__all__ = ["NAME", "VERSION", "Locked", "columns", "dump", "load", "merge", "parse"]

NAME = "ldp.lock"
VERSION = 1
MAX_BYTES = 50_000_000
Kind: TypeAlias = Literal["table", "files", "stream", "function"]
KINDS = ("table", "files", "stream", "function")
_HEAD = "# What these pipelines read and do not make. Written by `ldp lock`; what you add by hand is kept.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """One external source as it was last known. No columns means that they are not known."""

    name: str
    kind: Kind
    columns: tuple[ColumnType, ...] = ()
    format: str = ""


def columns(locked: Iterable[Locked]) -> dict[str, tuple[ColumnType, ...]]:
    """The columns of every source that has some, by name."""
    return {each.name: each.columns for each in locked if each.columns}


# --- merging -----------------------------------------------------------------------------------------------------


def merge(fresh: Iterable[Locked], old: Iterable[Locked], *, complete: bool = False) -> tuple[Locked, ...]:
    """What a fresh look saw, with what only the old lock knows: types, nullability, comments, formats.

    A column that only the old lock has is kept, unless the look was *complete*, such as that of a catalog.
    """
    before = {each.name: each for each in old}
    return _sorted(_merged(each, before.get(each.name), complete) for each in fresh)


def _merged(fresh: Locked, old: Locked | None, complete: bool) -> Locked:
    if old is None:
        return fresh
    before = {column.name: column for column in old.columns}
    kept = tuple(_column(column, before.pop(column.name, None)) for column in fresh.columns)
    rest = () if complete and fresh.columns else tuple(before.values())
    return replace(fresh, columns=kept + rest, format=fresh.format or old.format)


def _column(fresh: ColumnType, old: ColumnType | None) -> ColumnType:
    if old is None:
        return fresh
    nullable = old.nullable if fresh.nullable is None else fresh.nullable
    comment = old.comment if fresh.comment is None else fresh.comment
    return replace(fresh, type=fresh.type or old.type, nullable=nullable, comment=comment)


def _sorted(locked: Iterable[Locked]) -> tuple[Locked, ...]:
    return tuple(sorted(locked, key=lambda each: each.name))


# --- text --------------------------------------------------------------------------------------------------------


def dump(locked: Iterable[Locked]) -> str:
    """The text of a lock: sources in the order of their names, one column on a line."""
    return "".join([_HEAD, f"version = {VERSION}\n", *map(_source, _sorted(locked))])


def _source(each: Locked) -> str:
    lines = ["", f"[source.{_quoted(each.name)}]", f"kind = {_quoted(each.kind)}"]
    lines += [f"format = {_quoted(each.format)}"] if each.format else []
    if each.columns:
        lines += ["columns = [", *(f"  {{ {', '.join(_parts(column))} }}," for column in each.columns), "]"]
    return "\n".join(lines) + "\n"


def _parts(column: ColumnType) -> Iterator[str]:
    yield f"name = {_quoted(column.name)}"
    if column.type:
        yield f"type = {_quoted(column.type)}"
    if column.nullable is not None:
        yield f"nullable = {str(column.nullable).lower()}"
    if column.comment is not None:
        yield f"comment = {_quoted(column.comment)}"


_SPECIAL = re.compile(r'["\\\x00-\x1f\x7f]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _quoted(text: str) -> str:
    return '"' + _SPECIAL.sub(lambda found: _SHORT.get(found[0], f"\\u{ord(found[0]):04x}"), text) + '"'


class _Damaged(ValueError):
    """Something in a lock is not what a lock has there."""


def load(path: str | os.PathLike[str]) -> tuple[Locked, ...]:
    """What the lock at *path* says; nothing if there is none."""
    if not os.path.lexists(path):
        return ()
    return parse(read_text(path, MAX_BYTES), path_shown(Path(path)))


def parse(text: str, name: str = NAME) -> tuple[Locked, ...]:
    """What the text of a lock says. A newer version, or damage, is one error that says the way out."""
    try:
        raw = _toml(text.removeprefix("\ufeff"))
        version = raw.get("version")
        if isinstance(version, int) and version > VERSION:
            raise _newer(name, version)
        if version != VERSION or isinstance(version, bool):
            raise _Damaged("it says no version")
        return _sorted(_locked(each, said) for each, said in _table(raw.get("source", {}), "source").items())
    except (ValueError, RecursionError) as error:
        raise _damaged(name, text, error) from None


def _toml(text: str) -> Mapping[str, object]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def _newer(name: str, version: int) -> SourceError:
    return SourceError(
        f"{name} is of version {version}, and this ldp reads version {VERSION}",
        why="a newer ldp wrote it",
        fix="upgrade ldp-magic, or delete the file and run `ldp lock`",
    )


def _damaged(name: str, text: str, error: Exception) -> SourceError:
    if re.search(r"^(<{7}|>{7}) ", text, re.MULTILINE):
        fix = "take one side of the merge, then run `ldp lock`"
        return SourceError(f"{name} holds a merge conflict", why="two branches changed it", fix=fix)
    reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    reason = reason[:1].lower() + reason[1:200]
    return SourceError(
        f"{name} is damaged: {reason}", why="it cannot be trusted", fix="mend it, or delete it and run `ldp lock`"
    )


def _locked(name: str, said: object) -> Locked:
    table = _table(said, name)
    _only(table, ("kind", "format", "columns"), name)
    kind = _value(table, "kind", _is_text, "table")
    if kind not in KINDS:
        raise _Damaged(f"the kind of {name} is none of {', '.join(KINDS)}")
    listed = table.get("columns", [])
    if not isinstance(listed, list):
        raise _Damaged(f"the columns of {name} are no list")
    found = tuple(_column_of(each, name) for each in listed)
    if len({column.name for column in found}) < len(found):
        raise _Damaged(f"{name} has two columns of one name")
    return Locked(name=name, kind=cast(Kind, kind), columns=found, format=str(_value(table, "format", _is_text, "")))


def _column_of(said: object, source: str) -> ColumnType:
    table = _table(said, f"a column of {source}")
    _only(table, ("name", "type", "nullable", "comment"), f"a column of {source}")
    if "name" not in table:
        raise _Damaged(f"a column of {source} has no name")
    return ColumnType(
        name=str(_value(table, "name", _is_text, "")),
        type=str(_value(table, "type", _is_text, "")),
        nullable=cast("bool | None", _value(table, "nullable", lambda value: isinstance(value, bool), None)),
        comment=cast("str | None", _value(table, "comment", _is_text, None)),
    )


def _table(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise _Damaged(f"{what} is no table")
    return value


def _only(table: Mapping[str, object], known: tuple[str, ...], what: str) -> None:
    unknown = next((key for key in table if key not in known), None)
    if unknown is not None:
        raise _Damaged(f"{what} has a key {unknown[:60]}, and the keys are {', '.join(known)}")


def _value(table: Mapping[str, object], key: str, fits: Callable[[object], bool], default: object) -> object:
    value = table.get(key, default)
    if key in table and not fits(value):
        raise _Damaged(f"{key} cannot be {str(value)[:60]}")
    return value


def _is_text(value: object) -> bool:
    return isinstance(value, str)
