"""Fixes in rounds: idempotent, byte for byte outside their spans, across files, and never harmful."""

import random
import re

import pytest

from ldp_magic.cells import Cell
from ldp_magic.lint.example import findings_in, locked_of, members_of
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.fix import choose, fixed
from ldp_magic.lint.rule import all_rules
from ldp_magic.lint.run import Linter
from ldp_magic.project import Members
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.text import Edit, Source

BAD = [pytest.param(b, id=f"{r.code}-{i}") for r in all_rules() for i, b in enumerate(r.bad) if not b.file]


def members(*texts: str) -> Members:
    cells = tuple(Cell(Source(f"{i}.sql", None, text), "sql") for i, text in enumerate(texts))
    return Members(name="p", cells=cells, origin="a test")


@pytest.mark.parametrize("example", BAD)
@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
def test_fixing_twice_is_fixing_once(example, unsafe: bool) -> None:
    once = fixed(members_of(example), Linter(), unsafe=unsafe, locked=locked_of(example))
    twice = fixed(once.members, Linter(), unsafe=unsafe, locked=locked_of(example))
    assert [c.source.text for c in twice.members.cells] == [c.source.text for c in once.members.cells]
    assert not [f for f in once.findings if f.fix and f.fix.safe]


@pytest.mark.parametrize("example", BAD)
def test_comments_survive_every_fix_under_crlf_and_after_emoji(example) -> None:
    marked = "-- 😀 é first\n" if not example.python else "# 😀 é first\n"
    text = (marked + example.text).replace("\n", "\r\n")
    from dataclasses import replace

    moved = replace(example, text=text)
    before = [c for c in _comments(text, example.python) if "noqa" not in c]
    done = fixed(members_of(moved), Linter(), unsafe=True, locked=locked_of(moved))
    after = done.members.cells[0].source.text
    assert all(comment in after for comment in before)
    assert not re.search(r"(?<!\r)\n", after.replace("\r\n", "")), "line ends stay CRLF"


def _comments(text: str, python: bool) -> list[str]:
    if python:
        return re.findall(r"#[^\r\n]*", text)
    return [text[c.start : c.end] for c in tokens_of(text).comments]


def test_one_fix_reaches_over_two_files() -> None:
    view = "CREATE TEMPORARY VIEW v AS SELECT * FROM bronze;\n"
    bronze = "CREATE OR REFRESH STREAMING TABLE bronze AS SELECT * FROM STREAM read_files('/in', format => 'json', schemaHints => 'a INT');\n"
    table = "CREATE OR REFRESH STREAMING TABLE t AS SELECT a FROM v;\n"
    done = fixed(members(bronze, view, table), Linter())
    assert [c.source.text for c in done.members.cells] == [
        bronze,
        view.replace("bronze", "STREAM(bronze)"),
        table.replace("FROM v", "FROM STREAM(v)"),
    ]
    assert {s.name for s in done.changes} == {"1.sql", "2.sql"}


def test_fixes_that_touch_are_not_applied_together() -> None:
    source = Source("x.sql", None, "abcdef")

    def finding(start: int, end: int, text: str, safe: bool = True) -> Finding:
        return Finding(
            source.at(start, end), "m", fixes=(Fix("f", (Edit(source.at(start, end), text),), safe),), code="X"
        )

    both = choose([finding(0, 3, "x"), finding(2, 4, "y"), finding(4, 5, "z"), finding(5, 6, "w", safe=False)])
    assert [f.location.start for f, _ in both] == [0, 4]
    same = choose([finding(2, 2, "STREAM("), finding(2, 2, "STREAM("), finding(2, 2, "other")])
    assert [fix.edits[0].text for _, fix in same] == ["STREAM(", "STREAM("]


def test_a_fix_that_breaks_the_text_is_not_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "CREATE OR REPLACE STREAMING TABLE t AS SELECT * FROM STREAM(s);"
    linter = Linter()
    honest = linter.lint

    def harmful(pipeline, **more):
        source = pipeline.scripts[0].statements[0].location.source if pipeline.scripts[0].statements else None
        bad = Fix("break it", (Edit(source.at(0, 6), "CRATE"),), True) if source else None
        return (
            *((Finding(source.at(0, 6), "x", fixes=(bad,), code="LDP999"),) if bad else ()),
            *honest(pipeline, **more),
        )

    monkeypatch.setattr(linter, "lint", harmful)
    done = fixed(members(text), linter)
    assert done.members.cells[0].source.text == text.replace("REPLACE", "REFRESH")


CHARACTERS = "();,'\"`*=<>.:-/${}[]@#%\\\r\n\t 😀é\ufeff\x00 STREAM CREATE FROM AS"


def _mutant(random_: random.Random, text: str) -> str:
    for _ in range(random_.randrange(1, 5)):
        at = random_.randrange(len(text) + 1)
        kind = random_.randrange(4)
        length = random_.randrange(1, 12)
        if kind == 0:
            text = text[:at] + text[at + length :]
        elif kind == 1:
            text = text[:at] + random_.choice(CHARACTERS) + text[at:]
        elif kind == 2:
            other = random_.randrange(len(text) + 1)
            text = text[:at] + text[other : other + length] + text[at:]
        else:
            text = text[: at + 1]
    return text


def _fuzz(count: int, seed: int) -> None:
    random_ = random.Random(seed)
    linter = Linter()
    examples = [p.values[0] for p in BAD]
    from dataclasses import replace

    for _ in range(count):
        example = random_.choice(examples)
        mutant = replace(example, text=_mutant(random_, example.text))
        for finding in findings_in(mutant):
            places = [finding.location, *(r.location for r in finding.related)]
            places += [e.location for fix in finding.fixes for e in fix.edits]
            assert all(0 <= p.start <= p.end <= len(p.source.text) for p in places), (finding.code, mutant.text)
        if random_.random() < 0.2:
            fixed(members_of(mutant), linter, unsafe=True, locked=locked_of(mutant))


def test_mutants_never_break_the_linter() -> None:
    _fuzz(400, 1)


@pytest.mark.soak
def test_100_000_mutants_never_break_the_linter() -> None:
    _fuzz(100_000, 2)


LONG = {
    "unions": " UNION ALL ".join(f"SELECT a FROM s{n}" for n in range(1200)),
    "unions of streams": " UNION ALL ".join(f"SELECT a FROM STREAM(s{n})" for n in range(1200)),
    "additions": "SELECT " + " + ".join(f"a{n}" for n in range(2000)) + " AS x FROM STREAM(s)",
    "conditions": "SELECT a FROM STREAM(s) WHERE " + " AND ".join(f"a{n} > {n}" for n in range(2000)),
    "brackets": "SELECT " + "(" * 90 + "a" + ")" * 90 + " AS x FROM s",
    "common tables": "WITH c0 AS (SELECT * FROM STREAM(s)), "
    + ", ".join(f"c{n} AS (SELECT * FROM c{n - 1})" for n in range(1, 300))
    + " SELECT * FROM c299",
}


@pytest.mark.parametrize("kind", ["STREAMING TABLE", "MATERIALIZED VIEW"])
@pytest.mark.parametrize("query", LONG.values(), ids=LONG.keys())
def test_long_and_deep_queries_are_linted_and_fixed(query: str, kind: str) -> None:
    text = f"CREATE OR REFRESH {kind} t (CONSTRAINT c EXPECT (a IS NOT NULL)) AS {query};"
    done = fixed(members(text), Linter(), unsafe=True)
    assert not [f for f in done.findings if f.code == "LDP001"]
