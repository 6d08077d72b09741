"""What the pipelines were at a revision of their git repository."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from ldp_magic.cells import SUFFIXES
from ldp_magic.errors import LdpError, SettingsError
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.project.discovery import NOTEBOOK_FACTOR, find
from ldp_magic.project.graphs import graphs
from ldp_magic.settings import Settings, path_shown
from ldp_magic.settings import find as find_settings

__all__ = ["at_revision"]

_KEPT = (*SUFFIXES, ".toml", ".yml", ".yaml", ".lock")
_MOST_FILES = 100_000
_MOST_BYTES = 500_000_000
_AT_ONCE = 30_000_000  # bytes asked of git in one go
_PATIENCE = 120  # seconds for one call of git
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
# a hook's own variables, which would send git elsewhere than to the repository around the paths
_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX"})


def at_revision(
    paths: Sequence[str | os.PathLike[str]], revision: str, settings: Settings, env: str | None = None
) -> tuple[Pipeline, ...]:
    """The pipelines that *paths* belonged to or held at a git *revision*, seen with the *settings* of today.

    Which sources made which pipeline is what that revision says. What could not be read then is left out.
    """
    wanted = [os.path.realpath(path) for path in paths] or [os.path.realpath(os.getcwd())]
    repository = _Repository.around(wanted[0], revision)
    below = [repository.relative(path) for path in wanted]
    commit = repository.commit()
    with TemporaryDirectory(prefix="ldp-", ignore_cleanup_errors=True) as folder:
        # a pipeline that nothing declares is called after its folder, so that keeps its name
        top = Path(os.path.realpath(folder), os.path.basename(repository.top) or "repository")
        repository.unpack(commit, top, settings.max_file_size)
        return _pipelines([_nearest(top, path) for path in below], top, revision, settings, env)


def _nearest(top: Path, path: str) -> Path:
    """Where *path* was; what was not there yet belongs, if to anything, to what its folder held."""
    there = top / path
    while not there.exists() and there != top:
        there = there.parent
    return there


def _pipelines(
    paths: Sequence[Path], top: Path, revision: str, settings: Settings, env: str | None
) -> tuple[Pipeline, ...]:
    try:
        return _found(paths, top, settings, env)
    except LdpError as error:
        raise _unreadable(error, revision, top) from None


def _found(paths: Sequence[Path], top: Path, settings: Settings, env: str | None) -> tuple[Pipeline, ...]:
    then = find_settings(paths[0])
    inside = then.file is not None and then.file.is_relative_to(top)
    start = paths[0] if paths[0].is_dir() else paths[0].parent
    there = replace(
        settings,
        root=then.root if inside else start,
        file=then.file if inside else None,
        pipelines=then.pipelines if inside else {},
    )
    try:
        return graphs(find(paths, there, env))
    except SettingsError:
        if env is None or env in settings.environments:
            raise
        return ()  # the bundle had no such target yet, so nothing ran in it


def _unreadable(error: LdpError, revision: str, top: Path) -> LdpError:
    """An error of back then, without the folder that its texts were put into."""
    said = error.what.replace(f"{top}{os.sep}", "")
    return LdpError(
        f"the pipelines at {revision[:100]} cannot be read: {said}",
        why="--since compares with them",
        fix="name a revision that can be read, or lint without --since",
    )


@dataclass(frozen=True, slots=True)
class _Blob:
    """A file of a commit."""

    path: str
    name: str  # git's, for what it holds
    size: int


@dataclass(frozen=True, slots=True)
class _Repository:
    """A git repository on disk; every question is one call of git."""

    top: str
    revision: str

    @classmethod
    def around(cls, path: str, revision: str) -> _Repository:
        """The repository that a path lies in."""
        folder = path
        while not os.path.isdir(folder):
            folder = os.path.dirname(folder)
        done = _git(folder, "rev-parse", "--show-toplevel")
        if done.returncode:
            raise _no_repository(folder, revision, _first_line(done.stderr))
        return cls(os.path.realpath(os.fsdecode(done.stdout.rstrip(b"\r\n"))), revision)

    def relative(self, path: str) -> str:
        """*path* from the top of the repository."""
        if not Path(path).is_relative_to(self.top):
            raise LdpError(
                f"{path_shown(Path(path))} lies outside the repository {os.path.basename(self.top)}",
                why=f"--since {self.revision[:100]} reads one repository, that of the first path",
                fix="lint it by itself",
            )
        return os.path.relpath(path, self.top)

    def commit(self) -> str:
        """The commit that the revision means."""
        shown = self.revision
        if shown.strip() and not shown.startswith("-") and "\0" not in shown:
            done = _git(self.top, "rev-parse", "--verify", "--quiet", f"{shown}^{{commit}}")
            found = done.stdout.decode("ascii", "replace").strip()
            if done.returncode == 0 and _COMMIT.fullmatch(found):
                return found
        raise LdpError(
            f"git knows no revision {shown[:100]!r}",
            why="--since compares with the pipelines at that commit; a shallow clone has few",
            fix="name a commit, branch or tag, such as HEAD~1 or origin/main; git fetch brings what is missing",
        )

    def unpack(self, commit: str, top: Path, limit: int) -> None:
        """Put the files of a commit that may matter below *top*; none that leads elsewhere."""
        try:
            (top / ".git").mkdir(parents=True)  # whoever looks for settings and declarations above stops here
            files = self.files(commit, limit)
            for folder in {os.path.dirname(blob.path) for blob in files}:
                (top / folder).mkdir(parents=True, exist_ok=True)
            for path, data in self.texts(files):
                (top / path).write_bytes(data)
        except OSError as error:
            raise self.failed(f"its files cannot be written: {(error.strerror or str(error)).lower()}") from None

    def files(self, commit: str, limit: int) -> list[_Blob]:
        """The files of a kind and size that we read."""
        done = _git(self.top, "ls-tree", "-r", "-z", "-l", "--full-tree", commit)
        if done.returncode:
            raise self.failed(_first_line(done.stderr))
        found = [blob for entry in done.stdout.split(b"\0") for blob in _blob(entry, limit)]
        if len(found) > _MOST_FILES or sum(blob.size for blob in found) > _MOST_BYTES:
            raise self.failed(f"it has more than {_MOST_FILES:,} sources, or {_MOST_BYTES // 1_000_000} MB of them")
        return found

    def texts(self, blobs: Iterable[_Blob]) -> Iterator[tuple[str, bytes]]:
        """Each file's path with what it holds."""
        for some in _portions(blobs):
            asked = "".join(f"{blob.name}\n" for blob in some).encode()
            done = _git(self.top, "cat-file", "--batch", asked=asked)
            at = 0
            for blob in some:
                end = done.stdout.find(b"\n", at)
                if not done.stdout[at : max(end, at)].endswith(f" blob {blob.size}".encode()):
                    raise self.failed(f"{blob.path} is missing in the clone")
                yield blob.path, done.stdout[end + 1 : end + 1 + blob.size]
                at = end + 2 + blob.size

    def failed(self, why: str) -> LdpError:
        return LdpError(
            f"the files of {self.revision[:100]} cannot be had",
            why=why,
            fix="name another revision, or lint without --since",
        )


def _blob(entry: bytes, limit: int) -> Iterator[_Blob]:
    """A file from a line of `git ls-tree`; links, submodules and names that lead out of the tree are none."""
    head, _, name = entry.partition(b"\t")
    path, words = os.fsdecode(name), head.decode("ascii", "replace").split()
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in _KEPT or len(words) != 4 or words[0] not in ("100644", "100755") or not _harmless(path):
        return
    size = int(words[3])
    if size <= limit * (NOTEBOOK_FACTOR if suffix == ".ipynb" else 1):
        yield _Blob(path, words[2], size)


def _harmless(path: str) -> bool:
    parts = path.split("/")
    foreign = os.sep != "/" and any(mark in path for mark in "\\:")
    return not foreign and not any(part in ("", ".", "..") or part.lower() == ".git" for part in parts)


def _portions(blobs: Iterable[_Blob]) -> Iterator[list[_Blob]]:
    """The files in groups that are small enough to be held together."""
    done = 0

    def portion(blob: _Blob) -> int:
        nonlocal done
        done += blob.size
        return done // _AT_ONCE

    return (list(some) for _, some in groupby(blobs, portion))


def _git(folder: str, *words: str, asked: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """One call of git, which asks nobody, waits for no lock and has to end."""
    said = {name: value for name, value in os.environ.items() if name not in _HOOK}
    said |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        return subprocess.run(
            ["git", "-C", folder, *words], input=asked, capture_output=True, env=said, timeout=_PATIENCE
        )
    except FileNotFoundError:
        raise LdpError(
            "git is not there", why="--since reads the revision with it", fix="install git, or lint without --since"
        ) from None
    except subprocess.TimeoutExpired:
        raise LdpError(
            f"git {words[0]} took longer than {_PATIENCE} seconds",
            why="--since reads the revision with it",
            fix="try it by hand, or lint without --since",
        ) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise LdpError(f"git cannot be run: {reason}", why="--since needs it", fix="lint without --since") from None


def _first_line(data: bytes) -> str:
    lines = data.decode("utf-8", "replace").strip().splitlines()
    return lines[0].removeprefix("fatal: ") if lines else "git gave no reason"


def _no_repository(folder: str, revision: str, reason: str) -> LdpError:
    shown = path_shown(Path(folder)) if os.path.realpath(os.getcwd()) != folder else "this folder"
    if "not a git repository" in reason:
        return LdpError(
            f"{shown} is in no git repository",
            why=f"--since {revision[:100]} compares with a commit",
            fix="run it inside a clone, or lint without --since",
        )
    return LdpError(
        f"git does not read the repository of {shown}", why=reason, fix="settle that, or lint without --since"
    )
