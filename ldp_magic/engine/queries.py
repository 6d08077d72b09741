"""The text of a query with its parameters filled in and its relations replaced; the rest stays as it was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ldp_magic.engine.child import EngineError
from ldp_magic.sql.facts import Facts, Failure, Relation
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import AutoCdc, Code
from ldp_magic.sql.parameters import parameters_in
from ldp_magic.sql.query import facts_of, is_relation
from ldp_magic.sql.sail import Label
from ldp_magic.sql.writing import literal, quoted
from ldp_magic.text import Edit, Source, Span, apply_edits, position


@dataclass(frozen=True, slots=True)
class Filled:
    """A query without parameters, and each relation it reads beside the one that the author wrote."""

    facts: Facts
    relations: tuple[tuple[Relation, Relation], ...]  # (in this text, as written)


def with_values(text: str, parameters: Mapping[str, str]) -> str:
    """A query or an expression with `${x}` and `:x` replaced by their values."""
    source = Source("query", None, text)
    places = parameters_in(tokens_of(text))
    edits = [Edit(source.at(*span), _value(name, text[span.start], parameters)) for name, span in places]
    return apply_edits(edits).get(source, text) if edits else text


def changes_with_values(flow: AutoCdc, parameters: Mapping[str, str]) -> AutoCdc:
    """AUTO CDC with the parameters in its expressions replaced by their values."""
    return replace(
        flow,
        sequence_by=with_values(flow.sequence_by, parameters),
        delete_when=with_values(flow.delete_when, parameters),
        truncate_when=with_values(flow.truncate_when, parameters),
        where=with_values(flow.where, parameters),
    )


def filled(text: str, parameters: Mapping[str, str]) -> Filled:
    """*text* with `${x}` and `:x` replaced by their values."""
    ahead = "SELECT * FROM " if is_relation(text) else ""
    text = ahead + text
    new = with_values(text, parameters)
    before, after = facts_of(text), facts_of(new)
    if after.failure is not None:
        raise _unreadable(new[len(ahead) :], after.failure, len(ahead))
    same = len(before.relations) == len(after.relations)
    return Filled(after, tuple(zip(after.relations, before.relations if same else after.relations, strict=True)))


def _unreadable(text: str, failure: Failure, ahead: int) -> EngineError:
    """What is wrong, and where: the query may have been typed, so there may be no file to look into.

    The failure counts from *ahead* characters before *text*.
    """
    said = "this query cannot be read"
    start = max(failure.span.start - ahead, 0)
    place, line = position(text, start), text[start:].partition("\n")[0]
    near = f"it is read up to line {place.line}, column {place.column}: {line[:40]}{'…' if line[40:] else ''}"
    return EngineError(
        failure.message if failure.message.startswith(said) else f"{said}: {failure.message}",
        why=f"{failure.why}; {near}" if failure.why else near,
        fix="mend the query there",
    )


def replaced(facts: Facts, names: Sequence[str | None]) -> str:
    """The query over other relations; None leaves one as it is. STREAM, watermarks and options go with the relation."""
    source = Source("query", None, facts.text)
    edits = []
    for relation, name in zip(facts.relations, names, strict=True):
        if name is not None:
            edits.append(Edit(source.at(*relation.whole), name + _alias(facts.text, relation)))
            edits += [Edit(source.at(*span), new) for span, new in _qualified(facts, relation)]
    return apply_edits(edits).get(source, facts.text) if edits else facts.text


def held_back(facts: Facts) -> Label | None:
    """What a run would not write yet: windows, and rows of outer joins, that the watermark has not passed."""
    marks = [each.watermark for each in facts.relations if each.watermark is not None]
    if not marks:
        return None
    windows = any("group by" in select.clauses for select in facts.selects)
    outer = any(join.kind in ("left", "right", "full") for select in facts.selects for join in select.joins)
    if not windows and not (outer and len(marks) > 1):
        return None
    what = "windows" if windows else "rows without a partner"
    why = f"a run writes {what} when the watermark has passed them; a preview shows those that are still open, too"
    return Label(f"WATERMARK {marks[0].column}", why, exact="")


def held_back_by_code(code: Code) -> tuple[Label, ...]:
    """The same of DataFrame code, as far as its calls tell."""
    calls = {method for method, _ in code.calls}
    if "withWatermark" not in calls or not calls & {"groupBy", "join"}:
        return ()
    why = "a run writes rows when the watermark has passed them; a preview shows those that are still open, too"
    return (Label("withWatermark", why, exact=""),)


def _value(name: str, mark: str, parameters: Mapping[str, str]) -> str:
    if name not in parameters:
        raise EngineError(
            f"the parameter {name} has no value",
            why="the query holds it, and neither settings nor the pipeline say what it stands for",
            fix=f'say [tool.ldp.parameters] {name} = "..."',
        )
    value = parameters[name]
    return literal(value) if mark == ":" else value


def _alias(text: str, relation: Relation) -> str:
    """The name by which the rest of the query knows the relation, unless it was given one."""
    before = text[: relation.whole.start].rstrip()
    if relation.alias or not relation.name or before[-5:].upper() == "TABLE":
        return ""
    return " AS " + quoted(relation.name[-1])


def _qualified(facts: Facts, relation: Relation) -> Iterator[tuple[Span, str]]:
    """Columns written `schema.table.column`: the view is known by its last name alone."""
    name = tuple(part.lower() for part in relation.name)
    if len(name) < 2 or relation.alias:
        return
    for select in facts.selects:
        for column in select.columns:
            parts = tuple(part.lower() for part in column.parts)
            if len(parts) > len(name) and parts[: len(name)] == name:
                rest = [relation.name[-1], *column.parts[len(name) :]]
                yield column.span, ".".join(map(quoted, rest))
