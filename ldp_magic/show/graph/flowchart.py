"""A graph as a Mermaid flowchart, as READMEs draw it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ldp_magic.pipeline.model import Pipeline
from ldp_magic.show.glyphs import KINDS, clean, cut
from ldp_magic.show.graph.nodes import Node, shape
from ldp_magic.show.places import short

__all__ = ["flowchart"]

LONGEST = 48
# characters that mean something to Mermaid or to the page around it
_SPECIAL = frozenset("\"'#<>&`\\|;{}[]()%*_~@")
_CLASSES = {
    "streaming table": "stream",
    "materialized view": "mview",
    "table": "whole",
    "view": "view",
    "temporary view": "view",
    "external": "external",
    "sink": "sink",
    "missing": "missing",
}
_SHAPES = {"external": ('(["', '"])'), "missing": ('(["', '"])'), "view": ('("', '")'), "temporary view": ('("', '")')}


def flowchart(pipelines: Sequence[Pipeline], notes: Iterable[str] = ()) -> str:
    """One flowchart; several pipelines are several frames in it."""
    lines = ["flowchart LR", *(f"  %% {clean(note, 'ascii')}" for note in notes if note)]
    used: set[str] = set()
    for number, pipeline in enumerate(pipelines):
        body = list(_pipeline(pipeline, f"p{number}n" if len(pipelines) > 1 else "n", used))
        if len(pipelines) > 1:
            body = [f'  subgraph p{number}["{label(pipeline.name)}"]', *(f"  {line}" for line in body), "  end"]
        lines += body
    return "\n".join([*lines, *_styles(used)]) + "\n"


def _pipeline(pipeline: Pipeline, prefix: str, used: set[str]) -> Iterator[str]:
    picture = shape(pipeline)
    ids = {key: f"{prefix}{n}" for n, key in enumerate(picture.nodes)}
    for key, node in picture.nodes.items():
        used.add(_CLASSES[node.kind])
        yield f"  {ids[key]}{_box(node)}:::{_CLASSES[node.kind]}"
    for join in picture.joins:
        yield f"  {ids[join.source]} {'-->' if join.streamed else '-.->'} {ids[join.target]}"


def _box(node: Node) -> str:
    start, end = _SHAPES.get(node.kind, ('["', '"]'))
    word = "missing" if node.kind == "missing" else KINDS[node.kind].word
    trouble = f", {node.trouble}" if node.trouble and node.kind != "missing" else ""
    return f"{start}{label(short(node.name))}<br/>{KINDS[node.kind].glyph} {word}{trouble}{end}"


def label(name: str) -> str:
    """A name inside the quotes of a label; it can neither end them nor be taken for markup."""
    return "".join(f"#{ord(c)};" if c in _SPECIAL and c != "_" else c for c in cut(clean(name), LONGEST))


def _styles(used: set[str]) -> Iterator[str]:
    colors = {_CLASSES[kind]: sign.static for kind, sign in KINDS.items()}
    for name in dict.fromkeys(_CLASSES.values()):
        if name in used:
            dashes = ",stroke-dasharray:4 4" if name in ("external", "missing") else ""
            yield f"  classDef {name} stroke:{colors[name]},stroke-width:2px{dashes}"
