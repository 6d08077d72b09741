"""The house: a room imports only rooms of the lines above its own, and an outside library lives in one room."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import ldp_magic

# inner first; neighbours on one line do not import each other
LINES = (
    ("text", "errors"),
    ("forms",),
    ("cron", "settings", "cells"),
    ("sql",),
    ("python", "spec"),
    ("pipeline",),
    ("project",),
    ("lint",),
    ("events",),
    ("resources",),
    ("author",),
    ("engine",),
    ("lake",),
    ("runs",),
    ("testing",),
    ("deploy", "bundle", "emulator"),
    ("show",),
    ("verbs",),
    ("notebook", "cli", "lsp"),
    ("__main__",),
)
DEPTH = {room: depth for depth, rooms in enumerate(LINES) for room in rooms}
ONLY_IN = {
    "sqlglot": {"sql"},
    "IPython": {"notebook"},
    "ipywidgets": {"notebook"},
    "databricks.sdk": {"deploy"},
    "pygls": {"lsp"},
    "deltalake": {"lake"},
}
HOUSE = Path(ldp_magic.__file__).parent
FILES = sorted(path for path in HOUSE.rglob("*.py") if "editors" not in path.relative_to(HOUSE).parts)


def room(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def imports(path: Path, source: str) -> Iterator[str]:
    """Every module that *source* names in an import, in full, wherever in the file it stands."""
    package = ["ldp_magic", *path.relative_to(HOUSE).parts[:-1]]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from ([f"{module}.{alias.name}" for alias in node.names] if module == "ldp_magic" else [module])


def mistakes(path: Path, source: str) -> list[str]:
    """What *source* imports and must not."""
    here = room(path)
    found = []
    for module in imports(path, source):
        first, _, rest = module.partition(".")
        there = rest.partition(".")[0]
        if first == "ldp_magic" and there in DEPTH and there != here and here != "__init__":
            found += [f"{here} imports {there}"] if DEPTH[there] >= DEPTH.get(here, 0) else []
        found += [
            f"{here} imports {library}"
            for library, rooms in ONLY_IN.items()
            if (module == library or module.startswith(library + ".")) and here not in rooms
        ]
    return found


def test_every_room_has_a_line():
    assert {room(path) for path in FILES} - {"__init__"} <= DEPTH.keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(HOUSE).as_posix())
def test_imports_point_inward(path: Path):
    assert mistakes(path, path.read_text(encoding="utf-8")) == []


def test_this_package_names_nothing_while_it_is_imported():
    for node in ast.parse((HOUSE / "__init__.py").read_text(encoding="utf-8")).body:
        assert not (isinstance(node, ast.ImportFrom) and "ldp_magic" in (node.module or "")), "under TYPE_CHECKING"


@pytest.mark.parametrize(
    ("file", "source", "found"),
    [
        pytest.param("sql/a.py", "from ldp_magic.text import Span", [], id="inward"),
        pytest.param("sql/a.py", "import sqlglot.tokens", [], id="at home"),
        pytest.param("verbs/a.py", "from ldp_magic import __version__", [], id="the package itself"),
        pytest.param("text.py", "from ldp_magic.errors import LdpError", ["text imports errors"], id="neighbour"),
        pytest.param("sql/a.py", "def f():\n from ldp_magic.pipeline import P", ["sql imports pipeline"], id="later"),
        pytest.param("sql/a.py", "from ..show import table", ["sql imports show"], id="relative"),
        pytest.param("sql/a.py", "from .. import cli", ["sql imports cli"], id="relative, the package"),
        pytest.param("sql/a.py", "import ldp_magic.verbs.graph", ["sql imports verbs"], id="import"),
        pytest.param("lint/a.py", "from ldp_magic import project, show", ["lint imports show"], id="from the package"),
        pytest.param("lint/a.py", "import sqlglot", ["lint imports sqlglot"], id="a library that lives elsewhere"),
        pytest.param("cli/a.py", "import databricks.sdk as d", ["cli imports databricks.sdk"], id="part of a library"),
    ],
)
def test_the_check_itself(file: str, source: str, found: list[str]):
    assert mistakes(HOUSE / file, source) == found
