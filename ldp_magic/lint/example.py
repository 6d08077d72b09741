"""The examples of rules as pipelines of their own: for tests, `ldp explain`, and whoever writes a rule."""

from __future__ import annotations

from dataclasses import replace

from ldp_magic.cells import Cell
from ldp_magic.lint.finding import Finding
from ldp_magic.lint.rule import Example, Rule
from ldp_magic.lint.run import Linter
from ldp_magic.lint.select import Selection
from ldp_magic.lint.subjects import PythonText, SpecFile
from ldp_magic.pipeline.model import ColumnType, Pipeline
from ldp_magic.project import Members, graph
from ldp_magic.sql.types import ddl_columns
from ldp_magic.text import Source, apply_edits


def source_of(example: Example) -> Source:
    return Source(example.file or ("example.py" if example.python else "example.sql"), None, example.text)


def members_of(example: Example) -> Members:
    """The example as the only source of a pipeline."""
    cells = () if example.file else (Cell(source_of(example), "python" if example.python else "sql"),)
    return Members(
        name="example",
        cells=cells,
        origin="an example",
        parameters=example.parameters,
        catalog=example.catalog,
        schema=example.schema,
        target=example.target,
    )


def locked_of(example: Example) -> dict[str, tuple[ColumnType, ...]]:
    return {
        name: tuple(ColumnType(name=n, type=t, nullable=True) for n, t in ddl_columns(columns))
        for name, columns in example.locked.items()
    }


def pipeline_of(example: Example) -> Pipeline:
    return graph(members_of(example), locked_of(example))


def before_of(example: Example) -> Pipeline | None:
    """The pipeline as it was, where the example tells."""
    return pipeline_of(replace(example, text=example.before)) if example.before else None


def findings_in(example: Example, selection: Selection | None = None) -> tuple[Finding, ...]:
    """What the linter says about an example."""
    source = source_of(example)
    specs = (SpecFile(source),) if example.file else ()
    pythons = (PythonText(source, source.text),) if example.python else ()
    return Linter(selection).lint(pipeline_of(example), specs=specs, pythons=pythons, before=before_of(example))


def findings_of(rule: Rule, example: Example) -> tuple[Finding, ...]:
    """What one rule says about an example."""
    return tuple(f for f in findings_in(example, Selection(select=(rule.code,))) if f.code == rule.code)


def mended(example: Example, findings: tuple[Finding, ...]) -> str:
    """The example's text with the first fix of each finding applied, safe or not."""
    edits = [edit for f in findings if f.fix is not None for edit in f.fix.edits]
    source = source_of(example)
    return apply_edits(edits).get(source, source.text)
