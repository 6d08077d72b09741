"""What an engine's exception says, in three lines for a person."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.place import Place
from ldp_magic.errors import LdpError

LONGEST = 300


@dataclass(frozen=True, slots=True)
class Known:
    """A message that can be said better: what it matches, and the three lines, with the groups of the match."""

    pattern: re.Pattern[str]
    what: str
    why: str = ""
    fix: str = ""


def _known(pattern: str, what: str, why: str = "", fix: str = "") -> Known:
    return Known(re.compile(pattern, re.DOTALL), what, why, fix)


KNOWN = (
    _known(
        r"RST_STREAM|panicked",
        "the embedded engine cannot compute this query",
        "a part of it broke inside the engine; the session goes on",
        "preview it with --place databricks, or write the part differently",
    ),
    _known(
        r"LocalFileSystem error.*?: ([^:]+?) \(os error (?:27|28|30|122)\)",
        "the engine cannot write rows to this disk: {0}",
        "nothing of what the query computed was taken; what was there before is as it was",
        "make room where .ldp lies, or where temporary files go, and run it again",
    ),
    _known(
        r"'pyspark' is not a package|No module named 'pyspark\.\w+'|pyspark\.databricks",
        "Python functions do not run in the embedded engine yet",
        "databricks-connect's pyspark runs them on Databricks only",
        "ldp engine install",
    ),
    _known(
        r"attribute ObjectName\(\[(.*)\]\) is missing from the schema",
        "no column is called {0}",
        "none of the relations that the query reads has it",
        "check the name; ldp graph shows what is read",
    ),
    _known(
        r"""No field named "?ldp_\w+"?\."?#\d+"?\.\s+Valid fields are""",
        "a column beside an aggregate is not grouped by",
        "count, sum and the like make one row of many, and the other columns of the query could differ in these",
        "name each column that is not aggregated in GROUP BY",
    ),
    _known(
        r"(?:Table or view not found: |The table or view )([\w.`]+)",
        "no table or view is called {0}",
        "the place has none of that name",
        "check the name; ldp graph shows what is read",
    ),
    _known(
        r"unknown function: (\S+)",
        "the embedded engine has no function {0}",
        "it is not one of Spark's, or one that is not built yet",
        "check the name, or preview it with --place databricks",
    ),
    _known(
        r"^function: (\w+)$",
        "the embedded engine has no function {0} for DataFrame code",
        "SQL is put into words that it knows before it is asked; DataFrame code goes there as it stands",
        "write that query in SQL, or preview it with --place databricks",
    ),
    _known(
        r"found (\S.{0,40}?) at \d+:\d+ expected",
        "the embedded engine cannot read the query at {0}",
        "",
        "ldp lint may know why; --place runs it elsewhere",
    ),
    _known(
        r"Cannot cast (?:string )?('.*?') to value of (\w+) type",
        "{0} cannot be cast: it is no {1}",
        "a cast of text that does not fit stops the query, as in Spark",
        "try_cast gives NULL instead",
    ),
    _known(
        r"Resources exhausted|Failed to allocate|memory pool",
        "the query needs more memory than the engine may take",
        "",
        "preview a smaller sample, or raise engine-memory in [tool.ldp]",
    ),
)
_TYPES = {
    "Int32": "int",
    "Int64": "bigint",
    "Int16": "smallint",
    "Int8": "tinyint",
    "Float64": "double",
    "Date32": "date",
}
_WORKER = re.compile(
    r"(?:An exception was thrown from the Python worker|PythonException|Traceback \(most recent call last\))"
)
_NOISE = re.compile(
    r"^\s*(\([\w.]+\)\s*)?(error in analysis:|error in DataFusion:|invalid argument:|Error during planning:|"
    r"External error:|Arrow error:|Execution error:|Compute error:|Schema error:|Parser error:|Cast error:|"
    r"Table not found:)\s*",
    re.IGNORECASE,
)
_CLASS = re.compile(r"^\[[A-Z0-9_.]+\]\s*")


def failure(error: BaseException, place: Place) -> BaseException:
    """The error to raise for one that a call ended with; ours, and those that are not about the engine, stay."""
    if isinstance(error, (LdpError, KeyboardInterrupt, SystemExit)) or not _is_spark(error):
        return error
    text = _said(error)
    if _WORKER.search(text) and "No module named 'pyspark" not in text and "is not a package" not in text:
        return _python_failure(text)
    short = _first(text)
    for known in KNOWN:
        if match := known.pattern.search(text):
            parts = [_plain(part) for part in match.groups()]
            why = known.why or f"said by {_speaker(place)}"
            return EngineError(known.what.format(*parts), why=why, fix=known.fix)
    return EngineError(short, why=f"said by {_speaker(place)}", fix=_fix(short))


def _is_spark(error: BaseException) -> bool:
    module = type(error).__module__
    return module.startswith(("pyspark.", "grpc", "databricks."))


def _said(error: BaseException) -> str:
    message = getattr(error, "getMessage", None)
    return str(message() if callable(message) else "") or str(error)


def _python_failure(text: str) -> EngineError:
    """An error inside a user's function: its last line, and the last line of the trace that is the user's."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    last = next(
        (line for line in reversed(lines) if re.match(r"[A-Za-z_][\w.]*(Error|Exception|Interrupt)?\b", line)), ""
    )
    frames = [
        line for line in lines if line.startswith("File ") and not re.search(r"[/\\]pyspark[/\\]|spark\.py", line)
    ]
    where = re.sub(r'File "(.*?)", line (\d+).*', r"\1:\2", frames[-1]) if frames else ""
    return EngineError(
        f"a Python function failed: {last[:LONGEST]}",
        why=f"at {where}" if where else "it was raised inside the function, for one of the rows",
        fix="mend the function, or leave out such rows before it",
    )


def _first(text: str) -> str:
    """The sentence that matters, without class names, query plans and stack traces."""
    text = re.split(r"\n\s*(?:JVM stacktrace|== SQL|SQLSTATE|\s+at [\w.$]+\()|;\s*\n", text, maxsplit=1)[0]
    before = ""
    while before != text:
        before, text = text, _CLASS.sub("", _NOISE.sub("", text, count=1))
    text = " ".join(text.split())
    text = re.sub(r"\s*SQLSTATE: \w+.*$", "", text).rstrip(".")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _plain(part: str) -> str:
    """A piece of the engine's message in the user's words."""
    names = re.findall(r'Identifier\("(.*?)"\)', part)
    return ".".join(names) if names else _TYPES.get(part, part.replace("`", ""))


def _speaker(place: Place) -> str:
    return "the embedded engine" if place.embedded else str(place)


def _fix(text: str) -> str:
    low = text.lower()
    if "not found" in low or "cannot be resolved" in low or "unresolved" in low:
        return "check the names; ldp graph shows what is read"
    return "ldp lint may know why; --place runs it elsewhere"
