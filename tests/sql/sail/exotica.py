"""Functions outside of the mainstream, by name: what almost no pipeline calls, or what needs more than an engine."""

from __future__ import annotations

import re

EXOTIC = re.compile(
    r"""
    # sketches
    .*_sketch.* | hll_.* | kll_.* | theta_.* | tuple_.* | count_min_.* | approx_top_k.* | bitmap_.* | .*_estimate
    # variant, XML, geometry
    | .*variant.* | parse_json | try_parse_json | .*xml.* | xpath.* | st_.*
    # Avro, Protobuf, the TIME type, vectors
    | .*avro.* | .*protobuf.* | (make|to|try_to|current)_time | time_.* | vector_.*
    # the schema of a CSV or JSON text, CSV itself
    | schema_of_.* | from_csv | to_csv
    # Java and its ways, encryption, collations
    | .*reflect | java_method | .*aes_.* | collat.*
    """,
    re.VERBOSE,
)

# What Databricks takes and Apache Spark does not, so that it has no truth here.
BEYOND_SPARK = re.compile(
    r"""
    \b(?:j|payload):\w+  # paths into text that holds JSON
    | \|>\s*LATERAL\s+VIEW
    | LATERAL\s+VIEW\s+explode\(l\)$  # without an alias
    | window\(at,\s*INTERVAL
    | window_time\(window\)
    """,
    re.VERBOSE,
)


def is_exotic(function: str) -> bool:
    return bool(EXOTIC.fullmatch(function))
