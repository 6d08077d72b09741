"""One `%%ldp` cell: lint it, show that, compute its rows, show all of it, and only then remember it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import LdpError
from ldp_magic.notebook.checked import Checked, check
from ldp_magic.notebook.drawing import Drawing
from ldp_magic.notebook.failures import told
from ldp_magic.notebook.options import Options
from ldp_magic.notebook.request import Request
from ldp_magic.notebook.result import CellResult, Failed
from ldp_magic.notebook.session import Session
from ldp_magic.notebook.typed import typed

if TYPE_CHECKING:
    from ldp_magic.engine.answer import Answer
    from ldp_magic.sql.model import Statement
    from ldp_magic.verbs.preview import Preview, Stage

__all__ = ["CellRun"]

_SHUFFLES = re.compile(r"\b(?:group\s+by|distinct|join|union|intersect|except|minus)\b", re.IGNORECASE)
_ORDERS = re.compile(r"\b(?:order|sort)\s+by\b", re.IGNORECASE)
_MOST = 6  # datasets of one cell whose rows are shown


@dataclass(frozen=True, slots=True)
class CellRun:
    """One execution of one cell."""

    session: Session
    shell: Any
    request: Request
    options: Options

    def answer(self, text: str, *, whole: bool) -> CellResult:
        """What the cell answers, drawn as it grows. *whole*: the text is all that its front end knows of the cell."""
        new = self.session.new(text, self.request.cell, self.request.execution)
        checked = check(self.session, new, self.options)
        drawing = Drawing(self.request)
        result = self._result(checked)
        if not self.options.quiet and not self._complete(checked):
            drawing.put(result._repr_mimebundle_())
        result = self._written(checked, result, whole=whole)
        result = self._previewed(checked, result)
        if self.request.terminal and not self.options.quiet:
            return result  # its prompt shows what a magic returns
        if not self.options.quiet:
            drawing.put(result._repr_mimebundle_(), last=True)
        return replace(result, drawn=self.request.execution)

    def _complete(self, checked: Checked) -> bool:
        """Is what the linter says all that there will be?"""
        return bool(checked.errors) or not self.options.preview

    def _result(self, checked: Checked) -> CellResult:
        ids = {each.label: each.owner for each in checked.session}
        names = tuple(name for name, _ in _shown(checked))
        notes = () if not checked.elsewhere else (_elsewhere(checked),)
        runs = checked.typed if checked.errors and not self.options.fix else checked.runs  # then nothing runs
        return CellResult(
            checked.typed, checked.shown, runs, checked.findings, names, notes=notes, ids=ids, shell=self.shell
        )

    def _written(self, checked: Checked, result: CellResult, *, whole: bool) -> CellResult:
        """Put the mended text into the cell. Only while it executes: later it would land in another one."""
        if not (self.options.fix and checked.applied) or self.options.dry_run:
            return result
        many = f"{checked.applied} fix{'' if checked.applied == 1 else 'es'}"
        if not whole:
            return _noted(result, f"the cell holds more than %%ldp, so its {many} cannot be written into it")
        self.shell.set_next_input(checked.runs.text.rstrip("\r\n"), replace=True)
        return _noted(result, f"{many} written into the cell")

    def _previewed(self, checked: Checked, result: CellResult) -> CellResult:
        """The result with the rows of what the cell makes; an error leaves the session as it was."""
        if checked.errors:
            many = len(checked.errors)
            words = f"{many} error{'' if many == 1 else 's'}"
            kept = "no rows were computed, and the notebook is as it was before this cell"
            return _noted(result, f"{words}: {kept}")
        if self.options.dry_run:
            return result
        with self.session.trying(checked.session):
            return self._rows(checked, result) if self.options.preview else result

    def _rows(self, checked: Checked, result: CellResult) -> CellResult:
        wanted = (*_shown(checked), *_queries(checked))
        if not wanted:
            return result
        from ldp_magic.engine.child import EngineError

        try:
            stage = self._stage()
        except EngineError as error:  # there is none, or it is not reached; what the linter said stays
            return _noted(result, f"no rows: {error.what}" + (f"; {error.fix}" if error.fix else ""))
        previews: list[Preview] = []
        failed: list[Failed] = []
        for name, query in wanted[:_MOST]:
            try:
                previews.append(self._preview(stage, name, query))
                self.session.seen |= {name.lower(): previews[-1].columns} if name else {}
            except LdpError as error:
                failed.append(Failed(name or "query", told(error, self.session, name, checked.runs.text)))
        result = replace(result, previews=tuple(previews), failed=tuple(failed))
        if any(self._unwritten(stage, each.answer.name) for each in previews if each.answer.name):
            result = _noted(result, "a preview: nothing is written before %ldp run")
        more = [name or "a query" for name, _ in wanted[_MOST:]]
        return _noted(result, f"not shown: {', '.join(more)}; %ldp preview shows each") if more else result

    def _stage(self) -> Stage:
        from ldp_magic.engine.packages import needs_embedded
        from ldp_magic.verbs.preview import set_up

        said = self.options
        stage = set_up(".", place=said.place, env=said.env, pipeline=None, fresh=said.fresh)
        if stage.place.embedded:
            needs_embedded()
        return stage

    def _unwritten(self, stage: Stage, name: str) -> bool:
        """Is that a table which no update has written yet?"""
        from ldp_magic.runs.tables import STORED

        found, tables = stage.dataset(name), stage.scene.tables
        if found is None or self.options.fresh or not stage.place.embedded:
            return False
        return found[1].kind in STORED and (tables is None or tables.rows_of(found[1]) is None)

    def _preview(self, stage: Stage, name: str, query: str) -> Preview:
        from ldp_magic.engine.preview import preview
        from ldp_magic.engine.preview import query as rows_of
        from ldp_magic.sql.model import Query
        from ldp_magic.verbs.preview import Preview

        limit = self.options.limit
        if query:
            answer = rows_of(stage.place, stage.scene, stage.pipeline_of(query), query, limit)
            return Preview(settled(answer, query))
        found = stage.dataset(name)
        if found is None:
            raise LdpError(f"{name} is not among the datasets of this notebook", fix="%ldp graph shows them")
        body = found[1].body
        text = body.text if isinstance(body, Query) else ""
        return Preview(settled(preview(stage.place, stage.scene, *found, limit), text))


def settled(answer: Answer, text: str) -> Answer:
    """The rows in the same order each time, where all are there and the query groups or joins and asks for no order:
    engines give them as their threads finish, and a notebook that is run again is compared."""
    if answer.total != len(answer.rows) or not _SHUFFLES.search(text) or _ORDERS.search(text):
        return answer
    return replace(answer, rows=tuple(sorted(answer.rows, key=lambda row: [_rank(value) for value in row])))


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, (bool, int, float, Decimal)):
        return (1, float(value)) if value == value else (2, 0)
    return (0, "") if value is None else (3, str(value))


def _noted(result: CellResult, note: str) -> CellResult:
    return replace(result, notes=(*result.notes, typed(note)))


def _elsewhere(checked: Checked) -> str:
    names = ", ".join(sorted({source.cell or source.name for source in checked.elsewhere}))
    return f"fixes of this cell also change {names}; run that cell with --fix to see them there"


def _shown(checked: Checked) -> tuple[tuple[str, str], ...]:
    """The datasets that the cell makes or writes into, each once, with no query of their own."""
    return tuple(dict.fromkeys((name, "") for each in checked.statements for name in _made(each)))


def _made(statement: Statement) -> Iterator[str]:
    from ldp_magic.sql.model import DatasetDef, FlowDef

    if isinstance(statement, DatasetDef) and statement.kind != "sink":
        yield str(statement.name)
    elif isinstance(statement, FlowDef):
        yield str(statement.target)


def _queries(checked: Checked) -> tuple[tuple[str, str], ...]:
    """The queries that stand by themselves."""
    from ldp_magic.sql.model import Unsupported

    some = (each for each in checked.statements if isinstance(each, Unsupported))
    return tuple(("", each.query.text) for each in some if each.query is not None)
