from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.cdc import place_of, source_columns
from ldp_magic.lint.edits import removed
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.lint.words import names_in
from ldp_magic.pipeline.model import Flow
from ldp_magic.sql.model import AutoCdc
from ldp_magic.text import Edit, Location

_T = "CREATE OR REFRESH STREAMING TABLE t;\nCREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.changes) KEYS ({}) SEQUENCE BY seq{};"


@rule(
    code="LDP407",
    foresees=(
        "AUTOCDC_KEY_NOT_IN_SELECTED_SCHEMA",
        "AUTOCDC_MULTIPART_COLUMN_IDENTIFIER",
        "AUTOCDC_COLUMNS_NOT_FOUND_IN_SCHEMA",
    ),
    verified="Spark 4.3",
    bad=[
        bad(
            _T.format("id", " COLUMNS * EXCEPT (op, id)"),
            fixed=_T.format("id", " COLUMNS * EXCEPT (op)"),
            safe=True,
            marks=("id",),
        ),
        bad(_T.format("id", " COLUMNS * EXCEPT (ID)"), fixed=_T.format("id", ""), marks=("ID",)),
        bad(
            _T.format("id, shop", "\r\n  COLUMNS (city, /* the key */ id)"),
            fixed=_T.format("id, shop", "\r\n  COLUMNS (shop, city, /* the key */ id)"),
            marks=("shop",),
        ),
        bad(_T.format("changes.id", ""), marks=("changes.id",)),
        bad(_T.format("nr", ""), locked={"main.raw.changes": "id INT, seq INT"}, marks=("nr",)),
    ],
    good=[
        good(_T.format("id", " COLUMNS * EXCEPT (op)")),
        good(_T.format("ID", " COLUMNS id, city"), locked={"main.raw.changes": "id INT, city STRING, seq INT"}),
        good(_T.format("`the id`", "")),
    ],
)
def cdc_key_not_kept(flow: Flow, context: Context) -> Iterator[Finding]:
    """A key that the target does not have.

    The target's rows are found by their keys, so each key has to be a plain column of the source and has to be kept:
    `COLUMNS` may not leave it out. Spark refuses the flow otherwise.
    """
    cdc = flow.definition.cdc
    if cdc is None or not cdc.keys:
        return
    columns = source_columns(flow, context)
    known = None if columns is None else {c.name.lower() for c in columns}
    for key, where in _keys(flow, cdc):
        if "${" in key or "(" in key:
            continue
        finding = _wrong(flow, cdc, key, where, known)
        if finding is not None:
            yield finding


def _keys(flow: Flow, cdc: AutoCdc) -> list[tuple[str, Location]]:
    where = place_of(flow.definition, "keys")
    if flow.definition.language == "python":
        return [(key, where) for key in cdc.keys if key.isidentifier()]
    return list(names_in(where))


def _wrong(flow: Flow, cdc: AutoCdc, key: str, where: Location, known: set[str] | None) -> Finding | None:
    low = key.lower()
    if "." in key and "`" not in where.text:
        why = "a key is a column of the source by its plain name; fields of a struct cannot be keys"
        return Finding(where, f"the key {key} is not a plain column", why=why, mark="one part only")
    if known is not None and low not in known:
        return Finding(where, f"the source has no column {key}", why="the rows of the target are found by their keys")
    if cdc.except_columns is not None and low in {c.lower() for c in cdc.except_columns}:
        return _left_out(flow, key, where)
    # in Python an empty list is as good as none
    if cdc.columns and low not in {c.lower() for c in cdc.columns}:
        return _not_listed(flow, key, where)
    return None


def _left_out(flow: Flow, key: str, where: Location) -> Finding:
    clause = flow.definition.cdc.clause("columns") if flow.definition.cdc is not None else None
    names = list(names_in(clause.value_location)) if clause is not None and clause.value_location is not None else []
    at = next((n for n, (name, _) in enumerate(names) if name.lower() == key.lower()), None)
    edits: tuple[Edit, ...] = ()
    if at is not None and clause is not None:
        where = names[at][1]
        places = [place for _, place in names]
        edits = (removed(clause.location) if len(names) == 1 else Edit(_with_comma(places, at), ""),)
    return _finding(where, key, f"COLUMNS leaves out {key}, which is a key", "keep it", edits)


def _with_comma(places: list[Location], at: int) -> Location:
    """One name of a list with the comma after it, or before it if it is the last."""
    source = places[at].source
    if at + 1 < len(places):
        return Location(source, places[at].start, places[at + 1].start)
    return Location(source, places[at - 1].end, places[at].end)


def _not_listed(flow: Flow, key: str, where: Location) -> Finding:
    clause = flow.definition.cdc.clause("columns") if flow.definition.cdc is not None else None
    held = clause.value_location if clause is not None else None
    first = next((place for _, place in names_in(held)), None) if held is not None else None
    edits = (Edit(first.inside(0, 0), f"{where.text}, "),) if first is not None else ()
    return _finding(where, key, f"COLUMNS does not list {key}, which is a key", f"list {key}", edits)


def _finding(where: Location, key: str, message: str, title: str, edits: tuple[Edit, ...]) -> Finding:
    fix = Fix(title, edits, safe=True, reason="it could not run as it was")
    return Finding(where, message, why="the rows of the target are found by their keys", fixes=(fix,))
