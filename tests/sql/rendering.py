"""Facts about a query as a few lines of text, every span shown as the text it covers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ldp_magic.sql.facts import Call, ColumnRef, Facts, Input, Join, Output, Relation, Select, SetOperation, Watermark
from ldp_magic.sql.query import facts_of
from ldp_magic.text import Span

GOLDEN = Path(__file__).with_name("facts.txt")


def rendered(facts: Facts) -> list[str]:
    """What a query says, line by line: its relations, then each SELECT in the order in which they end."""
    return list(_Text(facts).lines())


class _Text:
    def __init__(self, facts: Facts) -> None:
        self.facts, self.text = facts, facts.text

    def lines(self) -> Iterator[str]:
        facts = self.facts
        if facts.failure is not None:
            yield f"failure {facts.failure.message} at {self.at(facts.failure.span)}"
        yield from (f"reads {self.relation(r)}" for r in facts.relations)
        yield from (f"with {cte.name} at {self.at(cte.span)}" for cte in facts.ctes)
        for select in facts.selects:
            yield from self.select(select)
        yield from (self.set_operation(s) for s in facts.set_operations)
        yield from (f"parameter {name} at {self.at(span)}" for name, span in facts.parameters)
        yield from (f"misplaced {self.watermark(w)}" for w in facts.misplaced_watermarks)
        yield from (f"stream over a query {self.at(span)}" for span in facts.streams_over_queries)

    def at(self, span: Span) -> str:
        return f"‹{self.text[span.start : span.end]}›"

    def relation(self, r: Relation) -> str:
        parts = [r.label, f"at {self.at(r.span)}"]
        if r.whole != r.span:
            parts.append(f"whole {self.at(r.whole)}")
        if r.streaming:
            parts.append("streaming")
        parts += [f"as {r.alias}"] if r.alias else []
        parts += [f"arguments {_pairs(r.arguments)}"] if r.arguments else []
        parts += [f"options {_pairs(r.options)}"] if r.options else []
        parts += [self.watermark(r.watermark)] if r.watermark else []
        return ", ".join(parts)

    def watermark(self, w: Watermark) -> str:
        return f"watermark {w.column} = {w.expression} delay {w.delay} {self.at(w.span)}"

    def select(self, s: Select) -> Iterator[str]:
        yield f"select {self.at(s.span)}" + (f" {self.at(s.distinct)}" if s.distinct else "")
        yield from (f"  out {self.output(o)}" for o in s.outputs)
        yield from (f"  from {self.input(i)}" for i in s.inputs)
        yield from (f"  join {self.join(j)}" for j in s.joins)
        yield from (f"  {name} {self.at(span)}" for name, span in s.clauses.items() if name not in ("select", "from"))
        if s.group_keys:
            yield f"  keys {' '.join(self.at(k) for k in s.group_keys)} columns {self.columns(s.group_columns)}"
        yield from (f"  call {self.call(c)}" for c in s.calls)
        if s.columns:
            yield f"  columns {self.columns(s.columns)}"
        if s.subqueries:
            yield f"  subqueries {len(s.subqueries)}"

    def columns(self, columns: tuple[ColumnRef, ...]) -> str:
        return " ".join(f"{'.'.join(c.parts)}{self.at(c.span)}" for c in columns)

    def output(self, o: Output) -> str:
        marks = [m for m in ("aliased", "star", "plain") if getattr(o, m)]
        return " ".join([o.name or "-", self.at(o.expression), *marks, self.columns(o.columns)]).strip()

    def input(self, i: Input) -> str:
        what = i.relation.label if i.relation else "query" if i.query else f"cte {i.cte}" if i.cte else "nothing"
        marks = (" lateral" if i.lateral else "") + (f" {self.watermark(i.watermark)}" if i.watermark else "")
        return f"{what} as {i.alias or '-'} {self.at(i.span)}{marks}"

    def join(self, j: Join) -> str:
        marks = [m for m in ("natural", "comma") if getattr(j, m)]
        marks += [f"using {j.using}"] if j.using else []
        marks += [f"on {self.at(j.condition)}"] if j.condition else []
        marks += [f"{'.'.join(a.parts)}={'.'.join(b.parts)}" for a, b in j.equalities]
        return " ".join([j.kind, self.at(j.span), self.input(j.right).split(" ")[0], *marks])

    def call(self, c: Call) -> str:
        marks = [m for m in ("aggregate", "distinct", "partitioned") if getattr(c, m)]
        over = f" over {self.at(c.over)}" if c.over else ""
        return " ".join([c.name, f"in {c.clause}", self.at(c.span), *map(self.at, c.arguments), *marks]) + over

    def set_operation(self, s: SetOperation) -> str:
        clauses = " ".join(f"{name} {self.at(span)}" for name, span in s.clauses.items())
        return f"set {s.kind} {self.at(s.span)} {clauses}".rstrip()


def _pairs(pairs: tuple[tuple[str, str], ...]) -> str:
    return " ".join(f"{name}={value}" if name else value for name, value in pairs)


@dataclass(frozen=True)
class Case:
    """A query, whether Apache Spark 4.3 parses it as written, and what it says."""

    query: str
    in_spark: bool
    said: tuple[str, ...]

    def __str__(self) -> str:
        return re.sub(r"\W+", "-", self.query).strip("-")[:80]


def golden() -> list[Case]:
    """The cases of the golden file: `# query`, or `#- query` where Spark refuses it, then what it says."""
    chunks = GOLDEN.read_text(encoding="utf-8").strip().split("\n\n")
    return [_case(*chunk.split("\n")) for chunk in chunks]


def _case(head: str, *said: str) -> Case:
    mark, query = head.split(" ", 1)
    return Case(query, mark == "#", said)


def update() -> None:
    """Write the golden file anew from its own queries: read the diff, every line of it is a claim."""
    chunks = [[f"{'#' if c.in_spark else '#-'} {c.query}", *rendered(facts_of(c.query))] for c in golden()]
    GOLDEN.write_text("\n\n".join("\n".join(chunk) for chunk in chunks) + "\n", encoding="utf-8")


if __name__ == "__main__":
    update()
