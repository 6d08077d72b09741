"""The rehearsal itself: rows arrive in steps, and each step is one update of a lake that nobody keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from ldp_magic.engine.place import Place
from ldp_magic.engine.views import Scene
from ldp_magic.errors import LdpError
from ldp_magic.events import Event, Updated
from ldp_magic.lake import Lake
from ldp_magic.pipeline.model import Dataset, Pipeline, Read
from ldp_magic.runs.chosen import Asked, chosen
from ldp_magic.runs.tables import STORED
from ldp_magic.runs.update import Stage, update
from ldp_magic.testing.rehearsal.comparing import compared
from ldp_magic.testing.rehearsal.flows import passed, remembers
from ldp_magic.testing.rehearsal.model import Batch, Compared, Line, Made, Rehearsal
from ldp_magic.testing.rehearsal.rows import Piece, Row
from ldp_magic.testing.rehearsal.sources import Source, placed, reads_of, sources_of
from ldp_magic.testing.rehearsal.steps import Steps, cut, lateness

MOST = 100  # steps
Say = Callable[[Event], None]


def rehearse(
    place: Place, scene: Scene, pipeline: Pipeline, name: str, made: Made, say: Say = lambda event: None
) -> Rehearsal:
    """Let the sources of a pipeline arrive in steps. *name* is a dataset, or nothing for all that stream."""
    _check(made)
    wanted = chosen(pipeline, Asked(refresh=(name,) if name else ())).datasets
    if name and not any(read.streaming for read in _all_reads(pipeline, wanted[:1])):
        raise LdpError(
            f"{wanted[0].name} does not stream: each update computes it from all rows",
            why="steps make no difference to it",
            fix="name a streaming table, or leave the name out",
        )
    with TemporaryDirectory(prefix="ldp-rehearsal-", ignore_cleanup_errors=True) as folder:
        return _Rehearsing(place, scene, pipeline, wanted[0] if name else None, made, Path(folder).resolve()).run(say)


def _check(made: Made) -> None:
    if not 1 <= made.batches <= MOST:
        raise LdpError(
            f"a rehearsal cannot have {made.batches} batches",
            why=f"each is an update, and there are at least one and at most {MOST}",
            fix="say --batches 3",
        )
    for what, share in (("late", made.late), ("duplicate", made.duplicate)):
        if not 0 <= share <= 1:
            raise LdpError(f"{share:.0%} of the rows cannot be {what}", why="it is a share", fix=f"say --{what} 5%")


def _all_reads(pipeline: Pipeline, datasets: Sequence[Dataset]) -> list[Read]:
    """The reads of datasets and of the views that they read."""
    found, todo, seen = list[Read](), list(datasets), set[str]()
    while todo:
        for read in reads_of(todo.pop()):
            found.append(read)
            below = pipeline.datasets.get(read.name) if read.kind == "dataset" else None
            if below is not None and below.kind not in STORED and below.name not in seen:
                seen.add(below.name)
                todo.append(below)
    return found


def upstream(pipeline: Pipeline, dataset: Dataset) -> list[Dataset]:
    """A dataset and all that it is computed from, in the order of the graph."""
    names, todo = {dataset.name}, [dataset]
    while todo:
        for read in reads_of(todo.pop()):
            if read.kind == "dataset" and read.name in pipeline.datasets and read.name not in names:
                names.add(read.name)
                todo.append(pipeline.datasets[read.name])
    return [each for each in pipeline.datasets.values() if each.name in names]


@dataclass(slots=True)
class _Rehearsing:
    place: Place
    scene: Scene
    pipeline: Pipeline
    dataset: Dataset | None
    made: Made
    folder: Path
    notes: list[str] = field(default_factory=list)
    state: dict[str, int] = field(default_factory=dict)  # by flow, as the last step left it
    late: dict[str, int] = field(default_factory=dict)  # by flow, over all steps

    def run(self, say: Say) -> Rehearsal:
        every = upstream(self.pipeline, self.dataset) if self.dataset else list(self.pipeline.datasets.values())
        sources, notes = sources_of(self.scene, self.pipeline, every, self.place.zone)
        self.notes += notes
        steps = cut([source.rows() for source in sources], self.made)
        self._say_how(sources, steps)
        scene, pipeline, places = placed(self.scene, self.pipeline, sources, self.folder / "sources")
        stage = Stage(self.place, scene, pipeline, Lake.open(self.folder, "rehearsal"), "rehearsal")
        asked = Asked(refresh=tuple(each.name for each in every if each.kind in STORED))
        shown = [self.dataset] if self.dataset else [each for each in every if self._streams(each)]
        batches = self._batches(stage, asked, steps, places, shown, say)
        return Rehearsal(
            pipeline=self.pipeline.name,
            dataset=self.dataset.name if self.dataset else "",
            kind=self.dataset.kind if self.dataset else "",
            made=self.made,
            batches=batches,
            compared=() if any(each.failure for each in batches) else self._compared(stage, shown),
            enough=_enough(steps),
            notes=tuple(dict.fromkeys(self.notes)),
        )

    def _streams(self, dataset: Dataset) -> bool:
        return dataset.kind in STORED and any(read.streaming for read in _all_reads(self.pipeline, [dataset]))

    def _say_how(self, sources: Sequence[Source], steps: Steps) -> None:
        for n, source in enumerate(sources):
            rows = [row for step in steps.rows[n] for row in step]
            if any(row.piece.kind == "whole" for row in rows):
                self.notes.append(f"{source.name} arrives in whole files, as they cannot be taken apart")
            if not rows:
                self.notes.append(f"{source.name} has no rows")
            elif steps.by_order[n]:
                self.notes.append(f"{source.name} arrives in the order of its rows: no watermark names a time in it")
            needy = not source.format.schema and not source.columns
            if needy and _moved_up(steps.rows[n]):
                self.notes.append(f"the first row of {source.name} arrives in batch 1, to tell its columns from")

    def _batches(
        self, stage: Stage, asked: Asked, steps: Steps, places: Sequence[Path], shown: Sequence[Dataset], say: Say
    ) -> tuple[Batch, ...]:
        found: list[Batch] = []
        last: dict[str, Line] = {}
        for n in range(self.made.batches):
            for place, source in zip(places, steps.rows, strict=True):
                arrive(place, n + 1, source[n])
            batch = self._batch(update(stage, asked, say), steps, n, shown, last)
            found.append(batch)
            if batch.failure:
                break
        return tuple(found)

    def _batch(self, updated: Updated, steps: Steps, n: int, shown: Sequence[Dataset], last: dict[str, Line]) -> Batch:
        states, flows = {flow.name: flow for flow in updated.flows}, []
        for flow in updated.flows:
            self.state[flow.name] = self.state.get(flow.name, 0) if flow.state_rows is None else flow.state_rows
            self.late[flow.name] = self.late.get(flow.name, 0) + (flow.late or 0)
        for dataset in shown:
            for name in _flows(dataset):
                if name in states:
                    flows.append(passed(dataset, states[name], last.get(name)))
                    last[name] = flows[-1].whole
        failed = next((flow for flow in updated.flows if flow.failure), None)
        rows = [row for source in steps.rows for row in source[n]]
        times = [row.time for row in rows if row.time is not None]
        return Batch(
            number=n + 1,
            rows=len(rows),
            late=steps.late[n],
            twice=steps.twice[n],
            first=_moment(min(times)) if times else None,
            last=_moment(max(times)) if times else None,
            flows=tuple(flows),
            failure=failed.failure if failed else updated.failure,
            at=failed.name if failed else "",
        )

    def _compared(self, stage: Stage, shown: Sequence[Dataset]) -> tuple[Compared, ...]:
        return tuple(compared(stage, each, self._begun(stage.pipeline, each)) for each in shown)

    def _begun(self, pipeline: Pipeline, dataset: Dataset) -> Compared:
        """What the steps alone tell of a dataset."""
        above = [name for each in upstream(pipeline, dataset) if each.name != dataset.name for name in _flows(each)]
        mine = _flows(dataset)
        return Compared(
            dataset=dataset.name,
            kind=dataset.kind,
            remembers=remembers(dataset),
            state=sum(self.state.get(name, 0) for name in mine),
            late=sum(self.late.get(name, 0) for name in mine),
            waiting=tuple(name for name in above if self.state.get(name)),
            lost=tuple(name for name in above if self.late.get(name)),
        )


def _enough(steps: Steps) -> float:
    """The delay that keeps every row, where one source alone has event times."""
    timed = [rows for rows, ordered in zip(steps.rows, steps.by_order, strict=True) if not ordered]
    return lateness(timed[0]) if len(timed) == 1 else 0.0


def _flows(dataset: Dataset) -> list[str]:
    return [each.name for each in dataset.flows] or [dataset.name]


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def _moved_up(steps: list[list[Row]]) -> bool:
    """Let a source that begins later show its first row at once; without any row nobody knows its columns."""
    if steps[0] or not any(steps):
        return False
    later = next(step for step in steps if step)
    steps[0].append(later.pop(0))
    return True


def arrive(place: Path, step: int, rows: Sequence[Row]) -> None:
    """Write the rows of one step, each beside those of its own file."""
    pieces: dict[Piece, list[object]] = {}
    for row in rows:
        pieces.setdefault(row.piece, []).append(row.value)
    for piece, values in pieces.items():
        piece.write(place, step, values)
