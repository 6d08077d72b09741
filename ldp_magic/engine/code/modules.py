"""What `import` finds while user code runs: the project's modules, read anew, and others instead of some.

Modules of the project that the process has imported before are set aside, and what a run has loaded of them is gone
with it. Their functions travel to the engine as code, because the engine does not have the project.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import ldp_magic
from ldp_magic.engine.code.swaps import Swaps

_OUR_OWN = os.path.join(os.path.dirname(os.path.realpath(ldp_magic.__file__)), "")
_INSTALLED = re.compile(r"[\\/](?:site|dist)-packages(?:[\\/]|$)")
_HIDDEN = re.compile(r"[\\/]\.[^\\/]+[\\/]")  # a virtual environment, an editor's own modules


class Imports:
    """A finder that stands before all others until the end of the run."""

    def __init__(self, folders: Sequence[Path], instead: Mapping[str, ModuleType], swaps: Swaps) -> None:
        self._folders = [os.path.realpath(folder) for folder in folders]
        self._path_before = set(sys.path)
        self._instead = instead
        self._loaded: set[str] = set()
        before = dict(sys.modules)
        swaps.callback(self._end, before)
        for name in [name for name, module in before.items() if self._is_ours(name, module)]:
            _forget(name)
        sys.meta_path.insert(0, self)
        for folder in reversed(self._folders):
            self.look_in(folder)

    def look_in(self, folder: str) -> None:
        """Before what is installed, behind the standard library: a `types.py` of the project must not be that one."""
        if folder not in sys.path:
            first = (place for place, entry in enumerate(sys.path) if _INSTALLED.search(entry))
            sys.path.insert(next(first, len(sys.path)), folder)

    def owns(self, file: str) -> bool:
        """Is this a file of the user's, in the project or in a folder that the code has added to the path?"""
        if _INSTALLED.search(file):
            return False
        path = os.path.realpath(file)
        if _INSTALLED.search(path) or path.startswith(_OUR_OWN):
            return False
        added = [os.path.realpath(entry) for entry in sys.path if entry not in self._path_before]
        return _is_in(path, [*self._folders, *added])

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The import system asks this."""
        if name in self._instead:
            return ModuleSpec(name, _Ready(self._instead[name]), is_package=hasattr(self._instead[name], "__path__"))
        found = self._elsewhere(name, path, target)
        if found is None:
            return self._absent_parent(name)
        standard = name.partition(".")[0] in sys.stdlib_module_names
        if isinstance(found.loader, SourceFileLoader) and found.origin and not standard and self.owns(found.origin):
            found.loader = _Anew(name, found.origin)
            self._loaded.add(name)
        return found

    def _elsewhere(self, name: str, path: Any, target: ModuleType | None) -> ModuleSpec | None:
        finders = (finder for finder in sys.meta_path if finder is not self and hasattr(finder, "find_spec"))
        return next(filter(None, (finder.find_spec(name, path, target) for finder in finders)), None)

    def _absent_parent(self, name: str) -> ModuleSpec | None:
        """An empty package for what the others are in, where it is not installed."""
        if not any(other.startswith(f"{name}.") for other in self._instead):
            return None
        self._loaded.add(name)
        made = ModuleType(name)
        made.__path__ = []
        return ModuleSpec(name, _Ready(made), is_package=True)

    def _is_ours(self, name: str, module: object) -> bool:
        if name in self._instead:
            return True
        if name == "__main__" or name.partition(".")[0] in sys.stdlib_module_names:
            return False
        file = getattr(module, "__file__", None) or _folder(module)
        return isinstance(file, str) and self.owns(file)

    def _end(self, before: Mapping[str, ModuleType]) -> None:
        for name, module in list(sys.modules.items()):
            if before.get(name) is not module and (name in self._loaded or self._is_ours(name, module)):
                _forget(name)
        for name, module in before.items():
            if sys.modules.get(name) is not module:
                sys.modules[name] = module
                parent, _, last = name.rpartition(".")
                if parent in sys.modules:
                    setattr(sys.modules[parent], last, module)


class _Anew(SourceFileLoader):
    """Reads the source whatever was compiled of it before, and writes no cache beside it."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)  # type: ignore[no-any-return,unused-ignore]

    def exec_module(self, module: ModuleType) -> None:
        travels(module)
        super().exec_module(module)
        plain = SourceFileLoader(self.name, self.path)  # a module that travels takes its loader along
        module.__loader__ = plain
        if module.__spec__ is not None:
            module.__spec__.loader = plain


class _Ready(Loader):
    """Gives a module that is there already."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to execute."""


def travels(module: ModuleType) -> None:
    """From now on the functions and classes of *module* are packed as code, not as a name to import."""
    from pyspark import cloudpickle

    register: Callable[[ModuleType], None] = cloudpickle.register_pickle_by_value
    register(module)


def keep_travellers(swaps: Swaps) -> None:
    """Until the end of the run, remember which modules travelled before it."""
    from pyspark.cloudpickle import cloudpickle

    registered: set[str] = cloudpickle._PICKLE_BY_VALUE_MODULES
    before = set(registered)

    def put_back() -> None:
        registered.clear()
        registered.update(before)

    swaps.callback(put_back)


def _is_in(path: str, folders: Iterable[str]) -> bool:
    starts = (folder.rstrip(os.sep) + os.sep for folder in folders)
    return any(path.startswith(start) and not _HIDDEN.search(path, len(start) - 1) for start in starts)


def _folder(module: object) -> str | None:
    """The first folder of a package without a file of its own. Asking one whose parent is swapped out fails."""
    try:
        return next(iter(getattr(module, "__path__", ())), None)
    except KeyError:
        return None


def _forget(name: str) -> None:
    module = sys.modules.pop(name)
    parent, _, last = name.rpartition(".")
    if parent in sys.modules and vars(sys.modules[parent]).get(last) is module:
        delattr(sys.modules[parent], last)
