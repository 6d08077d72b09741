"""An update that is told to a live display on this process's stderr; a child of the tests of that display."""

from __future__ import annotations

import signal
import sys
import time

from ldp_magic.cli.live import Live
from ldp_magic.cli.progress import Progress
from ldp_magic.cli.terminal import Terminal
from ldp_magic.events import Recorder


def main(flows: int, seconds: float, end: str) -> None:
    """Tell of that many flows, each of which takes that long; stay in the last one if *end* is `hang`."""
    err = Terminal.of(sys.stderr)
    with Live.on(err, Progress(err), stays=end == "stay") as live:
        where = {"pipeline": "web", "environment": "dev", "place": "embedded"}
        record = Recorder(live, update_id="6fc8a8-17", number=7, **where)
        record.created(flows=flows)
        record.update("INITIALIZING")
        names = [f"a_flow_with_a_long_name_{n:03}" for n in range(flows)]
        for name in names:
            record.defined(name, "streaming table", [name])
        record.update("RUNNING")
        for n, name in enumerate(names):
            record.flow(name, name, "RUNNING")
            time.sleep(seconds)
            if end == "hang" and n == flows - 1:
                print("hanging", flush=True)
                time.sleep(600)
            record.flow(name, name, "COMPLETED", rows_read=n, rows_written=n, dropped=0)
        record.update("COMPLETED")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3])
