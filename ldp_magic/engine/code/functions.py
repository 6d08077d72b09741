"""The functions that define datasets and flows, and what they must give back."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import TYPE_CHECKING, Any

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.code.swaps import there

if TYPE_CHECKING:
    from ldp_magic.engine.code.run import Run
    from ldp_magic.text import Source


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A query function, called where it was defined.

    `name` is the dataset's or the flow's as the code says it; `target` is what a flow fills.
    """

    name: str
    target: str
    call: Callable[[], Any]
    run: Run
    once: bool = False
    folder: str = field(default_factory=os.getcwd)

    def frame(self) -> Any:
        """What the function returns, as a frame of the real session. Calling it again calls the function again."""
        with there(self.folder):
            return self.run.ask(self.name, lambda: self.run.received(checked(self.name, self.call())))

    @property
    def source(self) -> Source | None:
        """The text of the pipeline that the function stands in; none for one of an imported module."""
        code = _code(self.call)
        return self.run.source(code.co_filename) if code else None

    @property
    def line(self) -> int:
        """Where it begins, its decorators included; 0 if that is not known."""
        code = _code(self.call)
        return code.co_firstlineno if code else 0


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """One call of `create_auto_cdc_flow` or a relative of it: its arguments by name, as values."""

    target: str
    snapshots: bool
    arguments: Mapping[str, Any]


def _code(call: Any) -> CodeType | None:
    call = inspect.unwrap(getattr(call, "func", call))
    return getattr(call, "__code__", None)


def checked(name: str, result: Any) -> Any:
    """*result*, if it is a frame; an error that says what it is instead."""
    from pyspark.sql import DataFrame as Named
    from pyspark.sql.connect.dataframe import DataFrame

    if isinstance(result, (DataFrame, Named)):
        return result
    kind = type(result)
    why, fix = "the pipeline makes the dataset of the DataFrame that its function returns", ""
    if result is None:
        raise EngineError(f"{name} returns nothing", why=why, fix="end the function with return and the DataFrame")
    if inspect.iscoroutine(result):
        result.close()
        raise EngineError(f"{name} is an async function", why=why, fix="write def instead of async def")
    if inspect.isgenerator(result):
        raise EngineError(f"{name} is a generator, because it has a yield in it", why=why, fix="return one DataFrame")
    said = kind.__name__
    if kind.__module__.startswith("pandas"):
        said = f"pandas {said}"
        fix = "return spark.createDataFrame(...) of it"
    elif kind.__module__.startswith("pyspark.pandas"):
        fix = "return .to_spark() of it"
    elif callable(result):
        fix = "call it: the brackets are missing"
    raise EngineError(f"{name} returns {with_article(said)}, not a DataFrame", why=why, fix=fix)


def with_article(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"
