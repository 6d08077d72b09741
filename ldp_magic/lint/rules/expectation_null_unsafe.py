from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.conditions import Condition, conditions
from ldp_magic.lint.edits import cased
from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Dataset
from ldp_magic.pipeline.schemas import sole_query
from ldp_magic.sql.facts import ColumnRef, Join, Output, Select
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import Query
from ldp_magic.text import Edit, Location

# Words with which a condition says itself what becomes of NULL.
_DECIDES = {"IS", "COALESCE", "IFNULL", "NVL", "NVL2", "<=>", "CASE", "IF", "ISNULL", "ISNOTNULL", "ISNAN", "DISTINCT"}
_MAKES_NULL = {"nullif", "lag", "lead", "get_json_object", "from_json", "element_at"}
_JOINED = (
    "CREATE OR REFRESH MATERIALIZED VIEW m (CONSTRAINT pos EXPECT ({}) ON VIOLATION DROP ROW) AS\n"
    "SELECT o.id, d.discount FROM main.raw.orders o LEFT JOIN main.raw.discounts d ON d.id = o.id;"
)


@rule(
    code="LDP306",
    severity="info",
    spark="never",
    verified="second-hand summary of the Databricks page; not run",
    needs="a column that the text shows to be optional",
    bad=[
        bad(
            _JOINED.format("discount >= 0"),
            fixed=_JOINED.format("discount IS NULL OR (discount >= 0)"),
            safe=False,
            marks=("discount",),
        ),
        bad(
            "create or refresh streaming table t (\r\n  id bigint not null, -- the key\r\n  qty int,\r\n"
            "  constraint some expect (qty > 0 and id > 0) on violation fail update\r\n"
            ") as select id, qty from stream(main.raw.s);",
            marks=("qty",),
        ),
        bad(
            "CREATE OR REFRESH STREAMING TABLE t (CONSTRAINT c EXPECT (n < 9) ON VIOLATION DROP ROW)"
            " AS SELECT try_cast(text AS INT) AS n FROM STREAM(main.raw.s);",
            marks=("n",),
        ),
    ],
    good=[
        good(_JOINED.format("discount IS NULL OR discount >= 0")),
        good(_JOINED.format("id > 0")),
        good(
            "CREATE OR REFRESH STREAMING TABLE t (CONSTRAINT c EXPECT (n < 9) ON VIOLATION DROP ROW) AS SELECT n FROM STREAM(main.raw.s);"
        ),
    ],
)
def expectation_null_unsafe(dataset: Dataset) -> Iterator[Finding]:
    """An expectation that drops or stops at NULL without saying so.

    A comparison with NULL is neither true nor false, and what is not true counts as a violation: rows without a value are
    dropped, or stop the update. Say what becomes of them: `c IS NULL OR …` keeps them, `c IS NOT NULL AND …` does not.
    Only columns are named that the text shows to be optional.
    """
    decided = _decided(dataset)
    for condition in conditions(dataset):
        if condition.expectation.on_violation == "warn" or _decides(condition):
            continue
        for ref in condition.select.columns:
            because = "" if ref.name.lower() in decided else _optional(dataset, ref.name)
            if because:
                yield _finding(dataset, condition, ref, because)
                break


def _decides(condition: Condition) -> bool:
    return bool(_DECIDES & set(tokens_of(condition.expectation.condition).words))


def _decided(dataset: Dataset) -> set[str]:
    """Columns of which another expectation says what becomes of NULL."""
    return {c.name.lower() for held in conditions(dataset) if _decides(held) for c in held.select.columns}


def _optional(dataset: Dataset, name: str) -> str:
    """Why the column may be NULL, as far as the text shows it."""
    columns = dataset.definition.columns
    declared = next((c for c in columns if c.name.lower() == name.lower()), None)
    if declared is not None:
        return "it is declared without NOT NULL, unlike others" if _stands_out(dataset, name) else ""
    query = sole_query(dataset.body)
    root = query.facts.root if query is not None else None
    if query is None or not isinstance(root, Select):
        return ""
    output = next((o for o in root.outputs if o.name.lower() == name.lower()), None)
    return _made_optional(query, root, output) if output is not None else ""


def _stands_out(dataset: Dataset, name: str) -> bool:
    columns = dataset.definition.columns
    return any(c.not_null for c in columns) and not any(c.not_null for c in columns if c.name.lower() == name.lower())


def _made_optional(query: Query, root: Select, output: Output) -> str:
    inside = [c for c in root.calls if output.expression.start <= c.span.start and c.span.end <= output.expression.end]
    words = tokens_of(query.text[output.expression.start : output.expression.end]).words
    if {"COALESCE", "IFNULL", "NVL"} & set(words):
        return ""
    made = next((c.name for c in inside if c.name.startswith("try_") or c.name in _MAKES_NULL), "")
    if made:
        return f"{made} gives NULL where it finds no value"
    qualifiers = {ref.parts[0].lower() for ref in output.columns if len(ref.parts) > 1}
    joined = next((j for j in root.joins if output.plain and _optional_side(root, j) & qualifiers), None)
    return f"it comes through a {joined.kind.upper()} JOIN" if joined is not None else ""


def _optional_side(root: Select, join: Join) -> set[str]:
    """The aliases whose columns are NULL where this join finds no match."""
    right = {join.right.alias.lower()}
    before = {i.alias.lower() for i in root.inputs if i.span.start < join.span.start}
    return {"left": right, "right": before, "full": right | before}.get(join.kind, set())


def _finding(dataset: Dataset, condition: Condition, ref: ColumnRef, because: str) -> Finding:
    whole = condition.expectation.condition_location
    word = cased("IS NULL OR", _keywords(dataset))
    edits = (
        Edit(whole.source.at(whole.start), f"{condition.text(ref.span)} {word} ("),
        Edit(whole.source.at(whole.end), ")"),
    )
    kept = "stop the update" if condition.expectation.on_violation == "fail" else "are dropped"
    return Finding(
        condition.locate(ref.span),
        f"rows without {ref.name} {kept}: {because}",
        why="a comparison with NULL is not true, and what is not true counts as a violation",
        fixes=(
            Fix(
                f"write {ref.name} IS NULL OR … to keep them, or {ref.name} IS NOT NULL AND … to say so",
                edits if condition.exact else (),
                reason="rows without a value are kept then",
            ),
        ),
        related=(Related(condition.expectation.name_location, "the expectation"),),
    )


def _keywords(dataset: Dataset) -> Location:
    return dataset.definition.head
