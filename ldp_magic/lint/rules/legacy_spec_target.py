from __future__ import annotations

import os
from collections.abc import Iterator

from ldp_magic.errors import SourceError
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, SpecFile
from ldp_magic.spec.documents import Value, Word, read_yaml
from ldp_magic.text import Edit

_SPARK = ("spark-pipeline.yml", "spark-pipeline.yaml")
_BUNDLE = "bundle: {{name: shop}}\nresources:\n  pipelines:\n    sales:\n      name: sales\n{}"
_NOT_SETTINGS = {"bundle", "resources", "targets", "environments", "include", "variables", "workspace"}


@rule(
    code="LDP511",
    severity="warning",
    verified="Databricks' pages on the LIVE schema and on the default publishing mode",
    needs="project",
    bad=[
        bad(
            _BUNDLE.format("      target: sales  # old\n"),
            fixed=_BUNDLE.format("      schema: sales  # old\n"),
            file="databricks.yml",
            safe=False,
            marks=("target",),
        ),
        bad("libraries: []\r\nstorage: /mnt/x\r\n", file="orders.yml", marks=("storage",)),
        bad(
            "targets:\n  dev:\n    default: true\n    resources:\n      pipelines:\n        sales:\n          target: x\n",
            file="databricks.yml",
            marks=("target",),
        ),
    ],
    good=[
        good(_BUNDLE.format("      catalog: main\n      schema: sales\n"), file="databricks.yml"),
        good("bundle: {name: shop}\ntargets:\n  dev: {mode: development}\n", file="databricks.yml"),
    ],
)
def legacy_spec_target(spec: SpecFile, context: Context) -> Iterator[Finding]:
    """Settings of a Databricks pipeline in the old publishing mode.

    With `target` all tables go to one schema and are read through `LIVE`; with `schema` and `catalog` each may name its
    own, and nothing is read through `LIVE`. `storage` is where tables of the Hive metastore lay. Renaming the key moves
    a running pipeline to the new mode, which is one-way.
    """
    source = spec.source
    if os.path.basename(source.name) in _SPARK:
        return
    try:
        said = read_yaml(source.text, os.path.basename(source.name))
    except SourceError:
        return  # whoever reads the project says so
    for pipeline in _pipelines(said):
        yield from _old(pipeline, spec)


def _pipelines(said: dict[str, Value]) -> Iterator[dict[str, Value]]:
    """The settings of every pipeline in a bundle; a file that is none may be the settings of one."""
    if not _NOT_SETTINGS & set(said):
        yield said
    parts = [said, *_mapping(said.get("targets")).values(), *_mapping(said.get("environments")).values()]
    for part in parts:
        pipelines = _mapping(_mapping(_mapping(part).get("resources")).get("pipelines"))
        yield from (one for one in pipelines.values() if isinstance(one, dict))


def _mapping(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _old(pipeline: dict[str, Value], spec: SpecFile) -> Iterator[Finding]:
    for key, value in pipeline.items():
        if not isinstance(key, Word) or not isinstance(value, Word):
            continue
        where = spec.at(key)
        if key == "target":
            edits = (Edit(where, "schema"),) if "schema" not in pipeline else ()
            fix = Fix("write schema, and catalog beside it", edits, False, "the pipeline changes its publishing mode")
            why = "in the old mode every table goes to one schema and is read through LIVE"
            yield Finding(where, "target is the old name of schema", why=why, fixes=(fix,))
        elif key == "storage":
            why = "tables of Unity Catalog lie where their catalog and schema say"
            yield Finding(
                where, "storage belongs to the Hive metastore", why=why, fixes=(Fix("write catalog and schema"),)
            )
