"""Who says that a bundle is one: the published JSON schema of `databricks.yml`, and the published Python package.

The schema may not be kept here. It is taken from the file that LDP_TEST_BUNDLE_SCHEMA names, else from the folder
`shared/data` beside the repository. Where neither is, the classes of databricks-bundles judge, a package of PyPI that
is made out of the same schema and is put into an environment of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests import spark_server

PACKAGE = "databricks-bundles==1.22.1"
ROOT = spark_server.ROOT


def complaints(folder: Path) -> list[str]:
    """What is wrong with the files of a bundle."""
    import yaml

    documents = {path.name: yaml.safe_load(path.read_bytes()) for path in sorted(folder.rglob("*.yml"))}
    schema = _schema()
    if schema is not None:
        return [f"{name}: {each}" for name, document in documents.items() for each in _against(schema, document)]
    return _by_package(documents)


@lru_cache(maxsize=1)
def _schema() -> Any:
    from jsonschema import Draft7Validator

    places = [os.environ.get("LDP_TEST_BUNDLE_SCHEMA", ""), ROOT.parent / "shared" / "data" / "bundle_schema.json"]
    path = next((Path(place) for place in places if place and Path(place).is_file()), None)
    if path is None:
        return None
    text = (
        path.read_text(encoding="utf-8")
        .replace("[\\\\p{L}\\\\p{N}]", "[^\\\\W_]")
        .replace("\\\\p{L}", "[^\\\\W\\\\d_]")
    )
    return Draft7Validator(json.loads(text))


def _against(schema: Any, document: Any) -> Iterator[str]:
    for error in schema.iter_errors(document):
        deepest = max(_leaves(error), key=lambda each: (len(each.absolute_path), each.validator != "type"))
        yield f"{'.'.join(map(str, deepest.absolute_path))}: {deepest.message[:200]}"


def _leaves(error: Any) -> Iterator[Any]:
    inside = [each for each in error.context if not (each.validator == "type" and "'string'" in each.message)]
    if not inside:
        yield error
    for each in inside:
        yield from _leaves(each)


_JUDGE = """
import json, sys
from databricks.bundles.jobs import Job
from databricks.bundles.pipelines import Pipeline
from databricks.bundles.schemas import Schema
from databricks.bundles.volumes import Volume
kinds = {"jobs": Job, "pipelines": Pipeline, "schemas": Schema, "volumes": Volume}
wrong = []
def judge(name, document):
    for kind, some in (document.get("resources") or {}).items():
        for key, one in some.items():
            try:
                kinds[kind].from_dict(one)
            except Exception as error:
                wrong.append(f"{name}: {kind}.{key}: {error}")
for name, document in json.load(sys.stdin).items():
    judge(name, document)
    known = {"bundle", "include", "variables", "targets", "resources"}
    wrong += [f"{name}: {key}" for key in document if key not in known]
print(json.dumps(wrong))
"""


def _by_package(documents: dict[str, Any]) -> list[str]:
    folder = spark_server.made(ROOT / ".venv-bundles", sys.executable, PACKAGE)
    done = subprocess.run(
        [str(folder / "bin" / "python"), "-c", _JUDGE], input=json.dumps(documents), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[str] = json.loads(done.stdout)
    return found
