"""A query in Spark's dialect as the embedded engine (Sail) has to be asked, so that it answers as Spark does.

What needs no rewrite comes back as it was, byte for byte. What cannot be answered as Spark would raises `Refused`.
"""

from __future__ import annotations

from ldp_magic.sql.sail.answer import Columns, ForSail, Label, Refused, no_columns
from ldp_magic.sql.sail.clauses import rewritten as with_known_clauses
from ldp_magic.sql.sail.rewriting import rewritten

__all__ = ["Columns", "ForSail", "Label", "Refused", "for_sail"]


def for_sail(text: str, columns: Columns = no_columns) -> ForSail:
    """Make *text* ready for the embedded engine; *columns* gives those of the relations that it reads."""
    return rewritten(with_known_clauses(text, columns), columns)
