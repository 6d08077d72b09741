"""The conversion itself: read, put INSERTs together, decide, rewrite."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TypeAlias

from ldp_magic.author.convert.inserts import merged, removed
from ldp_magic.author.convert.kinds import Judge, Verdict
from ldp_magic.author.convert.merge import changed_by
from ldp_magic.author.convert.model import Conversion, Dataset, Left, Wishes
from ldp_magic.author.convert.parts import Part, parts_of
from ldp_magic.author.convert.rewrite import Rewritten, rewritten
from ldp_magic.author.convert.statements import Kept, Made, Refused, Said, is_setting, refused, said_by
from ldp_magic.lint.subjects import Owned
from ldp_magic.pipeline import build
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.sql.model import DatasetDef, FlowDef, Name, Query, Script, Statement
from ldp_magic.text import Edit, Location, Source, apply_edits

_Lost: TypeAlias = dict[int, tuple[str, str]]  # by id of the statement: why, and what to do


@dataclass(frozen=True, slots=True)
class _Text:
    """A source as it is being worked on, and the way back to what was given."""

    given: Source
    now: Source
    starts: tuple[int, ...] = (0,)  # from these places of the text as it is now on
    shifts: tuple[int, ...] = (0,)  # what was given stands so much further

    def home(self, place: Location) -> Location:
        """The place in the given text that something now stands for."""
        last = len(self.given.text)
        found = (at + self.shifts[bisect_right(self.starts, at) - 1] for at in (place.start, place.end))
        start, end = (min(max(at, 0), last) for at in found)
        return Location(self.given, start, max(start, end))


def conversion(sources: Sequence[Source], wishes: Wishes | None = None) -> Conversion:
    """Batch SQL as pipeline SQL. Sources see each other's tables; nothing in them makes this raise."""
    wishes = wishes or Wishes()
    said = [one for source in sources for one in map(said_by, parts_of(source))]
    together = merged(said)
    left = [one.left for one in said if isinstance(one, Refused)] + list(together.left)
    edits = [*together.edits, *(removed(one.part) for one in said if isinstance(one, Refused))]
    texts = [_applied(source, edits) for source in sources]
    return _second(texts, left, wishes)


def _applied(source: Source, edits: Sequence[Edit]) -> _Text:
    mine = tuple(e for e in edits if e.location.source is source)
    starts, shifts = [0], [0]
    for edit in sorted(mine, key=lambda e: e.location.start):
        starts.append(edit.location.start - shifts[-1] + len(edit.text))
        shifts.append(shifts[-1] + edit.location.end - edit.location.start - len(edit.text))
    new = apply_edits(mine).get(source, source.text)
    return _Text(source, replace(source, text=new), tuple(starts), tuple(shifts))


def _second(texts: Sequence[_Text], left: list[Left], wishes: Wishes) -> Conversion:
    """Everything that is left in the texts is to be converted or kept."""
    said = _named([one for text in texts for one in map(said_by, parts_of(text.now))])
    by_source = {text.now: text for text in texts}
    work, lost = _worked(said, texts, wishes)
    edits = list(work.edits())
    for one in said:
        if id(one) in lost or isinstance(one, Refused):
            why = lost.get(id(one)) or (one.left.why, one.left.fix) if isinstance(one, Refused) else lost[id(one)]
            refusal = refused(one.part, *why).left
            left.append(replace(refusal, location=by_source[one.part.source].home(one.part.location)))
            edits.append(removed(one.part))
    datasets = _datasets([one for one in said if id(one) not in lost], work, edits, by_source)
    datasets = _with_changes(datasets, left)
    new = {text.given: _applied(text.now, edits).now.text for text in texts}
    order = {text.given: number for number, text in enumerate(texts)}
    left.sort(key=lambda one: (order[one.location.source], one.location.start))
    return Conversion(new, tuple(datasets), tuple(left))


def _worked(said: list[Said], texts: Sequence[_Text], wishes: Wishes) -> tuple[_Work, _Lost]:
    """The verdicts and edits, and what had to be taken out of the graph for them, with the reasons."""
    lost: _Lost = {id(one): why for one, why in _impossible(said, _graph(said, texts, wishes))}
    while True:
        kept = [one for one in said if id(one) not in lost]
        work = _Work(_graph(kept, texts, wishes), wishes, {id(o.definition): o for o in kept if isinstance(o, Made)})
        damaged = work.damaged()
        if not damaged:
            return work, lost
        lost |= dict.fromkeys(map(id, damaged), ("what it would become cannot be read", "mend it, then convert it"))


# -- the graph ------------------------------------------------------------------------------------------------


def _named(said: Iterable[Said]) -> list[Said]:
    """The statements, with queries by themselves called after their file."""
    said = list(said)
    taken = {str(one.definition.name).lower() for one in said if isinstance(one, Made) and one.form != "query"}
    queries = [one for one in said if isinstance(one, Made) and one.form == "query"]
    alone = len({id(one.part.source) for one in queries}) == len(queries)
    named: list[Said] = []
    for one in said:
        if isinstance(one, Made) and one.form == "query":
            stem = PurePath(one.part.source.name).stem if alone else ""
            name = _free(stem if stem.isidentifier() and stem.isascii() and stem != "stdin" else "result", taken)
            taken.add(name.lower())
            where = one.definition.name.location
            one = replace(one, definition=replace(one.definition, name=Name((name,), where)))
        named.append(one)
    return named


def _free(name: str, taken: set[str]) -> str:
    number, found = 2, name
    while found.lower() in taken:
        found, number = f"{name}_{number}", number + 1
    return found


def _graph(said: Iterable[Said], texts: Sequence[_Text], wishes: Wishes) -> Pipeline:
    by_source: dict[int, list[Statement]] = {id(text.now): [] for text in texts}
    for one in said:
        statement = one.definition if isinstance(one, Made) else one.statement if isinstance(one, Kept) else None
        if statement is not None and not (isinstance(one, Made) and one.query is None):
            by_source[id(one.part.source)].append(statement)
    return build(
        "converted",
        [Script(tuple(statements)) for statements in by_source.values()],
        parameters=wishes.parameters,
        catalog=wishes.catalog,
        schema=wishes.schema,
        target=wishes.target,
    )


def _impossible(said: Sequence[Said], graph: Pipeline) -> list[tuple[Said, tuple[str, str]]]:
    """Statements that batch SQL may hold and a graph may not: a table made twice, or out of itself."""
    made = {id(one.definition): one for one in said if isinstance(one, Made)}
    again = ("an earlier statement here makes it too, and a pipeline makes each table once", "keep the one that counts")
    circle = ("it reads what it writes; a pipeline computes each table from others", "read the source, not the result")
    there = ("it is here as pipeline SQL already", "keep the one that counts")
    empty = ("it holds no rows by itself", "convert it together with the statement that fills it")
    found: list[tuple[Said, tuple[str, str]]] = [(one, empty) for one in made.values() if one.query is None]
    for first, second in graph.duplicates:
        if id(second) in made:
            found.append((made[id(second)], again if id(first) in made else there))
        elif id(first) in made:
            found.append((made[id(first)], there))
    circular = {name for cycle in graph.cycles for name in cycle}
    circular |= {d.name for d in graph.datasets.values() if any(r.name == d.name for r in d.reads)}
    for name in circular:
        dataset = graph.datasets.get(name)
        if dataset is not None and id(dataset.definition) in made:
            found.append((made[id(dataset.definition)], circle))
    return found


# -- verdicts and edits ---------------------------------------------------------------------------------------


class _Work:
    """The verdicts on a graph, and what they do to the texts."""

    def __init__(self, graph: Pipeline, wishes: Wishes, made: Mapping[int, Made]) -> None:
        self.wishes = wishes
        self.made = {name: made[id(d.definition)] for name, d in graph.datasets.items() if id(d.definition) in made}
        self.judge = Judge(graph, frozenset(self.made), wishes)
        self.verdicts = self.judge.judged()
        self.names = {id(one): name for name, one in self.made.items()}
        self.done = {name: self._rewritten(name) for name in self.made}

    def _rewritten(self, name: str) -> Rewritten:
        made, dataset = self.made[name], self.judge.pipeline.datasets[name]
        query = made.query
        assert query is not None
        owned = Owned(query, dataset, None, self.judge.context)
        final = not dataset.readers or any(read.kind == "dataset" for read in dataset.reads)
        return rewritten(made, self.verdicts[name], owned, expectations=self.wishes.expectations, final=final)

    def damaged(self) -> list[Made]:
        """The statements that could no longer be read."""
        return [made for name, made in self.made.items() if not _readable(_part_text(made.part, self.done[name].edits))]

    def edits(self) -> Iterable[Edit]:
        return (edit for one in self.done.values() for edit in one.edits)

    def of(self, said: Said) -> tuple[str, Verdict, Rewritten] | None:
        """The name, the verdict and the edits of a statement that was converted."""
        name = self.names.get(id(said))
        return (name, self.verdicts[name], self.done[name]) if name is not None else None


def _datasets(
    said: Sequence[Said], work: _Work, edits: Sequence[Edit], by_source: Mapping[Source, _Text]
) -> list[Dataset]:
    """What the result holds, in text order."""
    by_part: dict[tuple[int, int], list[Edit]] = {}
    starts = {
        id(text.now): sorted(o.part.start for o in said if o.part.source is text.now) for text in by_source.values()
    }
    for edit in edits:
        some = starts.get(id(edit.location.source), [])
        at = some[bisect_right(some, edit.location.start) - 1] if some else 0
        by_part.setdefault((id(edit.location.source), at), []).append(edit)
    found: list[Dataset] = []
    settings: dict[int, list[str]] = {}
    for one in said:
        held = settings.setdefault(id(one.part.source), [])
        if is_setting(one):
            held.append(one.part.location.text)
            continue
        text = _part_text(one.part, by_part.get((id(one.part.source), one.part.start), []))
        place = by_source[one.part.source].home(one.part.location)
        dataset = _dataset(one, work, text, place)
        if dataset is not None:
            found.append(replace(dataset, settings=tuple(held)))
    return found


def _dataset(one: Said, work: _Work, text: str, place: Location) -> Dataset | None:
    found = work.of(one)
    if found is not None:
        name, verdict, done = found
        return Dataset(name=name, kind=verdict.kind, reason=verdict.reason, location=place, text=text, notes=done.notes)
    if isinstance(one, Kept) and isinstance(one.statement, (DatasetDef, FlowDef)):
        kind = one.statement.kind if isinstance(one.statement, DatasetDef) else "streaming table"
        own = one.statement.name
        return Dataset(
            name=str(own), kind=kind, reason="pipeline SQL already", location=place, text=text, changed=False
        )
    return None


def _with_changes(datasets: Sequence[Dataset], left: Sequence[Left]) -> list[Dataset]:
    """The datasets, those that a left statement changes with a note."""
    changing = {name: one for one in left if (name := changed_by(one))}
    noted = []
    for dataset in datasets:
        one = changing.get(dataset.name.lower())
        note = f"{one.words} in line {one.location.first.line} changed its rows, and was left" if one else ""
        noted.append(replace(dataset, notes=(*dataset.notes, note)) if note else dataset)
    return noted


def _readable(text: str) -> bool:
    """Is this one statement that a pipeline may hold?"""
    said = [said_by(part) for part in parts_of(Source("", None, text))]
    if len(said) != 1 or isinstance(said[0], Refused):
        return False
    statement = (
        said[0].statement if isinstance(said[0], Kept) else said[0].definition if isinstance(said[0], Made) else None
    )
    query = statement.query if isinstance(statement, DatasetDef) else None
    return isinstance(query, Query) and query.facts.failure is None


def _part_text(part: Part, edits: Sequence[Edit]) -> str:
    """One part with its own edits, by itself."""
    alone = replace(part.source, text=part.text)
    here = [
        Edit(Location(alone, e.location.start - part.start, e.location.end - part.start), e.text)
        for e in edits
        if part.start <= e.location.start and e.location.end <= part.end
    ]
    return apply_edits(here).get(alone, alone.text)
