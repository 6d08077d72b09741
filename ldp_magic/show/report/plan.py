"""What an update does, whatever data there are: how the rows of each table are got, from what, and when."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from ldp_magic.show.report.pieces import code, kind, section, table

MOST = 200


@dataclass(frozen=True, slots=True)
class Planned:
    """One flow of the pipeline as it is now."""

    flow: str
    kind: str  # of its dataset
    how: str
    reads: tuple[tuple[str, bool], ...] = ()  # names, and whether they are streamed


def plan(flows: tuple[Planned, ...], schedule: str) -> str:
    """A line for each flow."""
    if not flows:
        return ""
    rows = [[code(each.flow), kind(each.kind), escape(each.how), _reads(each)] for each in flows[:MOST]]
    more = f'<p class="mut">and {len(flows) - MOST:,} more</p>' if len(flows) > MOST else ""
    said = f"runs {schedule}" if schedule else "no schedule is set"
    return section("plan", said, table(["flow", "kind", "how its rows are got", "from"], rows) + more)


def _reads(each: Planned) -> str:
    words = [f"{'new rows of ' if streamed else ''}{code(name, 60)}" for name, streamed in each.reads]
    return ", ".join(words) or '<span class="mut">·</span>'
