"""One output of each kind, as the verbs hand it to a notebook."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from ldp_magic.engine.answer import Answer, Checked, Fidelity, Sample
from ldp_magic.show.bundle import bundle
from ldp_magic.sql.sail import Label
from ldp_magic.verbs.expectations import Expectations
from ldp_magic.verbs.graph import Graph
from ldp_magic.verbs.lineage import ColumnLineage
from ldp_magic.verbs.preview import Preview
from ldp_magic.verbs.rehearse import Rehearsed
from ldp_magic.verbs.run import Ran
from tests.show.samples import example
from tests.show.test_expectations import CURRENT, OUTCOME, REASON
from tests.show.test_lineage import MADE, PIPELINE
from tests.show.test_rehearsal import sample
from tests.show.test_updates import analytics

EVIL = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\"></td>\u202e\x1b[31m"
COLUMNS = (
    ("event_id", "bigint"),
    ("user_id", "string"),
    ("event_type", "string"),
    ("event_time", "timestamp"),
    ("page", "string"),
    ("score", "decimal(9,2)"),
)


def answer() -> Answer:
    """Twenty rows with everything that a cell can hold."""
    rows = []
    for n in range(20):
        user = None if n == 3 else "" if n == 6 else f"u0{n:02}"
        page = "/docs/pipelines/declarative/" + "x" * 2_290 if n == 8 else ["/", "/pricing", "/account/settings"][n % 3]
        kind = " click" if n == 16 else EVIL if n == 17 else "two\nlines" if n == 18 else "view"
        time = datetime(2026, 11, 20, 2, n, 4, 840_000, tzinfo=timezone.utc)
        rows.append((100_234 + n, user, kind, time, page, None if n == 11 else Decimal("11.86") * (n + 1)))
    checks = (
        Checked("score_in_range", "score BETWEEN 0 AND 200", "drop", 1_201, 3),
        Checked("known", "user_id IS NOT NULL", "warn", 1_203, 1),
    )
    fidelity = Fidelity(
        approximate=(Label("approx_count_distinct", "an estimate"),), samples=(Sample("/landing", "3 of 48 files"),)
    )
    return Answer("events", "streaming table", COLUMNS, tuple(rows), 1_204, 1_204, checks, fidelity)


def every() -> dict[str, dict[str, Any]]:
    """The outputs by their kinds."""
    shown = {
        "rows": Preview(answer()),
        "expectations": Expectations(OUTCOME, (REASON,), tuple(CURRENT)),
        "graph": Graph((example(),)),
        "lineage": ColumnLineage(_way()),
        "update": Ran(analytics(failed=True).state),
        "rehearsal": Rehearsed(sample()),
    }
    return {kind: value._repr_mimebundle_() for kind, value in shown.items()}


def _way() -> Any:
    from ldp_magic.show.lineage import Way

    return Way(PIPELINE, MADE)


def hostile() -> dict[str, Any]:
    """An output whose very HTML and JSON are of somebody who means harm."""
    data = {
        "source": "%%ldp\nx",
        "findings": [{"code": EVIL, "span": {"start": -5, "end": 1e9}, "fixes": [{"title": EVIL}]}],
    }
    return bundle("cell", EVIL, f'<div class="ldp-finding">{EVIL}<div class="ldp-fix ldp-fix-0">x</div></div>', data)
