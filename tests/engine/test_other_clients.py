"""What holds with pyspark-client holds with both Databricks Connects, each in an environment of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests import spark_server
from tests.interpreters import interpreter

pytestmark = [pytest.mark.xdist_group("spark"), pytest.mark.wheel]


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory):
    with spark_server.running(tmp_path_factory.mktemp("spark")) as address:
        yield address


@pytest.mark.parametrize("version", ["3.11", "3.12"])
def test_databricks_connect(version: str, spark: str, tmp_path: Path):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} is here")
    own = _environment(version, python)
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    env |= {"XDG_CACHE_HOME": str(tmp_path), "LDP_TEST_SPARK_ADDRESS": spark, "PYTHONWARNINGS": "ignore"}
    said = _run([own, "-m", "ldp_magic", "engine", "install", "--yes"], env)
    assert "installed pyspark-client" in said
    tests = ["contract", "code", "test_life.py"]
    command = [own, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-skips"]
    said = _run([*command, *(f"tests/engine/{each}" for each in tests)], env)
    assert " passed" in said


@pytest.mark.parametrize("version", ["3.11", "3.12"])
def test_the_first_tutorial(version: str, spark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Its previews are computed by Spark there, and say what the saved ones say."""
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} is here")
    kernel = {
        "argv": [_environment(version, python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "with databricks-connect",
        "language": "python",
        "env": {"XDG_CACHE_HOME": str(tmp_path), "LDP_PLACE": spark, "PYTHONWARNINGS": "ignore"},
    }
    (tmp_path / "kernels" / "other").mkdir(parents=True)
    (tmp_path / "kernels" / "other" / "kernel.json").write_text(json.dumps(kernel))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    book = nbformat.read(spark_server.ROOT / "tutorials" / "01_first_cell.ipynb", as_version=4)
    saved = _said(book)
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(book, kernel_name="other", timeout=300, startup_timeout=300, resources=where).execute()
    assert len(saved) > 8 and _said(book) == saved


def _said(book: nbformat.NotebookNode) -> list[str]:
    """What each output says; what a preview tells of the tables here is another thing at another place."""
    outputs = [output for cell in book.cells for output in cell.get("outputs", ())]
    texts = [each.data["text/plain"] if "data" in each else each.text for each in outputs]
    of_here = r"\n\n(  events (drops 1 of \d rows|is read as .*)|a preview: .*)"
    return [re.sub(of_here, "", text) for text in texts]


def _environment(version: str, python: str) -> str:
    """The Python of an environment with that version of Databricks Connect."""
    tests = ("pytest>=8.4", "pytest-xdist>=3.8", "hypothesis>=6.150", "ipykernel>=6.29")
    wanted = ("--editable", ".[databricks]", *tests)
    folder = spark_server.made(spark_server.ROOT / f".venv-databricks-{version}", python, *wanted)
    return str(folder / "bin" / "python")


def _run(command: list[str], env: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=spark_server.ROOT, env=env, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    return done.stdout
