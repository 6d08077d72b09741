"""How right the embedded engine is beside Apache Spark, bare and as it is asked here: shares, not times."""

from __future__ import annotations


def report() -> str:
    """The table of `python -m tests.sql.sail`: right, refused, labelled, silently different."""
    from tests.sql.sail.parity import report as table
    from tests.sql.sail.parity import subjects

    return table(subjects())
