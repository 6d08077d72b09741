"""Where something stands, in words and as JSON."""

from __future__ import annotations

from typing import Any

from ldp_magic.text import Location

__all__ = ["place", "where"]


def where(location: Location) -> str:
    """`path:line:col`; a cell of a notebook is named behind its path."""
    source, (line, column) = location.source, location.first
    cell = f"[{source.cell}]" if source.cell is not None else ""
    return f"{source.name}{cell}:{line}:{column}"


def place(location: Location | None) -> dict[str, Any]:
    """File, cell and half-open span in code points."""
    if location is None:
        return {"source": None, "cell": None, "span": None}
    return {
        "source": location.source.name,
        "cell": location.source.cell,
        "span": {"start": location.start, "end": location.end},
    }
