"""What a text was and is now, as a unified diff that `git apply` takes."""

from __future__ import annotations

from difflib import unified_diff
from io import StringIO

from ldp_magic.text import Source


def diff(was: Source, text: str) -> str:
    name = was.name if was.cell is None else f"{was.name}[{was.cell}]"
    lines = unified_diff(_lines(was.text), _lines(text), name, name, n=2)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    """Cut where git cuts: not at a form feed, a lone CR or U+2028, as str.splitlines does."""
    return list(StringIO(text, newline="\n"))
