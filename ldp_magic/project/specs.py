"""The pipelines that a spec of ours declares, with what it says of them in an environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ldp_magic.cells import Cell
from ldp_magic.errors import SourceError
from ldp_magic.project.files import read_text
from ldp_magic.project.globs import under
from ldp_magic.project.model import Declared, Pattern
from ldp_magic.settings import path_shown
from ldp_magic.spec.model import PipelineSpec, Spec
from ldp_magic.spec.read import read
from ldp_magic.text import Source

__all__ = ["specs"]

MAX_BYTES = 2_000_000


def specs(path: str, env: str | None) -> tuple[tuple[Declared, ...], tuple[SourceError, ...], tuple[str, ...]]:
    """The pipelines of the spec at *path*, what is wrong with it, and the environments that it knows."""
    spec = read(path_shown(Path(path)), read_text(path, MAX_BYTES))
    declared = tuple(_declared(each, spec, path, env) for each in spec.pipelines)
    return declared, spec.errors, tuple(spec.environments)


def _declared(pipeline: PipelineSpec, spec: Spec, path: str, env: str | None) -> Declared:
    folder = os.path.dirname(path)
    said = _over(_over(dict(spec.said), pipeline.said), spec.environments.get(env or "", {}))
    cells = (Cell(Source(spec.name, None, pipeline.sql), "sql"),) if pipeline.sql else ()
    return Declared(
        name=pipeline.name,
        file=path,
        origin=f"{spec.name}:{pipeline.line}",
        patterns=tuple(
            Pattern(os.path.normpath(under(folder, each.written)).replace(os.sep, "/"), each.written, each.line)
            for each in pipeline.sources
        ),
        environment=env or "" if env in spec.environments else "",
        said=said,
        cells=cells,
    )


def _over(one: dict[str, object], other: Mapping[str, object]) -> dict[str, object]:
    """*other* put over *one*; tables are added to, name by name."""
    for key, value in other.items():
        was = one.get(key)
        one[key] = {**was, **value} if isinstance(was, Mapping) and isinstance(value, Mapping) else value
    return one
