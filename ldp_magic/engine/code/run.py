"""A run of user code: everything is put in place, the sources are executed, the functions asked, all is put back."""

from __future__ import annotations
import __future__

import contextlib
import linecache
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from ldp_magic.cells import Cell, Piece, pieces
from ldp_magic.engine.child import EngineError
from ldp_magic.engine.code import pipelines
from ldp_magic.engine.code.asked import Answers, Reads
from ldp_magic.engine.code.dbutils import DBUtils
from ldp_magic.engine.code.frames import returned
from ldp_magic.engine.code.functions import Changes, Function
from ldp_magic.engine.code.mistakes import CodeError, told
from ldp_magic.engine.code.modules import Imports, keep_travellers, travels
from ldp_magic.engine.code.refused import no_context
from ldp_magic.engine.code.spark import Builder, stand_in
from ldp_magic.engine.code.stand_ins import stand_ins
from ldp_magic.engine.code.swaps import Swaps, there
from ldp_magic.text import Source

if TYPE_CHECKING:
    from ldp_magic.engine.session import Session

T = TypeVar("T")

PATIENCE = 60.0  # seconds to wait for the run of another thread
_ANNOTATIONS = __future__.annotations.compiler_flag
_lock = threading.RLock()
_runs: list[Run] = []


@contextmanager
def running(
    session: Session, reads: Reads, answers: Answers | None = None, folders: Sequence[str | os.PathLike[str]] = ()
) -> Iterator[Run]:
    """A run in this thread. *folders* are those of the project; imports are looked for there and beside each file."""
    if not _lock.acquire(timeout=PATIENCE):
        raise EngineError(
            "another preview of Python code is still at work",
            why="while one runs, imports mean something else, so there is one at a time",
            fix="wait for it; if it was interrupted and does not end, restart the kernel",
        )
    try:
        with Swaps() as swaps:
            run = Run(session, reads, answers or Answers(), [Path(folder).absolute() for folder in folders], swaps)
            _runs.append(run)
            swaps.callback(_runs.remove, run)
            yield run
    finally:
        _lock.release()


def _current() -> Run:
    if not _runs:
        raise EngineError(
            "dlt and pyspark.pipelines define datasets only while a pipeline is read",
            why="nothing is being previewed or run at the moment",
            fix="ldp preview DATASET",
        )
    return _runs[-1]


class Run:
    """What the sources have defined so far, by the names that they say."""

    def __init__(self, session: Session, reads: Reads, answers: Answers, folders: Sequence[Path], swaps: Swaps) -> None:
        self.datasets: dict[str, Function] = {}
        self.flows: dict[str, list[Function]] = {}  # by target
        self.changes: dict[str, list[Changes]] = {}  # by target
        self.targets: set[str] = set()  # tables and sinks that have flows and no function
        self._session = session
        self._here = Path.cwd()
        self._sources: dict[str, Source] = {}  # by the file name that tracebacks show
        self._loaded: dict[str, CodeError | None] = {}
        swaps.process()
        self.spark = _session_for(session, reads, answers, swaps)
        dbutils = DBUtils(answers)
        self._known = _known(self.spark, dbutils)
        keep_travellers(swaps)
        instead = stand_ins(pipelines.module(_current), pipelines.MODULES, self.spark, self._known)
        self._imports = Imports(folders, instead, swaps)

    def load(self, cells: Sequence[Cell]) -> None:
        """Execute the Python of these files and notebooks, each once. What was defined before an error stays."""
        by_name: dict[str, list[Cell]] = {}
        for cell in cells:
            by_name.setdefault(cell.source.name, []).append(cell)
        for name, some in by_name.items():
            if name not in self._loaded:
                self._loaded[name] = None
                try:
                    self.ask(name, partial(self._execute, name, some))
                except CodeError as error:
                    self._loaded[name] = error
        for failed in filter(None, map(self._loaded.get, by_name)):
            raise failed

    def ask(self, subject: str, work: Callable[[], T]) -> T:
        """What *work* gives: a call of user code or the evaluation of its frames. Errors name the user's line."""
        try:
            return work()
        except (KeyboardInterrupt, CodeError):
            raise
        except (Exception, SystemExit) as error:
            found = told(error, subject, self._session.engine.place, self._is_own, self._shown)
            raise found.at(self.source(found.file)) from error

    def source(self, file: str) -> Source | None:
        """The text that tracebacks call *file*."""
        return self._sources.get(file)

    def received(self, frame: Any) -> Any:
        return returned(frame, self._session.spark)

    def _execute(self, name: str, cells: Sequence[Cell]) -> None:
        folder = (self._here / name).parent
        module = ModuleType(_module_name(name))
        module.__dict__.update(self._known)
        if name.endswith(".py"):
            module.__dict__["__file__"] = str(self._here / name)
        sys.modules[module.__name__] = module  # dataclasses and pickle look there; it goes when the run ends
        travels(module)
        if folder.is_dir():
            self._imports.look_in(str(folder))
        flags = 0
        with there(str(folder)):
            for source, piece in _python(cells):
                code = self._compiled(source, piece, flags)
                flags |= code.co_flags & _ANNOTATIONS  # the import of it holds for the later cells, too
                exec(code, module.__dict__)

    def _compiled(self, source: Source, piece: Piece, flags: int) -> CodeType:
        file = str(self._here / source.name) if source.cell is None else f"<{source.name} cell {source.cell}>"
        self._sources[file] = source
        text = source.text.replace("\r\n", "\n").replace("\r", "\n")
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        code: CodeType = compile(piece.text, file, "exec", flags=flags, dont_inherit=True)
        return code

    def _is_own(self, file: str) -> bool:
        return file in self._sources or (not file.startswith("<") and self._imports.owns(file))

    def _shown(self, file: str) -> str:
        source = self._sources.get(file)
        if source is not None:
            return source.name if source.cell is None else f"{source.name}, cell {source.cell}"
        with contextlib.suppress(ValueError):  # it may lie on another drive
            return os.path.relpath(file, self._here)
        return file


def _session_for(session: Session, reads: Reads, answers: Answers, swaps: Swaps) -> Any:
    """Our stand-in for the session, which every way to find a session leads to."""
    from pyspark.sql import Column, DataFrame, SparkSession
    from pyspark.sql.connect.column import Column as ConnectedColumn
    from pyspark.sql.connect.dataframe import DataFrame as ConnectedFrame
    from pyspark.sql.connect.session import SparkSession as ConnectedSession

    for owner in {Column, DataFrame, SparkSession, ConnectedColumn, ConnectedFrame, ConnectedSession}:
        swaps.attributes(owner)
    # in some clients `from pyspark.sql import DataFrame` names a class that no frame of Spark Connect is one of
    for named, connected in ((DataFrame, ConnectedFrame), (Column, ConnectedColumn)):
        if not issubclass(connected, named):
            swaps.attribute(sys.modules["pyspark.sql"], named.__name__, connected)
    spark = stand_in(session, reads, answers.conf, swaps)
    spark._ldp_frames.replace_methods(swaps)
    os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
    sessions: set[Any] = {SparkSession, ConnectedSession}
    for owner in sessions:
        swaps.attribute(owner, "builder", Builder(spark, owner.Builder))
    swaps.attribute(ConnectedSession, "_default_session", spark)
    swaps.attribute(ConnectedSession._active_session, "session", spark)
    return spark


def _known(spark: Any, dbutils: DBUtils) -> dict[str, Any]:
    """What a notebook on Databricks knows without an import."""
    from pyspark.sql import functions

    return {
        "spark": spark,
        "sc": no_context("sc"),
        "sqlContext": no_context("sqlContext"),
        "dbutils": dbutils,
        "getArgument": dbutils.widgets.getArgument,
        "display": lambda *_, **__: None,
        "displayHTML": lambda *_, **__: None,
        "sql": spark.sql,
        "table": spark.table,
        "udf": functions.udf,
    }


def _python(cells: Sequence[Cell]) -> Iterator[tuple[Source, Piece]]:
    for cell in cells:
        for piece in pieces(cell.source, cell.language):
            if piece.language == "python":
                yield cell.source, piece


def _module_name(name: str) -> str:
    """A name that no import can mean."""
    return "ldp:" + name.replace(".", "_")
