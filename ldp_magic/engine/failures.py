"""What an engine's exception says, in three lines for a person."""

from __future__ import annotations

import re

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.place import Place
from ldp_magic.errors import LdpError

LONGEST = 300


def failure(error: BaseException, place: Place) -> BaseException:
    """The error to raise for one that a call ended with; ours, and those that are not about the engine, stay."""
    if isinstance(error, (LdpError, KeyboardInterrupt, SystemExit)) or not _is_spark(error):
        return error
    text = _said(error)
    if "RST_STREAM" in text or "panicked" in text:
        return EngineError(
            "the embedded engine cannot compute this query",
            why="a part of it broke inside the engine; the session goes on",
            fix="preview it with --place databricks, or write the part differently",
        )
    return EngineError(
        _first(text),
        why=f"said by {_speaker(place)}",
        fix=_fix(text),
    )


def _is_spark(error: BaseException) -> bool:
    module = type(error).__module__
    return module.startswith(("pyspark.", "grpc", "databricks."))


def _said(error: BaseException) -> str:
    message = getattr(error, "getMessage", None)
    return str(message() if callable(message) else "") or str(error)


_NOISE = re.compile(
    r"^\s*(\([\w.]+\)\s*)?(error in analysis:|error in DataFusion:|invalid argument:|Error during planning:|"
    r"External error:|Arrow error:|Execution error:|Compute error:|Schema error:|Parser error:)\s*",
    re.IGNORECASE,
)
_CLASS = re.compile(r"^\[[A-Z0-9_.]+\]\s*")


def _first(text: str) -> str:
    """The sentence that matters, without class names, query plans and stack traces."""
    text = re.split(r"\n\s*(?:JVM stacktrace|== SQL|SQLSTATE|\s+at [\w.$]+\()|;\s*\n", text, maxsplit=1)[0]
    before = ""
    while before != text:
        before, text = text, _NOISE.sub("", text, count=1)
    text = " ".join(_CLASS.sub("", text).split())
    text = re.sub(r"\s*SQLSTATE: \w+\s*$", "", text).rstrip(".")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _speaker(place: Place) -> str:
    return "the embedded engine" if place.embedded else str(place)


def _fix(text: str) -> str:
    low = text.lower()
    if "not found" in low or "cannot be resolved" in low or "no field named" in low or "unresolved" in low:
        return "check the names; ldp graph shows what is read, ldp lock what is known of sources"
    return "ldp lint may know why; --place runs it elsewhere"
