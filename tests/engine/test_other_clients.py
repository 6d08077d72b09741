"""What holds with pyspark-client holds with both Databricks Connects, each in an environment of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

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
    wanted = ("--editable", ".[databricks]", "pytest>=8.4", "pytest-xdist>=3.8", "hypothesis>=6.150")
    folder = spark_server.made(spark_server.ROOT / f".venv-databricks-{version}", python, *wanted)
    own = str(folder / "bin" / "python")
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    env |= {"XDG_CACHE_HOME": str(tmp_path), "LDP_TEST_SPARK_ADDRESS": spark, "PYTHONWARNINGS": "ignore"}
    said = _run([own, "-m", "ldp_magic", "engine", "install", "--yes"], env)
    assert "installed pyspark-client" in said
    tests = ["contract", "code", "test_life.py"]
    command = [own, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-skips"]
    said = _run([*command, *(f"tests/engine/{each}" for each in tests)], env)
    assert " passed" in said


def _run(command: list[str], env: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=spark_server.ROOT, env=env, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    return done.stdout
