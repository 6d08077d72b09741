"""The SELECT of a query that groups: the rows that it reads, the event time of a row, and the same query over rows that
were kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ldp_magic.engine.child import EngineError
from ldp_magic.pipeline.streams import SeenSelect
from ldp_magic.runs.stateful.asked import Asked
from ldp_magic.runs.stateful.kinds import operators
from ldp_magic.runs.stateful.windows import TIME, Point, Session, Window, session, window
from ldp_magic.runs.work import Turn
from ldp_magic.sql.facts import Call, ColumnRef, Input, Output, Select
from ldp_magic.sql.outline import Block
from ldp_magic.sql.sail.clauses.shape import Shape
from ldp_magic.sql.writing import quoted
from ldp_magic.text import Edit, Source, Span, apply_edits

_WINDOWS = ("window", "session_window")
_ROWS = "__ldp_rows"
_BOUND = re.compile(
    r"\w+\.(\w+)(?:\s*::\s*\w+)?|(?:date|string|timestamp)\(\s*\w+\.(\w+)\s*\)|cast\(\s*\w+\.(\w+)\s+as\s+\w+\s*\)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column that the SELECT reads: its name among the kept rows, and how the FROM clause calls it."""

    name: str
    text: str


class Grouped:
    """The one SELECT of a query that has to remember rows."""

    def __init__(self, turn: Turn, asked: Asked) -> None:
        self.turn, self.asked = turn, asked
        self.seen = _one(asked)
        self.select: Select = self.seen.select
        self.shape: Shape = asked.shape
        self.marks = frozenset().union(*(shape.watermarks for _, shape in self.seen.inputs))
        self.alias = self.select.inputs[0].alias if self.single else ""

    @property
    def single(self) -> bool:
        """Does it read one thing, whose name can stay?"""
        return len(self.select.inputs) == 1

    @cached_property
    def block(self) -> Block:
        return next(block for select, block in self.shape.selects() if select is self.select)

    def text(self, span: Span) -> str:
        return self.asked.text(span)

    def named(self, view: str) -> str:
        """A view in the place of what the SELECT reads."""
        return f"{view} AS {quoted(self.alias or _ROWS)}"

    # -- columns ---------------------------------------------------------------------------------------------------

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are kept: those that the SELECT mentions, or all of them where it shows a star."""
        if not self.single:
            return tuple(dict.fromkeys(self.meant.values()))
        names = [name for name, _ in self.all]
        asked = {part.lower() for column in self.outside for part in column.parts}
        star = any(output.star for output in self.select.outputs)
        return tuple(Column(name, quoted(name)) for name in names if star or name.lower() in asked)

    @cached_property
    def outside(self) -> list[ColumnRef]:
        """The columns as they are mentioned outside of FROM and WHERE."""
        return [column for column in self.select.columns if not self.is_read(column.span)]

    def is_read(self, span: Span) -> bool:
        """Does it stand in FROM or WHERE?"""
        inner = (self.select.clauses.get(name) for name in ("from", "where"))
        return any(each is not None and each.start <= span.start < each.end for each in inner)

    @cached_property
    def meant(self) -> dict[ColumnRef, Column]:
        """Of several inputs: the kept column that each mention means. A mention that is not here means an output."""
        if any(output.star for output in self.select.outputs):
            raise EngineError(
                "a star over joined tables cannot be grouped",
                why="two of its columns may have one name",
                fix="name the columns instead of the star",
            )
        found: dict[str, Column] = {}
        meant: dict[ColumnRef, Column] = {}
        taken: set[str] = set()
        for column in self.outside:
            text = self.source_of(column)
            if text and text.lower() not in found:
                name = column.parts[1 if self.is_alias(column) else 0]
                name = name if name.lower() not in taken else f"__ldp_{len(found)}"
                taken.add(name.lower())
                found[text.lower()] = Column(name, text)
            if text:
                meant[column] = found[text.lower()]
        return meant

    def is_alias(self, column: ColumnRef) -> bool:
        first = column.parts[0].lower()
        return len(column.parts) > 1 and any(item.alias.lower() == first for item in self.select.inputs)

    def source_of(self, column: ColumnRef) -> str:
        """How the FROM clause calls a column, the same for every way to write it; empty if it has none of that name."""
        if self.is_alias(column):
            return f"{quoted(column.parts[0])}.{quoted(column.parts[1])}"
        name = column.parts[0].lower()
        owners = [item for item, names in self.inputs if name in names]
        if not owners:
            return quoted(column.parts[0]) if name in self.unowned else ""
        joined = any(join.kind in ("right", "full") for join in self.select.joins)
        owner = owners[-1] if joined else owners[0]
        return f"{quoted(owner.alias)}.{quoted(column.parts[0])}"

    @cached_property
    def all(self) -> list[tuple[str, str]]:
        """Every column that the SELECT could read."""
        return self.listed("*")

    @cached_property
    def inputs(self) -> list[tuple[Input, frozenset[str]]]:
        """Each input with the names of its columns, in lower case."""
        return [
            (item, frozenset(name.lower() for name, _ in self.listed(f"{quoted(item.alias)}.*")))
            for item in self.select.inputs
            if item.alias
        ]

    @cached_property
    def unowned(self) -> frozenset[str]:
        """The columns of inputs without a name, as in `LATERAL VIEW explode(a) AS b`, in lower case."""
        if all(item.alias for item in self.select.inputs):
            return frozenset()
        owned = frozenset(name for _, names in self.inputs for name in names)
        return frozenset(name.lower() for name, _ in self.all) - owned

    def listed(self, star: str) -> list[tuple[str, str]]:
        """The columns that a star shows here."""
        found = self.shape.listed(self.select, self.block, star)
        if found is not None:
            return list(found)
        text = self.asked.query(f"SELECT {star} {self.read()}", self.select.clauses["from"])
        schema = self.turn.session.spark.sql(self.turn.views.spoken(text)).schema
        return [(each.name, each.dataType.simpleString()) for each in schema.fields]

    # -- rows ------------------------------------------------------------------------------------------------------

    def read(self) -> str:
        """FROM and WHERE as they are written."""
        clauses = self.select.clauses
        return " ".join(self.text(clauses[name]) for name in ("from", "where") if name in clauses)

    def rows(self, more: Sequence[str]) -> str:
        """A query for the rows that the SELECT reads, with *more* columns and their event time in microseconds."""
        time = f"unix_micros({self.event}) AS {TIME}"
        columns = [f"{each.text} AS {quoted(each.name)}" if not self.single else each.text for each in self.columns]
        text = self.asked.query(
            f"SELECT {', '.join([*columns, *more, time])} {self.read()}", self.select.clauses["from"]
        )
        return self.turn.views.spoken(text)

    # -- keys ------------------------------------------------------------------------------------------------------

    @cached_property
    def windows(self) -> tuple[Call, ...]:
        """The calls of window and session_window over event time."""
        calls = [each for each in self.select.calls if each.name in _WINDOWS and not self.is_read(each.span)]
        return tuple(each for each in calls if each.columns and each.columns[0].name.lower() in self.marks)

    @cached_property
    def how(self) -> Point | Window | Session:
        """What a row belongs to."""
        if not self.windows:
            return Point()
        found = {self.of(call) for call in self.windows}
        if len(found) > 1:
            raise EngineError(
                "two different windows stand in one SELECT",
                why="Spark takes one window over event time",
                fix="write a streaming table for each",
            )
        return found.pop()

    def of(self, call: Call) -> Window | Session:
        arguments = [self.text(argument) for argument in call.arguments]
        return window(arguments) if call.name == "window" else session(arguments)

    @cached_property
    def event(self) -> str:
        """The event time of a row, as the SELECT calls it."""
        if self.windows:
            return self.text(self.windows[0].arguments[0])
        if "group by" not in self.select.clauses:
            starred = [quoted(name) for output in self.select.outputs if output.star for name in self.starred(output)]
            found = [
                self.text(each.expression) for each in self.select.outputs if each.plain and self.marked(each.columns)
            ]
            found += starred
        else:
            found = [self.text(column.span) for span in self.keys for column in self.keyed(span)]
        if not found:
            raise EngineError(
                "no key of this group is the watermarked column",
                why="a group is final when the watermark has passed it",
                fix="group by the column itself, or by a window over it",
            )
        self.check_plain(found[0])
        return found[0]

    def check_plain(self, text: str) -> None:
        """Refuse a window that a query inside of this one has made."""
        types = {name.lower(): type_ for name, type_ in self.all} if self.single else {}
        if types.get(_bare(text.rpartition(".")[2]), "timestamp").startswith("struct"):
            raise EngineError(
                f"{text} is a window that a query inside of this one makes",
                why="rows are kept by the window that their own SELECT groups by",
                fix="write window(...) into the GROUP BY itself",
            )

    def starred(self, output: Output) -> Iterator[str]:
        """The watermarked columns that a star shows."""
        yield from (name for name, _ in self.listed(self.text(output.expression)) if name.lower() in self.marks)

    def marked(self, columns: Sequence[ColumnRef]) -> bool:
        return any(column.name.lower() in self.marks for column in columns)

    def keyed(self, span: Span) -> Iterator[ColumnRef]:
        """The watermarked columns that a key is, or is made of where it stands for many."""
        for column in self.select.columns:
            inside = span.start <= column.span.start and column.span.end <= span.end
            if self.marked([column]) and (column.span == span or (inside and self.many)):
                yield column

    @cached_property
    def keys(self) -> list[Span]:
        """The expressions that are grouped by; a place, an alias or ALL means what it stands for."""
        return [key for span in self.select.group_keys for key in self.key(span)]

    def key(self, span: Span) -> Iterator[Span]:
        text = self.text(span).strip()
        alias = next((each for each in self.select.outputs if each.aliased and each.name.lower() == _bare(text)), None)
        if text.upper() == "ALL":
            yield from (each.expression for each in self.select.outputs if not self.counts(each))
        elif text.isdigit():
            yield self.select.outputs[int(text) - 1].expression
        else:
            yield alias.expression if alias is not None and not self.reads(_bare(text)) else span

    def counts(self, output: Output) -> bool:
        return any(output.span.start <= call.span.start < output.span.end for call in self.select.aggregates)

    def reads(self, name: str) -> bool:
        if self.single:
            return any(name == each.lower() for each, _ in self.all)
        return any(name in names for _, names in self.inputs)

    @property
    def session_keys(self) -> list[str]:
        """What is grouped by besides the session."""
        call = next(each for each in self.windows if each.name == "session_window")
        texts = {self.text(each.span) for each in self.windows}
        keys = [self.text(span) for span in self.keys if self.text(span) not in texts]
        if not keys or self.many:
            raise EngineError(
                f"{self.text(call.span)} needs plain keys beside it",
                why="a session is one of a user, a device or the like; Spark does not run it without a key",
                fix="add the key to GROUP BY, without ROLLUP, CUBE or GROUPING SETS",
            )
        return keys

    # -- the query over other rows -----------------------------------------------------------------------------------

    def over(self, view: str) -> str:
        """The whole query, with the SELECT over a view of kept rows that has the window as a column."""
        source, clauses = Source("query", None, self.shape.text), self.select.clauses
        edits = {clauses["from"]: f"FROM {self.named(view)}"}
        if "where" in clauses:
            edits[clauses["where"]] = ""
        edits |= {call.span: quoted(call.name) for call in self.windows}
        edits |= dict(self.renamed())
        edits |= dict(self.outputs())
        if self.many:
            edits |= self.having()
        text = self.turn.views.spoken(apply_edits(Edit(source.at(*at), new) for at, new in edits.items())[source])
        return f"SELECT * FROM ({text}) AS __ldp_named({self.names()})" if self.unnamed() else text

    def unnamed(self) -> bool:
        """Is there an output that is named after columns which are kept by other names?"""
        if self.single:
            return False
        renamed = [column.span for column, kept in self.meant.items() if kept.name.startswith("__ldp_")]
        named = (output.expression for output in self.select.outputs if not output.aliased and not output.plain)
        return any(each.start <= span.start < each.end for each in named for span in renamed)

    def names(self) -> str:
        """The columns of the whole query, as it was written."""
        schema = self.turn.session.spark.sql(self.turn.views.spoken(self.shape.text)).schema
        return ", ".join(quoted(name) for name in schema.names)

    def renamed(self) -> Iterator[tuple[Span, str]]:
        """The columns of several inputs under the names that they are kept by."""
        if self.single:
            return
        inside = [call.span for call in self.windows]
        for column, kept in self.meant.items():
            if not any(each.start <= column.span.start < each.end for each in inside):
                rest = column.parts[1 + self.is_alias(column) :]
                yield column.span, ".".join(map(quoted, (kept.name, *rest)))

    def outputs(self) -> Iterator[tuple[Span, str]]:
        """Outputs that nobody named keep their names."""
        for output in self.select.outputs:
            end = Span(output.span.end, output.span.end)
            if output.aliased or output.star:
                continue
            name = self.window_name(output)
            if name:
                yield end, f" AS {quoted(name)}"
            elif not self.single and output.plain:
                kept = next((k for c, k in self.meant.items() if c.span.start == output.expression.start), None)
                if kept is not None and kept.name.startswith("__ldp_"):
                    yield end, f" AS {quoted(output.name)}"

    def window_name(self, output: Output) -> str:
        """What Spark calls a bound of a window that nobody named: a cast does not change that."""
        call = next((c for c in self.windows if output.span.start <= c.span.start < output.span.end), None)
        if call is None:
            return ""
        before, after = Span(output.span.start, call.span.start), Span(call.span.end, output.expression.end)
        found = _BOUND.fullmatch(f"{self.text(before)}{call.name}{self.text(after)}")
        return f"{call.name}.{found[1] or found[2] or found[3]}" if found is not None else ""

    @property
    def many(self) -> bool:
        """Are there groups of groups, some of which are over all windows?"""
        first, last = self.block.clauses.get("group by", (0, 0))
        return not {"ROLLUP", "CUBE", "GROUPING"}.isdisjoint(self.shape.words[first:last])

    def having(self) -> dict[Span, str]:
        """What keeps out the groups over all windows, which no watermark ever passes."""
        known = f"{quoted(self.windows[0].name) if self.windows else self.event} IS NOT NULL"
        span = self.select.clauses.get("having")
        if span is None:
            end = self.select.clauses["group by"].end
            return {Span(end, end): f" HAVING {known}"}
        start = span.start + len("HAVING")
        return {Span(start, start): f" {known} AND (", Span(span.end, span.end): ")"}


def _one(asked: Asked) -> SeenSelect:
    found = [one for _, one in operators(asked.seen)]
    assert len(found) == 1, "kind_of lets no other query through"
    return found[0]


def _bare(text: str) -> str:
    return text.strip("`").lower()
