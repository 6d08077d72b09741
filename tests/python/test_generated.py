"""Random pipelines whose datasets and reads are known because we wrote them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from ldp_magic.python import read
from ldp_magic.sql.model import Code, DatasetDef
from ldp_magic.text import Source
from tests.python.test_any_text import check


@dataclass
class Want:
    """What the text under construction means."""

    lines: list[str] = field(default_factory=list)
    datasets: dict[str, set[tuple[str, bool]]] = field(default_factory=dict)
    constants: int = 0


def name_expression(chance: random.Random, want: Want, name: str) -> str:
    """One of many ways to write a text, with what it needs above it."""
    cut = chance.randrange(1, len(name))
    head, tail = name[:cut], name[cut:]
    want.constants += 1
    const = f"C{want.constants}"
    ways = {
        repr(name): "",
        f"f'{{{const}}}{tail}'": f"{const} = {head!r}",
        f"{const} + {tail!r}": f"{const} = {head!r}",
        f"{const}['k']": f"{const} = {{'j': 'no', 'k': {name!r}}}",
        f"{const}[-1]": f"{const} = ['no', {name!r}]",
        f"'{{}}{tail}'.format({const})": f"{const} = {head!r}",
        f"'%s%s' % ({const}, {tail!r})": f"{const} = {head!r}",
        f"''.join([{const}, {tail!r}])": f"{const} = {head!r}",
        f"{const}()": f"def {const}():\n    return {name!r}",
        f"{const}.lower()": f"{const} = {name.upper()!r}",
    }
    way = chance.choice(list(ways))
    if ways[way]:
        want.lines.append(ways[way])
    return way


def read_expression(chance: random.Random, want: Want, name: str, streaming: bool) -> str:
    held = name_expression(chance, want, name)
    if streaming:
        ways = [
            f"spark.readStream.table({held})",
            f"dlt.read_stream({held})",
            f"spark.readStream.option('a', 'b').table({held})",
            f"spark.sql('SELECT * FROM STREAM ' + {held})",
            f"follow(spark.readStream, {held})",
        ]
    else:
        ways = [
            f"spark.read.table({held})",
            f"spark.table({held})",
            f"dlt.read({held})",
            f"spark.sql('SELECT * FROM ' + ({held}) + ' WHERE 1 = 1')",
            f"follow(spark.read, {held})",
        ]
    return chance.choice(ways) + chance.choice(["", ".where('x > 0')", ".select('a', F.col('b'))", ".alias('q')"])


def dataset(chance: random.Random, want: Want, name: str) -> None:
    sources = {(f"src_{chance.randrange(100)}", chance.random() < 0.5) for _ in range(chance.randint(1, 3))}
    by_name = dict(sources)
    frames = [read_expression(chance, want, source, streaming) for source, streaming in sorted(by_name.items())]
    held = name_expression(chance, want, name)
    body = [f"    d{i} = {frame}" for i, frame in enumerate(frames)]
    joined = "d0" + "".join(chance.choice([f".join(d{i}, 'id')", f".union(d{i})"]) for i in range(1, len(frames)))
    lines = [f"@{chance.choice(['dp', 'dlt'])}.table(name={held})", "def q():", *body, f"    return {joined}"]
    style = chance.randrange(3)
    if style == 1:
        lines = ["for _ in ['once']:", *("    " + line for line in lines)]
    elif style == 2:
        lines = ["def make():", *("    " + line for line in lines), "make()"]
    want.lines += lines
    want.datasets[name] = set(by_name.items())


@pytest.mark.parametrize("seed", range(60))
def test_generated_pipelines(seed):
    chance, want = random.Random(seed), Want()
    want.lines = [
        "import dlt",
        "from pyspark import pipelines as dp",
        "from pyspark.sql import functions as F",
        "def follow(reader, t):",
        "    return reader.table(t)",
    ]
    for number in range(chance.randint(1, 6)):
        dataset(chance, want, f"out_{number}_{chance.randrange(100)}")
    source = Source("p.py", None, chance.choice(["\n", "\r\n"]).join(want.lines))
    found = read(source.whole())
    check(found, source)
    assert not found.problems and not found.unknown
    got = {}
    for statement in found.statements:
        assert isinstance(statement, DatasetDef) and isinstance(statement.query, Code)
        assert not statement.query.unknown
        got[str(statement.name)] = {(".".join(r.name), r.streaming) for r in statement.query.reads}
        streams = any(streaming for _, streaming in want.datasets[str(statement.name)])
        assert statement.kind == ("streaming table" if streams else "materialized view")
    assert got == want.datasets
