"""Which dataset or table a name means: parameters, LIVE, USE, the pipeline's catalog and schema."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from ldp_magic.sql.model import DatasetDef, FlowDef, Script, Setting

_HOLE = re.compile(r"\$\{([^{}]*)\}")
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """What an unqualified name is completed with, and how names are compared."""

    catalog: str = ""
    schema: str = ""
    fold: bool = True  # Databricks compares names without case, open-source Spark with it

    def key(self, parts: Iterable[str]) -> Key:
        return tuple(p.lower() if self.fold else p for p in parts)

    def qualified(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """The name completed from the left as far as catalog and schema are known."""
        if len(parts) == 1 and self.schema:
            parts = (self.schema, *parts)
        if len(parts) == 2 and self.catalog:
            parts = (self.catalog, *parts)
        return parts


def filled(text: str, parameters: Mapping[str, str]) -> str:
    """*text* with the `${x}` that have a value replaced; the others stay."""
    if "${" not in text:
        return text
    return _HOLE.sub(lambda hole: parameters.get(hole.group(1).strip(), hole.group()), text)


def written(parts: tuple[str, ...], parameters: Mapping[str, str]) -> tuple[str, ...]:
    """A name's parts with parameters filled in and the legacy `LIVE` taken off; `${x}` may hold dots."""
    split = [p for part in parts for p in _pieces(filled(part, parameters), part)]
    return tuple(split[1:] if len(split) > 1 and split[0].upper() == "LIVE" else split)


def _pieces(value: str, part: str) -> Iterator[str]:
    if "${" in part and "." in value and "${" not in value:
        yield from (piece.strip("`") for piece in value.split("."))
    else:
        yield value


def scoped(scripts: Iterable[Script], start: Scope) -> Iterator[tuple[DatasetDef | FlowDef, Scope]]:
    """Every dataset and flow with the scope that USE and SET CATALOG give it; they hold for their own source."""
    for script in scripts:
        scope = start
        for statement in script.statements:
            if isinstance(statement, Setting):
                scope = after(scope, statement)
            elif isinstance(statement, (DatasetDef, FlowDef)):
                yield statement, scope


def after(scope: Scope, setting: Setting) -> Scope:
    """The scope behind a `USE` or `SET CATALOG`."""
    if setting.kind == "catalog":
        return Scope(setting.value, "", scope.fold)
    if setting.kind == "schema":
        *catalog, schema = setting.value.split(".")
        return Scope(catalog[0] if catalog else scope.catalog, schema, scope.fold)
    return scope


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that *name* is probably a slip of, or nothing."""
    by_lower = {k.lower(): k for k in known}
    match = get_close_matches(name.lower(), list(by_lower), 1, 0.8)
    return by_lower[match[0]] if match and abs(len(match[0]) - len(name)) <= 2 else ""
