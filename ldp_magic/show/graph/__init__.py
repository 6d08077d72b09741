"""A pipeline's graph, in every form that it is shown in."""

from __future__ import annotations

from collections.abc import Sequence

from ldp_magic.pipeline.model import Pipeline
from ldp_magic.show.graph.contract import json
from ldp_magic.show.graph.flowchart import mermaid as _mermaid
from ldp_magic.show.graph.page import html
from ldp_magic.show.graph.picture import drawn
from ldp_magic.show.graph.selection import pictured
from ldp_magic.show.graph.tree import text

__all__ = ["html", "json", "mermaid", "svg", "text"]


def mermaid(pipelines: Sequence[Pipeline], selected: str = "") -> str:
    """A Mermaid flowchart of at most so many datasets as a picture has room for."""
    parts = [pictured(pipeline, selected if selected in pipeline.datasets else "") for pipeline in pipelines]
    return _mermaid([part.pipeline for part in parts], [part.note for part in parts])


def svg(pipeline: Pipeline, selected: str = "") -> str:
    """The picture as an SVG file, of at most so many datasets as it has room for; its title says if not all."""
    part = pictured(pipeline, selected)
    return drawn(part.pipeline, note=part.note).text
