"""What was swept out of a lake."""

from __future__ import annotations

from collections.abc import Mapping

from ldp_magic.lake import Cleaned
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.table import Column, table


def text(cleaned: Cleaned, freed: Mapping[str, int], left: int, pen: Pen) -> str:
    """How much went, from which table, and what is left."""
    stays = f"the lake holds {size(left)}"
    if not cleaned.files:
        return pen.line([Run("clean", "bold"), Run(f"  nothing to remove; {stays}")])
    many = len(cleaned.files)
    said = f"  {many:,} file{'' if many == 1 else 's'} removed, {size(cleaned.size)}; {stays}"
    lines = [pen.line([Run("clean", "bold"), Run(said)])]
    order = sorted(freed.items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [[Run(pen.theirs(name)), Run(size(each))] for name, each in order]
    columns = (Column("of"), Column("removed", "right", "never"))
    return "\n".join([*lines, *(["", *table(columns, rows, pen)] if rows else [])])


def size(many: int) -> str:
    """`18.2 KB`, in units of a thousand."""
    for unit, least in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if many >= least:
            return f"{many / least:,.1f} {unit}"
    return f"{many} byte{'' if many == 1 else 's'}"
