"""Tests that stand beside a pipeline are no code of it."""

from __future__ import annotations

import re

_OPENS = re.compile(r"^--[ \t]*(expect|fails|dropped)\b[ \t]*\S", re.IGNORECASE | re.MULTILINE)


def is_test(text: str) -> bool:
    """Does a SQL text look like tests? A pipeline's own files may lie beside them."""
    return _OPENS.search(text) is not None
