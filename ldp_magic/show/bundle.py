"""What a notebook keeps of one output: our JSON for live front ends, HTML for the others, text for all.

The only file that knows the name of our mime type. A front end with our extension makes the HTML live with the help of
the JSON; so the JSON says nothing that the HTML does not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ldp_magic.show.markup import COMMAND, plain

__all__ = ["MIME", "MOST", "VERSION", "bundle"]

MIME = "application/vnd.ldp+json"
VERSION = 1
MOST = 200_000  # bytes of one output, all its forms together
_MOST_TEXT, _MOST_HTML = 40_000, 120_000


def bundle(
    kind: str, text: str, html: str = "", data: Mapping[str, Any] | None = None, *, less: Sequence[str] = ()
) -> dict[str, Any]:
    """The forms of one output; in its HTML a command is a magic. Where all are too much, the keys *less* of the data go
    first, then the data, then the looks; what is cut says so."""
    text, html = _cut(text, _MOST_TEXT), html.replace(f"{COMMAND}ldp ", f"{COMMAND}%ldp ")
    if len(html.encode("utf-8", "replace")) > _MOST_HTML:
        html = plain(text)
    said: dict[str, Any] = {"text/plain": text, **({"text/html": html} if html else {})}
    room = MOST - sum(len(each.encode("utf-8", "replace")) for each in said.values())
    whole = {"version": VERSION, "kind": kind, **_renamed(data)} if data is not None else None
    for key in ("", *less):
        if whole is not None:
            whole.pop(key, None)
            if _size(whole) <= room:
                return {MIME: whole, **said}
    return said


def _renamed(data: Mapping[str, Any]) -> dict[str, Any]:
    """The kind of an output is not that of a dataset."""
    return {"dataset_kind" if key == "kind" else key: value for key, value in data.items()}


def _size(data: Mapping[str, Any]) -> int:
    return len(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))


def _cut(text: str, most: int) -> str:
    """The whole lines that have room, and how many have none."""
    if len(text) <= most and len(text.encode("utf-8", "replace")) <= most:
        return text
    lines, used = text.split("\n"), 0
    for n, line in enumerate(lines):
        used += len(line[:most].encode("utf-8", "replace")) + 1
        if used > most:
            rest = len(lines) - n
            return "\n".join([*lines[:n], f"… {rest:,} more line{'' if rest == 1 else 's'}: too much for a notebook"])
    return text
