"""`dlt` and `pyspark.pipelines` for the time of a run: what they define is written down in it.

The module is the same one for the whole process, because an installed library that has imported it keeps it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.code.functions import Changes, Function, with_article
from ldp_magic.python.definitions import NAMES

if TYPE_CHECKING:
    from ldp_magic.engine.code.run import Run

MODULES = ("dlt", "pyspark.pipelines", "pyspark.pipelines.api")
_SNAPSHOTS = ("create_auto_cdc_from_snapshot_flow", "apply_changes_from_snapshot")


@lru_cache(maxsize=1)
def module(current: Callable[[], Run]) -> ModuleType:
    """The module, whose functions speak to the *current* run."""
    made = ModuleType("pyspark.pipelines", __doc__)
    make: dict[str, Callable[[str, Callable[[], Run]], Any]] = {
        "dataset": _dataset,
        "flow": _flow,
        "expectation": _expectation,
        "sink function": _sink_function,
        "table": _table,
        "sink": _table,
        "cdc": _changes,
        "read": _read,
    }
    for name, role in NAMES.items():
        function = make[role](name, current)
        function.__name__ = function.__qualname__ = name
        setattr(made, name, function)
    made.__dict__["__all__"] = sorted(NAMES)
    made.__path__ = []  # so that `pyspark.pipelines.api` may be in it
    return made


def _dataset(word: str, current: Callable[[], Run]) -> Any:
    def decorator(query_function: Any = None, /, *, name: str | None = None, **more: Any) -> Any:
        def put_on(function: Any) -> Any:
            run = current()
            own = _named(word, function, name)
            run.datasets[own] = Function(own, own, function, run)
            return function

        given = query_function if query_function is not None else more.get("query_function")
        return put_on if given is None or (word == "create_table" and isinstance(given, str)) else put_on(given)

    return decorator


def _flow(word: str, current: Callable[[], Run]) -> Any:
    def decorator(*, target: str, name: str | None = None, once: bool = False, **_: Any) -> Any:
        def put_on(function: Any) -> Any:
            run = current()
            own = _named(word, function, name)
            run.flows.setdefault(target, []).append(Function(own, target, function, run, once))
            return function

        return put_on

    return decorator


def _expectation(word: str, current: Callable[[], Run]) -> Any:
    """Expectations are read from the text; here they only must not be in the way."""

    def decorator(*_: Any, **__: Any) -> Any:
        return lambda function: function

    return decorator


def _sink_function(word: str, current: Callable[[], Run]) -> Any:
    def decorator(name: Any = None, **_: Any) -> Any:
        return name if callable(name) else lambda function: function

    return decorator


def _table(word: str, current: Callable[[], Run]) -> Any:
    def statement(name: str, *_: Any, **__: Any) -> None:
        current().targets.add(name)

    return statement


def _changes(word: str, current: Callable[[], Run]) -> Any:
    snapshots = word in _SNAPSHOTS
    keys = ["target", "source", "keys"]
    later = ["apply_as_deletes", "column_list", "except_column_list", "stored_as_scd_type", "name"]
    if snapshots:
        order = [*keys, "stored_as_scd_type", "track_history_column_list", "track_history_except_column_list"]
    else:
        order = [*keys, "sequence_by", *(later if word == "create_auto_cdc_flow" else [])]

    def statement(*values: Any, **named: Any) -> None:
        if len(values) > len(order):
            raise TypeError(f"{word}() takes {len(order)} arguments without their names, not {len(values)}")
        said = {**dict(zip(order, values, strict=False)), **named}
        missing = [name for name in keys if said.get(name) is None]
        if missing:
            raise TypeError(f"{word}() misses {', '.join(missing)}")
        run = current()
        run.changes.setdefault(said["target"], []).append(Changes(said["target"], snapshots, said))

    return statement


def _read(word: str, current: Callable[[], Run]) -> Any:
    def read(name: str) -> Any:
        spark = current().spark
        return spark.read.table(name) if word == "read" else spark.readStream.table(name)

    return read


def _named(word: str, function: Any, name: Any) -> str:
    if not callable(function):
        raise EngineError(
            f"dp.{word} is put on {with_article(type(function).__name__)}, not on a function",
            why="it decorates the function that returns the DataFrame",
            fix=f"give a name as @dp.{word}(name=...)",
        )
    name = getattr(inspect.unwrap(function), "__name__", None) if name is None else name
    if not isinstance(name, str) or name == "<lambda>":
        said = "no name" if name in (None, "<lambda>") else f"a name that is {with_article(type(name).__name__)}"
        raise EngineError(f"dp.{word} has {said}", why="datasets and flows are known by a text", fix="give name=...")
    return name
