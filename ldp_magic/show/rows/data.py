"""Rows for other programs."""

from __future__ import annotations

import csv as writer
import io
from typing import Any

from ldp_magic.engine.answer import Answer
from ldp_magic.show.values import literal, plain


def json(answer: Answer) -> dict[str, Any]:
    """Everything that is known, as plain values."""
    fidelity = answer.fidelity
    return {
        "name": answer.name,
        "kind": answer.kind,
        "columns": [{"name": name, "type": type_} for name, type_ in answer.columns],
        "rows": [
            [plain(value, type_, answer.zone) for value, (_, type_) in zip(row, answer.columns, strict=True)]
            for row in answer.rows
        ],
        "total": answer.total,
        "read": answer.read,
        "expectations": [
            {"name": e.name, "condition": e.condition, "action": e.action, "passed": e.passed, "failed": e.failed}
            for e in answer.expectations
        ],
        "fidelity": {
            "exact": fidelity.exact,
            "place": fidelity.place,
            "approximate": [{"what": each.what, "why": each.why} for each in fidelity.approximate],
            "samples": [{"source": each.source, "part": each.part} for each in fidelity.samples],
            "stand_ins": [{"source": each.source, "path": each.path} for each in fidelity.stand_ins],
            "notes": list(fidelity.notes),
        },
        "time_zone": answer.zone,
    }


def csv(answer: Answer) -> str:
    """A line of names, then the rows. NULL is nothing between two commas, an empty text is two quotes."""
    out = io.StringIO()
    names = writer.writer(out, lineterminator="\n")
    names.writerow([name for name, _ in answer.columns])
    for row in answer.rows:
        cells = zip(row, answer.columns, strict=True)
        out.write(",".join(_quoted(value, type_, answer.zone) for value, (_, type_) in cells) + "\n")
    return out.getvalue()


def _quoted(value: Any, type_: str, zone: str) -> str:
    if value is None:
        return ""
    text = literal(value, type_, zone)
    special = not text or text != text.strip() or any(char in text for char in ',"\r\n')
    return '"' + text.replace('"', '""') + '"' if special else text
