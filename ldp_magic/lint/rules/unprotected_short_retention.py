from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.properties import added, properties_of
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Dataset, Read
from ldp_magic.sql.facts import Relation
from ldp_magic.sql.functions import EVENT_READERS

_SOURCE = "STREAM read_kafka(bootstrapServers => '${brokers}', subscribe => 'orders');"
_K = "CREATE OR REFRESH STREAMING TABLE k{} AS SELECT * FROM "
_IN = {"brokers": "b:9092"}
_KEY = "pipelines.reset.allowed"
_EVENTS = EVENT_READERS | {"kafka", "kinesis", "pubsub", "pulsar", "eventhubs"}


@rule(
    code="LDP613",
    severity="warning",
    verified="a summary of the vendor's page",
    bad=[
        bad(
            _K.format("") + _SOURCE,
            parameters=_IN,
            fixed=_K.format(" TBLPROPERTIES ('pipelines.reset.allowed' = 'false')") + _SOURCE,
            safe=True,
            marks=("read_kafka(bootstrapServers => '${brokers}', subscribe => 'orders')",),
        ),
        bad(
            _K.format(" -- events\r\ncomment 'x'\r\ntblproperties ('quality' = 'bronze')\r\n") + _SOURCE,
            parameters=_IN,
            fixed=_K.format(
                " -- events\r\ncomment 'x'\r\ntblproperties ('pipelines.reset.allowed' = 'false', 'quality' = 'bronze')\r\n"
            )
            + _SOURCE,
        ),
        bad(
            "create streaming table k;\ncreate flow f as insert into k by name select * from " + _SOURCE,
            parameters=_IN,
            fixed="create streaming table k tblproperties ('pipelines.reset.allowed' = 'false');\n"
            "create flow f as insert into k by name select * from " + _SOURCE,
        ),
    ],
    good=[
        good(_K.format(" TBLPROPERTIES ('pipelines.reset.allowed' = 'false')") + _SOURCE, parameters=_IN),
        good(_K.format(" TBLPROPERTIES (pipelines.reset.allowed = true)") + _SOURCE, parameters=_IN),
        good("CREATE OR REFRESH STREAMING TABLE t AS SELECT id FROM STREAM(main.raw.s);"),
    ],
)
def unprotected_short_retention(dataset: Dataset) -> Iterator[Finding]:
    """A table of events that a full refresh would lose.

    A full refresh empties the table and reads its source from the start. Kafka and its like keep events for days, and a
    folder that is cleaned up keeps no files, so older rows do not come back. `pipelines.reset.allowed = false` leaves the
    table out of full refreshes.
    """
    if dataset.kind != "streaming table" or any(p.key.lower() == _KEY for p in properties_of(dataset.definition)):
        return
    read = next((r for r in dataset.reads if r.streaming and _forgets(r.relation)), None)
    if read is not None and not _hidden_properties(dataset):
        yield _finding(dataset, read)


def _forgets(relation: Relation) -> bool:
    cleaned = relation.option("cleanSource") or relation.option("cloudFiles.cleanSource") or "off"
    return relation.function.lower() in _EVENTS or cleaned.lower() in ("delete", "move")


def _hidden_properties(dataset: Dataset) -> bool:
    """Python can put its properties together where the text does not tell them."""
    clause = dataset.definition.clause("table_properties")
    return clause is not None and not isinstance(clause.value, tuple)


def _finding(dataset: Dataset, read: Read) -> Finding:
    text = f"'{_KEY}' = 'false'"
    edits = added(dataset.definition, text) if dataset.language == "sql" else ()
    return Finding(
        read.location,
        f"a full refresh of {dataset.name} would lose what {_called(read)} no longer holds",
        why="a full refresh empties the table and reads its source from the start",
        mark="keeps events for a while only",
        fixes=(Fix(f"protect it with {_KEY} = false", edits, safe=True, reason="no update changes by it"),),
    )


def _called(read: Read) -> str:
    return read.relation.label if read.relation.path else read.name
