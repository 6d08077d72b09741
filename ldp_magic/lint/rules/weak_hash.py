from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.personal import can_be_guessed, is_personal
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, Owned
from ldp_magic.sql.facts import Call
from ldp_magic.text import Edit, Span

_PEOPLE = "CREATE OR REFRESH STREAMING TABLE t AS SELECT id, {} FROM STREAM(main.raw.people);"
_WEAK = {
    "md5": "can be tried a thousand million times a second",
    "sha1": "can be tried a thousand million times a second",
    "sha": "can be tried a thousand million times a second",
    "crc32": "has only 4 thousand million values",
    "hash": "has only 4 thousand million values",
    "xxhash64": "is made for speed, not for secrecy",
}


@rule(
    code="LDP704",
    severity="warning",
    verified="from memory",
    bad=[
        bad(
            _PEOPLE.format("md5(email) AS email_key"),
            fixed=_PEOPLE.format("sha2(email, 256) AS email_key"),
            safe=False,
            marks=("md5(email)",),
        ),
        bad(_PEOPLE.format("sha2(ssn, 256) AS ssn_key"), marks=("sha2(ssn, 256)",)),
        bad(
            "create or refresh materialized view m as\r\nselect id, XXHASH64(lower(p.phone), p.email) as k -- 🙂\r\nfrom main.raw.people p",
            marks=("XXHASH64(lower(p.phone), p.email)",),
        ),
    ],
    good=[
        good(_PEOPLE.format("sha2(concat('${pepper}', ssn), 256) AS ssn_key"), parameters={"pepper": "x"}),
        good(_PEOPLE.format("md5(concat(order_id, line_no)) AS row_key, xxhash64(id, email, city) AS version")),
        good(_PEOPLE.format("sha2(lower(trim(email)), 256) AS email_hash")),
    ],
)
def weak_hash(owned: Owned, context: Context) -> Iterator[Finding]:
    """Somebody's data behind a hash that hides nothing.

    `md5`, `sha1`, `crc32`, `hash` and `xxhash64` are fast or short, so values are found by trying; telephone numbers,
    dates of birth and tax numbers are so few that even `sha2` gives them away, unless something secret goes in with
    them. Hashes of other columns, and of whole rows, are not meant. The fix changes the values, so joins on the old
    hash need it on both sides.
    """
    for select in owned.facts.selects:
        for call in select.calls:
            names = [c.name for c in call.columns]
            if not names or not all(is_personal(n) for n in names):
                continue
            if call.name in _WEAK:
                yield _weak(call, owned)
            elif call.name == "sha2" and all(can_be_guessed(n) for n in names) and not _salted(call, owned):
                yield _unsalted(call, owned)


def _weak(call: Call, owned: Owned) -> Finding:
    names = " and ".join(dict.fromkeys(c.name for c in call.columns))
    return Finding(
        owned.locate(call.span),
        f"{call.name} hides {names} badly",
        why=f"{call.name} {_WEAK[call.name]}, so the value behind it is found by trying",
        fixes=(_fix(call, owned),),
    )


def _fix(call: Call, owned: Owned) -> Fix:
    title = "write sha2(..., 256)"
    if len(call.arguments) != 1 or not owned.query.exact or any(can_be_guessed(c.name) for c in call.columns):
        return Fix(f"{title}, with something secret in it: sha2(concat('${{pepper}}', ...), 256)")
    end = call.arguments[0].end
    name = owned.locate(Span(call.span.start, call.span.start + len(call.name)))
    after = owned.locate(Span(end, end))
    new = "sha2" if not name.text.isupper() else "SHA2"
    return Fix(title, (Edit(name, new), Edit(after, ", 256")), False, "the values change")


def _salted(call: Call, owned: Owned) -> bool:
    """Does anything besides the column go into the hash?"""
    first = owned.text(call.arguments[0]) if call.arguments else ""
    return any(mark in first for mark in ("'", '"', "$", "||")) or "secret(" in first.lower()


def _unsalted(call: Call, owned: Owned) -> Finding:
    name = call.columns[0].name
    return Finding(
        owned.locate(call.span),
        f"a hash of {name} alone can be guessed",
        why=f"there are so few values of {name} that all their hashes can be computed",
        fixes=(Fix(f"put something secret in: sha2(concat('${{pepper}}', {name}), 256)"),),
    )
