"""A process that moves numbered rows into a table, batch by batch, until somebody kills it or all are there."""

from __future__ import annotations

import random
from pathlib import Path

import deltalake  # noqa: F401  loaded before this process is forked, so that a worker begins at once
import pyarrow.dataset  # noqa: F401

from ldp_magic.lake import Conflict, Lake, Written
from tests.lake.rows import NUMBERS, numbers, write


def move(root: str, total: int, seed: int) -> None:
    """Rows 0 to *total* go into `kept` but for those that end in 7, and their sum into the view `total`. Every batch
    leaves its newest row as state."""
    chance = random.Random(seed)
    lake = Lake.open(Path(root))
    while True:
        try:
            table = lake.look("kept").create(NUMBERS)
            before = table.flow("f")
            at = before.offsets.get("source", 0)
            if at < total:
                end = min(total, at + chance.randint(1, 4))
                kept = write(table, numbers(*(n for n in range(at, end) if n % 10 != 7)))
                left = write(table, numbers(*(n for n in range(at, end) if n % 10 == 7)))
                state = write(table, numbers(end - 1))
                after = before.next(offsets={"source": end}, state={"newest": state.paths})
                table = table.append(after, Written(NUMBERS, kept.kept, left.kept), {"read": end - at})
            view = lake.look("total").create(NUMBERS)
            done = view.flow("v")
            if done.offsets != {"kept": table.position}:
                number = sum(file.rows or 0 for file in table.files)
                view.swap(done.next(offsets={"kept": table.position}), write(view, numbers(number)))
            elif at >= total:
                return
        except Conflict:
            continue
