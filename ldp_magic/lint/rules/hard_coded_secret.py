from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ldp_magic.lint.finding import Finding, Fix, Severity
from ldp_magic.lint.literals import Literal, literals
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.text import Source, Span

_KAFKA = "CREATE OR REFRESH STREAMING TABLE t TBLPROPERTIES ('pipelines.reset.allowed' = 'false') AS SELECT value FROM STREAM read_kafka(bootstrapServers => '${{brokers}}', subscribe => 't', {});"
_PARAMETERS = {"brokers": "b:9093"}
# what a text looks like that opens a door by itself
_SHAPES = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bdapi[0-9a-f]{32}(?:-\d)?\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36,}\b"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}"
    r"|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"
    r"|(?i:\b(?:AccountKey|SharedAccessKey)=)[A-Za-z0-9+/]{20,}={0,2}"
    r"|(?i:[?&;]sig=)[A-Za-z0-9%+/]{20,}"
    r"|(?i:\b(?:password|pwd)\s*=\s*\\?[\"']?)[^\s\"'\\;&${}<>*]{4,}"
    r"|(?<=://)[^\s/:@${}<>]+:[^\s/:@${}<>*]{4,}(?=@[\w.-]+)"
)
_HINT = re.compile(r"(?i)akia|asia|dapi|gh[pousr]_|xox|eyj|private key|key=|sig=|password|pwd|@|secret|token|key")
_NAME = re.compile(
    r"(?i)(?:\A|.*[._\-])(?:password|passwd|pwd|secret|token|api_?-?key|access_?-?key|account_?-?key|client_?-?secret|"
    r"secret_?-?key|private_?-?key|sas_?-?token|connection_?-?string)\Z"
)
_PLACEHOLDER = re.compile(r"[${}<>]|\A(.)\1*\Z|(?i:\A(?:your|my|change|replace|insert|todo|xxx|secret|\*))")


@rule(
    code="LDP701",
    verified="Databricks' own guidance for agents on Kafka",
    bad=[
        bad(
            _KAFKA.format(
                '`kafka.sasl.jaas.config` => \'x.PlainLoginModule required username="u" password="example-password-1";\''
            ),
            parameters=_PARAMETERS,
            marks=('password="example-password-1',),
        ),
        bad(
            'from pyspark import pipelines as dp\n\n\n@dp.table\ndef t():\n    return (\n        spark.readStream.format("kafka")\n'
            '        .option("kafka.ssl.key.password", "s3cr3t!x")\n        .load()\n    )\n',
            python=True,
            marks=("s3cr3t!x",),
        ),
        bad(
            "create or refresh materialized view m tblproperties ('owner.token' = 'aB3-xY9-77') as select 1 as one",
            marks=("aB3-xY9-77",),
        ),
        bad(
            'from pyspark import pipelines as dp\n\nAPI_KEY = "9f8e7d6c5b"  # noqa: E1\n\n\n@dp.temporary_view\ndef v():\n    return spark.range(3)\n\n\n@dp.materialized_view\ndef m():\n    return spark.read.table("v")\n',
            python=True,
        ),
    ],
    good=[
        good(_KAFKA.format("serviceCredential => 'kafka_prod'"), parameters=_PARAMETERS),
        good(
            'import requests\nfrom pyspark import pipelines as dp\n\npassword = dbutils.secrets.get(scope="kafka", key="sasl-password-2")\n'
            'columns = ["password", "token7x"]\n\n\n@dp.table(table_properties={"pipelines.reset.allowed": "false"})\ndef t():\n    config = f\'Module required username="u" password="{password}";\'\n'
            '    return spark.readStream.format("kafka").option("kafka.sasl.jaas.config", config).load()\n',
            python=True,
        ),
        good(
            "from pyspark import pipelines as dp\n\n\n@dp.materialized_view\ndef m():\n"
            "    return spark.sql(\"SELECT * FROM main.raw.logins WHERE password = 'abc123!' OR password=other.password1\")\n",
            python=True,
        ),
        good(
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM main.raw.logins WHERE token = 'ab12cd34' -- password='ab12cd'\n"
        ),
    ],
)
def hard_coded_secret(pipeline: Pipeline, context: Context) -> Iterator[Finding]:
    """A key, token or password, written into the code.

    Whoever can read the file, its history or a log of the pipeline can use it, and changing it means changing the code.
    Keep it in a secret scope and read it with `dbutils.secrets.get`, refer to it as `{{secrets/scope/key}}`, or use a
    service credential. What has been committed once should be replaced, not only removed.
    """
    pythons = {p.source for p in context.pythons}
    sources = [s.location.source for script in pipeline.scripts for s in (*script.statements, *script.problems)]
    some = {id(source): source for source in sources}  # most stand in few, and an id is quicker than a text
    for source in dict.fromkeys([*pythons, *some.values()]):
        for span, what, level in _secrets(source, source in pythons):
            yield Finding(
                source.at(*span),
                f"{what} stands in the code",
                why="whoever can read the file, its history or a log can use it",
                mark="known to every reader",
                fixes=(Fix("keep it in a secret scope, or use a service credential; then replace it"),),
                severity=level,
            )


@lru_cache(maxsize=16_384)
def _secrets(source: Source, python: bool) -> tuple[tuple[Span, str, Severity], ...]:
    if not _HINT.search(source.text):
        return ()
    return tuple(found for literal in literals(source) for found in _in(literal, python))


def _in(literal: Literal, python: bool) -> Iterator[tuple[Span, str, Severity]]:
    shapes = [s for s in _SHAPES.finditer(literal.value) if _is_setting(s[0], literal.value)]
    for shape in shapes:
        start, end = shape.span()
        yield Span(literal.span.start + start, literal.span.start + end), "a secret", "error"
    if shapes or not _NAME.match(literal.name) or not _credible(literal.value):
        return
    if literal.form == "assigned" and not python:
        return  # a comparison, as far as anyone can tell
    yield literal.span, f"the value of {literal.name}", "warning" if literal.form in ("assigned", "entry") else "error"


def _is_setting(shape: str, value: str) -> bool:
    """A password in a login or a connection string; in a query it is a column that is compared or set."""
    return (
        not re.match(r"(?i)password|pwd", shape)
        or re.search(r"LoginModule|jdbc:|(?i:server|host|source)=", value) is not None
    )


def _credible(value: str) -> bool:
    """Rather a secret than the name of one, or a place to put it."""
    odd = re.search(r"\d", value) or re.search(r"[^\w\s.\-/:]", value)
    return len(value) >= 6 and odd is not None and not _PLACEHOLDER.search(value) and not re.search(r"\s", value)
