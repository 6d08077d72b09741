"""`lookup RIGHT JOIN stream` turned round: `stream LEFT JOIN lookup` has the same rows and reads as it runs."""

from __future__ import annotations

from ldp_magic.lint.subjects import Owned
from ldp_magic.sql.facts import Relation, Select
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.text import Edit, Location, Span, apply_edits


def turned(owned: Owned, relation: Relation, edits: list[Edit]) -> list[Edit]:
    """*edits* with the sides of the join swapped, if *relation* is the right side of a RIGHT JOIN of two."""
    root = owned.facts.root
    if not isinstance(root, Select) or not _is_right_join(root, relation):
        return edits
    text = owned.facts.text
    left, word, right = _sides(root, text)
    if not (left.end > left.start and right.end > right.start and word.end > word.start):
        return edits
    here, there = owned.locate(left), owned.locate(right)
    inner = {place: [e for e in edits if _inside(e.location, place)] for place in (here, there)}
    rest = [e for e in edits if not any(e in some for some in inner.values())]
    new = [Edit(here, _edited(there, inner[there])), Edit(there, _edited(here, inner[here]))]
    said = text[word.start : word.end]
    return [*rest, *new, Edit(owned.locate(word), "left" if said.islower() else "LEFT" if said.isupper() else "Left")]


def _is_right_join(root: Select, relation: Relation) -> bool:
    if len(root.joins) != 1 or len(root.inputs) != 2 or any(o.star for o in root.outputs):
        return False  # SELECT * would give the columns in another order
    return root.joins[0].kind == "right" and root.joins[0].right.relation is relation


def _sides(root: Select, text: str) -> tuple[Span, Span, Span]:
    """The left side, the word RIGHT, and the right side, each with its alias."""
    tokens, join = tokens_of(text), root.joins[0]
    from_ = root.clauses["from"]
    inside = [i for i in range(len(tokens)) if from_.start <= tokens.starts[i] < from_.end]
    before = [i for i in inside[1:] if tokens.ends[i] <= join.span.start]
    after = [i for i in inside if tokens.starts[i] >= join.span.end]
    stop = next(
        (n for n, i in enumerate(after) if tokens.words[i] in ("ON", "USING") and _outside(tokens.pairs, after, n)),
        len(after),
    )
    words = [i for i in inside if join.span.start <= tokens.starts[i] < join.span.end and tokens.words[i] == "RIGHT"]

    def span(some: list[int]) -> Span:
        return Span(tokens.starts[some[0]], tokens.ends[some[-1]]) if some else Span(0, 0)

    return span(before), span(words), span(after[:stop])


def _outside(pairs: dict[int, int], after: list[int], number: int) -> bool:
    """Does this token stand in no bracket that opens behind the join?"""
    return not any(i < after[number] < pairs.get(i, -1) for i in after[:number])


def _inside(place: Location, outer: Location) -> bool:
    return place.source is outer.source and outer.start <= place.start and place.end <= outer.end


def _edited(place: Location, edits: list[Edit]) -> str:
    """The text of a place with the edits in it made."""
    source = place.source
    new = apply_edits(edits).get(source, source.text)
    return new[place.start : place.end + len(new) - len(source.text)]
