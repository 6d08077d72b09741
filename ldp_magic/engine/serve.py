"""The embedded engine's own process: it serves Spark Connect on a loopback port until its standard input ends.

It is started as a script by `child.py`, so it imports nothing of this package and little else.
"""

import sys

if __name__ == "__main__":
    del sys.path[0]  # this file's folder: its neighbours must not stand before the standard library

import json
import os
import signal
import types

MEMORY = "LDP_CHILD_MEMORY"  # bytes that the engine may take beyond what it starts with; absent: no limit
STAND_IN = "LDP_CHILD_PYSPARK"  # the version of pyspark that the engine is told of, where it cannot use the real one


def main() -> None:
    """Serve until whoever started us closes the pipe, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us
    if STAND_IN in os.environ:
        sys.modules["pyspark"] = types.ModuleType("pyspark")
        vars(sys.modules["pyspark"])["__version__"] = os.environ[STAND_IN]
    from pysail.spark import SparkConnectServer  # type: ignore[import-untyped,import-not-found,unused-ignore]

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    _, port = server.listening_address
    _limit(int(os.environ.get(MEMORY, "0")))
    print(json.dumps({"port": port}), flush=True)
    sys.stdin.buffer.read()
    os._exit(0)  # an orderly end prints a page about the tasks it aborts


def _limit(memory: int) -> None:
    """Bound the address space, where the system can: what goes over it ends this process, not the machine."""
    if not memory or not sys.platform.startswith("linux"):
        return
    import resource

    with open("/proc/self/statm", "rb") as file:
        taken = int(file.read().split()[0]) * resource.getpagesize()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    wanted = taken + memory
    resource.setrlimit(resource.RLIMIT_AS, (wanted if most < 0 else min(wanted, most), most))


if __name__ == "__main__":
    main()
