"""What the engine needs and whether this Python has it: the client, the embedded engine, and who is in whose way."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from typing import Literal

from ldp_magic.engine.child import EngineError

CLIENTS = ("pyspark-client", "databricks-connect", "pyspark")  # each of them writes the folder pyspark
LOCAL, DATABRICKS = "pip install 'ldp-magic[local]'", "pip install 'ldp-magic[databricks]'"


@dataclass(frozen=True, slots=True)
class Package:
    """An installed distribution."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and where it is not well: why, and the command that cures it."""

    name: str
    state: Literal["ok", "warning", "error", "absent"]
    found: str
    why: str = ""
    fix: str = ""


def installed(name: str) -> Package | None:
    """The distribution of that name, if it is here."""
    try:
        return Package(name, metadata.version(name))
    except metadata.PackageNotFoundError:
        return None


def clients() -> tuple[Package, ...]:
    """Every distribution that brings a `pyspark`: more than one has overwritten the others."""
    return tuple(found for name in CLIENTS if (found := installed(name)))


@lru_cache(maxsize=1)
def client() -> Package:
    """The one client of this Python; anything else is an error that says which command mends it."""
    for check in (_client(), *_imports()):
        if check.state in ("error", "absent"):
            raise EngineError(_sentence(check), why=check.why, fix=check.fix)
    return clients()[0]


def usable() -> bool:
    """Is everything installed that the embedded engine needs? Whether it works is seen when it is used."""
    return len(clients()) == 1 and installed("pysail") is not None


def needs_embedded() -> None:
    """Raise unless the embedded engine is installed."""
    client()
    check = _embedded()
    if check.state != "ok":
        raise EngineError(_sentence(check), why=check.why, fix=check.fix)


def package_checks() -> tuple[Check, ...]:
    """What is installed and what is missing."""
    return (_python(), _client(), *_imports(), _embedded(), _lake(), _workspace())


def _sentence(check: Check) -> str:
    return f"{check.name}: {check.found}"


def _python() -> Check:
    return Check("Python", "ok", ".".join(map(str, sys.version_info[:3])))


def _client() -> Check:
    found = clients()
    if len(found) > 1:
        remove = " ".join(each.name for each in found)
        keep = DATABRICKS if any(each.name == "databricks-connect" for each in found) else LOCAL
        return Check(
            "Spark Connect client",
            "error",
            " and ".join(map(str, found)) + " are both installed",
            "they write the same folder, so the files of one lie among the files of the other",
            f"pip uninstall -y {remove} && {keep}",
        )
    if not found:
        why = "the engine is asked through one; the bare package leaves it out to stay small"
        return Check("Spark Connect client", "absent", "not installed", why, f"{LOCAL}, or {DATABRICKS}")
    return Check("Spark Connect client", "ok", str(found[0]))


def _imports() -> Sequence[Check]:
    """Does the client import? pip lets it stand beside a numpy, pandas or pyarrow with which it does not."""
    if len(clients()) != 1:
        return ()
    try:
        import_session()
    except Exception as error:  # whatever a broken installation raises: it becomes what the user reads
        if _old_numpy():
            why = "pyarrow 26 refuses the numpy below 2 that databricks-connect 16.1 pins"
            return (
                Check("pyarrow", "error", f"{installed('pyarrow')} does not import", why, "pip install 'pyarrow<26'"),
            )
        said = " ".join(str(error).split())[:200]
        return (
            Check(
                str(clients()[0]),
                "error",
                "does not import",
                said,
                f"pip install --force-reinstall {clients()[0].name}",
            ),
        )
    return ()


def import_session() -> type:
    """The client's session class, imported without its remarks about other people's versions."""
    import warnings

    with without_spark_home(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        from pyspark.sql.connect.session import SparkSession
    return SparkSession


_lock = threading.Lock()
_within: list[None] = []  # one entry for each thread that is in the block below


@contextmanager
def without_spark_home() -> Iterator[None]:
    """The client looks for a whole Spark beside the running program, and ends the program where it finds none.

    While any thread is in here the variable says something; whoever had said it before keeps it.
    """
    with _lock:
        ours = bool(_within) or "SPARK_HOME" not in os.environ
        if ours:
            _within.append(None)
            os.environ["SPARK_HOME"] = sys.prefix
    try:
        yield
    finally:
        with _lock:
            if ours:
                _within.pop()
                if not _within:
                    os.environ.pop("SPARK_HOME", None)


def _old_numpy() -> bool:
    arrow, numpy = installed("pyarrow"), installed("numpy")
    return bool(arrow and numpy and int(arrow.version.split(".")[0]) >= 26 and numpy.version.startswith("1."))


def _embedded() -> Check:
    found = installed("pysail")
    if found is None:
        why = "previews without a workspace run on it"
        fix = DATABRICKS if any(each.name == "databricks-connect" for each in clients()) else LOCAL
        return Check("embedded engine", "absent", "not installed", why, fix)
    return Check("embedded engine", "ok", str(found))


def _lake() -> Check:
    found = installed("deltalake")
    return (
        Check("lake", "ok", str(found)) if found else Check("lake", "absent", "deltalake is not installed", "", LOCAL)
    )


def _workspace() -> Check:
    found = installed("databricks-sdk")
    if found is None:
        return Check("workspace", "absent", "databricks-sdk is not installed", "", "pip install 'ldp-magic[deploy]'")
    return Check("workspace", "ok", str(found))
