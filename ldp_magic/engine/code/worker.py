"""What went wrong in a function that ran inside the engine, where its worker tells it as the text of a traceback."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FRAME = re.compile(r'^\s*File "([^"\n]+)", line (\d+)(?:, in (\S+))?', re.MULTILINE)
_RAISED = re.compile(r"^[A-Za-z_][\w.]*(?::.*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Told:
    """The exception as one line, and the (file, line, function) it went through, the innermost last."""

    raised: str
    frames: tuple[tuple[str, int, str], ...]


def told(error: BaseException) -> Told | None:
    """The traceback in an engine's error, if there is one."""
    if type(error).__name__ != "PythonException":
        return None
    text = str(error)
    frames = [(found[1], int(found[2]), found[3] or "") for found in _FRAME.finditer(text)]
    last = max((found.end() for found in _FRAME.finditer(text)), default=0)
    raised = _RAISED.search(text, last)
    return Told(raised[0] if raised else "an error", tuple(frames))
