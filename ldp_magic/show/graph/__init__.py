"""A pipeline's graph, in every form that it is shown in."""

from __future__ import annotations

from collections.abc import Sequence

from ldp_magic.pipeline.model import Pipeline
from ldp_magic.show.graph.contract import json
from ldp_magic.show.graph.flowchart import flowchart
from ldp_magic.show.graph.page import html
from ldp_magic.show.graph.picture import drawn, stacked
from ldp_magic.show.graph.selection import Part, pictured
from ldp_magic.show.graph.tree import text

__all__ = ["html", "json", "mermaid", "svg", "text"]


def mermaid(pipelines: Sequence[Pipeline], selected: Sequence[str] = ()) -> str:
    """A Mermaid flowchart of as many datasets as a picture has room for; a comment says if not all are there."""
    parts = _parts(pipelines, selected)
    return flowchart([part.pipeline for part in parts], [part.note for part in parts])


def svg(pipelines: Sequence[Pipeline], selected: Sequence[str] = ()) -> str:
    """A picture of as many datasets as it has room for; a line below says if not all are there."""
    parts = _parts(pipelines, selected)
    pictures = [drawn(part.pipeline, note=part.note) for part in parts]
    if len(pictures) == 1:
        return pictures[0].text
    return stacked([part.pipeline.name for part in parts], pictures)


def _parts(pipelines: Sequence[Pipeline], selected: Sequence[str]) -> list[Part]:
    names = selected or ("",) * len(pipelines)
    return [pictured(pipeline, name) for pipeline, name in zip(pipelines, names, strict=True)]
