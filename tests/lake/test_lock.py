"""One update at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ldp_magic.lake import Busy, Lake
from ldp_magic.lake.lock import held

HOLDER = "import sys, time; from pathlib import Path; from ldp_magic.lake.lock import held\nwith held(Path(sys.argv[1])): print(1, flush=True); time.sleep(60)"


def holder(path: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"1\n"
    return process


def test_a_second_update_is_told_who_holds_the_lake(lake: Lake):
    process = holder(lake.folder / "lock")
    try:
        with pytest.raises(Busy, match=f"another update is running: process {process.pid}, since 20"), lake.lock():
            pass
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_the_lock_of_a_dead_process_is_free(lake: Lake):
    process = holder(lake.folder / "lock")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert "pid" in (lake.folder / "lock").read_text()
    with lake.lock():
        assert f'"pid": {os.getpid()}' in (lake.folder / "lock").read_text()


def test_who_asks_for_it_waits(lake: Lake):
    order = []

    def second() -> None:
        with lake.lock(wait=10):
            order.append("second")

    with lake.lock():
        waiting = threading.Thread(target=second)
        waiting.start()
        time.sleep(0.15)
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]


def test_it_is_given_back_when_the_update_fails(lake: Lake):
    with pytest.raises(ZeroDivisionError), lake.lock():
        raise ZeroDivisionError
    with lake.lock():
        pass


def test_the_holder_is_not_yet_known(lake: Lake):
    with lake.lock():
        (lake.folder / "lock").write_text("")
        with pytest.raises(Busy, match="another update is running: another process"), held(lake.folder / "lock", 0.01):
            pass
