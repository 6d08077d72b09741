"""`ldp VERB`: reads the command line, calls the verb, shows its value, and turns errors into words and exit codes.

0 is fine, 1 means findings, 2 a command line we cannot follow or an error, 130 an interrupt.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ldp_magic.cli.live import Live
from ldp_magic.cli.progress import Progress
from ldp_magic.cli.terminal import Terminal
from ldp_magic.errors import LdpError
from ldp_magic.verbs.command_line import Call, color, read

__all__ = ["main"]

FINE, FINDINGS, ERROR, INTERRUPTED, NOBODY_READS = 0, 1, 2, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    out, err = (Terminal.of(stream).with_color(color(words)) for stream in (sys.stdout, sys.stderr))
    try:
        return _run(read(words, out.width), out, err)
    except LdpError as error:
        err.write_error(error)
        return ERROR
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        out.abandon()
        err.abandon()
        return NOBODY_READS
    except Exception:
        import traceback

        traceback.print_exc()  # a bug of ours is not a finding, so its exit code is not 1
        return ERROR


def _run(call: Call, out: Terminal, err: Terminal) -> int:
    if call.verb is None:
        (out if call.asked else err).write(call.answer)
        return FINE if call.asked else ERROR
    call.args.progress = progress = Progress(err)
    call.args.live = live = Live.on(err, progress, stays=not out.interactive)
    with live:
        try:
            shown, code = call.verb.command(call.args), FINE
        finally:
            progress.clear()
        for each in (
            shown.stream() if hasattr(shown, "stream") else (shown,)
        ):  # a verb that goes on shows again and again
            progress.clear()
            live.end()
            for error in getattr(each, "errors", ()):  # what could not be read; the rest was
                err.write_error(error)
            out.write(each.text(out.width, out.color, out.glyphs))
            code = each.exit_code
    return code
