"""Plain values as YAML that people like to read: in blocks, with comments, and no text that YAML takes for another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["Block", "Quoted", "yaml_text"]

Comments = Mapping[tuple[str, ...], str]
_PLAIN = re.compile(r"(?:\.{0,2}/)?[A-Za-z_$][A-Za-z0-9_./$@-]*(?:\$?\{[A-Za-z0-9_.]+\}[A-Za-z0-9_./-]*)*(?:\*\*)?")
# words that a block holds as they are: no `: `, no ` #`
_WORDY = re.compile(r"[A-Za-z$][ -\"$-9;-~]*[!-\"$-9;-~]")
_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
# what one of the many readers of YAML takes for something else than text
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", ".nan", ".inf", "~"})


class Quoted(str):
    """A text that stands between quotes, whatever it is."""

    __slots__ = ()


class Block(str):
    """A text of lines, none of which begins with a blank unless one before it does not; it stands as it is."""

    __slots__ = ()


def yaml_text(document: Mapping[str, Any], comments: Comments | None = None, head: str = "") -> str:
    """A document; *comments* stand above the key that their path leads to, *head* above everything."""
    lines = [f"# {line}".rstrip() for line in head.splitlines()]
    return "\n".join([*lines, *_block(document, 0, (), comments or {})]) + "\n"


def _block(value: Mapping[str, Any], depth: int, path: tuple[str, ...], comments: Comments) -> Iterator[str]:
    pad = "  " * depth
    for key, inner in value.items():
        here = (*path, key)
        if depth == 0 and path == () and key != next(iter(value)):
            yield ""
        for line in comments.get(here, "").splitlines():
            yield f"{pad}# {line}"
        yield from _entry(f"{pad}{_scalar(key)}:", inner, depth, here, comments)


def _entry(head: str, value: Any, depth: int, path: tuple[str, ...], comments: Comments) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield head
        yield from _block(value, depth + 1, path, comments)
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        yield head
        yield from _list(value, depth + 1, path, comments)
    elif isinstance(value, Block):
        yield f"{head} |"
        yield from (f"{'  ' * (depth + 1)}{line}".rstrip() for line in value.rstrip("\n").split("\n"))
    else:
        yield f"{head} {_scalar(value)}"


def _list(values: Sequence[Any], depth: int, path: tuple[str, ...], comments: Comments) -> Iterator[str]:
    pad = "  " * depth
    for number, value in enumerate(values):
        if isinstance(value, Mapping) and value:
            first, *rest = _block(value, depth + 1, (*path, str(number)), comments)
            yield f"{pad}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{pad}- {_scalar(value)}"


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return value if _is_plain(value) else _quoted(value)
    return _flow(value)


def _flow(value: Any) -> str:
    """A value on one line: true, 1, [], {}, and a list in a list."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_quoted(key)}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_flow, value))}]"
    return json.dumps(value)


def _is_plain(text: str) -> bool:
    if isinstance(text, Quoted) or text.lower() in _WORDS:
        return False
    return _PLAIN.fullmatch(text) is not None or _WORDY.fullmatch(text) is not None


def _quoted(text: str) -> str:
    plain = json.dumps(text, ensure_ascii=False)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", plain)
