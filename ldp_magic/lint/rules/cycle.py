from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Pipeline


@rule(
    code="LDP202",
    foresees=("CircularDependencyException",),
    verified="Spark 4.3",
    bad=[
        bad(
            "CREATE OR REFRESH MATERIALIZED VIEW a AS SELECT id FROM b;\nCREATE OR REFRESH MATERIALIZED VIEW b AS SELECT id FROM a;",
            marks=("b",),
        ),
        bad(
            "create or refresh materialized view m as\r\nselect id from m -- itself\r\nwhere id > 0",
            marks=("m",),
        ),
        bad(
            "CREATE OR REFRESH MATERIALIZED VIEW a AS SELECT id FROM c; CREATE OR REFRESH MATERIALIZED VIEW b AS SELECT id FROM a;\n"
            "CREATE TEMPORARY VIEW c AS SELECT id FROM b;",
        ),
    ],
    good=[
        good(
            "CREATE OR REFRESH MATERIALIZED VIEW b AS SELECT id FROM main.raw.b;\nCREATE OR REFRESH MATERIALIZED VIEW a AS SELECT id FROM b;"
        ),
        good("CREATE OR REFRESH STREAMING TABLE orders AS SELECT * FROM STREAM(main.raw.orders);"),
    ],
)
def cycle(pipeline: Pipeline) -> Iterator[Finding]:
    """Datasets that read each other, or one that reads itself.

    An update fills a dataset after everything that it reads, so there is no order for these, and nothing runs. Let one
    of them read a source from outside, or move the shared part into a dataset that both read.
    """
    for names in pipeline.cycles:
        first, following = names[0], names[1 % len(names)]
        steps = [(name, names[(n + 1) % len(names)]) for n, name in enumerate(names)]
        places = {
            (a, b): next((r for r in pipeline.datasets[a].reads if r.kind == "dataset" and r.name == b), None)
            for a, b in steps
            if a in pipeline.datasets
        }
        where = places.get((first, following))
        if where is None:
            continue
        path = " reads ".join((*names, first)) if len(names) < 8 else f"{' reads '.join(names[:6])} … reads {first}"
        related = tuple(
            Related(read.location, f"{a} reads {b}") for (a, b), read in list(places.items())[1:8] if read is not None
        )
        yield Finding(
            where.location,
            f"{first} reads itself" if len(names) == 1 else f"these datasets go round: {path}",
            why="an update fills a dataset after everything that it reads",
            fixes=(Fix("let one of them read a source outside of the circle"),),
            related=related,
        )
