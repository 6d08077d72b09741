"""`%%ldp` and `%ldp`: words in, one call, its answer out."""

from __future__ import annotations

import re
import sys
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import Bool, Int, Unicode
from traitlets import Union as AnyOf

from ldp_magic.errors import LdpError, UsageError
from ldp_magic.notebook import options
from ldp_magic.notebook.options import Options
from ldp_magic.notebook.request import Request, saved_path
from ldp_magic.notebook.session import Session
from ldp_magic.notebook.typed import typed_error
from ldp_magic.verbs import silent

if TYPE_CHECKING:
    from ldp_magic.notebook.drawing import Drawing
    from ldp_magic.verbs.command_line import Call

__all__ = ["LDPMagics"]

LINE = "%ldp"
_PYTHON = re.compile(r"(?:\s|#.*\n)*(?:from\s+[\w.]+\s+import\b|import\s+\w|@\w|def\s+\w+\s*\()")
_PLAIN = ("text", "table", "full", None)  # formats that mean: to be looked at


@magics_class
class LDPMagics(Magics):
    """What `%config LDPMagics` shows. A flag counts more than these, these more than the project's settings."""

    autofix = Bool(False, help="write the safe fixes into each cell that runs, as %%ldp --fix does").tag(config=True)
    preview = Bool(True, help="compute the rows of what a cell makes").tag(config=True)
    limit = AnyOf([Int(), Unicode()], default_value=20, help="how many rows a preview has, or all").tag(config=True)
    place = Unicode("", help="where previews are computed: embedded, databricks or sc://host:port").tag(config=True)
    env = Unicode("", help="the environment, such as dev or prod").tag(config=True)

    def __init__(self, shell: Any, session: Session) -> None:
        super().__init__(shell)
        self.session = session
        self.shell: Any = shell
        self.raw = ""  # the cell that is executing, as its front end sent it

    @no_var_expand
    @line_cell_magic
    def ldp(self, line: str, cell: str | None = None) -> Any:
        """Lint, preview and run declarative pipelines.

        %ldp VERB [flags]     a verb: lint, preview, run, graph, lineage, expectations, test, save ...
        %%ldp [flags]         a cell of pipeline SQL, or with --python of @dp functions

        %ldp --help lists the verbs, %ldp VERB --help the flags of one, %%ldp --help those of a cell.
        """
        from ldp_magic.project import live

        self.session.path = saved_path(self.shell)
        live.open_(self.session)
        try:
            return self._verb(line) if cell is None else self._cell(line, cell)
        except LdpError as error:
            raise typed_error(error) from error.__cause__

    def before(self, info: Any) -> None:
        """A cell is about to run: what was deleted, or is no cell of ours any more, defines nothing."""
        self.raw = getattr(info, "raw_cell", None) or ""
        request = Request.of(self.shell)
        ours = "%%ldp" in self.raw or "run_cell_magic" in self.raw
        self.session.leave_out((*request.deleted, *([] if ours or request.cell is None else [request.cell])))

    # --- a cell --------------------------------------------------------------------------------------------------

    def _cell(self, line: str, cell: str) -> Any:
        asked = options.read(line, self._defaults())
        if isinstance(asked, str):
            print(asked)
            return None
        _has_text(cell, python=asked.python)
        from ldp_magic.notebook.cell import CellRun

        text, whole = self._text(line, cell)
        run = CellRun(self.session, self.shell, Request.of(self.shell), asked)
        result = run.answer(text, whole=whole)
        if asked.out:
            self.shell.user_ns[asked.out] = result
        return result

    def _defaults(self) -> Options:
        from ldp_magic.verbs.preview import limit_of

        return Options(
            fix=self.autofix,
            preview=self.preview,
            limit=limit_of("preview", str(self.limit)),
            place=self.place or None,
            env=self.env or None,
        )

    def _text(self, line: str, cell: str) -> tuple[str, bool]:
        """The cell as its front end has it, and whether that is known; a program can call the magic, too."""
        raw = self.raw
        _, mark, body = raw.partition("%%ldp")
        body = body.partition("\n")[2]
        if mark and body.rstrip() == cell.rstrip() and "%%ldp" not in body:
            return raw, True
        return f"%%ldp {line}\n{cell}", False

    # --- a verb --------------------------------------------------------------------------------------------------

    def _verb(self, line: str) -> Any:
        from ldp_magic.notebook.drawing import Answer, Drawing, Running, forms
        from ldp_magic.notebook.panel import panelled
        from ldp_magic.verbs import command_line

        call = command_line.read(options.split(line), 100, LINE)
        if call.verb is None:
            print(call.answer)
            return None
        request = Request.of(self.shell)
        drawing = Drawing(request)
        running = Running(drawing)
        value = panelled(_rich(self._called(call, running)), call.args, request)
        if hasattr(value, "stream"):
            return self._followed(value, drawing)
        if not (request.updates or request.terminal):  # nbval, nbconvert and papermill: somebody will compare
            value = getattr(value, "timeless", value)
        ids = {each.label: each.owner for each in self.session.held}
        if not running.drew and self._shown_by_itself(line):
            return Answer(value, "", self.shell, ids)
        drawing.put(forms(value, ids), last=True)
        return Answer(value, request.execution, self.shell, ids)

    def _shown_by_itself(self, line: str) -> bool:
        """Will IPython show what this line returns, or does somebody keep it? Of several lines it shows the last."""
        lines = [each.strip() for each in self.raw.splitlines() if each.strip()]
        here = [each for each in lines if each.endswith(f"{LINE} {line}".strip())]
        return len(lines) == 1 or not any(each.startswith(LINE) for each in here)

    def _called(self, call: Call, running: Any) -> Any:
        """What the verb says; files that could not be read are told beside it."""
        call.args.progress, call.args.live = silent, running
        assert call.verb is not None
        try:
            shown = call.verb.command(call.args)
        finally:
            running.end()
        for error in getattr(shown, "errors", ()):
            print(f"✗ {typed_error(error)}", file=sys.stderr)
        return shown

    def _followed(self, value: Any, drawing: Drawing) -> None:
        """A verb that goes on, such as --watch, until Ctrl-C: one output that changes, or one after the other."""
        from ldp_magic.notebook.drawing import forms

        try:
            for each in value.stream():
                drawing.put(forms(_rich(each), {}), last=True)
        except KeyboardInterrupt:
            return


def _has_text(cell: str, *, python: bool) -> None:
    """A cell that is empty, or Python where SQL is read, is told what to write."""
    if not cell.strip():
        raise UsageError(
            "the cell is empty",
            why="%%ldp is about the text below it",
            fix="write CREATE OR REFRESH MATERIALIZED VIEW name AS SELECT … there; %%ldp --help shows a whole cell",
        )
    if not python and _PYTHON.match(cell):
        raise UsageError(
            "this cell is Python",
            why="below %%ldp alone stands SQL; nothing of the cell was read",
            fix="begin it with %%ldp --python",
        )


def _rich(shown: Any) -> Any:
    """The value itself, where a verb has put it into a format that is only meant to be looked at."""
    if hasattr(shown, "_repr_mimebundle_") or not is_dataclass(shown) or hasattr(shown, "stream"):
        return shown
    if getattr(shown, "format", "text") not in _PLAIN or getattr(shown, "as_json", False):
        return shown
    inside = (getattr(shown, each.name) for each in fields(shown))
    return next((each for each in inside if hasattr(each, "_repr_mimebundle_")), shown)
