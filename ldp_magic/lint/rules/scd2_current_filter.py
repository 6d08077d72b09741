from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.edits import cased
from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Owned
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.facts import ColumnRef, Input, Select
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.text import Edit, Span

_H = (
    "CREATE OR REFRESH STREAMING TABLE h;\n"
    "CREATE FLOW f AS AUTO CDC INTO h FROM STREAM(main.raw.changes) KEYS (id) SEQUENCE BY seq STORED AS SCD TYPE 2;\n"
    "CREATE OR REFRESH MATERIALIZED VIEW m AS "
)
_BOUNDS = {"__start_at", "__end_at"}


@rule(
    code="LDP418",
    severity="warning",
    verified="a vendor's note",
    bad=[
        bad(
            _H + "SELECT c.city, count(*) AS n FROM h c GROUP BY c.city;",
            fixed=_H + "SELECT c.city, count(*) AS n FROM h c WHERE c.__END_AT IS NULL GROUP BY c.city;",
            safe=False,
            marks=("h",),
        ),
        bad(
            _H + "select id\r\nfrom h -- people\r\nwhere city = 'Ulm' or city = 'Bonn';",
            fixed=_H + "select id\r\nfrom h -- people\r\nwhere __END_AT is null and (city = 'Ulm' or city = 'Bonn');",
        ),
        bad(
            _H
            + "SELECT o.id, h.city FROM main.raw.orders o JOIN h ON h.id = o.who AND o.at >= h.__START_AT AND h.__END_AT >= o.at;",
            fixed=_H
            + "SELECT o.id, h.city FROM main.raw.orders o JOIN h ON h.id = o.who AND o.at >= h.__START_AT AND h.__END_AT > o.at;",
            marks=(">=",),
        ),
        bad(_H + "WITH cities AS (SELECT id, city FROM h) SELECT city, count(*) AS n FROM cities GROUP BY city;"),
    ],
    good=[
        good(_H + "SELECT c.city, count(*) AS n FROM h c WHERE c.__END_AT IS NULL GROUP BY c.city;"),
        good(
            _H
            + "SELECT o.id, h.city FROM main.raw.orders o LEFT JOIN h ON h.id = o.who AND h.__START_AT <= o.at AND (h.__END_AT > o.at OR h.__END_AT IS NULL);"
        ),
        good(_H + "SELECT * FROM h;"),
        good(_H + "SELECT o.id FROM main.raw.orders o WHERE o.who IN (SELECT id FROM h);"),
    ],
)
def scd2_current_filter(owned: Owned) -> Iterator[Finding]:
    """A history that is read as if each key had one row.

    A table stored as SCD type 2 has one row for each version of a key. Counted or joined without a bound, every version
    counts. Keep the current rows with `__END_AT IS NULL`, or those of a time with `__START_AT <= t AND (__END_AT > t OR __END_AT
    IS NULL)`: a row is valid up to, but not at, its end.
    """
    facts = owned.facts
    histories = [r for r in facts.relations if not r.streaming and _history(owned.source(r))]
    if not histories:
        return
    if any(c.name.lower() in _BOUNDS for s in facts.selects for c in (*s.columns, *_joined(s))):
        yield from _closed_ends(owned)
        return
    asked = {id(inner) for s in facts.selects for inner in s.subqueries}  # IN and EXISTS count no row twice
    for select in (s for s in facts.selects if id(s) not in asked and s.distinct is None):
        for item in select.inputs:
            if item.relation is not None and any(item.relation is r for r in histories) and _uses_rows(select):
                yield _finding(owned, select, item)


def _history(dataset: Dataset | None) -> bool:
    flows = dataset.flows if dataset is not None else ()
    return any(f.definition.cdc is not None and f.definition.cdc.scd_type == "2" for f in flows)


def _joined(select: Select) -> Iterator[ColumnRef]:
    return (c for join in select.joins for c in join.columns)


def _uses_rows(select: Select) -> bool:
    """Handing on the whole history is no mistake; counting, joining or picking columns of it may be."""
    return bool(select.aggregates or select.joins) or not any(o.star for o in select.outputs)


def _finding(owned: Owned, select: Select, item: Input) -> Finding:
    relation = item.relation
    assert relation is not None
    source = owned.source(relation)
    related = (Related(source.definition.name.location, "stored as SCD TYPE 2"),) if source is not None else ()
    return Finding(
        owned.locate(relation.span),
        f"{relation.label} holds every version of its rows, and all of them are read",
        why="a history has one row for each version; the current one has no __END_AT",
        mark="no bound on __END_AT",
        fixes=(_fix(owned, select, item),),
        related=related,
    )


def _fix(owned: Owned, select: Select, item: Input) -> Fix:
    title = "keep the current rows: __END_AT IS NULL"
    if not owned.query.exact or any(j.kind not in ("inner", "cross") for j in select.joins):
        return Fix(title)
    like = owned.locate(select.keyword)
    column = f"{item.alias}.__END_AT" if select.joins or item.relation is None or item.relation.alias else "__END_AT"
    condition = f"{column} {cased('IS NULL', like)}"
    return Fix(title, _edits(owned, select, condition), safe=False, reason="it changes which rows are counted")


def _edits(owned: Owned, select: Select, condition: str) -> tuple[Edit, ...]:
    like, where = owned.locate(select.keyword), select.clauses.get("where")
    if where is None:
        end = select.clauses["from"].end
        return (Edit(owned.locate(Span(end, end)), f" {cased('WHERE', like)} {condition}"),)
    tokens = tokens_of(owned.text(where))
    at = where.start + tokens.starts[1]
    either = "OR" in tokens.words
    first = Edit(owned.locate(Span(at, at)), f"{condition} {cased('AND', like)} {'(' if either else ''}")
    return (first, Edit(owned.locate(Span(where.end, where.end)), ")")) if either else (first,)


def _closed_ends(owned: Owned) -> Iterator[Finding]:
    """`__END_AT >= t` and `t <= __END_AT` take the version before as well, at the moment of a change."""
    tokens = tokens_of(owned.query.text)
    for index, word in enumerate(tokens.words):
        after = word == ">=" and tokens.words[index - 1] == "__END_AT"
        before = word == "<=" and tokens.words[_last_of_name(tokens.words, index + 1)] == "__END_AT"
        if after or before:
            where = owned.locate(Span(tokens.starts[index], tokens.ends[index]))
            edits = (Edit(where, word[0]),) if owned.query.exact else ()
            yield Finding(
                where,
                "a version is valid up to its __END_AT, not at it",
                why="at the moment of a change the old and the new version would both count",
                mark=f"should be {word[0]}",
                fixes=(Fix(f"write {word[0]}", edits, safe=False, reason="it changes which rows are counted"),),
            )


def _last_of_name(words: list[str], index: int) -> int:
    while index + 2 < len(words) and words[index + 1] == ".":
        index += 2
    return min(index, len(words) - 1)
