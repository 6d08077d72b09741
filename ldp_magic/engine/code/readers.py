"""`spark.read` and `spark.readStream`: they collect what is said, and ask for the frame in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ldp_magic.engine.code.refused import refuse

if TYPE_CHECKING:
    from ldp_magic.engine.code.frames import Frames


class Reader:
    """Changes itself with every word, as Spark's own readers do."""

    def __init__(self, frames: Frames, streaming: bool) -> None:
        self._frames, self._streaming = frames, streaming
        self._format, self._schema = "", None
        self._options: dict[str, str] = {}

    def format(self, source: str) -> Reader:
        self._format = source
        return self

    def schema(self, schema: Any) -> Reader:
        self._schema = schema
        return self

    def option(self, key: str, value: object) -> Reader:
        """Keys are the same in any case; the last word counts."""
        for said in [said for said in self._options if said.lower() == key.lower()]:
            del self._options[said]
        if value is not None:
            self._options[key] = str(value).lower() if isinstance(value, bool) else str(value)
        return self

    def options(self, **options: object) -> Reader:
        for key, value in options.items():
            self.option(key, value)
        return self

    def name(self, source_name: str) -> Reader:
        """A name for a stream's source matters to its checkpoint only."""
        return self

    def table(self, tableName: str) -> Any:
        return self._frames.table(tableName, self._streaming, self._options)

    def changes(self, tableName: str) -> Any:
        return self.option("readChangeFeed", True).table(tableName)

    def load(self, path: Any = None, format: str | None = None, schema: Any = None, **options: object) -> Any:
        if format is not None:
            self.format(format)
        if schema is not None:
            self.schema(schema)
        self.options(**options)
        said = next((key for key in self._options if key.lower() == "path"), "")
        paths = self._paths(path) if path is not None else [self._options[said]] if said else []
        rest = {key: value for key, value in self._options.items() if key != said}
        return self._frames.load(self._format, paths, self._schema, self._streaming, rest)

    def json(self, path: Any, schema: Any = None, **options: object) -> Any:
        return self.load(path, "json", schema, **options)

    def csv(self, path: Any, schema: Any = None, sep: str | None = None, **options: object) -> Any:
        return self.load(path, "csv", schema, sep=sep, **options)

    def xml(self, path: Any, rowTag: str | None = None, schema: Any = None, **options: object) -> Any:
        return self.load(path, "xml", schema, rowTag=rowTag, **options)

    def text(self, paths: Any, wholetext: bool | None = None, lineSep: str | None = None, **options: object) -> Any:
        return self.load(paths, "text", wholetext=wholetext, lineSep=lineSep, **options)

    def parquet(self, *paths: Any, **options: object) -> Any:
        return self.load(_flat(paths), "parquet", **options)

    def orc(self, *paths: Any, **options: object) -> Any:
        return self.load(_flat(paths), "orc", **options)

    def jdbc(self, url: str, table: str, *_: object, properties: Mapping[str, str] | None = None, **__: object) -> Any:
        """How the rows are cut into partitions does not matter here."""
        return self.format("jdbc").options(**(properties or {})).options(url=url, dbtable=table).load()

    def _paths(self, path: Any) -> list[str]:
        said = list(path) if isinstance(path, Sequence) and not isinstance(path, str) else [path]
        for each in said:
            if not isinstance(each, str):
                word = f"spark.{'readStream' if self._streaming else 'read'}.{self._format or 'load'}"
                refuse(f"{word} of a {type(each).__name__}", "it reads paths, which are text", "give a str")
        return said


def _flat(paths: Sequence[Any]) -> list[Any]:
    return [one for path in paths for one in (path if isinstance(path, (list, tuple)) else [path])]
