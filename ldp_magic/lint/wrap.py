"""Which source of a query has to be read as a stream: the one that brings new rows, never a dimension.

The FROM table drives; in a join it is the leftmost source that is known to only gain rows, on a side that the join
allows to stream. Every branch of a UNION ALL has its own. A CTE, a query in parentheses and a temporary view are
looked through, so the STREAM lands where the rows come from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ldp_magic.lint.subjects import Context, Owned
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.facts import Input, Node, Relation, Select
from ldp_magic.sql.functions import EVENT_READERS, FILE_READERS
from ldp_magic.text import Edit

# Joins that keep the right side's unmatched rows, or only look into it: which side may stream.
_RIGHT_ONLY = {"right"}
_LEFT_ONLY = {"left", "left semi", "left anti"}


@dataclass(frozen=True, slots=True, eq=False)  # by identity: what lies below may be as deep as there are views
class Source:
    """A source that may be streamed. `known` says that its rows are only ever added.

    `anew` says that they pass an aggregate or the like on their way, so that it is more likely a table to look up.
    """

    owned: Owned
    relation: Relation
    known: bool
    because: str
    through: tuple[Source, ...] = ()  # what a temporary view has to stream for that
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Wrap:
    """What to wrap so that the query streams; `others` are sources that could have driven instead."""

    sources: tuple[Source, ...] = ()
    others: tuple[Source, ...] = ()

    @property
    def safe(self) -> bool:
        return bool(self.sources) and not self.others and all(s.known for s in self.sources)


@dataclass(slots=True)
class _Search:
    owned: Owned
    others: list[Source] = field(default_factory=list)
    ctes: dict[str, list[Source]] = field(default_factory=dict)


def must_stream(owned: Owned) -> bool:
    """Is this the query of a flow that adds new rows to a streaming table?"""
    definition = owned.flow.definition if owned.flow is not None else None
    if owned.kind != "streaming table" or definition is None or owned.query is not definition.body:
        return False
    return not (definition.once or definition.cdc is not None or definition.replace_where)


def driving(owned: Owned) -> Wrap:
    """What must be wrapped to make the query stream; no sources where nothing in it can."""
    root = owned.facts.root
    if root is None:
        return Wrap()
    search = _Search(owned)
    found = _of_node(root, search)
    return Wrap(tuple(dict.fromkeys(found)), tuple(search.others)) if found else Wrap()


def every(sources: tuple[Source, ...]) -> Iterator[Source]:
    """The sources with those that they stream through, each once."""
    seen: set[Source] = set()
    waiting = list(reversed(sources))
    while waiting:
        source = waiting.pop()
        if source not in seen:
            seen.add(source)
            yield source
            waiting += reversed(source.through)


def wrapping(sources: tuple[Source, ...]) -> tuple[Edit, ...]:
    """The edits that put STREAM around the sources."""
    edits: list[Edit] = []
    for source in every(sources):
        edits += stream_edits(source.owned, source.relation)
    return tuple(dict.fromkeys(edits))


def stream_edits(owned: Owned, relation: Relation) -> list[Edit]:
    """`STREAM(name)`, `STREAM read_files(...)`; in the case of the author's keywords."""
    where = owned.locate(relation.span)
    word = cased("STREAM", owned)
    before = where.source.at(where.start)
    if relation.function:
        return [Edit(before, f"{word} ")]
    return [Edit(before, f"{word}("), Edit(where.source.at(where.end), ")")]


def unwrapping(owned: Owned, relation: Relation) -> list[Edit]:
    """The edits that take STREAM, its brackets and its options off a relation; a watermark does no harm and stays."""
    if relation.stream_span is None or not owned.query.exact:
        return []
    whole, inner = owned.locate(relation.whole), owned.locate(relation.span)
    word, source = owned.locate(relation.stream_span), whole.source
    mark = owned.locate(relation.watermark.span).start if relation.watermark is not None else whole.end
    close = inner.end
    if relation.options:
        close = inner.end + len(source.text[inner.end : mark].rstrip())
    elif relation.parenthesised:
        close = source.text.find(")", inner.end, whole.end) + 1 or inner.end
    edits = [Edit(source.at(word.start, inner.start), "")]
    return [*edits, Edit(source.at(inner.end, close), "")] if close > inner.end else edits


def cased(words: str, owned: Owned) -> str:
    """*words* in the case that the statement's first keyword is written in."""
    if owned.flow is not None and not owned.flow.definition.implicit:
        where = owned.flow.definition.location
    else:
        where = owned.dataset.definition.head if owned.dataset is not None else owned.query.location
    first = where.text.split(None, 1)[:1]
    return words.lower() if first and first[0].islower() else words


# -- the search -----------------------------------------------------------------------------------------


def _of_node(node: Node, search: _Search) -> list[Source]:
    branches: list[Select] = []
    nodes = [node]
    while nodes:
        part = nodes.pop()
        if isinstance(part, Select):
            branches.append(part)
        elif part.kind == "union all":
            nodes += [part.right, part.left]
        else:
            return []
    found = [_of_select(branch, search) for branch in branches]
    return [source for some in found for source in some] if all(found) else []


def _of_select(select: Select, search: _Search) -> list[Source]:
    inputs = [i for i in select.inputs if not i.lateral]
    able = [(i, found) for i in inputs if _side_may_stream(i, select) and (found := _of_input(i, search))]
    marked = [found for item, found in able if _watermarked(item)]
    if marked:
        return [source for found in marked for source in found]
    found = _chosen(inputs, able, search)
    return [replace(s, anew=True) for s in found] if _needs_all(select) else found


def _chosen(inputs: list[Input], able: list[tuple[Input, list[Source]]], search: _Search) -> list[Source]:
    """The leftmost known source that passes its rows on as they are; else the leftmost known one; else the first."""
    known = [pair for pair in able if all(s.known for s in pair[1])]
    if not known:
        return next((found for item, found in able if item is inputs[0]), [])
    plain = [pair for pair in known if not any(s.anew for s in pair[1])] or known
    item, chosen = plain[0]
    for other, found in able:
        before = inputs.index(other) < inputs.index(item)
        if other is not item and (
            any(other is one for one, _ in plain) or (before and not all(s.known for s in found))
        ):
            search.others += found
    return chosen


def _needs_all(select: Select) -> bool:
    grouped = select.aggregates or select.distinct is not None or "group by" in select.clauses
    return bool(grouped or "limit" in select.clauses) or any(call.over is not None for call in select.calls)


def _watermarked(item: Input) -> bool:
    return item.watermark is not None or (item.relation is not None and item.relation.watermark is not None)


def _side_may_stream(item: Input, select: Select) -> bool:
    """Spark keeps no unmatched rows of the static side: the stream must be the preserved one."""
    position = next(n for n, other in enumerate(select.inputs) if other is item)
    for number, join in enumerate(select.joins):
        is_right = join.right is item or join.right == item
        is_left = not is_right and position <= number
        if join.kind == "full" and (is_left or is_right):
            return _watermarked(item)
        if is_left and join.kind in _RIGHT_ONLY and not _watermarked(item):
            return False
        if is_right and join.kind in _LEFT_ONLY and not _watermarked(item):
            return False
    return True


def _of_input(item: Input, search: _Search) -> list[Source]:
    if item.relation is not None:
        source = _of_relation(item.relation, search)
        return [source] if source is not None else []
    if item.query is not None:
        return _of_node(item.query, search)
    name = item.cte.lower()
    if name not in search.ctes:
        search.ctes[name] = []  # a CTE that reads itself brings nothing of its own
        cte = next((c for c in search.owned.facts.ctes if c.name.lower() == name), None)
        search.ctes[name] = _of_node(cte.query, search) if cte is not None else []
    return search.ctes[name]


def _of_relation(relation: Relation, search: _Search) -> Source | None:
    owned = search.owned
    if relation.function:
        return _of_function(relation, owned)
    dataset = owned.source(relation)
    if dataset is None:
        return Source(owned, relation, False, f"{relation.label} lies outside this pipeline")
    if dataset.kind in ("temporary view", "view"):
        return _of_view(relation, dataset, search)
    if dataset.streamness != "append":
        return None
    return Source(owned, relation, True, f"{dataset.name} is append-only: {dataset.reason}")


def _of_function(relation: Relation, owned: Owned) -> Source | None:
    name = relation.function.lower()
    if name in FILE_READERS:
        return Source(owned, relation, True, "files are only ever added to a folder that is loaded from")
    if name in EVENT_READERS:
        return Source(owned, relation, True, "events are only ever added")
    return None


def _of_view(relation: Relation, view: Dataset, search: _Search) -> Source | None:
    """A temporary view can stream if its own source can, and if everybody who reads it wants a stream."""
    owned, context = search.owned, search.owned.context
    if view.kind == "view":
        return None
    if context.shape(view).streaming:
        return Source(owned, relation, True, f"{view.name} is a streaming view")
    readers = [context.pipeline.datasets[r] for r in view.readers]
    if any(r.kind in ("materialized view", "view") for r in readers):
        return None
    found = _inside(view, context)
    if not found.sources:
        return None
    known = all(s.known for s in found.sources) and not found.others
    anew = any(s.anew for s in found.sources)
    return Source(owned, relation, known, f"{view.name} passes its rows on", found.sources, anew)


def _inside(view: Dataset, context: Context) -> Wrap:
    """What must be wrapped to make a view stream; asked of the views below it first, and of each once."""
    known: dict[str, Wrap] = context.wraps
    for each in (*context.views_below(view, known), view):
        if each.name not in known:
            known[each.name] = Wrap()  # a view that reads itself brings nothing
            inner = next(iter(context.owned_by(each)), None)
            known[each.name] = driving(inner) if inner is not None else Wrap()
    return known[view.name]
