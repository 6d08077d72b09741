"""What Apache Spark's own pipelines make of each case, recorded in truth/*.json.

Run it by hand, in an environment that holds pyspark[connect] 4.3 and Java, from the folder of the project:

    python -m tests.runs.spark.make_truth [parts of names]
    python -m tests.runs.spark.make_truth --case FILE    one case as JSON; its truth goes to standard output

Each case has a schema of its own in one server on the loopback interface; its graph is registered anew for each update,
over the tables and checkpoints that the update before has left.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.runs.spark.case import Case, Rows, Step, put

TRUTH = Path(__file__).parent / "truth"


def session(folder: Path) -> Any:
    """Spark in this process and its own Connect server."""
    os.environ["SPARK_TESTING"] = "1"  # a free port
    os.environ["TZ"] = "UTC"
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.pipelines.maxFlowRetryAttempts": "0",
        "spark.log.level": "OFF",
    }
    builder = SparkSession.builder.remote("local[2]")
    for key, value in settings.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def truth(spark: Any, case: Case, folder: Path) -> list[dict[str, Any]]:
    """The tables of a case after each of its updates."""
    schema = case.name.replace("-", "_")
    spark.sql(f"CREATE SCHEMA {schema}").collect()
    found = []
    for number, step in enumerate(case.steps):
        put(folder, {**step.files, **{name: case.spark[name] for name in step.files if name in case.spark}})
        failed = _updated(spark, step, folder, schema, number)
        assert bool(failed) == step.fails, f"{case.name} {number}: {failed}"
        found.append({name: rows.to_dict() for name, rows in _tables(spark, schema, case).items()})
    spark.sql(f"DROP SCHEMA {schema} CASCADE").collect()
    return found


def _updated(spark: Any, step: Step, folder: Path, schema: str, number: int) -> str:
    from pyspark.pipelines.spark_connect_graph_element_registry import SparkConnectGraphElementRegistry
    from pyspark.pipelines.spark_connect_pipeline import create_dataflow_graph, start_run

    graph = create_dataflow_graph(spark, default_catalog="spark_catalog", default_database=schema, sql_conf={})
    registry = SparkConnectGraphElementRegistry(spark, graph)
    for path in sorted([*folder.glob("*.sql"), *folder.glob("*.py")]):
        if path.suffix == ".py":
            _load(spark, registry, graph, path, f"{schema}_{number}_{path.stem}")
        else:
            registry.register_sql(path.read_bytes().decode("utf-8"), Path(path.name))
    everything = "all" in step.full_refresh
    names = [] if everything else list(step.full_refresh)
    (folder / "storage").mkdir(exist_ok=True)
    failed = ""
    try:
        storage = (folder / "storage").as_uri()
        for result in start_run(spark, graph, names, everything, list(step.refresh), False, storage):
            if "pipeline_event_result" in result:
                message = result["pipeline_event_result"].event.message
                failed = failed or (message if "FAILED" in message else "")
    except Exception as error:
        failed = failed or str(error)
    for query in spark.streams.active:
        query.stop()
    return failed


def _load(spark: Any, registry: Any, graph: str, path: Path, name: str) -> None:
    from pyspark.pipelines.add_pipeline_analysis_context import add_pipeline_analysis_context
    from pyspark.pipelines.block_session_mutations import block_session_mutations
    from pyspark.pipelines.graph_element_registry import graph_element_registration_context

    spec = importlib.util.spec_from_file_location(name, str(path))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    module.__dict__["spark"] = spark
    with (
        graph_element_registration_context(registry),
        add_pipeline_analysis_context(spark=spark, dataflow_graph_id=graph, flow_name=None),
        block_session_mutations(),
    ):
        spec.loader.exec_module(module)


def _tables(spark: Any, schema: str, case: Case) -> dict[str, Rows]:
    found = {}
    for each in spark.sql(f"SHOW TABLES IN {schema}").collect():
        if each.isTemporary:
            continue
        name = f"{schema}.`{each.tableName}`"
        spark.sql(f"REFRESH TABLE {name}").collect()
        frame = spark.table(name)
        columns = [(column.name, column.dataType.simpleString()) for column in frame.schema.fields]
        found[each.tableName] = Rows.of(columns, frame.collect())
    for target, parts in case.apart.items():
        rows = [found.pop(part) for part in parts if part in found]
        whole = rows[0]
        for more in rows[1:]:
            whole = whole.with_rows_of(more)
        found[target] = whole
    return found


def recorded(case: Case, tables: list[dict[str, Any]]) -> str:
    """A case with its truth, one row in a line."""
    said = {"case": case.to_dict(), "tables": tables}
    text = json.dumps(said, ensure_ascii=False, indent=1)
    return text + "\n"


def main() -> None:
    words = sys.argv[1:]
    folder = Path(tempfile.mkdtemp()).resolve()
    spark = session(folder)
    try:
        if words[:1] == ["--case"]:
            case = Case.from_dict(json.loads(Path(words[1]).read_text("utf-8")))
            sys.stdout.write(recorded(case, truth(spark, case, folder / case.name)))
            return
        _record(spark, folder, words or [""])
    finally:
        with suppress(Exception):
            spark.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _record(spark: Any, folder: Path, wanted: list[str]) -> None:
    from tests.runs.spark.generated import cases
    from tests.runs.spark.written import CASES

    TRUTH.mkdir(exist_ok=True)
    for case in (*CASES, *cases()):
        if any(word in case.name for word in wanted):
            try:
                found = truth(spark, case, folder / case.name)
            except Exception as error:
                print(case.name, "FAILED", str(error)[:800], flush=True)
                continue
            (TRUTH / f"{case.name}.json").write_text(recorded(case, found), encoding="utf-8")
            print(case.name, [{name: len(each["rows"]) for name, each in step.items()} for step in found], flush=True)


if __name__ == "__main__":
    main()
