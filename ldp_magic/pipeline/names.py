"""Which dataset or table a name means: parameters, LIVE, USE, the pipeline's catalog and schema."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from ldp_magic.sql.model import DatasetDef, FlowDef, Script, Setting

_HOLE = re.compile(r"\$\{([^{}]*)\}")
_PART = re.compile(r"`((?:[^`]|``)+)`|([^`.]+)")
_DIGITS = re.compile(r"\d+")
_LONGEST = 200
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
    """*text* with the `${x}` that have a value replaced; the others stay, without blanks inside."""
    if "${" not in text:
        return text

    def value(hole: re.Match[str]) -> str:
        name = hole.group(1).strip()
        return parameters.get(name, f"${{{name}}}")

    return _HOLE.sub(value, text)


def written(parts: tuple[str, ...], parameters: Mapping[str, str]) -> tuple[str, ...]:
    """A name's parts with parameters filled in and the legacy `LIVE` taken off; `${x}` may hold dots."""
    split = [p for part in parts for p in _pieces(filled(part, parameters), part)]
    return tuple(split[1:] if len(split) > 1 and split[0].upper() == "LIVE" else split)


def _pieces(value: str, part: str) -> tuple[str, ...]:
    return parts_in(value) if "${" in part and "." in value and "${" not in value else (value,)


def parts_in(text: str) -> tuple[str, ...]:
    """The parts of a dotted name; back-ticks hold a part together and are taken off."""
    return tuple((quoted or plain).replace("``", "`") for quoted, plain in _PART.findall(text))


def scoped(
    scripts: Iterable[Script], start: Scope, parameters: Mapping[str, str]
) -> Iterator[tuple[DatasetDef | FlowDef, Scope]]:
    """Every dataset and flow with the scope that USE and SET CATALOG give it; they hold for their own source."""
    for script in scripts:
        scope = start
        for statement in script.statements:
            if isinstance(statement, Setting):
                scope = after(scope, statement, parameters)
            elif isinstance(statement, (DatasetDef, FlowDef)):
                yield statement, scope


def after(scope: Scope, setting: Setting, parameters: Mapping[str, str]) -> Scope:
    """The scope behind a `USE` or `SET CATALOG`; another catalog has no current schema yet."""
    value = filled(setting.value, parameters)
    if setting.kind == "catalog":
        return Scope(value.strip("`"), "", scope.fold)
    if setting.kind == "schema":
        *catalog, schema = parts_in(value) or ("",)
        return Scope(catalog[0] if catalog else scope.catalog, schema, scope.fold)
    return scope


class Names:
    """Known names, and which of them a name is probably a slip of. Asking does not depend on how many there are."""

    def __init__(self, known: Iterable[str]) -> None:
        self._near: dict[str, list[str]] = {}
        for name in known:
            for spelling in _spellings(name):
                self._near.setdefault(spelling, []).append(name)

    def nearest(self, name: str) -> str:
        """The known name that is one letter off (or two, one on each side), or nothing.

        Names that differ in their digits alone, such as sales_2023 and sales_2024, are two names and no slip.
        """
        found = dict.fromkeys(n for spelling in _spellings(name) for n in self._near.get(spelling, ()))
        likely = [n for n in found if not _numbered_alike(n, name)]
        return max(likely, key=lambda n: SequenceMatcher(None, n.lower(), name.lower()).ratio(), default="")


def _spellings(name: str) -> set[str]:
    """The name without case, without underscores, and with each single letter left out."""
    low = name.lower()
    if len(low) < 3 or len(low) > _LONGEST:
        return {low}
    return {low, low.replace("_", ""), *(low[:i] + low[i + 1 :] for i in range(len(low)))}


def _numbered_alike(one: str, other: str) -> bool:
    one, other = one.lower(), other.lower()
    return one != other and _DIGITS.sub("0", one) == _DIGITS.sub("0", other)
