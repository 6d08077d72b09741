"""The edits that turn a batch statement into the pipeline statement of its verdict."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ldp_magic.author.convert.expectations import Rule, moved
from ldp_magic.author.convert.inserts import newline
from ldp_magic.author.convert.kinds import Verdict
from ldp_magic.author.convert.statements import Made
from ldp_magic.author.convert.turn import turned
from ldp_magic.lint.subjects import Owned
from ldp_magic.lint.wrap import cased, every, stream_edits
from ldp_magic.sql.facts import Relation, Select
from ldp_magic.text import Edit, Location

_WORDS = {
    "streaming table": "CREATE OR REFRESH STREAMING TABLE",
    "materialized view": "CREATE OR REFRESH MATERIALIZED VIEW",
    "view": "CREATE VIEW",
    "temporary view": "CREATE TEMPORARY VIEW",
}
_FILES = {"json", "csv", "text", "parquet", "orc", "avro", "xml", "binaryfile"}
_TOLD = re.compile(r"--\s*(streaming table|materialized view|view|temporary view):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The edits, and what was changed besides the kind."""

    edits: tuple[Edit, ...]
    notes: tuple[str, ...] = ()


def rewritten(made: Made, verdict: Verdict, owned: Owned, *, expectations: bool, final: bool) -> Rewritten:
    """What has to be done to a statement."""
    edits = list(_streams(verdict))
    notes: list[str] = list(made.notes + verdict.notes)
    rules: tuple[Rule, ...] = ()
    if expectations and final and made.form in ("table", "query") and not made.definition.columns:
        found = moved(owned)
        rules, edits = found.rules, [*edits, *found.edits]
    if verdict.window is not None:
        edits += verdict.window.edits
    if verdict.kind in ("streaming table", "materialized view") and not made.definition.columns:
        named = list(_named(owned))
        edits += named
        notes += ["columns without a name got one"] if named else []
    if rules:
        what = "a filter became an expectation" if len(rules) == 1 else f"{len(rules)} filters became expectations"
        notes.append(f"{what}: the same rows, and those left out are counted")
    if any(s.relation.format in _FILES and not s.relation.function for s in verdict.sources):
        notes.append("read_files guesses types where no schema is given, and adds the column _rescued_data")
    for source in verdict.sources:
        swapped = turned(owned, source.relation, edits)
        if swapped != edits:
            notes.append("the join was turned round, so that the stream stands first")
        edits = swapped
    edits += [Edit(_with_blank(c.location), _comments(made, c.location)) for c in made.dropped]
    return Rewritten((*_head(made, verdict, owned, rules), *edits), tuple(notes))


# -- the head -------------------------------------------------------------------------------------------------


def _head(made: Made, verdict: Verdict, owned: Owned, rules: tuple[Rule, ...]) -> Iterator[Edit]:
    part, head = made.part, made.head
    source, start = part.source, part.location.start
    end = newline(source)
    before = source.text[part.start : start]
    line = source.text[source.text.rfind("\n", 0, start) + 1 : start]
    indent = line.lstrip("\ufeff") if not line.strip().strip("\ufeff") else ""
    told = _told_already(before) and made.form in ("view", "temporary view")
    said = "" if told else f"-- {verdict.kind}: {_one_line(verdict.reason)}{end}{indent}"
    lead = end if line.strip().strip("\ufeff") and not told else ""
    blanks = len(line) - len(line.rstrip(" \t")) if lead else 0
    above = Edit(Location(source, start - blanks, start), f"{lead}{said}")
    words = _WORDS[verdict.kind] if not verdict.private else "CREATE OR REFRESH PRIVATE STREAMING TABLE"
    yield above
    if made.form == "query":
        made_of = (
            f"{cased(words, owned)} {made.definition.name.last}{_list(rules, end)} {cased('AS', owned)}{end}{indent}"
        )
        yield Edit(Location(source, start, start), made_of)
        return
    kept = " ".join(part.comments(head.start, head.end))
    comments = f" {kept}{end if '--' in kept else ''}" if kept else ""
    yield Edit(head, f"{_in_case(words, head)}{comments}")
    if made.as_missing:
        at = owned.query.location.start
        yield Edit(Location(source, at, at), f"{_in_case('AS', head)} ")
    if rules:
        at = made.definition.name.location.end
        yield Edit(Location(source, at, at), _list(rules, end))


def _in_case(words: str, head: Location) -> str:
    return words.lower() if head.text[:1].islower() else words


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _told_already(before: str) -> bool:
    lines = [line.strip() for line in before.splitlines() if line.strip()]
    return bool(lines) and _TOLD.match(lines[-1]) is not None


def _list(rules: tuple[Rule, ...], end: str) -> str:
    if not rules:
        return ""
    lines = [f"  CONSTRAINT {r.name} EXPECT ({r.condition}) ON VIOLATION DROP ROW" for r in rules]
    return f" ({end}" + f",{end}".join(lines) + f"{end})"


def _with_blank(where: Location) -> Location:
    """A clause with the blanks before it; a comment before it stays, and so does its line."""
    text, start = where.source.text, where.start
    while start and text[start - 1] in " \t\r\n":
        start -= 1
    line = text[text.rfind("\n", 0, start) + 1 : start]
    return Location(where.source, where.start if "--" in line else start, where.end)


def _comments(made: Made, where: Location) -> str:
    kept = made.part.comments(where.start, where.end)
    return "".join(f" {c}{newline(where.source) if c.startswith('--') else ''}" for c in kept)


def _named(owned: Owned) -> Iterator[Edit]:
    """A name for every column of the result that has none: Databricks asks for one."""
    root = owned.facts.root
    if not isinstance(root, Select) or owned.facts.pipes:
        return
    taken = {o.name.lower() for o in root.outputs}
    for number, output in enumerate(root.outputs, 1):
        if output.name or output.star or output.aliased or output.span.start == output.span.end:
            continue
        call = next(
            (c.name for c in root.calls if c.span.start == output.span.start and c.name.isidentifier()), "column"
        )
        name = call if call != "column" and call not in taken else f"{call}_{number}"
        taken.add(name)
        where = owned.locate(output.span)
        yield Edit(Location(where.source, where.end, where.end), f" {cased('AS', owned)} {name}")


# -- the streams ----------------------------------------------------------------------------------------------


def _streams(verdict: Verdict) -> Iterator[Edit]:
    """STREAM around the sources, and the watermark behind the one that a window needs."""
    if verdict.kind not in ("streaming table", "temporary view"):
        return
    for source in every(verdict.sources):
        yield from _stream(source.owned, source.relation)
        if verdict.window is not None and source.relation is verdict.window.relation:
            where = source.owned.locate(source.relation.span)
            yield Edit(Location(where.source, where.end, where.end), f" {verdict.window.watermark}")


def _stream(owned: Owned, relation: Relation) -> list[Edit]:
    """`STREAM(t)`; a path is read by read_files, which finds its new files, or as the table that it holds."""
    where, word = owned.locate(relation.span), cased("STREAM", owned)
    if not relation.format or relation.function:
        return stream_edits(owned, relation)
    if relation.format in _FILES:
        path = relation.path.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
        return [Edit(where, f"{word} read_files('{path}', format => '{relation.format}')")]
    return [Edit(Location(where.source, where.start, where.start), f"{word} ")]
