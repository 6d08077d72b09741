"""Joins of two streams: rows of both sides are kept until the watermark says that nothing can meet them any more."""

from __future__ import annotations

from ldp_magic.runs.stateful.joins.joined import joined

__all__ = ["joined"]
