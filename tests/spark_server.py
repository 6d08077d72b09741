"""Apache Spark's own Connect server on loopback, from an environment of its own: `python -m tests.spark_server`.

It is the other side of whatever says that it works with Spark. Making the environment takes a minute, once.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

from ldp_magic.lake.lock import held

ROOT = Path(__file__).parents[1]
VERSION = "4.3.0"
STARTS_WITHIN = 120.0


def environment() -> Path:
    """The folder of an environment that holds Spark; made if it is not there."""
    folder = Path(os.environ.get("LDP_TEST_SPARK", "") or ROOT / ".venv-spark")
    return made(folder, sys.executable, f"pyspark[connect,pipelines]=={VERSION}")


def made(folder: Path, python: str, *wanted: str) -> Path:
    """An environment of that Python with what is wanted; made anew where something else was wanted before. Of several
    processes that want it one makes it, and the others wait."""
    lock = Path(tempfile.gettempdir()) / f"ldp-{crc32(str(folder.absolute()).encode()):08x}.lock"
    with held(lock, wait=600):
        return _made(folder, python, *wanted)


def _made(folder: Path, python: str, *wanted: str) -> Path:
    mark = folder / "ready"
    if not mark.exists() or mark.read_text() not in ("", " ".join(wanted)):
        subprocess.run([python, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run([*pip, *wanted], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        mark.write_text(" ".join(wanted))
    return folder


@contextmanager
def running(scratch: Path, python: str = "") -> Iterator[str]:
    """The address of a server that lives as long as the block. *python* runs its Python functions."""
    if not shutil.which("java"):
        raise RuntimeError("Spark needs Java: install a runtime of version 17 or newer")
    folder = environment()
    home = next(folder.glob("lib/python3.*/site-packages/pyspark"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = str(folder / "bin" / "python")
    env = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_NO_DAEMONIZE": "1"}
    env |= {"PYSPARK_PYTHON": python or own, "PYSPARK_DRIVER_PYTHON": own}
    env.pop("SPARK_REMOTE", None)
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.sql.shuffle.partitions": "2",
    }
    words = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    command = [str(home / "bin" / "spark-submit"), "--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
    with open(scratch / "spark.log", "wb") as log:
        process = subprocess.Popen(
            [*command, "--name", "connect", "--master", "local[2]", *words, "--driver-memory", "2g", "spark-internal"],
            cwd=scratch,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait(process, port, scratch / "spark.log")
        yield f"sc://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"Spark did not start: {log.read_text(errors='replace')[-2000:]}")


if __name__ == "__main__":
    print(environment())
