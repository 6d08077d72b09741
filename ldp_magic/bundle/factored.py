"""What all targets say, said once; what they say differently, said by each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

__all__ = ["factored"]

Said: TypeAlias = dict[str, Any]
# tables of texts: a bundle puts those of a target into those of all, name by name
_BY_NAME = ("configuration", "tags")


def factored(targets: Mapping[str, Mapping[str, Any] | None], *, whole: bool = False) -> tuple[Said, dict[str, Said]]:
    """One object as each target has it, None where it has none: what they share, and the rest of each. One that may
    only stand *whole* is shared or not."""
    every = [each for each in targets.values() if each is not None]
    if len(every) < len(targets) or (whole and not _same(every)):
        return {}, {name: dict(each) for name, each in targets.items() if each is not None}
    shared: Said = {}
    rest: dict[str, Said] = {name: {} for name in targets}
    for key in dict.fromkeys(key for each in every for key in each):
        values = {name: each[key] for name, each in targets.items() if each is not None and key in each}
        if len(values) == len(targets) and _same(list(values.values())):
            shared[key] = every[0][key]
        elif key in _BY_NAME:
            common, more = factored({name: values.get(name, {}) for name in targets})
            shared |= {key: common} if common else {}
            for name, each in more.items():
                rest[name] |= {key: each} if each else {}
        else:
            for name, value in values.items():
                rest[name][key] = value
    return shared, {name: each for name, each in rest.items() if each}


def _same(values: list[Any]) -> bool:
    return all(type(each) is type(values[0]) and each == values[0] for each in values)
