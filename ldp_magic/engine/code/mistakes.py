"""What goes wrong in user code, told by the user's own lines."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.code import functions, worker
from ldp_magic.engine.failures import failure
from ldp_magic.errors import LdpError
from ldp_magic.text import Location, offset

if TYPE_CHECKING:
    from ldp_magic.engine.place import Place
    from ldp_magic.text import Source

LONGEST = 300
_CALLERS = {str(Path(functions.__file__).with_name(name)) for name in ("run.py", "functions.py")}


class CodeError(EngineError):
    """User code failed: `file` and `line` are its own, `location` is known where the text is one of the pipeline's."""

    def __init__(self, what: str, *, why: str = "", fix: str = "", file: str = "", line: int = 0) -> None:
        super().__init__(what, why=why, fix=fix)
        self.file, self.line = file, line
        self.location: Location | None = None

    def at(self, source: Source | None) -> CodeError:
        if source is not None and self.line:
            self.location = source.at(offset(source.text, self.line, 1), offset(source.text, self.line, 1 << 30))
        return self


def told(
    error: BaseException, subject: str, place: Place, is_own: Callable[[str], bool], shown: Callable[[str], str]
) -> CodeError:
    """The error that a person reads. `is_own` knows the user's files, `shown` how to call them."""
    file, line, function = _where(error, is_own)
    where = f"{shown(file)}:{line}" if file else ""
    if function and not function.startswith("<"):
        where += f" in {function}"
    code = linecache.getline(file, line).strip() if file else ""
    said = f"{where}: {code}" if code else where
    far = worker.told(error)
    known = error if far and file else failure(error, place)
    if isinstance(known, LdpError):
        what = known.what if known.what.startswith(f"{subject} ") else f"{subject}: {known.what}"
        return CodeError(what, why="; ".join(filter(None, [known.why, said])), fix=known.fix, file=file, line=line)
    what = f"{subject} fails with {far.raised[:LONGEST]}" if far else _what(error, subject)
    return CodeError(what, why=said, fix=_fix(error), file=file, line=line)


def _where(error: BaseException, is_own: Callable[[str], bool]) -> tuple[str, int, str]:
    """The innermost of the user's lines."""
    if isinstance(error, SyntaxError) and error.filename and is_own(error.filename):
        return error.filename, error.lineno or 0, ""
    far = worker.told(error)
    frames = list(far.frames) if far else []
    if not far:
        for frame, line in traceback.walk_tb(error.__traceback__):
            file = frame.f_code.co_filename
            # what stands before our own call of the code is whoever called us
            frames = [] if file in _CALLERS else [*frames, (file, line, frame.f_code.co_name)]
    return next((each for each in reversed(frames) if is_own(each[0])), ("", 0, ""))


def _what(error: BaseException, subject: str) -> str:
    if isinstance(error, SystemExit):
        return f"{subject} ends the program: sys.exit({'' if error.code is None else repr(error.code)})"
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    text = " ".join(text.split())
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    name = type(error).__name__
    return f"{subject} fails with {name}: {text}" if text else f"{subject} fails with {name}"


def _fix(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        name = error.name.partition(".")[0]
        return f"install {name} beside ldp, or keep it in the project; a %pip line of a notebook is not followed here"
    if isinstance(error, NameError):
        return "define or import it; what a %run line brings is not followed here"
    if isinstance(error, SystemExit):
        return "return from the function instead; what a script does goes under if __name__ == '__main__'"
    return ""
