"""Where something stands, in words and as JSON."""

from __future__ import annotations

from typing import Any

from ldp_magic.text import Location

__all__ = ["line_of", "place", "short", "where"]


def where(location: Location) -> str:
    """`path:line:col`; a cell of a notebook is named behind its path."""
    source, (line, column) = location.source, location.first
    cell = f"[{source.cell}]" if source.cell is not None else ""
    return f"{source.name}{cell}:{line}:{column}"


def line_of(location: Location) -> str:
    """`file:line`, without the folders."""
    source = location.source
    cell = f"[{source.cell}]" if source.cell is not None else ""
    return f"{source.name.replace(chr(92), '/').rpartition('/')[2]}{cell}:{location.first.line}"


def short(name: str) -> str:
    """A name; of a long path its last two parts."""
    parts = [part for part in name.split("/") if part]
    return name if len(parts) < 3 else "…/" + "/".join(parts[-2:])


def place(location: Location | None) -> dict[str, Any]:
    """File, cell and half-open span in code points."""
    if location is None:
        return {"source": None, "cell": None, "span": None}
    return {
        "source": location.source.name,
        "cell": location.source.cell,
        "span": {"start": location.start, "end": location.end},
    }
