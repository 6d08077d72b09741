"""Groups over event time: a group is written once, when the watermark has passed it, and never again.

What is kept between runs are rows, not sums: those that are in a group which is still open. So every aggregate works,
and the query runs as it was written, over the rows of the groups that end in this run.
"""

from __future__ import annotations

from collections.abc import Sequence

from ldp_magic.runs.stateful.asked import asked
from ldp_magic.runs.stateful.grouped import Grouped
from ldp_magic.runs.stateful.kept import kept
from ldp_magic.runs.stateful.sources import sources
from ldp_magic.runs.stateful.watermarks import advanced, any_rows, memory, shown, watermark
from ldp_magic.runs.stateful.windows import Session
from ldp_magic.runs.work import Turn, Work
from ldp_magic.sql.facts import Facts


def stateful(turn: Turn, facts: Facts, names: Sequence[str | None]) -> Work | None:
    """What one run of a query that groups over event time leaves; None if there is nothing new."""
    query = asked(turn, facts, names)
    before, after = watermark(turn), advanced(turn, sources(turn, query))
    if turn.memory and before == after and not any_rows(turn, query.new):
        return None
    grouped = Grouped(turn, query)
    keys = grouped.session_keys if isinstance(grouped.how, Session) else []
    named = [f"__ldp_key{n}" for n in range(len(keys))]
    rows = grouped.rows([f"{key} AS {name}" for key, name in zip(keys, named, strict=True)])
    found = kept(turn, grouped.how, rows, [each.name for each in grouped.columns], named, before, after)
    return Work(
        rows=grouped.over(found.ready),
        state=found.state,
        memory=memory(after),
        numbers={"late": found.late, "watermark": shown(after), "state_rows": found.rows},
    )
