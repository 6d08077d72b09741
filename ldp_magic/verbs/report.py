"""Write an update as one HTML file, for a pull request, a mail or paper.

The file holds no script and asks nothing of any network; it follows light and dark, and prints well.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import LdpError, SourceError, UsageError
from ldp_magic.verbs import Glyphs
from ldp_magic.verbs.events import events, lake_of, state_of
from ldp_magic.verbs.graph import Paths, listed, read
from ldp_magic.verbs.graph import chosen as pipelines_of

if TYPE_CHECKING:
    from ldp_magic.engine.answer import Checked
    from ldp_magic.events import Updated
    from ldp_magic.lake import Lake
    from ldp_magic.lint.finding import Finding
    from ldp_magic.pipeline.model import Pipeline
    from ldp_magic.runs.broken import Reason
    from ldp_magic.runs.outcome import Outcome
    from ldp_magic.show.report import Facts
    from ldp_magic.show.report.plan import Planned

OUT = "report.html"
LIMIT, MOST = 5, 1_000  # rows of each expectation
BACK = 50  # updates that are looked at for the one before


def report(
    paths: Paths = ".",
    *,
    update: int | str | None = None,
    rows: int = LIMIT,
    env: str | None = None,
    pipeline: str | None = None,
) -> Report:
    """The newest update of a pipeline, or that of the number or id *update*; with up to so many *rows* of each
    expectation that was broken."""
    from ldp_magic.show.report import Facts

    found = read(paths, env)
    pipelines = pipelines_of(found, pipeline)
    if not pipelines:
        raise found.errors[0]
    start = listed(paths)[0] if listed(paths) else "."
    lake = lake_of(start, env)
    chosen = _update(lake, start, env, pipelines, update)
    owner = _pipeline(pipelines, chosen)
    known = list(_newer(lake, chosen))
    outcomes = tuple(_outcomes(lake, owner, [each for each in known if each.pipeline in ("", owner.name)], chosen))
    reasons, zone, remark = _reasons(paths, env, owner, outcomes, rows)
    facts = Facts(
        pipeline=owner,
        update=chosen,
        before=_before(lake, chosen),
        outcomes=outcomes,
        reasons=reasons,
        findings=_findings(paths, env, owner),
        zone=zone,
        remark=remark,
        plan=tuple(_plan(owner)),
        schedule=_schedule(start, env, owner),
    )
    return Report(facts, found.errors)


@dataclass(frozen=True, slots=True)
class Report:
    """An update, to be written as a page."""

    facts: Facts
    errors: tuple[SourceError, ...] = ()
    path: str = ""  # where it was written

    @property
    def exit_code(self) -> int:
        return 0

    def html(self) -> str:
        """The whole file."""
        from ldp_magic.show.report import html

        return html(self.facts)

    def write(self, path: str | os.PathLike[str] = OUT) -> Report:
        """Put it into a file."""
        from ldp_magic.project import write_text

        write_text(path, self.html())
        return Report(self.facts, self.errors, os.fspath(path))

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """What it is of, and where it is."""
        from ldp_magic.show.pen import Pen, Run
        from ldp_magic.show.report import summary

        pen = Pen.of(width, color, glyphs)
        wrote = [pen.state("ok"), Run(f" wrote {pen.theirs(self.path)}  ")] if self.path else []
        return pen.line([*wrote, Run(pen.theirs(summary(self.facts)))])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("report", self.text())


# --- what any update does ----------------------------------------------------------------------------------------


def _plan(pipeline: Pipeline) -> Iterator[Planned]:
    """Each flow, how its rows are got, and what it reads."""
    from ldp_magic.runs.modes import WORDS, way_of
    from ldp_magic.runs.tables import STORED
    from ldp_magic.runs.update import flows_of
    from ldp_magic.show.report.plan import Planned

    for dataset in pipeline.datasets.values():
        for name, flow in flows_of(dataset) if dataset.kind in STORED else ():
            try:
                how = WORDS[way_of(pipeline, dataset, flow).mode]
            except LdpError as error:
                how = f"cannot run: {error.what}"
            reads = dict.fromkeys((read.name, read.streaming) for read in (flow or dataset).reads)
            yield Planned(name, dataset.kind, how, tuple(reads))


def _schedule(start: str | os.PathLike[str], env: str | None, pipeline: Pipeline) -> str:
    """When updates run, in words."""
    from ldp_magic.settings import find
    from ldp_magic.verbs.settings import schedules

    found = schedules(find(start, env)).get(pipeline.name)
    return found.words() if found else ""


# --- which update ------------------------------------------------------------------------------------------------


def _update(
    lake: Lake, start: str | os.PathLike[str], env: str | None, pipelines: Sequence[Pipeline], said: int | str | None
) -> Updated:
    if said is not None:
        return events(start, update=said, limit=0, env=env).update
    names = {each.name for each in pipelines} | {""}
    found = next((each for each in _updates(lake) if each.pipeline in names), None)
    if found is None:
        raise LdpError(
            f"no update of {', '.join(sorted(names - {''})[:6])} is kept",
            why="a report is of an update",
            fix="ldp run",
        )
    return found


def _updates(lake: Lake) -> Iterator[Updated]:
    """The updates that are kept, the newest first."""
    ids = lake.events.updates()
    for each in ids:
        yield state_of(lake, lake.events.of(each), newest=each == ids[0])


def _newer(lake: Lake, chosen: Updated) -> Iterator[Updated]:
    """The updates from the newest back to the chosen one."""
    for each in _updates(lake):
        yield each
        if each.id == chosen.id:
            return


def _before(lake: Lake, chosen: Updated) -> Updated | None:
    ids = lake.events.updates()
    older = ids[ids.index(chosen.id) + 1 :] if chosen.id in ids else []
    looked = (state_of(lake, lake.events.of(each), newest=False) for each in islice(older, BACK))
    return next((each for each in looked if each.pipeline == chosen.pipeline and each.seconds is not None), None)


def _pipeline(pipelines: Sequence[Pipeline], update: Updated) -> Pipeline:
    """The pipeline that an update is of."""
    found = next((each for each in pipelines if each.name == update.pipeline), None)
    if found is None and (update.pipeline or len(pipelines) > 1):
        raise LdpError(
            f"{update.name} is of {update.pipeline or 'another pipeline'}",
            why=f"here are {', '.join(each.name for each in pipelines[:12])}",
            fix="name the folder of that pipeline, or leave --update away",
        )
    return found or pipelines[0]


# --- what is known of it -----------------------------------------------------------------------------------------


def _outcomes(lake: Lake, pipeline: Pipeline, known: Sequence[Updated], chosen: Updated) -> Iterator[Outcome]:
    """What the update has counted of the datasets that have expectations."""
    from ldp_magic.runs.outcome import outcome
    from ldp_magic.runs.tables import STORED, name_of

    for dataset in pipeline.datasets.values():
        if dataset.expectations:
            table = lake.look(name_of(dataset)) if dataset.kind in STORED else None
            found = outcome(table, dataset, known, chosen.number)
            if found.checks or found.stop:
                yield found if found.checks else replace(found, checks=_stopped(found))


def _stopped(found: Outcome) -> tuple[Checked, ...]:
    """What is known of the one expectation at which a dataset stopped: nothing else of it was counted."""
    from ldp_magic.engine.answer import Checked

    stop, names = found.stop, found.stop.names if found.stop else ()
    said = {each.name: each.condition for each in found.dataset.expectations}
    if stop is None or len(names) != 1 or stop.total < stop.failed:
        return ()
    return (Checked(names[0], said.get(names[0], ""), "fail", stop.total - stop.failed, stop.failed),)


def _reasons(
    paths: Paths, env: str | None, pipeline: Pipeline, outcomes: Sequence[Outcome], limit: int
) -> tuple[dict[str, tuple[Reason, ...]], str, str]:
    """Rows that broke expectations, the time zone they are shown in, and why there are none where there should be."""
    broken = [each for each in outcomes if each.commits and any(check.failed for check in each.checks)]
    if not broken or limit <= 0:
        return {}, "UTC", ""
    from ldp_magic.engine.session import engine_at
    from ldp_magic.runs.broken import reasons
    from ldp_magic.verbs.preview import set_up

    try:
        stage = set_up(paths, place="embedded", env=env, pipeline=pipeline.name)
        with engine_at(stage.place).session() as session:
            found = session.call(
                lambda: {each.dataset.name: reasons(session, stage.scene, each, limit) for each in broken}
            )
        return found, stage.place.zone, ""
    except LdpError as error:
        return {}, "UTC", f"the rows cannot be shown: {error.what}"


def _findings(paths: Paths, env: str | None, pipeline: Pipeline) -> tuple[Finding, ...]:
    """What lint says of the texts of this pipeline."""
    from ldp_magic.verbs.lint import lint

    texts = {each.location.source.name for each in pipeline.datasets.values()}
    found = lint(paths, env=env).findings
    return tuple(each for each in found if each.location.source.name in texts)


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp report`."""
    parser.add_argument("paths", nargs="*", default=["."], help="files or folders of the pipeline (default: .)")
    parser.add_argument("--update", metavar="N", help="its number, or the beginning of its id (default: the newest)")
    parser.add_argument("--rows", metavar="N", default=str(LIMIT), help=f"rows of each expectation (default: {LIMIT})")
    parser.add_argument("--out", metavar="FILE", default=OUT, help=f"the file (default: {OUT})")
    parser.add_argument("--pipeline", metavar="NAME", help="the pipeline that is meant")
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")


def command(args: Namespace) -> Report:
    """`ldp report [paths] [--update N] [--rows N] [--out FILE] [--env NAME]`."""
    paths = args.paths or ["."]
    made = report(paths, update=args.update, rows=_number(args.rows), env=args.env, pipeline=args.pipeline)
    return made.write(args.out)


def _number(said: str) -> int:
    if said.isdecimal() and said.isascii() and int(said) <= MOST:
        return int(said)
    raise UsageError(
        f"ldp report: --rows cannot be {said[:40]}",
        why=f"it is a number of rows, at most {MOST:,}",
        fix="say --rows 20, or --rows 0 for none",
    )
