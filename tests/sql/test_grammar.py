"""Every production of the language in every odd writing: no problem, the right values, the same from its own text."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from ldp_magic.sql import read
from ldp_magic.sql.model import (
    AutoCdc,
    Clause,
    Column,
    DatasetDef,
    Expectation,
    FlowDef,
    Name,
    Query,
    Script,
    Setting,
    Statement,
)
from ldp_magic.text import Location, Source
from tests.sql import grammar
from tests.sql.grammar import Production, Style

PRODUCTIONS = list(grammar.every())
STYLES = list(grammar.styles())


def read_text(text: str) -> Script:
    return read(Source("t.sql", None, text).whole())


def only(script: Script) -> Any:
    assert len(script.statements) == 1, script
    return script.statements[0]


# -- what a statement says, without places ---------------------------------------------------------------


def said(value: Any) -> Any:
    """A value without its locations."""
    if isinstance(value, Query):
        return ("query", value.text)
    if is_dataclass(value):
        return (
            type(value).__name__,
            {
                f.name: said(getattr(value, f.name))
                for f in fields(value)
                if "location" not in f.name and f.name != "head"
            },
        )
    if isinstance(value, (tuple, list)):
        return tuple(said(v) for v in value)
    return value


_COMMENT = re.compile(r"/\* ; ' \( /\* nested \*/ ` \*/|-- it's; \(`\n")


def folded(value: Any) -> Any:
    """Texts without what a style may change: blanks, comments, case, quotes, the marks of names and parameters."""
    if isinstance(value, str):
        text = _COMMENT.sub(" ", value)
        return re.sub(r"[\s`${}]+", "", text).replace('"', "'").replace("''", "'").replace("\\'", "'").upper()
    if isinstance(value, (tuple, list)):
        return tuple(folded(v) for v in value)
    return value


def summary(statement: Statement) -> dict[str, Any]:
    """The values of a statement in the shape of the table's right-hand sides."""
    if not isinstance(statement, (DatasetDef, FlowDef)):
        return {f.name: getattr(statement, f.name) for f in fields(statement)}
    found: dict[str, Any] = {f.name: getattr(statement, f.name) for f in fields(statement)}
    found["name"] = statement.name.parts
    found["clauses"] = [(c.name, c.value) for c in statement.clauses]
    if isinstance(statement, FlowDef):
        return {**found, "target": statement.target.parts, "body": _text(statement.body), "cdc": _fields(statement.cdc)}
    return {
        **found,
        "columns": [
            (c.name, c.type, c.not_null, c.comment, {a.name: a.value for a in c.clauses}) for c in statement.columns
        ],
        "expectations": [(e.name, e.condition, e.on_violation) for e in statement.expectations],
        "constraints": [(c.name, str(c.value)) for c in statement.constraints],
        "query": _text(statement.query),
        "flow": _fields(statement.flow),
    }


def _text(body: Any) -> str | None:
    return body.text if isinstance(body, Query) else body


def _fields(value: Any) -> dict[str, Any]:
    found = {f.name: getattr(value, f.name) for f in fields(value)} if value is not None else {}
    found = {key: _text(held) for key, held in found.items()}
    return {**found, "cdc": _fields(found["cdc"])} if found.get("cdc") is not None else found


def assert_says(statement: Statement, says: dict[str, Any]) -> None:
    found = summary(statement)
    for key, wanted in says.items():
        if isinstance(wanted, dict):
            assert _wanted_of(found[key], wanted) == _folded_dict(wanted), key
        elif key == "columns":
            assert [_folded_column(c) for c in found[key]] == [_folded_column(c) for c in wanted]
        else:
            assert folded(found[key]) == folded(wanted), key


def _wanted_of(found: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    return {k: _wanted_of(found[k], v) if isinstance(v, dict) else folded(found.get(k)) for k, v in wanted.items()}


def _folded_dict(value: dict[str, Any]) -> dict[str, Any]:
    return {k: _folded_dict(v) if isinstance(v, dict) else folded(v) for k, v in value.items()}


def _folded_column(value: Any) -> Any:
    *plain, attributes = value
    return folded(tuple(plain)), _folded_dict(attributes)


# -- the round trip: the text of a value's span, read again, gives the same value ---------------------------


def values_in(value: Any) -> Iterator[Any]:
    """Every value with a place, from the outside in."""
    if is_dataclass(value) and not isinstance(value, (Source, Location)):
        yield value
        for f in fields(value):
            yield from values_in(getattr(value, f.name))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from values_in(item)


QUERY_START = re.compile(r"\(|(SELECT|WITH|FROM|VALUES|TABLE)\b", re.IGNORECASE)


def reread(value: Any) -> Any:
    """The value that the text of its own span gives, put where such a thing may stand."""
    text = value.location.text
    if isinstance(value, Name):
        return only(read_text(f"CREATE STREAMING TABLE {text}")).name
    if isinstance(value, Column):
        return only(read_text(f"CREATE STREAMING TABLE t ({text})")).columns[0]
    if isinstance(value, Expectation):
        return only(read_text(f"CREATE STREAMING TABLE t ({text})")).expectations[0]
    if isinstance(value, Query):
        body = "INSERT INTO t BY NAME" if QUERY_START.match(text) else "AUTO CDC INTO t FROM"
        return only(read_text(f"CREATE FLOW f AS {body} {text}")).body
    if isinstance(value, FlowDef) and value.implicit:
        between = "" if text.upper().startswith("FLOW") else "AS "
        return only(read_text(f"CREATE STREAMING TABLE {value.target.location.text} {between}{text}")).flow
    return only(read_text(text))


def reread_clause(clause: Clause, holder: Any) -> Clause:
    """A clause means something in its holder only."""
    text = clause.location.text
    if isinstance(holder, Column):
        return only(read_text(f"CREATE STREAMING TABLE t (a INT {text})")).columns[0].clauses[0]
    if isinstance(holder, AutoCdc):
        return only(read_text(f"APPLY CHANGES INTO t FROM s {text}")).cdc.clauses[0]
    if isinstance(holder, FlowDef):
        return next(c for c in _flow_with(clause.name, text).clauses if c.name == clause.name)
    if clause in holder.constraints:
        return only(read_text(f"CREATE STREAMING TABLE t ({text})")).constraints[0]
    return only(read_text(f"CREATE STREAMING TABLE t {text}")).clauses[0]


def _flow_with(name: str, text: str) -> FlowDef:
    where = {
        "comment": f"CREATE FLOW f {text} AS INSERT INTO t BY NAME FROM u",
        "once": f"CREATE FLOW f AS INSERT {text} INTO t BY NAME FROM u",
        "overwrite": f"CREATE FLOW f AS INSERT {text} t BY NAME FROM u",
        "insert": f"CREATE FLOW f AS {text} t BY NAME FROM u",
        "sequence by": f"CREATE FLOW f AS INSERT INTO t BY NAME REPLACE USING (a) {text} FROM u",
    }
    return only(read_text(where.get(name, f"CREATE FLOW f AS INSERT INTO t {text} FROM u")))


def assert_round_trip(statement: Statement) -> None:
    for value in values_in(statement):
        if isinstance(value, (Name, Column, Expectation, Query, DatasetDef, FlowDef, Setting)):
            assert said(reread(value)) == said(value)
        for clause in (*getattr(value, "clauses", ()), *getattr(value, "constraints", ())):
            assert said(reread_clause(clause, value)) == said(clause)


def assert_places(script: Script, text: str) -> None:
    """Every place lies inside its statement and begins and ends at something."""
    for value in values_in(script.statements):
        for f in fields(value):
            place = getattr(value, f.name)
            if isinstance(place, Location):
                assert 0 <= place.start <= place.end <= len(text)
                assert place.text == place.text.strip()
        if isinstance(value, Query):
            assert value.text == value.location.text


def check(production: Production, style: Style) -> None:
    text = grammar.styled(production, style)
    script = read_text(text)
    assert tuple(p.kind for p in script.problems) == production.problems, (text, script.problems)
    statement = only(script)
    assert_says(statement, production.says)
    assert_places(script, text)
    if not production.problems:
        assert_round_trip(statement)


@pytest.mark.parametrize("production", PRODUCTIONS, ids=str)
def test_production_in_every_writing(production: Production) -> None:
    rng = random.Random(production.text)
    for style in [*STYLES, *(grammar.any_style(rng) for _ in range(4))]:
        check(production, style)


@pytest.mark.parametrize("seed", range(40))
def test_productions_together(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(5):
        check(grammar.mixed(rng), grammar.any_style(rng))


def test_a_script_of_everything_is_every_statement() -> None:
    texts = [grammar.styled(p, STYLES[n % len(STYLES)]) for n, p in enumerate(PRODUCTIONS)]
    script = read_text(";\n".join(texts))
    alone = [said(only(read_text(text))) for text in texts]
    assert [said(s) for s in script.statements] == alone


# -- relations -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("relation, says", grammar.RELATIONS, ids=[r for r, _ in grammar.RELATIONS])
def test_relation_in_every_writing(relation: str, says: dict[str, Any]) -> None:
    production = Production(
        f"CREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM {relation} WHERE 1 = 1", {}, fixed_names=True
    )
    for style in STYLES:
        flow = only(read_text(grammar.styled(production, style)))
        facts = flow.body.facts
        assert facts.failure is None, (style, facts.failure)
        (found,) = facts.relations
        mark = found.watermark
        assert folded((found.label, found.alias, found.arguments, found.options)) == folded(
            (says["label"], says.get("alias", ""), says.get("arguments", found.arguments), says.get("options", ()))
        )
        assert found.streaming == says.get("streaming", False)
        assert folded(mark and (mark.expression, mark.column, mark.delay)) == folded(says.get("watermark"))
        written = flow.body.locate(found.whole).text
        assert said_of_relation(written) == (found.label, found.streaming, found.options, mark and mark.column)
        assert folded(relation).startswith(folded(written)), (written, relation)


def said_of_relation(text: str) -> Any:
    (found,) = Query(text, Source("q", None, text).whole()).facts.relations
    return (found.label, found.streaming, found.options, found.watermark and found.watermark.column)
