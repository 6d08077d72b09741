"""The `pyspark` that runs Python functions inside the embedded engine.

Databricks Connect's `pyspark` speaks a protocol of its own to the workers, so beside it the engine's process needs the
open-source client in a folder of its own: `ldp engine install` puts it there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.packages import clients
from ldp_magic.engine.serve import STAND_IN

VERSION = "4.2.0"  # of pyspark-client, the one that the embedded engine is tested with
_WANTED = (f"pyspark-client=={VERSION}", "zstandard>=0.25")  # the client unpacks modules that hold functions with it


def folder() -> Path:
    """Where it is kept, for all projects of this user."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "ldp_magic" / f"pyspark-client-{VERSION}-py{sys.version_info[0]}.{sys.version_info[1]}"


def needed() -> bool:
    """Does this Python's client leave the engine without a `pyspark` that it can use?"""
    return any(each.name == "databricks-connect" for each in clients())


def ready() -> bool:
    return (folder() / "pyspark" / "__init__.py").is_file()


def environ() -> dict[str, str]:
    """What the engine's process has to know to find a `pyspark` that it can use, or that there is none."""
    if not needed():
        return {}
    if not ready():
        return {STAND_IN: VERSION}
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(folder()), os.environ.get("PYTHONPATH", "")]))}


def install() -> None:
    """Put it there, whole or not at all."""
    target = folder()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="installing-") as scratch:
        new = Path(scratch) / "site"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        done = subprocess.run([*command, "--target", str(new), *_WANTED], capture_output=True, text=True, check=False)
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or [done.stderr]
            raise EngineError(
                f"pyspark-client {VERSION} could not be installed",
                why=" ".join(said[-1].split())[:300],
                fix="look whether pip reaches its index, then run ldp engine install again",
            )
        remove()
        os.replace(new, target)


def remove() -> bool:
    """Take it away; was there anything?"""
    if not folder().exists():
        return False
    shutil.rmtree(folder())
    return True
