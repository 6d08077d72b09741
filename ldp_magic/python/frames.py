"""What is read: `spark.read`, `spark.readStream`, `spark.sql`, and what is done with the frames."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ldp_magic.python.values import (
    HOLE,
    Argument,
    Arguments,
    Column,
    Const,
    Frame,
    Function,
    Method,
    Opaque,
    Read,
    Reader,
    Seq,
    Symbol,
    Value,
    alternatives,
    frames_in,
    plain,
    text,
    union,
)
from ldp_magic.sql.facts import Relation, Watermark
from ldp_magic.sql.model import Query, Unknown
from ldp_magic.text import Location, Span

if TYPE_CHECKING:
    from ldp_magic.python.walk import Walker

FILES = {
    "json": "json",
    "csv": "csv",
    "parquet": "parquet",
    "orc": "orc",
    "text": "text",
    "textfile": "text",
    "avro": "avro",
    "xml": "xml",
    "delta": "delta",
    "binaryfile": "binaryFile",
    "iceberg": "iceberg",
    "hudi": "hudi",
    "excel": "excel",
}
_GROUPS = {"groupBy", "groupby", "rollup", "cube", "groupingSets"}
_GROUPED = {"agg", "count", "sum", "avg", "mean", "min", "max", "apply", "applyInPandas", "transformWithStateInPandas"}
_ENDS = {
    "collect",
    "count",
    "toPandas",
    "show",
    "first",
    "head",
    "take",
    "tail",
    "printSchema",
    "explain",
    "isEmpty",
    "toLocalIterator",
    "toJSON",
    "foreach",
    "foreachPartition",
    "describe_history",
}
_LOOKS = {"columns", "schema", "dtypes", "rdd", "isStreaming", "storageLevel", "sparkSession"}
_WRITES = {"write", "writeStream", "writeTo"}
_VIEWS = {"createOrReplaceTempView", "createTempView", "createOrReplaceGlobalTempView", "createGlobalTempView"}
_SILENT = {"range", "createDataFrame", "emptyDataFrame"}
# a command is no query: what it reads is not what the function reads
_COMMAND = re.compile(
    r"(?:\s|--[^\r\n]*(?:[\r\n]|\Z)|/\*(?:[^*]|\*(?!/))*\*/)*"
    r"(?:ALTER|ANALYZE|CREATE|COPY|DELETE|DROP|GRANT|INSERT|MERGE|OPTIMIZE|REFRESH|REVOKE|SET|TRUNCATE|UPDATE|USE|VACUUM)\b",
    re.IGNORECASE,
)
_PARTS = re.compile(r"`((?:[^`]|``)*)`|([^.`]+)")
_PATH = re.compile(r"(\w+)\.`([^`]*[/:][^`]*)`\Z")


def split_name(name: str) -> tuple[str, ...]:
    """The parts of a table name; a dot inside back-ticks or `${...}` does not part."""
    kept = re.sub(r"\$\{[^}]*\}", lambda m: m[0].replace(".", "\0"), name.strip())
    return tuple(
        (m[1].replace("``", "`") if m[1] is not None else m[2].strip()).replace("\0", ".")
        for m in _PARTS.finditer(kept)
    )


# -- the session ------------------------------------------------------------------------------------


def session_attribute(symbol: Symbol, word: Location) -> Value:
    """`spark.read` and `spark.readStream` begin a reader; all else is still a name."""
    if symbol.path in ("spark.read", "spark.readStream"):
        return Reader(symbol.path == "spark.readStream", symbol.at, word)
    return symbol


def session_call(walker: Walker, name: str, arguments: Arguments) -> Value:
    """`spark.name(...)`"""
    at = arguments.at
    if name == "table":
        return read_table(walker, arguments.find("tableName", 0), Reader(False, at, at), at)
    if name == "sql":
        return _sql(walker, arguments)
    if name == "conf.get":
        return parameter(arguments, "a configuration value")
    if name in ("newSession", "getActiveSession"):
        return Symbol("spark", at)
    if name in _SILENT:
        return Frame(tuple(r for a in arguments.items for f in frames_in(a.value) for r in f.reads), at)
    walker.called(f"spark.{name}", at)
    return Opaque(f"what `spark.{name}()` gives", at)


def parameter(arguments: Arguments, what: str) -> Value:
    """A value that the pipeline's configuration holds: `${key}`."""
    key = text(arguments.value("key", 0))
    return Const("${" + key + "}", arguments.at) if key and "}" not in key else Opaque(what, arguments.at)


def read_table(walker: Walker, name: Argument | None, reader: Reader, whole: Location) -> Value:
    """A read of a table by name, for each name that it may be."""
    if name is None:
        walker.record.doubt("the name of a table that is read", whole)
        return Frame((), whole)
    frames: list[Frame] = []
    for value in alternatives(name.value):
        held = text(value)
        if held is None or not held.strip():
            walker.record.doubt(f"the name of a table that is read: {_why(value)}", name.value_at)
        else:
            frames.append(_named(walker, held, reader, whole, name.value_at))
    return Frame(union(frames), whole)


def _why(value: Value) -> str:
    return value.what if isinstance(value, Opaque) else "it is no text"


def _named(walker: Walker, name: str, reader: Reader, whole: Location, at: Location) -> Frame:
    view = walker.views.get(name.strip().lower())
    if view is not None:
        walker.use(view)
        return view
    found = _PATH.match(name.strip())
    relation = Relation(
        name=() if found else split_name(name),
        format=found[1] if found else "",
        path=found[2] if found else "",
        span=at.span,
        whole=_around(whole, at),
        streaming=reader.streaming,
        stream_span=reader.word.span if reader.streaming else None,
        arguments=_schema(reader),
        options=reader.options,
    )
    return Frame((walker.read(relation),), whole)


def _around(whole: Location, at: Location) -> Span:
    return whole.span if whole.start <= at.start and at.end <= whole.end else at.span


def _schema(reader: Reader) -> tuple[tuple[str, str], ...]:
    return (("schema", reader.schema),) if reader.schema else ()


# -- readers ----------------------------------------------------------------------------------------


def reader_method(walker: Walker, callee: Method, reader: Reader, arguments: Arguments) -> Value:
    """`.format()`, `.option()`, `.schema()` go on; `.table()`, `.load()`, `.json()` read."""
    name, at = callee.name, arguments.at
    if name == "format":
        return replace(reader, at=at, format=text(arguments.value("source", 0)))
    if name in ("option", "options"):
        for rest in (a for a in arguments.items if a.rest):
            walker.record.unknown.append(Unknown(f"some options of a read: {_why(rest.value)}", rest.at))
        return replace(reader, at=at, options=(*reader.options, *_options(name, arguments)))
    if name == "schema":
        return replace(reader, at=at, schema=str(plain(arguments.value("schema", 0)) or ""))
    if name == "table":
        return read_table(walker, arguments.find("tableName", 0), reader, at)
    extra = tuple(
        (a.name, _option(a.value)) for a in arguments.keywords if a.name not in ("path", "paths", "format", "schema")
    )
    reader = replace(reader, options=(*reader.options, *extra))
    if name == "load":
        chosen = arguments.value("format", 1)
        return _load(walker, replace(reader, format=text(chosen)) if chosen else reader, arguments)
    if name.lower() in FILES or name in ("jdbc", "changes", "name"):
        return _load(walker, replace(reader, format=name), arguments)
    if name in ("trigger", "withColumn"):
        return replace(reader, at=at)
    walker.record.doubt(f"what `.{name}()` reads", at)
    return Frame((), at)


def _options(name: str, arguments: Arguments) -> list[tuple[str, str]]:
    if name == "options":
        return [(a.name, _option(a.value)) for a in arguments.keywords]
    key = text(arguments.value("key", 0))
    return [(key, _option(arguments.value("value", 1)))] if key else []


def _option(value: Value | None) -> str:
    held = plain(value)
    if isinstance(held, bool):
        return "true" if held else "false"
    return "" if held is None else str(held)


def _load(walker: Walker, reader: Reader, arguments: Arguments) -> Value:
    at, argument = arguments.at, arguments.find("path", 0) or arguments.find("paths")
    if reader.format is None:
        walker.record.doubt("the format that is read", at)
        return Frame((), at)
    if argument is None:
        path = next((v for k, v in reader.options if k.lower() == "path"), "")
        return Frame((_source(walker, reader, path, at, at),), at)
    others = (
        [a for a in arguments.positional[1:] if a.value_at != argument.value_at]
        if reader.format.lower() in FILES
        else []
    )
    reads: list[Read] = []
    for given in [argument, *others]:
        for value in _paths(given.value):
            held = text(value)
            if held is None:
                walker.record.unknown.append(Unknown(f"the path that is read: {_why(value)}", given.value_at))
            reads.append(_source(walker, reader, held or "", given.value_at, at))
    return Frame(tuple(reads), at)


def _paths(value: Value) -> list[Value]:
    return [p for v in alternatives(value) for p in (v.items if isinstance(v, Seq) else [v])]


def _source(walker: Walker, reader: Reader, path: str, at: Location, whole: Location) -> Read:
    """Files are a format and a path; every other source is a function."""
    kind = reader.format or "delta"  # what Databricks takes where nobody says
    known = FILES.get(kind.lower())
    files = (
        next((v for k, v in reader.options if k.lower() == "cloudfiles.format"), "")
        if kind.lower() == "cloudfiles"
        else ""
    )
    relation = Relation(
        function="" if known else "cloudFiles" if kind.lower() == "cloudfiles" else kind,
        format=known or files,
        path=path,
        span=at.span,
        whole=_around(whole, at),
        streaming=reader.streaming,
        stream_span=reader.word.span if reader.streaming else None,
        arguments=_schema(reader),
        options=reader.options,
    )
    return walker.read(relation)


# -- spark.sql --------------------------------------------------------------------------------------


def _sql(walker: Walker, arguments: Arguments) -> Value:
    argument, reads = arguments.find("sqlQuery", 0), list[Read]()
    given = {a.name: a.value for a in arguments.keywords if a.name not in ("sqlQuery", "args")}
    for value in alternatives(argument.value) if argument else ():
        at = argument.value_at if argument else arguments.at
        if isinstance(value, Const) and isinstance(value.value, str):
            reads += _query(walker, value.value, value, given, at)
        elif isinstance(value, Opaque) and value.partial:
            reads += _query(walker, value.partial, None, given, at)
            walker.record.unknown.append(Unknown(f"a part of a query: {value.what}", at))
        else:
            walker.record.doubt(f"the text of a query: {_why(value)}", at)
    return Frame(tuple(reads), arguments.at)


def _query(walker: Walker, held: str, known: Const | None, given: dict[str, Value], at: Location) -> list[Read]:
    """The reads of one query text; `{df}` in it is a frame, or a value, that the call brings."""
    if _COMMAND.match(held):
        return []
    frames: dict[str, Frame] = {}
    exact = known.exact if known else None
    for name, value in given.items():
        frame, mask = next(frames_in(value), None), "_" + name + "_"
        if frame is not None:
            held, frames[mask.lower()] = held.replace("{" + name + "}", mask), frame
        elif isinstance(value, Const) and "{" + name + "}" in held:
            held, exact = held.replace("{" + name + "}", str(value.value)), None
    query = Query(held, exact or (known.at if known else at), exact is not None)
    if known:
        walker.record.queries.append(query)
    if query.facts.failure is not None:
        walker.record.doubt("a query that could not be read", query.location)
    return [read for relation in query.reads for read in _relation(walker, query, relation, frames)]


def _relation(walker: Walker, query: Query, relation: Relation, frames: dict[str, Frame]) -> list[Read]:
    if any(HOLE in part for part in (*relation.name, relation.path)):
        walker.record.doubt("the name of a table in a query", query.locate(relation.span))
        return []
    view = frames.get(".".join(relation.name).lower()) or walker.views.get(".".join(relation.name).lower())
    if view is not None:
        walker.use(view)
        return list(view.reads)
    mark = relation.watermark
    moved = replace(
        relation,
        span=query.locate(relation.span).span,
        whole=query.locate(relation.whole).span,
        stream_span=query.locate(relation.stream_span).span if relation.stream_span else None,
        watermark=replace(mark, span=query.locate(mark.span).span) if mark else None,
    )
    return [walker.read(moved)]


# -- frames -----------------------------------------------------------------------------------------


def frame_attribute(walker: Walker, found: Method) -> Value:
    """What is looked at without a call: `df.columns`, `df.write`."""
    frame = found.receiver
    if not isinstance(frame, Frame):
        return found
    if found.name in _LOOKS:
        walker.called(found.name, found.word)
        return Opaque(f"`.{found.name}` of a DataFrame", found.at)
    if found.name in ("write", "writeStream"):
        walker.called(found.name, found.word)
        return replace(frame, at=found.at, kind="writer")
    return frame if found.name in ("na", "stat") else found


def frame_method(walker: Walker, callee: Method, frame: Frame, arguments: Arguments) -> Value:
    """A method of a DataFrame: it is noted, and the frame goes on with all that was joined to it."""
    name, at = callee.name, arguments.at
    counts = frame.kind == "grouped" and name == "count"  # no action there
    walker.called("grouped.count" if counts else name, callee.word.upto(at))
    walker.use(frame)
    if name == "withWatermark":
        return _watermark(walker, frame, arguments, callee.word.upto(at))
    if name == "transform" and arguments.items:
        return _transform(walker, frame, arguments)
    if name in _VIEWS and (view := text(arguments.value("name", 0))):
        walker.views[view.lower()] = frame
        return Const(None, at)
    if frame.kind == "frame" and name in _ENDS:
        return Opaque(f"what `.{name}()` finds", at)
    joined = union([frame, *(f for a in arguments.items for f in frames_in(a.value))])
    if name in _GROUPS or (frame.kind == "grouped" and name not in _GROUPED):
        return Frame(joined, at, "grouped")
    return Frame(joined, at, "writer" if frame.kind == "writer" or name in _WRITES else "frame")


def _transform(walker: Walker, frame: Frame, arguments: Arguments) -> Value:
    function, *rest = arguments.items
    first = Argument("", frame, arguments.at, arguments.at)
    if isinstance(function.value, Function):
        return walker.follow(function.value, Arguments((first, *rest), arguments.at))
    walker.record.unknown.append(Unknown(f"what a function does: {_why(function.value)}", function.value_at))
    return Frame(frame.reads, arguments.at)


def _watermark(walker: Walker, frame: Frame, arguments: Arguments, at: Location) -> Value:
    """A watermark belongs to what is read below it and has none yet."""
    given = arguments.value("eventTime", 0)
    column = given.sql if isinstance(given, Column) else text(given)
    delay = text(arguments.value("delayThreshold", 1))
    if column is None or delay is None:
        walker.record.unknown.append(Unknown("the column or delay of a watermark", at))
        return Frame(frame.reads, arguments.at)
    mark = Watermark(expression=column, column=column, delay=delay, span=at.span)
    reads = tuple(
        r if r.relation.watermark else Read(r.number, replace(r.relation, watermark=mark)) for r in frame.reads
    )
    marked = Frame(reads, arguments.at)
    walker.use(marked)
    return marked


def delta_table(walker: Walker, by: str, arguments: Arguments) -> Value:
    """`DeltaTable.forName(spark, name)` and `DeltaTable.forPath(spark, path)`; its `.toDF()` is a batch read."""
    at, key = arguments.at, "path" if by == "forPath" else "tableOrViewName"
    positional = arguments.positional
    named = arguments.find(key) or (positional[-1] if positional else None)
    if by == "forName":
        return read_table(walker, named, Reader(False, at, at), at)
    reader = Reader(False, at, at, format="delta")
    return _load(
        walker,
        reader,
        Arguments((Argument("path", named.value, named.at, named.value_at),), at) if named else arguments,
    )
