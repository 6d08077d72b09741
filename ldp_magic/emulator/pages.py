"""A list, one page after the other."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, TypeVar

from ldp_magic.emulator.http import invalid

T = TypeVar("T")


def token(value: Any) -> str:
    """What stands for the place at which the next page begins."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def meant(said: str) -> Any:
    """What a token stands for."""
    try:
        return json.loads(base64.urlsafe_b64decode(said))
    except (binascii.Error, ValueError):
        raise invalid(f"Invalid page token: {said[:40]}") from None


def cut(items: Sequence[T], most: int, said: str) -> tuple[list[T], str]:
    """The page that a token stands for, and the token of the next one; empty if it is the last."""
    start = meant(said) if said else 0
    if not isinstance(start, int) or isinstance(start, bool) or start < 0:
        raise invalid(f"Invalid page token: {said[:40]}")
    more = start + most < len(items)
    return list(items[start : start + most]), token(start + most) if more else ""
