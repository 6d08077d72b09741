"""Rewrites every expression of a text that the engine would answer otherwise, innermost first, and names what Spark
would name. The rest of the text stays as its author wrote it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ldp_magic.sql.functions import GENERATORS
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.sail.answer import Columns, ForSail, Label, Refused
from ldp_magic.sql.sail.ddl import ddl
from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.literals import undoubled
from ldp_magic.sql.sail.naming import Naming
from ldp_magic.sql.sail.queries import Output, Queries, Select
from ldp_magic.sql.sail.rows import cells
from ldp_magic.sql.sail.rules import rewrite
from ldp_magic.sql.sail.site import Site
from ldp_magic.sql.sail.typed import NOTHING, Bound, Types
from ldp_magic.text import Span

_FULL = ("interval day to second", "interval year to month")
_SHOWN = 3  # expressions in one label
_LONGEST = 300_000  # characters of one expression
_DEEPEST = 400  # brackets; what is deeper goes to the engine as it is


def rewritten(text: str, columns: Columns) -> ForSail:
    """*text* as the engine has to be asked."""
    tokens = tokens_of(text)
    if tokens.depth > _DEEPEST or tokens.open:
        return ForSail(text)
    try:
        with _room_for(tokens.depth):
            return _Rewriting(Queries(tokens), columns).result()
    except RecursionError:
        return ForSail(text)


@contextmanager
def _room_for(depth: int) -> Iterator[None]:
    before = sys.getrecursionlimit()
    if depth > 15:
        sys.setrecursionlimit(max(before, 16_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class _Rewriting:
    def __init__(self, queries: Queries, columns: Columns) -> None:
        self.queries, self.tokens = queries, queries.tokens
        queries.read()
        self.types = Types(queries, columns)
        self.labels: dict[Label, None] = {}
        self.unknown: dict[str, None] = {}  # expressions that rules need types for which nobody knows
        self.edits: dict[Span, str] = {}
        self.cells = {cell: type_ for select in queries.every for cell, type_ in cells(select, self.types)}

    def result(self) -> ForSail:
        for select in reversed(self.queries.every):  # queries inside of expressions first
            for root in select.roots:
                self.edit(root, select)
            for output in select.outputs:
                self.name(output, select)
        self.strings()
        self.label_unknown()
        return ForSail(_applied(self.tokens.text, self.edits), tuple(self.labels))

    def edit(self, node: Node, select: Select) -> bool:
        """Rewrite one expression in place; whether that changed anything."""
        made = self.text(node, select, NOTHING, {})
        if made is not None:
            self.edits[self.span(node)] = made
        return made is not None

    def name(self, output: Output, select: Select) -> None:
        """An output that nobody named keeps Spark's name."""
        naming = Naming(self.queries, self.types, select)
        name = naming.of(output.value) if output.alias is None else None
        changed = self.edit(output.value, select) | self.keep_interval(output.value, select)
        plain = output.value.kind == "column"
        if name is not None and not plain and (changed or naming.differs):
            span = self.span(output.value)
            text = self.edits.get(span, self.original(output.value))
            self.edits[span] = f"{text} AS `{name.replace('`', '``')}`"
        elif name is None and not plain and output.alias is None and not _makes_columns(output.value):
            self.labels[Label("the name of a column", "Spark calls it otherwise; give it one with AS")] = None

    def keep_interval(self, value: Node, select: Select) -> bool:
        """The engine computes with two types of intervals, Spark has fifteen; a literal has its own."""
        type_ = self.types.of(value, select)
        inner = type_.removeprefix("array<").rstrip(">")
        if not inner.startswith("interval ") or inner in _FULL or value.kind in ("interval", "column"):
            return False
        span = self.span(value)
        self.edits[span] = f"CAST({self.edits.get(span, self.original(value))} AS {ddl(type_)})"
        return True

    def is_unknown(self, node: Node, select: Select, bound: Bound) -> bool:
        """Does this hold a column whose type nobody knows?"""
        if node.kind == "column":
            return not self.types.of(node, select, bound)
        return any(self.is_unknown(part, select, bound) for part in node.parts)

    def label_unknown(self) -> None:
        if self.unknown:
            ours = "a part of this query"  # where a rewrite made up names
            shown = list(dict.fromkeys(ours if "__ldp_" in text else " ".join(text.split()) for text in self.unknown))
            more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
            why = "the types of the columns in it are not known, and with some types the engine answers otherwise"
            self.labels[Label(", ".join(t if len(t) < 40 else t[:39] + "…" for t in shown[:_SHOWN]) + more, why)] = None

    # -- one expression ----------------------------------------------------------------------------------

    def text(self, node: Node, select: Select, bound: Bound, held: dict[str, str]) -> str | None:
        """The new text of an expression, or None where it stays. *held* are lambda parameters that became
        expressions."""
        if node.kind == "query":
            return self.inside(self.span(node))
        if node.kind == "literal" and node not in self.cells:
            return self.literal(node)
        if node.kind == "column" and node.names[0].lower() in held:
            return ".".join((held[node.names[0].lower()], *(f"`{n}`" for n in node.names[1:])))
        inner = self.types.binding(node, select, bound) if node.kind == "call" else [bound] * len(node.parts)
        texts: dict[Node, str] = {}
        for index, child in enumerate(node.children):
            made = self.text(child, select, inner[index] if index < len(inner) else bound, held)
            if made is not None:
                texts[child] = made

        if held and (node.kind == "tuple" or node.word == "struct"):
            self.keep_names(node, texts)

        def body(child: Node, parameters: dict[str, str]) -> str:
            made = self.text(child.parts[0], select, inner[node.parts.index(child)], {**held, **parameters})
            return made if made is not None else self.original(child.parts[0])

        site = Site(self.types, select, bound, self.labels, texts, body, set())
        rewritten_ = rewrite(node, site)
        if any(self.is_unknown(part, select, bound) for part in site.unknown):
            self.unknown[self.original(node)] = None
        made = rewritten_ or (site.between(node.first, node.last, node) if texts else None)
        if node in self.cells:
            made = f"CAST({made or self.original(node)} AS {ddl(self.cells[node])})"
        if made is not None and len(made) > _LONGEST:
            raise Refused(
                "this expression is too long for the embedded engine",
                why="what it answers otherwise than Spark has to be spelled out, and here that grows too much",
                fix="split it over several queries, or preview it with --place databricks",
            )
        return made

    def keep_names(self, node: Node, texts: dict[Node, str]) -> None:
        """A field that was named after a lambda's parameter is so still."""
        if node.kind == "tuple" and len(node.parts) < 2:
            return
        for part in node.parts:
            if part.kind == "column" and part in texts:
                texts[part] += f" AS `{part.names[-1]}`"

    def literal(self, node: Node) -> str | None:
        if node.word == "number":
            return None
        parts = [self.tokens.get(i) for i in range(node.first, node.last)]
        mended = [undoubled(p) if p[0] in "'\"" else p for p in parts]
        return "".join(mended) if mended != parts else None

    def inside(self, span: Span) -> str | None:
        """A query in an expression, whose own expressions are already rewritten."""
        edits = {at: new for at, new in self.edits.items() if span.start <= at.start and at.end <= span.end}
        if not edits:
            return None
        moved = {Span(at.start - span.start, at.end - span.start): new for at, new in edits.items()}
        return _applied(self.tokens.text[slice(*span)], moved)

    def span(self, node: Node) -> Span:
        return Span(self.tokens.starts[node.first], self.tokens.ends[node.last - 1])

    def original(self, node: Node) -> str:
        return self.tokens.text[slice(*self.span(node))]

    # -- literals ----------------------------------------------------------------------------------------

    def strings(self) -> None:
        """A doubled quote in a string is lost by the engine; one behind a backslash is not."""
        for index, type_ in enumerate(self.tokens.types):
            if type_ != "string":
                continue
            text = self.tokens.get(index)
            if text[0] not in "rR" and (mended := undoubled(text)) != text:
                self.edits.setdefault(Span(self.tokens.starts[index], self.tokens.ends[index]), mended)


def _makes_columns(node: Node) -> bool:
    """Stars and generators name their columns themselves."""
    return node.kind in ("star", "query") or (node.kind == "call" and node.word in GENERATORS)


def _applied(text: str, edits: dict[Span, str]) -> str:
    """The text with all edits made; those inside of another one were made by it."""
    out, position = [], 0
    for span in sorted(edits):
        if span.start < position:
            continue
        out += [text[position : span.start], edits[span]]
        position = span.end
    return "".join([*out, text[position:]])
