"""What went wrong in a function that ran inside the engine, where its worker tells it as the text of a traceback."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ldp_magic.engine import udfs
from ldp_magic.engine.child import EngineError
from ldp_magic.engine.place import Place

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
    start = max((found.end() for found in _FRAME.finditer(text)), default=0)
    raised = _RAISED.search(text, start)
    return Told(raised[0] if raised else "", tuple(frames)) if frames or raised else None


def missing(error: BaseException, place: Place) -> EngineError | None:
    """The worker may have found a `pyspark` that it cannot use, rather than a mistake of the user's."""
    if not (place.embedded and type(error).__name__ == "PythonException" and udfs.needed() and not udfs.ready()):
        return None
    return EngineError(
        "functions in Python need one more package here",
        why="the embedded engine cannot run them with the pyspark of databricks-connect",
        fix="ldp engine install",
    )
