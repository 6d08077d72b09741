"""Datasets that are defined in Python: their functions run as they stand, against the real client.

    with running(session, reads, answers, [project.root]) as code:
        code.load(cells)
        frame = code.datasets["silver"].frame()
        rows = frame.limit(10).collect()

All of it belongs into one `session.call`: frames are evaluated while the run lasts, because functions that travel to
the engine are packed then. One run at a time in a process; another thread waits for its turn.
"""

from ldp_magic.engine.code.asked import Answers, Reads
from ldp_magic.engine.code.functions import Changes, Function
from ldp_magic.engine.code.mistakes import CodeError
from ldp_magic.engine.code.run import Run, running

__all__ = ["Answers", "Changes", "CodeError", "Function", "Reads", "Run", "running"]
