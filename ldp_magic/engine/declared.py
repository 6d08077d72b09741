"""The columns that a statement declares, over the columns that its query gives."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ldp_magic.engine.queries import with_values
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.model import Column
from ldp_magic.sql.writing import quoted

_GENERATED = re.compile(r"ALWAYS\s+AS\s*\((.*)\)\s*", re.IGNORECASE | re.DOTALL)


def select(dataset: Dataset, have: Sequence[tuple[str, str]], parameters: Mapping[str, str], view: str) -> str | None:
    """A query over *view* with the declared names, types and generated columns; None if nothing is to be done.

    Where the names of list and query are others but their number is the same, the place counts, as for a view.
    """
    declared = dataset.definition.columns
    if not declared:
        return None
    known = {name.lower(): name for name, _ in have}
    computed = {each.name.lower(): text for each in declared if (text := _expression(each))}
    given = [each for each in declared if each.name.lower() not in computed]
    by_name = any(each.name.lower() in known for each in given) or len(given) != len(have)
    if by_name:
        sources = {each.name.lower(): known.get(each.name.lower(), "") for each in given}
    else:
        sources = {each.name.lower(): name for each, (name, _) in zip(given, have, strict=True)}
    named = [_column(each, sources[each.name.lower()], parameters) for each in given]
    if by_name:
        named += [quoted(name) for low, name in known.items() if low not in sources and low not in computed]
    inner = f"SELECT {', '.join(named)} FROM {view}"
    if not computed:
        return inner
    texts = {each.name.lower(): _cast(with_values(computed[each.name.lower()], parameters), each, parameters)
             for each in declared if each.name.lower() in computed}  # fmt: skip
    order = [texts.get(each.name.lower(), quoted(each.name)) for each in declared]
    order += [quoted(name) for low, name in known.items() if by_name and low not in sources and low not in computed]
    return f"SELECT {', '.join(order)} FROM ({inner})"


def _expression(column: Column) -> str:
    """What a column is generated as, if it is computed from others."""
    said = next((each.value for each in column.clauses if each.name == "generated"), None)
    match = _GENERATED.fullmatch(said) if isinstance(said, str) else None
    return match[1] if match else ""


def _column(column: Column, source: str, parameters: Mapping[str, str]) -> str:
    return _cast(quoted(source) if source else _default(column, parameters), column, parameters)


def _default(column: Column, parameters: Mapping[str, str]) -> str:
    """What a column holds that the query does not give."""
    said = next((each.value for each in column.clauses if each.name == "default"), None)
    return with_values(said, parameters) if isinstance(said, str) else "NULL"


def _cast(text: str, column: Column, parameters: Mapping[str, str]) -> str:
    type_ = with_values(column.type, parameters)
    return f"{f'CAST({text} AS {type_})' if type_ else text} AS {quoted(column.name)}"
