"""A session of the embedded engine for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ldp_magic.engine.files import Loaded, format_of, listed, read
from ldp_magic.engine.place import Place
from ldp_magic.engine.session import engine_at
from tests.engine.files.cases import plain


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    with engine_at(Place()).session() as session:
        yield session.spark


@dataclass
class Reading:
    """Reads small files the way one test asks for."""

    spark: Any
    folder: Path
    scratch: Path | None

    def write(self, **files: str | bytes) -> str:
        """Files by name, with `_` for the dot before the ending."""
        for name, content in files.items():
            path = self.folder / ".".join(name.rsplit("_", 1))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(self.folder)

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def __call__(
        self,
        format: str,
        style: str = "spark",
        schema: str | None = None,
        where: str = "",
        also: Any = None,
        **options: str,
    ) -> Loaded:
        where = where or str(self.folder)
        read_as = format_of(format, options, schema, style=style)
        return read(self.spark, listed(where, options), read_as, where, scratch=self.scratch, **(also or {}))

    def rows(self, loaded: Loaded) -> list[tuple[Any, ...]]:
        """The rows in order, without the folder in what was rescued."""
        found = [tuple(plain(value, str(self.folder)) for value in row) for row in loaded.frame.collect()]
        return sorted(found, key=repr)


@pytest.fixture
def reading(spark: Any, tmp_path: Path) -> Reading:
    return Reading(spark, tmp_path / "in", tmp_path / "scratch")
