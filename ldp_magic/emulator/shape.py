"""Is a body what its address takes? Every key, type and word has to be known: a typo is found here or nowhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from ldp_magic.emulator.http import Refusal

_PLAIN: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "boolean": (bool,), "number": (int, float)}


def check(address: str, body: object) -> None:
    """Refuse a body that the address does not take; one that has no shape takes none."""
    _record(_shapes()["bodies"].get(address, {}), body, "")


@cache
def _shapes() -> dict[str, Any]:
    said: dict[str, Any] = json.loads(Path(__file__).with_name("shapes.json").read_text(encoding="utf-8"))
    return said


def _record(shape: Mapping[str, Any], value: object, where: str) -> None:
    if not isinstance(value, dict):
        raise _wrong(where or "the body", "an object", value)
    known = {name.rstrip("!"): each for name, each in shape.items()}
    for name, each in value.items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise Refusal(
                400,
                "MALFORMED_REQUEST",
                f"Unknown field '{_under(where, name)}'" + (f"; did you mean '{near[0]}'?" if near else ""),
            )
        _value(known[name], each, _under(where, name))
    for name in shape:
        if name.endswith("!") and name[:-1] not in value:
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"Missing required field: {_under(where, name[:-1])}")


def _value(shape: Any, value: object, where: str) -> None:
    if isinstance(shape, list):
        if not isinstance(value, list):
            raise _wrong(where, "a list", value)
        for number, each in enumerate(value):
            _value(shape[0], each, f"{where}[{number}]")
    elif isinstance(shape, dict):
        if not isinstance(value, dict):
            raise _wrong(where, "an object", value)
        for name, each in value.items():
            _value(shape["*"], each, _under(where, name))
    elif shape[0] == "#":
        _record(_shapes()["types"][shape[1:]], value, where)
    elif shape[0] == "=":
        _word(_shapes()["types"][shape[1:]], value, where)
    elif shape != "any":
        _plain(shape, value, where)


def _word(words: list[str], value: object, where: str) -> None:
    if value not in words:
        raise Refusal(
            400, "INVALID_PARAMETER_VALUE", f"'{where}' cannot be {_shown(value)}; it is one of {', '.join(words)}"
        )


def _plain(kind: str, value: object, where: str) -> None:
    if not isinstance(value, _PLAIN[kind]) or (isinstance(value, bool) and kind != "boolean"):
        raise _wrong(where, f"a{'n' if kind == 'integer' else ''} {kind}", value)


def _wrong(where: str, expected: str, value: object) -> Refusal:
    return Refusal(400, "MALFORMED_REQUEST", f"'{where}' must be {expected}, not {_shown(value)}")


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:80]


def _under(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
