from __future__ import annotations

import re
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.personal import can_be_guessed, is_personal
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, Owned
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.facts import Node, Output, Select
from ldp_magic.text import Edit

_PEOPLE = "CREATE OR REFRESH STREAMING TABLE people{} AS SELECT id, {} FROM STREAM(main.raw.people);"
# functions that leave a value as readable as it was
_READABLE = re.compile(r"(?:lower|upper|trim|initcap|coalesce|cast|string|nullif)\s*\(", re.IGNORECASE)


@rule(
    code="LDP703",
    severity="warning",
    verified="a policy; MASK by Databricks' page on streaming tables",
    needs="schema",
    bad=[
        bad(
            _PEOPLE.format("", "email"),
            fixed=_PEOPLE.format("", "sha2(email, 256) AS email"),
            safe=False,
            marks=("email",),
        ),
        bad(
            "create or refresh materialized view m as\r\nwith p as (select * from main.crm.people)\r\nselect p.contact_email as mail, p.iban as customer_iban -- ours\r\nfrom p",
            fixed="create or refresh materialized view m as\r\nwith p as (select * from main.crm.people)\r\nselect p.contact_email as mail, sha2(p.iban, 256) as customer_iban -- ours\r\nfrom p",
            marks=("p.iban",),
        ),
        bad(_PEOPLE.format("", "lower(trim(ssn)) AS ssn, date_of_birth"), count=2),
    ],
    good=[
        good(_PEOPLE.format("", "sha2(lower(trim(email)), 256) AS email_hash")),
        good(_PEOPLE.format(" (id INT, email STRING MASK gov.policies.hide)", "email")),
        good(_PEOPLE.format(" WITH ROW FILTER gov.policies.own ON (id)", "email, has_email")),
        good(
            "CREATE OR REFRESH PRIVATE MATERIALIZED VIEW p AS SELECT id, email FROM main.crm.people;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id, split_part(email, '@', 2) AS domain FROM p;"
        ),
    ],
)
def pii_unprotected(owned: Owned, context: Context) -> Iterator[Finding]:
    """A published column whose name says that it is somebody's e-mail address, telephone or account.

    Everybody who may read the table reads it, and copies of it spread to the tables that are built on this one. Publish
    a hash where it only serves to join, put a `MASK` on the column, or a row filter on the table; where it is meant to
    be readable, `-- noqa: LDP703` says so. Only names that leave little doubt are found: no `name`, no `address`.
    """
    dataset = owned.dataset
    if dataset is None or not _published(dataset) or owned.facts.root is None:
        return
    masked = {c.name.lower() for c in dataset.definition.columns if any(k.name == "mask" for k in c.clauses)}
    select = _first(owned.facts.root)
    as_ = "as" if owned.text(select.keyword).islower() else "AS"
    for output in select.outputs:
        if is_personal(output.name) and output.name.lower() not in masked and _readable(output, owned):
            yield _finding(output, owned, dataset, as_)


def _published(dataset: Dataset) -> bool:
    filtered = any(dataset.definition.clause(name) is not None for name in ("row filter", "row_filter"))
    return dataset.kind in ("streaming table", "materialized view", "table", "view") and not (
        dataset.definition.private or filtered
    )


def _first(node: Node) -> Select:
    """The SELECT that names the columns."""
    while not isinstance(node, Select):
        node = node.left
    return node


def _readable(output: Output, owned: Owned) -> bool:
    return output.plain or (len(output.columns) == 1 and bool(_READABLE.match(owned.text(output.expression))))


def _finding(output: Output, owned: Owned, dataset: Dataset, as_: str) -> Finding:
    return Finding(
        owned.locate(output.expression),
        f"{dataset.name} publishes {output.name} as it is",
        why="whoever may read the table can read it, and so can every table built on it",
        mark="somebody's data, by its name",
        fixes=(_fix(output, owned, as_),),
    )


def _fix(output: Output, owned: Owned, as_: str) -> Fix:
    if can_be_guessed(output.name) or not owned.query.exact:
        return Fix(f"put a MASK on {output.name}, or leave it out; a hash of so few values can be guessed")
    where = owned.locate(output.expression)
    name = "" if output.aliased else f" {as_} {output.name}"
    edit = Edit(where, f"sha2({where.text}, 256){name}")
    return Fix("publish a hash, or put a MASK on it", (edit,), False, "readers get a hash, which still joins")
