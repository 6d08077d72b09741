"""What is different while user code runs, and is as it was afterwards, whatever the code did."""

from __future__ import annotations

import contextlib
import importlib
import linecache
import os
import sys
import warnings
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from typing import Any

_MISSING: Any = object()


class Swaps(ExitStack):
    """Each method keeps something, or changes it, until the end; the last change is taken back first."""

    def process(self) -> None:
        """Keep what a program commonly changes about itself."""
        self.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        self.callback(_restore, os.environ, dict(os.environ))
        self.callback(_restore, linecache.cache, dict(linecache.cache))
        self.callback(_restore, sys.path_importer_cache, dict(sys.path_importer_cache))
        self.callback(sys.setrecursionlimit, sys.getrecursionlimit())
        self.callback(_go_to, os.getcwd())
        for name in ("path", "meta_path", "argv"):
            held: list[Any] = getattr(sys, name)
            self.callback(_refill, name, held, list(held))
        importlib.invalidate_caches()

    def attributes(self, owner: Any) -> None:
        """Keep all attributes of a class: code likes to add methods of its own to DataFrame."""
        self.callback(_reset, owner, dict(vars(owner)))

    def attribute(self, owner: Any, name: str, value: object) -> None:
        """Another value for one attribute."""
        self.callback(_put_back, owner, name, vars(owner).get(name, _MISSING))
        setattr(owner, name, value)


@contextmanager
def there(folder: str) -> Iterator[None]:
    """Work in another folder for a while."""
    before = os.getcwd()
    _go_to(folder)
    try:
        yield
    finally:
        _go_to(before)


def _restore(mapping: MutableMapping[Any, Any], before: dict[Any, Any]) -> None:
    for key in [key for key in mapping if key not in before]:
        del mapping[key]
    for key, value in before.items():
        if mapping.get(key, _MISSING) is not value and mapping.get(key, _MISSING) != value:
            mapping[key] = value


def _go_to(folder: str) -> None:
    with contextlib.suppress(OSError):  # it may be gone
        os.chdir(folder)


def _refill(name: str, held: list[Any], before: list[Any]) -> None:
    held[:] = before
    setattr(sys, name, held)


def _reset(owner: Any, before: dict[str, Any]) -> None:
    for name in [name for name in vars(owner) if name not in before]:
        delattr(owner, name)
    for name, value in before.items():
        if vars(owner).get(name, _MISSING) is not value:
            setattr(owner, name, value)


def _put_back(owner: Any, name: str, before: object) -> None:
    if before is not _MISSING:
        setattr(owner, name, before)
    elif name in vars(owner):
        delattr(owner, name)
