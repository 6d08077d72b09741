"""What user code may ask for, and who answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Reads(Protocol):
    """What user code reads, answered with frames of the session. Names and texts come as the code says them."""

    def table(self, name: str, *, streaming: bool, options: Mapping[str, str]) -> DataFrame:
        """`spark.table`, `spark.read.table`, `spark.readStream.table`, `dlt.read`, `dlt.read_stream`."""
        ...

    def load(
        self, format: str, paths: Sequence[str], *, schema: object, streaming: bool, options: Mapping[str, str]
    ) -> DataFrame:
        """`spark.read...load()` and its short forms. An empty format is the session's default."""
        ...

    def sql(self, text: str, arguments: object) -> DataFrame:
        """`spark.sql`, with what was given for its parameters: a mapping, a list or nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Answers:
    """What else the code may ask."""

    conf: Mapping[str, str] = field(default_factory=dict)  # spark.conf.get: the pipeline's configuration
    widgets: Mapping[str, str] = field(default_factory=dict)  # dbutils.widgets.get
    secrets: Mapping[str, str] = field(default_factory=dict)  # "scope/key": the environment variable that holds it
