"""Whether the engine can be used here: its packages, and whether it answers."""

from __future__ import annotations

import time

from ldp_magic.engine import udfs
from ldp_magic.engine.packages import Check, package_checks
from ldp_magic.engine.place import Place
from ldp_magic.engine.session import Engine
from ldp_magic.errors import LdpError


def checks() -> tuple[Check, ...]:
    """Everything that `ldp doctor` looks at."""
    found = package_checks()
    usable = all(each.state == "ok" for each in found if each.name in ("Spark Connect client", "embedded engine"))
    if not usable or any(each.state == "error" for each in found):
        return found
    return (*found, _answers(), *_functions())


def _answers() -> Check:
    """Start an engine, ask it something, and end it."""
    began = time.perf_counter()
    engine = Engine(Place())
    try:
        with engine.session() as session:
            (row,) = session.call(lambda: session.spark.sql("SELECT 6 * 7").collect())
    except LdpError as error:
        return Check("engine answers", "error", error.what, error.why, error.fix)
    finally:
        engine.close()
    if tuple(row) != (42,):
        return Check(
            "engine answers", "error", f"it says that 6 * 7 is {row[0]}", "", "pip install --force-reinstall pysail"
        )
    return Check("engine answers", "ok", f"in {time.perf_counter() - began:.1f} s")


def _functions() -> tuple[Check, ...]:
    """Python functions inside the engine need nothing more, or a second client."""
    if not udfs.needed():
        return (Check("Python functions", "ok", "run in the engine"),)
    if udfs.ready():
        return (Check("Python functions", "ok", f"run by pyspark-client {udfs.VERSION} in the engine's own folder"),)
    why = "databricks-connect cannot run them outside Databricks; only datasets with UDFs need this"
    return (Check("Python functions", "absent", "not on the embedded engine yet", why, "ldp engine install"),)
