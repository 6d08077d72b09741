"""The moment that a test says it is."""

from __future__ import annotations

from ldp_magic.testing.values import typed


def moment(said: str) -> str:
    """It in UTC; `ValueError` if it is none."""
    import pyarrow  # type: ignore[import-untyped]

    return str(typed(said, pyarrow.timestamp("us", "UTC")).isoformat())
