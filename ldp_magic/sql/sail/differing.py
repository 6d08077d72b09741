"""Functions that the engine answers otherwise than Spark, by name alone: for code that cannot be rewritten."""

from __future__ import annotations

from ldp_magic.sql.sail.rules import CALLS
from ldp_magic.sql.sail.rules.implicit import CAST
from ldp_magic.sql.sail.rules.missing import MISSING

_SHAPED = frozenset({"when", "session_window"})  # in SQL they are clauses of their own


def differs(name: str) -> bool:
    """Does the engine, asked as it stands, answer this function otherwise than Spark in some case, or not at all?"""
    low = name.lower()
    return low in CALLS or low in CAST or low in MISSING or low in _SHAPED
