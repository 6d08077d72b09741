"""Random histories, shuffled, doubled and cut into batches: after each batch the table is what the model says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from ldp_magic.runs.changes import changes, feed
from tests.runs.changes.model import Event, Model
from tests.runs.changes.turns import Lake, Table, flow, lake

COLUMNS = ("h", "k", "s", "t", "op", "a", "b")
SCHEMA = "h int, k int, s int, t int, op string, a int, b string"
TURNS = 10
HISTORIES = 120


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with lake(tmp_path_factory.mktemp("lake")) as made:
        yield made


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small states are tidied up too."""
    monkeypatch.setattr(feed, "SLACK", 0)
    monkeypatch.setattr(feed, "PIECES", 4)


def event(random: Random, history: int) -> dict[str, Any]:
    return {
        "h": history,
        "k": random.randrange(2),
        "s": random.randrange(10),
        "t": random.randrange(3),
        "op": random.choice(["I", "U", "U", None, "D"]),
        "a": random.choice([None, 1, 2]),
        "b": random.choice([None, "x", "y"]),
    }


def batches(random: Random) -> list[list[dict[str, Any]]]:
    """Histories next to each other, a third of them in 1 batch, a third in 3, a third in 10."""
    turns: list[list[dict[str, Any]]] = [[] for _ in range(TURNS)]
    for history in range(HISTORIES):
        events = [event(random, history) for _ in range(random.randrange(1, 16))]
        events += random.choices(events, k=random.randrange(4))
        random.shuffle(events)
        cuts = random.sample(range(TURNS), (1, 3, 10)[history % 3])
        for each in events:
            turns[random.choice(cuts)].append(each)
    return turns


def deletes(each: Event) -> bool:
    return each["op"] == "D"


def of(columns: tuple[str, ...] = COLUMNS, **more: Any) -> Model:
    return Model(("h", "k"), columns, **{"sequence": lambda each: each["s"], "deletes": deletes, **more})


FLOWS = {
    "type 1": ("APPLY AS DELETE WHEN op = 'D' SEQUENCE BY s", of()),
    "type 1, no deletes, some columns": ("SEQUENCE BY s COLUMNS (b, k, h)", of(("b", "k", "h"), deletes=lambda each: False)),
    "type 2": ("APPLY AS DELETE WHEN op = 'D' SEQUENCE BY s COLUMNS * EXCEPT (op, s, t) STORED AS SCD TYPE 2", of(("h", "k", "a", "b"))),
    "type 2 of everything": ("APPLY AS DELETE WHEN op = 'D' SEQUENCE BY s STORED AS SCD TYPE 2", of()),
    "type 2, history of a": (
        "APPLY AS DELETE WHEN op = 'D' SEQUENCE BY s STORED AS SCD TYPE 2 TRACK HISTORY ON (a)",
        of(tracked=("a",)),
    ),
    "type 2, history of all but b": (
        "APPLY AS DELETE WHEN op = 'D' SEQUENCE BY s COLUMNS (h, k, a, b) STORED AS SCD TYPE 2 TRACK HISTORY ON * EXCEPT (b)",
        of(("h", "k", "a", "b"), tracked=("a",)),
    ),
    "type 1, nulls ignored": (
        "IGNORE NULL UPDATES APPLY AS DELETE WHEN op = 'D' SEQUENCE BY s",
        of(patient=("s", "t", "op", "a", "b")),
    ),
    "type 1, nulls of a ignored": ("IGNORE NULL UPDATES ON (a) APPLY AS DELETE WHEN op = 'D' SEQUENCE BY s", of(patient=("a",))),
    "type 2, nulls ignored but those of b": (
        "IGNORE NULL UPDATES ON * EXCEPT (b, op) APPLY AS DELETE WHEN op = 'D' SEQUENCE BY s COLUMNS (h, k, a, b) STORED AS SCD TYPE 2",
        of(("h", "k", "a", "b"), patient=("a",)),
    ),
    "type 1 by a struct": (
        "APPLY AS DELETE WHEN op = 'D' SEQUENCE BY struct(s, t)",
        of(sequence=lambda each: (each["s"], each["t"])),
    ),
    "type 2 by a struct": (
        "APPLY AS DELETE WHEN op = 'D' SEQUENCE BY struct(t, s) COLUMNS (h, k, a, b) STORED AS SCD TYPE 2",
        of(("h", "k", "a", "b"), sequence=lambda each: (each["t"], each["s"])),
    ),
}  # fmt: skip


def taken(table: Table, clauses: str, rows: list[dict[str, Any]], schema: str = SCHEMA) -> Any:
    names = [each.split()[0] for each in schema.split(", ")]
    view = table.events([tuple(each[name] for name in names) for each in rows], schema)
    return table.take(lambda turn, old: changes(turn, flow(clauses), view, old))


def check_history(rows: list[tuple[Any, ...]], at: tuple[int, ...]) -> None:
    """One current row of a key, and no two rows of it at one moment."""
    keys: dict[Any, list[tuple[Any, Any]]] = {}
    for row in rows:
        keys.setdefault(tuple(row[n] for n in at), []).append(row[-2:])
    for spans in keys.values():
        spans.sort()
        assert [end for _, end in spans].count(None) <= 1
        assert all(start < end for start, end in spans if end is not None)
        assert all(end is not None and end <= after for (_, end), (after, _) in pairwise(spans))


@pytest.mark.parametrize("name", FLOWS)
def test_every_batch(room: Lake, name: str):
    clauses, model = FLOWS[name]
    table, so_far = room.table(), list[Event]()
    for rows in batches(Random(name)):
        taken(table, f"KEYS (h, k) {clauses}", rows)
        so_far += rows
        found = table.found()
        assert len(found) == len(set(found)), "no row twice"
        if "TYPE 2" in clauses:
            assert set(found) == model.history(so_far)
            check_history(found, (model.columns.index("h"), model.columns.index("k")))
        else:
            assert set(found) == model.latest(so_far)
