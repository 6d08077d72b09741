"""Real git repositories for tests, made of texts."""

from __future__ import annotations

import subprocess
from pathlib import Path

_WHO = ("-c", "user.name=A Tester", "-c", "user.email=tester@example.com", "-c", "core.autocrlf=false")


def git(folder: Path, *words: str) -> str:
    """What git says to these words."""
    done = subprocess.run(["git", *_WHO, "-C", str(folder), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, files: dict[str, str | bytes | None], tag: str = "") -> str:
    """A commit with these files on top of what is there, None for one that goes away; the first makes the repository."""
    if not (folder / ".git").exists():
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "-q", "-b", "main")
    for name, text in files.items():
        put(folder, name, text)
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-q", "--allow-empty", "-m", "a change")
    if tag:
        git(folder, "tag", tag)
    return git(folder, "rev-parse", "HEAD")


def put(folder: Path, name: str, text: str | bytes | None) -> None:
    """Write a file, or take it away."""
    path = folder / name
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
