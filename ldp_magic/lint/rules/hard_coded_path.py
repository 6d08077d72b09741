from __future__ import annotations

import re
from collections.abc import Iterator

from ldp_magic.lint.areas import areas, option_in, written
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.facts import Relation
from ldp_magic.text import Edit, Location

_FILES = "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM read_files('{}/orders', format => 'json', schemaHints => 'id INT');"
_STORE = "abfss://raw@acct.dfs.core.windows.net"
_CLOUD = re.compile(r"(?:abfss?|wasbs?|adl|s3[an]?|gs|r2|oss|cosn?)://[^/\s${}]+", re.IGNORECASE)
_BROKER = re.compile(r"[\w-]+(?:\.[\w-]+)+:\d{2,5}|[\w.-]+:9\d{3}")
_BROKERS = ("bootstrapServers", "kafka.bootstrap.servers")


@rule(
    code="LDP702",
    severity="warning",
    verified="Databricks' page on parameters of pipelines",
    bad=[
        bad(
            _FILES.format(_STORE),
            fixed=_FILES.format("${landing}"),
            safe=False,
            marks=(_STORE + "/orders",),
        ),
        bad(
            _FILES.format(_STORE),
            fixed=_FILES.format("${raw.folder}"),
            parameters={"raw.folder": _STORE},
            safe=False,
        ),
        bad(
            "create or refresh streaming table t as select value from stream read_kafka(bootstrapServers => 'b1.corp.example:9093', subscribe => 't')",
            fixed="create or refresh streaming table t as select value from stream read_kafka(bootstrapServers => '${brokers}', subscribe => 't')",
            marks=("bootstrapServers => 'b1.corp.example:9093'",),
        ),
        bad(
            'from pyspark import pipelines as dp\n\n\n@dp.table\ndef t():\n    return spark.readStream.format("cloudFiles")'
            '.option("cloudFiles.format", "json").load("s3://corp-raw/orders")\n',
            python=True,
            marks=("s3://corp-raw/orders",),
        ),
    ],
    good=[
        good(_FILES.format("${landing}"), parameters={"landing": _STORE}),
        good(_FILES.format("/Volumes/main/raw/landing")),
    ],
)
def hard_coded_path(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A storage account, a bucket or a broker, written into the code.

    Development, test and production have their own, so the file has to be changed to be deployed; a test that runs it
    reads, or fills, what belongs to production. Put the address into a parameter of the pipeline and write `${landing}`
    in SQL or `spark.conf.get("landing")` in Python. Volumes are not meant: their catalog says where they belong.
    """
    for relation, area in areas(dataset):
        where = written(area, relation.path)
        found = _CLOUD.match(relation.path) if where is not None and "$" not in relation.path else None
        if where is not None and found is not None:
            yield _path(where, found.end(), dataset, context)
        yield from _brokers(relation, area, dataset, context)


def _path(where: Location, end: int, dataset: Dataset, context: Context) -> Finding:
    name, length = _parameter(where.text, context) or ("landing", end)
    fix = _fix(dataset, where.inside(0, length), name)
    return Finding(
        where,
        "this file can only read from one storage account or bucket",
        why="development, test and production have their own; a parameter of the pipeline says which",
        fixes=(fix,),
    )


def _parameter(path: str, context: Context) -> tuple[str, int] | None:
    """A parameter of the pipeline that already holds how the path begins."""
    fits = [(len(v), n) for n, v in context.pipeline.parameters.items() if len(v) > 6 and path.startswith(v)]
    return (max(fits)[1], max(fits)[0]) if fits else None


def _fix(dataset: Dataset, where: Location, name: str) -> Fix:
    title = f"make {name} a parameter of the pipeline"
    if dataset.language == "python":
        return Fix(f'{title}, and read it with spark.conf.get("{name}")')
    return Fix(title, (Edit(where, "${" + name + "}"),), False, f"{name} has to be set where the pipeline is")


def _brokers(relation: Relation, area: Location, dataset: Dataset, context: Context) -> Iterator[Finding]:
    for option in _BROKERS:
        value, place = relation.option(option), option_in(area, option)
        if value is None or place is None or not _BROKER.search(value) or "localhost" in value:
            continue
        inner = written(place, value)
        yield Finding(
            place,
            "this file can only read from these brokers",
            why="development, test and production have their own; a parameter of the pipeline says which",
            fixes=(_fix(dataset, inner, "brokers"),) if inner is not None else (),
        )
