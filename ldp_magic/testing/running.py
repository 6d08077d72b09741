"""Run a test: a lake and sources of its own, one update for each batch, and what is there after it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ldp_magic.engine.packages import needs_embedded
from ldp_magic.engine.place import Place, place_of
from ldp_magic.engine.session import Session, engine_at
from ldp_magic.engine.views import Scene, Views
from ldp_magic.errors import LdpError
from ldp_magic.events import FlowState, Updated
from ldp_magic.lake import Columns, Lake, arrow_schema
from ldp_magic.pipeline import across
from ldp_magic.pipeline.lookup import dataset_of
from ldp_magic.pipeline.model import Dataset, Pipeline
from ldp_magic.pipeline.names import parts_in
from ldp_magic.pipeline.schemas import with_columns as with_known_columns
from ldp_magic.project import Members, Project, graph, lockfile
from ldp_magic.project import find as find_project
from ldp_magic.runs.chosen import Asked
from ldp_magic.runs.tables import name_of
from ldp_magic.runs.update import Stage, update
from ldp_magic.settings import Settings, path_shown
from ldp_magic.settings import find as find_settings
from ldp_magic.testing.arriving import Arrivals, needed, with_columns
from ldp_magic.testing.case import Batch, Case, CaseError, Expected
from ldp_magic.testing.clock import stopped
from ldp_magic.testing.comparing import compared
from ldp_magic.testing.files import FOLDER
from ldp_magic.testing.outcome import After, Outcome, Row, Wrong
from ldp_magic.testing.values import order_of, typed

AT_ONCE = 3  # tests that run side by side; each of them is mostly waiting for the engine


@dataclass(frozen=True, slots=True)
class Subject:
    """The pipelines that tests are of, as their files say."""

    settings: Settings
    project: Project
    start: Path  # the folder in which the folder tests lies

    @staticmethod
    def at(path: Path, env: str | None = None) -> Subject:
        """The project of a file or folder: what lies beside the folder tests."""
        needs_embedded()
        settings = find_settings(path, env)
        start = _beside(path)
        settings = settings if settings.file else replace(settings, root=start)
        project = find_project(["." if start == Path.cwd() else start], settings, env)  # in a notebook: its cells
        if not project.pipelines and start != settings.root:
            project = find_project([settings.root], settings, env)
        if project.errors and not project.pipelines:
            raise project.errors[0]
        return Subject(settings, project, start)

    def pipelines(self, now: str = "") -> tuple[tuple[Pipeline, ...], dict[str, Members]]:
        """The graphs with the texts they are of; with *now* the clock stands still in them."""
        members = {each.name: stopped(each, now) if now else each for each in self.project.pipelines}
        locked = lockfile.columns(lockfile.load(self.project.root / lockfile.NAME))
        alone = tuple(with_known_columns(graph(each, locked)) for each in members.values())
        return (tuple(map(with_known_columns, across(alone))) if len(alone) > 1 else alone), members

    def pipeline(self, case: Case, pipelines: Sequence[Pipeline]) -> Pipeline:
        """The pipeline that a test means."""
        found = [each for each in pipelines if case.pipeline in ("", each.name)]
        if not case.pipeline and len(found) > 1:
            names = [each.dataset for batch in case.batches for each in batch.said]
            found = [each for each in found if all(dataset_of(each, parts_in(name)) for name in names)] or found
        if len(found) == 1:
            return found[0]
        names = [each.name for each in pipelines]
        raise CaseError(
            f"{path_shown(case.path)}:{case.line}: "
            + (
                f"no pipeline is called {case.pipeline}"
                if case.pipeline
                else f"{case.name} can be of several pipelines"
            ),
            why=f"there are {', '.join(names[:12])}" if names else "there is no pipeline in this project",
            fix=f"write pipeline: {names[0]}" if names else "write one beside the tests",
        )


def _beside(path: Path) -> Path:
    """The folder that holds the folder tests in which a file lies."""
    folder = path if path.is_dir() else path.parent
    return next((each.parent for each in (folder, *folder.parents) if each.name == FOLDER), folder)


def run_all(
    subject: Subject, cases: Sequence[Case], done: Callable[[Outcome], None] | None = None
) -> tuple[Outcome, ...]:
    """Run tests side by side, in the order in which they were given; Python code runs in one place at a time."""
    say = done or (lambda outcome: None)
    code = any(cell.language != "sql" for each in subject.project.pipelines for cell in each.cells)

    def one(case: Case) -> Outcome:
        outcome = run(subject, case)
        say(outcome)
        return outcome

    if code or len(cases) < 2:
        return tuple(map(one, cases))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            return tuple(pool.map(one, cases))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # those that have not begun need not
            raise


def run(subject: Subject, case: Case) -> Outcome:
    """Run one test."""
    began = time.monotonic()
    with TemporaryDirectory(prefix="ldp-test-", ignore_cleanup_errors=True) as folder:
        try:
            wrong, after = _Run(subject, case, Path(folder).resolve()).run()
            error = None
        except LdpError as failure:
            wrong, after, error = (), (), failure
    return Outcome(case, wrong, error, time.monotonic() - began, after)


class _Run:
    def __init__(self, subject: Subject, case: Case, folder: Path) -> None:
        self.case = case
        pipelines, members = subject.pipelines(case.now)
        self.place: Place = replace(place_of(subject.settings), kind="embedded", address="", profile="", cluster="")
        self.zone, self.settings = self.place.zone, subject.settings
        pipeline = with_columns(subject.pipeline(case, pipelines), case, self.answer)
        self.lake = Lake.open(folder, "test")
        self.arrivals = Arrivals(case, pipeline, folder, self.lake, self.zone, self.answer)
        self.asked = Asked(refresh=needed(pipeline, case, self.arrivals.mocked()))
        code = any(cell.language != "sql" for cell in members[pipeline.name].cells)
        settings = subject.settings
        settings = replace(
            settings, root=settings.root if code else folder, local=self.arrivals.local(), pipelines={}
        )  # imports of Python code start at the project
        self.scene = Scene((pipeline,), members, settings)  # a table of another pipeline is a source that is given
        self.stage = Stage(self.place, self.scene, pipeline, self.lake, "test")
        self.pipeline = pipeline

    def run(self) -> tuple[tuple[tuple[int, Wrong], ...], tuple[After, ...]]:
        wrong: list[tuple[int, Wrong]] = []
        after: list[After] = []
        for number, batch in enumerate(self.case.batches, 1):
            self.arrivals.batch = number
            for given in batch.given:
                self.arrivals.put(given)
            updated = update(self.stage, self.asked, lambda event: None) if self.asked.refresh else Updated()
            wrong += [(number, each) for each in _ending(batch, updated)]
            if wrong and batch.fails is None and any(flow.failure for flow in updated.flows):
                break  # what else is not as expected follows from that
            wrong += [(number, each) for each in self._dropped(batch, updated)]
            for expected in batch.expected:
                held = self._held(expected)
                after.append(After(number, expected, *held))
                difference = self._difference(expected, *held)
                wrong += [(number, difference)] if difference else []
        return tuple(wrong), tuple(after)

    # --- rows ----------------------------------------------------------------------------------------------------

    def _held(self, expected: Expected) -> tuple[tuple[str, ...], tuple[Row, ...]]:
        """The columns and rows of a dataset now."""
        from pyarrow import concat_tables, parquet  # type: ignore[import-untyped]

        table = self.lake.look(name_of(self._dataset(expected.dataset)))
        schema = arrow_schema(table.columns) if table.columns else None
        pieces = [parquet.read_table(file.path, schema=schema, partitioning=None) for file in table.files]
        names = tuple(each.name for each in table.columns)
        rows = concat_tables(pieces).to_pylist() if pieces else []
        return names, tuple(rows if expected.ordered else sorted(rows, key=order_of))

    def _difference(self, expected: Expected, names: tuple[str, ...], rows: tuple[Row, ...]) -> Wrong | None:
        wanted: Sequence[Row] = expected.rows
        if expected.query:
            wanted = self.answer(expected.query, expected.line)[1]
        columns = self.lake.look(name_of(self._dataset(expected.dataset))).columns
        try:
            said = [_typed(row, columns, self.zone) for row in wanted]
        except _NoValue as error:
            return Wrong(f"{expected.dataset}: {error}", error.line or expected.line)
        if not columns and not said:
            return None
        found = [_typed(row, columns, self.zone) for row in rows]
        difference = compared(
            expected.dataset, expected.line, said, found, subset=expected.subset, ordered=expected.ordered
        )
        return Wrong("", expected.line, difference) if difference else None

    def _dataset(self, name: str) -> Dataset:
        found = dataset_of(self.pipeline, parts_in(name))
        assert found is not None  # `needed` has looked
        return found

    def answer(self, text: str, line: int) -> tuple[Sequence[tuple[str, str]], Sequence[Row]]:
        """The columns and rows of a query of the test itself."""
        try:
            with engine_at(self.place).session() as session:
                return session.call(lambda: self._answer(session, text))
        except LdpError as error:
            raise CaseError(
                f"{path_shown(self.case.path)}:{line}: {error.what}", why=error.why, fix=error.fix
            ) from error

    def _answer(self, session: Session, text: str) -> tuple[Sequence[tuple[str, str]], Sequence[Row]]:
        views = Views(session, Scene((), {}, self.settings), whole=True)
        try:
            frame = session.spark.sql(views.ready(text, Pipeline(name="test")))
            columns = [(each.name, each.dataType.simpleString()) for each in frame.schema.fields]
            return columns, frame.toArrow().to_pylist()  # moments with their zone, whatever that of this machine is
        finally:
            views.close()

    # --- counts and errors ---------------------------------------------------------------------------------------

    def _dropped(self, batch: Batch, updated: Updated) -> list[Wrong]:
        found = []
        for each in batch.dropped:
            name = self._dataset(each.dataset).name
            mine = [flow for flow in updated.flows if flow.dataset == name]
            checks = [check for flow in updated.flows for check in flow.expectations if check.dataset == name]
            if each.expectation:
                known = [expectation.name for expectation in self._dataset(each.dataset).expectations]
                if each.expectation not in known:
                    found.append(Wrong(f"{name} has no expectation {each.expectation}", each.line))
                    continue
                many = sum(check.failed for check in checks if check.name == each.expectation)
            else:
                many = sum(flow.dropped or 0 for flow in mine)
            if many != each.many:
                what = (
                    f"rows break {each.expectation} of {name}" if each.expectation else f"rows of {name} were dropped"
                )
                found.append(Wrong(f"{many:,} {what}, and {each.many:,} should", each.line))
        return found


def _ending(batch: Batch, updated: Updated) -> list[Wrong]:
    """What is wrong with how an update ended."""
    failed = [flow for flow in updated.flows if flow.failure is not None]
    if batch.fails is None:
        return [Wrong(f"{flow.name} failed: {_told(flow)}", batch.line) for flow in failed]
    if not failed:
        return [Wrong(f"nothing failed, and {batch.fails!r} was to be the error", batch.line)]
    if any(batch.fails.lower() in _told(flow).lower() for flow in failed):
        return []
    return [Wrong(f"the error was to say {batch.fails!r}, and it says: {_told(flow)}", batch.line) for flow in failed]


def _told(flow: FlowState) -> str:
    failure = flow.failure
    return " · ".join(part for part in (failure.what, failure.why, failure.fix) if part) if failure else ""


class _NoValue(ValueError):
    def __init__(self, text: str, line: int = 0) -> None:
        super().__init__(text)
        self.line = line


def _typed(row: Row, columns: Columns, zone: str) -> Row:
    """A row with its values as the columns have them."""
    if not columns and row:
        raise _NoValue("it has no table: its update wrote nothing")
    fields = {field.name.lower(): field for field in arrow_schema(columns)} if columns else {}
    found = {}
    for name, value in row.items():
        field = fields.get(str(name).lower())
        line = int(getattr(name, "line", 0))
        if field is None:
            raise _NoValue(f"it has no column {name}; it has {', '.join(each.name for each in columns)}", line)
        try:
            found[field.name] = typed(value, field.type, zone)
        except ValueError:
            raise _NoValue(f"{name} cannot be {str(value)[:60]}: it is {field.type}", line) from None
    return found
