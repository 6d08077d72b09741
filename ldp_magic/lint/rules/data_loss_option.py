from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.areas import areas, commented, option_in
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.facts import Relation

_KAFKA = "CREATE OR REFRESH STREAMING TABLE t TBLPROPERTIES ('pipelines.reset.allowed' = 'false') AS SELECT value FROM STREAM read_kafka(\n  bootstrapServers => '${{brokers}}', subscribe => 't'{}\n);"
_PARAMETERS = {"brokers": "b:9093"}
# option -> (the value that loses rows, what is lost)
_LOSING = {
    "failOnDataLoss": ("false", "rows that the source has dropped before they were read are passed over"),
    "ignoreCorruptFiles": ("true", "files that cannot be read are passed over"),
    "spark.sql.files.ignoreCorruptFiles": ("true", "files that cannot be read are passed over"),
    "ignoreMissingFiles": ("true", "files that were listed and are gone are passed over"),
    "mode": ("dropmalformed", "rows that do not fit the schema are passed over"),
    "skipChangeCommits": ("true", "updates and deletes in the source are passed over"),
}


@rule(
    code="LDP709",
    severity="warning",
    verified="Databricks' own guidance for agents on Kafka; what each option does from memory",
    bad=[
        bad(_KAFKA.format(",\n  failOnDataLoss => false"), parameters=_PARAMETERS, marks=("failOnDataLoss => false",)),
        bad(
            "create or refresh streaming table t as select * from stream read_files('/in', format => 'csv', schema => 'a INT', mode => 'DROPMALFORMED')",
            marks=("mode => 'DROPMALFORMED'",),
        ),
        bad(
            "from pyspark import pipelines as dp\n\n\n@dp.table\ndef t():\n"
            '    return spark.readStream.option("skipChangeCommits", "true").table("main.raw.orders")\n',
            python=True,
            marks=('"skipChangeCommits", "true"',),
        ),
    ],
    good=[
        good(_KAFKA.format(""), parameters=_PARAMETERS),
        good(
            _KAFKA.format(",\n  failOnDataLoss => false -- the topic keeps three days, and older rows are of no use"),
            parameters=_PARAMETERS,
        ),
        good(_KAFKA.format(",\n  failOnDataLoss => true"), parameters=_PARAMETERS),
    ],
)
def data_loss_option(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """An option that lets rows get lost, without a word about why.

    The update goes on where it would otherwise have stopped, and nothing says that rows are missing. That may be right;
    then a comment on the line, or above it, tells the next reader, and this rule is content. Otherwise let the update
    stop, or keep what does not fit in the rescued data column.
    """
    for relation, area in areas(dataset):
        for option, (losing, what) in _LOSING.items():
            if _value(relation, option) != losing:
                continue
            place = option_in(area, option) or area
            if not commented(place):
                yield Finding(
                    place,
                    f"{what}, and nothing says so",
                    why="the update goes on where it would have stopped, and the rows are missing for good",
                    fixes=(Fix("take it away, or say in a comment why these rows do not matter"),),
                    # what LDP126 asks for where a source changes rows, so it is rarely an oversight
                    severity="info" if option == "skipChangeCommits" else None,
                )


def _value(relation: Relation, option: str) -> str:
    given = relation.option(option)
    if given == "" and option == "skipChangeCommits":
        return "true"  # Databricks takes the bare word
    return (given or "").strip("'\"").lower()
