"""Modules that exist on Databricks only, or mean something else while user code runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from ldp_magic.engine.code.refused import WRITES, Refused
from ldp_magic.engine.code.spark import Builder


def stand_ins(pipelines: ModuleType, names: Iterable[str], spark: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    """By their full names; `known` is what a notebook on Databricks knows without an import."""
    delta = _module("delta", DeltaTable=Refused("DeltaTable", WRITES, "read its rows by spark.read.table"))
    connect = _module("databricks.connect", DatabricksSession=_sessions(spark), DatabricksEnv=lambda: Builder(spark))
    for package in (connect, delta):
        package.__path__ = []
    return {
        **dict.fromkeys(names, pipelines),
        "databricks.connect": connect,
        "databricks.connect.session": connect,
        "databricks.sdk.runtime": _module("databricks.sdk.runtime", **known),
        "delta": delta,
        "delta.tables": delta,
        "pyspark.dbutils": _module("pyspark.dbutils", DBUtils=lambda spark=None: known["dbutils"]),
    }


def _sessions(spark: Any) -> type:
    return type(
        "DatabricksSession",
        (),
        {
            "builder": Builder(spark),
            "getActiveSession": staticmethod(lambda: spark),
            "active": staticmethod(lambda: spark),
        },
    )


def _module(name: str, **contents: Any) -> ModuleType:
    made = ModuleType(name)
    made.__dict__.update(contents)
    made.__dict__["__all__"] = list(contents)
    return made
