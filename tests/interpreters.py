"""Where the other Pythons of this machine are: `python -m tests.interpreters 3.12` prints one, or fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_TELL = "import sys; print('%d.%d' % sys.version_info[:2])"


def interpreter(version: str) -> str | None:
    """A Python of that version that really runs; pyenv's shims do only where pyenv was told to use them."""
    return next((path for path in _candidates(version) if _version(path) == version), None)


def _candidates(version: str) -> Iterator[str]:
    yield getattr(sys, "_base_executable", sys.executable)
    yield from (found for name in (f"python{version}", "python3") if (found := shutil.which(name)))
    if os.name == "nt":
        yield _said("py", f"-{version}", "-c", "import sys; print(sys.executable)")
    yield from (str(path) for root in _pyenv_roots() for path in sorted(root.glob(f"versions/{version}.*/bin/python")))


def _pyenv_roots() -> list[Path]:
    """Where pyenv keeps its Pythons: as told, or as its shims on the path betray."""
    said = [os.environ.get("PYENV_ROOT", "")]
    shims = [folder for folder in map(Path, os.environ.get("PATH", "").split(os.pathsep)) if folder.name == "shims"]
    return [*(Path(root) for root in said if root), *(folder.parent for folder in shims)]


def _version(path: str) -> str:
    return _said(path, "-c", _TELL)


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout.strip()
    except OSError:
        return ""  # not there, or not a program: the caller looks further


if __name__ == "__main__":
    found = interpreter(sys.argv[1])
    sys.exit(sys.stdout.write(f"{found}\n") and 0 if found else f"no Python {sys.argv[1]} is here")
